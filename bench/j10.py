"""J10: sixteen clients sell eight cars at once over ``/json/2``. Peer: core, selling eight serial-numbered units.

Every car is wanted by two: for ours sixteen signed contracts, each with its client who allocates the car; for core
sixteen orders, each with its client who confirms it and delivers the unit by its serial number. Whatever is told to be
sold is counted, then what the books say: a unit sold to two is one sale too many.
"""

import os
import statistics
import subprocess
import time

from dealer_cli import cluster, databases, serve
from dealer_cli.layout import LOGS
from dealer_cli.machine import free_port

from tests.client import Client, at_once

from .harness import Figure

CLIENTS, CARS = 16, 8
ROUNDS = 3
SECONDS = 35.0  # four sleeps of a transaction that is run again: 2 + 4 + 8 + 16 at most

COMMON = """
import json
from datetime import datetime, timedelta
from bench import j3, j10
admin = env.ref("base.user_admin")
until = datetime.now() + timedelta(days=1)

def key_of(user):
    return env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "bench", until)
"""
OURS = (
    COMMON
    + """
data = j3.ours_prepare(env)
advisor = env["res.users"].browse(data["advisor"])
rounds = []
for turn in range(j10.ROUNDS):
    cars, tasks = [], []
    for number in range(j10.CARS):
        for rival in (0, 1):
            contract, car = (
                j3.ours_before(env, data, j10.make_vin(turn * 100 + number)) if not rival
                else (j10.approved(env, data), car)
            )
            contract.sudo()._sign("Bench Buyer", j3.SIGNATURE, ip="192.0.2.1")
            tasks.append([contract.id, car.id])
        cars.append(car.id)
    rounds.append({"cars": cars, "tasks": tasks})
print(json.dumps({"key": key_of(advisor), "login": advisor.login, "rounds": rounds}))
env.cr.commit()
"""
)
PEER = (
    COMMON
    + """
product = j3._product(env, is_storable=True, tracking="serial", lot_valuated=True)
partner = env["res.partner"].create({"name": "Bench buyer"})
rounds = []
for turn in range(j10.ROUNDS):
    lots, tasks = [], []
    for number in range(j10.CARS):
        lot = j3._in_stock(env, product, f"BENCH-{turn}-{number}")
        for rival in (0, 1):
            order = env["sale.order"].create(
                {"partner_id": partner.id, "order_line": [(0, 0, {"product_id": product.id, "price_unit": 1000})]}
            )
            order.action_confirm()
            order.picking_ids.do_unreserve()
            move = order.picking_ids.move_ids
            env["stock.move.line"].create({"move_id": move.id, "picking_id": move.picking_id.id, "quantity": 1,
                "product_id": product.id, "lot_id": lot.id, "location_id": move.location_id.id,
                "location_dest_id": move.location_dest_id.id, "picked": True})
            tasks.append([order.picking_ids.id, lot.id])
        lots.append(lot.id)
    rounds.append({"cars": lots, "tasks": tasks})
print(json.dumps({"key": key_of(admin), "login": "admin", "rounds": rounds}))
env.cr.commit()
"""
)
TWICE_HELD = "SELECT count(*) FROM (SELECT 1 FROM dealer_vehicle_hold WHERE state = 'live' AND vehicle_id IN ({ids}) \
GROUP BY vehicle_id HAVING count(*) > 1) twice"
HELD = "SELECT count(*) FROM dealer_vehicle_hold WHERE state = 'live' AND vehicle_id IN ({ids})"
DELIVERED = "SELECT count(*) FROM stock_move_line WHERE state = 'done' AND lot_id IN ({ids})"


def make_vin(number):
    """Return the VIN of a numbered car, its check digit right."""
    from odoo.addons.dealer_vehicle.tools import vin as vin_tools  # noqa: PLC0415 - inside Odoo's shell only

    draft = f"LBNCH{number % 97:02d}E0PA{number:06d}"
    return draft[:8] + vin_tools.check_digit(draft) + draft[9:]


def approved(env, data):
    """Return another approved contract of the same trim."""
    contracts = env["dealer.contract"].with_user(data["advisor"])
    contract = contracts.create({"partner_id": data["partner"], "product_id": data["product"]})
    contract.action_submit()
    contract.current_version_id.with_user(data["manager"]).action_approve()
    return contract


def measure():
    """Yield what was sold, what was sold twice, and how long it took."""
    ours = _sell(databases.suite(), OURS, ("dealer.contract", "action_allocate", "vehicle_id"), HELD)
    peer = _sell(databases.core(), PEER, ("stock.picking", "button_validate", None), DELIVERED)
    told, sold, seconds = (statistics.median(found[key] for found in ours) for key in ("told", "sold", "seconds"))
    told_peer, sold_peer, seconds_peer = (
        statistics.median(found[key] for found in peer) for key in ("told", "sold", "seconds")
    )
    yield Figure(
        "J10", f"told it has a car, peer: the {CARS} cars", "", told, CARS, max(told, CARS) / min(told, CARS), 1.0
    )
    yield Figure("J10", f"cars held, peer: the {CARS} cars", "", sold, CARS, max(sold, CARS) / min(sold, CARS), 1.0)
    yield Figure(
        "J10", f"core, told it has a unit, peer: the {CARS} units", "", told_peer, CARS, told_peer / CARS, None
    )
    yield Figure("J10", f"core, units delivered, peer: the {CARS} units", "", sold_peer, CARS, sold_peer / CARS, None)
    yield Figure("J10", "until the last client is answered", "s", seconds, SECONDS, seconds / SECONDS, 1.0)
    yield Figure(
        "J10", "until the last client is answered, core", "s", seconds, seconds_peer, seconds / seconds_peer, None
    )


def _sell(source, prepare, method, count):
    """Let all clients sell at once, round by round, on a served copy.

    :param str prepare: code for Odoo's shell
    :param tuple method: model, method, name of the argument that takes the car
    :param str count: SQL of how many units the books say were sold
    :return: list of dicts ``told``, ``sold``, ``seconds``
    """
    copy, port = f"bench_{os.getpid()}_j10", free_port()
    databases.clone(source, copy)
    log = LOGS / "bench-j10.log"
    try:
        told = databases.shell(copy, prepare, "Preparing the sales")
        command = [str(part) for part in databases.odoo("-d", copy, f"--http-port={port}", "--max-cron-threads=0")]
        with (
            log.open("w") as sink,
            subprocess.Popen(
                command, env={**os.environ, **databases.odoo_environment()}, stdout=sink, stderr=subprocess.STDOUT
            ) as server,
        ):
            try:
                serve.wait_until_ready(server, port, log)
                client = Client(f"http://127.0.0.1:{port}", copy, told["login"], told["key"])
                return [_round(client, one, method, count, copy) for one in told["rounds"]]
            finally:
                server.terminate()
    finally:
        databases.drop(copy)


def _round(client, one, method, count, database):
    model, name, argument = method
    start = time.monotonic()
    outcomes = at_once(
        *(
            lambda record=record, car=car: client.call(model, name, record, **({argument: car} if argument else {}))
            for record, car in one["tasks"]
        )
    )
    seconds = time.monotonic() - start
    ids = ", ".join(map(str, one["cars"]))
    (sold,) = cluster.sql(count.format(ids=ids), database)
    return {"told": sum(kind == "done" for kind, _text in outcomes), "sold": int(sold), "seconds": seconds}
