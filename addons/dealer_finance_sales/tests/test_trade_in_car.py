from odoo.tests import tagged

from odoo.addons.dealer_sales.tests.common_trade_in import TradeInCommon


@tagged("post_install", "-at_install", "dealer")
class TestTradeInCar(TradeInCommon):
    """Each item of a trade-in's bill is about the right car (P21)."""

    def test_over_allowance_belongs_to_the_sold_car(self):
        trade_in = self._appraised()
        self._deal(trade_in)
        received = self._receive_car(trade_in)
        lines = received.bill_id.invoice_line_ids
        over = lines.filtered("dealer_deal_vehicle_id")
        self.assertEqual((over.balance, over.dealer_vehicle_id), (4000.0, self.car))
        self.assertEqual((lines - over).dealer_vehicle_id, received.vehicle_id)
