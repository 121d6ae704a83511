"""J2: finding a car among a million. Peers: core's ``fleet.vehicle`` (by ``vin_sn``) and ``stock.lot`` (by its name).

One database holds a million of each: the same VINs, made by ``INSERT … SELECT`` in a copy of the suite's database.
A process per model answers every question once per round, each time about another car; sides take turns. What takes
less than a millisecond is asked about several cars in a row: once, after minutes of other questions, it would tell how
fast this machine's caches fill.
"""

import os
import random
import statistics

from dealer_cli import cluster, databases
from dealer_cli.console import Step
from lxml import etree

from .harness import PAIRS, WARM_UP, Figure, Worker, compare

CARS = 1_000_000
OWNERS = 300_000
PHONE_LIMIT_MS = 10.0
PAGE = 80
COST_BOUND = 6.0  # of the time of the pivot that only counts: it reads the serial number of each car in stock
COUNT_LIMIT = 10_001  # what the web client counts to
IN_A_ROW = 20  # cars a sample of a find asks for


# The cars of the ageing report, and its list.
IN_STOCK = [("place", "in", ("at_site", "in_transit")), ("age_date", "!=", False)]
AGEING_LIST = "dealer_vehicle.dealer_vehicle_view_list_ageing"


# --- the questions ------------------------------------------------------------------------------------------------
# Each is (key, what is printed, {peer: highest ratio}); the sides have a method of that name.

FIND = [
    ("vin", "find by full VIN", {"fleet": 1 / 100, "lot": 1 / 20}),
    ("last8", "find by its last 8", {"fleet": 1 / 100, "lot": 1 / 2}),
    ("plate", "find by plate", {"fleet": 1 / 100}),
    ("vin_box", "full VIN in the search box", {"fleet": 1 / 100}),
    ("name_search", "name_search by last 8", {"lot": 1 / 2}),
]
PAGES = [
    ("all", "first page, all cars", {"lot": 1 / 4}),
    ("place", "first page, one place", {"lot": 1 / 4}),
]
# Each is sorted both ways, as the clicks on a heading do.
SORTED = ["name", "vin", "colour_exterior", "site_id", "place", "claim", "title", "days_in_stock", "asking_price"]
GROUPED = ["place", "claim", "site_id", "brand_id", "series_id", "product_id", "condition", "colour_exterior"]
FINDS = {key for key, _name, _bounds in FIND}
QUESTIONS = [key for key, _name, _bounds in FIND + PAGES]
QUESTIONS += ["phone", "kanban", "page_10", "kanban_10", "ageing", "ageing_10", "pivot", "pivot_day", "pivot_plain"]
SORTINGS = [f"{name} {direction}" for name in SORTED for direction in ("ASC", "DESC")]
QUESTIONS += [f"sort_{sorting}" for sorting in SORTINGS] + [f"group_{name}" for name in GROUPED]


def measure():
    """Yield the figures."""
    databases_suite = databases.suite()
    copy = f"bench_{os.getpid()}_0"
    databases.clone(databases_suite, copy)
    workers = {}
    try:
        with Step(f"Making {CARS:,} cars, fleet vehicles and serial numbers"):
            databases.shell(copy, "from bench import j2; print(j2.build(env))", "Making the cars")
            cluster.sql("VACUUM ANALYZE", copy)
        for side in ("ours", "fleet", "lot"):
            workers[side] = Worker(copy, "j2", side)
        yield from _figures(_take(workers))
    finally:
        for worker in workers.values():
            worker.end()
        databases.drop(copy)


def _take(workers):
    """Return {question: {side: list of samples}}; sides take turns, the first one changes every round."""
    sides = list(workers)
    samples = {question: {side: [] for side in sides} for question in QUESTIONS}
    for turn in range(WARM_UP + PAIRS):
        order = sides[turn % 3 :] + sides[: turn % 3]
        for question in QUESTIONS:
            for side in order:
                sample = workers[side].sample()
                if turn >= WARM_UP:
                    samples[question][side].append(sample)
    return samples


