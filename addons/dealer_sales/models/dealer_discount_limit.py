from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import price_cut

ROLES = [("advisor", "Sales advisor"), ("manager", "Sales manager")]
LEVELS = [
    ("advisor", "Within the advisor's limit"),
    ("manager", "Within the sales manager's limit"),
    ("beyond", "Beyond the sales manager's limit"),
]


class DealerDiscountLimit(models.Model):
    """How much a role may give away on one car: price cut, gifts at cost and over-allowance together.

    Who is above approves what is more (P29). A role without a row in force has no limit of its own.
    """

    _name = "dealer.discount.limit"
    _description = "Discount Limit"
    _order = "role, company_id, date_from desc, id"

    role = fields.Selection(ROLES, required=True, default="advisor")
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company of the group.")
    brand_id = fields.Many2one("fleet.vehicle.model.brand", help="Empty: every brand.")
    series_id = fields.Many2one(
        "fleet.vehicle.model", string="Series", domain="[('brand_id', '=?', brand_id)]", help="Empty: every series."
    )
    date_from = fields.Date(string="In force from", required=True, default=fields.Date.context_today)
    date_to = fields.Date(string="Until", help="Last day; empty: until another row takes its place.")
    max_percent = fields.Float(
        string="At most %", digits=(6, 2), help="Percent of what the house asks for the car. 0: no limit in percent."
    )
    max_amount = fields.Float(string="At most", help="Money per car, in the company's currency. 0: no limit in money.")
    note = fields.Char(translate=True, help="Who decided it, and whether it is confirmed.")

    _range_check = models.Constraint(
        "CHECK (max_percent BETWEEN 0 AND 100 AND max_amount >= 0 AND (date_to IS NULL OR date_to >= date_from))",
        "Percents are 0 to 100, amounts are not negative, and the last day is not before the first.",
    )
    _row_uniq = models.UniqueIndex(
        "(role, date_from, COALESCE(company_id, 0), COALESCE(brand_id, 0), COALESCE(series_id, 0))",
        "There is a limit of this role, car and date already.",
    )

    @api.constrains("max_percent", "max_amount")
    def _check_is_limit(self):
        for limit in self:
            if not limit.max_percent and not limit.max_amount:
                raise ValidationError(self.env._("Give the limit in percent, in money, or both."))

    @api.depends("role", "max_percent", "max_amount")
    def _compute_display_name(self):
        roles = dict(self._fields["role"]._description_selection(self.env))
        for limit in self:
            limit.display_name = f"{roles.get(limit.role, '')}: {limit._get_words()}"

    def _get_words(self):
        """Return the limit as a person says it, "" for no limit."""
        money = (self.company_id or self.env.company).currency_id
        words = []
        if self.max_percent:
            words.append(f"{self.max_percent:g} %")
        if self.max_amount:
            words.append(money.format(self.max_amount))
        return self.env._(", at most ").join(words)

    @api.model
    def _find(self, company, role, product, day):
        """Return the row that holds for a role and a trim on a day: the closest to the car, then the newest.

        :param company: ``res.company``
        :param str role: see ``ROLES``
        :param product: ``product.product``, a trim
        :param date day: when the deal is submitted
        :return: ``dealer.discount.limit``, empty where the role has no limit
        """
        series = product.sudo().series_id  # asked for whoever opens the deal, may he read the catalogue or not
        rows = self.sudo().search(
            [
                ("role", "=", role),
                ("company_id", "in", (False, company.id)),
                ("brand_id", "in", (False, series.brand_id.id)),
                ("series_id", "in", (False, series.id)),
                ("date_from", "<=", day),
                "|",
                ("date_to", "=", False),
                ("date_to", ">=", day),
            ]
        )
        rank = lambda row: (bool(row.series_id), bool(row.brand_id), bool(row.company_id), row.date_from, row.id)  # noqa: E731
        return rows.sorted(rank, reverse=True)[:1]

    @api.model
    def _get_level(self, company, product, day, given, base):
        """Return who may give so much away on this car; see ``tools.price_cut.get_level``."""
        found = {role: self._find(company, role, product, day) for role, _label in ROLES}
        limits = {role: (row.max_percent, row.max_amount) for role, row in found.items() if row}
        return price_cut.get_level(given, base, limits)
