from odoo import api, fields, models


class DealerContractPolicy(models.Model):
    """What laws and the house say of money and kilometres when a deal falls through, from a day on (P16, P22)."""

    _name = "dealer.contract.policy"
    _description = "Rule for Deals That Fall Through"
    _order = "date_from desc, id desc"
    _rec_name = "date_from"

    company_id = fields.Many2one("res.company", index=True, help="Empty: every company without a rule of its own.")
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    earnest_cap_percent = fields.Float(
        "Earnest money at most (%)",
        digits=(5, 2),
        default=20.0,
        aggregator=None,
        help="Of the price agreed. What was paid above it is a refundable deposit in law. To be confirmed by a lawyer.",
    )
    km_rate = fields.Float(
        "Charge per km", digits=(12, 2), aggregator=None, help="Proposed when a car comes back driven; tax included."
    )
    new_km = fields.Integer(
        "Still new up to (km)", default=50, aggregator=None, help="Driven further, a car that comes back is not new."
    )
    note = fields.Char(translate=True, help="The law or agreement it comes from, and who confirmed it.")

    _rule_uniq = models.UniqueIndex(
        "(coalesce(company_id, 0), date_from)", "There is a rule of this company from this day already."
    )
    _numbers_sane = models.Constraint(
        "CHECK (earnest_cap_percent BETWEEN 0 AND 100 AND km_rate >= 0 AND new_km >= 0)",
        "A cap is between 0 and 100 percent; charges and kilometres cannot be negative.",
    )

    @api.model
    def _get_rule(self, company, date):
        """Return the rule that holds on a day, the company's own first.

        :param company: ``res.company``
        :param date date: day the contract was signed or the car comes back
        :return: ``dealer.contract.policy``, one or none
        Source: P16; Civil Code of the PRC art. 586-587 (to be confirmed)
        """
        rules = self.sudo().search([("company_id", "in", (False, company.id)), ("date_from", "<=", date)])
        return rules.filtered("company_id")[:1] or rules[:1]
