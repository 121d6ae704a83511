"""Two people do the same thing at the same instant, each on a connection of his own."""

import pytest
from client import at_once
from house import SIGNATURE


@pytest.fixture
def allocated(english):
    """Return a signed contract that holds a car, its deposit paid."""
    return english.sign_and_hold("Race Fan", english.stock(40_000))


class TestMoneyAtOnce:
    """Whatever comes first, the books of the contract agree afterwards."""

    def invoices(self, house, contract):
        domain = [["dealer_contract_id", "=", contract], ["move_type", "=", "out_invoice"], ["state", "!=", "cancel"]]
        return house.accountant.find("account.move", domain, ["state", "amount_total", "amount_residual"])

    def test_signed_twice(self, english):
        contract = english.draft_contract("Sign Fan")
        english.approve(contract)
        token = english.token(contract)
        route, ink = f"/my/contracts/{contract}/sign", {"name": "Sign Fan", "signature": SIGNATURE}
        answers = at_once(*[lambda: english.portal(route, token, **ink)] * 2)
        signed = [answer for _kind, answer in answers if answer.get("result", {}).get("force_refresh")]
        assert len(signed) == 1, answers
        order = english.advisor.read("dealer.contract", contract, ["sale_order_id"])["sale_order_id"][0]
        assert len(english.keeper.search("stock.picking", [["sale_id", "=", order]])) == 1, "one delivery is planned"

    def test_invoiced_twice(self, english, allocated):
        at_once(*[lambda: english.accountant.call("dealer.contract", "action_invoice", allocated)] * 2)
        invoices = self.invoices(english, allocated)
        assert [invoice["state"] for invoice in invoices] == ["posted"], invoices
        total = english.accountant.read("dealer.contract", allocated, ["amount_total"])["amount_total"]
        assert round(invoices[0]["amount_total"] - total, 2) == 0

    def test_paid_while_invoiced(self, english, allocated):
        results = at_once(
            lambda: english.accountant.call("dealer.contract", "action_invoice", allocated),
            lambda: english.take_money(allocated, 1234.56, "balance"),
        )
        assert [kind for kind, _answer in results] == ["done", "done"], results
        seen = english.cashier.read("dealer.contract", allocated, ["amount_total", "amount_received", "amount_open"])
        assert round(seen["amount_received"], 2) == 6234.56
        (invoice,) = self.invoices(english, allocated)
        assert round(invoice["amount_residual"] - seen["amount_open"], 2) == 0, "both sums are set off, none twice"


class TestEnquiriesAtOnce:
    """One customer has one advisor, and one advisor an enquiry of the pool."""

    def leads(self, house, phone):
        return house.root.find("crm.lead", [["phone", "=", phone]], ["user_id", "taken_by_id"])

    def test_written_down_by_two(self, english):
        phone = f"+1 617 9{english.new_vin()[-6:]}"
        vals = {"contact_name": "Both Of Us", "phone": phone, "type": "opportunity"}
        results = at_once(
            *(lambda client=client: client.create("crm.lead", vals) for client in (english.advisor, english.advisor2))
        )
        assert [kind for kind, _answer in results] == ["done", "done"], results
        leads = self.leads(english, phone)
        assert len({lead["user_id"][0] for lead in leads}) == 1, leads
        assert len([lead for lead in leads if lead["taken_by_id"]]) == 1, "the second one is known"
        clashes = english.root.find("dealer.lead.clash", [["lead_id.phone", "=", phone]], ["result"])
        assert [clash["result"] for clash in clashes] == ["kept"], "and it is logged once"

    def test_taken_from_the_pool_by_two(self, english):
        phone = f"+1 617 8{english.new_vin()[-6:]}"
        vals = {"contact_name": "Whose Am I", "phone": phone, "type": "opportunity", "user_id": False}
        lead = english.root.create("crm.lead", {**vals, "company_id": english.company})
        results = at_once(
            *(
                lambda c=client: c.call("crm.lead", "action_take", lead)
                for client in (english.advisor, english.advisor2)
            )
        )
        assert sorted(kind for kind, _answer in results) == ["done", "refused"], results
        log = english.root.find("dealer.lead.owner", [["lead_id", "=", lead], ["user_id", "!=", False]], ["user_id"])
        assert len(log) == 1, log


class TestWorkshopAtOnce:
    """One piece goes to one job; one order is settled once."""

    def test_the_last_piece(self, english):
        part = english.part(minimum=0, on_hand=1)
        jobs = [english.visit(part)[1] for _number in range(2)]
        at_once(*(lambda job=job: english.issue(job) for job in jobs))
        parts = [["job_id", "in", jobs], ["repair_line_type", "=", "add"]]
        moves = english.parts.find("stock.move", parts, ["dealer_issued_qty"])
        assert sorted(move["dealer_issued_qty"] for move in moves) == [0, 1], moves
        shelf = [["product_id", "=", part], ["location_id.usage", "=", "internal"]]
        quants = english.root.find("stock.quant", shelf, ["quantity"])
        assert all(quant["quantity"] >= 0 for quant in quants) and sum(quant["quantity"] for quant in quants) == 1

    def test_settled_twice(self, english):
        order, job = english.visit(english.part(minimum=0, on_hand=1))
        english.issue(job)
        english.work_and_check(order, job)
        at_once(*[lambda: english.service.call("repair.order", "action_settle", order)] * 2)
        seen = english.service.read("repair.order", order, ["stage", "invoice_names"])
        assert seen["stage"] == "settled"
        assert "," not in seen["invoice_names"], "one order, one payer, one invoice"
