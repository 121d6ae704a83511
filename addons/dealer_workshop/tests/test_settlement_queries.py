from odoo import Command
from odoo.tests import tagged

from .common_billing import DealerWorkshopBillingCommon


@tagged("post_install", "-at_install", "dealer")
class TestSettlementQueries(DealerWorkshopBillingCommon):
    def test_one_more_part_asks_no_more_than_core(self):
        """Measured against core's repair order with the transfer that core's leaves out."""
        self._receive(self.part, 100, 300)
        ours, core = self._queries_per_part(self._visit), self._queries_per_part(self._core_visit)
        self.assertLessEqual(ours, core)

    def _queries_per_part(self, journey):
        """Return how many queries each part more takes.

        :param journey: callable ``(count)``
        :return: float
        """
        journey(1)
        counts = []
        for count in (1, 9):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            journey(count)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        return (counts[1] - counts[0]) / 8

    def _visit(self, count):
        """Take a workshop order with some parts from its making to its bill."""
        order = self._make_order()
        self.env["dealer.job.part"].with_user(self.advisor).create(
            [{"job_id": order.job_ids.id, "product_id": self.part.id, "quantity": 1}] * count
        )
        order.with_user(self.advisor).action_check_in()
        self._settle(order)

    def _core_visit(self, count):
        """Take core's repair order with some parts the same way."""
        part = {"product_id": self.part.id, "product_uom_qty": 1, "repair_line_type": "add"}
        order = self.env["repair.order"].create(
            {"partner_id": self.customer.id, "move_ids": [Command.create(dict(part)) for _number in range(count)]}
        )
        order.action_validate()
        order.action_repair_start()
        order.action_repair_end()
        order.action_create_sale_order()
        order.sale_order_id.action_confirm()
        order.sale_order_id._create_invoices().action_post()
        self._core_transfer(count)

    def _core_transfer(self, count):
        """Bring some parts from the shelf to a place behind it, as single moves."""
        way = {"location_id": self.shelf.id, "location_dest_id": self.site.wh_qc_stock_loc_id.id}
        part = {"product_id": self.part.id, "product_uom_qty": 1, "job_id": False, **way}
        # Texts and prices differ, so that core does not merge the moves.
        apart = [{"description_picking": str(number), "price_unit": number} for number in range(count)]
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.site.int_type_id.id,
                "move_ids": [Command.create(part | values) for values in apart],
                **way,
            }
        )
        picking.action_confirm()
        picking.move_ids.picked = True
        picking._action_done()
