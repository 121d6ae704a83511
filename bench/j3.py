"""J3: selling one car. Peer: core selling one serial-numbered, lot-valued product, as any Odoo shop does.

Both sides start with an agreed, unsigned document (ours: an approved contract; core: a quotation) and end with the
goods handed over, invoiced and paid; each has sold one before, so that what a shop sets up once (accounts, sequences
of the year) is not in the figure. Ours carries more: a signature, a hold, gates, papers, a delivery protocol.
"""

import base64
import statistics

from dealer_cli import databases

from . import j2
from .harness import Figure, compare, duel

QUERY_BOUND = CPU_BOUND = 1.5
FEW, MANY = 100, 10_000  # cars in stock for the totals
CONTRACTS = 200_000
PRICE, COST = 20_000.0, 16_000.0
SIGNATURE = base64.b64encode(
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
)


def measure():
    """Yield the figures of the deal, of core against itself, and of the product's total."""
    ours, core = databases.suite(), databases.core()
    deal = duel("j3", [("ours", ours), ("peer", core)])
    yield compare("J3", "confirm, deliver, invoice, pay: queries", "", "queries", deal, QUERY_BOUND)
    yield compare("J3", "confirm, deliver, invoice, pay: CPU", "s", "cpu", deal, CPU_BOUND)
    same = duel("j3", [("peer", core), ("peer", core)])
    yield compare("J3", "A/A, core against core: queries", "", "queries", same, None)
    yield compare("J3", "A/A, core against core: CPU", "s", "cpu", same, None)
    total = duel("j3", [("ours_few", ours), ("peer_few", core)], pairs=5)
    yield compare("J3", f"value of {FEW} cars in stock: queries", "", "queries", total, 1.0)
    yield compare("J3", f"value of {FEW} cars in stock: CPU", "s", "cpu", total, 1.0)
    growth = duel("j3", [("ours_many", ours), ("ours_few", ours)], pairs=5)
    yield compare("J3", f"value of {MANY} cars, peer: of {FEW}: queries", "", "queries", growth, 1.0)
    yield compare("J3", f"value of {MANY} cars, peer: of {FEW}: CPU", "s", "cpu", growth, None)
    lists = duel("j3", [("ours_list", ours), ("ours_list_few", ours)], pairs=5)
    yield compare("J3", f"{j2.PAGE} of {CONTRACTS} contracts, peer: 10 of {FEW}: queries", "", "queries", lists, 1.0)
    seconds = statistics.median(sample["wall"] for sample in lists[0])
    yield Figure("J3", "its time, peer: 1 s", "s", seconds, 1.0, seconds, 1.0)


# --- the deal, core -----------------------------------------------------------------------------------------------


def _product(env, **values):
    category = env["product.category"].create(
        {"name": "Bench", "property_cost_method": "average", "property_valuation": "real_time"}
    )
    return env["product.product"].create(
        {"name": "Bench car", "list_price": PRICE, "standard_price": COST, "categ_id": category.id, **values}
    )


def _in_stock(env, product, serial):
    """Put one unit on the shelf of the first warehouse and return its serial number."""
    lot = env["stock.lot"].create({"name": serial, "product_id": product.id, "standard_price": COST})
    shelf = env["stock.warehouse"].search([], limit=1).lot_stock_id
    env["stock.quant"]._update_available_quantity(product, shelf, 1.0, lot_id=lot)
    return lot


def peer_prepare(env):
    """Make the product and the buyer."""
    product = _product(env, is_storable=True, tracking="serial", lot_valuated=True)
    partner = env["res.partner"].create({"name": "Bench buyer", "email": "buyer@example.com"})
    data = {"product": product.id, "partner": partner.id}
    peer_run(env, data, peer_before(env, data, "BENCH-1"))
    return data


def peer_before(env, data, serial="BENCH-2"):
    """Make a unit and its quotation, as the administrator."""
    env = env(user=env.ref("base.user_admin"))
    product = env["product.product"].browse(data["product"])
    lot = _in_stock(env, product, serial)
    order = env["sale.order"].create(
        {"partner_id": data["partner"], "order_line": [(0, 0, {"product_id": product.id, "price_unit": PRICE})]}
    )
    return order, lot