def _figures(samples):
    for key, name, bounds in FIND + PAGES:
        for peer, bound in bounds.items():
            yield _versus(samples, key, f"{name}, {peer}", peer, bound)
    phone = statistics.median(1000 * sample["wall"] for sample in samples["phone"]["ours"])
    yield Figure("J2", "owner's phone, peer: the limit", "ms", phone, PHONE_LIMIT_MS, phone / PHONE_LIMIT_MS, 1.0)
    for sorting in SORTINGS:
        # Core's own list is sorted once a round, by its own columns.
        peer = samples[f"sort_{SORTINGS[0]}"]["fleet"]
        yield _versus(samples, f"sort_{sorting}", f"page by {sorting.lower()}, fleet", "fleet", 1.0, peer)
    for name in GROUPED:
        yield _versus(samples, f"group_{name}", f"grouped by {name}, fleet", "fleet", 1.0)
    yield _queries(samples, "all", "page_10", f"list of {PAGE}, peer: of 10")
    yield _queries(samples, "kanban", "kanban_10", f"kanban of {PAGE}, peer: of 10")
    yield _queries(samples, "ageing", "ageing_10", f"ageing list of {PAGE}, peer: of 10")
    yield _queries(samples, "pivot", "pivot_day", "ageing pivot, peer: of one day's cars")
    plain = samples["pivot_plain"]["ours"]
    yield _versus(samples, "pivot", "ageing pivot with costs, peer: without", "plain", COST_BOUND, plain)


def _versus(samples, key, name, peer, bound, others=None):
    ours, others = samples[key]["ours"], others or samples[key][peer]
    sides = [
        [{"ms": sample["wall"] * 1000 / _count(side, key)} for sample in taken]
        for side, taken in (("ours", ours), (peer, others))
    ]
    return compare("J2", name, "ms", "ms", sides, bound, f"{key}-{peer}")


def _count(side, key):
    """Return how many cars a sample of a question asks for; the slow peer is asked for one."""
    return IN_A_ROW if key in FINDS and side != "fleet" else 1


def _queries(samples, many, few, name):
    ours, peer = (statistics.median(sample["queries"] for sample in samples[key]["ours"]) for key in (many, few))
    return Figure("J2", f"{name}: queries", "", ours, peer, ours / peer, 1.0)


# --- the data -----------------------------------------------------------------------------------------------------


def vin_sql(number):
    """Return the SQL of the VIN of a numbered car; ten makers' identifiers, twenty years, a serial of six digits."""
    return (
        f"(ARRAY['LSV','LFV','LSG','LVS','LGX','WVW','1HG','5YJ','JTD','KMH'])[1 + {number} % 10] || 'E8AB3' || '0' "
        f"|| substr('ABCDEFGHJKLMNPRSTVWX', 1 + ({number} / 10 % 20)::int, 1) || 'P' || lpad({number}::text, 6, '0')"
    )


