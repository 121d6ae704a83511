from odoo import fields, models


class DealerComplaintsMixin(models.AbstractModel):
    """A car or a visit whose complaints are a click away. The heir names its field on the case."""

    _name = "dealer.complaints.mixin"
    _description = "Has Complaints"

    _complaint_field = None  # many2one of ``dealer.complaint``

    complaint_count = fields.Integer("Complaints", compute="_compute_complaint_count")

    def _compute_complaint_count(self):
        # Counted with the reader's own rights: a role without the workshop sees none.
        counts, cases = {}, self.env["dealer.complaint"]
        if cases.has_access("read"):
            domain = [(self._complaint_field, "in", self.ids)]
            counts = dict(cases._read_group(domain, [self._complaint_field], ["__count"]))
        for record in self:
            record.complaint_count = counts.get(record._origin, 0)

    def action_view_complaints(self):
        """Open the complaints about this record, closed ones too."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_workshop.dealer_complaint_action")
        return action | {"domain": [(self._complaint_field, "=", self.id)], "context": {}}


class DealerVehicle(models.Model):
    _name = "dealer.vehicle"
    _inherit = ["dealer.vehicle", "dealer.complaints.mixin"]

    _complaint_field = "vehicle_id"


class RepairOrder(models.Model):
    _name = "repair.order"
    _inherit = ["repair.order", "dealer.complaints.mixin"]

    _complaint_field = "order_id"
