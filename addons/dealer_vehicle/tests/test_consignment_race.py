from odoo.tests import tagged

from .test_dealer_vehicle_hold_race import TestRaces


@tagged("post_install", "-at_install", "dealer")
class TestConsignmentRaces(TestRaces):
    """Two accountants settle one car at once, on two real connections; what they commit is removed again."""

    # The races of holds run in their own class.
    test_two_people_take_one_car = None
    test_two_people_register_one_vin = None

    def _make_terms(self, env):
        """Make an agency car that was handed over, and the accounts its commission needs.

        :return: id of ``dealer.vehicle.consignment``
        """
        kinds = {"RACE1": "income", "RACE2": "asset_receivable"}
        income, receivable = (
            env["account.account"].create({"name": code, "code": code, "account_type": kind})
            for code, kind in kinds.items()
        )
        env["account.journal"].create({"name": "Race", "code": "RACE", "type": "sale"})
        maker = env["res.partner"].create({"name": "Race Maker", "property_account_receivable_id": receivable.id})
        commission = env.ref("dealer_vehicle.product_product_commission")
        commission.property_account_income_id = commission.property_account_income_id or income
        product = env["product.template"].create({"name": "Race Trim", "is_vehicle": True}).product_variant_id
        car = env["dealer.vehicle"].create({"maker_order_no": "RACE", "product_id": product.id})
        terms = env["dealer.vehicle.consignment"].create(
            {"vehicle_id": car.id, "kind": "agency", "partner_id": maker.id, "commission_amount": 500.0}
        )
        line = {"product_id": product.id, "dealer_vehicle_id": car.id, "product_uom_qty": 1}
        order = env["sale.order"].create({"partner_id": maker.id, "order_line": [(0, 0, line)]})
        env.flush_all()
        # Handed over, without the stock it takes: what races is the settlement.
        env.cr.execute("UPDATE sale_order_line SET qty_delivered = 1 WHERE order_id = %s", (order.id,))
        return terms.id

    def _remove(self):
        def remove(env):
            cars = env["dealer.vehicle"].search([("maker_order_no", "=", "RACE")])
            terms, products = cars.consignment_ids, cars.product_id
            orders, partners = cars.sale_line_ids.order_id, terms.partner_id
            terms.settlement_ids.unlink()
            env.cr.execute("UPDATE sale_order_line SET qty_delivered = 0 WHERE order_id = ANY(%s)", (orders.ids,))
            env.invalidate_all()
            orders.unlink()
            env.cr.execute("DELETE FROM dealer_vehicle_consignment WHERE id = ANY(%s)", (terms.ids,))
            env.invalidate_all()
            cars.unlink()
            products.product_tmpl_id.unlink()
            accounts = env["account.account"].search([("code", "in", ("RACE1", "RACE2"))])
            commission = env.ref("dealer_vehicle.product_product_commission")
            if commission.property_account_income_id in accounts:
                commission.property_account_income_id = False
            partners.property_account_receivable_id = False
            partners.unlink()
            env["account.journal"].search([("code", "=", "RACE")]).unlink()
            accounts.unlink()

        self._committed(remove)

    def test_two_people_settle_one_car(self):
        terms_id = self._committed(self._make_terms)

        def settle(env):
            env["dealer.vehicle.consignment"].browse(terms_id).action_settle()

        error = self._race(settle, settle)
        self.assertIn("settled already", str(error))
        count = self._committed(
            lambda env: env["account.move"].search_count([("dealer_consignment_id", "=", terms_id)])
        )
        self.assertEqual(count, 1)
