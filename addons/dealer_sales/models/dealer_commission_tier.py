from odoo import fields, models


class DealerCommissionTier(models.Model):
    """What each car pays once so many are sold in a month: reaching a tier pays all cars of the month by it."""

    _name = "dealer.commission.tier"
    _description = "Commission Tier"
    _order = "from_units, id"
    _rec_name = "from_units"

    rule_id = fields.Many2one("dealer.commission.rule", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="rule_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="rule_id.currency_id")
    from_units = fields.Float("From Cars", digits=(6, 2), default=1.0, required=True, aggregator=None)
    amount = fields.Monetary("Each Car Pays", required=True, aggregator=None)

    _start_uniq = models.UniqueIndex("(rule_id, from_units)", "This tier exists already.")
    _positive = models.Constraint("CHECK (from_units >= 0 AND amount >= 0)", "Tiers are not negative.")