def build(env):
    """Fill the database; return a JSON text for the caller."""
    cr = env.cr
    brands = [env["fleet.vehicle.model.brand"].create({"name": f"Bench {n}"}) for n in range(5)]
    series = [
        env["fleet.vehicle.model"].create({"name": f"Series {n}", "brand_id": brands[n % 5].id}) for n in range(20)
    ]
    for number in range(9):
        env["stock.warehouse"].create({"name": f"Bench {number}", "code": f"B{number}"})
    sites = env["stock.warehouse"].search([("company_id", "=", env.company.id)])
    category = env["product.category"].create(
        {"name": "Bench", "property_cost_method": "average", "property_valuation": "real_time"}
    )
    template = env["product.template"].create(
        {"name": "Bench car", "is_vehicle": True, "series_id": series[0].id, "categ_id": category.id}
    )
    product = template.product_variant_id
    partner = env["res.partner"].create({"name": "Bench owner", "phone": "+86 138 0000 0000"})
    car = env["dealer.vehicle"].create(
        {"vin": "1HGCM82633A004352", "product_id": product.id, "owner_id": partner.id, "asking_price": 1.0}
    )
    plate = env["dealer.vehicle.plate"].create({"vehicle_id": car.id, "plate": "BENCH"})
    lot = env["stock.lot"].create({"name": "LSVAA49J132047371", "product_id": product.id})
    quant = env["stock.quant"].create(
        {"product_id": product.id, "lot_id": lot.id, "location_id": sites[0].lot_stock_id.id, "quantity": 1}
    )
    fleet = env["fleet.vehicle"].create({"model_id": series[0].id, "license_plate": "BENCH", "vin_sn": "BENCH"})
    env.flush_all()
    first = {name: _first_id(cr, name) for name in ("res_partner", "dealer_vin", "stock_lot", "dealer_vehicle")}

    def reference(table, number="n"):
        return f"{first[table]} + {number}"

    def one_of(records, number="n"):
        return f"(ARRAY[{','.join(str(record.id) for record in records)}])[1 + ({number} % {len(records)})::int]"

    def plate_of(number="n"):
        return f"'B' || lpad({number}::text, 7, '0')"

    name = "'Owner ' || n"
    _copy(
        cr,
        "res_partner",
        partner.id,
        OWNERS,
        {"name": name, "complete_name": name, "phone": "'+86 13' || n % 10 || ' ' || lpad(n::text, 8, '0')"},
    )
    vin = vin_sql("n")
    _copy(cr, "stock_lot", lot.id, CARS, {"name": vin})
    in_stock = "n % 20 = 0"  # a dealer group's stock beside all the cars it ever serviced
    _copy(
        cr,
        "dealer_vin",
        car.vin_id.id,
        CARS,
        {
            "vin": vin,
            "vin_typed": vin,
            "lot_id": f"CASE WHEN {in_stock} THEN {reference('stock_lot')} END",
            "brand_id": one_of(brands),
            "series_id": one_of(series),
            "model_year": "2005 + n % 20",
        },
    )
    _copy(
        cr,
        "dealer_vehicle",
        car.id,
        CARS,
        {
            "vin_id": reference("dealer_vin"),
            "brand_id": one_of(brands),
            "series_id": one_of(series),
            "name": f"right({vin}, 8) || ' · Series ' || n % 20 || ' · ' || {plate_of()}",
            "owner_id": reference("res_partner", f"n % {OWNERS}"),
            "product_id": f"CASE WHEN {in_stock} THEN {product.id} END",
            "place": f"CASE WHEN {in_stock} THEN 'at_site' WHEN n % 100 = 1 THEN 'in_transit' "
            "WHEN n % 50 = 3 THEN 'gone' ELSE 'with_customer' END",
            "claim": f"CASE WHEN {in_stock} THEN (ARRAY['free', 'held', 'sold'])[1 + (n / 20 % 3)::int] END",
            "title": f"CASE WHEN {in_stock} THEN 'ours' ELSE 'customer' END",
            "condition": "(ARRAY['new', 'used', 'demo'])[1 + (n % 3)::int]",
            "colour_exterior": "(ARRAY['white','black','grey','red','blue','silver'])[1 + (n % 6)::int]",
            "site_id": f"CASE WHEN {in_stock} THEN {one_of(sites, '(n / 20)')} END",
            "is_inspected": in_stock,
            "arrival_date": f"CASE WHEN {in_stock} THEN date '2026-11-01' - (n / 20 % 400)::int END",
            "age_date": f"CASE WHEN {in_stock} THEN date '2026-11-01' - (n / 20 % 400)::int END",
            "asking_price": "100000 + n * 37 % 200000",
            "plate": plate_of(),
            "plate_normalised": plate_of(),
        },
    )
    _copy(
        cr,
        "dealer_vehicle_plate",
        plate.id,
        CARS,
        {"vehicle_id": reference("dealer_vehicle"), "plate": plate_of(), "normalised": plate_of()},
    )
    _copy(
        cr,
        "stock_quant",
        quant.id,
        CARS,
        {"lot_id": reference("stock_lot"), "location_id": one_of([site.lot_stock_id for site in sites], "(n / 20)")},
        where=in_stock,
    )
    _copy(
        cr,
        "fleet_vehicle",
        fleet.id,
        CARS,
        {
            "vin_sn": vin,
            "license_plate": plate_of(),
            "name": f"'Bench/Series/' || {plate_of()}",
            "model_id": one_of(series),
            "brand_id": one_of(brands),
            "acquisition_date": "date '2026-11-01' - (n % 5000)::int",
        },
    )
    _make_user(env)
    cr.commit()
    return "{}"


def _make_user(env):
    groups = [
        "dealer_vehicle.group_dealer_admin",
        "dealer_vehicle.group_stock_keeper",
        "stock.group_stock_manager",
        "fleet.fleet_group_manager",
    ]
    env["res.users"].create(
        {"name": "Bench", "login": "bench", "group_ids": [(6, 0, [env.ref(group).id for group in groups])]}
    )


def _first_id(cr, table):
    cr.execute(f"SELECT max(id) + 1 FROM {table}")
    return cr.fetchone()[0]


