from odoo import models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def write(self, vals):
        """Leave what is posted about a car with that car when the line sells another one."""
        if "dealer_vehicle_id" in vals:
            others = self.filtered(lambda line: line.dealer_vehicle_id.id != vals["dealer_vehicle_id"])
            others.filtered("dealer_vehicle_id")._keep_posted_items()
        return super().write(vals)

    def _keep_posted_items(self):
        """Name the car on its posted items, which would follow the order line to the next car.

        The invoice was credited before, so the first car's ledger says zero and the next one bears its own sale alone.
        """
        for line in self.sudo():  # books follow from whose act it is: salespeople write none
            car = line.dealer_vehicle_id
            invoices = line.invoice_lines.move_id
            if not invoices:
                continue  # the usual case: a car is changed before the invoice
            items = invoices.line_ids | invoices.line_ids.search([("dealer_cogs_sale_line_id", "=", line.id)])
            items.filtered(
                lambda item, car=car: (
                    item.parent_state == "posted" and item.dealer_vehicle_id == car and not item.dealer_vehicle_own_id
                )
            ).dealer_vehicle_own_id = car
