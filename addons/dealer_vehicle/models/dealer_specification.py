from odoo import fields, models


class DealerSpecificationGroup(models.Model):
    """A chapter of the specification: dimensions, drive, battery."""

    _name = "dealer.specification.group"
    _description = "Specification Group"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    specification_ids = fields.One2many("dealer.specification", "group_id", "Specifications")


class DealerSpecification(models.Model):
    """One line of the specification that trims are compared by."""

    _name = "dealer.specification"
    _description = "Specification"
    _order = "group_sequence, group_id, sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="Name of the line in files of the maker. Unique.")
    group_id = fields.Many2one("dealer.specification.group", "Group", required=True, index=True, ondelete="restrict")
    group_sequence = fields.Integer("Order of the Group", related="group_id.sequence", store=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    value_type = fields.Selection(
        [("number", "Number"), ("text", "Text"), ("yes_no", "Yes or No")], default="number", required=True
    )
    unit = fields.Char(translate=True, help="kW, mm, l/100 km")
    better = fields.Selection(
        [("more", "More is better"), ("less", "Less is better")],
        help="The best value is marked in a comparison. Empty: none is better than another.",
    )

    _code_uniq = models.UniqueIndex(
        "(code) WHERE code IS NOT NULL AND code != ''", "Another specification has this code already."
    )
