from odoo import api, models


class DealerVehicle(models.Model):
    """What the app opens on."""

    _inherit = "dealer.vehicle"

    @api.model
    def _get_start_action(self):
        """Return the action the app opens on: the stock keeper's work of today, else the stock.

        The keeper sees the cars that wait for their inspection; when none waits, the receipts that are expected.

        :return: dict, an action
        """
        xmlid = "dealer_vehicle.dealer_vehicle_action"
        user = self.env.user
        is_keeper = user.has_group("dealer_vehicle.group_stock_keeper")
        if is_keeper and not user.has_group("dealer_vehicle.group_dealer_admin"):
            waiting = self.env["dealer.vehicle.inspection"].search_count([("state", "!=", "done")], limit=1)
            xmlid = f"dealer_vehicle.dealer_vehicle_{'inspection' if waiting else 'receipt'}_action"
        return self.env["ir.actions.act_window"]._for_xml_id(xmlid)
