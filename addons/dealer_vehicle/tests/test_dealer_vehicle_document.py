from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import VINS, DealerVehicleCommon


@tagged("post_install", "-at_install", "dealer")
class TestDealerVehicleDocument(DealerVehicleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.car = cls.stock_car(VINS[0])
        cls.papers = cls.env["dealer.vehicle.document"].create(
            [
                {"vehicle_id": cls.car.id, "kind": "certificate", "number": "WEM1"},
                {"vehicle_id": cls.car.id, "kind": "keys", "number": "2"},
            ]
        )

    def test_chain_of_custody(self):
        certificate = self.papers[0].with_user(self.user_keeper)
        self.assertTrue(certificate.is_in_house)
        certificate.action_hand_over(self.bank.id, note="Loan 77")
        self.assertRecordValues(certificate, [{"is_in_house": False, "is_pledged": True}])
        certificate.action_take_in()
        house = self.company_a.partner_id
        self.assertRecordValues(
            certificate.custody_ids.sorted("id"),
            [
                {"from_id": False, "to_id": house.id, "user_id": self.env.uid, "note": "Registered"},
                {"from_id": house.id, "to_id": self.bank.id, "user_id": self.user_keeper.id, "note": "Loan 77"},
                {"from_id": self.bank.id, "to_id": house.id, "user_id": self.user_keeper.id, "note": False},
            ],
        )
        self.assertEqual(self.car.document_away_count, 0)

    def test_hand_over_of_several_by_dialogue(self):
        action = self.papers.with_user(self.user_keeper).action_hand_over()
        with Form.from_action(self.env(user=self.user_keeper), action) as form:
            form.partner_id = self.customer
        form.record.action_confirm()
        self.assertEqual(self.papers.holder_id, self.customer)
        self.assertEqual(self.car.document_away_count, 2)

    def test_nobody_has_it_twice(self):
        with self.assertRaisesRegex(UserError, "already"):
            self.papers[0].action_hand_over(self.company_a.partner_id.id)

    def test_chain_is_evidence(self):
        step = self.papers[0].custody_ids
        for user in (self.user_keeper, self.user_admin, self.user_manager):
            with self.assertRaises(AccessError):
                step.with_user(user).write({"note": "x"})
            with self.assertRaises(AccessError):
                step.with_user(user).unlink()

    def test_being_in_house_is_not_typed(self):
        paper = self.papers[0]
        paper.action_hand_over(self.bank.id)
        for name in ("is_in_house", "is_pledged", "holder_since"):
            with self.assertRaisesRegex(UserError, "Hand Over"):
                paper.with_user(self.user_keeper).write({name: False})
        with self.assertRaisesRegex(UserError, "Hand Over"):
            self.env["dealer.vehicle.document"].create(
                {"vehicle_id": self.car.id, "kind": "title", "is_in_house": True, "holder_id": self.bank.id}
            )

    def test_same_paper_twice(self):
        with self.assertRaisesRegex(UniqueViolation, "kind_number_uniq"), mute_logger("odoo.sql_db"):
            self.papers[0].copy({"vehicle_id": self.car.id, "number": "WEM1"})

    def test_rules_by_kind_condition_and_company(self):
        rules = self.env["dealer.vehicle.document.rule"]
        self.assertFalse(self.car._get_missing_papers("delivery"))
        self.papers[0].action_hand_over(self.bank.id)
        self.assertEqual(
            self.car._get_missing_papers("invoice"), [f"Quality Certificate (at {self.bank.name})"], "and where it is"
        )
        self.car.condition = "used"
        self.assertEqual(self.car._get_missing_papers("invoice"), ["Vehicle Title"])
        rules.create({"kind": "import", "company_id": self.company_b.id, "required_before_invoice": True})
        self.assertEqual(self.car._get_missing_papers("invoice"), ["Vehicle Title"])
        rules.create({"kind": "import", "company_id": self.company_a.id, "required_before_invoice": True})
        self.assertEqual(set(self.car._get_missing_papers("invoice")), {"Vehicle Title", "Import Papers"})

    def test_missing_papers_of_many_cars(self):
        bare = self.stock_car(VINS[1])
        missing = self.env["dealer.vehicle.document.rule"]._get_missing(self.car | bare, "delivery")
        self.assertEqual(missing, {bare: ["certificate", "keys"]})


@tagged("post_install", "-at_install", "dealer")
class TestDealerVehicleTask(DealerVehicleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.car = cls.stock_car(VINS[0])
        cls.tasks = cls.env["dealer.vehicle.task"].create(
            [
                {"name": "PDI", "vehicle_id": cls.car.id, "kind": "pdi", "is_before_delivery": True},
                {"name": "Floor mats", "vehicle_id": cls.car.id, "kind": "promise", "date_due": "2020-01-01"},
            ]
        )

    def test_close_and_count(self):
        self.assertEqual(self.car.task_open_count, 2)
        self.tasks[0].with_user(self.user_keeper).action_done()
        self.assertRecordValues(self.tasks[0], [{"state": "done", "done_by": self.user_keeper.id}])
        self.assertEqual(self.car.task_open_count, 1)
        with self.assertRaisesRegex(UserError, "closed already"):
            self.tasks.action_cancel()

    def test_overdue(self):
        overdue = self.env["dealer.vehicle.task"].search([("is_overdue", "=", True), ("vehicle_id", "=", self.car.id)])
        self.assertEqual(overdue, self.tasks[1])
        self.assertTrue(overdue.is_overdue)

    def test_state_follows_the_buttons(self):
        with self.assertRaisesRegex(UserError, "buttons"):
            self.tasks[0].with_user(self.user_keeper).write({"state": "done"})
        born = (
            self.env["dealer.vehicle.task"]
            .with_context(default_state="done")
            .create({"name": "x", "vehicle_id": self.car.id})
        )
        self.assertEqual(born.state, "open")
        with self.assertRaisesRegex(UserError, "buttons"):
            self.tasks[0].with_user(self.user_keeper).write({"done_by": self.user_buyer.id})
        with self.assertRaises(AccessError):
            self.tasks[0].with_user(self.user_staff).action_done()

    def test_odometer_backwards_needs_a_note(self):
        Reading = self.env["dealer.vehicle.odometer"]
        Reading.create({"vehicle_id": self.car.id, "km": 100, "date": "2026-01-01 00:00:00"})
        with self.assertRaisesRegex(ValidationError, "Say why"):
            Reading.create({"vehicle_id": self.car.id, "km": 90, "date": "2026-01-02 00:00:00"})
        Reading.create({"vehicle_id": self.car.id, "km": 0, "date": "2026-01-03 00:00:00", "note": "New instrument"})
        Reading.create({"vehicle_id": self.car.id, "km": 50, "date": "2026-01-04 00:00:00"})
        self.assertEqual(self.car.odometer_km, 50)
