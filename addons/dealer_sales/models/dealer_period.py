from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..tools import period as period_tools

MAKER = "maker"
KINDS = [
    ("day", "Day"),
    ("week", "Week"),
    ("ten_days", "Ten Days"),
    ("month", "Month"),
    ("quarter", "Quarter"),
    (MAKER, "Maker's Period"),
]


class DealerPeriod(models.Model):
    """A span of days results are held against: of the calendar, or as a maker counts (P52)."""

    _name = "dealer.period"
    _description = "Period of Results"
    _inherit = ["dealer.protected.mixin"]
    _order = "date_start desc, kind, id"
    _check_company_auto = True

    _protected_fields = frozenset({"is_closed", "date_closed", "closed_by_id", "date_commission"})

    name = fields.Char(compute="_compute_name", store=True, readonly=False)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    kind = fields.Selection(KINDS, required=True, default="month")
    brand_id = fields.Many2one(
        "fleet.vehicle.model.brand", "Maker", help="Whose period it is; results of this brand alone count in it."
    )
    date_start = fields.Date(
        "From", required=True, default=fields.Date.context_today, help="Any day of the period, but for a maker's."
    )
    date_end = fields.Date("Until", required=True, compute="_compute_date_end", store=True, readonly=False)
    is_closed = fields.Boolean("Closed", readonly=True, copy=False)
    date_closed = fields.Datetime("Closed on", readonly=True, copy=False)
    closed_by_id = fields.Many2one("res.users", "Closed by", readonly=True, copy=False)
    date_commission = fields.Datetime("Commission Calculated on", readonly=True, copy=False)
    target_ids = fields.One2many("dealer.sales.target", "period_id", "Targets")
    statement_ids = fields.One2many("dealer.commission.statement", "period_id", "Statements")
    statement_count = fields.Integer(compute="_compute_statement_count")

    _dates_ordered = models.Constraint("CHECK (date_end >= date_start)", "A period ends after it begins.")
    _maker_has_brand = models.Constraint(
        "CHECK ((kind = 'maker') = (brand_id IS NOT NULL))", "A maker's period names its maker, no other period does."
    )
    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (company_id WITH =, kind WITH =, (COALESCE(brand_id, 0)) WITH =, "
        "daterange(date_start, date_end, '[]') WITH &&)",
        "There is a period of this kind on these days already.",
    )

    def _auto_init(self):
        # Here and not in a hook of the installation: it must be there on an upgrade too
        self.env.cr.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        return super()._auto_init()

    # === Computes ===
    @api.depends("kind", "date_start", "date_end", "brand_id")
    def _compute_name(self):
        for period in self:
            if period.date_start and period.date_end:
                period.name = period._get_name()

    def _get_name(self):
        """Return a name that reads the same in every language: 2026-02, 2026 Q1, 2026 W09, two dates."""
        start = self.date_start
        if self.kind == "month":
            return f"{start:%Y-%m}"
        if self.kind == "quarter":
            return f"{start.year} Q{(start.month + 2) // 3}"
        if self.kind == "week":
            year, week, _day = start.isocalendar()
            return f"{year} W{week:02d}"
        if self.kind == "day":
            return f"{start}"
        name = f"{start} – {self.date_end}"
        return f"{self.brand_id.name} {name}" if self.brand_id else name

    @api.depends("kind", "date_start")
    def _compute_date_end(self):
        for period in self:
            if period.date_start and period.kind != MAKER:
                period.date_end = period_tools.bounds(period.kind, period.date_start)[1]
            elif period.date_start and (not period.date_end or period.date_end < period.date_start):
                period.date_end = period_tools.month_end(period.date_start)

    @api.depends("statement_ids")
    def _compute_statement_count(self):
        for period in self:
            period.statement_count = len(period.statement_ids)

    @api.onchange("kind")
    def _onchange_kind(self):
        if self.kind != MAKER:
            self.brand_id = False

    # === Constraints ===
    @api.constrains("kind", "date_start", "date_end")
    def _check_calendar(self):
        for period in self.filtered(lambda period: period.kind != MAKER):
            if (period.date_start, period.date_end) != period_tools.bounds(period.kind, period.date_start):
                raise ValidationError(
                    self.env._("%(period)s: these days are no whole period of its kind.", period=period.name)
                )

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._snap(vals) for vals in vals_list])

    def write(self, vals):
        if vals.keys() & {"kind", "brand_id", "company_id", "date_start", "date_end"}:
            self._check_free()
            for period in self:
                super(DealerPeriod, period).write(period._snap(vals))
            return True
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_free()

    def _check_free(self):
        for period in self.sudo():  # also by somebody who may not read all statements
            if period.is_closed or period.statement_ids:
                raise UserError(
                    self.env._("%(period)s has commission statements: its days stay as they are.", period=period.name)
                )

    def _snap(self, vals):
        """Return the values with the first and last day of the calendar's period the given day lies in."""
        kind = vals.get("kind") or self.kind or "month"
        day = fields.Date.to_date(vals.get("date_start")) or self.date_start or fields.Date.context_today(self)
        if kind == MAKER:
            return vals
        start, end = period_tools.bounds(kind, day)
        return {**vals, "date_start": start, "date_end": end}

    # === Finding ===
    @api.model
    def _get(self, company, kind, day, brand=None):
        """Return the period of a kind a day lies in; those of the calendar are made when they are not there.

        :param company: ``res.company``
        :param str kind: of ``KINDS``
        :param date day: any day
        :param brand: ``fleet.vehicle.model.brand``, for a maker's period
        :return: ``dealer.period``; empty when a maker's period was never entered
        """
        domain = Domain("company_id", "=", company.id) & Domain("kind", "=", kind)
        domain &= Domain("date_start", "<=", day) & Domain("date_end", ">=", day)
        domain &= Domain("brand_id", "=", brand.id if brand else False)
        found = self.sudo().search(domain, limit=1)  # a calendar is no secret
        if not found and kind != MAKER:
            found = self.sudo().create({"company_id": company.id, "kind": kind, "date_start": day})
        return found.sudo(self.env.su)

    def _get_before(self):
        """Return the days to compare with: the period before, and the same one a year ago.

        :return: ((first, last), (first, last)), dates
        """
        self.ensure_one()
        if self.kind != MAKER:
            before = period_tools.previous(self.kind, self.date_start)
            return before, period_tools.year_before(self.kind, self.date_start)
        days = self.date_end - self.date_start
        end = fields.Date.subtract(self.date_start, days=1)
        return (end - days, end), tuple(fields.Date.subtract(day, years=1) for day in (self.date_start, self.date_end))

    # === Commission ===
    def action_compute_commission(self):
        """Calculate the statements of this open month anew; what is paid already stays as it is.

        :raises AccessError: the user is no sales manager
        :raises UserError: the period is closed or no month
        """
        self._check_may_compute()
        for period in self:
            period._check_open_month()
            # Nobody has the right to write pay: the rules do
            self.env["dealer.commission.statement"].sudo()._compute_period(period.sudo())
        return self.action_view_statements()

    def action_close(self):
        """Calculate a last time and lock the statements; what changes later goes into the next open month.

        :raises AccessError: the user is neither the general manager nor the administrator
        :raises UserError: closed already, no month, or not over
        """
        if not self.env.user.has_groups("dealer_vehicle.group_general_manager,dealer_vehicle.group_dealer_admin"):
            raise AccessError(self.env._("Commission is closed by the general manager, not by those it pays."))
        for period in self:
            period.check_access("read")
            period._check_open_month()
            period._check_over()
            period.sudo()._action_close(self.env.user)
        return True

    def _action_close(self, user):
        """Close without asking. Hook: superuser, call super."""
        self.env["dealer.commission.statement"]._compute_period(self)
        self.write({"is_closed": True, "date_closed": fields.Datetime.now(), "closed_by_id": user.id})

    def _check_may_compute(self):
        self.check_access("read")
        if not self.env.user.has_groups(
            "dealer_sales.group_sales_manager,dealer_vehicle.group_general_manager,dealer_vehicle.group_dealer_admin"
        ):
            raise AccessError(self.env._("Commission is calculated by the sales manager."))

    def _check_open_month(self):
        self.ensure_one()
        if self.kind != "month" or self.is_closed:
            raise UserError(
                self.env._(
                    "%(period)s is closed, or no month: commission is paid by the month. Corrections go into the "
                    "next open month.",
                    period=self.name,
                )
            )

    def _check_over(self):
        if self.date_end >= self._get_earliest_today():
            raise UserError(self.env._("%(period)s is not over yet.", period=self.name))
        earlier = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("kind", "=", "month"),
                ("is_closed", "=", False),
                ("date_end", "<", self.date_start),
                ("statement_ids", "!=", False),
            ],
            limit=1,
        )
        if earlier:
            raise UserError(self.env._("%(period)s is still open: close the months in order.", period=earlier.name))

    def _get_earliest_today(self):
        """Return the day where the clock is furthest behind: a car may still count there.

        :return: date, the earliest of the company's sites
        """
        # Whoever closes sees perhaps one site, and no partner of another
        sites = self.env["stock.warehouse"].sudo().search([("company_id", "=", self.company_id.id)])
        zones = {self.company_id.partner_id.tz, *sites.mapped("partner_id.tz")} - {False}
        return min(fields.Date.context_today(self.with_context(tz=zone)) for zone in zones or {"UTC"})

    def action_view_statements(self):
        """Open the commission statements of these periods."""
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_sales.dealer_commission_statement_action")
        return {**action, "domain": [("period_id", "in", self.ids)], "context": {}}
