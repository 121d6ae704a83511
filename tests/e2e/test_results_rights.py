"""Results and pay over /json/2: nobody types what counts, nobody reads another's pay."""

import pytest
from client import Refused, at_once


@pytest.fixture(scope="module")
def statement(english):
    """Return a statement of somebody else than the advisor."""
    mine = english.advisor.find("dealer.commission.statement", [], ["user_id"])
    domain = [["user_id", "!=", mine[0]["user_id"][0]]] if mine else []
    return english.manager.search("dealer.commission.statement", domain, limit=1)[0]


class TestResultsRights:
    """Each call is refused, whatever the way round."""

    def test_others_pay(self, english, statement):
        advisor = english.advisor
        assert not advisor.search("dealer.commission.statement", [["id", "=", statement]])
        assert not advisor.search("dealer.commission.line", [["statement_id", "=", statement]])
        with pytest.raises(Refused):
            advisor.read("dealer.commission.statement", statement, ["amount_total"])
        with pytest.raises(Refused):
            advisor.call("dealer.commission.statement", "export_data", [statement], fields_to_export=["amount_total"])
        groups = advisor.call(
            "dealer.commission.line", "formatted_read_group", domain=[], groupby=["user_id"], aggregates=["amount:sum"]
        )
        assert len(groups) <= 1, "his own at most"

    def test_gross(self, english):
        for call in (
            lambda who: who.find("dealer.sales.result", [], ["gross_front"]),
            lambda who: who.search("dealer.sales.result", [["gross", ">", 0]]),
            lambda who: who.call(
                "dealer.sales.result", "formatted_read_group", domain=[], groupby=[], aggregates=["gross:sum"]
            ),
            lambda who: who.find("dealer.commission.line", [], ["basis_amount"]),
        ):
            with pytest.raises(Refused):
                call(english.advisor)

    def test_forged_results_and_pay(self, english, statement):
        result = english.manager.find("dealer.sales.result", [], ["contract_id", "vehicle_id"], limit=1)[0]
        forged = {
            "contract_id": result["contract_id"][0],
            "vehicle_id": result["vehicle_id"][0],
            "number": 3,
            "units": 1,
            "date": "2026-01-01",
            "company_id": 1,
        }
        for who in (english.advisor, english.manager, english.gm):
            with pytest.raises(Refused):
                who.create("dealer.sales.result", forged)
            with pytest.raises(Refused):
                who.write("dealer.sales.result", result["id"], {"units": 5})
            with pytest.raises(Refused):
                who.write("dealer.commission.statement", statement, {"amount_total": 99999.0})
        with pytest.raises(Refused):
            english.manager.write("dealer.contract", result["contract_id"][0], {"result_count": 0})
        period = english.manager.search("dealer.period", [["kind", "=", "month"]], limit=1)[0]
        with pytest.raises(Refused):
            english.manager.call("dealer.period", "action_close", [period])
        with pytest.raises(Refused):
            english.manager.write("dealer.period", period, {"is_closed": True})


class TestCountedOnce:
    """The money comes in while the car is handed over: whoever is second sees the first, and the car counts once."""

    @pytest.fixture
    def unpaid_may_go(self, english):
        """Let a car of the store leave unpaid, and not after this test."""
        rule = english.admin.create(
            "dealer.gate.rule",
            {"model": "dealer.contract", "code": "paid", "company_id": english.company, "is_required": False},
        )
        yield
        english.admin.call("dealer.gate.rule", "unlink", [rule])

    def _report(self, english, contract):
        """Tell the maker of the sale early, where he wants to know of it: only money and hand-over are left."""
        try:
            english.manager.call("dealer.contract", "action_report_sale", contract)
        except Refused:
            return
        reports = english.manager.search("dealer.retail.report", [["contract_id", "=", contract]])
        english.manager.call("dealer.retail.report", "action_reported", reports)

    def test_paid_and_handed_over_at_once(self, english, unpaid_may_go):
        contract = english.sign_and_hold("Ray Both", english.stock(52_000))
        english.accountant.call("dealer.contract", "action_invoice", contract)
        rest = english.cashier.read("dealer.contract", contract, ["amount_open"])["amount_open"]
        self._report(english, contract)
        delivery = english.prepare_delivery(contract)
        results = at_once(
            lambda: english.advisor.call("dealer.delivery", "action_hand_over", delivery),
            lambda: english.take_money(contract, rest, "balance"),
        )
        assert [kind for kind, _ in results] == ["done", "done"], results
        rows = english.manager.find("dealer.sales.result", [["contract_id", "=", contract]], ["units", "number"])
        assert [(row["units"], row["number"]) for row in rows] == [(1, 1)]
