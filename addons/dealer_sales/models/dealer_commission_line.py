from odoo import api, fields, models

from .dealer_sales_result import COST


class DealerCommissionLine(models.Model):
    """What one car pays one person by one rule in one month, or takes back from him."""

    _name = "dealer.commission.line"
    _description = "Commission Line"
    _order = "statement_id, kind desc, date, id"
    _rec_name = "result_id"

    statement_id = fields.Many2one("dealer.commission.statement", required=True, index=True, ondelete="cascade")
    period_id = fields.Many2one(related="statement_id.period_id", store=True, index=True)
    company_id = fields.Many2one(related="statement_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_start = fields.Date(related="statement_id.date_start", store=True)
    user_id = fields.Many2one(related="statement_id.user_id", store=True, index=True)
    result_id = fields.Many2one("dealer.sales.result", "Result", required=True, index=True, ondelete="restrict")
    contract_id = fields.Many2one(related="result_id.contract_id", store=True)
    vehicle_id = fields.Many2one(related="result_id.vehicle_id", store=True)
    date = fields.Date("Counted on", related="result_id.date", store=True)
    rule_id = fields.Many2one("dealer.commission.rule", "Rule", required=True, index=True, ondelete="restrict")
    kind = fields.Selection(
        [("earned", "Earned"), ("correction", "Correction"), ("chargeback", "Charge-back")],
        required=True,
        help="Earned: a car of this month. Charge-back: a car of an earlier month came back. Correction: an earlier "
        "car earned another gross or is shared otherwise.",
    )
    units = fields.Float("Cars", digits=(6, 4), help="1, or the share of a split deal.")
    rate = fields.Monetary("A Car Pays", aggregator=None, help="By the tier reached in the month.")
    basis_amount = fields.Monetary("Gross Counted", groups=COST, aggregator=None)
    amount = fields.Monetary("Commission")

    _once_uniq = models.UniqueIndex("(statement_id, result_id, rule_id)", "This car is on the statement already.")

    @api.model_create_multi
    def create(self, vals_list):
        self.env["dealer.commission.statement"].browse({vals["statement_id"] for vals in vals_list})._check_open()
        return super().create(vals_list)

    def write(self, vals):
        self.statement_id._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_closed(self):
        self.statement_id._check_open()

    @api.readonly
    def action_open_contract(self):
        """Open the contract this line pays for."""
        self.ensure_one()
        return self.contract_id.get_formview_action()
