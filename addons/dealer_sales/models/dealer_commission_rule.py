from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools import commission
from .dealer_contract_seller import ROLES
from .dealer_contract_template import KINDS
from .dealer_sales_result import COST


class DealerCommissionRule(models.Model):
    """What one role is paid for a car that counts, from a day on (P29)."""

    _name = "dealer.commission.rule"
    _description = "Commission Rule"
    _order = "role, date_from desc, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    role = fields.Selection(ROLES, required=True, default="advisor")
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    date_to = fields.Date("Until", help="Last day; empty: until further notice. Counts by the day of the result.")
    basis = fields.Selection(
        [("units", "By the Car"), ("gross", "Percent of Gross")],
        required=True,
        default="units",
        help="By the car: the highest tier reached in the month pays every car of the month.",
    )
    tier_ids = fields.One2many("dealer.commission.tier", "rule_id", "Tiers", copy=True)
    percent = fields.Float("Percent of Gross", digits=(5, 2), aggregator=None)
    minimum_amount = fields.Monetary("At Least per Car", help="Paid when the percentage gives less.")
    pack_amount = fields.Monetary("Pack", groups=COST, help="Taken off the gross of each car before anybody is paid.")
    has_front = fields.Boolean("Front Gross Counts", default=True)
    has_back = fields.Boolean("Back Gross Counts")
    left_out_codes = fields.Char(
        "Not Counted",
        groups=COST,
        help="Parts of the gross this rule does not count, by their codes and separated by commas: fees, holdback, "
        "rebates … The contract shows the parts of its gross.",
    )
    kind = fields.Selection(KINDS, "Kind of Sale", help="Empty: every kind.")
    brand_id = fields.Many2one("fleet.vehicle.model.brand", "Brand", help="Empty: every brand.")
    condition = fields.Selection(
        selection=lambda self: self.env["dealer.vehicle"]._fields["condition"]._description_selection(self.env),
        help="Empty: new and used cars.",
    )
    chargeback_months = fields.Integer(
        "Charged Back Within (Months)",
        default=12,
        required=True,
        aggregator=None,
        help="A sale that comes back later than so many months after it keeps its commission; 0: it never does. "
        "To be confirmed with the employment contracts.",
    )
    note = fields.Text(help="Who agreed to it and when.")

    _dates_ordered = models.Constraint("CHECK (date_to >= date_from)", "A rule ends after it begins.")
    _percent_sane = models.Constraint("CHECK (percent >= 0 AND percent <= 100)", "A percentage is between 0 and 100.")
    _amounts_positive = models.Constraint(
        "CHECK (minimum_amount >= 0 AND pack_amount >= 0 AND chargeback_months >= 0)",
        "Amounts of a rule are not negative.",
    )

    @api.constrains("basis", "tier_ids", "percent")
    def _check_pays(self):
        for rule in self:
            if (rule.basis == "units" and not rule.tier_ids) or (rule.basis == "gross" and not rule.percent):
                raise ValidationError(
                    self.env._("%(rule)s pays nothing: give it a tier or a percentage.", rule=rule.name)
                )

    @api.model
    def _get_rules(self, company, start, end):
        """Return the rules in force on some day of a span.

        :return: ``dealer.commission.rule``
        """
        ended = Domain("date_to", "=", False) | Domain("date_to", ">=", start)
        return self.search(Domain("company_id", "=", company.id) & Domain("date_from", "<=", end) & ended)

    def _is_charged_back(self, sale, day):
        """Return whether what a sale paid is taken back when it comes back, or earns less, on a day."""
        months = self.chargeback_months
        return not months or day <= fields.Date.add(sale.date, months=months)

    def _pays(self, result):
        """Return whether this rule pays for a result."""
        self.ensure_one()
        return (
            self.date_from <= result.date <= (self.date_to or result.date)
            and self.kind in (False, result.kind)
            and self.condition in (False, result.condition)
            and (not self.brand_id or self.brand_id == result.brand_id)
        )

    def _get_tiers(self):
        return [(tier.from_units, tier.amount) for tier in self.tier_ids]

    def _get_gross_due(self, result):
        """Return what a whole car pays by its gross, before it is shared.

        :return: (basis, amount), Decimal in company currency
        """
        left_out = {code.strip() for code in (self.left_out_codes or "").split(",") if code.strip()}
        sides = {side for side, counts in (("front", self.has_front), ("back", self.has_back)) if counts}
        basis = commission.counted_gross(result.gross_parts or [], sides, left_out, self.pack_amount)
        return basis, commission.percent_of_gross(basis, self.percent, self.minimum_amount)
