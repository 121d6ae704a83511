from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    is_vehicle_financier = fields.Boolean(
        "Finances Our Cars", help="A bank or maker's bank that keeps papers of cars until its loan is repaid."
    )
    owned_vehicle_ids = fields.One2many(
        "dealer.vehicle", "owner_id", "Cars", groups="dealer_vehicle.group_vehicle_user"
    )
    owned_vehicle_count = fields.Integer(
        "Number of Cars", compute="_compute_owned_vehicle_count", groups="dealer_vehicle.group_vehicle_user"
    )

    def _compute_owned_vehicle_count(self):
        counts = dict(self.env["dealer.vehicle"]._read_group([("owner_id", "in", self.ids)], ["owner_id"], ["__count"]))
        for partner in self:
            partner.owned_vehicle_count = counts.get(partner, 0)

    def action_open_vehicles(self):
        """Open the cars these people own."""
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_action_customer")
        action["domain"] = [("owner_id", "in", self.ids)]
        action["context"] = {"default_owner_id": self[:1].id}
        return action
