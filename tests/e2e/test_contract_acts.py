"""The four acts of a deal, its money, and contracts from outside, over ``/json/2``: car and money agree after each."""

from datetime import date, timedelta

import pytest
from client import Refused, at_once
from house import SIGNATURE

PROOF = SIGNATURE


def check_invariants(house, contract, car):
    """Debits equal credits (I5), the car is in one place (I2, I3), its cost is where it is, the money adds up (I8)."""
    deal = house.root.read(
        "dealer.contract",
        contract,
        [
            "amount_received",
            "amount_on_account",
            "amount_invoiced",
            "partner_id",
            "invoice_ids",
            "payment_ids",
            "state",
        ],
    )
    items = house.root.find(
        "account.move.line",
        [["parent_state", "=", "posted"], ["company_id", "=", house.company]],
        ["balance"],
        limit=20_000,
    )
    assert abs(sum(item["balance"] for item in items)) < 0.005, "debits equal credits"
    lot = house.root.read("dealer.vehicle", car, ["lot_id"])["lot_id"][0]
    domain = [["lot_id", "=", lot], ["location_id.usage", "in", ["internal", "transit", "customer"]]]
    quants = house.root.find("stock.quant", domain, ["quantity"])
    assert sum(quant["quantity"] for quant in quants) == 1, "the car is in one place"
    holds = house.root.search("dealer.vehicle.hold", [["vehicle_id", "=", car], ["state", "=", "live"]])
    assert len(holds) <= 1
    if deal["state"] == "cancelled":
        assert abs(deal["amount_received"] - deal["amount_on_account"] - deal["amount_invoiced"]) < 0.005
    return deal


def cogs(house, car):
    """Return the cost of goods sold that is booked for a car."""
    domain = [["dealer_cogs_sale_line_id.dealer_vehicle_id", "=", car], ["is_dealer_cogs_stock_side", "=", True]]
    items = house.root.find("account.move.line", [["parent_state", "=", "posted"], *domain], ["balance"])
    return round(-sum(item["balance"] for item in items), 2)


def cost(house, car):
    """Return what the car is worth in stock now."""
    lot = house.root.read("dealer.vehicle", car, ["lot_id"])["lot_id"][0]
    context = {"allowed_company_ids": [house.company]}
    return house.root.call("stock.lot", "read", lot, fields=["total_value"], context=context)[0]["total_value"]


def refund_all(house, contract):
    """Pay back whatever is on account, as the cashier does; return what was paid."""
    payments = house.root.search(
        "account.payment", [["dealer_contract_id", "=", contract], ["payment_type", "=", "inbound"]]
    )
    for payment in payments:
        wizard = house.cashier.create("dealer.contract.refund", {"payment_id": payment, "reason": "deal off"})
        if house.cashier.read("dealer.contract.refund", wizard, ["amount"])["amount"]:
            house.cashier.call("dealer.contract.refund", "action_refund", wizard)


def sell(house, name, car, paid=True):
    """Return a contract whose car is invoiced, paid if so wanted, and handed over."""
    contract = house.sign_and_hold(name, car)
    house.accountant.call("dealer.contract", "action_invoice", contract)
    rest = house.cashier.read("dealer.contract", contract, ["amount_open"])["amount_open"]
    if paid:
        house.take_money(contract, rest, "balance")
    delivery = house.prepare_delivery(contract)
    house.advisor.call("dealer.delivery", "action_hand_over", delivery)
    return contract


def ask(house, contract, kind, **values):
    """Ask as the advisor that a car comes back and return the act."""
    action = house.advisor.call("dealer.contract", f"action_{kind}", contract)
    told = {
        "reason": "does not like it",
        "plates": "returned",
        "plates_proof": PROOF,
        "tax": "refunded",
        "tax_proof": PROOF,
        "odometer_km": 120,
        **values,
    }
    house.advisor.write("dealer.contract.act", action["res_id"], told)
    return action["res_id"]


