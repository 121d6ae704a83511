from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

SOURCES = [
    ("maker", "Order to the Maker"),
    ("private", "Bought from a Private Person"),
    ("trade", "Bought from the Trade"),
    ("trade_in", "Trade-in"),
    ("auction", "Auction"),
    ("consignment", "Consignment"),
    ("agency", "Agency"),
]
# Cars that had an owner before us: their series and price say more than their trim.
USED_SOURCES = ("private", "trade", "trade_in", "auction", "consignment")
# Fixed by how the car was bought in: its later sale is taxed by it.
FROZEN_FIELDS = {"source", "tax_regime"}


class DealerVehicle(models.Model):
    """Where a car comes from, and what follows from it for its sale (P7)."""

    _inherit = "dealer.vehicle"

    source = fields.Selection(
        SOURCES,
        copy=False,
        index="btree_not_null",
        help="How the car came to us the last time. Empty for cars we only service.",
    )

    title = fields.Selection(
        help="Whose the car is: the maker's or the seller's until billed, a bank's while it keeps the papers, a third "
        "party's on consignment."
    )

    @api.depends("source")
    def _compute_title(self):
        super()._compute_title()
        # Whoever sold us a used car is no maker.
        self.filtered(lambda car: car.title == "maker" and car.source in USED_SOURCES).title = "third"

    def write(self, vals):
        if FROZEN_FIELDS & vals.keys() and not self.env.su:
            self._check_buy_in_open(vals)
        return super().write(vals)

    def _check_buy_in_open(self, vals):
        """Refuse another source or tax regime once the car was received.

        :raises UserError: names the car and who may correct it
        Source: P7
        """
        for car in self.filtered("arrival_date"):
            if any(name in vals and (vals[name] or False) != car[name] for name in FROZEN_FIELDS):
                raise UserError(
                    self.env._(
                        "%(car)s was received on %(date)s: its source and its tax regime stay as they were bought in. "
                        "A general manager may correct them with a reason.",
                        car=car.display_name,
                        date=fields.Date.to_string(car.arrival_date),
                    )
                )

    def action_correct_buy_in(self):
        """Open the dialogue that corrects source and tax regime of a received car."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Correct the Buy-in"),
            "res_model": "dealer.vehicle.buy.in.correct",
            "view_mode": "form",
            "target": "new",
            "context": {"default_vehicle_id": self.id},
        }

    def _correct_buy_in(self, source, regime, reason):
        """Correct what was frozen at buy-in, and log who did it and why.

        :param source: key of ``source`` or ``False``
        :param str regime: key of ``tax_regime``
        :param str reason: why, shown in the car's history
        :raises AccessError: the user is no general manager
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("dealer_vehicle.group_general_manager"):
            raise AccessError(self.env._("A general manager corrects source and tax regime of a received car."))
        before = self._get_buy_in_text()
        # A manager reads cars only; this one correction is his.
        self.sudo().write({"source": source, "tax_regime": regime})
        self.sudo().message_post(
            body=self.env._(
                "Buy-in corrected from %(before)s to %(after)s: %(reason)s",
                before=before,
                after=self._get_buy_in_text(),
                reason=reason,
            ),
            author_id=self.env.user.partner_id.id,
        )

    def _get_buy_in_text(self):
        labels = [
            dict(self._fields[name]._description_selection(self.env)).get(self[name])
            for name in ("source", "tax_regime")
        ]
        return ", ".join(filter(None, labels)) or "-"

    # ------------------------------------------------------------------ taking a car in

    @api.model
    def _find_known_car(self, vin, company):
        """Return the company's car with this VIN, archived ones included, as superuser; or an empty one.

        :param str vin: normalised
        :param company: ``res.company``
        """
        return (
            self.sudo()
            .with_context(active_test=False)
            .search([("vin_id.vin", "=", vin), ("company_id", "=", company.id)], limit=1)
        )

    def _check_may_come_in(self):
        """Refuse to take in a car that is here already or is on its way here.

        Waits for whoever takes the same car in at this moment.

        :raises UserError: names the car and its place
        """
        self._lock_for_hold()
        for car in self.filtered(lambda car: car.place in ("at_site", "in_transit", "ordered")):
            raise UserError(
                self.env._(
                    "%(car)s is in our stock already: %(place)s. It cannot be taken in a second time.",
                    car=car.display_name,
                    place=car._get_place_text(),
                )
            )
        expected = self.stock_move_ids.filtered(
            lambda move: move.state not in ("done", "cancel") and move.picking_code == "incoming"
        )
        if expected:
            raise UserError(
                self.env._(
                    "%(car)s is expected already by %(receipt)s. Receive it there, or cancel that receipt first.",
                    car=expected[:1].dealer_vehicle_id.display_name,
                    receipt=expected[:1].picking_id.name,
                )
            )

    def _get_place_text(self):
        """Return where the car is in words, with its location."""
        self.ensure_one()
        label = dict(self._fields["place"]._description_selection(self.env)).get(self.place)
        return ", ".join(filter(None, [label, self.sudo().location_id.display_name or self.sudo().site_id.name]))


class StockMove(models.Model):
    _inherit = "stock.move"

    def _after_cars_moved(self):
        super()._after_cars_moved()
        # From now on the car is ours: who sold it to us is its owner no longer.
        bought = self.filtered(
            lambda move: move.sudo().purchase_line_id
            and move.location_dest_id._should_be_valued()
            and move.sudo().dealer_vehicle_id.source in USED_SOURCES
        )
        for move in bought.sudo():
            seller = move.purchase_line_id.order_id.partner_id.commercial_partner_id
            if move.dealer_vehicle_id.owner_id.commercial_partner_id == seller:
                move.dealer_vehicle_id.owner_id = False


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    def _prepare_car(self):
        return {**super()._prepare_car(), "source": "maker"}