def _copy(cr, table, source_id, count, values, where="true"):
    """Insert copies of a row, with some columns computed from their number ``n`` (0 to count - 1).

    Ids are the table's first free one plus ``n``, so that other tables can point at a copy by its number.
    """
    first = _first_id(cr, table)
    cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name != 'id' "
        "AND table_schema = current_schema AND is_generated = 'NEVER'",
        [table],
    )
    columns = [row[0] for row in cr.fetchall()]
    chosen = [f"({values[name]})" if name in values else f'source."{name}"' for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    again = _drop_indexes(cr, table)
    cr.execute(
        f"INSERT INTO {table} (id, {names}) SELECT {first} + n, {', '.join(chosen)} "
        f"FROM {table} source, generate_series(0, {count - 1}) n WHERE source.id = {source_id} AND {where}"
    )
    for statement in again:
        cr.execute(statement)
    cr.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")


def _drop_indexes(cr, table):
    """Drop what an insertion of a million rows would keep row by row, and return what makes it again at once."""
    cr.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
        "WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [table],
    )
    indexes = cr.fetchall()
    cr.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
        [table],
    )
    keys = cr.fetchall()
    for name, _definition in indexes:
        cr.execute(f"DROP INDEX {name}")
    for name, _definition in keys:
        cr.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    return [definition for _name, definition in indexes] + [
        f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}' for name, definition in keys
    ]


# --- the sides ----------------------------------------------------------------------------------------------------


def as_client(env):
    """Return the environment of a user with the rights of all three models, as the web client has it."""
    user = env["res.users"].search([("login", "=", "bench")])
    return env(user=user, context={"lang": "en_US", "tz": "UTC", "allowed_company_ids": user.company_ids.ids})


def specification(env, model, view_type="list", xmlid=""):
    """Return what the web client asks of each record of a view, the default one when none is named."""
    view_id = env.ref(xmlid).id if xmlid else None
    arch = etree.fromstring(env[model].get_view(view_id, view_type)["arch"])
    fields = env[model]._fields
    names = {node.get("name") for node in arch.iter("field")} & fields.keys()
    return {name: {"fields": {"display_name": {}}} if fields[name].relational else {} for name in sorted(names)}


