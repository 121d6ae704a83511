import doctest
import threading
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo import SUPERUSER_ID, api, fields
from odoo.exceptions import AccessError, UserError
from odoo.orm.registry import DummyRLock
from odoo.service.model import retrying
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..tools import order_plan
from .common_stock import DealerStockCommon

TODAY = "2026-11-30"  # nothing of the month is left, so that demand before the plan is 0


class OrderPlanCommon(DealerStockCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.brand.maker_id = cls.maker
        cls.company_a.write({"dealer_plan_months": 2, "dealer_plan_safety_days": 0})
        cls.demand = {}
        cls.classPatch(
            cls.registry["dealer.vehicle.order.plan"], "_get_demand", lambda self, company, months: cls._spread(months)
        )
        cls.Plan = cls.env["dealer.vehicle.order.plan"].with_user(cls.user_buyer)
        cls.december, cls.january = fields.Date.to_date("2026-12-01"), fields.Date.to_date("2027-01-01")

    @classmethod
    def _spread(cls, months):
        return {key: dict.fromkeys(months, value) for key, value in cls.demand.items()}

    def sells(self, count, colour="", product=None, site=None):
        """Let so many cars a month be asked for."""
        self.demand[(product or self.product).id, (site or self.site_a).id, colour] = count

    def row(self, colour=False, month=None, product=None):
        return self.Plan.search(
            [
                ("product_id", "=", (product or self.product).id),
                ("site_id", "=", self.site_a.id),
                ("colour_exterior", "=", colour),
                ("month", "=", month or self.december),
            ]
        )


@tagged("post_install", "-at_install", "dealer")
@freeze_time(TODAY)
class TestOrderPlan(OrderPlanCommon):
    def setUp(self):
        super().setUp()
        self.demand.clear()

    def test_doctests(self):
        self.assertFalse(doctest.testmod(order_plan).failed)

    def test_proposal(self):
        """Demand + safety − stock − pipeline, month after month."""
        self.company_a.dealer_plan_safety_days = 15
        self.stock_car(self.new_vin(), colour_exterior="Red")
        held = self.stock_car(self.new_vin(), colour_exterior="Red")
        held._take_hold(self.customer)
        coming = self.order_cars(1.0)
        coming.order_line.write({"colour_exterior": "Red", "date_planned": "2027-01-10 12:00:00"})
        self.sells(4.0, "Red")
        self.Plan.action_fill()
        row = self.row("Red")
        self.assertEqual((row.demand, row.safety, row.stock, row.pipeline), (4.0, 2.0, 1, 0))
        self.assertEqual((row.proposal, row.planned, row.to_order), (5, 5, 5))
        later = self.row("Red", self.january)
        # One too few was needed before: 4 asked for, 5 proposed; one car is on the way.
        self.assertEqual((later.earlier, later.stock, later.pipeline, later.proposal), (-1.0, 1, 1, 3))

    def test_minimum_is_a_floor(self):
        self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.product.id,
                "warehouse_id": self.site_a.id,
                "product_min_qty": 3,
                "product_max_qty": 5,
                "trigger": "manual",
            }
        )
        self.Plan.action_fill()
        row = self.row()
        self.assertEqual((row.floor, row.proposal), (3, 3))
        self.assertEqual(self.row(month=self.january).proposal, 0)

    def test_typed_numbers_stay(self):
        self.sells(2.0, "Red")
        self.Plan.action_fill()
        row = self.row("Red")
        row.planned = 7
        self.sells(3.0, "Red")
        self.Plan.action_fill()
        self.assertEqual((row.proposal, row.planned, row.is_typed), (3, 7, True))
        row.action_take_proposal()
        self.assertEqual((row.planned, row.is_typed), (3, False))
        self.sells(1.0, "Red")
        self.Plan.action_fill()
        self.assertEqual(row.planned, 1)

    def test_order_and_press_twice(self):
        self.sells(2.0, "Red")
        self.sells(1.0, "Blue")
        self.sells(1.0, "Red", product=self.product_top)
        self.Plan.action_fill()
        rows = self.row("Red") | self.row("Blue") | self.row("Red", product=self.product_top)
        action = rows.action_order()
        order = self.env["purchase.order"].browse(action["res_id"])
        self.assertEqual((order.state, order.partner_id, len(order.order_line)), ("draft", self.maker, 4))
        self.assertEqual(set(order.order_line.mapped("product_qty")), {1.0})
        self.assertEqual(sorted(order.order_line.mapped("colour_exterior")), ["Blue", "Red", "Red", "Red"])
        self.assertEqual({day.strftime("%Y-%m") for day in order.order_line.mapped("date_planned")}, {"2026-12"})
        self.assertEqual(order.picking_type_id, self.site_a.vehicle_in_type_id)
        self.assertEqual(rows.mapped("ordered"), [2, 1, 1])
        self.assertEqual(rows.mapped("to_order"), [0, 0, 0])
        with self.assertRefused("Nothing is left to order"):
            rows.action_order()
        # Its own orders are not stock for the plan: what it ordered is what it proposed.
        order.button_confirm()
        self.Plan.action_fill()
        self.assertEqual((self.row("Red").pipeline, self.row("Red").proposal, self.row("Red").ordered), (0, 2, 2))

    def test_more_on_one_line(self):
        """The buyer raises a draft line to three: split on confirmation, all three are the row's."""
        self.sells(1.0, "Red")
        self.Plan.action_fill()
        row = self.row("Red")
        order = self.env["purchase.order"].browse(row.action_order()["res_id"])
        order.order_line.product_qty = 3
        self.assertEqual(row.ordered, 3)
        order.with_user(self.user_buyer).button_confirm()
        self.assertEqual((len(row.purchase_line_ids), row.ordered), (3, 3))

    def test_cancelled_lines_open_the_row(self):
        self.sells(2.0, "Red")
        self.Plan.action_fill()
        row = self.row("Red")
        order = self.env["purchase.order"].with_user(self.user_buyer).browse(row.action_order()["res_id"])
        order.button_confirm()
        order.order_line[0].product_qty = 0
        self.assertEqual((row.ordered, row.to_order), (1, 1))
        order.button_cancel()
        self.assertEqual((row.ordered, row.to_order), (0, 2))
        row.action_order()
        self.assertEqual((row.ordered, row.to_order), (2, 0))

    def test_numbers_open_their_records(self):
        cars = self.stock_car(self.new_vin(), colour_exterior="Red") | self.stock_car(self.new_vin())
        coming = self.order_cars(1.0)
        coming.order_line.write({"colour_exterior": "Red", "date_planned": "2026-12-10 12:00:00"})
        self.sells(5.0, "Red")
        self.sells(1.0)
        self.Plan.action_fill()
        Car = self.env["dealer.vehicle"]
        self.assertEqual(Car.search(self.row("Red").action_open_stock()["domain"]), cars[0])
        self.assertEqual(Car.search(self.row().action_open_stock()["domain"]), cars[1])
        keepers = self.row("Red").with_user(self.user_keeper).action_open_stock()["domain"]
        self.assertEqual(Car.with_user(self.user_keeper).search(keepers).ids, cars[0].ids)
        pipeline = Car.search(self.row("Red").action_open_pipeline()["domain"])
        self.assertEqual(pipeline, coming.order_line.dealer_vehicle_id)

    def test_no_supplier(self):
        self.brand.maker_id = False
        row = self.Plan.create({"product_id": self.product.id, "site_id": self.site_a.id, "planned": 1})
        with self.assertRefused("Nobody is known to deliver"):
            row.action_order()

    def test_one_row_each(self):
        vals = {"product_id": self.product.id, "site_id": self.site_a.id, "month": "2026-12-17"}
        row = self.Plan.create(vals)
        self.assertEqual(row.month, self.december)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(Exception, "row_uniq|has a row"),
            self.env.cr.savepoint(),
        ):
            self.Plan.create({**vals, "colour_exterior": "  "})
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'dealer_vehicle_order_plan_row_uniq'")
        self.assertIn("UNIQUE", self.env.cr.fetchone()[0])

    def test_rights(self):
        self.sells(2.0, "Red")
        self.Plan.action_fill()
        row = self.row("Red")
        row.with_user(self.user_manager).planned = 4
        for user in (self.user_keeper, self.user_auditor):
            self.assertEqual(row.with_user(user).planned, 4)
            for act in (
                lambda user=user: row.with_user(user).write({"planned": 1}),
                lambda user=user: self.Plan.with_user(user).action_fill(),
                lambda user=user: row.with_user(user).action_order(),
            ):
                with self.assertRaises(AccessError):
                    act()
        with self.assertRaises(AccessError):
            row.with_user(self.user_staff).read(["planned"])
        with self.assertRaises(AccessError):
            row.with_user(self.user_b).with_company(self.company_b).read(["planned"])

    def test_row_stays_in_its_company(self):
        """Its company follows the site: nobody puts a row into the plan of another company."""
        row = self.Plan.create({"product_id": self.product.id, "site_id": self.site_a.id, "planned": 1})
        with self.assertRaises(AccessError):
            row.write({"site_id": self.site_b.id})
        with self.assertRaises(AccessError):
            self.Plan.create({"product_id": self.product.id, "site_id": self.site_b.id, "planned": 1})
        self.user_buyer.company_ids |= self.company_b
        both = row.with_context(allowed_company_ids=(self.company_a | self.company_b).ids)
        with self.assertRefused("belongs to another company"):
            both.site_id = self.site_b
        north = self.env["stock.warehouse"].create({"name": "North", "code": "NO", "company_id": self.company_a.id})
        row.site_id = north
        self.assertEqual(row.company_id, self.company_a)

    def test_old_order_taken_up_again(self):
        row = self.Plan.create(
            {"product_id": self.product.id, "site_id": self.site_a.id, "planned": 1, "month": self.december}
        )
        old = self.env["purchase.order"].with_user(self.user_buyer).browse(row.action_order()["res_id"])
        old.button_cancel()
        old.button_draft()
        self.assertEqual((row.ordered, row.to_order), (1, 0))
        old.button_cancel()
        row.action_order()
        for take_up in (old.button_draft, lambda: old.write({"state": "draft"})):
            with self.assertRefused("2 cars would be ordered where 1 are planned"):
                take_up()
        row.planned = 2
        old.button_draft()
        self.assertEqual((row.ordered, row.to_order), (2, 0))

    def test_who_plans_without_ordering_is_told(self):
        row = self.Plan.create({"product_id": self.product.id, "site_id": self.site_a.id, "planned": 1})
        for user in (self.user_manager, self.user_admin):
            with self.assertRaises(UserError) as refusal:
                row.with_user(user).action_order()
            self.assertIn("the buyer orders", str(refusal.exception))

    def test_counted_numbers_are_not_typed(self):
        row = self.Plan.with_context(default_ordered=5, default_demand=9.0).create(
            {"product_id": self.product.id, "site_id": self.site_a.id, "proposal": 9}
        )
        self.assertEqual((row.ordered, row.demand, row.proposal), (0, 0.0, 0))
        for name in ("demand", "proposal", "ordered", "to_order", "is_typed"):
            with self.assertRefused("are counted"):
                row.write({name: 3})
        line = self.order_cars(1.0, confirm=False).order_line
        with self.assertRefused("not by typing"):
            line.dealer_plan_id = row.id

    def test_query_count(self):
        """Thirty trims cost the queries of one."""

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Plan.action_fill()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        self.sells(1.0, "Red")
        count()
        few = count()
        for number in range(30):
            product = self.make_trim(f"Trim {number}", 100000.0).product_variant_id
            self.sells(2.0, "Red", product=product)
            self.sells(2.0, "Blue", product=product)
        count()  # new trims empty caches of rights
        many = count()
        self.assertLessEqual(many, few + 3, f"1 trim: {few} queries, 31 trims: {many}")