class TestCarComesBack:
    def test_return_after_hand_over(self, english):
        car = english.stock(50_000)
        contract = sell(english, "Ret Urned", car)
        assert cogs(english, car) == 50_000
        act = ask(english, contract, "return", amount_fee=200)
        with pytest.raises(Refused, match="sales manager"):
            english.advisor.call("dealer.contract.act", "action_decide", act)
        english.manager.call("dealer.contract.act", "action_decide", act)
        facts = english.vehicles(car, "condition", "owner_id", "hold_id")
        assert (facts["place"], facts["claim"], facts["title"]) == ("at_site", "free", "maker"), facts
        assert facts["condition"] == "used" and not facts["owner_id"] and not facts["hold_id"]
        assert cogs(english, car) == 0 and cost(english, car) == 50_000, "its own cost is back in stock"
        check_invariants(english, contract, car)
        refund_all(english, contract)
        deal = check_invariants(english, contract, car)
        assert deal["amount_on_account"] == 0 and abs(deal["amount_received"] - 200) < 0.005
        domain = [
            ["partner_id", "=", deal["partner_id"][0]],
            ["account_id.account_type", "=", "asset_receivable"],
            ["parent_state", "=", "posted"],
        ]
        items = english.root.find("account.move.line", domain, ["balance"])
        assert abs(sum(item["balance"] for item in items)) < 0.005, "nothing is receivable"
        assert english.sign_and_hold("Next Buyer", car), "and it sells again"

    def test_unwind_of_a_spot_delivery(self, english):
        car = english.stock(40_000)
        rule = {"model": "dealer.contract", "code": "paid", "company_id": english.company, "is_required": False}
        rule_id = english.root.create("dealer.gate.rule", rule)
        try:
            contract = sell(english, "Spot Ted", car, paid=False)
        finally:
            english.root.call("dealer.gate.rule", "unlink", rule_id)
        act = ask(english, contract, "unwind", amount_fee=0)
        results = at_once(
            lambda: english.manager.call("dealer.contract.act", "action_decide", act),
            lambda: english.manager.call("dealer.contract.act", "action_decide", act),
        )
        assert sorted(kind for kind, _ in results) == ["done", "refused"], results
        assert english.vehicles(car)["place"] == "at_site" and cogs(english, car) == 0
        refund_all(english, contract)
        deal = check_invariants(english, contract, car)
        assert (deal["amount_received"], deal["amount_on_account"]) == (0, 0)

    def test_nothing_is_typed(self, english):
        car = english.stock(41_000)
        contract = english.sign_and_hold("Ty Per", car)
        english.accountant.call("dealer.contract", "action_invoice", contract)
        act = english.advisor.call("dealer.contract", "action_return", contract)["res_id"]
        for client in (english.advisor, english.manager):
            with pytest.raises(Refused):
                client.write("dealer.contract.act", act, {"state": "done"})
            with pytest.raises(Refused):
                client.create("dealer.contract.act", {"contract_id": contract, "kind": "return", "state": "done"})
            with pytest.raises(Refused):
                client.create("dealer.contract", {}, context={"default_end_kind": "return"})
        with pytest.raises(Refused, match="invoiced"):
            english.manager.call("dealer.contract", "action_cancel", contract, reason="too late")
        english.manager.call("dealer.contract.act", "action_refuse", act)
        check_invariants(english, contract, car)


class TestChangeOfCar:
    def test_before_delivery(self, english):
        first, second = english.stock(50_000), english.stock(52_000)
        contract = english.sign_and_hold("Cha Nger", first)
        price = english.advisor.read("dealer.contract", contract, ["amount_car"])["amount_car"] + 1000
        english.advisor.call(
            "dealer.contract", "action_change_car", contract, vehicle_id=second, price=price, fee=100, reason="colour"
        )
        assert english.vehicles(first)["claim"] == "free"
        with pytest.raises(Refused, match="signed"):
            english.accountant.call("dealer.contract", "action_invoice", contract)
        english.manager.call("dealer.contract.version", "action_approve", english.version(contract))
        english.sign(contract, "Cha Nger")
        english.accountant.call("dealer.contract", "action_invoice", contract)
        rest = english.cashier.read("dealer.contract", contract, ["amount_open"])["amount_open"]
        english.take_money(contract, rest, "balance")
        english.advisor.call("dealer.delivery", "action_hand_over", english.prepare_delivery(contract))
        assert english.vehicles(second)["place"] == "with_customer"
        assert english.vehicles(first)["place"] == "at_site"
        assert cogs(english, second) == 52_000 and cogs(english, first) == 0
        check_invariants(english, contract, second)


