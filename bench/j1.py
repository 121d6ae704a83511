"""J1: importing cars. Peer: core's ``load()`` of serial numbers, which is how a core shop brings its stock in.

Both read texts and find what a row names by its name (ours brand and series, core the product). Ours carries more: a
check of every row first, then identity and car; "with people" adds plate, mileage and owner, found by phone. A sample
is a part of the work; the whole of 100,000 cars is done once, committed batch by batch as in life, for its memory.
"""

import base64
import json
import os
import resource
import subprocess
import sys
import time

from dealer_cli import databases
from dealer_cli.console import Stop
from dealer_cli.layout import LOGS, PYTHON, ROOT

from .harness import Figure, compare, duel

SPEED_BOUND = 1 / 20  # of core's time per row
MEMORY_BOUND = 1024  # MB (2^20 bytes)
OURS, PEER, WHOLE = 10_000, 300, 100_000  # rows
OWNERS = 500
HEADINGS = "VIN,Brand,Series,Trim,Model Year,Exterior Colour,Engine or Motor Number"
PEOPLE = ",Plate,Mileage (km),Owner,Owner's Phone"


def measure():
    """Yield the figures of time per row and of memory."""
    ours, core = databases.suite(), databases.core()
    samples = duel("j1", [("ours", ours), ("peer", core)], pairs=5)
    for side, rows in zip(samples, (OURS, PEER), strict=True):
        for sample in side:
            sample.update(cpu=1000 * sample["cpu"] / rows, wall=1000 * sample["wall"] / rows)
    yield compare("J1", "import a car, check it before: time", "ms", "wall", samples, SPEED_BOUND)
    yield compare("J1", "import a car, check it before: CPU", "ms", "cpu", samples, SPEED_BOUND)
    people = duel("j1", [("people", ours), ("ours", ours)], pairs=3)
    yield compare("J1", "with plate, mileage and owner, peer: without: CPU", "s", "cpu", people, None)
    peer = sum(sample["wall"] for sample in samples[1]) / len(samples[1])
    whole = _whole(ours)
    each = 1000 * whole["seconds"] / WHOLE
    yield Figure("J1", f"import {WHOLE} cars: time a car", "ms", each, peer, each / peer, SPEED_BOUND)
    memory = whole["memory"]
    yield Figure("J1", "its memory, peer: 1 GiB", "MiB", memory, MEMORY_BOUND, memory / MEMORY_BOUND, 1.0)


def _whole(source):
    """Import all cars in a process of its own, on a copy; return its seconds and its highest memory in MiB."""
    copy = f"bench_{os.getpid()}_whole"
    databases.clone(source, copy)
    try:
        with (LOGS / "bench-j1-whole.log").open("w") as log:
            command = [str(PYTHON), "-m", "bench.j1", copy]
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, check=False)
        if done.returncode:
            raise Stop(f"The import failed. Log: {log.name}")
        return json.loads(done.stdout)
    finally:
        databases.drop(copy)


# --- the file -----------------------------------------------------------------------------------------------------


def _file(env, count, people=False):
    """Return a CSV file of cars whose owners and series are known."""
    from odoo.addons.dealer_vehicle.tools import vin as vin_tools

    brand = env["fleet.vehicle.model.brand"].create({"name": "Bench"})
    env["fleet.vehicle.model"].create({"name": "B1", "brand_id": brand.id})
    if people:
        env["res.partner"].create([{"name": f"Owner {n}", "phone": f"138{n:08d}"} for n in range(OWNERS)])
    lines = [HEADINGS + PEOPLE * people]
    for number in range(count):
        draft = f"LBENCH{number % 97:02d}0PA{number:06d}"
        vin = draft[:8] + vin_tools.check_digit(draft) + draft[9:]
        owner = number % OWNERS
        further = f",P{number:06d},{number},Owner {owner},138{owner:08d}" * people
        lines.append(f"{vin},Bench,B1,Comfort,2024,white,E{number}{further}")
    return base64.b64encode("\n".join(lines).encode())


def _job(env, file):
    return env["dealer.import"].create({"kind": "vehicle", "file": file, "file_name": "bench.csv"})


def _import(job, commit):
    """Check and import as the background job does."""
    for action in (job.action_check, job.action_run):
        action()
        job.sudo()._work(commit)
    assert job.state == "done", job.message


# --- sides --------------------------------------------------------------------------------------------------------


def ours_prepare(env):
    """Make the catalogue and the file."""
    return {"file": _file(env, OURS).decode()}


def people_prepare(env):
    """Make catalogue, owners and the file."""
    return {"file": _file(env, OURS, people=True).decode()}


def ours_before(env, data):
    """Upload the file."""
    return _job(env, data["file"])


def ours_run(_env, _data, job):
    """Check and import it."""
    _import(job, lambda count: 1)
    assert (job.created_count, job.refused_count) == (OURS, 0)


people_before, people_run = ours_before, ours_run


def peer_prepare(env):
    """Make the product."""
    product = env["product.product"].create({"name": "Bench car", "is_storable": True, "tracking": "serial"})
    return {"product": product.name}


def peer_before(_env, data):
    """Write the rows."""
    return [[f"LBENCH{number:011d}", data["product"]] for number in range(PEER)]


def peer_run(env, _data, rows):
    """Load them."""
    result = env["stock.lot"].load(["name", "product_id"], rows)
    assert result["ids"] and len(result["ids"]) == PEER, result["messages"]


def main(database):
    """Import all cars once, committing each batch, and print seconds and memory as JSON."""
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(["-d", database, "--log-level=warn", "--max-cron-threads=0"])
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        job = _job(env, _file(env, WHOLE))
        cr.commit()
        start = time.perf_counter()
        _import(job, lambda _count: cr.commit() or 1)
        cr.commit()
        seconds = time.perf_counter() - start
        assert (job.created_count, job.refused_count) == (WHOLE, 0)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "memory": memory}))


if __name__ == "__main__":
    main(sys.argv[1])
