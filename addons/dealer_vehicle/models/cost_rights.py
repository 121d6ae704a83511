"""Who sees costs: one place for every core field that shows what goods cost us.

Core shows them to every employee. Here they are for ``group_vehicle_cost``, which the roles of
Odoo's own stock, purchase and accounting screens imply (core computes values there in the user's
name). Costs in rows that other people may otherwise read (vendor prices, cost of goods sold on an
invoice) are kept from them by record rules in ``security/dealer_cost_security.xml``.
See docs/decisions/0101-cost-rights.md.
"""

from odoo import fields, models

COST_GROUP = "dealer_vehicle.group_vehicle_cost"


class ProductTemplate(models.Model):
    _inherit = "product.template"

    standard_price = fields.Float(groups=COST_GROUP)


class ProductProduct(models.Model):
    _inherit = "product.product"

    standard_price = fields.Float(groups=COST_GROUP)
    avg_cost = fields.Monetary(groups=COST_GROUP)
    total_value = fields.Monetary(groups=COST_GROUP)


class StockLot(models.Model):
    _inherit = "stock.lot"

    standard_price = fields.Float(groups=COST_GROUP)
    avg_cost = fields.Monetary(groups=COST_GROUP)
    total_value = fields.Monetary(groups=COST_GROUP)


class StockMove(models.Model):
    _inherit = "stock.move"

    price_unit = fields.Float(groups=COST_GROUP)
    standard_price = fields.Float(groups=COST_GROUP)
    value = fields.Monetary(groups=COST_GROUP)
    value_manual = fields.Monetary(groups=COST_GROUP)
    value_justification = fields.Text(groups=COST_GROUP)
    value_computed_justification = fields.Text(groups=COST_GROUP)
    remaining_value = fields.Monetary(groups=COST_GROUP)


class AccountInvoiceReport(models.Model):
    _inherit = "account.invoice.report"

    inventory_value = fields.Float(groups=COST_GROUP)
    price_margin = fields.Float(groups=COST_GROUP)
