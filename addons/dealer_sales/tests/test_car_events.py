from odoo.tests import tagged

from .test_contract_acts import ActsCommon


@tagged("post_install", "-at_install", "dealer")
class TestCarEvents(ActsCommon):
    """What the customer is told when his car arrives, and when it came back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "anna@example.com"

    def _switch_on(self, event):
        self.env.ref(f"dealer_sales.dealer_event_message_{event}").active = True

    def _logs(self, contract, event):
        return self.env["dealer.event.log"].search([("contract_id", "=", contract.id), ("event", "=", event)])

    def _move_car(self, car, source, target):
        """Move a car as a transfer does."""
        move = self.env["stock.move"].create(
            {
                "product_id": car.product_id.id,
                "product_uom_qty": 1,
                "location_id": source.id,
                "location_dest_id": target.id,
                "company_id": self.company.id,
            }
        )
        move._action_confirm()
        move.move_line_ids = False
        self.env["stock.move.line"].create(
            {
                "move_id": move.id,
                "product_id": car.product_id.id,
                "lot_id": car.lot_id.id,
                "quantity": 1,
                "location_id": source.id,
                "location_dest_id": target.id,
            }
        )
        move.picked = True
        move._action_done()

    def test_arrived_for_its_buyer(self):
        self._switch_on("arrived")
        road = self.env["stock.location"].create({"name": "Road", "usage": "transit", "company_id": self.company.id})
        mine, other = self._create_sold(car=self.car), self._create_signed()
        stock = self.site.lot_stock_id
        self._move_car(self.car, stock, road)
        self.assertFalse(self._logs(mine, "arrived"))
        self._move_car(self.car, road, stock)
        log = self._logs(mine, "arrived")
        self.assertEqual((len(log), log.key), (1, str(self.car.id)))
        self.assertFalse(self._logs(other, "arrived"))
        self.env["dealer.event.log"]._cron_send()
        self.assertEqual(log.state, "sent")
        # It came back from another site: news are told once
        self._move_car(self.car, stock, road)
        self._move_car(self.car, road, stock)
        self.assertEqual(self._logs(mine, "arrived"), log)

    def test_nobody_is_told_of_a_free_car(self):
        self._switch_on("arrived")
        road = self.env["stock.location"].create({"name": "Road", "usage": "transit", "company_id": self.company.id})
        before = self.env["dealer.event.log"].search_count([])
        for source, target in ((self.site.lot_stock_id, road), (road, self.site.lot_stock_id)):
            self._move_car(self.car_2, source, target)
        self.assertEqual(self.env["dealer.event.log"].search_count([]), before)

    def test_returned_is_told_though_the_contract_is_ended(self):
        self._switch_on("returned")
        contract = self._create_sold(car=self.car)
        self._invoice(contract)
        self._receive(contract, kind="balance")
        self._hand_over(contract)
        act = self._ask(contract, "return")
        act.with_user(self.manager).action_decide()
        self.assertEqual(contract.state, "cancelled")
        before = self.env["mail.mail"].search([])
        self.env["dealer.event.log"]._cron_send()
        self.assertEqual(self._logs(contract, "returned").state, "sent")
        mails = self.env["mail.mail"].search([]) - before
        self.assertIn(f"Your car came back: {contract.name}", mails.mapped("subject"))
