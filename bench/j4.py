"""J4: one visit to the workshop. Peer: core's repair with parts, its order with service lines, invoice, payment.

Both sides start from nothing but master data: the car (core: the customer), operations, parts on the shelf. Both end
with the parts used up, the work invoiced and paid. Ours carries more: jobs with payers and technicians, gates, the
issue from the shelf into work in progress, a quality check by somebody else, settlement apart from collecting.
"""

import statistics

from dealer_cli import databases

from . import j2, j3, reminders
from .harness import Figure, compare, duel

QUERY_BOUND = CPU_BOUND = 1.5
OPERATIONS, PARTS = 5, 4
TIMES = 4  # as many lines, for the growth per line: of twice as many the difference drowns in noise
OPEN, FEW = 500, 50  # orders on the board
VIEWS = "dealer_workshop.repair_order_view"
RATE, PRICE, COST = 200.0, 480.0, 300.0


def measure():
    """Yield the figures of the visit, of core against itself, of the growth per line, and of the board."""
    ours, core = databases.suite(), databases.core()
    visit = duel("j4", [("ours", ours), ("peer", core)])
    yield compare("J4", "opened to paid, 5 operations, 4 parts: queries", "", "queries", visit, QUERY_BOUND)
    yield compare("J4", "opened to paid, 5 operations, 4 parts: CPU", "s", "cpu", visit, CPU_BOUND)
    same = duel("j4", [("peer", core), ("peer", core)], pairs=5)
    yield compare("J4", "A/A, core against core: queries", "", "queries", same, None)
    yield compare("J4", "A/A, core against core: CPU", "s", "cpu", same, None)
    many = duel("j4", [("ours_many", ours), ("peer_many", core)])
    yield _growth("per line more: queries", "", "queries", visit, many, 1.0)
    yield _growth("per line more: CPU", "s", "cpu", visit, many, None)
    yield compare("J4", "20 operations, 16 parts: queries", "", "queries", many, QUERY_BOUND, file="many-queries")
    yield compare("J4", "20 operations, 16 parts: CPU", "s", "cpu", many, CPU_BOUND, file="many-cpu")
    for name in ("list", "board"):
        page = duel("j4", [(f"ours_{name}", ours), (f"ours_{name}_few", ours)], pairs=5)
        title = f"{name} of {OPEN} open orders, peer: of {FEW}: queries"
        yield compare("J4", title, "", "queries", page, 1.0, file=f"{name}-queries")
    yield from reminders.measure()


def _growth(name, unit, key, once, many, bound):
    """Return what one line more takes, ours against core's: lines are operations and parts alike."""
    more = (OPERATIONS + PARTS) * (TIMES - 1)
    slopes = [
        (statistics.median(sample[key] for sample in large) - statistics.median(sample[key] for sample in small)) / more
        for small, large in zip(once, many, strict=True)
    ]
    return Figure("J4", name, unit, slopes[0], slopes[1], slopes[0] / slopes[1], bound)


# --- core ---------------------------------------------------------------------------------------------------------


def _parts(env, times, **values):
    """Make parts with stock on the shelf of the first warehouse."""
    category = env["product.category"].create(
        {"name": "Bench", "property_cost_method": "average", "property_valuation": "real_time"}
    )
    parts = env["product.product"].create(
        [
            {
                "name": f"Bench part {number}",
                "default_code": f"BENCH-{number}",
                "type": "consu",
                "is_storable": True,
                "list_price": PRICE,
                "standard_price": COST,
                "categ_id": category.id,
                **values,
            }
            for number in range(PARTS * times)
        ]
    )
    shelf = env["stock.warehouse"].search([], limit=1).lot_stock_id
    for part in parts:
        env["stock.quant"]._update_available_quantity(part, shelf, 1000.0)
    return parts


def _prepare_peer(env, times):
    labour = env["product.product"].create({"name": "Bench labour", "type": "service", "list_price": RATE})
    partner = env["res.partner"].create({"name": "Bench customer", "email": "customer@example.com"})
    data = {"parts": _parts(env, times).ids, "labour": labour.id, "partner": partner.id, "times": times}
    peer_run(env, data, peer_before(env, data))
    return data


def peer_before(env, _data):
    """Return the environment of the administrator, who does everything."""
    return env(user=env.ref("base.user_admin"))