class TestMoney:
    def cancelled(self, house, name, withdrawn_by):
        contract = house.draft_contract(name)
        house.approve(contract)
        house.sign(contract, name)
        house.take_money(contract, 5000, "earnest")
        house.manager.call("dealer.contract", "action_cancel", contract, reason="off", withdrawn_by=withdrawn_by)
        return contract

    def test_refund_twice(self, chinese):
        contract = self.cancelled(chinese, "Re Fund", "agreed")
        payment = chinese.root.search("account.payment", [["dealer_contract_id", "=", contract]])[0]
        wizards = [
            chinese.cashier.create("dealer.contract.refund", {"payment_id": payment, "reason": "off"}) for _ in "ab"
        ]
        results = at_once(
            *(lambda w=w: chinese.cashier.call("dealer.contract.refund", "action_refund", w) for w in wizards)
        )
        assert sorted(kind for kind, _ in results) == ["done", "refused"], results
        deal = chinese.root.read("dealer.contract", contract, ["amount_received", "amount_on_account"])
        assert (deal["amount_received"], deal["amount_on_account"]) == (0, 0)
        with pytest.raises(Refused, match="no more|不能"):
            wizard = chinese.cashier.create(
                "dealer.contract.refund", {"payment_id": payment, "reason": "again", "amount": 1}
            )
            chinese.cashier.call("dealer.contract.refund", "action_refund", wizard)

    def test_earnest_money_is_forfeited(self, chinese):
        contract = self.cancelled(chinese, "For Feit", "customer")
        payment = chinese.root.search("account.payment", [["dealer_contract_id", "=", contract]])[0]
        settlement = chinese.root.search("dealer.contract.settlement", [["contract_id", "=", contract]])[0]
        wizard = chinese.cashier.create("dealer.contract.refund", {"payment_id": payment, "reason": "early"})
        with pytest.raises(Refused):
            chinese.cashier.call("dealer.contract.refund", "action_refund", wizard)
        with pytest.raises(Refused):
            chinese.cashier.call("dealer.contract.settlement", "action_decide", settlement)
        chinese.manager.call("dealer.contract.settlement", "action_decide", settlement)
        chinese.cashier.call("dealer.contract.settlement", "action_book", settlement)
        move = chinese.root.read("dealer.contract.settlement", settlement, ["move_id"])["move_id"][0]
        items = chinese.root.find("account.move.line", [["move_id", "=", move]], ["balance", "account_id"])
        assert sorted(item["balance"] for item in items) == [-5000, 5000]
        assert chinese.root.read("dealer.contract", contract, ["amount_on_account"])["amount_on_account"] == 0

    def test_two_payments_at_once(self, chinese):
        contract = chinese.draft_contract("Two Pays")
        chinese.approve(contract)
        chinese.sign(contract, "Two Pays")
        results = at_once(*(lambda: chinese.take_money(contract, 1000, "earnest") for _ in "ab"))
        assert [kind for kind, _ in results] == ["done", "done"], results
        deal = chinese.root.read("dealer.contract", contract, ["amount_received", "amount_on_account"])
        assert (deal["amount_received"], deal["amount_on_account"]) == (2000, 2000)

    def test_instalments(self, chinese):
        contract = chinese.draft_contract("In Stalment")
        today = date.today()
        plan = [(today - timedelta(days=3), 3000), (today + timedelta(days=30), 2000)]
        lines = [[0, 0, {"date_due": str(day), "amount": amount}] for day, amount in plan]
        chinese.advisor.write("dealer.contract", contract, {"instalment_ids": lines})
        chinese.approve(contract)
        chinese.sign(contract, "In Stalment")
        parts = chinese.advisor.search("dealer.contract.instalment", [["contract_id", "=", contract]])
        with pytest.raises(Refused, match="manager|经理"):
            chinese.advisor.write("dealer.contract.instalment", parts[0], {"amount": 1})
        overdue = [["contract_id", "=", contract], ["is_overdue", "=", True]]
        assert len(chinese.advisor.search("dealer.contract.instalment", overdue)) == 1
        chinese.take_money(contract, 4000, "earnest")
        rows = chinese.advisor.read("dealer.contract.instalment", parts, ["amount_open", "is_overdue"])
        assert sorted(row["amount_open"] for row in rows) == [0, 1000]
        assert not any(row["is_overdue"] for row in rows)


