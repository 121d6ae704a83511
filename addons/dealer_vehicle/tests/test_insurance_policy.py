from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DealerVehicleCommon, make_vin


@tagged("post_install", "-at_install", "dealer")
class TestInsurancePolicy(DealerVehicleCommon):
    """A policy's state follows from its dates; the database keeps two compulsory ones off a car."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.insurer = cls.env["res.partner"].create({"name": "Harbour Insurance", "is_company": True})
        cls.compulsory = cls.env.ref("dealer_vehicle.dealer_insurance_kind_compulsory")
        cls.damage = cls.env.ref("dealer_vehicle.dealer_insurance_kind_damage")
        cls.car = cls.make_car(make_vin(1), owner_id=cls.customer.id)
        cls.today = fields.Date.today()

    def policy(self, number, kind=None, car=None, begin=0, **values):
        return self.env["dealer.insurance.policy"].create(
            {
                "vehicle_id": (car or self.car).id,
                "kind_id": (kind or self.compulsory).id,
                "insurer_id": self.insurer.id,
                "number": number,
                "date_from": self.today + timedelta(days=begin),
                **values,
            }
        )

    def test_defaults(self):
        policy = self.policy(" PDZA 2026 77 ")
        self.assertEqual(policy.partner_id, self.customer)
        self.assertEqual(policy.number, "PDZA202677")
        self.assertGreaterEqual((policy.date_to - policy.date_from).days, 364)
        self.assertEqual(self.car.insured_until, policy.date_to)

    def test_state_follows_from_the_dates(self):
        by_state = {
            "coming": self.policy("A", self.damage, begin=5),
            "running": self.policy("B", self.damage, begin=-5),
            "ended": self.policy("C", self.damage, begin=-500),
            "cancelled": self.policy("D", self.damage, date_cancelled=self.today),
        }
        for state, policy in by_state.items():
            self.assertEqual(policy.state, state)
            self.assertEqual(
                self.env["dealer.insurance.policy"].search([("state", "=", state), ("id", "in", self._ids(by_state))]),
                policy,
            )
        both = self.env["dealer.insurance.policy"].search([("state", "in", ("coming", "running"))])
        self.assertLessEqual(by_state["coming"] | by_state["running"], both)

    def _ids(self, by_state):
        return [policy.id for policy in by_state.values()]

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses(self):
        first = self.policy("A")
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.policy("B", begin=300)
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.policy("A", self.damage)
        self.policy("B", begin=365)
        self.policy("C", self.damage)
        self.policy("D", car=self.make_car(make_vin(2), owner_id=self.customer.id))
        first.date_cancelled = self.today
        self.env.flush_all()
        self.policy("E", date_to=self.today + timedelta(days=100))
        self.env.cr.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conname = 'dealer_insurance_policy_compulsory_no_overlap'"
        )
        self.assertIn("EXCLUDE USING gist", self.env.cr.fetchone()[0])
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'dealer_insurance_policy_number_uniq'")
        self.assertIn("UNIQUE", self.env.cr.fetchone()[0])

    def test_rights_and_companies(self):
        policy = self.policy("A")
        for user in (self.user_staff, self.user_keeper, self.user_auditor):
            self.assertEqual(policy.with_user(user).number, "A")
            with self.assertRaises(AccessError):
                policy.with_user(user).premium = 1.0
        policy.with_user(self.user_admin).premium = 950.0
        self.assertFalse(self.env["dealer.insurance.policy"].with_user(self.user_b).search([]))

    def test_query_count(self):
        cars = self.env["dealer.vehicle"]
        for number in range(10, 30):
            car = self.make_car(make_vin(number), owner_id=self.customer.id)
            self.policy(f"N{number}", car=car)
            cars |= car
        self.env.flush_all()

        def count(records):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.mapped("insured_until")
            return self.env.cr.sql_log_count - before

        self.assertLessEqual(count(cars), count(cars[:1]) + 1)
