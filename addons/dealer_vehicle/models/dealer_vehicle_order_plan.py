from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools import order_plan

# What a month is for; they stay once cars are ordered for it.
KEY_FIELDS = ("month", "product_id", "site_id", "colour_exterior")
# Counted by “Fill the Plan” and by the orders.
SYSTEM_FIELDS = {
    "demand",
    "safety",
    "earlier",
    "stock",
    "pipeline",
    "floor",
    "proposal",
    "is_typed",
    "ordered",
    "to_order",
    "company_id",
    "filled_on",
    "purchase_line_ids",
}


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_plan_months = fields.Integer(
        "Months of the Order Plan", default=3, help="So many months after this one are planned."
    )
    dealer_plan_weeks = fields.Integer(
        "Weeks of Demand", default=12, help="Demand is what was sold in so many past weeks, scaled to a month."
    )
    dealer_plan_safety_days = fields.Integer(
        "Days of Safety Stock", default=10, help="Demand of so many days is wanted in stock at the end of a month."
    )

    _dealer_plan_positive = models.Constraint(
        "CHECK (dealer_plan_months BETWEEN 1 AND 24 AND dealer_plan_weeks > 0 AND dealer_plan_safety_days >= 0)",
        "An order plan looks 1 to 24 months ahead and at least one week back.",
    )


