from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger, sql

from odoo.addons.dealer_vehicle.tests.common import OpenGuards

from .common_billing import DealerWorkshopBillingCommon


class SettlementCases(OpenGuards):
    """P36, P37: settle, then collect; each payer his bill, each cost once. Run on two charts below."""

    def test_one_customer_one_bill(self):
        order = self._settle(self._checked_in(2))
        bill = self._invoices(order)
        self.assertRecordValues(
            bill,
            [{"state": "posted", "partner_id": self.customer.id, "dealer_repair_id": order.id, "amount_untaxed": 1260}],
        )
        tax = self.company.account_sale_tax_id
        self.assertTrue(tax)
        products = bill.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        self.assertRecordValues(
            products,
            [
                {"quantity": 1.5, "price_unit": 200, "price_subtotal": 300, "tax_ids": tax.ids},
                {"quantity": 2, "price_unit": 480, "price_subtotal": 960, "tax_ids": tax.ids},
            ],
        )
        self.assertAlmostEqual(bill.amount_tax, 1260 * tax.amount / 100)
        self.assertEqual(order.stage, "settled")
        self.assertEqual(order.settled_by_id, self.advisor)
        (visit,) = [event for event in self.car._get_passport_events() if event["text"].startswith("Workshop:")]
        self.assertEqual((visit["date"], visit["km"]), (order._day_of_reception(), order.odometer_km))
        self.assertNotIn("960", visit["text"])

    def test_a_part_costs_once_and_is_delivered_once(self):
        order = self._settle(self._checked_in(2))
        payer_order = order.sudo().payer_order_ids
        self.assertFalse(payer_order.picking_ids, "no second delivery")
        self.assertEqual(payer_order.invoice_status, "invoiced")
        line = payer_order.order_line.filtered(lambda line: line.product_id == self.part)
        self.assertRecordValues(line, [{"qty_delivered": 2, "qty_invoiced": 2}])
        self.assertEqual(line.move_ids, self._lines(order))
        cogs = self._invoices(order).line_ids.filtered(lambda line: line.display_type == "cogs")
        self.assertRecordValues(
            cogs.sorted("balance"),
            [
                {"account_id": self.part_stock.id, "balance": -600},
                {"account_id": self.part_cogs.id, "balance": 600},
            ],
        )
        self.assertBooksAgree()
        self.assertEqual((self._on_hand(self.shelf), self._on_hand(self.wip)), (8, 0))

    def test_cost_is_what_left_stock_whatever_the_average_is_later(self):
        order = self._make_ready(self._checked_in(2))
        self._receive(self.part, 8, 500.0)
        self._match_stock_account_without(order)
        order.with_user(self.advisor).action_settle()
        cogs = self._invoices(order).line_ids.filtered(lambda line: line.account_id == self.part_cogs)
        self.assertEqual(sum(cogs.mapped("balance")), 600)
        self.assertBooksAgree()

    def _match_stock_account_without(self, order):
        # The two pads used up still stand on the account until they are billed.
        used = sum(self._lines(order).mapped("value"))
        self._match_stock_account()
        self.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    Command.create({"account_id": self.part_stock.id, "balance": used}),
                    Command.create({"account_id": self.opening.id, "balance": -used}),
                ],
            }
        ).action_post()

    def test_a_location_account_does_not_cost_a_part_twice(self):
        order = self._checked_in(1)
        order.sudo().location_dest_id.valuation_account_id = self.expense
        self._settle(order)
        self.assertFalse(self._lines(order).account_move_id)
        self.assertEqual(self.balance(self.expense), 0)
        self.assertBooksAgree()

    def test_who_settles_and_when(self):
        order = self._checked_in(1)
        with self.assertRaises(UserError):
            order.with_user(self.advisor).action_settle()
        self._make_ready(order)
        for user in (self.technician, self.inspector, self.keeper):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                order.with_user(user).action_settle()
        order.with_user(self.advisor).action_settle()
        with self.assertRaisesRegex(UserError, "stage"):
            order.with_user(self.advisor).action_settle()
        self.assertEqual(len(self._invoices(order)), 1)

    def test_a_settled_order_is_frozen(self):
        order = self._settle(self._checked_in(1))
        self.assertTrue(order.sudo().payer_order_ids.locked)
        with self.assertRaisesRegex(UserError, "frozen"):
            order.job_ids.line_ids.with_user(self.advisor).hours = 3
        with self.assertRaisesRegex(UserError, "frozen"):
            self._ask(order, 1)
        with self.assertRaises(UserError):
            self._lines(order).with_user(self.keeper).action_return_parts()

    def test_collecting_comes_after_and_opens_the_gate(self):
        order = self._settle(self._checked_in(1))
        bill = self._invoices(order)
        self.assertEqual(order.with_user(self.advisor).invoice_names, bill.name)
        self.assertAlmostEqual(order.with_user(self.advisor).amount_due, bill.amount_total)
        with self.assertRaises(UserError):
            order.with_user(self.advisor).action_hand_over()
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=bill.ids).create(
            {}
        )._create_payments()
        order.invalidate_recordset()
        self.assertEqual(order.with_user(self.advisor).amount_due, 0)
        order.with_user(self.advisor).action_hand_over()
        self.assertEqual(order.stage, "delivered")

    def test_declined_work_is_not_billed(self):
        order = self._make_order()
        order.job_ids = [
            Command.create({"name": "Wipers", "line_ids": [Command.create({"operation_id": self.operation.id})]})
        ]
        order.job_ids[1].with_user(self.advisor).action_decline()
        order.with_user(self.advisor).action_check_in()
        self._settle(order)
        self.assertEqual(self._invoices(order).amount_untaxed, 300)

    def test_two_payers_share_to_the_cent(self):
        insurer = self.env["res.partner"].create({"name": "Insurer"})
        order = self._checked_in(1)
        job = order.job_ids.sudo()
        job.split_ids = [
            Command.clear(),
            Command.create({"pay_type": "insurance", "partner_id": insurer.id, "share": 66.67}),
            Command.create({"pay_type": "customer", "partner_id": self.customer.id, "share": 33.33}),
        ]
        self._settle(order)
        bills = self._invoices(order)
        self.assertEqual(set(bills.partner_id), {insurer, self.customer})
        self.assertAlmostEqual(sum(bills.mapped("amount_untaxed")), 780)
        self.assertEqual(len(order.sudo().payer_order_ids), 2)
        self.assertFalse(order.sudo().payer_order_ids.picking_ids)
        cogs = bills.line_ids.filtered(lambda line: line.account_id == self.part_cogs)
        self.assertEqual(sum(cogs.mapped("balance")), 300)
        self.assertBooksAgree()

    def test_the_customer_gets_no_bill_for_what_the_maker_pays(self):
        order = self._checked_in(1)
        order.job_ids.sudo().pay_type = "warranty"
        self._make_ready(order)
        with self.assertRaisesRegex(UserError, "its payer is the customer"):
            order.with_user(self.advisor).action_settle()
        maker = self.env["res.partner"].create({"name": "Maker's warranty"})
        order.job_ids.split_ids.with_user(self.advisor).partner_id = maker
        order.with_user(self.advisor).action_settle()
        self.assertEqual(self._invoices(order).partner_id, maker)
        self.assertEqual(order.sudo().payer_order_ids.dealer_pay_type, "warranty")

    def test_two_jobs_of_one_customer_make_one_bill(self):
        order = self._make_order()
        order.job_ids = [
            Command.create({"name": "Wipers", "line_ids": [Command.create({"operation_id": self.operation.id})]})
        ]
        order.with_user(self.advisor).action_check_in()
        self._settle(order)
        self.assertEqual(len(self._invoices(order)), 1)
        self.assertEqual(self._invoices(order).amount_untaxed, 600)

    def test_core_s_quotation_is_closed(self):
        order = self._checked_in(1)
        with self.assertRaises(UserError):
            order.sudo().action_create_sale_order()
        self.assertFalse(order.sudo().sale_order_id)

    def test_nobody_is_billed_twice(self):
        order = self._settle(self._checked_in(0))
        self.assertTrue(sql.index_exists(self.env.cr, "sale_order_dealer_payer_uniq"))
        values = order.sudo()._prepare_payer_orders()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["sale.order"].create(values)

    def test_a_credit_note_brings_the_cost_back(self):
        order = self._settle(self._checked_in(1))
        bill = self._invoices(order)
        credit = bill._reverse_moves([{"invoice_date": bill.invoice_date}], cancel=True)
        self.assertEqual(credit.dealer_repair_id, order)
        self.assertEqual(self.balance(self.part_cogs), 0)
        order.invalidate_recordset()
        self.assertEqual((order.amount_billed, order.amount_due), (0, 0))

    def test_labour_without_a_tax_takes_the_company_s(self):
        labour = self.env.ref("dealer_workshop.product_product_labour")
        labour.taxes_id = False
        order = self._settle(self._checked_in(0))
        lines = self._invoices(order).invoice_line_ids.filtered("product_id")
        self.assertEqual(lines.tax_ids, self.company.account_sale_tax_id)

    # --- internal work (P42) --------------------------------------------------------------

    def _internal_order(self, car, kind="recondition", quantity=2.0):
        order = self._make_order(dealer_vehicle_id=car.id, partner_id=self.company.partner_id.id, repair_kind=kind)
        order.job_ids.sudo().write({"repair_kind": kind, "pay_type": "internal"})
        self._ask(order, quantity)
        order.with_user(self.advisor).action_check_in()
        return order

    def test_reconditioning_of_our_car_goes_into_its_cost(self):
        self._policy(repair_kind="recondition", treatment="stock_cost", expense_account_id=False)
        car, other = self.buy_car(100000, bill=100000), self.buy_car(120000, bill=120000)
        order = self._settle(self._internal_order(car))
        # Two pad sets at 300 and 1.5 hours at 80.
        self.assertEqual(car._exact_cost()[car.id], 100720)
        self.assertEqual(other._exact_cost()[other.id], 120000)
        self.assertEqual(self.balance(self.absorption), -120)
        self.assertEqual(self.balance(self.part_cogs), 0)
        self.assertFalse(self._invoices(order))
        self.assertBooksAgree(car)
        landed = self.env["stock.landed.cost"].search([("dealer_repair_id", "=", order.id)])
        self.assertEqual(sum(landed.mapped("amount_total")), 720)
        self.assertEqual(landed.account_move_id.dealer_repair_id, order)
        self.assertEqual(order.stage, "settled")

    def test_what_we_put_into_a_car_is_its_cost_when_sold(self):
        self.open_guards()
        self._policy(treatment="stock_cost", expense_account_id=False)
        car = self.buy_car(100000, bill=100000)
        self._settle(self._internal_order(car))
        sale = self.sell(car)
        self.deliver(sale)
        self.invoice(sale)
        self.assertEqual(self.balance(self.account_cogs), 100720)
        self.assertBooksAgree(car)

    def test_preparing_a_new_car_is_expense(self):
        self._policy(repair_kind="pdi", condition="new")
        car = self.buy_car(100000, bill=100000)
        order = self._settle(self._internal_order(car, kind="pdi"))
        self.assertEqual(car._exact_cost()[car.id], 100000)
        self.assertEqual(self.balance(self.expense), 720)
        self.assertEqual(self.balance(self.absorption), -120)
        entry = order.sudo().invoice_ids
        self.assertEqual(entry.move_type, "entry")
        self.assertAlmostEqual(sum(entry.line_ids.mapped("debit")), sum(entry.line_ids.mapped("credit")))
        self.assertBooksAgree(car)
        self.assertEqual((order.amount_billed, order.amount_due), (0, 0), "an entry is no bill")

    def test_half_customer_half_ourselves(self):
        self._policy()
        order = self._checked_in(2)
        order.job_ids.sudo().split_ids = [
            Command.clear(),
            Command.create({"pay_type": "customer", "partner_id": self.customer.id, "share": 50}),
            Command.create({"pay_type": "internal", "partner_id": self.company.partner_id.id, "share": 50}),
        ]
        self._settle(self._allow_goodwill(order))
        self.assertEqual(self._invoices(order).amount_untaxed, 630)
        self.assertEqual(self.balance(self.part_cogs), 300, "our half of the parts is not cost of goods sold")
        self.assertEqual(self.balance(self.expense), 360)
        self.assertBooksAgree()

    def test_the_row_that_names_most_wins(self):
        self._policy()
        self._policy(condition="new", treatment="stock_cost", expense_account_id=False, labour_cost=0)
        kind = self._policy(repair_kind="pdi", condition="new", labour_cost=10)
        self._policy(repair_kind="pdi", condition="new", labour_cost=99, date_from="2099-01-01")
        car = self.buy_car(100000, bill=100000)
        order = self._internal_order(car, kind="pdi")
        Policy = self.env["dealer.internal.policy"].with_user(self.advisor)
        self.assertEqual(Policy._get_policies(order.job_ids), {order.job_ids: kind})
        self.assertEqual(Policy._get_car_condition(self.car), "customer")

    def test_policies_are_read_once_for_all_jobs(self):
        self._policy()
        order = self._make_order()
        order.job_ids = [Command.create({"name": f"Job {number}", "pay_type": "internal"}) for number in range(5)]
        jobs = order.sudo().job_ids
        counts = []
        for some in (jobs[:1], jobs[:1], jobs):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            # Read anew: records of a field forget what to prefetch once the cache is empty.
            found = self.env["dealer.internal.policy"]._get_policies(some.browse(some.ids))
            self.assertEqual(len(found), len(some))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    def test_our_own_car_comes_in_for_ourselves(self):
        """Nobody owns or uses it yet: the customer is our company, the work is internal, nobody gets a bill."""
        self._policy()
        car = self.buy_car(100000, bill=100000)
        self.assertFalse(car.owner_id or car.keeper_id)
        order = self._make_order(dealer_vehicle_id=car.id)
        ourselves = self.company.partner_id
        self.assertEqual((car.title, order.partner_id, order.payer_id), ("ours", ourselves, ourselves))
        self.assertEqual((order.job_ids.pay_type, order.job_ids.split_ids.partner_id), ("internal", ourselves))
        order.action_check_in()
        self._make_ready(order)
        order.job_ids.pay_type = "customer"
        order.job_ids.split_ids.partner_id = ourselves
        with self.assertRaisesRegex(UserError, "billed to ourselves"):
            order.action_settle()
        order.job_ids.pay_type = "internal"
        order.action_settle()
        self.assertFalse(self._invoices(order))
        self.assertEqual(self.balance(self.expense), 120)

    def test_our_own_car_on_the_screen(self):
        car = self.buy_car(100000, bill=100000)
        view = "dealer_workshop.repair_order_view_form"
        with Form(self.env["repair.order"].with_user(self.advisor), view=view) as form:
            form.dealer_vehicle_id = car
            self.assertEqual(form.partner_id, self.company.partner_id)
            with form.job_ids.new() as job:
                job.name = "Polish"
                self.assertEqual(job.pay_type, "internal")

    def test_our_own_car_is_expected(self):
        self._policy()
        car = self.buy_car(100000, bill=100000)
        appointment = (
            self.env["dealer.appointment"]
            .with_user(self.advisor)
            .create(
                {
                    "site_id": self.site.id,
                    "vehicle_id": car.id,
                    "date_from": "2030-05-06 08:00:00",
                    "line_ids": [Command.create({"operation_id": self.operation.id})],
                }
            )
        )
        self.assertEqual(appointment.partner_id, self.company.partner_id)
        order = self.env["repair.order"].browse(appointment.action_arrive()["res_id"])
        self.assertEqual((order.partner_id, order.job_ids.pay_type), (self.company.partner_id, "internal"))

    def test_a_customer_s_car_without_people_asks_for_the_customer(self):
        self.car.write({"owner_id": False, "keeper_id": False})
        order = self._make_order(job_ids=[])
        self.assertFalse(order.partner_id)
        with self.assertRaisesRegex(UserError, "the customer"):
            order.action_check_in()

    def test_without_a_policy_nothing_is_booked(self):
        car = self.buy_car(100000, bill=100000)
        order = self._make_ready(self._internal_order(car))
        with self.assertRaisesRegex(UserError, "No policy says where the cost"):
            order.with_user(self.advisor).action_settle()

    def test_a_customer_s_car_is_not_our_stock(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._policy(condition="customer", treatment="stock_cost")


@tagged("post_install", "-at_install", "dealer")
class TestSettlement(SettlementCases, DealerWorkshopBillingCommon):
    chart = "generic_coa"
    allow_inherited_tests_method = True

    def test_policies_are_the_accountant_s(self):
        policy = self._policy()
        for user in (self.advisor, self.technician, self.keeper):
            with self.assertRaises(AccessError):
                policy.with_user(user).labour_cost = 1
        accountant = self._make_user("w_accountant", "account.group_account_user")
        policy.with_user(accountant).labour_cost = 90
        stranger = self.make_user("w_stranger", "account.group_account_user", company=self.company_b)
        self.assertFalse(self.env["dealer.internal.policy"].with_user(stranger).search([]))

    def test_the_advisor_prints_the_bill(self):
        order = self._make_ready(self._checked_in(1))
        with self.assertRaisesRegex(UserError, "settle it first"):
            order.with_user(self.advisor).action_print_bills()
        order.with_user(self.advisor).action_settle()
        for user, allowed in ((self.advisor, True), (self.keeper, False)):
            if not allowed:
                with self.assertRaises(AccessError):
                    order.with_user(user).action_print_bills()
                continue
            action = order.with_user(user).action_print_bills()
            order.with_user(user).action_print_bills()
            papers = self.env["ir.attachment"].search([("res_model", "=", "repair.order"), ("res_id", "=", order.id)])
            self.assertEqual(len(papers), 1, "an earlier print is replaced")
            self.assertTrue(papers.with_user(user).raw)
            self.assertIn("/web/content/", action["url"])

    def test_each_company_settles_in_its_own_books(self):
        order = self._settle(self._checked_in(1))
        stranger = self.make_user("w_other", "dealer_workshop.group_service_advisor", company=self.company_b)
        with self.assertRaises(AccessError):
            order.with_user(stranger).read(["invoice_names"])
        self.assertEqual(self._invoices(order).company_id, self.company)
        self.assertEqual(self._lines(order).dealer_issue_move_ids.company_id, self.company)


@tagged("post_install", "-at_install", "dealer")
class TestSettlementInChina(SettlementCases, DealerWorkshopBillingCommon):
    chart = "cn"
    allow_inherited_tests_method = True
