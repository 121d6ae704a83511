from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import clean_context

RECEIVERS = "dealer_sales.group_appraiser,dealer_sales.group_sales_manager,dealer_vehicle.group_stock_keeper"


class DealerTradeIn(models.Model):
    """Receipt at the hand-over: the car comes in from its owner by a purchase, and waits for its inspection (P21)."""

    _inherit = "dealer.trade.in"

    purchase_id = fields.Many2one("purchase.order", "Purchase", readonly=True, copy=False, index="btree_not_null")
    date_received = fields.Datetime("Received on", readonly=True, copy=False)
    received_by_id = fields.Many2one("res.users", "Received by", readonly=True, copy=False)
    title_number = fields.Char(copy=False, help="Of the vehicle title, as printed on it.")
    reverse_invoice_number = fields.Char(
        "Used-vehicle Invoice", copy=False, help="Number of the invoice we issue ourselves for a private owner."
    )

    _purchase_uniq = models.UniqueIndex(
        "(purchase_id) WHERE purchase_id IS NOT NULL", "This purchase belongs to another trade-in."
    )

    def action_receive(self):
        """Take the customer's car in: it is bought, received and set off against the new car.

        :return: True
        :raises AccessError: the user receives no cars
        :raises UserError: not agreed, not checked again, beyond a tolerance, or where the car is already
        Source: P21, quality.md I9
        """
        self._check_may_receive()
        for trade_in in self:
            trade_in._lock()
            trade_in._check_receivable()
            # Who receives the car has no rights on purchases and bills: the superuser books this one car
            trade_in.sudo()._receive(self.env.user)
        return True

    def _check_may_receive(self):
        self.check_access("write")
        if not (self.env.su or self.env.user.has_groups(RECEIVERS)):
            raise AccessError(self.env._("Cars are received by the appraiser, the stock keeper or the sales manager."))

    def _check_receivable(self):
        """Refuse a car that is not agreed or not what was agreed.

        :raises UserError: naming the reason and the way out
        """
        self.ensure_one()
        refusal = self.sudo()._get_receive_refusal()
        if refusal:
            raise UserError(
                self.env._("%(trade_in)s cannot be received: %(reason)s", trade_in=self.display_name, reason=refusal)
            )

    def _get_receive_refusal(self):
        """Return why this car cannot be received yet, or False. Superuser."""
        _ = self.env._
        if self.state != "committed":
            return _("it is not in a signed contract, or received already.")
        refusal = self.contract_id._get_binding_refusal()
        if refusal:
            return refusal
        if not self.contract_id.vehicle_id:
            return _("the contract has no car yet: allocate one first.")
        if not self.recheck_km:
            return _("check it again first: mileage, keys, damage, fines and pay-off.")
        if self.reappraisal_state == "waiting":
            return _("its new appraisal waits for approval.")
        if self.recheck_km < self.odometer_km:
            return _("its mileage is lower than when it was appraised. Read it again.")
        if self.recheck_reason:
            return _("%(reason)s. It must be judged anew.", reason=self.recheck_reason)
        return False

    def _receive(self, user):
        """Buy, receive and book the car. Hook: superuser, call super.

        :param user: ``res.users`` who receives
        """
        self.ensure_one()
        trade_in = self.with_company(self.company_id).with_context(clean_context(self.env.context))
        order = trade_in._buy()
        trade_in._receive_purchase(order)
        trade_in.write(
            {
                "state": "received",
                "vehicle_id": order.order_line.dealer_vehicle_id.id,
                "date_received": fields.Datetime.now(),
                "received_by_id": user.id,
            }
        )
        trade_in._book(order)
        trade_in.contract_id.message_post(
            body=self.env._("%(car)s traded in and received by %(user)s.", car=self.display_name, user=user.name),
            author_id=user.partner_id.id,
        )

    def _buy(self):
        """Return the confirmed purchase of the car, made by the buy-in of used cars."""
        intake = self.env["dealer.vehicle.intake"].create(self._prepare_intake())
        action = intake.action_apply()
        order = self.env[action["res_model"]].browse(action["res_id"])
        self.purchase_id = order
        if order.order_line.tax_ids:
            order.order_line.price_unit = self._get_stock_price()
        if order.state == "to approve":
            order.button_approve()  # approved with the contract already
        return order

    def _prepare_intake(self):
        """Return the values of the buy-in.

        :return: dict for ``dealer.vehicle.intake.create``
        """
        company = self.company_id
        return {
            "kind": "buy",
            "company_id": company.id,
            "site_id": (self.contract_id.site_id or self._get_any_site()).id,
            "vin": self.vin,
            "vin_confirmed": True,
            "brand_id": self.series_id.brand_id.id or self.brand_id.id,
            "series_id": self.series_id.id,
            "trim_name": self.trim_name,
            "model_year": self.model_year,
            "colour_exterior": self.colour,
            "odometer_km": self.recheck_km,
            "plate": self.plate,
            "partner_id": self.owner_id.id,
            "source": "trade_in",
            "tax_regime": self.tax_regime,
            "title_number": self.title_number,
            "has_title": bool(self.title_number),
            "price": self._round(self._get_stock_price()),
        }

    def _get_any_site(self):
        return self.env["stock.warehouse"].search([("company_id", "=", self.company_id.id)], limit=1)

    def _receive_purchase(self, order):
        """Receive the one car; it waits for its receiving inspection."""
        receipt = order.picking_ids.filtered(lambda picking: picking.state not in ("done", "cancel"))
        receipt.action_receive_shipped_cars()
        if not order.order_line.qty_received:
            raise UserError(
                self.env._(
                    "%(receipt)s could not be completed. Ask the stock keeper to look at it.",
                    receipt=receipt.name or order.name,
                )
            )
