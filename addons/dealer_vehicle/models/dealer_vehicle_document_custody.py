from odoo import fields, models


class DealerVehicleDocumentCustody(models.Model):
    _name = "dealer.vehicle.document.custody"
    _description = "Custody of a Paper"
    _order = "date desc, id desc"
    _rec_name = "document_id"

    document_id = fields.Many2one(
        "dealer.vehicle.document", "Paper", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(related="document_id.company_id", store=True)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    from_id = fields.Many2one("res.partner", "From", readonly=True)
    to_id = fields.Many2one("res.partner", "To", required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Entered by", required=True, readonly=True)
    note = fields.Char(readonly=True)
