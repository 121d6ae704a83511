from odoo import fields, models


class DealerTrimColour(models.Model):
    """A colour a trim is offered in. Not a variant: it is chosen on the car."""

    _name = "dealer.trim.colour"
    _description = "Colour"
    _order = "kind, sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="The maker's colour code.")
    kind = fields.Selection([("exterior", "Outside"), ("interior", "Inside")], default="exterior", required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    product_tmpl_id = fields.Many2one("product.template", "Trim", required=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="product_tmpl_id.guide_currency_id")
    surcharge = fields.Monetary(help="Added to the maker's guide price, with tax.")
    swatch = fields.Char(help="The colour on the screen, as #RRGGBB.")

    _name_uniq = models.UniqueIndex(
        "(product_tmpl_id, kind, (name->>'en_US'))", "The trim is offered in this colour already."
    )
    _swatch_format = models.Constraint(
        "CHECK (swatch IS NULL OR swatch = '' OR swatch ~ '^#[0-9A-Fa-f]{6}$')",
        "A swatch is # and six hexadecimal signs, for instance #B0B7BC.",
    )
