"""J1: importing cars. Peer: core's ``load()`` of serial numbers, which is how a core shop brings its stock in.

Both sides get the same facts: VIN, product, company. Core's product is valued by serial number, as a car's must be for
its exact cost; core gets it by external identifier, its fastest way, ours finds it by its name. Ours does more with
them: every row is checked first, then identity and car are written. "Everything" adds brand, series, trim, year,
colour, engine, plate, mileage and an owner found by phone. Shown beside, without a bound: core's serials without
valuation, by the product's name and by external identifier; those cannot carry what a car cost.

A sample is a part of the work; the whole of 100,000 cars is done once, committed batch by batch as in life, for its
memory.
"""

import base64
import json
import os
import resource
import statistics
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
PRODUCT = "Bench car"
HEADINGS = "VIN,Sold as"
EVERYTHING = (
    ",Brand,Series,Trim,Model Year,Exterior Colour,Engine or Motor Number,Plate,Mileage (km),Owner,Owner's Phone"
)


def measure():
    """Yield the figures of time per row and of memory."""
    ours, core = databases.suite(), databases.core()
    samples = _duel("ours", ours, "peer", core, 5)
    yield compare("J1", "import a car, check it before: time", "ms", "wall", samples, SPEED_BOUND)
    yield compare("J1", "import a car, check it before: CPU", "ms", "cpu", samples, SPEED_BOUND)
    everything = _duel("everything", ours, "peer", core, 3)
    yield compare("J1", "with everything of it: CPU", "ms", "cpu", everything, SPEED_BOUND, "everything")
    for side, name in (("plain", "by name"), ("plain_id", "by id")):
        plain = _duel("ours", ours, side, core, 3)
        yield compare("J1", f"peer: not valued, {name}: CPU", "ms", "cpu", plain, None, side)
    peer = statistics.median(sample["wall"] for sample in samples[1])
    whole = _whole(ours)
    each = 1000 * whole["seconds"] / WHOLE
    yield Figure("J1", f"import {WHOLE} cars with everything: time a car", "ms", each, peer, each / peer, SPEED_BOUND)
    memory = whole["memory"]
    yield Figure("J1", "its memory, peer: 1 GiB", "MiB", memory, MEMORY_BOUND, memory / MEMORY_BOUND, 1.0)


def _duel(ours, suite, peer, core, pairs):
    """Return the samples of two sides, in milliseconds a row."""
    samples = duel("j1", [(ours, suite), (peer, core)], pairs=pairs)
    for side, rows in zip(samples, (OURS, PEER), strict=True):
        for sample in side:
            sample.update(cpu=1000 * sample["cpu"] / rows, wall=1000 * sample["wall"] / rows)
    return samples


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


def _file(env, count, everything=False):
    """Return a CSV file of cars whose product, series and owners are known."""
    from odoo.addons.dealer_vehicle.tools import vin as vin_tools

    brand = env["fleet.vehicle.model.brand"].create({"name": "Bench"})
    series = env["fleet.vehicle.model"].create({"name": "B1", "brand_id": brand.id})
    env["product.template"].create({"name": PRODUCT, "is_vehicle": True, "series_id": series.id, "model_year": 2024})
    if everything:
        env["res.partner"].create([{"name": f"Owner {n}", "phone": f"138{n:08d}"} for n in range(OWNERS)])
    lines = [HEADINGS + EVERYTHING * everything]
    for number in range(count):
        draft = f"LBENCH{number % 97:02d}0PA{number:06d}"
        vin = draft[:8] + vin_tools.check_digit(draft) + draft[9:]
        owner = number % OWNERS
        person = f"P{number:06d},{number},Owner {owner},138{owner:08d}"
        lines.append(f"{vin},{PRODUCT}" + f",Bench,B1,Comfort,2024,white,E{number},{person}" * everything)
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
    """Make the product and the file."""
    return {"file": _file(env, OURS).decode()}


def everything_prepare(env):
    """Make catalogue, owners and the file."""
    return {"file": _file(env, OURS, everything=True).decode()}


def ours_before(env, data):
    """Upload the file."""
    return _job(env, data["file"])


def ours_run(_env, _data, job):
    """Check and import it."""
    _import(job, lambda count: 1)
    assert (job.created_count, job.refused_count) == (OURS, 0)


everything_before, everything_run = ours_before, ours_run


def _prepare_peer(env, by_name=False, **product):
    values = {"name": PRODUCT, "is_storable": True, "tracking": "serial", **product}
    record = env["product.product"].create(values)
    if by_name:
        return {"columns": ["name", "product_id", "company_id"], "row": [record.name, env.company.name]}
    # As an export writes them.
    row = [records.export_data(["id"])["datas"][0][0] for records in (record, env.company)]
    return {"columns": ["name", "product_id/id", "company_id/id"], "row": row}


def peer_prepare(env):
    """Make a product whose serials carry their cost."""
    return _prepare_peer(env, lot_valuated=True)


def plain_prepare(env):
    """Make a product whose serials have no value, to be found by name."""
    return _prepare_peer(env, by_name=True)


def plain_id_prepare(env):
    """Make a product whose serials have no value, to be found by its identifier."""
    return _prepare_peer(env)


def peer_before(_env, data):
    """Write the rows."""
    return [[f"LBENCH{number:011d}", *data["row"]] for number in range(PEER)]


def peer_run(env, data, rows):
    """Load them."""
    result = env["stock.lot"].load(data["columns"], rows)
    assert result["ids"] and len(result["ids"]) == PEER, result["messages"]


plain_before = plain_id_before = peer_before
plain_run = plain_id_run = peer_run


def main(database):
    """Import all cars once, committing each batch, and print seconds and memory as JSON."""
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(["-d", database, "--log-level=warn", "--max-cron-threads=0"])
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        job = _job(env, _file(env, WHOLE, everything=True))
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
