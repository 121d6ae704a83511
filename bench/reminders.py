"""Part of J4: what a million customers' cars are due for, found in one night's job. No peer: core reminds nobody.

The bounds are the issue's: five minutes, one gigabyte, and a run that was cut off goes on where it stopped.
"""

import os
import resource
import time
from datetime import date

from dealer_cli import cluster, databases
from dealer_cli.console import Step

from . import j2
from .harness import Figure

SECONDS, MEGABYTES = 300, 1024
READINGS = 3  # of the odometer of each car


def measure():
    """Yield time, memory, and what a second run of the same night doubles."""
    copy = f"bench_{os.getpid()}_r"
    databases.clone(databases.suite(), copy)
    try:
        with Step(f"Making {j2.CARS:,} cars with {READINGS} readings each"):
            databases.shell(copy, "from bench import j2, reminders; j2.build(env); print(reminders.build(env))", "Cars")
            cluster.sql("VACUUM ANALYZE", copy)
        with Step(f"Finding what {j2.CARS:,} cars are due for"):
            found = databases.shell(copy, "from bench import reminders; print(reminders.run(env))", "Finding")
    finally:
        databases.drop(copy)
    for name, unit, key, bound in (
        (f"reminders of {j2.CARS} cars, peer: five minutes", "s", "seconds", SECONDS),
        ("their memory, peer: 1 GiB", "MB", "megabytes", MEGABYTES),
    ):
        yield Figure("J4", name, unit, found[key], bound, found[key] / bound, 1.0)
    most = j2.CARS / 10 / max(found["reminders"], 1)
    yield Figure("J4", "reminders found, peer: a tenth of the cars", "", found["reminders"], j2.CARS / 10, most, 1.0)
    doubled = found["again"] + found["twice"]
    yield Figure("J4", f"doubled of {found['reminders']}, cut off and repeated", "", doubled, 1, doubled, 0.0)


def build(env):
    """Give the cars of J2 a past: odometer readings, first plates, young cars their warranty, the others a service."""
    env.cr.execute(
        """
        INSERT INTO dealer_vehicle_odometer (vehicle_id, company_id, date, km, source)
        SELECT id, company_id, now() - make_interval(days => 30 + (id %% 60) + 300 * (%(readings)s - n)),
               (id %% 40 + 10) * (CASE WHEN id %% 2 = 0 THEN 60 ELSE 300 END) * n, 'workshop'
          FROM dealer_vehicle, generate_series(1, %(readings)s) n
        """,
        {"readings": READINGS},
    )
    env.cr.execute(
        """
        INSERT INTO dealer_vehicle_warranty (vehicle_id, company_id, kind, date_start, months)
        SELECT id, company_id, 'maker', current_date - 30 - (id % 370), 36 FROM dealer_vehicle WHERE id % 2 = 0
        """
    )
    env.cr.execute("UPDATE dealer_vehicle_plate SET date_from = current_date - (id % 2500)")
    car = env["dealer.vehicle"].search([], limit=1, order="id")
    order = env["repair.order"].create({"dealer_vehicle_id": car.id, "repair_kind": "maintenance"})
    env.flush_all()
    day = "now() - make_interval(days => n % 500)"
    values = {
        "name": "'BENCH-' || n",
        "dealer_vehicle_id": f"{car.id} + n",
        "reception_date": day,
        "settled_on": day,
        "stage": "'delivered'",
        "state": "'done'",
        "odometer_km": "(n % 40 + 10) * 700",
    }
    j2._copy(env.cr, "repair_order", order.id, j2.CARS, values, where="n % 2 = 1")
    env.cr.commit()
    return "{}"


def run(env):
    """Look through all cars: cut off after two batches, gone on with, repeated; return a JSON text."""
    runs = env["dealer.service.reminder.run"]
    today = date.today()
    begin = time.perf_counter()
    night = runs._get_run(today)
    for _batch in range(2):
        night._find_batch()
    env.cr.commit()
    night = runs._get_run(today)
    while night._find_batch():
        env.cr.commit()
    seconds = time.perf_counter() - begin
    reminders = _count(env)
    env.cr.execute("UPDATE dealer_service_reminder_run SET last_vehicle_id = 0, finished_on = NULL")
    env.invalidate_all()
    night._find_batch()
    again = _count(env) - reminders
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f'{{"seconds": {seconds}, "megabytes": {megabytes}, "reminders": {reminders}, "again": {again}, "twice": '
        f"{_count_twice(env)}}}"
    )


def _count(env):
    env.cr.execute("SELECT count(*) FROM dealer_service_reminder")
    return env.cr.fetchone()[0]


def _count_twice(env):
    env.cr.execute(
        "SELECT count(*) - count(DISTINCT (vehicle_id, plan_id, base_date, task_id, policy_id)) "
        "FROM dealer_service_reminder"
    )
    return env.cr.fetchone()[0]
