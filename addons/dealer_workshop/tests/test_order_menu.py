import doctest

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..tools import package
from .common_billing import DealerWorkshopBillingCommon
from .common_order import OrderMixin


@tagged("post_install", "-at_install", "dealer")
class TestJobMenu(OrderMixin, DealerWorkshopBillingCommon):
    """Packages, prices that are not by the hour, outside work."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.menu = cls.env["dealer.job.menu"].create(
            {
                "code": "PKG-10",
                "name": "Brake package",
                "line_ids": [Command.create({"operation_id": cls.operation.id})],
                "part_ids": [Command.create({"product_id": cls.part.id, "quantity": 3})],
                "price_ids": [
                    Command.create({"company_id": cls.company.id, "price": 1000.0}),
                    Command.create({"company_id": cls.company.id, "price": 1111.11, "date_from": "2020-01-01"}),
                    Command.create({"company_id": cls.company.id, "price": 2000.0, "date_from": "2100-01-01"}),
                ],
            }
        )
        cls.vendor = cls.env["res.partner"].create({"name": "Paint Shop", "supplier_rank": 1})

    def _with_menu(self):
        order = self._make_order(job_ids=[]).with_user(self.advisor)
        order.menu_to_add_id = self.menu
        return order

    def test_doctests(self):
        result = doctest.testmod(package)
        self.assertGreater(result.attempted, 5)
        self.assertFalse(result.failed)

    def test_one_pick_adds_the_job_at_its_price(self):
        order = self._with_menu()
        job = order.job_ids
        self.assertEqual((job.name, job.menu_id, job.labour_hours), ("Brake package", self.menu, 1.5))
        self.assertEqual(job.part_ids.mapped("quantity"), [3.0])
        self.assertAlmostEqual(job.labour_amount + job.parts_amount, 1111.11)
        self.assertFalse(order.menu_to_add_id)
        with self.assertRaises(AccessError):
            job.write({"menu_id": False})
        with self.assertRaises(AccessError):
            job.line_ids.write({"fixed_price": 1})

    def test_somebody_else_pays_by_the_hour(self):
        job = self._with_menu().job_ids
        job.pay_type = "internal"
        self.assertAlmostEqual(job.labour_amount, 300)
        self.assertAlmostEqual(job.parts_amount, 3 * 480)

    def test_the_bill_is_the_package_price(self):
        self._receive(self.part, 10, 300)
        order = self._with_menu()
        order.action_check_in()
        self._settle(order)
        self.assertAlmostEqual(sum(self._invoices(order).mapped("amount_untaxed")), 1111.11)

    def test_series_and_prices(self):
        with self.assertRaises(ValidationError):
            self.menu.write({"line_ids": [Command.clear()]})
        plain = self.menu.copy({"code": "PKG-11", "price_ids": []})
        order = self._make_order(job_ids=[]).with_user(self.advisor)
        order.menu_to_add_id = plain
        self.assertAlmostEqual(order.estimate_amount, 300 + 3 * 480)
        with self.assertRaises(AccessError):
            self.menu.with_user(self.advisor).write({"name": "Mine"})

    def _sublet(self, job, **vals):
        values = {"job_id": job.id, "name": "Paint the door", "vendor_id": self.vendor.id, "cost": 300, "price": 500}
        return self.env["dealer.job.sublet"].with_user(self.advisor).create({**values, **vals})

    def test_outside_work_is_billed_before_settlement(self):
        order = self._make_order().with_user(self.advisor)
        sublet = self._sublet(order.job_ids)
        self.assertAlmostEqual(order.estimate_amount, 300 + 500)
        self.assertEqual((order.sublet_cost, sublet.state), (300, "planned"))
        order.action_check_in()
        sublet.action_order()
        self.assertEqual(sublet.state, "ordered")
        with self.assertRaisesRegex(UserError, "ordered already"):
            sublet.write({"cost": 1})
        with self.assertRaisesRegex(UserError, "ordered already"):
            sublet.action_order()
        sublet.action_done()
        self.assertEqual(sublet.state, "done")
        self._make_ready(order)
        with self.assertRaisesRegex(UserError, "Paint Shop: Paint the door"):
            order.action_settle()
        purchase = sublet.sudo().purchase_line_id.order_id
        self.assertEqual((purchase.origin, purchase.amount_untaxed), (order.name, 300))
        purchase.action_create_invoice()
        purchase.invoice_ids.invoice_date = "2026-01-05"
        purchase.invoice_ids.action_post()
        sublet.invalidate_recordset()
        self.assertEqual(sublet.state, "covered")
        order.action_settle()
        self.assertAlmostEqual(sum(self._invoices(order).mapped("amount_untaxed")), 800)

    def test_work_that_is_ordered_outside_is_not_declined(self):
        order = self._make_order().with_user(self.advisor)
        sublet = self._sublet(order.job_ids)
        order.action_check_in()
        sublet.action_order()
        with self.assertRaisesRegex(UserError, "has begun"):
            order.job_ids.action_decline()
        with self.assertRaisesRegex(UserError, "stays"):
            order.job_ids.unlink()
        with self.assertRaisesRegex(UserError, "ordered"):
            order.action_cancel_order()

    def test_an_accrual_will_do(self):
        order = self._make_order().with_user(self.advisor)
        sublet = self._sublet(order.job_ids)
        order.action_check_in()
        sublet.action_order()
        sublet.action_done()
        purchase = sublet.sudo().purchase_line_id.order_id
        accrued = self._make_account("Accrued work of others", "299901", "liability_current")
        wizard = self.env["account.accrued.orders.wizard"].with_context(
            active_model="purchase.order", active_ids=purchase.ids
        )
        wizard.create({"account_id": accrued.id, "date": fields.Date.today()}).create_entries()
        sublet.invalidate_recordset()
        self.assertEqual(sublet.state, "covered")
        self.assertTrue(sublet.sudo().accrual_move_id)

    def test_what_others_charge_is_not_for_technicians(self):
        order = self._make_order()
        sublet = self._sublet(order.job_ids)
        with self.assertRaises(AccessError):
            sublet.with_user(self.technician).read(["cost"])
        with self.assertRaises(AccessError):
            self.env["dealer.job.sublet"].with_user(self.technician).search([("cost", ">", 1)])
        self.assertEqual(sublet.with_user(self.technician).price, 500)
        with self.assertRaises(AccessError):
            sublet.with_user(self.technician).action_order()
        line = sublet.line_id
        with self.assertRaisesRegex(UserError, "outside work"):
            line.with_user(self.advisor).unlink()
        sublet.unlink()
        self.assertFalse(line.exists())
