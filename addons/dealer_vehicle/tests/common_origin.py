from odoo import fields

from .common_stock import DealerStockCommon


class OriginCommon(DealerStockCommon):
    """Used cars bought, cars of somebody else taken in, received and inspected."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls.env["res.partner"].create({"name": "Wang Fang"})
        cls.dealer = cls.env["res.partner"].create({"name": "Harbour Cars", "is_company": True})
        cls.account_owed = cls.env["account.account"].create(
            {
                "name": "Consigned cars: owed to owners",
                "code": "241900",
                "account_type": "liability_current",
                "company_ids": cls.company_a.ids,
            }
        )
        cls.company_a.dealer_consignment_account_id = cls.account_owed
        # No tax unless a test says so.
        cls.company_a.account_sale_tax_id = cls.company_a.account_purchase_tax_id = False
        cls.env.ref("dealer_vehicle.product_product_commission").taxes_id = False
        cls.account_income = (
            cls.env.ref("dealer_vehicle.product_product_commission")
            .with_company(cls.company_a)
            .product_tmpl_id.get_product_accounts()["income"]
        )

    @classmethod
    def take_in(cls, kind="buy", vin=None, user=None, **values):
        """Fill in the dialogue as the buyer does, and apply it.

        :return: what the dialogue opens: ``purchase.order`` or ``dealer.vehicle.consignment``
        """
        vals = {
            "kind": kind,
            "vin": vin or cls.new_vin(),
            "brand_id": cls.brand.id,
            "series_id": cls.series.id,
            "partner_id": (cls.maker if kind == "agency" else cls.seller).id,
            "site_id": cls.site_a.id,
        }
        if kind == "buy":
            vals["price"] = 80000.0
        intake = cls.env["dealer.vehicle.intake"].with_user(user or cls.user_buyer).create({**vals, **values})
        action = intake.action_apply()
        return cls.env[action["res_model"]].browse(action["res_id"])

    @classmethod
    def receive_picking(cls, picking):
        """Let the stock keeper receive a transfer of cars and pass their inspection."""
        picking.with_user(cls.user_keeper).action_receive_shipped_cars()
        inspections = cls.env["dealer.vehicle.inspection"].search([("picking_id", "=", picking.id)])
        inspections.with_user(cls.user_keeper).action_all_well()

    @classmethod
    def buy_used(cls, **values):
        """Buy a used car, receive and inspect it.

        :return: ``dealer.vehicle``
        """
        order = cls.take_in(**values)
        cls.receive_picking(order.picking_ids.filtered(lambda picking: picking.state != "done"))
        return order.order_line.dealer_vehicle_id

    @classmethod
    def consign(cls, kind="consignment", received=True, **values):
        """Take a car in for its owner; received and inspected unless told otherwise.

        :return: ``dealer.vehicle.consignment``
        """
        terms = cls.take_in(kind, **values)
        if received:
            cls.receive_picking(terms.receipt_id)
        return terms

    @classmethod
    def settle(cls, terms):
        """Let the accountant settle, and post the document.

        :return: posted ``account.move``
        """
        terms.with_user(cls.user_biller).action_settle()
        move = terms.settlement_ids.filtered(lambda move: move.state == "draft")
        move.invoice_date = fields.Date.today()
        move.with_user(cls.user_biller).action_post()
        return move

    def assertNoTraceOfCost(self):
        """Check that nothing stands on stock and cost accounts, and that every entry balances."""
        self.assertAlmostEqual(self.balance(self.account_stock), 0.0)
        self.assertAlmostEqual(self.balance(self.account_cogs), 0.0)
        entries = self.env["account.move"].search([("company_id", "=", self.company_a.id), ("state", "=", "posted")])
        for entry in entries:
            self.assertAlmostEqual(sum(entry.line_ids.mapped("balance")), 0.0)
