"""Faults that must already hold: two people at once, wrong turns, wrong roles, forged calls."""

import pytest
from client import Refused, at_once, outcome

WHERE_TO_GO = r"[Cc]ontract|合同"
TO_THE_ORDER = "Name the car on the sales order"  # which a contract makes


def status_of(call):
    """Return the HTTP status of a refused call; None when it went through."""
    try:
        call()
    except Refused as refused:
        return refused.status
    return None


@pytest.fixture(scope="module")
def held(chinese):
    """Return a car promised to somebody, its contract and its order."""
    car = chinese.stock(60_000)
    contract = chinese.sign_and_hold("Wu Min", car)
    order = chinese.manager.read("dealer.contract", contract, ["sale_order_id"])["sale_order_id"][0]
    return {"car": car, "contract": contract, "order": order}


class TestTwoAtOnce:
    """One wins, the other is told who has it."""

    def test_hold(self, english):
        car = english.stock(50_000)
        contracts = []
        for name in ("Ann Lee", "Bob Ray"):
            contract = english.draft_contract(name)
            english.approve(contract)
            english.sign(contract, name)
            english.take_money(contract, 5000, "earnest")
            contracts.append(contract)
        clients = [english.advisor, english.advisor2]
        results = at_once(
            *(
                lambda client=client, contract=contract: english.manager.call(
                    "dealer.contract", "action_allocate", contract, vehicle_id=car
                )
                for client, contract in zip(clients, contracts, strict=True)
            )
        )
        assert sorted(kind for kind, _ in results) == ["done", "refused"], results
        winner = contracts[[kind for kind, _ in results].index("done")]
        sentence = next(text for kind, text in results if kind == "refused")
        name = english.manager.read("dealer.contract", winner, ["name"])["name"]
        assert name in sentence, "the loser reads which contract has the car"
        holds = english.manager.search("dealer.vehicle.hold", [["vehicle_id", "=", car], ["state", "=", "live"]])
        assert len(holds) == 1

    def test_hand_over(self, english):
        car = english.stock(51_000)
        contract = english.sign_and_hold("Cal Fox", car)
        english.accountant.call("dealer.contract", "action_invoice", contract)
        rest = english.cashier.read("dealer.contract", contract, ["amount_open"])["amount_open"]
        english.take_money(contract, rest, "balance")
        delivery = english.prepare_delivery(contract)
        results = at_once(
            lambda: english.advisor.call("dealer.delivery", "action_hand_over", delivery),
            lambda: english.manager.call("dealer.delivery", "action_hand_over", delivery),
        )
        assert sorted(kind for kind, _ in results) == ["done", "refused"], results
        moves = english.keeper.search("stock.move", [["dealer_vehicle_id", "=", car], ["state", "=", "done"]])
        assert len(moves) == 3, "received, into stock, out: once each"

    def test_same_vin(self, english):
        vin = english.new_vin()
        results = at_once(
            *(
                lambda text=text: english.keeper.create("dealer.vehicle", {"vin": text, "condition": "used"})
                for text in (vin, vin.lower(), f" {vin[:8]}-{vin[8:]} ", vin)
            )
        )
        assert sorted(kind for kind, _ in results) == ["done"] + ["refused"] * 3, results
        assert all(vin in text for kind, text in results if kind == "refused")
        assert len(english.keeper.search("dealer.vehicle", [["vin_id.vin", "=", vin]])) == 1

    def test_one_slot(self, english):
        bay = english.root.search("dealer.bay", [["company_id", "=", english.company]], limit=1)
        cars = [english.keeper.create("dealer.vehicle", {"vin": english.new_vin(), "condition": "used"}) for _ in "ab"]
        work = [[0, 0, {"name": "Check", "hours": 1}]]
        values = {"bay_id": bay[0], "date_from": english.tomorrow(23), "line_ids": work}
        results = at_once(
            *(
                lambda car=car: english.service.create("dealer.appointment", {**values, "vehicle_id": car})
                for car in cars
            )
        )
        assert sorted(kind for kind, _ in results) == ["done", "refused"], results