@tagged("post_install", "-at_install", "dealer")
class TestOrderPlanRace(TransactionCase):
    """Two buyers order the same row on two real connections: one order is made, the other buyer is told."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._remove)

    def _committed(self, func):
        with self.registry.cursor() as cr:
            return func(api.Environment(cr, SUPERUSER_ID, {}))

    def _make_row(self, env):
        maker = env["res.partner"].create({"name": "Plan Race Maker"})
        trim = env["product.template"].create({"name": "Plan Race Trim", "is_vehicle": True})
        trim.seller_ids = [(0, 0, {"partner_id": maker.id, "price": 1.0})]
        site = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
        month = fields.Date.today().replace(day=1) + relativedelta(months=1)
        row = env["dealer.vehicle.order.plan"].create(
            {"product_id": trim.product_variant_id.id, "site_id": site.id, "month": month, "planned": 2}
        )
        return row.id

    def _remove(self):
        def remove(env):
            rows = env["dealer.vehicle.order.plan"].search([("product_id.name", "=", "Plan Race Trim")])
            orders, products = rows.purchase_line_ids.order_id, rows.product_id
            partners = products.seller_ids.partner_id
            orders.button_cancel()
            orders.unlink()
            rows.unlink()
            products.product_tmpl_id.unlink()
            partners.unlink()

        self._committed(remove)

    def test_two_buyers_order_one_row(self):
        row_id = self._committed(self._make_row)
        outcome, started = [], threading.Event()

        def order(env):
            env["dealer.vehicle.order.plan"].browse(row_id).action_order()

        def run_second(env):
            def attempt():
                started.set()
                order(env)

            try:
                retrying(attempt, env)
                outcome.append(None)
            except UserError as error:
                outcome.append(error)

        lock = patch.object(type(self.registry), "_lock", DummyRLock())
        with lock, mute_logger("odoo.sql_db"), self.registry.cursor() as cr, self.registry.cursor() as cr2:
            order(api.Environment(cr, SUPERUSER_ID, {}))
            cr.flush()
            cr2.execute("SELECT 1")  # this snapshot is older than the first one's commit
            thread = threading.Thread(target=run_second, args=(api.Environment(cr2, SUPERUSER_ID, {}),), daemon=True)
            thread.start()
            started.wait(10)
            thread.join(0.5)
            cr.commit()  # pylint: disable=invalid-commit
            thread.join(30)
            self.assertFalse(thread.is_alive())
        self.assertIn("Nothing is left to order", str(outcome[0]))
        lines = self._committed(lambda env: len(env["dealer.vehicle.order.plan"].browse(row_id).purchase_line_ids))
        self.assertEqual(lines, 2)