class TestOffTheBook:
    def test_every_attempt_is_kept(self, chinese):
        car = chinese.stock(60_000)
        customer = chinese.new_customer("Off Book")
        line = {"product_id": chinese.trim["id"], "product_uom_qty": 1, "dealer_vehicle_id": car}
        order = chinese.manager.create("sale.order", {"partner_id": customer, "order_line": [[0, 0, line]]})
        with pytest.raises(Refused):
            chinese.manager.call("sale.order", "action_confirm", order)
        found = chinese.manager.find(
            "dealer.refused.attempt", [["vehicle_id", "=", car]], ["user_id", "kind", "document", "reason"]
        )
        assert [row["kind"] for row in found] == ["confirm"], found
        assert found[0]["user_id"][0] == chinese.uid("manager")
        values = {"move_type": "out_invoice", "partner_id": customer, "invoice_date": "2026-01-15"}
        item = {"product_id": chinese.trim["id"], "quantity": 1, "price_unit": 1000}
        invoice = chinese.accountant.create("account.move", {**values, "invoice_line_ids": [[0, 0, item]]})
        before = len(chinese.manager.search("dealer.refused.attempt", [["kind", "=", "invoice"]]))
        with pytest.raises(Refused):
            chinese.accountant.call("account.move", "action_post", invoice)
        assert len(chinese.manager.search("dealer.refused.attempt", [["kind", "=", "invoice"]])) == before + 1
        for client in (chinese.manager, chinese.root):
            with pytest.raises(Refused):
                client.call("dealer.refused.attempt", "unlink", [row["id"] for row in found])
            with pytest.raises(Refused):
                client.write("dealer.refused.attempt", found[0]["id"], {"reason": "nothing"})
        with pytest.raises(Refused):
            chinese.advisor.search("dealer.refused.attempt", [])


class TestFromOutside:
    def values(self, house, reference, **others):
        phone = f"137{next(house._vins):08d}"
        trim = house.root.read("product.product", house.trim["id"], ["name"])["name"]
        car = house.stock(45_000)
        vin = house.root.read("dealer.vehicle", car, ["vin"])["vin"]
        return {
            "source": "web shop",
            "reference": f"{reference}-{vin}",
            "customer": {"name": "Web Buyer", "phone": phone},
            "vin": vin,
            "price": 150_000,
            "deposit": 2000,
            "deposit_kind": "earnest",
            "note": trim,
            **others,
        }

    def test_same_call_twice_and_at_once(self, english):
        values = self.values(english, "A")
        results = at_once(
            *(lambda: english.advisor.call("dealer.contract", "make_contract", values=values) for _ in "ab")
        )
        assert [kind for kind, _ in results] == ["done", "done"], results
        answers = [answer for _kind, answer in results]
        assert answers[0]["id"] == answers[1]["id"]
        assert sorted(answer["is_new"] for answer in answers) == [False, True]
        again = english.advisor.call("dealer.contract", "make_contract", values=values)
        assert again["id"] == answers[0]["id"] and not again["is_new"]
        deal = english.advisor.read(
            "dealer.contract", again["id"], ["amount_car", "deposit_amount", "source", "external_ref", "vehicle_id"]
        )
        assert (deal["amount_car"], deal["deposit_amount"], deal["source"]) == (150_000, 2000, "web shop")
        people = english.root.search("res.partner", [["phone", "=", values["customer"]["phone"]]])
        assert len(people) == 1

    def test_wrong_values_are_named(self, english):
        good = self.values(english, "B")
        wrong = [
            ({"customer": {"name": "X"}}, "customer.phone"),
            ({"price": -1}, "price"),
            ({"vin": "JHMCM56557C404453"}, "JHMCM56557C404453"),
            ({"evil": 1}, "evil"),
            ({"template": "gift"}, "gift"),
            ({"lines": [{"product": "no such thing"}]}, "no such thing"),
            ({"advisor": "nobody"}, "nobody"),
        ]
        for change, word in wrong:
            with pytest.raises(Refused, match=word):
                english.advisor.call("dealer.contract", "make_contract", values={**good, **change})
        with pytest.raises(Refused):
            english.cashier.call("dealer.contract", "make_contract", values=good)