class TestAroundTheContract:
    """Users of the right Odoo groups try each way past the contract; a sentence says where to go."""

    def test_sale_order_of_his_own(self, chinese, held):
        customer = chinese.new_customer("Off Book")
        line = {"product_id": chinese.trim["id"], "product_uom_qty": 1, "dealer_vehicle_id": held["car"]}
        order = chinese.manager.create("sale.order", {"partner_id": customer, "order_line": [[0, 0, line]]})
        with pytest.raises(Refused, match=WHERE_TO_GO):
            chinese.manager.call("sale.order", "action_confirm", order)

    def test_line_added_later(self, chinese, held):
        line = {"order_id": held["order"], "product_id": chinese.trim["id"], "product_uom_qty": 1}
        with pytest.raises(Refused, match=WHERE_TO_GO):
            chinese.manager.create("sale.order.line", line)

    def test_picking(self, chinese, held):
        pickings = chinese.keeper.search("stock.picking", [["sale_id", "=", held["order"]]])
        with pytest.raises(Refused, match=WHERE_TO_GO):
            chinese.keeper.call("stock.picking", "button_validate", pickings, context={"skip_sms": True})

    def test_picking_made_by_hand(self, chinese, held):
        site = chinese.root.read("stock.warehouse", chinese.site, ["out_type_id", "lot_stock_id"])
        customers = chinese.root.search("stock.location", [["usage", "=", "customer"]], limit=1)[0]
        lot = chinese.root.read("dealer.vehicle", held["car"], ["lot_id"])["lot_id"][0]
        common = {"location_id": site["lot_stock_id"][0], "location_dest_id": customers}
        line = {**common, "product_id": chinese.trim["id"], "lot_id": lot, "quantity": 1, "picked": True}
        move = {**common, "product_id": chinese.trim["id"], "product_uom_qty": 1, "move_line_ids": [[0, 0, line]]}
        picking = chinese.keeper.create(
            "stock.picking", {**common, "picking_type_id": site["out_type_id"][0], "move_ids": [[0, 0, move]]}
        )
        with pytest.raises(Refused, match=TO_THE_ORDER):
            chinese.keeper.call("stock.picking", "button_validate", picking, context={"skip_sms": True})
        assert chinese.vehicles(held["car"])["place"] == "at_site"

    def test_invoice_made_by_hand(self, chinese, held):
        customer = chinese.new_customer("Off Book Two")
        line = {"product_id": chinese.trim["id"], "quantity": 1, "price_unit": 1000}
        values = {"move_type": "out_invoice", "partner_id": customer, "invoice_date": "2026-01-15"}
        invoice = chinese.accountant.create("account.move", {**values, "invoice_line_ids": [[0, 0, line]]})
        with pytest.raises(Refused, match=TO_THE_ORDER):
            chinese.accountant.call("account.move", "action_post", invoice)

    @pytest.mark.parametrize(
        "forged",
        [
            {"skip_validation_check": True},
            {"default_state": "signed"},
            {"bypass": True, "install_mode": True},
            {"tracking_disable": True, "from_contract": True},
        ],
    )
    def test_a_key_in_the_context_opens_nothing(self, chinese, forged):
        contract = chinese.draft_contract("Forger")
        order = chinese.manager.read("dealer.contract", contract, ["sale_order_id"])["sale_order_id"][0]
        with pytest.raises(Refused):
            chinese.manager.call("sale.order", "action_confirm", order, context=forged)
        assert chinese.manager.read("dealer.contract", contract, ["state"])["state"] == "draft"

    def test_states_are_not_typed(self, chinese, held):
        for client in (chinese.advisor, chinese.manager):
            with pytest.raises(Refused):
                client.write("dealer.contract", held["contract"], {"state": "draft"})
        version = chinese.version(held["contract"])
        with pytest.raises(Refused):
            chinese.manager.write("dealer.contract.version", version, {"body": "<p>cheaper</p>"})
        reviews = chinese.root.search("tier.review", [["model", "=", "dealer.contract.version"]], limit=1)
        with pytest.raises(Refused):
            chinese.advisor.write("tier.review", reviews, {"status": "approved"})


