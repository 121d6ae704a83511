from contextlib import contextmanager

from odoo import Command, fields
from odoo.exceptions import UserError

from .common import DealerVehicleCommon, make_vin


class DealerStockCommon(DealerVehicleCommon):
    """A company that keeps books, a maker, cars bought, received, inspected, sold and invoiced.

    Each helper does one step with the role that does it in life and may be called in any order of events.
    """

    chart = "generic_coa"

    @classmethod
    def setup_independent_company(cls, **kwargs):
        company = cls._create_company(name=f"Dealer {cls.chart}", **kwargs)
        cls.env["account.chart.template"].try_loading(cls.chart, company=company, install_demo=False)
        return company

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.category = cls.env.ref("dealer_vehicle.product_category_vehicle_new")
        cls.category_in_company = cls.category.with_company(cls.company_a)
        cls.trim = cls.make_trim("Touring", 180000.0, taxes_id=False, supplier_taxes_id=False)
        cls.trim_top = cls.make_trim("Premium", 260000.0, taxes_id=False, supplier_taxes_id=False)
        cls.product, cls.product_top = cls.trim.product_variant_id, cls.trim_top.product_variant_id
        cls.maker = cls.env["res.partner"].create({"name": "Northstar Motors"})
        cls.user_seller = cls.make_user("seller", "sales_team.group_sale_salesman,dealer_vehicle.group_vehicle_user")
        cls.user_biller = cls.make_user("biller", "account.group_account_invoice,dealer_vehicle.group_vehicle_user")
        accounts = cls.trim.with_company(cls.company_a).get_product_accounts()
        cls.account_stock, cls.account_cogs = accounts["stock_valuation"], accounts["expense"]
        cls.vin_count = 0

    @contextmanager
    def assertRefused(self, text):
        """Check that what follows is refused with a sentence, and undo it as a request would.

        :param str text: regular expression the sentence must contain
        """
        with self.assertRaisesRegex(UserError, text), self.env.cr.savepoint():
            yield

    @classmethod
    def new_vin(cls):
        """Return a VIN nobody used in this test class."""
        cls.vin_count += 1
        return make_vin(cls.vin_count)

    @classmethod
    def order_cars(cls, *prices, product=None, confirm=True):
        """Let the buyer order one car per price from the maker.

        :param float prices: company currency
        :return: ``purchase.order``, confirmed unless told otherwise
        """
        order = (
            cls.env["purchase.order"]
            .with_user(cls.user_buyer)
            .create(
                {
                    "partner_id": cls.maker.id,
                    "order_line": [
                        Command.create(
                            {"product_id": (product or cls.product).id, "product_qty": 1, "price_unit": price}
                        )
                        for price in prices
                    ],
                }
            )
        )
        if confirm:
            order.button_confirm()
        return order

    @classmethod
    def announce(cls, order, *vins):
        """Let the buyer enter the maker's shipping notice for the first cars of an order.

        :param str vins: one per car in the order of the lines; none given: a new VIN for every car
        :return: ``dealer.vehicle`` of those cars
        """
        lines = order.order_line.filtered("dealer_vehicle_id")
        vins = vins or [cls.new_vin() for _line in lines]
        text = "\n".join(f"{line.maker_order_no};{vin}" for line, vin in zip(lines, vins, strict=False))
        notice = (
            cls.env["dealer.vehicle.shipping.notice"]
            .with_user(cls.user_buyer)
            .create({"purchase_id": order.id, "text": text})
        )
        notice.action_apply()
        return lines[: len(vins)].dealer_vehicle_id.with_env(cls.env)

    @classmethod
    def receive(cls, order, well=True):
        """Let the stock keeper receive the shipped cars of an order and pass their inspection.

        :param bool well: close the inspections
        :return: ``dealer.vehicle.inspection`` of the cars received now
        """
        pickings = order.picking_ids.filtered(lambda picking: picking.state not in ("done", "cancel"))
        pickings.with_user(cls.user_keeper).action_receive_shipped_cars()
        inspections = cls.env["dealer.vehicle.inspection"].search([("picking_id", "in", pickings.ids)])
        if well:
            inspections.with_user(cls.user_keeper).action_all_well()
        return inspections

    @classmethod
    def buy_car(cls, price, bill=False, product=None):
        """Order, announce, receive and inspect one car.

        :param float price: company currency
        :param bill: price of the maker's bill; ``False`` = not billed yet
        :return: ``dealer.vehicle``, free in stock
        """
        order = cls.order_cars(price, product=product)
        car = cls.announce(order)
        cls.receive(order)
        if bill:
            cls.bill(car, bill)
        return car

    @classmethod
    def bill(cls, car, price):
        """Let the accountant post the maker's bill for one car.

        :param float price: without tax
        :return: posted ``account.move``
        """
        # A bill is made from the order (buyer's screen) and posted by who has the right to post.
        bill = cls.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": cls.maker.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": car.product_id.id,
                            "quantity": 1,
                            "price_unit": price,
                            "purchase_line_id": car.purchase_line_id.id,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )
        bill.with_user(cls.user_biller).action_post()
        return bill

    @classmethod
    def sell(cls, car, price=200000.0, partner=None, confirm=True):
        """Let a salesperson sell one named car.

        :return: ``sale.order`` (in the test's own rights), confirmed unless told otherwise
        """
        order = (
            cls.env["sale.order"]
            .with_user(cls.user_seller)
            .create(
                {
                    "partner_id": (partner or cls.customer).id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": car.product_id.id,
                                "dealer_vehicle_id": car.id,
                                "product_uom_qty": 1,
                                "price_unit": price,
                            }
                        )
                    ],
                }
            )
        )
        if confirm:
            order.action_confirm()
        return order.with_env(cls.env)

    @classmethod
    def deliver(cls, order):
        """Let the stock keeper post every open transfer of an order, step after step."""
        while pickings := order.picking_ids.filtered(lambda picking: picking.state in ("assigned", "confirmed")):
            result = pickings.with_user(cls.user_keeper).with_context(skip_sms=True).button_validate()
            assert result is True, result
        return order.picking_ids

    @classmethod
    def invoice(cls, order):
        """Invoice an order as ordered and let the accountant post it.

        :return: posted ``account.move``
        """
        order.order_line.product_id.sudo().invoice_policy = "order"
        invoice = order.sudo()._create_invoices()
        invoice.with_user(cls.user_biller).action_post()
        return invoice.with_env(cls.env)

    @classmethod
    def balance(cls, account):
        """Return the posted balance of an account in company A, debit positive."""
        lines = cls.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted"), ("company_id", "=", cls.company_a.id)]
        )
        return sum(lines.mapped("balance"))
