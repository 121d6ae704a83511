from odoo import fields, models


class DealerIntentLevel(models.Model):
    _name = "dealer.intent.level"
    _description = "Intent Level"
    _order = "sequence, id"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True, help="The letter said in the showroom: H, A, B, C.")
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    follow_up_days = fields.Integer(
        required=True,
        default=7,
        help="Days after the last contact until the customer is contacted again.",
    )
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex("(code)", "An intent level with this letter exists already.")
    _follow_up_positive = models.Constraint(
        "CHECK (follow_up_days > 0)", "The rhythm of an intent level must be at least one day."
    )

    def _compute_display_name(self):
        for level in self:
            level.display_name = f"{level.code} · {level.name}" if level.name else level.code
