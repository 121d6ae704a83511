from odoo import Command
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.addons.base.tests.common import HttpCaseWithUserPortal

from .common import SIGNATURE
from .test_dealer_contract_money import DealerMoneyCommon


class DealerPortalCommon(DealerMoneyCommon, AccountPaymentCommon, HttpCaseWithUserPortal):
    """A customer with a login, a stranger with a login, and a way to pay online."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.write({"email": "anna@example.com"})
        cls.anna = cls._create_portal_user("anna_portal", cls.customer)
        cls.stranger = cls._create_portal_user("stranger_portal", cls.env["res.partner"].create({"name": "Stranger"}))
        cls.signature = SIGNATURE.decode()

    @classmethod
    def _create_portal_user(cls, login, partner):
        return cls.env["res.users"].create(
            {
                "login": login,
                "password": login,
                "partner_id": partner.id,
                "company_id": cls.company.id,
                "company_ids": [Command.set(cls.company.ids)],
                "group_ids": [Command.set(cls.env.ref("base.group_portal").ids)],
            }
        )

    def _get_page(self, contract, token=None):
        url = f"/my/contracts/{contract.id}"
        return self.url_open(f"{url}?access_token={token}" if token else url)

    def _sign_online(self, contract, token=None, name="Anna Buyer", signature=None):
        return self.make_jsonrpc_request(
            f"/my/contracts/{contract.id}/sign",
            {
                "access_token": token,
                "name": name,
                "signature": self.signature if signature is None else signature,
            },
        )

    def _pay_online(self, contract, token, amount, **kwargs):
        values = self.make_jsonrpc_request(
            f"/my/contracts/{contract.id}/transaction",
            {
                "access_token": token,
                "provider_id": self.provider.id,
                "payment_method_id": self.payment_method_id,
                "token_id": None,
                "amount": amount,
                "flow": "direct",
                "tokenization_requested": False,
                "landing_route": "/somewhere",
                **kwargs,
            },
        )
        return self.env["payment.transaction"].search([("reference", "=", values["reference"])])

    @staticmethod
    def _finish(transaction):
        """Let the provider say yes, as its webhook and core's cron do."""
        transaction.sudo()._set_done()
        transaction.sudo()._post_process()
        return transaction.payment_id

    @classmethod
    def _create_approved(cls, **vals):
        contract = cls._create_contract(**vals)
        cls._approve(contract)
        return contract, contract.sudo()._portal_ensure_token()


