import threading
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError, ValidationError
from odoo.orm.registry import DummyRLock
from odoo.service.model import retrying
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .common import VINS


@tagged("post_install", "-at_install", "dealer")
class TestRaces(TransactionCase):
    """Two real connections; what they commit is removed again."""

    def setUp(self):
        super().setUp()
        self.vin = VINS[2]
        self.addCleanup(self._remove)

    def _committed(self, func):
        with self.registry.cursor() as cr:
            return func(api.Environment(cr, SUPERUSER_ID, {}))

    def _make_car(self, env):
        maker = env["res.partner"].create({"name": "Race Maker"})
        product = env["product.template"].create({"name": "Race Trim", "is_vehicle": True}).product_variant_id
        order = env["purchase.order"].create(
            {"partner_id": maker.id, "order_line": [(0, 0, {"product_id": product.id, "product_qty": 1})]}
        )
        car = env["dealer.vehicle"].create({"maker_order_no": "RACE", "product_id": product.id})
        car.purchase_line_id = order.order_line
        return car.id

    def _remove(self):
        def remove(env):
            cars = env["dealer.vehicle"].search(["|", ("vin", "=", self.vin), ("maker_order_no", "=", "RACE")])
            orders, products, identities = cars.purchase_line_id.order_id, cars.product_id, cars.vin_id
            env.cr.execute("DELETE FROM dealer_vehicle_hold WHERE vehicle_id = ANY(%s)", (cars.ids,))
            env.invalidate_all()
            cars.purchase_line_id = False
            partners = orders.partner_id
            cars.unlink()
            orders.button_cancel()
            orders.unlink()
            (identities | env["dealer.vin"].search([("vin", "=", self.vin)])).unlink()
            products.product_tmpl_id.unlink()
            partners.unlink()

        self._committed(remove)

    def _race(self, first, second):
        """Run ``first`` to its end, hold its commit until ``second`` waits, return what ``second`` met."""
        outcome = []
        second_runs = threading.Event()

        def run_second(env):
            def attempt():
                second_runs.set()
                second(env)

            try:
                retrying(attempt, env)
                outcome.append(None)
            except (UserError, ValidationError) as error:
                outcome.append(error)

        # The test runner holds the registry's lock, the second one's retry asks for it.
        lock = patch.object(type(self.registry), "_lock", DummyRLock())
        quiet = mute_logger("odoo.sql_db")
        with lock, quiet, self.registry.cursor() as cr, self.registry.cursor() as cr2:
            first(api.Environment(cr, SUPERUSER_ID, {}))
            cr.flush()
            env2 = api.Environment(cr2, SUPERUSER_ID, {})
            cr2.execute("SELECT 1")  # this snapshot is older than the first one's commit
            thread = threading.Thread(target=run_second, args=(env2,), daemon=True)
            thread.start()
            second_runs.wait(10)
            thread.join(0.5)
            cr.commit()  # pylint: disable=invalid-commit
            thread.join(30)
            self.assertFalse(thread.is_alive())
        return outcome[0]

    def test_two_people_take_one_car(self):
        car_id = self._committed(self._make_car)

        def take(env):
            env["dealer.vehicle"].browse(car_id)._take_hold(env.user.partner_id)

        error = self._race(take, take)
        self.assertIn("is already held by", str(error))
        count = self._committed(
            lambda env: env["dealer.vehicle.hold"].search_count([("vehicle_id", "=", car_id), ("state", "=", "live")])
        )
        self.assertEqual(count, 1)

    def test_two_people_register_one_vin(self):
        def register(spelling):
            return lambda env: env["dealer.vehicle"].create({"vin": spelling})

        error = self._race(register(self.vin), register(self.vin.lower()))
        self.assertIn("already", str(error))
        count = self._committed(lambda env: env["dealer.vin"].search_count([("vin", "=", self.vin)]))
        self.assertEqual(count, 1)