class Side:
    """One model's way of answering; ``data`` counts the questions, so that all sides are at the same one."""

    model = ""
    order = ""

    def __init__(self, env, data):
        self.env, self.data, self.records = env, data, env[self.model]

    def answer(self, key, number):
        """Answer a question about a numbered car."""
        if key in FINDS:
            for step in range(_count(self.data["side"], key)):
                self.env.invalidate_all()
                getattr(self, key)((number + step * CARS // IN_A_ROW) % CARS)
            return None
        if key.startswith("sort_"):
            return self.page(order=self.sorting(key.removeprefix("sort_")))
        if key.startswith("group_"):
            return self.records.formatted_read_group([], [self.grouping(key.removeprefix("group_"))], ["__count"])
        return getattr(self, key)(number)

    def page(self, domain=(), order="", limit=PAGE, view="list"):
        """Return the first page as the web client asks for it."""
        return self.records.web_search_read(
            list(domain),
            self.data["specification"][view],
            limit=limit,
            order=order or self.order,
            count_limit=COUNT_LIMIT,
        )

    def one(self, domain):
        """Search, and make sure that exactly the one car is found."""
        found = self.records.search(domain, limit=PAGE)
        assert len(found) == 1, f"{domain}: {found}"
        return found

    def all(self, _number):
        """Return the first page of everything."""
        return self.page()

    def nothing(self, _number):
        """Have no answer to this question."""

    phone = kanban = page_10 = kanban_10 = place = vin_box = name_search = plate = nothing
    ageing = ageing_10 = pivot = pivot_day = pivot_plain = nothing


class Ours(Side):
    model = "dealer.vehicle"
    order = "age_date, id"

    def vin(self, number):
        return self.one([("vin", "=", vin_of(number))])

    def vin_box(self, number):
        return self.one([("display_name", "ilike", vin_of(number))])

    def last8(self, number):
        return self.one([("display_name", "ilike", vin_of(number)[-8:])])

    def name_search(self, number):
        found = self.records.name_search(vin_of(number)[-8:], limit=8)
        assert len(found) == 1, found

    def plate(self, number):
        return self.one([("display_name", "ilike", f"B{number:07}")])

    def phone(self, number):
        found = self.records.search([("display_name", "ilike", f"13{number % OWNERS % 10}{number % OWNERS:08}")])
        assert 0 < len(found) <= CARS // OWNERS + 1, found

    def place(self, _number):
        return self.page([("place", "=", "at_site")])

    def kanban(self, _number):
        return self.page(view="kanban")

    def page_10(self, _number):
        return self.page(limit=10)

    def kanban_10(self, _number):
        return self.page(limit=10, view="kanban")

    def ageing(self, _number, limit=PAGE):
        return self.page([*IN_STOCK, ("days_in_stock", ">", 60)], limit=limit, view="ageing")

    def ageing_10(self, number):
        return self.ageing(number, limit=10)

    def pivot(self, _number, domain=(), costs=("stock_value:sum", "holding_cost_day:sum")):
        # Rows by age, columns by site, and the totals, as the pivot of the menu opens.
        sets = [[], ["age_bucket_id"], ["site_id"], ["age_bucket_id", "site_id"]]
        self.records.formatted_read_grouping_sets([*IN_STOCK, *domain], sets, ["__count", *costs])

    def pivot_day(self, number):
        return self.pivot(number, [("age_date", "=", "2026-10-01")])

    def pivot_plain(self, number):
        return self.pivot(number, costs=())

    def sorting(self, name):
        # As the web client asks: the column it sorts by before what the list was sorted by.
        return f"{name}, age_date ASC, id ASC"

    def grouping(self, name):
        return name


class Fleet(Side):
    model = "fleet.vehicle"
    order = "license_plate, acquisition_date"

    def vin(self, number):
        return self.one([("vin_sn", "=", vin_of(number))])

    def last8(self, number):
        return self.one([("vin_sn", "ilike", vin_of(number)[-8:])])

    def vin_box(self, number):
        return self.one([("vin_sn", "ilike", vin_of(number))])

    def plate(self, number):
        return self.one(["|", ("name", "ilike", f"B{number:07}"), ("license_plate", "ilike", f"B{number:07}")])

    def answer(self, key, number):
        if key.startswith("sort_") and key != f"sort_{SORTINGS[0]}":
            return None
        return super().answer(key, number)

    def sorting(self, _name):
        return self.order

    def grouping(self, name):
        return {"brand_id": "brand_id", "series_id": "model_id"}.get(name, "state_id")


class Lot(Side):
    model = "stock.lot"
    order = "name, id"

    def vin(self, number):
        return self.one([("name", "=", vin_of(number))])

    def last8(self, number):
        return self.one([("name", "ilike", vin_of(number)[-8:])])

    def name_search(self, number):
        found = self.records.name_search(vin_of(number)[-8:], limit=8)
        assert len(found) == 1, found

    def place(self, _number):
        return self.page([("location_id", "=", self.data["location"])])

    def answer(self, key, number):
        return None if key.startswith(("sort_", "group_")) else super().answer(key, number)


def vin_of(number):
    """Return the VIN of a numbered car, as :func:`vin_sql` makes it."""
    maker = ["LSV", "LFV", "LSG", "LVS", "LGX", "WVW", "1HG", "5YJ", "JTD", "KMH"][number % 10]
    return f"{maker}E8AB30{'ABCDEFGHJKLMNPRSTVWX'[number // 10 % 20]}P{number:06}"


SIDES = {"ours": Ours, "fleet": Fleet, "lot": Lot}


def _prepare(side):
    def prepare(env):
        env = as_client(env)
        model = SIDES[side].model
        site = env["stock.warehouse"].search([], limit=1)
        views = ("list", "kanban", "ageing") if side == "ours" else ("list",)
        return {
            "turn": 0,
            "side": side,
            "location": site.lot_stock_id.id,
            "specification": {
                view: specification(env, model, *(("list", AGEING_LIST) if view == "ageing" else (view,)))
                for view in views
            },
        }

    return prepare


def _before(side):
    def before(env, data):
        question = QUESTIONS[data["turn"] % len(QUESTIONS)]
        number = random.Random(data["turn"]).randrange(CARS)
        data["turn"] += 1
        return SIDES[side](as_client(env), data), question, number

    return before


def _run(_env, _data, state):
    side, question, number = state
    side.answer(question, number)


ours_prepare, fleet_prepare, lot_prepare = (_prepare(side) for side in SIDES)
ours_before, fleet_before, lot_before = (_before(side) for side in SIDES)
ours_run = fleet_run = lot_run = _run
