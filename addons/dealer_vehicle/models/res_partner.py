from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    is_vehicle_financier = fields.Boolean(
        "Finances Our Cars", help="A bank or maker's bank that keeps papers of cars until its loan is repaid."
    )
    owned_vehicle_ids = fields.One2many("dealer.vehicle", "owner_id", "Cars")
    owned_vehicle_count = fields.Integer("Number of Cars", compute="_compute_owned_vehicle_count")

    def _compute_owned_vehicle_count(self):
        counts = dict(
            self.env["dealer.vehicle"]._read_group([("owner_id", "in", self.ids)], ["owner_id"], ["__count"])
        )
        for partner in self:
            partner.owned_vehicle_count = counts.get(partner, 0)
