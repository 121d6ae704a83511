from odoo import models


class DealerVehicle(models.Model):
    """Cars a sub-dealer sold are sold to it by a wholesale contract."""

    _inherit = "dealer.vehicle"

    def _get_subdealer_sale_action(self):
        """Return a new wholesale contract filled in; for several cars a draft of each, listed."""
        Contract = self.env["dealer.contract"]
        if len(self) == 1:
            action = self.env["ir.actions.act_window"]._for_xml_id("dealer_sales.dealer_contract_action")
            defaults = {f"default_{name}": value for name, value in self._prepare_subdealer_contract().items()}
            action.update(views=[(False, "form")], view_mode="form", context=defaults, domain=[])
            return action
        contracts = Contract.create([car._prepare_subdealer_contract() for car in self])
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_sales.dealer_contract_action")
        action.update(domain=[("id", "in", contracts.ids)], context={})
        return action

    def _prepare_subdealer_contract(self):
        """Return the values of the wholesale contract that sells this car to the sub-dealer it stands at."""
        subdealer = self.subdealer_id
        template = self.env["dealer.contract.template"].search(
            [("kind", "=", "wholesale"), ("company_id", "in", (False, self.company_id.id))], limit=1
        )
        values = {
            "kind": "wholesale",
            "partner_id": subdealer.partner_id.id,
            "site_id": subdealer.site_id.id,
            "company_id": self.company_id.id,
            "vehicle_id": self.id,
            "product_id": self.product_id.id,
        }
        return {**values, "template_id": template.id} if template else values
