from contextlib import nullcontext

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SIGNATURE
from .test_dealer_contract_money import DealerMoneyCommon


@tagged("post_install", "-at_install", "dealer")
class TestIncentive(DealerMoneyCommon):
    """What others give for a deal: proposed by programme, signed, claimed with the invoice, matched, taken back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.maker = cls.env["res.partner"].create({"name": "Maker Motors", "is_company": True})
        cls.bonus = cls._create_program("Trade-in bonus", amount=2000.0)
        cls.support = cls._create_program(
            "Dealer support", percent=2.0, recipient="dealer", is_down_payment=False, needs_proof=False
        )

    @classmethod
    def _create_program(cls, name, **vals):
        return cls.env["dealer.incentive.program"].create(
            {"name": name, "funder_id": cls.maker.id, "brand_id": cls.brand.id, "date_from": "2026-01-01", **vals}
        )

    def _sold_with_incentives(self):
        """Return a signed deal with a car and both incentives."""
        contract = self._create_contract()
        contract.action_propose_incentives()
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        contract.action_allocate(self.car.id)
        return contract

    def _claim(self, incentive):
        return incentive.sudo().claim_move_id

    def _pay(self, incentive):
        """Book the funder's money in core's window."""
        action = incentive.with_user(self.biller).action_receive()
        window = self.env["account.payment.register"].with_user(self.biller).with_context(**action["context"])
        return window.create({"journal_id": self.company_data["default_journal_bank"].id})._create_payments()

    def assertBooksTrue(self, contract):
        """Every entry balances, and the customer owes what the deal says he owes."""
        contract.invalidate_recordset()
        moves = contract.sudo().incentive_ids.move_ids | contract.sudo().invoice_ids
        for move in moves:
            self.assertEqual(move.company_currency_id.round(sum(move.line_ids.mapped("balance"))), 0.0)
        residual = sum(contract.sudo().invoice_ids.filtered(lambda m: m.state == "posted").mapped("amount_residual"))
        self.assertAlmostEqual(residual, contract.sudo()._get_customer_open())

    # === What makers pay us ===
    def test_advisors_read_what_their_customer_gets_only(self):
        contract = self._create_contract()
        contract.action_propose_incentives()
        rows = contract.sudo().incentive_ids
        ours = rows.filtered(lambda row: row.recipient == "dealer")
        self.assertEqual(len(ours), 1, "it is made all the same")
        models = self.env["dealer.incentive"]
        mine = models.with_user(self.advisor)
        self.assertEqual(contract.customer_incentive_ids, (rows - ours).with_user(self.advisor))
        self.assertEqual(mine.search([]) & rows, rows - ours)
        with self.assertRaises(AccessError):
            ours.with_user(self.advisor).read(["amount"])
        self.advisor.group_ids += self.env.ref("base.group_allow_export")
        with self.assertRaises(AccessError):
            ours.with_user(self.advisor).export_data(["name", "amount"])
        domain = [("contract_id", "=", contract.id)]
        for groups in (
            mine._read_group(domain, ["recipient"], ["amount:sum"]),
            [
                (g["recipient"], g["amount:sum"])
                for g in mine.formatted_read_group(domain, ["recipient"], ["amount:sum"])
            ],
        ):
            self.assertEqual(groups, [("customer", 2000.0)])
        contracts = self.env["dealer.contract"].with_user(self.advisor)
        theirs = [("id", "=", contract.id)]
        self.assertTrue(contracts.search([("customer_incentive_ids.recipient", "=", "customer"), *theirs]))
        self.assertFalse(contracts.search([("customer_incentive_ids.name", "=", "Dealer support"), *theirs]))
        with self.assertRaises(AccessError):
            contracts.search([("incentive_ids.recipient", "=", "dealer"), *theirs])
        for name in ("amount_incentive", "incentive_ids"):
            with self.subTest(name), self.assertRaises(AccessError):
                contract.read([name])
            with self.subTest(name), self.assertRaises(AccessError):
                contract.export_data([name])
        with self.assertRaises(AccessError):
            contracts.search([("amount_incentive", ">", 0)])
        with self.assertRaises(AccessError):
            contracts.formatted_read_group([], [], ["amount_incentive:sum"])
        spec = {"customer_incentive_ids": {"fields": {"name": {}, "amount": {}}}}
        (seen,) = contract.web_save({"note": "said"}, spec)
        self.assertEqual([row["amount"] for row in seen["customer_incentive_ids"]], [2000.0])
        arch = contracts.get_view(view_type="form")["arch"]
        self.assertIn("customer_incentive_ids", arch)
        self.assertNotIn('"incentive_ids"', arch)
        self.assertNotIn("customer_incentive_ids", contracts.with_user(self.manager).get_view(view_type="form")["arch"])
        self.assertNotIn("Dealer support", str(contract.sudo().message_ids.mapped("body")))
        programs = self.env["dealer.incentive.program"]
        self.assertNotIn(self.support, programs.with_user(self.advisor).search([]))
        for user in (self.manager, self.fni, self.cashier, self.general_manager):
            with self.subTest(user.login):
                self.assertEqual(models.with_user(user).search(domain), rows)
                self.assertIn(self.support, programs.with_user(user).search([]))
                self.assertEqual(contract.with_user(user).read(["amount_incentive"])[0]["amount_incentive"], 2400.0)

    # === Programmes ===
    def test_programmes_that_fit_are_proposed_once(self):
        self._create_program("Old", amount=10.0, date_to="2026-01-31")
        self._create_program("Later", amount=10.0, date_from="2099-01-01")
        other = self.env["fleet.vehicle.model.brand"].create({"name": "Other"})
        self._create_program("Other brand", amount=10.0, brand_id=other.id)
        contract = self._create_contract()
        contract.action_propose_incentives()
        made = {row.name: row.amount for row in contract.sudo().incentive_ids}
        self.assertEqual(made, {"Trade-in bonus": 2000.0, "Dealer support": 400.0})
        self.assertEqual((contract.sudo().amount_incentive, contract.amount_funded), (2400.0, 2000.0))
        with self.assertRaisesRegex(UserError, "No programme"):
            contract.action_propose_incentives()

    @mute_logger("odoo.sql_db")
    def test_the_database_keeps_one_of_a_programme(self):
        contract = self._create_contract()
        contract.action_propose_incentives()
        with self.assertRaises(IntegrityError):
            self.env["dealer.incentive"].create(self.bonus._prepare_incentive(contract))
            self.env.flush_all()

    # === Agreement ===
    def test_what_the_customer_gets_is_part_of_what_he_signs(self):
        contract = self._create_contract()
        self._approve(contract)
        before = contract.sudo().sale_order_id._get_dealer_fingerprint()
        contract.action_propose_incentives()
        self.assertNotEqual(contract.sudo().sale_order_id._get_dealer_fingerprint(), before)
        self.assertTrue(contract.is_changed)
        self._approve(contract)
        self.assertIn("Trade-in bonus by Maker Motors", contract.current_version_id.body)
        self.assertNotIn("Dealer support", contract.current_version_id.body)
        self.assertIn("Trade-in bonus", contract.current_version_id.changes)
        self.assertEqual(contract.current_version_id.funded_amount, 2000.0)

    def test_what_we_get_is_our_business(self):
        contract = self._create_contract()
        before = contract.sudo().sale_order_id._get_dealer_fingerprint()
        self.env["dealer.incentive"].with_user(self.manager).create(self.support._prepare_incentive(contract))
        self.assertEqual(contract.sudo().sale_order_id._get_dealer_fingerprint(), before)
        self.assertEqual(contract.sudo().front_gross, 4400.0)

    def test_the_customer_pays_less_himself(self):
        contract = self._sold_with_incentives()
        share = contract._get_shares_of_others()
        self.assertEqual(
            [(s["code"], s["partner"], s["expected"], s["received"]) for s in share],
            [("incentive", self.maker, 2000.0, 0.0)],
        )
        self.assertEqual(contract._get_customer_open(), contract.amount_total - 2000.0)
        self._invoice(contract)
        self._receive(contract, contract.amount_total - 2000.0, kind="balance")
        self.assertTrue(contract._is_paid())
        self.assertBooksTrue(contract)

    # === Books ===
    def test_claimed_with_the_invoice_and_matched_when_it_comes(self):
        contract = self._sold_with_incentives()
        bonus, support = contract.sudo().incentive_ids.sorted("amount", reverse=True)
        self.assertFalse(bonus.date_claimed)
        invoice = self._invoice(contract)
        self.assertEqual(bonus.date_claimed, self._today())
        self.assertEqual((bonus.amount_residual, bonus.amount_received, bonus.is_received), (2000.0, 0.0, False))
        owed = self._claim(bonus).line_ids.filtered("debit")
        self.assertEqual(owed.partner_id, self.maker)
        self.assertEqual(owed.account_id.account_type, "asset_receivable")
        self.assertEqual(invoice.amount_residual, invoice.amount_total - 2000.0)
        income = self._claim(support).line_ids.filtered("credit")
        self.assertEqual(income.account_id.account_type, "income_other")
        self.assertEqual(income.credit, 400.0)
        self.assertBooksTrue(contract)
        self._pay(bonus)
        self.assertTrue(bonus.is_received)
        self.assertEqual((bonus.date_received, bonus.amount_residual), (self._today(), 0.0))
        contract.invalidate_recordset()
        self.assertEqual(contract._get_shares_of_others()[0]["received"], 2000.0)
        self.assertEqual(contract.amount_received, 2000.0)
        self.assertEqual(contract.amount_on_account, 0.0)
        self.assertBooksTrue(contract)
        self._receive(contract, kind="balance")
        self.assertEqual(contract.amount_open, 0.0)
        self.assertBooksTrue(contract)
        with self.assertRaisesRegex(UserError, "owes nothing"):
            bonus.with_user(self.biller).action_receive()

    def test_taken_back_with_the_invoice(self):
        contract = self._sold_with_incentives()
        invoice = self._invoice(contract)
        bonus = contract.sudo().incentive_ids.sorted("amount", reverse=True)[:1]
        claim = self._claim(bonus)
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id, "reason": "back"})
        )
        note = self.env["account.move"].browse(reversal.reverse_moves()["res_id"])
        if note.state == "draft":
            note.action_post()
        self.assertFalse(self._claim(bonus))
        self.assertFalse(bonus.date_claimed)
        lines = (claim | claim.reversal_move_ids).line_ids
        self.assertTrue(all(line.reconciled for line in lines if line.account_id.reconcile))
        self.assertEqual(sum(lines.filtered(lambda line: line.partner_id == self.maker).mapped("balance")), 0.0)
        self.assertEqual(invoice.amount_residual, 0.0)
        contract.with_user(self.manager).action_cancel("no loan")
        self.assertEqual(set(contract.sudo().incentive_ids.mapped("state")), {"cancelled"})
        self.assertEqual(contract.amount_funded, 0.0)

    def test_set_back_to_draft_and_posted_again(self):
        contract = self._sold_with_incentives()
        invoice = self._invoice(contract)
        bonus = contract.sudo().incentive_ids.sorted("amount", reverse=True)[:1]
        first = self._claim(bonus)
        invoice.button_draft()
        self.assertFalse(self._claim(bonus))
        invoice.action_post()
        self.assertTrue(self._claim(bonus))
        self.assertNotEqual(self._claim(bonus), first)
        self.assertEqual(invoice.amount_residual, invoice.amount_total - 2000.0)
        self.assertBooksTrue(contract)

    def test_the_last_claim_goes_back(self):
        contract = self._sold_with_incentives()
        invoice = self._invoice(contract)
        incentives = contract.sudo().incentive_ids
        claims = incentives.claim_move_id
        for incentive in incentives:
            incentive.with_user(self.biller).action_cancel()
        self.assertFalse(incentives.claim_move_id)
        self.assertEqual((contract.sudo().amount_incentive, contract.amount_funded), (0.0, 0.0))
        self.assertEqual(self._get_owed(self.maker), 0.0)
        self.assertEqual(invoice.amount_residual, invoice.amount_total)
        self.assertBooksTrue(contract)
        # Whoever undoes the reversal brings the claim to life again: the deal takes it back
        claims.reversal_move_ids.button_draft()
        claims.reversal_move_ids.button_cancel()
        self.assertTrue(incentives.claim_move_id)
        contract.sudo()._sync_incentives()
        self.assertFalse(incentives.claim_move_id)
        self.assertEqual(self._get_owed(self.maker), 0.0)
        invoice.button_draft()
        self.assertEqual(self._get_owed(self.maker), 0.0)

    def _get_owed(self, partner):
        lines = self.env["account.move.line"].search(
            [
                ("partner_id", "=", partner.id),
                ("parent_state", "=", "posted"),
                ("account_id.account_type", "=", "asset_receivable"),
            ]
        )
        return sum(lines.mapped("balance"))

    def test_no_programme_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other Shop"})
        theirs = self._create_program("Theirs", amount=10.0, company_id=other.id)
        both = self._create_program("Everybody", amount=20.0, company_id=False)
        contract = self._create_contract()
        found = self.env["dealer.incentive.program"].sudo()._find_for(contract)
        self.assertEqual(found & (theirs | both), both)
        for env in (contract, contract.with_context(allowed_company_ids=(self.company | other).ids)):
            with self.assertRaises(UserError) if contract.sudo().incentive_ids else nullcontext():
                env.action_propose_incentives()
        self.assertNotIn(theirs, contract.sudo().incentive_ids.program_id)
        with self.assertRaisesRegex(UserError, "compan"):
            self.env["dealer.incentive"].create({**self.bonus._prepare_incentive(contract), "program_id": theirs.id})

    def test_an_incentive_that_changes_its_deal(self):
        first, second = self._create_contract(), self._create_contract()
        second.sudo()._gross_changed()
        row = self.env["dealer.incentive"].with_user(self.manager).create(self.support._prepare_incentive(first))
        before, other = first.sudo().front_gross, second.sudo().front_gross
        row.contract_id = second
        self.assertEqual(first.sudo().front_gross, before - row.amount)
        self.assertEqual(second.sudo().front_gross, other + row.amount)

    def test_whoever_moves_money_asks_without_rights_on_incentives(self):
        contract = self._sold_with_incentives()
        desk = self._create_user("desk_only", "dealer_sales.group_sales_advisor")
        contract.sudo().user_id = desk
        for user in (self.advisor, self.cashier, desk):
            self.assertTrue(contract.with_user(user)._has_money_to_match(), user.login)
        self._receive(contract, 100.0)
        contract.with_user(self.manager).action_cancel("no loan")
        self.assertEqual(set(contract.sudo().incentive_ids.mapped("state")), {"cancelled"})

    def test_claimed_once_however_often_money_moves(self):
        contract = self._sold_with_incentives()
        self._invoice(contract)
        self._receive(contract, 100.0)
        contract.sudo()._money_changed()
        self.assertEqual([len(row.move_ids) for row in contract.sudo().incentive_ids], [1, 1])

    def test_passed_on_to_the_customer(self):
        program = self._create_program("Scrap bonus", amount=500.0, is_down_payment=False, funder_kind="government")
        contract = self._create_contract()
        self.env["dealer.incentive"].with_user(self.manager).create(program._prepare_incentive(contract))
        self._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE)
        contract.action_allocate(self.car.id)
        invoice = self._invoice(contract)
        self.assertEqual(invoice.amount_residual, invoice.amount_total)
        credit = self._claim(contract.sudo().incentive_ids).line_ids.filtered("credit")
        self.assertEqual((credit.partner_id, credit.reconciled), (self.customer, False))

    # === Worklist ===
    def test_worklist(self):
        contract = self._sold_with_incentives()
        self._invoice(contract)
        bonus, support = contract.sudo().incentive_ids.sorted("amount", reverse=True)
        rows = self.env["dealer.incentive"].with_user(self.manager)
        self.assertEqual(rows.search([("is_proof_missing", "=", True)]), bonus)
        self.assertEqual(rows.search([("date_claimed", "!=", False), ("is_received", "=", False)]), bonus | support)
        bonus.with_user(self.advisor).write({"proof": b"cGFwZXI=", "proof_name": "paper.pdf"})
        self.assertFalse(rows.search([("is_proof_missing", "=", True)]))
        self.assertFalse(rows.search([("is_overdue", "=", True)]))
        self.bonus.days_to_pay = 0
        self.env.flush_all()
        self.env.cr.execute("UPDATE dealer_incentive SET date_claimed = date_claimed - 3 WHERE id = %s", [bonus.id])
        bonus.invalidate_recordset()
        self.assertEqual(rows.search([("is_overdue", "=", True)]), bonus)
        self.assertEqual(bonus.days_open, 3)

    # === Rights ===
    def test_nobody_types_what_the_books_say(self):
        contract = self._sold_with_incentives()
        self._invoice(contract)
        bonus = contract.sudo().incentive_ids.sorted("amount", reverse=True)[:1]
        for user in (self.advisor, self.manager, self.biller):
            for vals in (
                {"is_received": True},
                {"date_claimed": False},
                {"state": "cancelled"},
                {"amount_residual": 0.0},
            ):
                with self.subTest(user=user.login, vals=vals), self.assertRaises(AccessError):
                    bonus.with_user(user).write(vals)
        with self.assertRaises(AccessError):
            bonus.with_user(self.advisor).amount = 5000.0
        with self.assertRaisesRegex(UserError, "in the books"):
            bonus.with_user(self.manager).amount = 5000.0
        with self.assertRaisesRegex(UserError, "in the books"):
            bonus.with_user(self.manager).unlink()
        with self.assertRaises(AccessError):
            bonus.with_user(self.advisor).action_cancel()
        with self.assertRaises(AccessError):
            bonus.with_user(self.advisor).action_receive()
        with self.assertRaises(AccessError):
            self._claim(bonus).with_user(self.biller).write(
                {"dealer_incentive_id": contract.sudo().incentive_ids[-1:].id}
            )
        forged = (
            self.env["dealer.incentive"]
            .with_user(self.manager)
            .with_context(default_is_received=True, default_state="cancelled", default_date_received="2026-01-01")
        )
        open_deal = self._create_contract()
        row = forged.create(self.bonus._prepare_incentive(open_deal))
        self.assertEqual((row.is_received, row.state, row.date_received), (False, "live", False))
        with self.assertRaises(AccessError):
            self._claim(bonus).with_user(self.biller).write({"dealer_incentive_id": False})

    def test_nor_through_a_default_of_the_button(self):
        contract = self._create_contract()
        paid = {"default_amount_received": 2000.0, "default_is_received": True, "default_date_received": "2026-01-01"}
        contract.with_user(self.advisor).with_context(**paid).action_propose_incentives()
        rows = contract.sudo().incentive_ids
        self.assertEqual(len(rows), 2)
        self.assertEqual(set(rows.mapped("amount_received")), {0.0})
        self.assertFalse(any(rows.mapped("is_received")))
        contract.invalidate_recordset()
        self.assertEqual(contract.sudo().amount_received, 0.0)

    def test_the_customer_reads_no_money_of_ours(self):
        portal = self._create_user("incentive_portal", "base.group_portal")
        contract = self._create_contract(partner_id=portal.partner_id.id)
        contract.action_propose_incentives()
        self._approve(contract)
        seen = contract.with_user(portal)
        self.assertEqual(seen.read(["amount_funded"])[0]["amount_funded"], 2000.0)
        with self.assertRaises(AccessError):
            seen.read(["amount_incentive"])

    def test_roles(self):
        contract = self._create_contract()
        contract.action_propose_incentives()
        rows = contract.sudo().incentive_ids
        with self.assertRaises(AccessError):
            rows.with_user(self.advisor_2).read(["amount"])
        with self.assertRaises(AccessError):
            self.env["dealer.incentive"].with_user(self.advisor).create(self.bonus._prepare_incentive(contract))
        with self.assertRaises(AccessError):
            self.bonus.with_user(self.advisor).amount = 1.0
        self.bonus.with_user(self.manager).amount = 2500.0
        for user in (self.manager, self.fni, self.general_manager, self.biller):
            self.assertEqual(len(rows.with_user(user).read(["amount"])), 2)
        other = self.env["res.company"].create({"name": "Other Shop"})
        stranger = self._create_user("stranger", "dealer_sales.group_sales_manager", company=other)
        theirs = self.env["dealer.incentive"].with_user(stranger).with_context(allowed_company_ids=other.ids)
        self.assertFalse(theirs.search([("id", "in", rows.ids)]))

    # === Speed ===
    def test_query_count_is_constant(self):
        contracts = self.env["dealer.contract"].browse()
        for _number in range(12):
            contract = self._create_contract()
            contract.action_propose_incentives()
            contracts |= contract
        names = ["name", "amount", "is_proof_missing", "days_open", "is_overdue", "amount_residual", "contract_id"]

        def count(limit):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["dealer.incentive"].with_user(self.manager).search([], limit=limit).read(names)
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertEqual(count(2), count(24))

    def test_a_plain_deal_asks_no_incentive(self):
        contract = self._create_signed(car=self.car)
        contract.invalidate_recordset()
        contract.sudo().read(["amount_incentive", "amount_funded", "has_incentives"])
        before = self.env.cr.sql_log_count
        contract.sudo()._get_live_incentives()
        contract.sudo()._sync_incentives()
        self.assertEqual(self.env.cr.sql_log_count, before)
