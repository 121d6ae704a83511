import threading
from datetime import timedelta
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, fields
from odoo.exceptions import UserError
from odoo.orm.registry import DummyRLock
from odoo.service.model import retrying
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .common import VINS


@tagged("post_install", "-at_install", "dealer")
class TestBookingRace(TransactionCase):
    """Two real connections book one demonstrator for the same time; what they commit is removed again."""

    def setUp(self):
        super().setUp()
        self.vin = VINS[3]
        self.addCleanup(self._remove)

    def _committed(self, func):
        with self.registry.cursor() as cr:
            return func(api.Environment(cr, SUPERUSER_ID, {}))

    def _make(self, env):
        product = env["product.template"].create({"name": "Race Trim", "is_vehicle": True}).product_variant_id
        car = env["dealer.vehicle"].create({"vin": self.vin, "vin_confirmed": True, "product_id": product.id})
        lot = env["stock.lot"].create({"name": self.vin, "product_id": product.id})
        car.vin_id.lot_id = lot
        site = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
        env["stock.quant"]._update_available_quantity(product, site.lot_stock_id, 1, lot_id=lot)
        return car.id

    def _remove(self):
        def remove(env):
            car = env["dealer.vehicle"].search([("vin", "=", self.vin)])
            product, identity, lot = car.product_id, car.vin_id, car.lot_id
            env.cr.execute("DELETE FROM dealer_vehicle_booking WHERE vehicle_id = ANY(%s)", (car.ids,))
            env.cr.execute("DELETE FROM stock_quant WHERE lot_id = ANY(%s)", (lot.ids,))
            env.invalidate_all()
            identity.lot_id = False
            car.unlink()
            identity.unlink()
            lot.unlink()
            product.product_tmpl_id.unlink()

        self._committed(remove)

    def test_two_people_book_one_car(self):
        car_id = self._committed(self._make)
        start = fields.Datetime.now() + timedelta(days=1)
        outcome, second_runs = [], threading.Event()

        def book(env):
            env["dealer.vehicle.booking"].create(
                {"vehicle_id": car_id, "partner_id": env.user.partner_id.id, "date_from": start}
            )

        def run_second(env):
            def attempt():
                second_runs.set()
                book(env)

            try:
                retrying(attempt, env)
                outcome.append(None)
            except UserError as error:
                outcome.append(error)

        # The test runner holds the registry's lock, the second one's retry asks for it.
        lock = patch.object(type(self.registry), "_lock", DummyRLock())
        quiet = mute_logger("odoo.sql_db")
        with lock, quiet, self.registry.cursor() as cr, self.registry.cursor() as cr2:
            book(api.Environment(cr, SUPERUSER_ID, {}))
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
        self.assertIn("It is free again from", str(outcome[0]))
        count = self._committed(lambda env: env["dealer.vehicle.booking"].search_count([("vehicle_id", "=", car_id)]))
        self.assertEqual(count, 1)
