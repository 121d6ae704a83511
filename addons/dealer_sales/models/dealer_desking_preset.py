from odoo import api, fields, models

KINDS = [("cash", "Cash"), ("loan", "Loan"), ("lease", "Lease")]
METHODS = [("payment", "Equal payments"), ("principal", "Equal principal")]
# What a scenario takes over from its preset
COPIED = (
    "name",
    "sequence",
    "kind",
    "method",
    "months",
    "annual_rate",
    "financed_percent",
    "balloon_percent",
    "fee",
    "day_basis",
)


class DealerDeskingPreset(models.Model):
    """A way to pay the shop offers: new offers begin with these, and a manager keeps their terms."""

    _name = "dealer.desking.preset"
    _description = "Way to Pay"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: every company of the group offers it.")
    kind = fields.Selection(KINDS, required=True, default="loan")
    method = fields.Selection(METHODS, required=True, default="payment")
    months = fields.Integer(default=36)
    annual_rate = fields.Float(digits=(6, 4), help="Nominal percent a year, as the lender states it.")
    financed_percent = fields.Float(digits=(6, 2), default=60.0, help="Percent of the car's price that is financed.")
    balloon_percent = fields.Float(
        string="Balloon or residual %",
        digits=(6, 2),
        help="Percent of the car's price left for the end: the last big payment of a loan, "
        "the residual value of a lease.",
    )
    fee = fields.Float(help="Paid once to the lender, in the currency of the offer.")
    day_basis = fields.Selection([("360", "360 days"), ("365", "365 days")], required=True, default="365")

    _range_check = models.Constraint(
        "CHECK (kind = 'cash' OR (months BETWEEN 1 AND 180 AND annual_rate BETWEEN 0 AND 100"
        " AND financed_percent BETWEEN 0 AND 100 AND balloon_percent BETWEEN 0 AND financed_percent AND fee >= 0))",
        "Months are 1 to 180, percents 0 to 100, and what is left for the end is part of what is financed.",
    )

    @api.model
    def _prepare_scenarios(self, company):
        """Return the scenarios a new offer begins with.

        :param company: ``res.company``
        :return: list of dict for ``dealer.desking.scenario``, at most four
        """
        return self.search([("company_id", "in", (False, company.id))], limit=4)._prepare_scenario_rows()

    def _prepare_scenario_rows(self):
        """Return what scenarios take over from these ways to pay.

        :return: list of dict for ``dealer.desking.scenario``
        """
        return [{name: preset[name] for name in COPIED} for preset in self]
