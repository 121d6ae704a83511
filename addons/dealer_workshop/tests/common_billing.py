from odoo import Command

from odoo.addons.dealer_vehicle.tests.common_stock import DealerStockCommon

from .common_parts import DealerWorkshopPartsCommon


class DealerWorkshopBillingCommon(DealerWorkshopPartsCommon, DealerStockCommon):
    """A dealer with books of its own: workshop, store, own cars at exact cost. ``chart`` chooses the books."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        accounts = cls.part.with_company(cls.company).product_tmpl_id.get_product_accounts()
        cls.part_stock, cls.part_cogs = accounts["stock_valuation"], accounts["expense"]
        cls.expense = cls._make_account("PDI of new cars", "699901", "expense")
        cls.absorption = cls._make_account("Workshop labour absorbed", "699902", "expense")
        # Receipts without a bill: put the value on the stock account, as the bills would have.
        cls.opening = cls._make_account("Opening", "399901", "equity")
        cls._match_stock_account()

    @classmethod
    def _get_company(cls):
        return cls.company_a

    @classmethod
    def _make_account(cls, name, code, account_type):
        return cls.env["account.account"].create(
            {"name": name, "code": code, "account_type": account_type, "company_ids": [Command.set(cls.company.ids)]}
        )

    @classmethod
    def _stock_value(cls, *products):
        """Return what products are worth in stock, fresh from the valuation."""
        cls.env.flush_all()
        cls.env.invalidate_all()
        return sum(product.with_company(cls.company).total_value for product in products)

    @classmethod
    def _match_stock_account(cls):
        missing = cls._stock_value(cls.part) - cls.balance(cls.part_stock)
        cls.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    Command.create({"account_id": cls.part_stock.id, "balance": missing}),
                    Command.create({"account_id": cls.opening.id, "balance": -missing}),
                ],
            }
        ).action_post()

    def _policy(self, **values):
        return self.env["dealer.internal.policy"].create(
            {
                "company_id": self.company.id,
                "treatment": "expense",
                "expense_account_id": self.expense.id,
                "labour_cost": 80.0,
                "labour_account_id": self.absorption.id,
                **values,
            }
        )

    def _settle(self, order):
        self._make_ready(order)
        order.with_user(self.advisor).action_settle()
        return order

    def _allow_goodwill(self, order):
        """Let the advisor say why the house pays for a customer, and the workshop's manager allow it."""
        order.with_user(self.advisor).discount_reason_id = self.env.ref(
            "dealer_workshop.dealer_discount_reason_goodwill"
        )
        order.with_user(self.manager).action_approve_discount()
        return order

    def _invoices(self, order):
        return order.sudo().invoice_ids.filtered(lambda move: move.is_sale_document())

    def assertBooksAgree(self, *cars):
        """The stock account of parts is what the parts are worth; cars too, when given."""
        if cars:
            products = self.env["product.product"].concat(*(car.product_id for car in cars))
            if self.account_stock == self.part_stock:
                self.assertAlmostEqual(self.balance(self.part_stock), self._stock_value(self.part, *products))
                return
            self.assertAlmostEqual(self.balance(self.account_stock), self._stock_value(*products))
        self.assertAlmostEqual(self.balance(self.part_stock), self._stock_value(self.part))
