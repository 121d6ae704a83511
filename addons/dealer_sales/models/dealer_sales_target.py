from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..tools import period as period_tools

MEASURES = [
    ("units", "Cars"),
    ("gross", "Gross"),
    ("fni", "F&I Gross"),
    ("captured", "Captured"),
    ("test_drives", "Test Drives"),
]
TRAFFIC = ("captured", "test_drives")


class DealerSalesTarget(models.Model):
    """What a person, a team, a site or a series shall reach in a period, and what it reached (R33).

    Nothing of a subject filled in: the whole house. Reached is counted anew whenever it is looked at.
    """

    _name = "dealer.sales.target"
    _description = "Sales Target"
    _order = "date_start desc, measure desc, site_id, team_id, user_id, id"
    _check_company_auto = True

    period_id = fields.Many2one("dealer.period", "Period", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="period_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    period_kind = fields.Selection(related="period_id.kind", store=True, string="Kind of Period")
    date_start = fields.Date(related="period_id.date_start", store=True, index=True)
    date_end = fields.Date(related="period_id.date_end", store=True)
    measure = fields.Selection(MEASURES, required=True, default="units", index=True)
    user_id = fields.Many2one("res.users", "Person", index="btree_not_null", domain="[('share', '=', False)]")
    team_id = fields.Many2one("crm.team", "Sales Team", check_company=True)
    site_id = fields.Many2one("stock.warehouse", "Site", check_company=True)
    series_id = fields.Many2one("fleet.vehicle.model", "Series")
    subject = fields.Char("Whose", compute="_compute_subject")
    target = fields.Float(required=True, digits=(16, 0), aggregator="sum")
    actual = fields.Float("Reached", compute="_compute_actual", digits=(16, 0))
    attainment = fields.Float("Attained (%)", compute="_compute_actual", digits=(6, 1))
    pace = fields.Float(
        "Due by Now",
        compute="_compute_actual",
        digits=(16, 1),
        help="The part of the target that the days gone by stand for.",
    )
    missing = fields.Float("Still to Reach", compute="_compute_actual", digits=(16, 0))
    days_left = fields.Integer(compute="_compute_actual", help="Days of the period after today.")
    before = fields.Float("Period Before", compute="_compute_actual", digits=(16, 0))
    year_before = fields.Float("A Year Ago", compute="_compute_actual", digits=(16, 0))

    _subject_uniq = models.UniqueIndex(
        "(period_id, measure, COALESCE(user_id, 0), COALESCE(team_id, 0), COALESCE(site_id, 0), "
        "COALESCE(series_id, 0))",
        "There is a target of this measure for these in this period already.",
    )
    _positive = models.Constraint("CHECK (target > 0)", "A target is above 0.")
    _traffic_subject = models.Constraint(
        "CHECK (measure NOT IN ('captured', 'test_drives') OR (team_id IS NULL AND series_id IS NULL))",
        "Parties and test drives are counted by person and site alone.",
    )

    @api.depends("subject", "measure")
    @api.depends_context("lang")
    def _compute_display_name(self):
        # One person has several in one month: the measure tells them apart
        measures = dict(self._fields["measure"]._description_selection(self.env))
        for target in self:
            target.display_name = " · ".join(filter(None, [target.subject, measures.get(target.measure)]))

    @api.depends("user_id", "team_id", "site_id", "series_id", "period_id")
    @api.depends_context("lang")
    def _compute_subject(self):
        for target in self:
            named = [target.user_id.name, target.team_id.name, target.site_id.name, target.series_id.name]
            whose = " · ".join(filter(None, named)) or self.env._("Whole house")
            target.subject = f"{whose} · {target.period_id.name}" if target.period_id else whose

    # === Reached ===
    @api.depends("target", "measure", "user_id", "team_id", "site_id", "series_id", "period_id")
    @api.depends_context("tz")
    def _compute_actual(self):
        """Count what was reached in the period, in the one before and a year ago: two queries for all targets."""
        reached = self._read_reached()
        for target in self:
            now, before, year = (reached.get((target._origin.id, span), 0.0) for span in ("now", "before", "year"))
            today = target.company_id._get_day()
            start, end = target.date_start or today, target.date_end or today
            target.actual, target.before, target.year_before = now, before, year
            target.attainment = 100.0 * now / target.target if target.target else 0.0
            target.pace = target.target * period_tools.elapsed(start, end, today)
            target.missing = max(target.target - now, 0.0)
            target.days_left = min(max((end - today).days, 0), (end - start).days + 1)

    def _read_reached(self):
        """Return {(target id, ``now``, ``before`` or ``year``): number}.

        The rights are those on the target: who may read it is told its number.
        """
        targets = self._origin.filtered("id")
        spans = []
        for target in targets:
            before, year = target.period_id._get_before()
            for span, (start, end) in (
                ("now", (target.date_start, target.date_end)),
                ("before", before),
                ("year", year),
            ):
                spans.append(SQL("(%s, %s, %s::date, %s::date)", target.id, span, start, end))
        if not spans:
            return {}
        self.env.flush_all()
        queries = []
        if set(targets.mapped("measure")) - set(TRAFFIC):
            queries.append(self._get_results_query())
        if set(targets.mapped("measure")) & set(TRAFFIC):
            queries.append(self._get_traffic_query())
        found = {}
        for query in queries:
            rows = self.env.execute_query(
                SQL("WITH span (target_id, name, first, last) AS (VALUES %s) %s", SQL(", ").join(spans), query)
            )
            found.update({(target_id, name): float(number or 0.0) for target_id, name, number in rows})
        return found

    def _get_results_query(self):
        """Return the query that counts results and, for whom no person is asked for, the sales before this system."""
        return SQL(
            """
            SELECT target.id, span.name,
                   CASE target.measure
                        WHEN 'units' THEN SUM(result.units)
                        WHEN 'gross' THEN SUM(result.gross_front + result.gross_back)
                        ELSE SUM(result.gross_back)
                   END
              FROM span
              JOIN dealer_sales_target target ON target.id = span.target_id
              JOIN dealer_period period ON period.id = target.period_id
              JOIN (
                    SELECT company_id, date, user_id, team_id, site_id, brand_id, series_id, units,
                           COALESCE(gross_front, 0) AS gross_front, COALESCE(gross_back, 0) AS gross_back
                      FROM dealer_sales_result
                     UNION ALL
                    SELECT company_id, date, NULL, NULL, site_id, brand_id, series_id, units, 0, 0
                      FROM dealer_sales_history
                   ) result ON result.company_id = target.company_id
                           AND result.date BETWEEN span.first AND span.last
                           AND (period.brand_id IS NULL OR result.brand_id = period.brand_id)
                           AND (target.user_id IS NULL OR result.user_id = target.user_id)
                           AND (target.team_id IS NULL OR result.team_id = target.team_id)
                           AND (target.site_id IS NULL OR result.site_id = target.site_id)
                           AND (target.series_id IS NULL OR result.series_id = target.series_id)
             WHERE target.measure NOT IN ('captured', 'test_drives')
             GROUP BY target.id, span.name, target.measure
            """
        )

    def _get_traffic_query(self):
        """Return the query that counts parties on the days of the company's time zone."""
        return SQL(
            """
            SELECT target.id, span.name,
                   COUNT(*) FILTER (
                       WHERE CASE target.measure WHEN 'captured' THEN party.lead_id IS NOT NULL
                                                 ELSE party.has_test_drive END
                   )
              FROM span
              JOIN dealer_sales_target target ON target.id = span.target_id
              JOIN res_company company ON company.id = target.company_id
              JOIN res_partner house ON house.id = company.partner_id
              JOIN dealer_traffic party
                ON party.company_id = target.company_id
               AND party.kind != 'other'
               AND party.date >= span.first - 1 AND party.date < span.last + 2
               AND (party.date AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(house.tz, 'UTC'))::date
                   BETWEEN span.first AND span.last
               AND (target.user_id IS NULL OR party.user_id = target.user_id)
               AND (target.site_id IS NULL OR party.site_id = target.site_id)
             WHERE target.measure IN ('captured', 'test_drives')
             GROUP BY target.id, span.name
            """
        )

    # === Constraints ===
    @api.constrains("period_id", "measure")
    def _check_traffic_brand(self):
        for target in self:
            if target.measure in TRAFFIC and target.period_id.brand_id:
                raise ValidationError(
                    self.env._("Parties and test drives are of no brand: choose a period of the calendar.")
                )

    # === Actions ===
    def action_open_records(self):
        """Open what was counted for this target.

        :return: action on results or on parties
        """
        self.ensure_one()
        self.check_access("read")
        if self.measure in TRAFFIC:
            action = self.env["ir.actions.act_window"]._for_xml_id("dealer_sales.dealer_traffic_action")
            domain = [("kind", "!=", "other"), *self._get_traffic_days()]
            domain += [("lead_id", "!=", False)] if self.measure == "captured" else [("has_test_drive", "=", True)]
            names = ("company_id", "user_id", "site_id")
        else:
            # What was entered of the time before counts for no person; who may not read it has a target of his own
            model = "report" if self.env["dealer.sales.report"].has_access("read") else "result"
            action = self.env["ir.actions.act_window"]._for_xml_id(f"dealer_sales.dealer_sales_{model}_action")
            domain = [("date", ">=", self.date_start), ("date", "<=", self.date_end)]
            names = ("company_id", "user_id", "team_id", "site_id", "series_id")
            if self.period_id.brand_id:
                domain.append(("brand_id", "=", self.period_id.brand_id.id))
        domain += [(name, "=", self[name].id) for name in names if self[name]]
        return {**action, "domain": domain, "context": {"create": False}}

    def _get_traffic_days(self):
        """Return the domain of the parties of the period's days in the company's time zone."""
        zone = self.with_context(tz=self.company_id.partner_id.tz or "UTC")
        start = fields.Datetime.to_datetime(self.date_start)
        end = fields.Datetime.to_datetime(fields.Date.add(self.date_end, days=1))
        offset = fields.Datetime.context_timestamp(zone, start).utcoffset()
        return [("date", ">=", start - offset), ("date", "<", end - offset)]
