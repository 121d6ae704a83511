from odoo import api, fields, models


class DealerVehicleBooking(models.Model):
    """A test drive belongs to the enquiry it was made for."""

    _inherit = "dealer.vehicle.booking"

    lead_id = fields.Many2one(
        "crm.lead",
        "Enquiry",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        groups="sales_team.group_sale_salesman,dealer_vehicle.group_auditor",
    )

    @api.model_create_multi
    def create(self, vals_list):
        bookings = super().create(vals_list)
        # The customer is here: whoever books for his enquiry was in contact with him
        bookings.sudo().lead_id.write({"date_last_contact": fields.Date.context_today(self)})
        return bookings

    def _hand_out(self, *args, **kwargs):
        super()._hand_out(*args, **kwargs)
        # The party of today took the test drive; its line is the reception's
        self.sudo().lead_id.traffic_ids[:1].has_test_drive = True