class TestApprovalOfOnesOwn:
    """Whatever way is tried, the caller is refused with a sentence and nothing is approved afterwards."""

    @pytest.fixture(scope="class")
    def own(self, chinese):
        """Return a contract the sales manager made and submitted himself, and its version."""
        values = {"partner_id": chinese.new_customer("Own Deal"), "product_id": chinese.trim["id"]}
        contract = chinese.manager.create("dealer.contract", values)
        chinese.manager.call("dealer.contract", "action_submit", contract)
        version = chinese.root.read("dealer.contract", contract, ["current_version_id"])["current_version_id"][0]
        domain = [["model", "=", "dealer.contract.version"], ["res_id", "=", version]]
        reviews = chinese.root.search("tier.review", domain)
        assert reviews, "somebody is asked to approve it"
        return {"contract": contract, "version": version, "reviews": reviews}

    @pytest.fixture(autouse=True)
    def still_under_review(self, chinese, own):
        """Prove after each attempt that nothing was approved."""
        yield
        version = chinese.root.read("dealer.contract.version", own["version"], ["state", "approved_by_id"])
        assert (version["state"], version["approved_by_id"]) == ("under_review", False)
        reviews = chinese.root.read("tier.review", own["reviews"], ["status", "done_by"])
        assert all(review["status"] in ("waiting", "pending") and not review["done_by"] for review in reviews)

    def assert_refused(self, call):
        with pytest.raises(Refused) as caught:
            call()
        assert caught.value.status in (403, 422) and len(caught.value.message) > 20, caught.value

    @pytest.mark.parametrize("context", [{}, {"skip_validation_check": True}, {"default_state": "approved"}])
    @pytest.mark.parametrize("act", ["validate_tier", "action_approve"])
    @pytest.mark.parametrize("role", ["manager", "advisor", "advisor2", "accountant"])
    def test_neither_his_own_nor_a_strangers(self, chinese, own, role, act, context):
        client = getattr(chinese, role)
        self.assert_refused(lambda: client.call("dealer.contract.version", act, own["version"], context=context))

    @pytest.mark.parametrize("role", ["manager", "advisor2", "gm"])
    def test_reviews_are_not_typed(self, chinese, own, role):
        client, reviews = getattr(chinese, role), own["reviews"]
        done = {"status": "approved", "done_by": chinese.uid(role)}
        skip = {"skip_validation_check": True}
        self.assert_refused(lambda: client.call("tier.review", "write", reviews, vals=done, context=skip))
        self.assert_refused(lambda: client.call("tier.review", "unlink", reviews, context=skip))
        typed = {"model": "dealer.contract.version", "res_id": own["version"], **done}
        self.assert_refused(lambda: client.create("tier.review", typed, context=skip))

    @pytest.mark.parametrize("role", ["manager", "advisor2", "gm"])
    @pytest.mark.parametrize("named", [True, False])
    @pytest.mark.parametrize("act", ["validate", "reject"])
    def test_nor_by_the_comment_window_of_the_module(self, chinese, own, role, named, act):
        client = getattr(chinese, role)
        values = {
            "res_model": "dealer.contract.version",
            "res_id": own["version"],
            "validate_reject": act,
            "comment": "fine",
            "review_ids": [[6, 0, own["reviews"] if named else []]],
        }
        window = client.create("comment.wizard", values)
        self.assert_refused(lambda: client.call("comment.wizard", "add_comment", window))

    @pytest.mark.parametrize("role", ["manager", "gm"])
    def test_states_are_not_typed(self, chinese, own, role):
        client, skip = getattr(chinese, role), {"skip_validation_check": True}
        for model, record in (("dealer.contract.version", own["version"]), ("dealer.contract", own["contract"])):
            vals = {"state": "approved" if model.endswith("version") else "signed"}
            self.assert_refused(
                lambda model=model, record=record, vals=vals: client.call(
                    model, "write", record, vals=vals, context=skip
                )
            )
        for act in ("restart_validation", "request_validation"):
            self.assert_refused(
                lambda act=act: client.call("dealer.contract.version", act, own["version"], context=skip)
            )

    def test_handed_to_a_colleague(self, chinese, own):
        chinese.manager.write("dealer.contract", own["contract"], {"user_id": chinese.uid("advisor")})
        self.assert_refused(lambda: chinese.manager.call("dealer.contract.version", "validate_tier", own["version"]))


