"""A random month of 5,000 repair orders through the real methods; afterwards no invariant is broken (I4, I7).

``make bench JOB=month``; MONTH=200 makes a smaller one, SEED another. No peer: the figure is rows that violate a check.
"""

import json
import os
import subprocess
import sys

from dealer_cli import databases
from dealer_cli.console import Stop
from dealer_cli.layout import LOGS, PYTHON, ROOT

from .harness import Figure

COUNT = int(os.environ.get("MONTH", 5000))
SEED = int(os.environ.get("SEED", 19))
BATCH = 25  # orders in one transaction


def measure():
    """Yield one figure per check, and the counts of what happened as the last one's name."""
    database = f"bench_{os.getpid()}_month"
    databases.clone(databases.suite(), database)
    log = LOGS / "bench-month.log"
    try:
        with log.open("w") as stream:
            command = [str(PYTHON), "-m", "bench.month", database]
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=stream, text=True, check=False)
        if done.returncode:
            raise Stop(f"The month ended early. Log: {log}")
        result = json.loads(done.stdout.splitlines()[-1])
    finally:
        databases.drop(database)
    for name, rows in result["checks"].items():
        yield Figure("", name[:46], "rows", rows, 0, rows, 0)
    yield Figure("", "orders made", "", result["counts"].get("orders", 0), 0, 0, None)
    for what, number in sorted(result["counts"].items()):
        yield Figure("", f"of these: {what}"[:46], "", number, 0, 0, None)


def main(database):
    """Make the month in a database and print its checks and counts as JSON."""
    from odoo import SUPERUSER_ID, api  # noqa: PLC0415
    from odoo.modules.registry import Registry  # noqa: PLC0415
    from odoo.tools import config  # noqa: PLC0415

    config.parse_config(["-d", database, "--log-level=warn", "--max-cron-threads=0"])
    registry = Registry(database)
    from odoo.addons.dealer_workshop.tests.month import CHECKS, RandomMonth  # noqa: PLC0415

    with registry.cursor() as cr:
        month = RandomMonth(api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True}), SEED)
        cr.commit()
        for start in range(0, COUNT, BATCH):
            month.run(min(BATCH, COUNT - start))
            cr.commit()
            month.env.invalidate_all()
            print(f"{start + BATCH} orders", file=sys.stderr, flush=True)
        found = month.find_violations()
    checks = {name: len(found.get(name, ())) for name in CHECKS}
    print(json.dumps({"checks": checks, "counts": month.counts, "rows": {k: str(v[:3]) for k, v in found.items()}}))


if __name__ == "__main__":
    main(sys.argv[1])
