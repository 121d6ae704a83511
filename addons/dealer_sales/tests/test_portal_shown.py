from datetime import timedelta

from odoo import fields, http
from odoo.tests import tagged

from .test_portal import DealerPortalCommon


@tagged("post_install", "-at_install", "dealer")
class TestPortalShown(DealerPortalCommon):
    """A customer agrees to what his page showed, not to what was changed while it stood open."""

    def _sign_version(self, contract, token, number):
        return self.make_jsonrpc_request(
            f"/my/contracts/{contract.id}/sign?access_token={token}&version={number}",
            {"name": "Anna Buyer", "signature": self.signature},
        )

    def test_another_version_is_read_first(self):
        contract, token = self._create_approved()
        page = self._get_page(contract, token).text
        self.assertIn("version=1", page)
        contract._get_car_lines().price_unit += 100.0
        self._approve(contract)
        answer = self._sign_version(contract, token, 1)
        self.assertIn("changed since you opened this page", answer["error"])
        self.assertEqual(contract.state, "draft")
        for odd in ("", "x", "99", "True"):
            with self.subTest(odd):
                self.assertIn("error", self._sign_version(contract, token, odd))
        self.assertIn("version=2", self._get_page(contract, token).text)
        self.assertTrue(self._sign_version(contract, token, 2)["force_refresh"])
        self.assertEqual((contract.state, contract.signed_version_id.number), ("signed", 2))

    def test_another_day_is_looked_at_first(self):
        self.authenticate(None, None)
        contract = self._create_sold(car=self.car)
        self._invoice(contract)
        self._receive(contract, kind="balance")
        contract.action_prepare_delivery()
        delivery = contract.sudo().delivery_ids.with_user(self.advisor)
        token = contract.sudo()._portal_ensure_token()
        first = fields.Datetime.now().replace(microsecond=0) + timedelta(days=3)
        delivery.date_planned = first
        delivery.action_propose()
        self.assertIn(f'value="{first}"', self._get_page(contract, token).text)
        delivery.date_planned = first + timedelta(days=1)
        for day in (str(first), "", "x"):
            with self.subTest(day):
                self.assertIn("changed meanwhile", self._agree(contract, token, day).text)
                self.assertEqual(delivery.appointment, "proposed")
        self.assertIn("Agreed.", self._agree(contract, token, str(delivery.date_planned)).text)
        delivery.invalidate_recordset()
        self.assertEqual(delivery.appointment, "confirmed")

    def _agree(self, contract, token, day):
        self._get_page(contract, token)
        values = {"csrf_token": http.Request.csrf_token(self), "access_token": token, "day": day}
        return self.url_open(f"/my/contracts/{contract.id}/appointment", values)
