from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_parts import DealerWorkshopPartsCommon


@tagged("post_install", "-at_install", "dealer")
class TestPartsIssue(DealerWorkshopPartsCommon):
    """P35: parts leave the shelf when issued, nothing stays in work in progress."""

    def test_every_site_has_its_workshop(self):
        for site in self.site | self.other_site:
            self.assertEqual(site.dealer_wip_location_id.usage, "internal")
            self.assertTrue(site.dealer_wip_location_id._should_be_valued())
            self.assertEqual(site.dealer_issue_type_id.default_location_dest_id, site.dealer_wip_location_id)
            self.assertNotIn(str(site.lot_stock_id.id), site.dealer_wip_location_id.parent_path.split("/"))
        types = (self.site | self.other_site).dealer_issue_type_id
        self.env["stock.warehouse"]._setup_workshop()
        self.assertEqual((self.site | self.other_site).dealer_issue_type_id, types)

    def test_checking_in_asks_the_store(self):
        order = self._make_order()
        self._ask(order, 2)
        self.assertFalse(order.sudo().issue_picking_ids, "nothing is asked while the car is not here")
        order.action_check_in()
        request = self._requests(order)
        self.assertRecordValues(
            request,
            [
                {
                    "product_id": self.part.id,
                    "product_uom_qty": 2,
                    "state": "assigned",
                    "dealer_repair_id": order.id,
                    "job_id": order.job_ids.id,
                    "location_id": self.shelf.id,
                    "location_dest_id": self.wip.id,
                }
            ],
        )
        self.assertEqual(order.stage, "waiting_parts")
        self.assertEqual(self._on_hand(self.shelf), 10, "asking takes nothing")

    def test_a_technician_asks_while_he_works(self):
        order = self._checked_in(0)
        job = order.job_ids.with_user(self.technician)
        job.action_clock_on()
        line = self._ask(order, 1, user=self.technician)
        self.assertEqual(line.dealer_requested_qty, 1)
        found = (
            self.env["stock.move"]
            .with_user(self.keeper)
            .search([("dealer_part_move_id", "!=", False), ("state", "not in", ("done", "cancel"))], order="date, id")
        )
        self.assertIn(self._requests(order), found)
        self.assertEqual(self._requests(order).with_user(self.keeper).dealer_shelf_qty, 10)

    def test_issue_takes_from_the_shelf_into_work_in_progress(self):
        order = self._checked_in(2)
        self.assertTrue(self._issue(order))
        self.assertEqual((self._on_hand(self.shelf), self._on_hand(self.wip)), (8, 2))
        line = self._lines(order)
        self.assertRecordValues(
            line,
            [{"dealer_issued_qty": 2, "dealer_requested_qty": 0, "state": "assigned", "location_id": self.wip.id}],
        )
        self.assertEqual(order.stage, "received")
        part = order.part_ids.with_user(self.technician)
        self.assertRecordValues(part, [{"issue_state": "issued", "issued_qty": 2, "is_open": False}])
        with self.assertRaisesRegex(UserError, "Nothing is to be issued"):
            self._issue(order)

    def test_value_stays_in_stock_until_the_car_is_ready(self):
        value = self.part.with_company(self.company).total_value
        order = self._checked_in(2)
        self._issue(order)
        self.part.invalidate_recordset()
        self.assertAlmostEqual(self.part.with_company(self.company).total_value, value)
        self._make_ready(order)
        self.part.invalidate_recordset()
        self.assertAlmostEqual(self.part.with_company(self.company).total_value, value - 600)
        self.assertEqual((self._on_hand(self.shelf), self._on_hand(self.wip)), (8, 0))

    def test_only_the_store_issues_and_takes_back(self):
        order = self._checked_in(1)
        for user in (self.advisor, self.technician, self.manager, self.inspector):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                order.with_user(user).action_issue_parts()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                order.part_ids.with_user(user).action_issue()
        order.part_ids.with_user(self.keeper).action_issue()
        with self.assertRaises(AccessError):
            order.part_ids.with_user(self.advisor).action_return()
        self.assertEqual(self._on_hand(self.wip), 1)

    def test_core_s_transfer_screen_asks_for_the_role_too(self):
        order = self._checked_in(1)
        picking = self._requests(order).picking_id
        stranger = self._make_user("w_car_keeper", "stock.group_stock_user")
        picking.move_ids.picked = True
        with self.assertRaisesRegex(AccessError, "issued and taken back by"):
            picking.with_user(stranger).with_context(skip_sms=True).button_validate()
        picking.with_user(self.keeper).with_context(skip_sms=True).button_validate()
        self.assertEqual(self._on_hand(self.wip), 1)

    def test_what_is_not_there_is_not_issued(self):
        order = self._checked_in(12)
        result = self._issue(order)
        self.assertEqual(result["tag"], "display_notification")
        self.assertIn("TEST-04465", result["params"]["message"])
        self.assertRecordValues(self._lines(order), [{"dealer_issued_qty": 10, "dealer_requested_qty": 2}])
        self.assertEqual((self._on_hand(self.shelf), self._on_hand(self.wip)), (0, 10))
        with self.assertRaisesRegex(UserError, r"TEST-04465.*2\.0.*wanted, 0\.0 on the shelf"):
            self._issue(order)
        self._receive(self.part, 5, 300)
        self._issue(order)
        self.assertRecordValues(self._lines(order), [{"dealer_issued_qty": 12, "dealer_requested_qty": 0}])

    def test_the_shelf_never_gets_negative(self):
        order = self._checked_in(12)
        request = self._requests(order)
        picking = request.picking_id.with_user(self.keeper)
        picking.move_ids.quantity = 12
        picking.move_ids.picked = True
        with self.assertRaisesRegex(UserError, "There is less"):
            picking.with_context(skip_sms=True).button_validate()

    def test_no_more_is_issued_than_the_job_wants(self):
        order = self._checked_in(2)
        picking = self._requests(order).picking_id.with_user(self.keeper)
        picking.move_ids.quantity = 3
        picking.move_ids.picked = True
        with self.assertRaisesRegex(UserError, "were issued to"):
            picking.with_context(skip_sms=True).button_validate()

    def test_a_return_goes_back_to_the_shelf_and_off_the_job(self):
        order = self._checked_in(3)
        self._issue(order)
        line = self._lines(order)
        line.with_user(self.keeper).action_return_parts(quantity=1)
        self.assertRecordValues(line, [{"dealer_issued_qty": 2, "product_uom_qty": 2, "state": "assigned"}])
        self.assertEqual((self._on_hand(self.shelf), self._on_hand(self.wip)), (8, 2))
        order.part_ids.with_user(self.keeper).action_return()
        self.assertEqual(line.state, "cancel")
        self.assertEqual((self._on_hand(self.shelf), self._on_hand(self.wip)), (10, 0))
        order.invalidate_recordset()
        self.assertFalse(order.part_ids)
        self.assertFalse(self._requests(order), "what came back is not asked for again")

    def test_nothing_is_returned_twice(self):
        order = self._checked_in(2)
        self._issue(order)
        line = self._lines(order).with_user(self.keeper)
        for quantity in (3, 0, -1):
            with self.subTest(quantity=quantity), self.assertRaisesRegex(UserError, "cannot be returned: 2.0 is out"):
                line.action_return_parts(quantity=quantity)
        line.action_return_parts()
        with self.assertRaisesRegex(UserError, "cannot be returned: 0.0 is out"):
            line.action_return_parts(quantity=1)

    def test_core_s_return_screen_obeys_too(self):
        order = self._checked_in(2)
        self._issue(order)
        issue = self._lines(order).dealer_issue_move_ids
        for quantity, refused in ((1, False), (2, True)):
            wizard = Form(
                self.env["stock.return.picking"]
                .with_user(self.keeper)
                .with_context(
                    active_ids=issue.picking_id.ids, active_id=issue.picking_id.id, active_model="stock.picking"
                )
            ).save()
            wizard.product_return_moves.quantity = quantity
            back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
            back.move_ids.quantity = quantity
            back.move_ids.picked = True
            if refused:
                with self.assertRaises(UserError):
                    back.with_user(self.keeper).with_context(skip_sms=True).button_validate()
            else:
                back.with_user(self.keeper).with_context(skip_sms=True).button_validate()
        self.assertRecordValues(self._lines(order), [{"dealer_issued_qty": 1, "product_uom_qty": 1}])

    def test_an_order_is_not_finished_while_a_part_is_open(self):
        order = self._checked_in(2)
        with self.assertRaisesRegex(UserError, r"TEST-04465.*0\.0 of 2\.0 issued"):
            order.sudo().action_repair_done()
        self._issue(order)
        line = self._lines(order)
        # Somebody with rights on stock moves writes past the screens: still refused.
        with self.assertRaisesRegex(UserError, "takes the rest back first"):
            line.product_uom_qty = 1
        with self.assertRaisesRegex(UserError, "takes it back first"):
            line._action_cancel()
        with self.assertRaisesRegex(UserError, "issued parts"):
            order.action_cancel_order()

    def test_a_part_is_not_taken_past_the_store(self):
        order = self._checked_in(1)
        self._issue(order)
        line = self._lines(order)
        line._do_unreserve()
        line.write({"location_id": self.shelf.id, "quantity": 1, "picked": True})
        with self.assertRaisesRegex(UserError, "outside work in progress"):
            line._action_done()

    def test_an_order_takes_only_its_own_parts(self):
        first = self._checked_in(2)
        other_car = self._make_car("LSVAA49J132047371")
        second = self._checked_in(2, dealer_vehicle_id=other_car.id)
        self._issue(first)
        (self._lines(first) | self._lines(second))._action_assign()
        self.assertEqual(self._lines(second).quantity, 0)
        self.assertEqual(self._lines(first).quantity, 2)
        with self.assertRaisesRegex(UserError, "0.0 of 2.0 issued"):
            second.sudo().action_repair_done()

    def test_the_request_follows_the_quantity(self):
        order = self._checked_in(2)
        row = order.part_ids.with_user(self.advisor)
        row.quantity = 5
        self.assertEqual(sum(self._requests(order).mapped("product_uom_qty")), 5)
        row.quantity = 1
        self.assertEqual(sum(self._requests(order).mapped("product_uom_qty")), 1)
        line = self._lines(order)
        row.unlink()
        self.assertEqual(line.state, "cancel")
        self.assertEqual(set(line.dealer_issue_move_ids.mapped("state")), {"cancel"})
        self.assertFalse(order.part_ids)

    def test_more_is_asked_on_the_same_open_transfer(self):
        order = self._checked_in(2)
        other = self.env["product.template"].create(
            {"name": "Wear sensor", "default_code": "04466-1", "is_part": True, "list_price": 30}
        )
        self._ask(order, 1, part=other.product_variant_id)
        self._ask(order, 1)
        self.assertEqual(len(self._requests(order).picking_id), 1)
        self.assertEqual(len(self._requests(order)), 3, "two lines of one part stay two requests")

    def test_pieces_with_a_serial_number_come_back_themselves(self):
        bag = self.env["product.product"].create(
            {"name": "Airbag", "default_code": "AB-1", "is_part": True, "tracking": "serial"}
        )
        lots = self.env["stock.lot"].create([{"name": f"AB{n}", "product_id": bag.id} for n in range(4)])
        for lot in lots:
            self.env["stock.quant"]._update_available_quantity(bag, self.shelf, 1, lot_id=lot)
        orders = [
            self._checked_in(0),
            self._checked_in(0, dealer_vehicle_id=self._make_car("LSVAA49J132047371").id),
        ]
        for order in orders:
            self._ask(order, 2, part=bag)
            self._issue(order)
        issued = self._lines(orders[1]).dealer_issue_move_ids.lot_ids
        self._lines(orders[1]).with_user(self.keeper).action_return_parts()
        back = self._lines(orders[1]).dealer_issue_move_ids.filtered(lambda move: move._is_part_return())
        self.assertEqual(back.lot_ids, issued)
        self.assertEqual(self._lines(orders[0]).lot_ids, self._lines(orders[0]).dealer_issue_move_ids.lot_ids)

    def test_the_store_of_the_site_is_asked(self):
        self._receive(self.part, 3, 300, site=self.other_site)
        order = self._checked_in(1, site_id=self.other_site.id)
        self._issue(order)
        self.assertEqual(self._on_hand(self.other_site.dealer_wip_location_id), 1)
        self.assertEqual(self._on_hand(self.shelf), 10)

    def test_a_part_stays_on_its_job(self):
        """Moved to another job, or to none, it would be on another bill, or on none."""
        order, other = self._checked_in(1), self._checked_in(0)
        part = self._lines(order)
        self._make_ready(order)
        for vals in ({"job_id": other.job_ids.id}, {"job_id": False}, {"repair_line_type": "remove"}):
            with self.subTest(**vals), self.assertRaises(AccessError):
                part.with_user(self.keeper).write(vals)
        self.assertEqual(part.job_id, order.job_ids)
        with self.assertRaisesRegex(UserError, "without a job"):
            self.env["stock.move"].create(
                {
                    "repair_id": other.id,
                    "repair_line_type": "add",
                    "product_id": self.part.id,
                    "product_uom_qty": 1,
                    "job_id": order.job_ids.id,
                }
            )

    def test_a_part_needs_a_job_and_a_quantity(self):
        order = self._checked_in(0)
        values = {
            "repair_id": order.id,
            "repair_line_type": "add",
            "product_id": self.part.id,
            "company_id": self.company.id,
        }
        with self.assertRaisesRegex(UserError, "without a job"):
            self.env["stock.move"].create({**values, "product_uom_qty": 1})
        for quantity in (0, -1):
            with self.subTest(quantity=quantity), self.assertRaisesRegex(UserError, "above 0"):
                self.env["stock.move"].create({**values, "product_uom_qty": quantity, "job_id": order.job_ids.id})

    def test_what_falls_under_its_minimum_is_proposed(self):
        supplier = self.env["res.partner"].create({"name": "Parts depot"})
        self.part.seller_ids = [Command.create({"partner_id": supplier.id, "price": 290})]
        # By the keeper: core deletes rules of the superuser once they are ordered.
        rule = (
            self.env["stock.warehouse.orderpoint"]
            .with_user(self.keeper)
            .create(
                {
                    "product_id": self.part.id,
                    "warehouse_id": self.site.id,
                    "product_min_qty": 9,
                    "product_max_qty": 20,
                    "trigger": "manual",
                }
            )
        )
        self.assertEqual(rule.qty_to_order, 0)
        order = self._checked_in(2)
        self.assertEqual(rule.qty_to_order, 12, "promised to the workshop counts already")
        self._issue(order)
        self.assertEqual(rule.qty_to_order, 12)
        rule.with_user(self.keeper).action_replenish()
        line = self.env["purchase.order.line"].search([("orderpoint_id", "=", rule.id)])
        self.assertRecordValues(line, [{"product_qty": 12, "price_unit": 290, "state": "draft"}])

    def test_core_s_own_repair_orders_are_left_alone(self):
        order = self.env["repair.order"].create({"partner_id": self.customer.id})
        move = self.env["stock.move"].create(
            {"repair_id": order.id, "repair_line_type": "add", "product_id": self.part.id, "product_uom_qty": 1}
        )
        order.action_validate()
        self.assertEqual(move.location_id, self.shelf)
        self.assertFalse(move.dealer_issue_move_ids)
        order.action_repair_start()
        order.action_repair_end()
        self.assertEqual(order.state, "done")
        self.assertEqual(self._on_hand(self.shelf), 9)
