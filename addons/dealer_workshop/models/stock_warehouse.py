from odoo import api, fields, models


class StockWarehouse(models.Model):
    """A site's workshop: where issued parts lie until the car is ready, and by which transfers they move."""

    _inherit = "stock.warehouse"

    dealer_wip_location_id = fields.Many2one(
        "stock.location",
        string="Work in Progress",
        check_company=True,
        copy=False,
        help="Parts issued to repair orders lie here until the order is finished: off the shelf, still ours, "
        "still in stock value.",
    )
    dealer_issue_type_id = fields.Many2one(
        "stock.picking.type",
        string="Parts Issue",
        check_company=True,
        copy=False,
        help="Transfers by which parts go from the shelf to the workshop and come back.",
    )

    def _get_locations_values(self, vals, code=False):
        values = super()._get_locations_values(vals, code=code)
        company_id = vals.get("company_id") or self.company_id.id or self.env.company.id
        prefix = (vals.get("code") or code or "").replace(" ", "").upper()
        values["dealer_wip_location_id"] = {
            "name": self.env._("Work in Progress"),
            "active": True,
            "usage": "internal",
            "barcode": self._valid_barcode(prefix + "WIP", company_id),
        }
        return values

    def _get_sequence_values(self, name=False, code=False):
        values = super()._get_sequence_values(name=name, code=code)
        prefix = self.dealer_issue_type_id.sequence_code or "PI"
        values["dealer_issue_type_id"] = {
            "name": self.env._("%(site)s Sequence parts issue", site=name or self.name),
            "prefix": f"{code or self.code}/{prefix}/",
            "padding": 5,
            "company_id": self.company_id.id,
        }
        return values

    def _get_picking_type_create_values(self, max_sequence):
        values, max_sequence = super()._get_picking_type_create_values(max_sequence)
        values["dealer_issue_type_id"] = {
            "name": self.env._("Parts Issue"),
            "code": "internal",
            "use_create_lots": False,
            "use_existing_lots": True,
            "default_location_src_id": self.lot_stock_id.id,
            "default_location_dest_id": self.dealer_wip_location_id.id,
            "reservation_method": "at_confirm",
            "sequence": max_sequence + 1,
            "sequence_code": "PI",
            "company_id": self.company_id.id,
        }
        return values, max_sequence + 1

    def _get_picking_type_update_values(self):
        values = super()._get_picking_type_update_values()
        values["dealer_issue_type_id"] = {
            "active": self.active,
            "barcode": self.code.replace(" ", "").upper() + "PI",
        }
        return values

    @api.model
    def _setup_workshop(self):
        """Give warehouses that are older than this add-on their workshop (on install and on upgrade)."""
        for warehouse in self.with_context(active_test=False).search([("dealer_issue_type_id", "=", False)]):
            warehouse._create_missing_locations({})
            picking_types = warehouse._create_or_update_sequences_and_picking_types()
            if picking_types:
                warehouse.write(picking_types)