def peer_run(_env, data, env):
    """Open, confirm, start, end, quote, invoice, pay."""
    parts = [(0, 0, {"product_id": part, "product_uom_qty": 1, "repair_line_type": "add"}) for part in data["parts"]]
    repair = env["repair.order"].create({"partner_id": data["partner"], "move_ids": parts})
    repair.action_validate()
    repair.action_repair_start()
    repair.action_repair_end()
    repair.action_create_sale_order()
    order = repair.sale_order_id
    labour = {"product_id": data["labour"], "product_uom_qty": 1.5, "price_unit": RATE}
    order.write({"order_line": [(0, 0, labour) for _number in range(OPERATIONS * data["times"])]})
    order.action_confirm()
    # Services are invoiced when ordered; nothing else is to be delivered.
    invoice = order._create_invoices()
    invoice.action_post()
    wizard = env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids)
    wizard.create({}).action_create_payments()
    lines = invoice.invoice_line_ids.filtered("product_id")
    assert len(lines) == (OPERATIONS + PARTS) * data["times"], len(lines)
    assert invoice.payment_state in ("paid", "in_payment"), invoice.payment_state


def peer_prepare(env):
    """Make parts, labour and the customer."""
    return _prepare_peer(env, 1)


def peer_many_prepare(env):
    """Make many parts."""
    return _prepare_peer(env, TIMES)


peer_many_before, peer_many_run = peer_before, peer_run


# --- ours ---------------------------------------------------------------------------------------------------------


def _prepare_ours(env, times):
    workshop = "dealer_workshop.group_"
    roles = {
        "advisor": [workshop + "service_advisor"],
        "technician": [workshop + "technician"],
        "inspector": [workshop + "quality_inspector"],
        "keeper": ["dealer_parts.group_parts_keeper"],
        "cashier": ["account.group_account_invoice"],
    }
    people = {role: j3._person(env, f"bench_{role}", groups) for role, groups in roles.items()}
    technician = env["hr.employee"].create(
        {"name": "Bench technician", "user_id": people["technician"].id, "is_dealer_technician": True}
    )
    partner = env["res.partner"].create({"name": "Bench customer", "email": "customer@example.com"})
    car = env["dealer.vehicle"].create(
        {
            "vin": "1HGCM82633A004352",
            "condition": "used",
            "owner_id": partner.id,
            "keeper_id": partner.id,
            "plate_ids": [(0, 0, {"plate": "沪BENCH1"})],
        }
    )
    env["dealer.labour.rate"].create({"company_id": env.company.id, "rate": RATE})
    level = env.ref("dealer_workshop.dealer_labour_level_mechanical").id
    operations = env["dealer.operation"].create(
        [
            {"code": f"BENCH-{number}", "name": f"Bench work {number}", "hours": 1.5, "level_id": level}
            for number in range(OPERATIONS * times)
        ]
    )
    data = {
        **{role: user.id for role, user in people.items()},
        "employee": technician.id,
        "partner": partner.id,
        "car": car.id,
        "operations": operations.ids,
        "parts": _parts(env, times, is_part=True).ids,
        "times": times,
    }
    ours_run(env, data, None)
    return data


def ours_before(_env, _data):
    """Return nothing: the visit begins with the order."""


def _open(env, data):
    """Open an order with two jobs, as the advisor: operations, technician, parts asked for."""
    half = len(data["operations"]) // 2 + 1
    jobs = [
        (
            0,
            0,
            {
                "name": name,
                "line_ids": [(0, 0, {"operation_id": operation}) for operation in operations],
                "assignment_ids": [(0, 0, {"employee_id": data["employee"], "share": 100})],
            },
        )
        for name, operations in (("Service", data["operations"][:half]), ("Brakes", data["operations"][half:]))
    ]
    order = (
        env["repair.order"]
        .with_user(data["advisor"])
        .create({"dealer_vehicle_id": data["car"], "odometer_km": 42000, "job_ids": jobs})
    )
    both = order.job_ids.ids
    order.env["dealer.job.part"].create(
        [{"job_id": both[number % 2], "product_id": part, "quantity": 1} for number, part in enumerate(data["parts"])]
    )
    return order


