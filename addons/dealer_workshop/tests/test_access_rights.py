from datetime import datetime

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import WORKSHOP, DealerWorkshopCommon

ROLES = ("technician", "quality_inspector", "dispatcher", "service_advisor", "workshop_manager")
# Who may create what; reading is everybody's in the workshop.
MAY_CREATE = {
    "repair.order": {"service_advisor", "workshop_manager"},
    "dealer.appointment": {"service_advisor", "workshop_manager"},
    "dealer.job": {"service_advisor", "workshop_manager"},
    "dealer.job.line": {"service_advisor", "workshop_manager"},
    "dealer.job.split": {"service_advisor", "workshop_manager"},
    "dealer.job.assignment": {"dispatcher", "service_advisor", "workshop_manager"},
    "dealer.job.part": {"technician", "service_advisor", "workshop_manager"},
    "dealer.job.clock": set(),
    "dealer.operation": {"workshop_manager"},
    "dealer.labour.rate": {"workshop_manager"},
    "dealer.bay": {"workshop_manager"},
}


@tagged("post_install", "-at_install", "dealer")
class TestAccessRights(DealerWorkshopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {role: cls._make_user(f"r_{role}", WORKSHOP + role) for role in ROLES}
        cls.auditor = cls._make_user("r_auditor", "dealer_vehicle.group_auditor")
        cls.clerk = cls._make_user("r_clerk", "base.group_user")

    def test_rights_by_role(self):
        for model, creators in MAY_CREATE.items():
            for role, user in self.users.items():
                with self.subTest(model=model, role=role):
                    records = self.env[model].with_user(user)
                    self.assertTrue(records.has_access("read"))
                    self.assertEqual(records.has_access("create"), role in creators)
            with self.subTest(model=model, role="auditor"):
                records = self.env[model].with_user(self.auditor)
                self.assertTrue(records.has_access("read"))
                for operation in ("create", "write", "unlink"):
                    self.assertFalse(records.has_access(operation))
            with self.subTest(model=model, role="clerk"):
                self.assertFalse(self.env[model].with_user(self.clerk).has_access("read"))

    def test_no_stock_no_cost_no_money(self):
        """The workshop works without core's stock, accounting and HR rights."""
        for role, user in self.users.items():
            for model in ("stock.move", "stock.quant", "account.move", "sale.order", "hr.employee"):
                with self.subTest(role=role, model=model):
                    self.assertFalse(self.env[model].with_user(user).has_access("write"))
            with self.subTest(role=role):
                self.assertFalse(user.has_group("dealer_vehicle.group_vehicle_cost"))

    def test_sites(self):
        here = self._make_order()
        there = self._make_order(site_id=self.other_site.id)
        booked = self.env["dealer.appointment"].create(
            {"site_id": self.other_site.id, "vehicle_id": self.car.id, "date_from": datetime(2030, 1, 7, 8)}
        )
        self.assertEqual(there.picking_type_id.warehouse_id, self.other_site)
        self.advisor.dealer_site_ids = self.site
        orders = self.env["repair.order"].with_user(self.advisor).search([("dealer_vehicle_id", "=", self.car.id)])
        self.assertEqual(orders, here)
        for record in (there, there.job_ids, there.job_ids.line_ids, there.job_ids.split_ids, booked):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(self.advisor).read(["display_name"])
        self.advisor.dealer_site_ids = False
        self.assertEqual(self.env["repair.order"].with_user(self.advisor).search_count([("id", "in", there.ids)]), 1)

    def test_second_company_services_the_same_car(self):
        """Company B services a car company A sold, and sees nothing of A's visits, people or plates."""
        first = self._make_order(concern="A's customer complains")
        first.action_check_in()
        other = self.env["res.company"].create({"name": "Second Motors"})
        advisor = new_test_user(
            self.env,
            login="b_advisor",
            groups=WORKSHOP + "service_advisor",
            company_id=other.id,
            company_ids=[other.id],
        )
        customer = self.env["res.partner"].create({"name": "B's customer", "company_id": other.id})
        appointment = (
            self.env["dealer.appointment"]
            .with_user(advisor)
            .create(
                {
                    "site_id": self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1).id,
                    "vehicle_text": self.car.vin,
                    "vehicle_vin_confirmed": True,
                    "partner_id": customer.id,
                    "date_from": datetime(2030, 1, 7, 8),
                    "line_ids": [Command.create({"name": "Service"})],
                }
            )
        )
        car = appointment.vehicle_id
        self.assertNotEqual(car, self.car)
        self.assertEqual((car.vin, car.company_id, car.owner_id), (self.car.vin, other, customer))
        order = self.env["repair.order"].with_user(advisor).browse(appointment.action_arrive()["res_id"])
        order.odometer_km = 100
        order.action_check_in()
        self.assertEqual((order.company_id, order.stage, car.repair_order_count), (other, "received", 1))
        self.assertFalse(car.plate)
        self.assertFalse(self.env["repair.order"].with_user(advisor).search([("id", "=", first.id)]))
        for record in (first, first.job_ids, self.car):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(advisor).read(["display_name"])
        self.assertEqual(self.car.odometer_km, 42000)