class TestWrongTurns:
    """Changed, cancelled, swapped: nothing slips through and nothing is lost."""

    def test_changed_after_approval(self, chinese):
        contract = chinese.draft_contract("Xu Na", price=140_000)
        chinese.approve(contract)
        chinese.advisor.write("sale.order.line", chinese.car_line(contract), {"price_unit": 120_000})
        with pytest.raises(Refused):
            chinese.advisor.call("dealer.contract", "action_send_to_sign", contract)

    def test_changed_after_signature(self, chinese):
        car = chinese.stock(61_000)
        contract = chinese.sign_and_hold("Gao Bo", car, price=140_000)
        delivery = chinese.advisor.call("dealer.contract", "action_prepare_delivery", contract)["res_id"]
        # An amendment may be written; nothing becomes real until it is approved and signed
        chinese.advisor.write("sale.order.line", chinese.car_line(contract), {"price_unit": 100_000})
        with pytest.raises(Refused, match=WHERE_TO_GO):
            chinese.accountant.call("dealer.contract", "action_invoice", contract)
        with pytest.raises(Refused, match="no longer what was signed"):
            chinese.advisor.call("dealer.delivery", "action_hand_over", delivery)
        assert chinese.vehicles(car)["place"] == "at_site"

    def test_paid_is_not_typed(self, chinese):
        contract = chinese.sign_and_hold("Bai Lin", chinese.stock(61_500))
        order = chinese.manager.read("dealer.contract", contract, ["sale_order_id"])["sale_order_id"][0]
        for client in (chinese.advisor, chinese.fni, chinese.manager):
            assert status_of(lambda c=client: c.write("dealer.contract", contract, {"amount_total": 0})) == 403
            assert status_of(lambda c=client: c.write("sale.order", order, {"amount_total": 0})) == 403

    def test_another_car_than_the_contract_s(self, chinese):
        car, other = chinese.stock(62_000), chinese.stock(63_000)
        contract = chinese.sign_and_hold("Ma Jun", car)
        delivery = chinese.advisor.call("dealer.contract", "action_prepare_delivery", contract)["res_id"]
        with pytest.raises(Refused):
            chinese.advisor.write("dealer.delivery", delivery, {"vehicle_id": other})
        pickings = chinese.keeper.search("stock.picking", [["sale_id.dealer_contract_id", "=", contract]])
        lines = chinese.keeper.search("stock.move.line", [["picking_id", "in", pickings]])
        lot = chinese.root.read("dealer.vehicle", other, ["lot_id"])["lot_id"][0]
        # Refused at once, or at the latest when the car would leave.
        outcome(lambda: chinese.keeper.write("stock.move.line", lines, {"lot_id": lot}))
        quiet = {"skip_sms": True}
        with pytest.raises(Refused):
            chinese.keeper.call("stock.picking", "button_validate", pickings, context=quiet)
        places = chinese.vehicles([car, other])
        assert [fact["place"] for fact in places] == ["at_site", "at_site"]

    def test_cancelled_after_a_deposit(self, chinese):
        car = chinese.stock(64_000)
        contract = chinese.sign_and_hold("Sun Li", car)
        with pytest.raises(Refused):
            chinese.advisor.call("dealer.contract", "action_cancel", contract, reason="He changed his mind")
        chinese.manager.call("dealer.contract", "action_cancel", contract, reason="He changed his mind")
        seen = chinese.manager.read("dealer.contract", contract, ["state", "amount_received", "partner_id"])
        assert seen["state"] == "cancelled" and seen["amount_received"] == 5000, "the money is not forgotten"
        assert chinese.vehicles(car)["claim"] == "free"
        open_items = [["partner_id", "=", seen["partner_id"][0]], ["account_id.reconcile", "=", True]]
        open_items += [["account_id.account_type", "!=", "asset_current"]]
        items = chinese.journal_items(open_items, "amount_residual")
        credit = sum(item["amount_residual"] for item in items)
        assert round(credit, 2) == -5000, "it stands on the customer's account"

    def test_steps_of_other_roles(self, chinese):
        contract = chinese.draft_contract("He Fei")
        chinese.advisor.call("dealer.contract", "action_submit", contract)
        version = chinese.version(contract)
        attempts = [
            lambda: chinese.advisor.call("dealer.contract.version", "action_approve", version),
            lambda: chinese.receptionist.call("dealer.contract.version", "action_approve", version),
            lambda: chinese.technician.read("dealer.contract", contract, ["amount_total"]),
            lambda: chinese.advisor.create("account.payment", {"amount": 1, "partner_id": 1}),
            lambda: chinese.advisor.create("dealer.contract.payment", {"contract_id": contract, "amount": 1}),
            lambda: chinese.advisor.call("dealer.contract", "action_invoice", contract),
            lambda: chinese.cashier.call("dealer.contract", "action_submit", contract),
            lambda: chinese.auditor.write("dealer.contract", contract, {"note": "x"}),
            lambda: chinese.auditor.create("dealer.vehicle", {"vin": chinese.new_vin()}),
            lambda: chinese.service.call("dealer.contract", "action_submit", contract),
            lambda: chinese.accountant.call("dealer.contract.version", "action_approve", version),
        ]
        assert [status_of(attempt) for attempt in attempts] == [403] * len(attempts)

    def test_costs_stay_with_those_who_may_see_them(self, chinese):
        car = chinese.stock(65_000)
        for client in (chinese.advisor, chinese.service, chinese.technician, chinese.fni):
            for model, ids, name in (
                ("dealer.vehicle", car, "cost"),
                ("product.product", chinese.trim["id"], "standard_price"),
            ):
                with pytest.raises(Refused):
                    client.read(model, ids, [name])
                with pytest.raises(Refused):
                    client.search(model, [[name, ">", 1]])
                with pytest.raises(Refused):
                    client.call(model, "export_data", ids, fields_to_export=[name])
        assert chinese.keeper.read("dealer.vehicle", car, ["cost"])["cost"] == 65_000

    def test_online_money_on_a_deal_that_may_not_go_on(self, chinese):
        here = {"allowed_company_ids": [chinese.company]}
        contract = chinese.draft_contract("Tan Yu")
        chinese.approve(contract)
        chinese.sign(contract, "Tan Yu")
        seen = chinese.root.read("dealer.contract", contract, ["partner_id", "currency_id", "company_id"])
        provider = chinese.root.find(
            "payment.provider",
            [["code", "=", "demo"], ["company_id", "=", chinese.company]],
            ["payment_method_ids", "state"],
            context=here,
        )
        if not provider or provider[0]["state"] == "disabled":
            pytest.fail("the demonstration offers no online payment")
        transaction = chinese.root.create(
            "payment.transaction",
            {
                "provider_id": provider[0]["id"],
                "payment_method_id": provider[0]["payment_method_ids"][0],
                "reference": f"e2e-{contract}",
                "amount": 5000,
                "currency_id": seen["currency_id"][0],
                "partner_id": seen["partner_id"][0],
                "operation": "online_direct",
                "dealer_contract_id": contract,
            },
            context=here,
        )
        chinese.manager.call("dealer.contract", "action_cancel", contract, reason="Sold elsewhere")
        chinese.root.call("payment.transaction", "action_demo_set_done", transaction, context=here)
        chinese.root.call("payment.transaction", "action_post_process", transaction, context=here)
        payments = chinese.accountant.find(
            "account.payment", [["dealer_contract_id", "=", contract]], ["amount", "state"]
        )
        assert [(payment["amount"], payment["state"]) for payment in payments] in (
            [(5000, "paid")],
            [(5000, "in_process")],
        ), "the money is booked all the same"
