import base64
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SIGNATURE
from .test_dealer_contract_money import DealerMoneyCommon


@tagged("post_install", "-at_install", "dealer")
class TestContractOutside(DealerMoneyCommon):
    def _values(self, **others):
        return {
            "source": "web",
            "reference": "W-1",
            "customer": {"name": "Web Buyer", "phone": "+32 470 99 88 77"},
            "vin": self.car.vin,
            **others,
        }

    def _make(self, user=None, **others):
        return self.env["dealer.contract"].with_user(user or self.advisor).make_contract(self._values(**others))

    # === API ===
    def test_whole_contract_from_one_dict(self):
        extra = self.env["product.product"].create({"name": "Mats", "default_code": "MATS", "type": "service"})
        answer = self._make(
            price=24000.0,
            deposit=1000.0,
            deposit_kind="refundable",
            note="by Friday",
            lines=[{"product": "MATS", "quantity": 2, "price": 50.0}],
        )
        contract = self.env["dealer.contract"].browse(answer["id"])
        self.assertTrue(answer["is_new"])
        self.assertEqual((contract.state, contract.user_id), ("draft", self.advisor))
        self.assertEqual((contract.vehicle_id, contract.partner_id.name), (self.car, "Web Buyer"))
        self.assertAlmostEqual(contract.amount_car, 24000.0, 2)
        self.assertEqual((contract.deposit_amount, contract.deposit_kind), (1000.0, "refundable"))
        line = contract.order_line_ids.filtered(lambda line: line.product_id == extra)
        self.assertAlmostEqual(line.price_total, 100.0, 2)
        again = self._make(user=self.advisor_2)
        self.assertEqual((again["id"], again["is_new"]), (answer["id"], False))

    def test_customer_is_found_by_phone(self):
        answer = self._make(customer={"phone": self.customer.phone})
        self.assertEqual(self.env["dealer.contract"].browse(answer["id"]).partner_id, self.customer)
        with self.assertRaisesRegex(UserError, "Anna Buyer"):
            self._make(reference="W-2", customer={"name": "Other", "phone": self.customer.phone})

    def test_origin_is_unique_in_the_database_and_stays(self):
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'dealer_contract_origin_uniq'")
        self.assertIn("UNIQUE", self.env.cr.fetchone()[0])
        answer = self._make()
        contract = self.env["dealer.contract"].with_user(self.advisor).browse(answer["id"])
        with self.assertRaises(UserError):
            contract.external_ref = "W-9"

    def test_bad_values(self):
        for others, word in (
            ({"evil": 1}, "evil"),
            ({"price": "12"}, "price"),
            ({"vin": False}, "vin / trim"),
            ({"vin": "ZZSDSA1E4TT000099"}, "for sale"),
            ({"deposit_kind": "gift"}, "deposit_kind"),
            ({"advisor": "sales_advisor_2"}, "sales_advisor_2"),
        ):
            with self.assertRaisesRegex(UserError, word):
                self._make(**others)
        with self.assertRaises(AccessError):
            self._make(user=self.cashier)
        self.assertEqual(
            self.env["dealer.contract"].browse(self._make(user=self.manager, advisor="sales_advisor_2")["id"]).user_id,
            self.advisor_2,
        )

    # === File ===
    def _import(self, text, **vals):
        job = self.env["dealer.import"].with_user(self.manager)
        job = job.create({"kind": "contract", "file": base64.b64encode(text.encode()), "file_name": "c.csv", **vals})
        job.action_check()
        return job

    def test_file_dry_run_and_twice(self):
        text = (
            "Source,Reference there,Customer's name,Customer's phone,VIN,Sold as,Price with tax,Advisor's login\n"
            f"group,G-1,Carl File,+32470111111,{self.car.vin},,24000,sales_advisor\n"
            f"group,G-2,Carl File,+32470111111,{self.car.vin},,24000,\n"
            "group,G-3,Dora File,+32470222222,,No such trim,24000,\n"
            "group,G-4,Dora File,+32470222222,,One Comfort,abc,\n"
            "group,G-5,Dora File,+32470222222,,One Comfort,25000,\n"
        )
        before = self.env["dealer.contract"].search_count([])
        job = self._import(text)
        self.assertEqual(self.env["dealer.contract"].search_count([]), before, "a check writes nothing")
        problems = {(problem.row, problem.column) for problem in job.problem_ids}
        self.assertEqual(problems, {(3, "VIN"), (4, "Sold as"), (5, "Price with tax")})
        self.assertTrue(all(job.problem_ids.mapped("reason")))
        job.action_run()
        self.assertEqual((job.state, job.created_count, job.refused_count), ("done", 2, 3))
        contract = self.env["dealer.contract"].search([("external_ref", "=", "G-1")])
        self.assertEqual((contract.vehicle_id, contract.user_id), (self.car, self.advisor))
        again = self._import(text)
        self.assertEqual(again.known_count, 2)
        again.action_run()
        self.assertEqual(self.env["dealer.contract"].search_count([]), before + 2)

    def test_rights_on_files(self):
        text = (
            f"Source,Reference there,Customer's name,Customer's phone,VIN\ngroup,G-1,Carl,+32470111111,{self.car.vin}\n"
        )
        mine = self._import(text)
        with self.assertRaises(AccessError):
            mine.with_user(self.stock_keeper).read(["file_name"])
        with self.assertRaises(AccessError):
            self.env["dealer.import"].with_user(self.advisor).create({"kind": "contract", "file": b"eA=="})

    def test_export_comes_in_again(self):
        self._make(price=24000.0)
        kind = self.env["dealer.import.contract"].with_user(self.manager)
        records = kind._export_records()
        row = list(kind._export_batch(records))[-1]
        self.assertLessEqual(row.keys(), kind._columns().keys())
        self.assertEqual((row["source"], row["external_ref"], row["vin"]), ("web", "W-1", self.car.vin))

    # === Instalments ===
    def _plan(self, contract, *parts):
        today = fields.Date.today()
        contract.write(
            {
                "instalment_ids": [
                    Command.create({"date_due": today + timedelta(days=days), "amount": amount})
                    for days, amount in parts
                ]
            }
        )

    def test_instalments_follow_the_payments(self):
        contract = self._create_contract(deposit_amount=5000.0)
        self._plan(contract, (-5, 3000.0), (20, 2000.0), (40, 4000.0))
        self._approve(contract)
        self.assertIn("3,000.00", contract.sudo().current_version_id.body)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        parts = contract.instalment_ids
        self.assertEqual(contract.sudo()._online_amount(), (3000.0, "earnest"))
        overdue = self.env["dealer.contract.instalment"].with_user(self.advisor).search([("is_overdue", "=", True)])
        self.assertEqual(overdue, parts[0])
        self._receive(contract, 3500.0)
        parts.invalidate_recordset()
        self.assertEqual(parts.mapped("amount_open"), [0.0, 1500.0, 4000.0])
        self.assertFalse(any(parts.mapped("is_overdue")))
        self.assertEqual(contract.sudo()._online_amount(), (1500.0, "earnest"))
        self._receive(contract, 1500.0)
        self.assertEqual(contract.sudo()._online_amount(), (4000.0, "balance"))

    def test_the_plan_is_agreed(self):
        contract = self._create_contract()
        self._plan(contract, (5, 10_000_000.0))
        with self.assertRaisesRegex(UserError, "more than its price"):
            contract.action_submit()
        contract.instalment_ids.amount = 1000.0
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        with self.assertRaisesRegex(UserError, "manager"):
            contract.instalment_ids.amount = 1.0
        with self.assertRaisesRegex(UserError, "manager"):
            contract.instalment_ids.unlink()
        with self.assertRaisesRegex(UserError, "manager"):
            self._plan(contract, (5, 1.0))
        contract.instalment_ids.with_user(self.manager).amount = 500.0
        contract.invalidate_recordset()
        self.assertTrue(contract.is_changed, "another plan is another version")
        with self.assertRaises(AccessError):
            contract.instalment_ids.with_user(self.advisor_2).read(["amount"])

    def test_a_plain_deal_keeps_its_terms(self):
        contract = self._create_contract()
        self.assertEqual(len(contract.sudo()._get_dealer_terms()), 6)

    # === Kinds, clauses, price rule ===
    def test_every_kind_has_its_template(self):
        templates = self.env["dealer.contract.template"].search([("company_id", "=", False)])
        kinds = {kind for kind, _label in self.env["dealer.contract"]._fields["kind"].selection}
        self.assertLessEqual(kinds, set(templates.mapped("kind")))
        for template in templates:
            contract = self._create_contract(template_id=template.id)
            body = contract.sudo()._render_body()
            self.assertNotIn("{{", body, template.name)
            self.assertIn("Anna Buyer", body)

    def test_clauses_by_kind_and_condition(self):
        staff = self.env.ref("dealer_sales.dealer_contract_template_staff")
        contract = self._create_contract(template_id=staff.id, vehicle_id=self.car.id)
        body = contract.sudo()._render_body()
        self.assertIn("Staff sale", body)
        self.assertIn("Warranty of a new car", body)
        self.assertNotIn("Trade between dealers", body)
        self.car.condition = "used"
        self.assertIn("Condition of a used car", contract.sudo()._render_body())
        clause = self.env.ref("dealer_sales.dealer_contract_clause_staff")
        self._approve(contract)
        frozen = contract.sudo().current_version_id.body
        clause.body = "<p>Nothing holds, {{buyer}}</p>"
        contract.invalidate_recordset()
        self.assertEqual(contract.sudo().current_version_id.body, frozen)
        with self.assertRaisesRegex(ValidationError, "object.env"):
            clause.body = "<p>{{object.env}}</p>"
        with self.assertRaises(AccessError):
            clause.with_user(self.advisor).name = "Mine"
        clause.with_user(self.manager).name = "Staff"

    def test_price_rule_of_the_kind(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Staff",
                "company_id": self.company.id,
                "currency_id": self.company.currency_id.id,
                "item_ids": [
                    Command.create({"compute_price": "percentage", "percent_price": 10.0, "applied_on": "3_global"})
                ],
            }
        )
        template = self.template.copy({"kind": "staff", "pricelist_id": pricelist.id, "company_id": self.company.id})
        self.car.asking_price = 21000.0
        contract = self._create_contract(template_id=template.id, vehicle_id=self.car.id)
        self.assertEqual(contract.sale_order_id.pricelist_id, pricelist)
        self.assertAlmostEqual(contract._get_car_lines().price_subtotal, 18000.0, 2)

    def test_a_kind_has_gates_of_its_own(self):
        staff = self.env.ref("dealer_sales.dealer_contract_template_staff")
        mine, other = self._create_contract(template_id=staff.id), self._create_contract()
        self.env["dealer.gate.rule"].create(
            {"model": "dealer.contract/staff", "code": "paid", "company_id": self.company.id, "is_required": False}
        )
        required = [
            {gate["code"]: gate["required"] for gate in contract._get_gates()}["paid"] for contract in (mine, other)
        ]
        self.assertEqual(required, [False, True])