class TestBadInput:
    def test_signed_contract_edited(self, chinese):
        car = chinese.stock(61_000)
        contract = chinese.sign_and_hold("Ed Ited", car)
        stranger = chinese.new_customer("Stran Ger")
        for values in (
            {"partner_id": stranger},
            {"payer_id": stranger},
            {"deposit_amount": 1},
            {"state": "draft"},
            {"date_signed": False},
            {"signed_version_id": False},
            {"source": "x"},
        ):
            with pytest.raises(Refused):
                chinese.advisor.write("dealer.contract", contract, values)
        version = chinese.version(contract)
        for client in (chinese.advisor, chinese.manager):
            with pytest.raises(Refused):
                client.write("dealer.contract.version", version, {"body": "<p>free</p>"})

    def test_template_changes_no_frozen_text(self, chinese):
        contract = chinese.draft_contract("Fro Zen")
        chinese.approve(contract)
        version = chinese.version(contract)
        before = chinese.root.read("dealer.contract.version", version, ["body", "body_hash"])
        template = chinese.root.read("dealer.contract", contract, ["template_id"])["template_id"][0]
        text = chinese.root.read("dealer.contract.template", template, ["body"])["body"]
        chinese.root.write("dealer.contract.template", template, {"body": "<p>all is free, {{buyer}}</p>"})
        try:
            after = chinese.root.read("dealer.contract.version", version, ["body", "body_hash"])
            assert after == before
        finally:
            chinese.root.write("dealer.contract.template", template, {"body": text})

    def test_portal_link_of_another(self, chinese):
        contracts = []
        for name in ("One Link", "Two Link"):
            contract = chinese.draft_contract(name)
            chinese.approve(contract)
            contracts.append(contract)
        tokens = [chinese.token(contract) for contract in contracts]
        answer = chinese.portal(f"/my/contracts/{contracts[0]}/sign", tokens[1], name="Two Link", signature=SIGNATURE)
        assert not answer["result"].get("force_refresh") and answer["result"]["error"]
        assert chinese.root.read("dealer.contract", contracts[0], ["state"])["state"] == "draft"

    def test_delivery_of_a_car_somebody_moved(self, english):
        car = english.stock(42_000)
        contract = english.sign_and_hold("Mo Ved", car)
        english.accountant.call("dealer.contract", "action_invoice", contract)
        rest = english.cashier.read("dealer.contract", contract, ["amount_open"])["amount_open"]
        english.take_money(contract, rest, "balance")
        delivery = english.prepare_delivery(contract)
        lot = english.root.read("dealer.vehicle", car, ["lot_id", "location_id"])
        lost = [["usage", "=", "inventory"], ["company_id", "=", english.company]]
        scrap = english.root.search("stock.location", lost)
        site = english.root.read("stock.warehouse", english.site, ["int_type_id"])
        common = {"location_id": lot["location_id"][0], "location_dest_id": scrap[0]}
        line = {**common, "product_id": english.trim["id"], "lot_id": lot["lot_id"][0], "quantity": 1, "picked": True}
        move = {**common, "product_id": english.trim["id"], "product_uom_qty": 1, "move_line_ids": [[0, 0, line]]}
        picking = english.keeper.create(
            "stock.picking", {**common, "picking_type_id": site["int_type_id"][0], "move_ids": [[0, 0, move]]}
        )
        with pytest.raises(Refused):
            english.keeper.call("stock.picking", "button_validate", picking, context={"skip_sms": True})
        english.advisor.call("dealer.delivery", "action_hand_over", delivery)
        assert english.vehicles(car)["place"] == "with_customer"
        with pytest.raises(Refused):
            english.advisor.call("dealer.delivery", "action_hand_over", delivery)
        check_invariants(english, contract, car)
