from odoo import models


class DealerTradeLineMixin(models.AbstractModel):
    """What lines of a sale and of a purchase between companies have in common."""

    _name = "dealer.trade.line.mixin"
    _description = "Line of an Order between Companies"

    def _get_trade_facts(self, quantity):
        """Return (identity, price without tax) per car.

        :param str quantity: name of the field that says how many
        :return: list of tuple; a line that is no car has no identity and so matches nothing
        """
        lines = self.filtered(lambda line: not line.display_type and line[quantity])
        return [(line.dealer_vehicle_id.vin_id.id or -line.id, line.price_subtotal) for line in lines]
