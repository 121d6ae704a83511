from odoo import fields, models


class DealerTrimOption(models.Model):
    """Equipment a trim has or can be ordered with. Not a variant: it is chosen on the car."""

    _name = "dealer.trim.option"
    _description = "Option"
    _order = "is_standard desc, sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Code of the option in the maker's order form.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    product_tmpl_id = fields.Many2one("product.template", "Trim", required=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="product_tmpl_id.guide_currency_id")
    is_standard = fields.Boolean("Standard", help="Every car of the trim has it, at no extra price.")
    price = fields.Monetary(help="Added to the maker's guide price, with tax.")
    note = fields.Char(translate=True, help="What is in the package, what it needs or rules out.")

    _code_uniq = models.UniqueIndex(
        "(product_tmpl_id, code) WHERE code IS NOT NULL AND code != ''",
        "The trim has an option with this code already.",
    )
    _standard_is_free = models.Constraint(
        "CHECK (NOT is_standard OR price IS NULL OR price = 0)",
        "What is standard has no extra price. Take the price or the tick off.",
    )