@tagged("post_install", "-at_install", "dealer")
class TestPortal(DealerPortalCommon):
    # === Reading ===
    def test_page_needs_the_token_or_the_customer(self):
        contract, token = self._create_approved()
        for wrong in (None, "", "wrong", "False", token[:-1]):
            with self.subTest(wrong):
                response = self._get_page(contract, wrong)
                self.assertNotIn(contract.name, response.text)
        other, other_token = self._create_approved()
        self.assertNotIn(contract.name, self._get_page(contract, other_token).text)
        page = self._get_page(contract, token).text
        self.assertIn(contract.name, page)
        self.assertIn("modal_contract_sign", page)
        self.authenticate("stranger_portal", "stranger_portal")
        self.assertNotIn(contract.name, self._get_page(contract).text)
        self.authenticate("anna_portal", "anna_portal")
        self.assertIn(contract.name, self._get_page(contract).text)

    def test_list_shows_what_is_offered_to_the_customer(self):
        offered, _token = self._create_approved()
        secret = self._create_contract()
        other = self._create_contract(partner_id=self.stranger.partner_id.id)
        self._approve(other)
        self.authenticate("anna_portal", "anna_portal")
        page = self.url_open("/my/contracts").text
        self.assertIn(offered.name, page)
        self.assertNotIn(secret.name, page)
        self.assertNotIn(other.name, page)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["dealer_contract_count"]})
        self.assertEqual(counters["dealer_contract_count"], 1)

    def test_page_tells_no_inside_knowledge(self):
        contract = self._create_sold(500.0)
        contract.message_post(body="He is rich", subtype_xmlid="mail.mt_note")
        token = contract.sudo()._portal_ensure_token()
        self.car.sudo().floor_price = 19876.54
        page = self._get_page(contract, token).text
        for secret in ("19876", "19,876", "He is rich", "Vehicle Stock Keeper"):
            self.assertNotIn(secret, page)

    def _call(self, model, method, *args, **kwargs):
        """Call a public method as the logged-in customer's own program does."""
        return self.make_jsonrpc_request(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": args, "kwargs": kwargs},
        )

    def test_rpc_tells_no_inside_knowledge(self):
        offered, _token = self._create_approved()
        secret = self._create_contract()
        secret.action_submit()
        secret.current_version_id.with_user(self.manager).action_send_back("He pays more")
        version = offered.current_version_id
        self.authenticate("anna_portal", "anna_portal")
        self.assertEqual(self._call("dealer.contract", "search", []), offered.ids)
        self.assertEqual(self._call("dealer.contract", "read", offered.ids, ["name"])[0]["name"], offered.name)
        refused = [
            ("dealer.contract", "read", secret.ids, ["name"]),
            ("dealer.contract.version", "read", version.ids, ["discount_percent"]),
            ("dealer.contract.version", "search", []),
            ("tier.review", "read", version.sudo().review_ids.ids, ["comment"]),
        ]
        inside = ["cancel_reason", "waiting_gate", "waiting_role_id", "waiting_since", "waiting_role_name"]
        inside += ["gate_status", "version_ids", "current_version_id", "signed_version_id", "version_state"]
        inside += ["is_changed", "lead_id"]
        refused += [("dealer.contract", "read", offered.ids, [name]) for name in inside]
        refused += [("dealer.contract", "search", [[name, "!=", False]]) for name in inside if name != "gate_status"]
        for call in refused:
            with self.subTest(call), mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
                self._call(*call)
        self.assertFalse(self._call("dealer.contract", "fields_get").keys() & set(inside))

    # === Signing ===
    def test_signed_by_the_link(self):
        contract, token = self._create_approved(deposit_amount=500.0)
        for wrong in (None, "", "wrong", "None"):
            with self.subTest(wrong):
                self.assertIn("not valid", self._sign_online(contract, wrong)["error"])
        self.assertIn("signature", self._sign_online(contract, token, signature="")["error"])
        self.assertIn("name", self._sign_online(contract, token, name=" ")["error"])
        self.assertEqual(contract.state, "draft")
        answer = self._sign_online(contract, token)
        self.assertIn(contract.access_url, answer["redirect_url"])
        self.env.invalidate_all()
        self.assertEqual(contract.state, "signed")
        version = contract.sudo().signed_version_id
        self.assertEqual(version.signed_by, "Anna Buyer")
        self.assertTrue(version.signed_from)
        self.assertEqual(contract.sale_order_id.state, "sale")
        self.assertIn("already", self._sign_online(contract, token)["error"])
        page = self._get_page(contract, token).text
        self.assertIn("Anna Buyer", page)
        self.assertIn("modal_contract_pay", page)

    def test_nobody_else_signs(self):
        contract, token = self._create_approved()
        self.authenticate("stranger_portal", "stranger_portal")
        self.assertIn("not valid", self._sign_online(contract)["error"])
        self.advisor.password = self.manager.password = "longenough1!"
        for user in (self.advisor, self.manager):
            self.authenticate(user.login, "longenough1!")
            with self.subTest(user.login):
                self.assertIn("not valid", self._sign_online(contract, token)["error"])
                self.assertNotIn("modal_contract_sign", self._get_page(contract, token).text)
        self.assertEqual(contract.state, "draft")
        self.authenticate("anna_portal", "anna_portal")
        self.assertIn("redirect_url", self._sign_online(contract))

    def test_nothing_but_an_approved_true_text_is_signed(self):
        contract = self._create_contract()
        token = contract.sudo()._portal_ensure_token()
        self.assertIn("cannot be signed", self._sign_online(contract, token)["error"])
        contract.action_submit()
        self.assertIn("cannot be signed", self._sign_online(contract, token)["error"])
        contract.current_version_id.with_user(self.manager).action_approve()
        contract.order_line_ids[0].price_unit += 1.0
        self.assertIn("cannot be signed", self._sign_online(contract, token)["error"])
        self.assertNotIn("modal_contract_sign", self._get_page(contract, token).text)
        contract.action_cancel("no")
        self.assertIn("cancelled", self._sign_online(contract, token)["error"])

    # === Paying ===
    def test_deposit_paid_online(self):
        contract = self._create_signed(deposit_amount=500.0)
        token = contract.sudo()._portal_ensure_token()
        transaction = self._pay_online(contract, token, 500.0)
        self.assertEqual(transaction.dealer_contract_id, contract)
        self.assertEqual(transaction.partner_id, self.customer)
        self.assertFalse(transaction.sale_order_ids, "core would drop it with the order")
        self.assertTrue(transaction.reference.startswith(contract.name))
        payment = self._finish(transaction)
        self.assertEqual((payment.dealer_contract_id, payment.deposit_kind), (contract, "earnest"))
        self.assertEqual(payment.destination_account_id, self.company.dealer_advance_account_id)
        self.assertTrue(contract._is_deposit_paid())
        self.assertEqual(contract.waiting_gate, "allocated")
        self.assertFalse(contract.activity_ids)
        self.assertNotIn("modal_contract_pay", self._get_page(contract, token).text)

    def test_what_is_not_paid_online(self):
        contract = self._create_signed(deposit_amount=500.0)
        token = contract.sudo()._portal_ensure_token()
        other = self.env["res.company"].create({"name": "Other Dealer"})
        foreign = (
            self.provider.sudo()
            .with_context(allowed_company_ids=[])
            .copy({"company_id": other.id, "state": "test", "is_published": True})
        )
        cases = (
            {"access_token": "wrong"},
            {"amount": 1.0},
            {"amount": -500.0},
            {"provider_id": foreign.id},
            {"flow": "token", "token_id": 1},
            {"is_validation": True},
            {"dealer_contract_id": 1},
        )
        for kwargs in cases:
            with self.subTest(kwargs), mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
                self._pay_online(contract, token, **{"amount": 500.0, **kwargs})
        self.assertFalse(self.env["payment.transaction"].search([("dealer_contract_id", "=", contract.id)]))
        unsigned, unsigned_token = self._create_approved(deposit_amount=500.0)
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self._pay_online(unsigned, unsigned_token, 500.0)

    def test_balance_paid_online_meets_the_invoice(self):
        contract = self._create_sold(500.0)
        token = contract.sudo()._portal_ensure_token()
        self.assertEqual(contract._online_amount(), (0.0, False))
        invoice = self._invoice(contract)
        page = self._get_page(contract, token).text
        self.assertIn(invoice.name, page)
        rest = contract.amount_open
        payment = self._finish(self._pay_online(contract, token, rest))
        self.assertEqual(payment.deposit_kind, "balance")
        self.assertEqual((invoice.payment_state, contract.amount_open), ("paid", 0.0))

    def test_money_is_booked_though_the_deal_is_off(self):
        """Cancelled, changed, car gone while the customer was paying."""

        def cancel(contract):
            contract.with_user(self.manager).action_cancel("changed his mind")

        def change(contract):
            contract.sudo().order_line_ids[0].price_unit += 100.0

        def lose_car(contract):
            contract.sudo()._action_allocate(self.car, firm=True)
            contract.sudo()._release_holds()
            self.car.sudo()._take_hold(self.stranger.partner_id, firm=True)

        for spoil in (cancel, change, lose_car):
            with self.subTest(spoil.__name__):
                contract = self._create_signed(deposit_amount=500.0)
                token = contract.sudo()._portal_ensure_token()
                transaction = self._pay_online(contract, token, 500.0)
                spoil(contract)
                payment = self._finish(transaction)
                self.assertTrue(transaction.is_post_processed)
                self.assertIn(payment.state, ("in_process", "paid"))
                contract.invalidate_recordset()
                self.assertEqual((contract.amount_received, contract.amount_on_account), (500.0, 500.0))
                activity = contract.activity_ids.filtered(lambda a: "may not go on" in (a.note or ""))
                self.assertTrue(activity.user_id.has_group("account.group_account_invoice"))
                with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
                    self._pay_online(contract, token, 500.0)

    def test_paid_twice_stays_on_account(self):
        contract = self._create_signed(deposit_amount=500.0)
        token = contract.sudo()._portal_ensure_token()
        first = self._pay_online(contract, token, 500.0)
        second = self._pay_online(contract, token, 500.0)
        self._finish(first)
        self._finish(second)
        self.assertEqual((contract.amount_received, contract.amount_on_account), (1000.0, 1000.0))

    def test_online_refund_belongs_to_the_contract(self):
        contract = self._create_signed(deposit_amount=500.0)
        token = contract.sudo()._portal_ensure_token()
        transaction = self._pay_online(contract, token, 500.0)
        self._finish(transaction)
        refund = transaction.sudo()._create_child_transaction(200.0, is_refund=True)
        payment = self._finish(refund)
        self.assertEqual((payment.payment_type, payment.dealer_contract_id), ("outbound", contract))
        contract.invalidate_recordset()
        self.assertEqual(contract.amount_received, 300.0)
