"""Journey 14: hand-over — invoice per payer, payment at the desk, next service proposed.

The pictures kept among the artefacts are those of ``docs/guide/workshop-settlement.md``.
"""

from datetime import date, timedelta

import pytest

BUDGET = 6  # interactions from the ready order to the gate pass


@pytest.mark.usefixtures("in_order")
class TestHandOver:
    """The steps stand in the order of the guide."""

    def test_1_ready(self, house, facts):
        """The workshop did its part: an order with two payers is ready."""
        root = house.root
        ref = root.find(
            "ir.model.data", [["module", "=", "__dealer_demo__"], ["name", "=", "car_en_20"]], ["res_id"], limit=1
        )
        facts["car"] = car = ref[0]["res_id"]
        operation = root.search("dealer.operation", [["code", "=", "PM-20"]])[0]
        insurer = root.create("res.partner", {"name": "Harbor Insurance", "is_company": True})
        customer = root.read("dealer.vehicle", car, ["owner_id", "odometer_km"])
        facts["order"] = order = house.service.create(
            "repair.order",
            {
                "dealer_vehicle_id": car,
                "partner_id": customer["owner_id"][0],
                "odometer_km": customer["odometer_km"] + 900,
                "job_ids": [[0, 0, {"name": "Scratched door", "line_ids": [[0, 0, {"operation_id": operation}]]}]],
            },
        )
        job = house.service.search("dealer.job", [["order_id", "=", order]])
        payers = [
            [5],
            [
                0,
                0,
                {
                    "partner_id": customer["owner_id"][0],
                    "pay_type": "customer",
                    "share": 0,
                    "takes_rest": True,
                },
            ],
            [0, 0, {"partner_id": insurer, "pay_type": "insurance", "share": 100, "cap_amount": 200}],
        ]
        house.service.write("dealer.job", job, {"split_ids": payers})
        house.service.call("repair.order", "action_check_in", order)
        house.work_and_check(order, job[0])

    def test_2_settle(self, people, house, facts):
        advisor = people("service")
        advisor.open("dealer_workshop.repair_order_action", facts["order"])
        advisor.tab("Settlement")
        advisor.picture("workshop-settlement")
        soon = date.today() + timedelta(days=180)
        advisor.type("next_service_date", f"{soon:%m/%d/%Y}")
        advisor.press("action_settle")
        advisor.no_complaint()
        facts["steps"] = 3  # tab, date, settle
        seen = house.root.read("repair.order", facts["order"], ["next_service_date"])["next_service_date"]
        assert seen == soon.isoformat()
        bills = house.root.find(
            "account.move", [["dealer_repair_id", "=", facts["order"]]], ["amount_untaxed", "dealer_pay_type", "name"]
        )
        assert {bill["dealer_pay_type"]: bill["amount_untaxed"] for bill in bills} == {
            "insurance": 200,
            "customer": pytest.approx(sum(bill["amount_untaxed"] for bill in bills) - 200),
        }

    def test_3_money_at_the_desk(self, people, house, facts):
        cashier = people("cashier")
        cashier.open("dealer_workshop.account_move_action_collect")
        name = house.root.read("repair.order", facts["order"], ["name"])["name"]
        row = cashier.page.locator(".o_data_row", has_text=name)
        row.first.wait_for()
        cashier.picture("workshop-to-collect")
        cashier.answered("action_collect_repair", row.locator("button[name=action_collect_repair]").first.click)
        cashier.page.locator(".modal [name=amount_due]").first.wait_for()
        cashier.picture("workshop-collect")
        with cashier.page.expect_download() as receipt:
            cashier.press("action_collect", ".modal")
        assert receipt.value.suggested_filename.endswith(".pdf")
        cashier.no_complaint()
        facts["steps"] += 2

    def test_4_keys(self, people, house, facts):
        advisor = people("service")
        advisor.open("dealer_workshop.repair_order_action", facts["order"])
        with advisor.page.expect_download() as gate_pass:
            advisor.press("action_hand_over_and_print")
        assert gate_pass.value.suggested_filename.endswith(".pdf")
        advisor.no_complaint()
        facts["steps"] += 1
        order = house.root.read("repair.order", facts["order"], ["stage", "amount_due"])
        assert order["stage"] == "delivered"
        tasks = house.root.find("dealer.vehicle.task", [["vehicle_id", "=", facts["car"]]], ["kind", "state"])
        assert {"kind": "service", "state": "open"}.items() <= tasks[-1].items()
        assert facts["steps"] <= BUDGET, facts["steps"]

    def test_5_reversed_settlements(self, people):
        manager = people("workshop")
        manager.open("dealer_workshop.dealer_repair_reversal_action")
        manager.page.locator(".o_group_header, .o_data_row").first.wait_for()
        manager.page.locator(".o_group_header").first.click()
        manager.page.locator(".o_data_row").first.wait_for()
        manager.picture("workshop-reversed").no_complaint()
        manager.open("dealer_workshop.dealer_entitlement_action")
        manager.page.locator(".o_data_row").first.wait_for()
        manager.picture("workshop-entitlements").no_complaint()
