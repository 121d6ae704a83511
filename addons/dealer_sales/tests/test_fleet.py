from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import SIGNATURE
from .test_dealer_contract_money import DealerMoneyCommon


class FleetCommon(DealerMoneyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fleet = cls.env["res.partner"].create({"name": "Taxi Fleet Ltd", "is_company": True})
        cls.white = cls.env["dealer.trim.colour"].create(
            {"name": "Pearl White", "code": "W1", "product_tmpl_id": cls.trim.product_tmpl_id.id}
        )

    @classmethod
    def _create_agreement(cls, *lines, user=None, **vals):
        """Make a draft agreement; without lines one of three cars at 21 000 with tax.

        :return: ``dealer.fleet.agreement`` of the advisor
        """
        lines = lines or ({"quantity": 3, "price": 21000.0},)
        values = {
            "partner_id": cls.fleet.id,
            "reference": "Tender 7",
            "date_to": fields.Date.add(fields.Date.today(), months=6),
            "line_ids": [Command.create({"product_id": cls.trim.id, **line}) for line in lines],
            **vals,
        }
        return cls.env["dealer.fleet.agreement"].with_user(user or cls.advisor).create(values)

    @classmethod
    def _create_in_force(cls, *lines, **vals):
        agreement = cls._create_agreement(*lines, **vals)
        agreement.with_user(cls.manager).action_agree()
        return agreement

    @classmethod
    def _make(cls, agreement, number, line=0):
        """Make contracts of a line, as its advisor.

        :return: ``dealer.contract``
        """
        before = agreement.contract_ids
        agreement.action_make_contracts({agreement.line_ids[line].id: number})
        return agreement.contract_ids - before

    def assertCounts(self, record, agreed, contracted, delivered, open_):
        record.invalidate_recordset()
        found = (record.quantity, record.contracted_count, record.delivered_count, record.open_count)
        self.assertEqual(found, (agreed, contracted, delivered, open_))


@tagged("post_install", "-at_install", "dealer")
class TestFleetAgreement(FleetCommon):
    # === Agreement ===
    def test_a_second_manager_puts_it_in_force(self):
        agreement = self._create_agreement()
        self.assertRegex(agreement.name, r"^FA\d{4}-\d{4}$")
        with self.assertRaises(AccessError):
            agreement.action_agree()
        mine = self._create_agreement(user=self.manager)
        with self.assertRaisesRegex(AccessError, "own agreement"):
            mine.with_user(self.manager).action_agree()
        agreement.with_user(self.manager).action_agree()
        self.assertEqual((agreement.state, agreement.agreed_by_id), ("agreed", self.manager))
        with self.assertRaisesRegex(UserError, "no draft"):
            agreement.with_user(self.manager).action_agree()
        empty = self._create_agreement(line_ids=[])
        with self.assertRaisesRegex(UserError, "no cars"):
            empty.with_user(self.manager).action_agree()

    def test_a_second_manager_is_asked(self):
        agreement = self._create_agreement()
        agreement.action_ask()
        self.assertEqual(agreement.asked_by_id, self.advisor)
        asked = agreement.sudo().activity_ids
        self.assertEqual(len(asked), 1)
        self.assertTrue(asked.user_id.has_group("dealer_sales.group_sales_manager"))
        self.assertNotIn(asked.user_id, self.advisor | agreement.sudo().create_uid)
        agreement.with_user(self.manager).action_agree()
        self.assertFalse(agreement.sudo().activity_ids.exists(), "nothing is left to be done")
        with self.assertRaisesRegex(UserError, "is no draft"):
            agreement.action_ask()

    def test_a_manager_asks_another_one(self):
        mine = self._create_agreement(user=self.manager)
        mine.with_user(self.manager).action_ask()
        self.assertNotIn(self.manager, mine.sudo().activity_ids.user_id)

    def test_nobody_else_is_there_to_ask(self):
        mine = self._create_agreement(user=self.manager)
        self.manager_2.active = False
        with self.assertRaisesRegex(UserError, "gives a second person that role"):
            mine.with_user(self.manager).action_ask()
        self.assertFalse(mine.asked_by_id)

    def test_nothing_is_asked_without_cars(self):
        empty = self._create_agreement(line_ids=[])
        with self.assertRaisesRegex(UserError, "has no cars yet"):
            empty.action_ask()
        self.assertFalse(empty.asked_by_id)

    def test_nothing_is_typed(self):
        agreement = self._create_agreement()
        for vals in ({"state": "agreed"}, {"name": "FA1"}, {"agreed_by_id": self.manager.id}):
            with self.subTest(vals), self.assertRaisesRegex(AccessError, "cannot be typed"):
                agreement.write(vals)
        forged = self.env["dealer.fleet.agreement"].with_user(self.advisor)
        forged = forged.with_context(default_state="agreed", default_agreed_by_id=self.manager.id)
        made = forged.create({"partner_id": self.fleet.id, "date_to": fields.Date.today()})
        self.assertEqual((made.state, made.agreed_by_id.id), ("draft", False))
        # Nor does an empty value, or what somebody saved as his own default
        plain = self.env["dealer.fleet.agreement"].with_user(self.advisor)
        plain.env["ir.default"].set(plain._name, "state", "agreed", user_id=True)
        made = plain.create({"partner_id": self.fleet.id, "date_to": fields.Date.today(), "state": False})
        self.assertEqual(made.state, "draft")
        with self.assertRaisesRegex(AccessError, "cannot be typed"):
            self._create_contract(fleet_line_id=agreement.line_ids.id)
        forged = self.env["dealer.contract"].with_user(self.advisor)
        forged = forged.with_context(default_fleet_line_id=agreement.line_ids.id)
        contract = forged.create({"partner_id": self.customer.id, "product_id": self.trim.id})
        self.assertFalse(contract.fleet_line_id)

    def test_terms_in_force_stay(self):
        agreement = self._create_in_force()
        with self.assertRaisesRegex(UserError, "back to draft"):
            agreement.line_ids.quantity = 9
        with self.assertRaisesRegex(UserError, "back to draft"):
            agreement.date_to = fields.Date.today()
        with self.assertRaises(AccessError):
            agreement.action_reopen()
        self._make(agreement, 2)
        agreement.with_user(self.manager).action_reopen()
        with self.assertRaisesRegex(UserError, "not in force"):
            agreement.action_make_contracts()
        with self.assertRaisesRegex(UserError, "trim, colour and price stay"):
            agreement.line_ids.price = 20000.0
        with self.assertRaisesRegex(UserError, "stays on file"):
            agreement.line_ids.unlink()
        agreement.line_ids.quantity = 2
        with self.assertRaises(IntegrityError), self.cr.savepoint(), mute_logger("odoo.sql_db"):
            agreement.line_ids.quantity = 1
            self.env.flush_all()

    def test_price_and_its_tax(self):
        agreement = self._create_agreement({"quantity": 2, "price": 23000.0})
        line = agreement.line_ids
        self.assertEqual((line.price_untaxed, line.price_tax, line.amount_total), (20000.0, 3000.0, 46000.0))
        with Form(agreement) as form, form.line_ids.new() as row:
            row.product_id = self.other_trim
            self.assertEqual(row.price, 34500.0, "its list price with tax is proposed")
        self.assertEqual(agreement.amount_total, 80500.0)

    # === Contracts ===
    def test_contracts_of_one_car_each_at_the_agreed_price(self):
        agreement = self._create_in_force({"quantity": 3, "price": 21000.0}, {"quantity": 2, "price": 20500.0})
        window = self.env["dealer.fleet.contracts"].with_user(self.advisor)
        action = agreement.action_make_contracts()
        window = Form(window.with_context(**action["context"])).save()
        self.assertEqual(window.line_ids.mapped("quantity"), [3, 2])
        window.line_ids[1].quantity = 1
        window.action_confirm()
        contracts = agreement.contract_ids
        self.assertEqual(sorted(contracts.mapped("amount_car")), [20500.0, 21000.0, 21000.0, 21000.0])
        self.assertEqual(set(contracts.mapped("kind")), {"fleet"})
        self.assertEqual(set(contracts.mapped("user_id")), {self.advisor})
        self.assertEqual(contracts.partner_id, self.fleet)
        self.assertEqual(len(contracts.sale_order_id), 4)
        self.assertCounts(agreement, 5, 4, 0, 1)
        self.assertIn(contracts[:1], self.env["dealer.contract"].with_user(self.advisor).search([]))

    def test_never_more_than_agreed(self):
        agreement = self._create_in_force()
        with self.assertRaisesRegex(UserError, "3 are still open, 4 were asked for"):
            self._make(agreement, 4)
        contracts = self._make(agreement, 3)
        with self.assertRaisesRegex(UserError, "0 are still open"):
            self._make(agreement, 1)
        contracts[:1].action_cancel("one less")
        self.assertCounts(agreement, 3, 2, 0, 1)
        contracts[1:2].sudo().unlink()
        self.assertCounts(agreement, 3, 1, 0, 2)
        self._make(agreement, 2)

    @mute_logger("odoo.sql_db")
    def test_the_database_guards_the_quantity(self):
        agreement = self._create_in_force()
        self._make(agreement, 3)
        self.env.flush_all()
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self.cr.execute("UPDATE dealer_fleet_agreement_line SET contracted_count = 4")
        self.cr.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'c'"
            " AND conrelid = 'dealer_fleet_agreement_line'::regclass"
        )
        names = {name for (name,) in self.cr.fetchall()}
        self.assertLessEqual({f"dealer_fleet_agreement_line_{n}" for n in ("never_more", "price_positive")}, names)
        self.cr.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename IN ('dealer_fleet_agreement','dealer_contract')"
        )
        indexes = {name for (name,) in self.cr.fetchall()}
        self.assertLessEqual({"dealer_fleet_agreement_name_uniq", "dealer_contract__fleet_line_id_index"}, indexes)

    def test_bad_numbers(self):
        agreement = self._create_in_force()
        line = agreement.line_ids.id
        for wrong in ({}, {line: 0}, {line: -1}, {"x": 1}, {line: "many"}, [line], "3", {line: None}, {line + 999: 1}):
            with self.subTest(wrong), self.assertRaises(UserError):
                agreement.action_make_contracts(wrong)
        agreement.action_make_contracts({str(line): 1})  # as JSON sends it

    def test_only_while_it_is_valid(self):
        agreement = self._create_in_force(date_from="2020-01-01", date_to="2020-12-31")
        self.assertTrue(agreement.is_expired)
        with self.assertRaisesRegex(UserError, "not in force today"):
            self._make(agreement, 1)
        closed = self._create_in_force()
        closed.action_close()
        with self.assertRaisesRegex(UserError, "not in force today"):
            self._make(closed, 1)

    # === Price ===
    def test_the_agreement_is_the_reason_of_its_price(self):
        agreement = self._create_in_force({"quantity": 2, "price": 19000.0})
        self._make(agreement, 2)
        self.assertEqual(agreement.draft_count, 2)
        self.assertIs(agreement.action_submit_drafts(), True, "no window asks why")
        contracts = agreement.contract_ids
        self.assertEqual(set(contracts.mapped("version_state")), {"under_review"})
        version = contracts[:1].current_version_id
        self.assertEqual(version.reason_id, self.env.ref("dealer_sales.dealer_discount_reason_fleet"))
        self.assertGreater(version.cut_amount, 0.0)
        agreement.invalidate_recordset()
        self.assertEqual(agreement.draft_count, 0)
        with self.assertRaisesRegex(UserError, "no contract to submit"):
            agreement.action_submit_drafts()

    def test_a_lower_price_asks_why(self):
        agreement = self._create_in_force()
        contracts = self._make(agreement, 2)
        contracts[0]._get_car_lines().price_with_tax = 20000.0
        action = agreement.action_submit_drafts()
        self.assertEqual(action["context"]["default_contract_ids"], contracts[0].ids)
        self.assertEqual(contracts.mapped("version_state"), [False, "under_review"])
        reason = self.env.ref("dealer_sales.dealer_discount_reason_rival")
        contracts[0].action_submit(reason.id)
        self.assertEqual(contracts[0].current_version_id.reason_id, reason)

    def test_a_gift_on_top_asks_why(self):
        agreement = self._create_in_force()
        contract = self._make(agreement, 1)
        mats = self.env["product.product"].create({"name": "Mats", "list_price": 100.0, "standard_price": 40.0})
        contract.write({"order_line_ids": [Command.create({"product_id": mats.id, "price_unit": 0.0})]})
        contract.order_line_ids.filtered(lambda line: line.product_id == mats).is_gift = True
        self.assertEqual(contract.action_submit()["res_model"], "dealer.contract.submit")

    # === Cars ===
    def test_a_car_of_the_agreed_colour(self):
        agreement = self._create_in_force({"quantity": 2, "price": 21000.0, "colour_id": self.white.id})
        contract = self._make(agreement, 1)
        self._approve(contract)
        self.assertIn("Pearl White", contract.sudo()._get_placeholder_values()["colour"])
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        self.car.colour_exterior = "Black"
        with self.assertRaisesRegex(UserError, "says Pearl White"):
            contract.action_allocate(self.car.id)
        self.car.colour_exterior = "w1 "
        contract.action_allocate(self.car.id)
        self.assertEqual(contract.vehicle_id, self.car)

    def test_another_car_leaves_the_agreement(self):
        agreement = self._create_in_force({"quantity": 2, "price": 21000.0, "colour_id": self.white.id})
        contract = self._make(agreement, 1)
        self.car.colour_exterior = "Black"
        contract.action_change_car(vehicle_id=self.car.id, reason="takes the black one")
        self.assertFalse(contract.fleet_agreement_id)
        self.assertCounts(agreement, 2, 0, 0, 2)

    def test_delivered_are_counted(self):
        agreement = self._create_in_force()
        contracts = self._make(agreement, 2)
        contracts.action_submit()
        contracts.current_version_id.with_user(self.manager).action_approve()
        for contract, car in zip(contracts, self.car | self.car_2, strict=True):
            contract.sudo()._sign("Anna Buyer", SIGNATURE)
            contract.action_allocate(car.id)
        contract = contracts[0]
        self._invoice(contract)
        self._receive(contract, kind="balance", partner_id=self.fleet.id)
        contract.action_prepare_delivery()
        delivery = contract.sudo().delivery_ids.with_user(self.advisor)
        delivery.line_ids.write({"is_done": True})
        delivery.write({"odometer_km": 10, "plate": "TEST-1"})
        delivery._sign_protocol("Anna Buyer", SIGNATURE)
        delivery.action_hand_over()
        self.assertCounts(agreement, 3, 2, 1, 1)
        self.assertCounts(agreement.line_ids, 3, 2, 1, 1)

    # === Rights ===
    def test_who_sees_and_makes(self):
        agreement = self._create_in_force()
        models = self.env["dealer.fleet.agreement"]
        self.assertNotIn(agreement, models.with_user(self.advisor_2).search([]))
        with self.assertRaises(AccessError):
            agreement.with_user(self.advisor_2).action_make_contracts()
        with self.assertRaises(AccessError):
            agreement.line_ids.with_user(self.advisor_2).read(["price"])
        for user in (self.fni, self.stock_keeper, self.cashier, self.general_manager):
            with self.subTest(user.login):
                self.assertTrue(agreement.with_user(user).read(["name", "open_count"]))
                with self.assertRaises(AccessError):
                    agreement.with_user(user).action_make_contracts({agreement.line_ids.id: 1})
        with self.assertRaises(AccessError):
            agreement.with_user(self.receptionist).read(["name"])
        other = self.env["res.company"].create({"name": "Other Shop"})
        stranger = self._create_user("fleet_other", "dealer_sales.group_sales_manager", company=other)
        self.assertNotIn(agreement, models.with_user(stranger).with_context(allowed_company_ids=other.ids).search([]))

    def test_counts_of_many_cost_no_more_queries(self):
        few = self._create_in_force()
        many = few
        for _number in range(9):
            many |= self._create_in_force()
        for agreement in many:
            self._make(agreement, 1)
        names = ["quantity", "contracted_count", "delivered_count", "open_count", "draft_count", "amount_total"]

        def count(agreements):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            agreements.with_user(self.manager).read(names)
            return self.cr.sql_log_count - start

        count(many)
        self.assertEqual(count(few), count(many))
