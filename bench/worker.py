"""One side of a duel: ``python -m bench.worker DATABASE JOB SIDE``, a sample per line of input."""

import importlib
import json
import os
import sys
import time

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

TICK = os.sysconf("SC_CLK_TCK")


def database_cpu(pid):
    """Return the CPU seconds a PostgreSQL backend of this machine has used."""
    with open(f"/proc/{pid}/stat") as stream:
        fields = stream.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def sample(registry, job, side, data):
    """Do the work once in a transaction that is rolled back, and return what it took.

    :param dict data: what the side's ``prepare`` returned
    """
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        state = getattr(job, f"{side}_before")(env, data)
        cr.flush()  # as if committed: made in a transaction of its own, its changes are tracked from here on
        env.invalidate_all()
        cr.execute("SELECT pg_backend_pid()")
        pid = cr.fetchone()[0]
        queries, backend, cpu, wall = cr.sql_log_count, database_cpu(pid), time.process_time(), time.perf_counter()
        getattr(job, f"{side}_run")(env, data, state)
        cr.flush()  # with what a commit does before it: messages on tracked changes
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        figures = {
            "queries": cr.sql_log_count - queries,
            "cpu": cpu + database_cpu(pid) - backend,
            "wall": wall,
        }
        cr.rollback()
    return figures


def main(database, job_name, side):
    """Load the registry, prepare the data, and take samples until the input ends."""
    config.parse_config(["-d", database, "--log-level=warn", "--max-cron-threads=0"])
    job = importlib.import_module(f"bench.{job_name}")
    registry = Registry(database)
    with registry.cursor() as cr:
        data = getattr(job, f"{side}_prepare")(api.Environment(cr, SUPERUSER_ID, {}))
        cr.commit()
    for _line in sys.stdin:
        print(json.dumps(sample(registry, job, side, data)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
