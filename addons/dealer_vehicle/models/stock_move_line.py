from odoo import api, models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    # Core has no index on the serial number, and a car's history is always read by it.
    _lot_idx = models.Index("(lot_id) WHERE lot_id IS NOT NULL")

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._normalise_vin_typed(vals) for vals in vals_list])

    def write(self, vals):
        if vals.get("lot_name") and any(line.product_id.is_vehicle for line in self):
            vals = {**vals, "lot_name": self.env["stock.lot"]._normalise_vehicle_name(vals["lot_name"])}
        return super().write(vals)

    @api.model
    def _normalise_vin_typed(self, vals):
        """Return ``vals`` with a VIN typed or scanned on a receipt line in its one spelling.

        Core looks for an existing serial number by the text as typed and would miss it.
        """
        if not vals.get("lot_name"):
            return vals
        product = self.env["product.product"].browse(vals.get("product_id") or [])
        if not product and vals.get("move_id"):
            product = self.env["stock.move"].browse(vals["move_id"]).product_id
        if not product.is_vehicle:
            return vals
        return {**vals, "lot_name": self.env["stock.lot"]._normalise_vehicle_name(vals["lot_name"])}

    def _assign_vehicle_lots(self):
        """Turn the VINs typed on these lines into serial numbers, before the move is done.

        :raises UserError: the VIN is known under another product
        """
        lines = self.filtered(lambda line: line.lot_name and not line.lot_id and line.picking_type_id.use_create_lots)
        known = {
            identity.vin: identity.lot_id
            for identity in self.env["dealer.vin"].sudo()._get_by_vin(lines.mapped("lot_name"))
        }
        for line in lines:
            if known.get(line.lot_name) and known[line.lot_name].product_id == line.product_id:
                line.lot_id = known[line.lot_name].id
        lines.filtered(lambda line: not line.lot_id)._create_and_assign_production_lot()