def ours_run(env, data, _state):
    """Open, check in, issue, do, check, settle, pay: each step by the role that does it."""
    order = _open(env, data)
    order.action_check_in()
    order.with_user(data["keeper"]).action_issue_parts()
    order.with_user(data["technician"]).job_ids.action_done()
    order.with_user(data["inspector"]).action_quality_pass()
    order.action_settle()
    invoice = env["account.move"].with_user(data["cashier"]).search([("dealer_repair_id", "=", order.id)])
    wizard = invoice.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids)
    wizard.create({}).action_create_payments()
    lines = invoice.sudo().invoice_line_ids.filtered("product_id")
    assert len(lines) == (OPERATIONS + PARTS) * data["times"], len(lines)
    assert order.stage == "settled" and order.amount_due == 0
    assert invoice.payment_state in ("paid", "in_payment"), invoice.payment_state


def ours_prepare(env):
    """Make people, car, operations and parts."""
    return _prepare_ours(env, 1)


def ours_many_prepare(env):
    """Make many operations and parts."""
    return _prepare_ours(env, TIMES)


ours_many_before, ours_many_run = ours_before, ours_run


# --- list and board of open orders --------------------------------------------------------------------------------


def _prepare_open(env, count):
    """Copy an order that is being worked on, with its jobs, operations, payers and technicians, in the database."""
    data = _prepare_ours(env, 1)
    order = _open(env, data)
    order.action_check_in()
    env.flush_all()
    first = {name: j2._first_id(env.cr, name) for name in ("repair_order", "dealer_job")}
    j2._copy(env.cr, "repair_order", order.id, count, {"name": "'BENCH-' || n"})
    job = order.job_ids[:1].sudo()
    numbers = {"order_id": f"{first['repair_order']} + n"}
    j2._copy(env.cr, "dealer_job", job.id, count, numbers)
    parents = numbers | {"job_id": f"{first['dealer_job']} + n"}
    for child in (job.line_ids[:1], job.split_ids, job.assignment_ids):
        j2._copy(env.cr, child._table, child.id, count, parents)
    for table in ("repair_order", "dealer_job", "dealer_job_line", "dealer_job_split", "dealer_job_assignment"):
        env.cr.execute(f"ANALYZE {table}")
    return {"advisor": data["advisor"]}


def ours_list_prepare(env):
    """Make many open orders."""
    return _prepare_open(env, OPEN)


def ours_list_few_prepare(env):
    """Make a few open orders."""
    return _prepare_open(env, FEW)


def ours_list_before(env, data):
    """Return the orders as the advisor's web client asks for them, and what it asks of each."""
    user = env["res.users"].browse(data["advisor"])
    client = env(user=user, context={"lang": "en_US", "tz": "UTC", "allowed_company_ids": user.company_ids.ids})
    return client["repair.order"], j2.specification(client, "repair.order", "list", f"{VIEWS}_list")


def ours_list_run(_env, _data, state, limit=j2.PAGE):
    """Open the first page."""
    orders, specification = state
    domain = [("dealer_vehicle_id", "!=", False), ("stage", "not in", ("delivered", "cancelled"))]
    found = orders.web_search_read(domain, specification, limit=limit, count_limit=j2.COUNT_LIMIT)
    assert len(found["records"]) == limit


def ours_list_few_run(env, data, state):
    """Open a short page."""
    ours_list_run(env, data, state, limit=10)


def ours_board_before(env, data):
    """Return the orders as the advisor's board asks for them, and what it asks of each card."""
    orders, _specification = ours_list_before(env, data)
    return orders, j2.specification(orders.env, "repair.order", "kanban", f"{VIEWS}_kanban")


def ours_board_run(_env, _data, state):
    """Open the board: every stage with its cards."""
    orders, specification = state
    domain = [("dealer_vehicle_id", "!=", False), ("stage", "not in", ("delivered", "cancelled"))]
    found = orders.web_read_group(
        domain, ["stage"], ["__count"], auto_unfold=True, unfold_read_specification=specification, limit=80
    )
    assert sum(group["__count"] for group in found["groups"]) > FEW - 1


ours_board_prepare, ours_board_few_prepare = ours_list_prepare, ours_list_few_prepare
ours_board_few_before, ours_board_few_run = ours_board_before, ours_board_run
ours_list_few_before = ours_list_before