def peer_run(_env, _data, state):
    """Confirm, deliver, invoice, pay."""
    order, lot = state
    order.action_confirm()
    picking = order.picking_ids
    picking.move_ids.move_line_ids.lot_id = lot
    picking.move_ids.picked = True
    picking.button_validate()
    invoice = order._create_invoices()
    invoice.action_post()
    wizard = invoice.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids)
    wizard.create({}).action_create_payments()
    assert (picking.state, invoice.state) == ("done", "posted")
    assert invoice.payment_state in ("paid", "in_payment"), invoice.payment_state


# --- the deal, ours -----------------------------------------------------------------------------------------------


def _person(env, login, groups):
    return env["res.users"].create(
        {
            "name": login,
            "login": login,
            "email": f"{login}@example.com",
            "group_ids": [(6, 0, [env.ref(group).id for group in groups])],
        }
    )


def _car_product(env):
    brand = env["fleet.vehicle.model.brand"].create({"name": "Bench"})
    series = env["fleet.vehicle.model"].create({"name": "Bench", "brand_id": brand.id})
    return _product(env, is_vehicle=True, series_id=series.id)


def ours_prepare(env):
    """Make the trim, the buyer and the people of the shop."""
    partner = env["res.partner"].create({"name": "Bench buyer", "email": "buyer@example.com"})
    people = {
        "advisor": _person(env, "bench_advisor", ["dealer_sales.group_sales_advisor"]),
        "manager": _person(env, "bench_manager", ["dealer_sales.group_sales_manager"]),
        "cashier": _person(
            env, "bench_cashier", ["account.group_account_invoice", "dealer_vehicle.group_vehicle_user"]
        ),
    }
    ids = {role: user.id for role, user in people.items()}
    data = {"product": _car_product(env).id, "partner": partner.id, **ids}
    ours_run(env, data, ours_before(env, data, "1HGCM82633A004352"))
    return data


def ours_before(env, data, vin="2HGES16565H591285"):
    """Make a car with its papers and an approved contract."""
    product = env["product.product"].browse(data["product"])
    car = env["dealer.vehicle"].create({"vin": vin, "product_id": product.id})
    _in_stock(env, product, car.vin)
    env["dealer.vehicle.document"].create(
        [
            {"vehicle_id": car.id, "kind": kind, "number": kind, "holder_id": env.company.partner_id.id}
            for kind in ("certificate", "conformity", "keys")
        ]
    )
    car._facts_changed()
    contracts = env["dealer.contract"].with_user(data["advisor"])
    contract = contracts.create({"partner_id": data["partner"], "product_id": product.id})
    contract.action_submit()
    contract.current_version_id.with_user(data["manager"]).action_approve()
    return contract, car


def ours_run(env, data, state):
    """Sign (which confirms), allocate, invoice, pay, deliver: each step by the role that does it."""
    contract, car = state
    contract.sudo()._sign("Bench Buyer", SIGNATURE, ip="192.0.2.1")
    contract.action_allocate(car.id)
    contract.with_user(data["cashier"]).action_invoice()
    wizard = env["dealer.contract.payment"].with_user(data["cashier"])
    wizard.create({"contract_id": contract.id, "deposit_kind": "balance"}).action_receive()
    action = contract.action_prepare_delivery()
    delivery = contract.env["dealer.delivery"].browse(action["res_id"])
    delivery.line_ids.action_toggle()
    signing = contract.env["dealer.delivery.sign"]
    signing.create({"delivery_id": delivery.id, "signer": "Bench Buyer", "signature": SIGNATURE}).action_sign()
    delivery.action_hand_over()
    assert delivery.state == "done" and car.place == "with_customer"
    assert contract.amount_open == 0


# --- the value of a product's stock -------------------------------------------------------------------------------


def _stock(env, product, count):
    """Count ``count`` units into stock, each at its own cost."""
    lots = env["stock.lot"].create([{"name": _serial(number), "product_id": product.id} for number in range(count)])
    shelf = env["stock.warehouse"].search([], limit=1).lot_stock_id
    quants = (
        env["stock.quant"]
        .with_context(inventory_mode=True)
        .create(
            [
                {"product_id": product.id, "lot_id": lot.id, "location_id": shelf.id, "inventory_quantity": 1}
                for lot in lots
            ]
        )
    )
    quants.action_apply_inventory()
    return product


def _serial(number):
    return f"LBENCH{number:011d}"


