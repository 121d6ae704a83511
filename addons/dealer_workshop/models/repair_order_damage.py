from odoo import api, fields, models


class RepairOrderDamage(models.Model):
    """A point on the sketch of a car: damage that was there when it came in."""

    _name = "repair.order.damage"
    _description = "Damage at Reception"
    _inherit = ["repair.reception.mixin"]
    _order = "order_id, id"

    kind = fields.Selection(
        [
            ("scratch", "Scratch"),
            ("dent", "Dent"),
            ("chip", "Stone Chip"),
            ("crack", "Crack"),
            ("rust", "Rust"),
            ("missing", "Missing Part"),
        ],
        required=True,
        default="scratch",
    )
    note = fields.Char()
    x = fields.Float(string="From Left (%)", required=True, help="Place on the sketch, front of the car at 0 %.")
    y = fields.Float(string="From Top (%)", required=True, help="Place on the sketch, left side of the car at 0 %.")

    _on_the_sketch = models.Constraint(
        "CHECK(x BETWEEN 0 AND 100 AND y BETWEEN 0 AND 100)", "A damage is marked on the sketch of the car."
    )

    @api.depends("kind", "note")
    @api.depends_context("lang")
    def _compute_display_name(self):
        words = dict(self._fields["kind"]._description_selection(self.env))
        for damage in self:
            damage.display_name = " · ".join(filter(None, [words.get(damage.kind), damage.note]))
