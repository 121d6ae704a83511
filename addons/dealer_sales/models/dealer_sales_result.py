from odoo import api, fields, models
from odoo.tools import SQL

from .dealer_contract_template import KINDS

COST = "dealer_vehicle.group_vehicle_cost"
# Months whose gross is read again each night
OPEN_MONTHS = 3
# Contracts or results between two commits of a job
BATCH = 100
# What of a sale its counter-row takes back
AMOUNTS = ("amount_car", "amount_total", "gross_front", "gross_back", "gross")


class DealerSalesResult(models.Model):
    """A car that counts as sold (P15): handed over, paid or funded, and reported; or one that came back.

    The system alone makes the rows, on the day in the site's time zone on which the last of the facts came true.
    What stops being true (a return, a payment that bounced) is a row of its own, never a change of an old day.
    """

    _name = "dealer.sales.result"
    _description = "Sales Result"
    _inherit = ["dealer.batch.mixin"]
    _order = "date desc, id desc"
    _rec_name = "contract_id"
    _rec_names_search = ["contract_id", "vehicle_id"]
    _check_company_auto = True

    contract_id = fields.Many2one("dealer.contract", required=True, index=True, ondelete="restrict", check_company=True)
    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, index=True, ondelete="restrict", check_company=True
    )
    number = fields.Integer(
        required=True, aggregator=None, help="1 is the sale, 2 its return, 3 the same car sold again on this contract …"
    )
    origin_id = fields.Many2one(
        "dealer.sales.result",
        "Takes Back",
        index="btree_not_null",
        ondelete="restrict",
        help="The sale that came back.",
    )
    reversal_ids = fields.One2many("dealer.sales.result", "origin_id", "Taken Back by")
    date = fields.Date("Counted on", required=True, index=True, help="Day at the site.")
    units = fields.Integer("Cars", required=True, aggregator="sum", help="1 counts, -1 takes back.")

    # By what results are looked at: as it was on that day
    company_id = fields.Many2one("res.company", required=True)
    site_id = fields.Many2one("stock.warehouse", "Site", index="btree_not_null", check_company=True)
    user_id = fields.Many2one("res.users", "Sales advisor", index="btree_not_null")
    team_id = fields.Many2one("crm.team", "Sales Team", index="btree_not_null")
    partner_id = fields.Many2one("res.partner", "Customer")
    region_id = fields.Many2one("res.country.state", "Region", help="Where the customer lives.")
    source_id = fields.Many2one("utm.source", "Channel", help="Of the enquiry the deal came from.")
    brand_id = fields.Many2one("fleet.vehicle.model.brand", "Brand")
    series_id = fields.Many2one("fleet.vehicle.model", "Series", index="btree_not_null")
    product_id = fields.Many2one("product.product", "Trim")
    condition = fields.Selection(
        selection=lambda self: self.env["dealer.vehicle"]._fields["condition"]._description_selection(self.env)
    )
    kind = fields.Selection(KINDS, "Kind of Sale")

    # Money: company currency
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount_car = fields.Monetary("Car-only price", help="The price of the car alone, tax included.")
    amount_total = fields.Monetary("On-the-road price", help="Share of this car in all the customer pays.")
    gross_front = fields.Monetary("Front gross", groups=COST, help="What the car itself earned, without tax.")
    gross_back = fields.Monetary("Back gross", groups=COST, help="What loan, insurance and products earned.")
    gross = fields.Monetary(groups=COST)
    gross_per_car = fields.Monetary("Gross per Car", groups=COST, aggregator="avg", help="Gross / cars.")
    gross_parts = fields.Json(groups=COST, help="[code, side, amount] in company currency.")
    is_gross_due = fields.Boolean(default=True, groups=COST, help="The nightly job still has to read the gross.")
    is_gross_stale = fields.Boolean(groups=COST, copy=False, help="The job still has to read the gross again.")

    _once_uniq = models.UniqueIndex(
        "(contract_id, vehicle_id, number)", "This car counts in the results of its contract already."
    )
    _turns = models.Constraint(
        "CHECK (number > 0 AND units = CASE WHEN number % 2 = 1 THEN 1 ELSE -1 END "
        "AND (origin_id IS NULL) = (number % 2 = 1))",
        "A sale counts one car; only what counted is taken back.",
    )
    _origin_uniq = models.UniqueIndex("(origin_id) WHERE origin_id IS NOT NULL", "This sale is taken back already.")
    _month_idx = models.Index("(company_id, date)")
    _due_idx = models.Index("(id) WHERE is_gross_due")
    _stale_idx = models.Index("(id) WHERE is_gross_stale")

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec != "gross_per_car:avg":
            return super()._read_group_select(aggregate_spec, query)
        # Returned cars take their gross and themselves off: not the mean of the rows
        return SQL(
            "SUM(%s) / NULLIF(SUM(%s), 0)",
            self._field_to_sql(self._table, "gross", query),
            self._field_to_sql(self._table, "units", query),
        )

    def _is_back(self, day):
        """Return whether this sale was taken back until a day."""
        self.ensure_one()
        return any(row.date <= day for row in self.reversal_ids)

    # === Actions ===
    @api.readonly
    def action_open_contract(self):
        """Open the contract this row counts."""
        self.ensure_one()
        return self.contract_id.get_formview_action()

    # === Gross ===
    @api.model
    def _cron_count(self):
        """Count what was missed and read the gross of new results: nobody waits for it on the way to the keys."""
        missed = self.env["dealer.contract"]._search_missed_results()
        due = self.search(["|", ("is_gross_due", "=", True), ("is_gross_stale", "=", True)], order="id")
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(missed) + len(due))
        for records, work in ((missed, "_count_missed_results"), (due, "_refresh_gross")):
            for start in range(0, len(records), BATCH):
                batch = records[start : start + BATCH]
                getattr(batch, work)()
                if not cron._commit_progress(len(batch)):
                    return

    @api.model
    def _cron_refresh_gross(self):
        """Have the gross of the last months read again: bills of a car and commissions of lenders come late.

        The rows are marked; the job that counts reads them, batch by batch, and goes on where it was stopped.
        """
        since = fields.Date.subtract(fields.Date.today(), months=OPEN_MONTHS)
        fresh = [("is_gross_stale", "=", False), ("units", ">", 0), ("reversal_ids", "=", False)]
        self.search([("date", ">=", since), *fresh]).is_gross_stale = True
        self.env.ref("dealer_sales.ir_cron_count_results")._trigger()

    def _refresh_gross(self):
        """Write what the deals earn by now; what came back keeps the gross it left with.

        One deal that cannot be read is logged and stops no other.
        """
        sales = (self | self.origin_id).filtered(
            lambda row: row.units > 0 and (row.is_gross_due or not row.reversal_ids)
        )
        sales._try_in_batches("_read_gross", "The gross of %s could not be read")
        # What failed is tried again tomorrow: it stands in nobody's way
        self.filtered("is_gross_stale").is_gross_stale = False

    def _read_gross(self):
        """Write what these sales earn by now."""
        for contract, results in self.grouped("contract_id").items():
            parts = contract._get_result_gross(len(contract._get_car_lines().dealer_vehicle_id) or 1)
            for result in results:
                result._take_gross(parts)

    def _take_gross(self, parts):
        """Write the gross of one sale when it changed, and take it back on its return.

        :param list parts: [code, side, amount] of one car, company currency
        """
        front, back = (
            self.currency_id.round(sum(amount for _code, found, amount in parts if found == side))
            for side in ("front", "back")
        )
        for row in self | self.reversal_ids:
            vals = {
                "gross_front": front * row.units,
                "gross_back": back * row.units,
                "gross": (front + back) * row.units,
                "gross_per_car": front + back,
                "gross_parts": parts,
                "is_gross_due": False,
            }
            if any(row[name] != value for name, value in vals.items()):
                row.write(vals)