def _multiply(env, product, factor):
    """Copy a product's lots and quants in the database: only their number matters here."""
    env.flush_all()
    env.cr.execute(
        """
        WITH copies AS (
            INSERT INTO stock_lot (name, product_id, company_id, standard_price, location_id)
            SELECT lot.name || '-' || n, lot.product_id, lot.company_id, lot.standard_price, lot.location_id
              FROM stock_lot lot, generate_series(2, %(factor)s) n WHERE lot.product_id = %(product)s
            RETURNING id, name)
        INSERT INTO stock_quant (product_id, company_id, location_id, lot_id, quantity, reserved_quantity, in_date)
        SELECT quant.product_id, quant.company_id, quant.location_id, copies.id, 1, 0, quant.in_date
          FROM copies
          JOIN stock_lot lot ON lot.name = split_part(copies.name, '-', 1) AND lot.product_id = %(product)s
          JOIN stock_quant quant ON quant.lot_id = lot.id AND quant.quantity > 0
        """,
        {"factor": factor, "product": product.id},
    )
    env.cr.execute("ANALYZE stock_lot")
    env.cr.execute("ANALYZE stock_quant")


def ours_few_prepare(env):
    """Put a few cars into stock."""
    return {"product": _stock(env, _car_product(env), FEW).id}


def ours_many_prepare(env):
    """Put many cars into stock."""
    product = _stock(env, _car_product(env), FEW)
    _multiply(env, product, -(-MANY // FEW))
    return {"product": product.id}


def peer_few_prepare(env):
    """Put a few units of core's product into stock."""
    return {"product": _stock(env, _product(env, is_storable=True, tracking="serial", lot_valuated=True), FEW).id}


def _no_state(_env, _data):
    return None


def _total(env, data, _state):
    product = env["product.product"].browse(data["product"])
    assert product.total_value > 0


ours_few_before = ours_many_before = peer_few_before = _no_state
ours_few_run = ours_many_run = peer_few_run = _total


# --- the list of contracts ----------------------------------------------------------------------------------------


def _prepare_list(env, count):
    """Copy an approved contract with its order in the database."""
    data = ours_prepare(env)
    contract, _car = ours_before(env, data)
    env.flush_all()
    order, line = contract.sale_order_id, contract.order_line_ids[:1]
    first = {name: j2._first_id(env.cr, name) for name in ("sale_order", "dealer_contract", "dealer_contract_version")}

    def of(table):
        return f"{first[table]} + n"

    j2._copy(env.cr, "sale_order", order.id, count, {"name": "'BENCH-' || n", "dealer_contract_id": "NULL"})
    version = contract.current_version_id
    # A contract and its version name each other: the contract's side is written last.
    columns = {"sale_order_id": of("sale_order"), "name": "'BENCH-' || n", "access_token": "NULL"}
    j2._copy(env.cr, "dealer_contract", contract.id, count, {**columns, "current_version_id": "NULL"})
    j2._copy(env.cr, "dealer_contract_version", version.id, count, {"contract_id": of("dealer_contract")})
    env.cr.execute(
        "UPDATE dealer_contract SET current_version_id = %s + id - %s WHERE id >= %s",
        [first["dealer_contract_version"], first["dealer_contract"], first["dealer_contract"]],
    )
    env.cr.execute(
        "UPDATE sale_order SET dealer_contract_id = %s + id - %s WHERE id >= %s",
        [first["dealer_contract"], first["sale_order"], first["sale_order"]],
    )
    numbers = {"order_id": of("sale_order"), "dealer_contract_id": of("dealer_contract")}
    j2._copy(env.cr, "sale_order_line", line.id, count, numbers)
    for table in ("sale_order", "sale_order_line", "dealer_contract", "dealer_contract_version"):
        env.cr.execute(f"ANALYZE {table}")
    return {"user": data["manager"]}


def ours_list_prepare(env):
    """Make a great many contracts."""
    return _prepare_list(env, CONTRACTS)


def ours_list_few_prepare(env):
    """Make a page of contracts and some."""
    return _prepare_list(env, FEW)


def ours_list_before(env, data):
    """Return the contracts as the sales manager's web client asks for them, and what it asks of each."""
    user = env["res.users"].browse(data["user"])
    client = env(user=user, context={"lang": "en_US", "tz": "UTC", "allowed_company_ids": user.company_ids.ids})
    return client["dealer.contract"], j2.specification(client, "dealer.contract")


def ours_list_run(_env, _data, state, limit=j2.PAGE):
    """Open the first page."""
    contracts, specification = state
    found = contracts.web_search_read([], specification, limit=limit, count_limit=j2.COUNT_LIMIT)
    assert len(found["records"]) == limit


def ours_list_few_run(env, data, state):
    """Open a short page."""
    ours_list_run(env, data, state, limit=10)


ours_list_few_before = ours_list_before