class DealerVehicleOrderPlan(models.Model):
    """How many cars of a trim and colour a site needs in a month, and what was ordered of it (P12).

    A row without a colour stands for the colours that have no row of their own in that month.
    """

    _name = "dealer.vehicle.order.plan"
    _description = "Order Plan"
    _order = "month, site_id, product_id, colour_exterior, id"
    _check_company_auto = True

    month = fields.Date(
        required=True,
        index=True,
        default=lambda self: self._default_month(),
        help="Any of its days may be typed.",
    )
    product_id = fields.Many2one(
        "product.product",
        "Trim",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('is_vehicle', '=', True)]",
    )
    colour_exterior = fields.Char("Exterior Colour", help="Empty: all colours without a row of their own.")
    site_id = fields.Many2one(
        "stock.warehouse",
        "Site",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self._default_site_id(),
        domain="[('company_id', 'in', allowed_company_ids)]",
    )
    company_id = fields.Many2one(related="site_id.company_id", store=True, index=True)
    demand = fields.Float(
        digits=(8, 1),
        readonly=True,
        help="Cars of this trim and colour a month at this site: what was sold in the weeks the company looks back, "
        "scaled to a month. Counted by “Fill the Plan”.",
    )
    safety = fields.Float(
        digits=(8, 1), readonly=True, help="Wanted on top at the end of the month: demand of the company's safety days."
    )
    earlier = fields.Float(
        "Used before",
        digits=(8, 1),
        readonly=True,
        aggregator=None,
        help="Demand from today until the month begins, less what the plan proposes for the months before.",
    )
    stock = fields.Integer(
        "Free in Stock",
        readonly=True,
        aggregator=None,
        help="Cars in stock now that are promised to nobody, without those this plan ordered.",
    )
    pipeline = fields.Integer(
        "On the Way",
        readonly=True,
        aggregator=None,
        help="Ordered cars promised to nobody that are expected until the end of the month, without those this plan "
        "ordered: they are under “Ordered”.",
    )
    floor = fields.Integer(
        "For the Minimum",
        readonly=True,
        help="Part of the proposal that is only there because the site wants a minimum of this trim.",
    )
    proposal = fields.Integer(
        readonly=True,
        help="Used before + demand + safety − free in stock − on the way, never below 0; then the minimum.",
    )
    planned = fields.Integer(
        "Planned Cars", help="What you decide to order for the month. It follows the proposal until you type it."
    )
    is_typed = fields.Boolean("Decided", readonly=True, help="Somebody typed the planned number: filling keeps it.")
    purchase_line_ids = fields.One2many("purchase.order.line", "dealer_plan_id", "Purchase Lines", readonly=True)
    ordered = fields.Integer(
        compute="_compute_ordered",
        store=True,
        help="Cars on the purchase orders this row made; cancelled ones do not count.",
    )
    to_order = fields.Integer(compute="_compute_to_order", store=True, help="Planned and not ordered yet.")
    note = fields.Char()
    filled_on = fields.Datetime(readonly=True, help="When its numbers were counted last; UTC.")

    _row_uniq = models.UniqueIndex(
        "(month, product_id, site_id, coalesce(colour_exterior, ''))",
        "This trim and colour has a row for that month and site already. Change that one.",
    )
    _month_first_day = models.Constraint("CHECK (EXTRACT(DAY FROM month) = 1)", "A month is named by its first day.")
    _planned_positive = models.Constraint("CHECK (planned >= 0)", "The planned number cannot be negative.")

    @api.model
    def _default_month(self):
        return order_plan.months_from(fields.Date.context_today(self), 1)[0]

    @api.model
    def _default_site_id(self):
        company = self.env.company
        own = self.env.user.sudo().dealer_site_ids.filtered(lambda site: site.company_id == company)
        return own[:1] or self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)

    @api.depends("month", "product_id", "colour_exterior", "site_id")
    def _compute_display_name(self):
        for row in self:
            month = format_date(self.env, row.month, date_format="yyyy-MM") if row.month else ""
            parts = [month, row.product_id.display_name, row.colour_exterior, row.site_id.name]
            row.display_name = " · ".join(filter(None, parts))

    @api.depends("purchase_line_ids.product_qty", "purchase_line_ids.order_id.state")
    def _compute_ordered(self):
        for row in self:
            lines = row.sudo().purchase_line_ids.filtered(lambda line: line.order_id.state != "cancel")
            row.ordered = sum(lines.mapped("product_qty"))

    @api.depends("planned", "ordered")
    def _compute_to_order(self):
        for row in self:
            row.to_order = max(0, row.planned - row.ordered)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [self._drop_system_fields(vals) for vals in vals_list]
            self._check_site_readable(vals_list)
        return super().create([self._normalise(vals) for vals in vals_list])

    def write(self, vals):
        if not self.env.su:
            self._check_may_change(vals)
            self._check_own_site(vals)
            if "planned" in vals:
                vals = {**vals, "is_typed": True}
        return super().write(self._normalise(vals))

    def _prepare_create_values(self, vals_list):
        # A default from a context or a user's saved default must not become a counted number.
        result = super()._prepare_create_values(vals_list)
        return result if self.env.su else [self._drop_system_fields(vals) for vals in result]

    @api.model
    def _drop_system_fields(self, vals):
        typed = {name: value for name, value in vals.items() if name not in SYSTEM_FIELDS}
        return {**typed, "is_typed": True} if typed.get("planned") else typed

    @api.ondelete(at_uninstall=False)
    def _unlink_except_ordered(self):
        for row in self.filtered("ordered"):
            raise UserError(
                self.env._("%(row)s: cars are ordered for it. Plan 0 instead of deleting it.", row=row.display_name)
            )

    def _check_may_change(self, vals):
        if SYSTEM_FIELDS & vals.keys():
            raise UserError(
                self.env._("The numbers of the plan are counted by “Fill the Plan” and by orders; type “Planned Cars”.")
            )
        for row in self.filtered("ordered") if set(KEY_FIELDS) & vals.keys() else ():
            raise UserError(
                self.env._(
                    "%(row)s: cars are ordered for it, so its month, trim, colour and site stay. Add another row.",
                    row=row.display_name,
                )
            )

    @api.model
    def _check_site_readable(self, vals_list):
        site_ids = [vals["site_id"] for vals in vals_list if vals.get("site_id")]
        self.env["stock.warehouse"].browse(site_ids).check_access("read")

    def _check_own_site(self, vals):
        """Refuse a site of another company: the row's company follows its site, its orders follow the company.

        :raises UserError: names the row and what to do
        """
        self._check_site_readable([vals])
        site = self.env["stock.warehouse"].browse(vals.get("site_id") or ())
        for row in self.filtered(lambda row: site and site.company_id != row.company_id):
            raise UserError(
                self.env._(
                    "%(row)s: %(site)s belongs to another company. Add a row to the plan of that company.",
                    row=row.display_name,
                    site=site.name,
                )
            )

    @api.model
    def _normalise(self, vals):
        """Return ``vals`` with the first day of the month and a colour in one spelling."""
        vals = dict(vals)
        if vals.get("month"):
            vals["month"] = fields.Date.to_date(vals["month"]).replace(day=1)
        if "colour_exterior" in vals:
            vals["colour_exterior"] = (vals["colour_exterior"] or "").strip() or False
        return vals
