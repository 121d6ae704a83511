from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools import forecast as forecast_tools
from ..tools import period as period_tools

# Hours within which a run that was stopped goes on, rather than beginning again
PAUSE = 6

METHODS = [
    ("naive", "Last Month Again"),
    ("ma3", "Mean of 3 Months"),
    ("ma6", "Mean of 6 Months"),
    ("mean12", "Mean of 12 Months"),
    ("seasonal_naive", "Same Month Last Year"),
    ("ma3_season", "Mean of 3 Months, Moved as Last Year"),
    ("ma3_index", "Mean of 3 Months with Season"),
]
HISTORY_MONTHS = 72


class DealerSalesForecast(models.Model):
    """How many new cars of a series a site will sell, by the method that erred least on its own past (R17)."""

    _name = "dealer.sales.forecast"
    _description = "Sales Forecast"
    _order = "next_month desc, id"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, index=True)
    site_id = fields.Many2one("stock.warehouse", "Site", required=True, index=True, check_company=True)
    series_id = fields.Many2one("fleet.vehicle.model", "Series", required=True, index=True, ondelete="cascade")
    brand_id = fields.Many2one(related="series_id.brand_id", store=True)
    method = fields.Selection(METHODS, required=True)
    error = fields.Float(
        "Error (%)",
        digits=(6, 1),
        aggregator="avg",
        help="Of the chosen method on this series' own past: forecasts of three months, made again as if those months "
        "were not known, against what was sold (weighted absolute percentage error). Empty: too little history.",
    )
    has_error = fields.Boolean("Tested")
    errors = fields.Json("Errors of All Methods", help="{method: error in percent}")
    error_text = fields.Text("All Methods", compute="_compute_error_text")
    months_known = fields.Integer(aggregator=None)
    last_month = fields.Float(digits=(10, 1))
    next_month = fields.Float("This Month", digits=(10, 1))
    next_three = fields.Float("Next Three Months", digits=(10, 1))
    computed_on = fields.Datetime("Calculated on", required=True)
    line_ids = fields.One2many("dealer.sales.forecast.line", "forecast_id", "Months")

    _series_uniq = models.UniqueIndex("(company_id, site_id, series_id)", "This series has a forecast here already.")

    @api.depends("series_id", "site_id")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row.series_id.display_name} · {row.site_id.name}"

    @api.depends("errors", "method")
    @api.depends_context("lang")
    def _compute_error_text(self):
        names = dict(self._fields["method"]._description_selection(self.env))
        for row in self:
            best_first = sorted((row.errors or {}).items(), key=lambda item: item[1])
            row.error_text = "\n".join(f"{names[code]}: {error:.1f} %" for code, error in best_first if code in names)

    # === Calculating ===
    def action_compute(self):
        """Calculate the forecasts of the user's company anew.

        :return: dict, reloads the list
        :raises AccessError: the user neither sells nor buys for the house
        """
        if not self.env.user.has_groups(
            "dealer_sales.group_sales_manager,dealer_vehicle.group_buyer,dealer_vehicle.group_general_manager,"
            "dealer_vehicle.group_dealer_admin"
        ):
            raise AccessError(self.env._("Forecasts are calculated by the sales manager or the buyer."))
        self.sudo()._compute_company(self.env.company)  # rows only this job writes
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    @api.model
    def _cron_compute(self):
        """Calculate the forecasts of every company anew; each month that ended is one more to learn from.

        Company by company; one that a stopped run did just now is not done again.
        """
        before = fields.Datetime.subtract(fields.Datetime.now(), hours=PAUSE)
        done = self.search([("computed_on", ">=", before)]).company_id
        companies = self.env["res.company"].search([]) - done
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(companies))
        for company in companies:
            self._compute_company(company)
            if not cron._commit_progress(1):
                return

    @api.model
    def _compute_company(self, company):
        """Replace the forecasts of a company; as many queries for many series as for one.

        :param company: ``res.company``
        """
        today = company._get_day()
        self.search([("company_id", "=", company.id)]).unlink()
        now = fields.Datetime.now()
        known = self._read_history(company, today)
        self.create(
            [
                self._prepare_forecast(company, site_id, series_id, months, today, now)
                for (site_id, series_id), months in known.items()
            ]
        )

    @api.model
    def _read_history(self, company, today):
        """Return how many new cars each series sold at each site in the whole months before today.

        :return: {(site id, series id): {first day of a month: int}}
        """
        domain = [
            ("company_id", "=", company.id),
            ("site_id", "!=", False),
            ("series_id", "!=", False),
            ("date", "<", today.replace(day=1)),
            ("date", ">=", period_tools.months_back(today, HISTORY_MONTHS)[0]),
        ]
        found = {}
        for model, more in (("dealer.sales.result", [("condition", "=", "new")]), ("dealer.sales.history", [])):
            groups = ["site_id", "series_id", "date:month"]
            for site, series, month, units in self.env[model]._read_group(domain + more, groups, ["units:sum"]):
                months = found.setdefault((site.id, series.id), {})
                months[month] = months.get(month, 0) + units
        return found

    @api.model
    def _prepare_forecast(self, company, site_id, series_id, sold, today, now):
        """Return the values of one forecast with its months.

        :param dict sold: {first day of a month: int}; months without a sale may be missing
        """
        count = (today.year - min(sold).year) * 12 + today.month - min(sold).month
        known = period_tools.months_back(today, count)
        series = [max(sold.get(month, 0), 0) for month in known]
        code, errors = forecast_tools.choose(series)
        coming = period_tools.months_ahead(today, forecast_tools.HORIZON)
        guesses = forecast_tools.forecast(series, code)
        lines = [{"month": month, "sold": units, "kind": "sold"} for month, units in zip(known, series, strict=True)]
        lines += [
            {"month": month, "forecast": guess, "kind": "forecast"}
            for month, guess in zip(coming, guesses, strict=True)
        ]
        return {
            "company_id": company.id,
            "site_id": site_id,
            "series_id": series_id,
            "method": code,
            "errors": {method: round(100 * error, 2) for method, error in errors.items()},
            "error": 100 * errors.get(code, 0.0),
            "has_error": code in errors,
            "months_known": count,
            "last_month": series[-1],
            "next_month": guesses[0],
            "next_three": sum(guesses),
            "computed_on": now,
            "line_ids": [fields.Command.create(line) for line in lines],
        }

    # === Looking ===
    @api.readonly
    def action_open_results(self):
        """Open the cars this series' history was counted from."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_sales.dealer_sales_result_action")
        domain = [("site_id", "=", self.site_id.id), ("series_id", "=", self.series_id.id), ("condition", "=", "new")]
        return {**action, "domain": domain, "context": {"create": False}}

    @api.model
    def _get_monthly(self, company):
        """Return the forecasts for the order plan.

        :return: {(site id, series id): {first day of a month: float}}
        """
        lines = self.env["dealer.sales.forecast.line"].search_fetch(
            [("company_id", "=", company.id), ("kind", "=", "forecast")]
        )
        found = {}
        for line in lines:
            found.setdefault((line.site_id.id, line.series_id.id), {})[line.month] = line.forecast
        return found
