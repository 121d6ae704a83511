from odoo import api, fields, models

# Titles of the cars we have as stock, whoever is paid for them last.
OWN_TITLES = ("ours", "bank", "maker")


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    repair_order_ids = fields.One2many("repair.order", "dealer_vehicle_id", string="Visits")
    repair_order_count = fields.Integer(compute="_compute_repair_order_count", string="Visit Count")

    @api.depends("repair_order_ids")
    def _compute_repair_order_count(self):
        # Counted with the reader's own rights: a role without the workshop sees none.
        counts = {}
        if self.env["repair.order"].has_access("read"):
            domain = [("dealer_vehicle_id", "in", self.ids), ("state", "!=", "cancel")]
            counts = dict(self.env["repair.order"]._read_group(domain, ["dealer_vehicle_id"], ["__count"]))
        for vehicle in self:
            vehicle.repair_order_count = counts.get(vehicle, 0)

    def action_view_repair_orders(self):
        """Open the visits of this car to the workshop."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_workshop.repair_order_action_visits")
        return action | {
            "domain": [("dealer_vehicle_id", "=", self.id)],
            "context": {"default_dealer_vehicle_id": self.id},
        }

    def _get_workshop_customer(self):
        """Return whom the workshop works for when this car comes in.

        :return: ``res.partner``: its owner or user; for a car of our own stock our own company; maybe none
        """
        customer = self.owner_id or self.keeper_id
        if customer or self.title not in OWN_TITLES:
            return customer
        # Narrow sudo: which partner the company is.
        return self.company_id.sudo().partner_id

    def _get_history(self):
        """Add the visits to the workshop with the work that was done, without who paid for it."""
        # Narrow sudo: day, mileage and names of operations, for everybody who may see the car.
        visits = self.sudo().repair_order_ids.filtered(lambda visit: visit.reception_date and visit.settled_on)
        return super()._get_history() + [
            {
                "date": visit._day_of_reception(),
                "text": self.env._("Workshop: %(work)s", work=visit._get_work_done()),
                "km": visit.odometer_km,
            }
            for visit in visits
        ]
