from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .cost_rights import COST_GROUP

TERM_FIELDS = {"settle_kind", "commission_percent", "amount_owner", "commission_amount", "minimum_price"}


class DealerVehicleConsignment(models.Model):
    """Terms under which somebody else's car stands in our stock (P7).

    The car is stock with an owner: no value, no cost of goods sold. Consigned: we sell it in our own name and owe its
    owner the price less our commission. Agency: the maker invoices the customer and owes us a commission.
    """

    _name = "dealer.vehicle.consignment"
    _description = "Car of Somebody Else"
    _inherit = ["dealer.protected.mixin", "dealer.overdue.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, id desc"
    _rec_name = "vehicle_id"
    _check_company_auto = True

    _overdue_date = "date_until"
    _overdue_states = ("live",)
    # Written by the steps of the terms only.
    _protected_fields = frozenset(
        {
            "vehicle_id",
            "kind",
            "partner_id",
            "state",
            "receipt_id",
            "return_id",
            "date_returned",
            "company_id",
        }
    )

    vehicle_id = fields.Many2one(
        "dealer.vehicle",
        "Car",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(
        [("consignment", "Consignment"), ("agency", "Agency")], required=True, readonly=True, index=True
    )
    partner_id = fields.Many2one(
        "res.partner", "Owner", required=True, readonly=True, index=True, check_company=True, help="Whose car it is."
    )
    user_id = fields.Many2one("res.users", "Agreed by", default=lambda self: self.env.user)
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    date_until = fields.Date("Until", tracking=True, help="Last day the owner leaves the car with us.")
    settle_kind = fields.Selection(
        [("commission", "Commission in Percent"), ("fixed", "Fixed Amount to the Owner")],
        "Settled by",
        default="commission",
        required=True,
        tracking=True,
    )
    commission_percent = fields.Float(
        "Commission (%)",
        digits=(5, 2),
        groups=COST_GROUP,
        tracking=True,
        help="Of the price without tax; it is our revenue.",
    )
    amount_owner = fields.Monetary(
        "Owner Gets",
        groups=COST_GROUP,
        tracking=True,
        help="What the owner gets whatever the price is; the rest of it is ours.",
    )
    commission_amount = fields.Monetary(
        "Agreed Commission",
        groups=COST_GROUP,
        tracking=True,
        help="What the maker pays us for this car, without tax.",
    )
    minimum_price = fields.Monetary(
        "Owner's Minimum", tracking=True, help="The car is not sold below; with or without tax as your price tags are."
    )
    state = fields.Selection(
        [("live", "With Us"), ("settled", "Settled"), ("returned", "Given Back"), ("called_off", "Called Off")],
        compute="_compute_state",
        store=True,
        index=True,
        tracking=True,
    )
    place = fields.Selection(related="vehicle_id.place", string="Place of the Car")
    claim = fields.Selection(related="vehicle_id.claim")
    is_overdue = fields.Boolean("Term Over")
    receipt_id = fields.Many2one(
        "stock.picking", "Receipt", readonly=True, copy=False, check_company=True, ondelete="restrict"
    )
    return_id = fields.Many2one("stock.picking", "Given Back by", readonly=True, copy=False, check_company=True)
    date_returned = fields.Date("Given Back on", readonly=True, copy=False)
    settlement_ids = fields.One2many("account.move", "dealer_consignment_id", "Settlement", readonly=True)
    sale_line_ids = fields.One2many("sale.order.line", "dealer_consignment_id", "Sold by", readonly=True)

    _live_uniq = models.UniqueIndex(
        "(vehicle_id) WHERE state = 'live'", "This car is with us for an owner already. Settle or give it back first."
    )
    _percent_range = models.Constraint(
        "CHECK (commission_percent >= 0 AND commission_percent <= 100)", "A commission is 0 to 100 percent."
    )
    _amounts_positive = models.Constraint(
        "CHECK (amount_owner >= 0 AND commission_amount >= 0 AND minimum_price >= 0)",
        "The amounts of the terms cannot be negative.",
    )
    _dates_ordered = models.Constraint(
        "CHECK (date_until IS NULL OR date_until >= date_from)", "The term must not end before it begins."
    )

    # ------------------------------------------------------------------ computes

    @api.depends("date_returned", "receipt_id.state", "settlement_ids.state", "settlement_ids.is_settlement_reversed")
    def _compute_state(self):
        for terms in self:
            if terms.date_returned:
                terms.state = "returned"
            elif terms.sudo().receipt_id.state == "cancel":
                terms.state = "called_off"
            else:
                terms.state = "settled" if terms._get_settlement() else "live"

    # ------------------------------------------------------------------ CRUD

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self.env._("A car comes in for its owner by Take In on Consignment."))
        return super().create(vals_list)

    def write(self, vals):
        if TERM_FIELDS & vals.keys():
            self._check_terms_open()
        return super().write(vals)

    @api.model
    def _get_protected_hint(self):
        return self.env._("They follow from the receipt and the sale.")

    def _check_terms_open(self):
        for terms in self.filtered(lambda terms: terms.state != "live"):
            raise UserError(
                self.env._(
                    "%(car)s is settled, given back or called off: its terms stay as they were.",
                    car=terms.vehicle_id.display_name,
                )
            )
        for terms in self.filtered(lambda terms: terms.kind == "consignment"):
            if not terms.currency_id.is_zero(terms._get_invoiced()[1]):
                raise UserError(
                    self.env._(
                        "%(car)s is invoiced to a customer: what %(owner)s gets follows from the terms as they were. "
                        "Credit that invoice first.",
                        car=terms.vehicle_id.display_name,
                        owner=terms.partner_id.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        raise UserError(self.env._("Terms with owners are kept as history. Give the car back instead."))

    # ------------------------------------------------------------------ actions

    def action_give_back(self):
        """Give the cars back to their owners: core's return of their receipts, from where they stand.

        :return: True
        :raises AccessError: the user keeps no stock
        :raises UserError: a car is promised, sold or not here
        """
        if not self.env.user.has_group("dealer_vehicle.group_stock_keeper"):
            raise AccessError(self.env._("The stock keeper gives cars back to their owners."))
        self.check_access("read")
        for terms in self:
            terms._check_may_go_back()
            picking = terms.vehicle_id._return_arrival(terms._get_arrival())
            # The right to move the car is the stock keeper's, the terms follow.
            terms.sudo().write({"return_id": picking.id, "date_returned": fields.Date.context_today(self)})
        return True

    def _check_may_go_back(self):
        self.ensure_one()
        car = self.vehicle_id
        if self.state != "live" or car.place != "at_site":
            raise UserError(
                self.env._(
                    "%(car)s is not here for %(owner)s any more (or not yet): it cannot be given back.",
                    car=car.display_name,
                    owner=self.partner_id.display_name,
                )
            )
        car._check_may_be_returned()

    def _get_arrival(self):
        """Return the done move that brought the car in under these terms."""
        moves = self.sudo().receipt_id.move_ids
        return moves.filtered(lambda move: move.state == "done" and move.dealer_vehicle_id == self.vehicle_id)

    # ------------------------------------------------------------------ receipt, reminder

    def _create_receipt(self, site):
        """Make the receipt of the car as stock of its owner; the stock keeper receives it.

        :param site: ``stock.warehouse``
        """
        self.ensure_one()
        kind = site.vehicle_in_type_id
        source = kind.default_location_src_id or self.partner_id.property_stock_supplier
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": kind.id,
                "partner_id": self.partner_id.id,
                "owner_id": self.partner_id.id,
                "location_id": source.id,
                "location_dest_id": kind.default_location_dest_id.id,
                "origin": self.vehicle_id.display_name,
                "company_id": self.company_id.id,
            }
        )
        self.env["stock.move"].create(
            {
                "picking_id": picking.id,
                "product_id": self.vehicle_id.product_id.id,
                "dealer_vehicle_id": self.vehicle_id.id,
                "product_uom_qty": 1,
                "product_uom": self.vehicle_id.product_id.uom_id.id,
                "location_id": source.id,
                "location_dest_id": kind.default_location_dest_id.id,
                "company_id": self.company_id.id,
            }
        )
        picking.action_confirm()
        self.receipt_id = picking

    @api.model
    def _cron_remind_overdue(self):
        """Ask whoever agreed on the terms what becomes of cars whose term is over; called daily.

        One activity per terms, none while an earlier one is open.
        """
        overdue = self.search([("is_overdue", "=", True), ("activity_ids", "=", False)], limit=1000)
        for terms in overdue:
            terms.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=(terms.user_id or self.env.user).id,
                summary=self.env._("Term over: agree on a longer one, or give the car back"),
            )


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    consignment_ids = fields.One2many("dealer.vehicle.consignment", "vehicle_id", "Terms with Owners", readonly=True)
    consignment_id = fields.Many2one("dealer.vehicle.consignment", "Here for", compute="_compute_consignment_id")

    @api.depends("consignment_ids.state")
    def _compute_consignment_id(self):
        live = self._get_live_consignments()
        for car in self:
            car.consignment_id = live.get(car._origin.id, False)

    def _get_live_consignments(self):
        """Return the terms under which cars of somebody else are here.

        :return: {car id: ``dealer.vehicle.consignment``}; own cars are missing
        """
        # Through the relation: asked several times of the same car in one sale, it is read once
        terms = self._origin.sudo().consignment_ids.filtered(lambda one: one.state == "live")
        return {one.vehicle_id.id: one.with_env(self.env) for one in terms}

    def _check_not_somebody_elses(self):
        """Refuse to buy or take in a car that is here for its owner: its sale would be the owner's.

        :raises UserError: names the car, the owner and what to do
        Source: P7
        """
        for terms in self.sudo()._get_live_consignments().values():
            raise UserError(
                self.env._(
                    "%(car)s is with us for %(owner)s on terms that are open. Settle them, give the car back, or "
                    "cancel its receipt first.",
                    car=terms.vehicle_id.display_name,
                    owner=terms.partner_id.display_name,
                )
            )

    def _check_may_come_in(self):
        super()._check_may_come_in()
        self._check_not_somebody_elses()

    def _exact_cost(self):
        """Cars of somebody else cost us nothing, and cars that went back nothing any more."""
        costs = super()._exact_cost()
        for car_id in self._get_live_consignments():
            costs[car_id] = 0.0
        for car in self.sudo().filtered(lambda car: car.place == "gone"):
            costs[car.id] = 0.0
        return costs

    def action_open_consignment(self):
        """Open the terms under which this car is or was here for its owner."""
        return self._get_related_action("dealer_vehicle.dealer_vehicle_consignment_action")


class StockPicking(models.Model):
    _inherit = "stock.picking"

    # Read from the cache when a transfer changes; without it each change would search the terms.
    dealer_consignment_ids = fields.One2many(
        "dealer.vehicle.consignment", "receipt_id", "Terms", groups="dealer_vehicle.group_vehicle_user"
    )
