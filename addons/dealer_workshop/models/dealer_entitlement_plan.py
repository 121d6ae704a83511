from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError

from .repair_order_flow import MANAGER

# What of a package must be as on sale; its words may be others
TERMS = ("kind", "count_total", "amount_total", "operation_ids")


class DealerEntitlementPlan(models.Model):
    """A prepaid package on sale: what it covers and what it costs, set by who leads the workshop.

    Every service advisor sells it at this price; one with other terms is issued by the workshop manager, as it could
    give away any work for any price past the limits of discounts (P36).
    """

    _name = "dealer.entitlement.plan"
    _description = "Package on Sale"
    _order = "sequence, id"
    _rec_name = "description"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company.")
    kind = fields.Selection([("package", "Prepaid Package"), ("coupon", "Coupon")], required=True, default="package")
    description = fields.Char(
        string="Covers", required=True, translate=True, help="What the customer reads, e.g. 3 oil services."
    )
    operation_ids = fields.Many2many(
        "dealer.operation", string="Operations", check_company=True, help="Empty: any work."
    )
    count_total = fields.Integer(string="Visits", default=1, required=True)
    amount_total = fields.Float(
        string="Price", digits="Product Price", required=True, help="What the customer pays, in company currency."
    )
    months = fields.Integer(default=24, help="It can be used for so many months. 0: no end.")
    km = fields.Integer(string="Kilometres", aggregator=None, help="From the car's mileage at the sale. 0: no limit.")
    note = fields.Char()

    _terms_sane = models.Constraint(
        "CHECK (count_total > 0 AND amount_total > 0 AND months >= 0 AND km >= 0)",
        "A package on sale has visits and a price; months and kilometres are not negative.",
    )

    def _prepare_terms(self, vehicle, day):
        """Return the terms of an entitlement sold by this plan.

        :param vehicle: ``dealer.vehicle``, maybe none
        :param date day: first day
        :return: dict for ``dealer.entitlement``
        """
        self.ensure_one()
        return {
            "kind": self.kind,
            "bearer": "prepaid",
            "description": self.description,
            "operation_ids": [fields.Command.set(self.operation_ids.ids)],
            "count_total": self.count_total,
            "amount_total": self.amount_total,
            "date_to": self.months and day + relativedelta(months=self.months, days=-1),
            # Without a reading of the car there is no mileage to count from
            "km_to": self.km and vehicle.odometer_km and vehicle.odometer_km + self.km,
        }


class DealerEntitlement(models.Model):
    _inherit = "dealer.entitlement"

    plan_id = fields.Many2one(
        "dealer.entitlement.plan",
        string="Package on Sale",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        help="Fills in what it covers, its price and its end. With other terms the workshop manager issues it.",
    )

    @api.onchange("plan_id", "vehicle_id")
    def _onchange_plan_id(self):
        if self.plan_id:
            self.update(self.plan_id._prepare_terms(self.vehicle_id, self.date_from))

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._complete_by_plan(vals) for vals in vals_list])

    @api.model
    def _complete_by_plan(self, vals):
        """Return the values of a new entitlement with what its plan says and the caller left out."""
        if not vals.get("plan_id"):
            return vals
        plan = self.env["dealer.entitlement.plan"].browse(vals["plan_id"])
        vehicle = self.env["dealer.vehicle"].browse(vals.get("vehicle_id"))
        day = fields.Date.to_date(vals.get("date_from")) or self.env.company._get_day()
        return plan._prepare_terms(vehicle, day) | vals

    def action_issue(self):
        """Give the entitlements to the customers; a package that is not on sale like this by a manager only.

        :raises AccessError: names the entitlement and who issues it
        Source: practice P36, P38
        """
        if not self.env.su and not self.env.user.has_group(MANAGER):
            for entitlement in self.filtered(lambda entitlement: not entitlement._is_on_sale()):
                raise AccessError(
                    self.env._(
                        "%(entitlement)s is not on sale with these terms: choose a package on sale, or let the "
                        "%(role)s issue it.",
                        entitlement=entitlement.display_name,
                        role=self.env.ref(MANAGER).sudo().display_name,
                    )
                )
        return super().action_issue()

    def _is_on_sale(self):
        """Tell whether an advisor may sell this: stored value, what the maker pays, a package as its plan says.

        What we pay ourselves has a check of its own.
        """
        self.ensure_one()
        if self.bearer != "prepaid" or self.kind == "stored_value":
            return True
        plan = self.plan_id
        terms = plan and plan.active and plan._prepare_terms(self.vehicle_id, self.date_from)
        return bool(terms) and all(self[name] == plan[name] for name in TERMS) and self._ends_by(terms)

    def _ends_by(self, terms):
        """Tell whether this ends no later than a plan says.

        :param dict terms: see ``dealer.entitlement.plan._prepare_terms``
        """
        is_in_time = not terms["date_to"] or (self.date_to and self.date_to <= terms["date_to"])
        is_in_reach = not terms["km_to"] or 0 < self.km_to <= terms["km_to"]
        return bool(is_in_time and is_in_reach)
