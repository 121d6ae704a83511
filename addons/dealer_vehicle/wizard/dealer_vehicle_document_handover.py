from odoo import fields, models


class DealerVehicleDocumentHandover(models.TransientModel):
    _name = "dealer.vehicle.document.handover"
    _description = "Hand Over Papers"

    document_ids = fields.Many2many("dealer.vehicle.document", string="Papers", required=True)
    partner_id = fields.Many2one("res.partner", "To", required=True)
    note = fields.Char()

    def action_confirm(self):
        """Hand the papers over and write it into their chain of custody."""
        self.ensure_one()
        return self.document_ids.action_hand_over(self.partner_id.id, self.note)
