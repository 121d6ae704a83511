"""Insurance and products over ``/json/2``: two people at the same instant, and what nobody may type."""

from datetime import date, timedelta

import pytest
from client import Refused, at_once
from house import SIGNATURE


@pytest.fixture
def quote(english):
    """Return a quote of a draft contract with two insurers, and the ids of their offers."""
    contract = english.draft_contract("Insured Fan")
    action = english.fni.call("dealer.contract", "action_open_insurance", contract)
    kind = english.fni.search("dealer.insurance.kind", [["is_compulsory", "=", False]], limit=1, order="id desc")[0]
    insurers = english.root.search(
        "res.partner", [["name", "in", ["Seaboard Mutual Insurance", "Pilgrim Casualty"]]], order="id"
    )
    offers = [
        english.fni.create(
            "dealer.insurance.offer",
            {
                "quote_id": action["res_id"],
                "insurer_id": insurer,
                "line_ids": [[0, 0, {"kind_id": kind, "premium": 1000.0 + insurer}]],
            },
        )
        for insurer in insurers
    ]
    return contract, action["res_id"], offers


class TestInsuranceAtOnce:
    def test_two_insurers_chosen_at_once(self, english, quote):
        contract, number, offers = quote
        answers = at_once(
            *[lambda one=one: english.fni.call("dealer.insurance.offer", "action_choose", one) for one in offers]
        )
        assert [kind for kind, _answer in answers].count("done") == 1, answers
        wanted = ["is_chosen", "premium_voluntary"]
        seen = english.fni.find("dealer.insurance.offer", [["quote_id", "=", number]], wanted)
        (chosen,) = [offer for offer in seen if offer["is_chosen"]]
        names = [["module", "=", "dealer_sales"], ["name", "=", "product_insurance_voluntary"]]
        product = english.root.find("ir.model.data", names, ["res_id"])[0]["res_id"]
        lines = english.advisor.find(
            "sale.order.line", [["dealer_contract_id", "=", contract], ["product_id", "=", product]], ["price_total"]
        )
        assert [line["price_total"] for line in lines] == [chosen["premium_voluntary"]], "the loser left nothing behind"

    def test_menu_signed_twice_at_once(self, english):
        contract = english.draft_contract("Menu Fan")
        menu = english.advisor.call("dealer.contract", "action_open_protection_menu", contract)["res_id"]
        lines = english.advisor.search("dealer.protection.menu.line", [["menu_id", "=", menu]])
        english.advisor.call("dealer.protection.menu.line", "action_accept", lines)
        values = {"menu_id": menu, "signer": "Menu Fan", "signature": SIGNATURE}
        windows = [english.advisor.create("dealer.protection.sign", values) for _number in range(2)]
        at_once(
            *[lambda one=one: english.advisor.call("dealer.protection.sign", "action_sign", one) for one in windows]
        )
        sold = english.advisor.search("dealer.protection.contract", [["contract_id", "=", contract]])
        assert len(sold) == len(lines), "each product once"


class TestLettersAtOnce:
    """Two people press the button for next month's renewals: each letter goes out once."""

    def test_two_runs_write_each_letter_once(self, english):
        rows = [renewal(english) for _number in range(3)]
        answers = at_once(
            *[lambda: english.fni.call("dealer.insurance.renewal", "action_send_letters", rows)] * 2,
        )
        assert [kind for kind, _answer in answers].count("done") == 1, answers
        (words,) = [str(answer) for kind, answer in answers if kind == "refused"]
        assert "written to" in words, words
        letters = english.fni.find("dealer.insurance.letter", [["renewal_id", "in", rows]], ["renewal_id", "channel"])
        by_mail = sorted(letter["renewal_id"][0] for letter in letters if letter["channel"] == "mail")
        assert by_mail == sorted(rows)
        customers = [
            row["partner_id"][0] for row in english.root.read("dealer.insurance.renewal", rows, ["partner_id"])
        ]
        sent = english.root.find("mail.mail", [["recipient_ids", "in", customers]], ["recipient_ids"])
        assert sorted(partner for mail in sent for partner in mail["recipient_ids"]) == sorted(customers)


def renewal(house):
    """Return a renewal that ends soon, of a customer with a mail address."""
    vin = house.new_vin()
    values = {"name": f"Insured {vin}", "email": f"{vin.lower()}@example.com"}
    owner = house.advisor.create("res.partner", values)
    car = house.keeper.create("dealer.vehicle", {"vin": vin, "condition": "used", "owner_id": owner})
    kind = house.fni.search("dealer.insurance.kind", [["is_compulsory", "=", False]], limit=1)[0]
    insurer = house.root.search("res.partner", [["name", "=", "Pilgrim Casualty"]], limit=1)[0]
    ends = date.today() + timedelta(days=20)
    policy = {
        "vehicle_id": car,
        "kind_id": kind,
        "insurer_id": insurer,
        "partner_id": owner,
        "number": f"L-{vin}",
        "date_from": str(ends - timedelta(days=364)),
        "date_to": str(ends),
        "premium": 900.0,
    }
    house.fni.create("dealer.insurance.policy", policy)
    house.run_job("dealer_sales.ir_cron_insurance_renewals")
    return house.fni.search("dealer.insurance.renewal", [["vehicle_id", "=", car]])[0]


class TestNobodyTypes:
    def test_choice_state_and_costs(self, english, quote):
        _contract, number, offers = quote
        for model, record, values in (
            ("dealer.insurance.offer", offers[0], {"is_chosen": True}),
            ("dealer.insurance.quote", number, {"state": "issued"}),
        ):
            with pytest.raises(Refused, match="never typed|follow"):
                english.fni.write(model, record, values)
        product = english.fni.search("dealer.protection.product", [], limit=1)[0]
        for role in (english.fni, english.advisor):
            with pytest.raises(Refused, match="(?i)access|allowed|not"):
                role.read("dealer.protection.product", product, ["cost"])
            with pytest.raises(Refused, match="(?i)access|allowed|not"):
                role.search("dealer.protection.cost", [])
