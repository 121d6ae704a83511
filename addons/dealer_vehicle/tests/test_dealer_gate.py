from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from odoo.addons.dealer_vehicle.models.dealer_vehicle_action import DealerVehicle

from .common import VINS, DealerVehicleCommon

KEEPER = "dealer_vehicle.group_stock_keeper"
BUYER = "dealer_vehicle.group_buyer"


@tagged("post_install", "-at_install", "dealer")
class TestDealerGate(DealerVehicleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.car = cls.stock_car(VINS[0])
        cls.rule_model = cls.env["dealer.gate.rule"]

    def _patched(self, **done):
        def gates(record):
            return [
                {
                    "code": code,
                    "label": code.title(),
                    "stage": "deliver",
                    "done": is_done,
                    "role": KEEPER if code != "pay" else BUYER,
                    "action": "action_open_tasks",
                    "hint": "",
                }
                for code, is_done in done.items()
            ]

        return patch.object(DealerVehicle, "_gates", gates)

    def test_open_gates_are_named_with_their_role(self):
        with self._patched(pay=False, keys=True, wash=False):
            self.assertEqual([gate["code"] for gate in self.car._gates_open("deliver")], ["pay", "wash"])
            self.assertFalse(self.car._gates_open("invoice"))
            with self.assertRaisesRegex(UserError, r"(?s)3A004352.*Pay \(to be done by: Buyer\).*Wash") as raised:
                self.car._check_gates("deliver")
            self.assertNotIn("Keys", str(raised.exception))

    def test_rules_of_the_company_win(self):
        self.rule_model.create({"model": "dealer.vehicle", "code": "pay", "is_required": False})
        with self._patched(pay=False, wash=True):
            self.car._check_gates("deliver")
            own = self.rule_model.create(
                {"model": "dealer.vehicle", "code": "pay", "company_id": self.company_a.id, "is_required": True}
            )
            with self.assertRaises(UserError):
                self.car._check_gates("deliver")
            own.unlink()
            self.car._check_gates("deliver")

    def test_waiting_since_the_role_changed(self):
        keeper, buyer = self.env.ref(KEEPER), self.env.ref(BUYER)
        with self._patched(pay=False, wash=False), freeze_time("2026-03-01 08:00:00"):
            self.car._gates_changed()
        first = self.car.waiting_since
        self.assertEqual(self.car.waiting_role_id, buyer)
        with self._patched(pay=False, wash=True), freeze_time("2026-03-02 08:00:00"):
            self.car._gates_changed()
        self.assertEqual(self.car.waiting_since, first)
        with self._patched(pay=True, wash=False), freeze_time("2026-03-03 08:00:00"):
            self.car._gates_changed()
        self.assertEqual(self.car.waiting_role_id, keeper)
        self.assertGreater(self.car.waiting_since, first)
        with self._patched(pay=True, wash=True):
            self.car._gates_changed()
        self.assertRecordValues(self.car, [{"waiting_role_id": False, "waiting_since": False}])

    def test_widget_data(self):
        with self._patched(pay=False):
            (gate,) = self.car.with_user(self.user_keeper).gate_status
            self.assertEqual((gate["role_name"], gate["may_act"], gate["required"]), ("Buyer", False, True))
            (gate,) = self.car.with_user(self.user_buyer).gate_status
            self.assertTrue(gate["may_act"])

    def test_gates_of_a_car(self):
        gates = {gate["code"]: gate for gate in self.car.gate_status}
        self.assertTrue(gates["received"]["done"])
        self.assertFalse(gates["papers"]["done"])
        self.assertIn("Keys", gates["papers"]["hint"])
        self.env["dealer.vehicle.task"].create({"name": "PDI", "vehicle_id": self.car.id, "is_before_delivery": True})
        self.assertIn("tasks", [gate["code"] for gate in self.car._gates_open("delivery")])
        self.assertFalse(self.make_car(VINS[1]).gate_status)
