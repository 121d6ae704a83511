"""What the house pays for a customer: the advisor says why, the manager allows it, the order is settled.

The pictures kept among the artefacts are those of ``docs/guide/workshop-settlement.md``.
"""

import pytest
from test_workshop_customer import change_payer, open_visit


@pytest.mark.usefixtures("in_order")
class TestGoodwill:
    """The steps stand in the order of the guide."""

    def test_1_the_house_pays(self, people, house, facts):
        operation = house.service.search("dealer.operation", [["code", "=", "PM-20"]])[0]
        work = {
            "name": "Rattles since the service",
            "line_ids": [[0, 0, {"operation_id": operation}]],
            "assignment_ids": [[0, 0, {"employee_id": house.technician_id(), "share": 100}]],
        }
        facts["order"], job = open_visit(house, "GW 1001", work)
        house.work_and_check(facts["order"], job)
        advisor = people("service")
        advisor.show("repair.order", facts["order"]).tab("Jobs")
        change_payer(advisor, "Rattles since the service", "Internal").no_complaint()
        advisor.see("enter the reason of the discount")

    def test_2_the_advisor_says_why(self, people, house, facts):
        advisor = people("service")
        advisor.tab("Settlement").choose("discount_reason_id", "Our goodwill")
        advisor.save().no_complaint()
        advisor.see("Our goodwill approved").picture("workshop-goodwill")
        order = house.service.read("repair.order", facts["order"], ["goodwill_amount", "discount_amount"])
        assert order["goodwill_amount"] == order["discount_amount"] > 300

    def test_3_the_manager_allows_it(self, people, facts):
        manager = people("workshop")
        manager.show("repair.order", facts["order"]).press("action_approve_discount").no_complaint()
        manager.tab("Settlement").see("Approved").picture("workshop-goodwill-approved")
        manager.open("dealer_workshop.dealer_repair_discount_limit_action").see("Our Goodwill")
        manager.picture("workshop-goodwill-limits")
        manager.open("dealer_workshop.dealer_repair_discount_action").see("Our Goodwill")
        manager.picture("workshop-goodwill-given")

    def test_4_it_is_settled(self, people, house, facts):
        advisor = people("service")
        advisor.show("repair.order", facts["order"]).press("action_settle").no_complaint()
        order = house.service.read("repair.order", facts["order"], ["stage", "amount_billed", "goodwill_amount"])
        assert (order["stage"], order["amount_billed"]) == ("settled", 0)
        given = house.workshop.find(
            "dealer.repair.discount", [["order_id", "=", facts["order"]]], ["state", "amount_goodwill"]
        )
        assert [(row["state"], row["amount_goodwill"]) for row in given] == [("approved", order["goodwill_amount"])]
