from unittest import SkipTest

from odoo import Command
from odoo.tests import TransactionCase, new_test_user

from odoo.addons.dealer_vehicle.tests.common import OpenGuards, make_vin


class DealerFinanceCommon(OpenGuards, TransactionCase):
    """A company with a chart of accounts, a maker, a customer, and helpers for the life of a car.

    Who may sell a car is guarded by other add-ons and is their tests' subject: here the guards are open, so that
    these tests say the same whatever else is installed.
    """

    chart = "generic_coa"
    chart_module = "account"
    country = "base.us"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.env["ir.module.module"]._get(cls.chart_module).state != "installed":
            raise SkipTest(f"{cls.chart_module} is not installed: no chart of accounts {cls.chart}")
        cls.open_guards()
        cls.company = cls.make_company("Ledger Motors")
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.company.ids, "tracking_disable": True})
        cls.company = cls.company.with_env(cls.env)
        cls.category = cls.env.ref("dealer_vehicle.product_category_vehicle_new")
        brand = cls.env["fleet.vehicle.model.brand"].create({"name": "Northstar"})
        series = cls.env["fleet.vehicle.model"].create({"name": "N5", "brand_id": brand.id})
        template = cls.env["product.template"].create(
            {
                "name": "N5 Comfort",
                "is_vehicle": True,
                "series_id": series.id,
                "list_price": 25000.0,
                "categ_id": cls.category.id,
            }
        )
        cls.trim = template.product_variant_id
        cls.mats = cls.env["product.product"].create({"name": "Floor Mats", "type": "service", "list_price": 200.0})
        cls.maker = cls.env["res.partner"].create({"name": "Northstar Works"})
        cls.customer = cls.env["res.partner"].create({"name": "Ada Buyer"})
        cls.bank = cls.env["account.journal"].search(
            [("company_id", "=", cls.company.id), ("type", "=", "bank")], limit=1
        )

    @classmethod
    def make_company(cls, name):
        """Create a company with the chart of this test class, cars valued one by one."""
        company = cls.env["res.company"].create({"name": name, "country_id": cls.env.ref(cls.country).id})
        cls.env.user.company_ids |= company
        cls.env["account.chart.template"].try_loading(cls.chart, company=company, install_demo=False)
        return company

    @classmethod
    def make_user(cls, login, groups, company=None):
        """Create a user with these groups (xml ids, comma separated) in one company."""
        company = company or cls.company
        return new_test_user(
            cls.env, login=login, groups=groups, company_id=company.id, company_ids=[Command.set(company.ids)]
        )

    @classmethod
    def buy_cars(cls, *costs, start=1):
        """Order, receive and inspect one car per cost.

        :param costs: prices without tax, company currency
        :param int start: first serial number
        :return: ``dealer.vehicle`` recordset in the order of ``costs``
        """
        order = cls.env["purchase.order"].create(
            {
                "partner_id": cls.maker.id,
                "order_line": [
                    Command.create({"product_id": cls.trim.id, "product_qty": 1, "price_unit": cost}) for cost in costs
                ],
            }
        )
        order.button_confirm()
        cars = order.order_line.dealer_vehicle_id
        for number, car in enumerate(cars, start=start):
            car.write({"vin": make_vin(number)})
        cls.receive(order)
        return cars

    @classmethod
    def receive(cls, order):
        order.picking_ids.action_receive_shipped_cars()
        inspections = cls.env["dealer.vehicle.inspection"].search(
            [("vehicle_id", "in", order.order_line.dealer_vehicle_id.ids)]
        )
        inspections.action_all_well()

    @classmethod
    def bill(cls, cars):
        """Post the maker's bill for all cars of one order.

        :return: ``account.move``
        """
        order = cars.purchase_line_id.order_id
        order.action_create_invoice()
        bill = order.invoice_ids.filtered(lambda move: move.state == "draft")
        bill.invoice_date = "2026-03-01"
        bill.action_post()
        return bill

    @classmethod
    def sell(cls, *cars, price=25000.0, extra=False):
        """Confirm an order for these cars, with floor mats when ``extra``.

        :return: ``sale.order``
        """
        lines = [
            Command.create({"product_id": cls.trim.id, "price_unit": price, "dealer_vehicle_id": car.id})
            for car in cars
        ]
        if extra:
            lines.append(Command.create({"product_id": cls.mats.id}))
        order = cls.env["sale.order"].create({"partner_id": cls.customer.id, "order_line": lines})
        order.action_confirm()
        return order

    @classmethod
    def deliver(cls, order):
        for picking in order.picking_ids:
            picking.move_ids.picked = True
            picking._action_done()

    @classmethod
    def invoice(cls, order, post=True):
        """Invoice a confirmed order whole.

        :return: ``account.move``
        """
        order.order_line.filtered(lambda line: line.product_id.type == "service").qty_delivered = 1
        invoice = order._create_invoices()
        if post:
            invoice.action_post()
        return invoice

    @classmethod
    def pay(cls, invoices):
        """Register one payment for these invoices.

        :return: ``account.payment``
        """
        wizard = cls.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoices.ids)
        return wizard.create({"journal_id": cls.bank.id, "group_payment": True})._create_payments()
