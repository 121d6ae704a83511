"""Two people at once on what follows a sale: one report, one registration, one answer."""

import pytest
from client import Refused, at_once


@pytest.fixture(scope="module")
def sold(english):
    """Return a signed contract that holds a car whose maker wants a report."""
    car = english.stock(20_000)
    contract = english.sign_and_hold("Ray Porter", car)
    brand = english.root.read("dealer.vehicle", car, ["brand_id"])["brand_id"][0]
    english.root.write("fleet.vehicle.model.brand", brand, {"has_retail_report": True})
    return {"car": car, "contract": contract}


class TestTwoAtOnce:
    """What exists once exists once."""

    def test_one_report(self, english, sold):
        at_once(
            *(
                lambda client=client: client.call("dealer.contract", "action_report_sale", sold["contract"])
                for client in (english.manager, english.clerk, english.manager)
            )
        )
        reports = english.manager.search("dealer.retail.report", [["contract_id", "=", sold["contract"]]])
        assert len(reports) == 1
        results = at_once(
            lambda: english.manager.call("dealer.retail.report", "action_reported", reports),
            lambda: english.clerk.call("dealer.retail.report", "action_reported", reports),
        )
        assert sorted(kind for kind, _ in results) == ["done", "refused"], results

    def test_one_registration(self, english, sold):
        at_once(
            *(
                lambda client=client: client.call("dealer.contract", "action_register", sold["contract"])
                for client in (english.advisor, english.clerk, english.manager)
            )
        )
        registrations = english.clerk.search("dealer.registration", [["contract_id", "=", sold["contract"]]])
        assert len(registrations) == 1

    def test_forged(self, english, sold):
        report = english.manager.search("dealer.retail.report", [["contract_id", "=", sold["contract"]]])
        for client, model, record, values in (
            (english.clerk, "dealer.retail.report", report, {"state": "accepted"}),
            (english.advisor, "dealer.retail.report", report, {"number": "FALSE-1"}),
            (english.advisor, "dealer.contract", sold["contract"], {"has_tasks": False}),
            (english.manager, "dealer.event.log", [1], {"state": "sent"}),
        ):
            with pytest.raises(Refused):
                client.write(model, record, values)
        with pytest.raises(Refused):
            english.clerk.call(
                "dealer.retail.report",
                "create",
                vals_list=[{"vehicle_id": sold["car"], "contract_id": sold["contract"]}],
                context={"default_state": "accepted"},
            )
