from odoo import api, fields, models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    vehicle_in_type_id = fields.Many2one(
        "stock.picking.type", "Vehicle Receipt Type", check_company=True, copy=False, help="Receives ordered cars."
    )
    vehicle_inspection_type_id = fields.Many2one(
        "stock.picking.type",
        "Vehicle Inspection Type",
        check_company=True,
        copy=False,
        help="Moves cars that passed their inspection into stock.",
    )
    vehicle_inspection_location_id = fields.Many2one(
        "stock.location",
        "Vehicle Inspection Location",
        check_company=True,
        copy=False,
        help="Received cars wait here for their inspection. It lies outside the stock location, so that nobody can "
        "reserve them.",
    )
    vehicle_push_rule_id = fields.Many2one("stock.rule", "Vehicle Inspection Rule", copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        warehouses = super().create(vals_list)
        warehouses._create_missing_vehicle_operations()
        return warehouses

    @api.model
    def _create_missing_vehicle_operations(self):
        """Give warehouses what receiving cars needs; those that have it are left alone.

        Called without records (installation, upgrade) it goes through every warehouse.
        """
        warehouses = self or self.with_context(active_test=False).search([])
        for warehouse in warehouses.sudo().filtered(lambda record: not record.vehicle_push_rule_id):
            warehouse = warehouse.with_company(warehouse.company_id)
            warehouse._create_vehicle_inspection_location()
            # Core's own method creates the missing operation types (and updates the others).
            warehouse.write(warehouse._create_or_update_sequences_and_picking_types())
            warehouse._create_vehicle_push_rule()
        warehouses.sudo()._translate_vehicle_types()
        # Read above for all companies; the next reader may see the warehouses of his own only.
        self.env["stock.route"].invalidate_model(["warehouse_ids"])

    def _get_vehicle_type_names(self):
        return {
            "vehicle_in_type_id": self.env._("Vehicle Receipts"),
            "vehicle_inspection_type_id": self.env._("Vehicle Inspections"),
        }

    def _translate_vehicle_types(self):
        """Give the operation types their names in every language in use; names a person has chosen stay.

        Core makes operation types in the language of whoever installs and leaves them so.
        """
        english = self.with_context(lang="en_US")
        for code, _name in self.env["res.lang"].get_installed():
            for field, name in self.with_context(lang=code)._get_vehicle_type_names().items():
                source = english._get_vehicle_type_names()[field]
                types = self[field].with_context(lang=code).filtered(lambda kind, source=source: kind.name == source)
                if name != source:
                    types.name = name

    def _create_vehicle_inspection_location(self):
        if self.vehicle_inspection_location_id:
            return
        # A location has one name for everybody: the company's language.
        named = self.with_context(lang=self.company_id.partner_id.lang or self.env.lang)
        self.vehicle_inspection_location_id = self.env["stock.location"].create(
            {
                "name": named.env._("Vehicle Inspection"),
                "location_id": self.view_location_id.id,
                "usage": "internal",
                "company_id": self.company_id.id,
                "is_vehicle_inspection": True,
            }
        )

    def _create_vehicle_push_rule(self):
        route = self.env.ref("dealer_vehicle.stock_route_vehicle_inspection")
        self.route_ids |= route
        self.vehicle_push_rule_id = self.env["stock.rule"].create(
            {
                "name": self._format_rulename(self.vehicle_inspection_location_id, self.lot_stock_id, ""),
                "route_id": route.id,
                "action": "push",
                "auto": "manual",
                "location_src_id": self.vehicle_inspection_location_id.id,
                "location_dest_id": self.lot_stock_id.id,
                "picking_type_id": self.vehicle_inspection_type_id.id,
                "company_id": self.company_id.id,
                "warehouse_id": self.id,
            }
        )

    def _get_sequence_values(self, name=False, code=False):
        values = super()._get_sequence_values(name=name, code=code)
        name, code = name or self.name, code or self.code
        common = {"padding": 5, "company_id": self.company_id.id}
        values["vehicle_in_type_id"] = {
            "name": self.env._("%(name)s Sequence vehicle receipts", name=name),
            "prefix": f"{code}/{self.vehicle_in_type_id.sequence_code or 'CARIN'}/",
            **common,
        }
        values["vehicle_inspection_type_id"] = {
            "name": self.env._("%(name)s Sequence vehicle inspections", name=name),
            "prefix": f"{code}/{self.vehicle_inspection_type_id.sequence_code or 'CARQC'}/",
            **common,
        }
        return values

    def _get_picking_type_create_values(self, max_sequence):
        values, next_sequence = super()._get_picking_type_create_values(max_sequence)
        values["vehicle_in_type_id"] = {
            "name": self._get_vehicle_type_names()["vehicle_in_type_id"],
            "code": "incoming",
            "use_create_lots": True,
            "use_existing_lots": True,
            "create_backorder": "always",
            "sequence": next_sequence + 1,
            "sequence_code": "CARIN",
            "company_id": self.company_id.id,
        }
        values["vehicle_inspection_type_id"] = {
            "name": self._get_vehicle_type_names()["vehicle_inspection_type_id"],
            "code": "internal",
            "use_create_lots": False,
            "use_existing_lots": True,
            "create_backorder": "always",
            "default_location_dest_id": self.lot_stock_id.id,
            "sequence": next_sequence + 2,
            "sequence_code": "CARQC",
            "company_id": self.company_id.id,
        }
        return values, next_sequence + 3

    def _get_picking_type_update_values(self):
        values = super()._get_picking_type_update_values()
        location = self.vehicle_inspection_location_id
        if location:
            prefix = self.code.replace(" ", "").upper()
            values["vehicle_in_type_id"] = {
                "active": self.active,
                "default_location_dest_id": location.id,
                "barcode": prefix + "CARIN",
            }
            values["vehicle_inspection_type_id"] = {
                "active": self.active,
                "default_location_src_id": location.id,
                "barcode": prefix + "CARQC",
            }
        return values
