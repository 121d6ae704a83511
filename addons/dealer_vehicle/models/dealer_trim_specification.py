from odoo import api, fields, models
from odoo.tools import formatLang


class DealerTrimSpecification(models.Model):
    """What a trim has in one line of the specification."""

    _name = "dealer.trim.specification"
    _description = "Specification of a Trim"
    _order = "specification_group_sequence, specification_sequence, id"
    _rec_name = "specification_id"

    product_tmpl_id = fields.Many2one("product.template", "Trim", required=True, ondelete="cascade")
    specification_id = fields.Many2one("dealer.specification", required=True, index=True, ondelete="restrict")
    group_id = fields.Many2one(related="specification_id.group_id")
    # Stored: a trim's rows come sorted without joins.
    specification_group_sequence = fields.Integer(
        "Order of the Group", related="specification_id.group_sequence", store=True
    )
    specification_sequence = fields.Integer(related="specification_id.sequence", store=True)
    value_type = fields.Selection(related="specification_id.value_type")
    unit = fields.Char(related="specification_id.unit")
    powertrain_id = fields.Many2one(
        "product.attribute.value",
        domain="[('attribute_id.is_powertrain', '=', True)]",
        ondelete="cascade",
        help="Only for this powertrain of the trim. Empty: for all of them.",
    )
    value_number = fields.Float("Number", digits=(16, 3))
    value_text = fields.Char("Text", translate=True)
    value_yes = fields.Boolean("Yes")
    value = fields.Char(compute="_compute_value")

    _value_uniq = models.UniqueIndex(
        "(product_tmpl_id, specification_id, COALESCE(powertrain_id, 0))",
        "This specification is on the trim already. Change that line.",
    )
    _specification_idx = models.Index("(specification_id, value_number)")

    @api.depends("value_type", "value_number", "value_text", "value_yes")
    @api.depends_context("lang")
    def _compute_value(self):
        for line in self:
            line.value = line._get_value()

    def _get_value(self):
        """Return the value as people read it, without its unit."""
        if self.value_type == "text":
            return self.value_text or ""
        if self.value_type == "yes_no":
            return self.env._("Yes") if self.value_yes else self.env._("No")
        return self._format_number(self.value_number)

    @api.model
    def _format_number(self, number):
        """Return a number as people read it: no decimals that say nothing.

        :param float number: at most three decimals count
        """
        text = f"{number:.3f}".rstrip("0").rstrip(".")
        return formatLang(self.env, number, digits=len(text.partition(".")[2]))
