from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

BATCH = 20_000  # cars between two commits of the job
LETTERS = 200  # reminders written about between two commits


class DealerServiceReminderRun(models.Model):
    """A night's look through all cars for what is due: how far it came, what it found.

    A million cars are looked through in steps of 20,000, each one statement; a run that was cut off goes on where it
    stopped, and one that is repeated finds the same reminders and doubles none.
    """

    _name = "dealer.service.reminder.run"
    _description = "Search for Due Services"
    _order = "day desc"
    _rec_name = "day"

    day = fields.Date("Date", required=True, readonly=True)
    last_vehicle_id = fields.Integer("Reached Car", readonly=True, aggregator=None)
    found = fields.Integer("Reminders Found", readonly=True)
    finished_on = fields.Datetime(readonly=True)

    _day_uniq = models.UniqueIndex("(day)", "The cars are looked through once a day.")

    @api.model
    def _cron_find(self):
        """Find what is due today, go on where an earlier run of today stopped, then write where the rules say so."""
        run = self._get_run(fields.Date.context_today(self))
        if not run.finished_on:
            self.env["ir.cron"]._commit_progress(remaining=run._count_remaining())
            while cars := run._find_batch():
                if not self.env["ir.cron"]._commit_progress(cars):
                    return
        self._tell_at_once()

    @api.model
    def _get_run(self, day):
        return self.search([("day", "=", day)]) or self.create({"day": day})

    def _count_remaining(self):
        query = "SELECT count(*) FROM dealer_vehicle WHERE id > %s"
        return self.env.execute_query(SQL(query, self.last_vehicle_id))[0][0]

    def _find_batch(self):
        """Look through the next cars.

        :return: int, number of cars looked at; 0 when all are done
        """
        self.ensure_one()
        ids = self._next_vehicle_ids()
        if not ids:
            self.finished_on = fields.Datetime.now()
            return 0
        self.found += self._find(SQL("c.id BETWEEN %s AND %s", ids[0], ids[1]))
        self.last_vehicle_id = ids[1]
        return ids[2]

    def _next_vehicle_ids(self):
        """Return first id, last id and number of the next cars, or None."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT min(id), max(id), count(*)
                  FROM (SELECT id FROM dealer_vehicle WHERE id > %s ORDER BY id LIMIT %s) AS cars
                """,
                self.last_vehicle_id,
                BATCH,
            )
        )
        return rows[0] if rows[0][2] else None

    @api.model
    def _find(self, cars):
        """Write the reminders of some cars that are due within the lead of their plans.

        :param SQL cars: condition on ``dealer_vehicle`` as ``c``
        :return: int, reminders written or moved
        """
        self.env.flush_all()
        found = 0
        for due in (self._due_services, self._due_inspections, self._due_policies, self._due_tasks):
            self.env.cr.execute(self._insert(due(cars)))
            found += self.env.cr.rowcount
        self.env["dealer.service.reminder"].invalidate_model()
        return found

    def _insert(self, due):
        """Return the statement that writes what is due; what was told, booked or refused stays as it is.

        :param SQL due: query of vehicle, plan, task, policy, base date, due date, due km, km expected
        """
        now, uid = fields.Datetime.now(), self.env.uid
        return SQL(
            """
            INSERT INTO dealer_service_reminder AS r
                   (vehicle_id, company_id, partner_id, plan_id, kind, task_id, policy_id, base_date, date_due,
                    km_due, km_now, state, is_told, is_booked, is_done, create_uid, create_date, write_uid, write_date)
            SELECT c.id, c.company_id, COALESCE(c.keeper_id, c.owner_id), p.id, p.kind, due.task_id, due.policy_id,
                   due.base_date, due.date_due, due.km_due, due.km_now, 'open', 0, 0, 0, %(uid)s, %(now)s, %(uid)s,
                   %(now)s
              FROM (%(due)s) AS due
              JOIN dealer_vehicle c ON c.id = due.vehicle_id
              JOIN dealer_service_plan p ON p.id = due.plan_id
             WHERE due.date_due >= %(today)s - p.late_days
               -- What is written down already moves with its car, also to a later day
               AND (due.date_due <= %(today)s + p.lead_days
                    OR EXISTS (SELECT 1 FROM dealer_service_reminder o
                                WHERE o.vehicle_id = c.id AND o.plan_id = p.id AND o.state = 'open'))
               AND NOT EXISTS (SELECT 1 FROM dealer_appointment a
                                WHERE a.vehicle_id = c.id AND a.state IN ('booked', 'arrived')
                                  AND a.date_from >= %(today)s)
                ON CONFLICT (vehicle_id, plan_id, base_date, COALESCE(task_id, 0), COALESCE(policy_id, 0))
                DO UPDATE SET date_due = EXCLUDED.date_due, km_due = EXCLUDED.km_due, km_now = EXCLUDED.km_now,
                              write_date = EXCLUDED.write_date
                 WHERE r.state = 'open' AND r.date_due != EXCLUDED.date_due
            """,
            uid=uid,
            now=now,
            due=due,
            today=fields.Date.context_today(self),
        )

    def _plan_of_car(self, kind):
        """Return the join of each car with the plans of a kind that count for it: of a group the nearest.

        :param str kind: of ``REMINDER_KINDS``
        """
        return SQL(
            """
            JOIN LATERAL (
                SELECT DISTINCT ON (group_code) *
                  FROM dealer_service_plan
                 WHERE active AND kind = %s
                   AND (company_id IS NULL OR company_id = c.company_id)
                   AND (brand_id IS NULL OR brand_id = c.brand_id)
                   AND (series_id IS NULL OR series_id = c.series_id)
                 ORDER BY group_code, series_id NULLS LAST, brand_id NULLS LAST, company_id NULLS LAST, id
            ) p ON TRUE
            """,
            kind,
        )

    def _customers_cars(self, cars):
        return SQL("%s AND c.active AND c.title = 'customer' AND COALESCE(c.keeper_id, c.owner_id) IS NOT NULL", cars)

    def _due_services(self, cars):
        """Return what is due by kilometres or months since the last service, whichever comes first.

        Kilometres a day come from the car's own readings of two years, 30 days apart at least, and lie between a
        quarter and four times what the rules say of an average car.
        """
        today = fields.Date.context_today(self)
        return SQL(
            """
            SELECT c.id AS vehicle_id, p.id AS plan_id, NULL::int AS task_id, NULL::int AS policy_id,
                   base.date AS base_date,
                   LEAST(CASE WHEN base.months > 0 THEN (base.date + make_interval(months => base.months))::date END,
                         CASE WHEN base.km_step > 0 AND last.km IS NOT NULL
                              THEN last.date + LEAST(GREATEST((base.km + base.km_step - last.km) / pace.km_day, -3650),
                                                     3650)::int
                         END) AS date_due,
                   NULLIF(base.km_step, 0) + base.km AS km_due,
                   (last.km + pace.km_day * (%(today)s - last.date))::int AS km_now
              FROM dealer_vehicle c
              %(plan)s
              LEFT JOIN LATERAL (
                  SELECT km, date::date FROM dealer_vehicle_odometer
                   WHERE vehicle_id = c.id ORDER BY date DESC, id DESC LIMIT 1
              ) last ON TRUE
              LEFT JOIN LATERAL (
                  SELECT km, date::date FROM dealer_vehicle_odometer
                   WHERE vehicle_id = c.id AND date::date BETWEEN last.date - 730 AND last.date - 30 AND km <= last.km
                   ORDER BY date LIMIT 1
              ) early ON TRUE
              LEFT JOIN LATERAL (
                  SELECT reception_date::date AS date, odometer_km AS km FROM repair_order
                   WHERE dealer_vehicle_id = c.id AND settled_on IS NOT NULL
                     AND repair_kind IN ('maintenance', 'first_service')
                   ORDER BY reception_date DESC LIMIT 1
              ) service ON TRUE
              CROSS JOIN LATERAL (
                  SELECT COALESCE(service.date, %(first_day)s) AS date, COALESCE(service.km, 0) AS km,
                         CASE WHEN service.date IS NULL AND p.first_months > 0
                              THEN p.first_months ELSE p.interval_months END AS months,
                         CASE WHEN service.date IS NULL AND p.first_km > 0
                              THEN p.first_km ELSE p.interval_km END AS km_step
              ) base
              CROSS JOIN LATERAL (SELECT %(average)s / 365.0 AS km_day) average
              CROSS JOIN LATERAL (
                  SELECT COALESCE(LEAST(GREATEST((last.km - early.km)::float / NULLIF(last.date - early.date, 0),
                                                 average.km_day / 4), average.km_day * 4), average.km_day) AS km_day
              ) pace
             WHERE %(cars)s
            """,
            today=today,
            plan=self._plan_of_car("service"),
            first_day=self._first_day_of_car(),
            average=self._km_per_year(today),
            cars=self._customers_cars(cars),
        )

    def _first_day_of_car(self):
        return SQL(
            """
            COALESCE((SELECT min(date_start) FROM dealer_vehicle_warranty WHERE vehicle_id = c.id AND kind = 'maker'),
                     (SELECT min(date_from) FROM dealer_vehicle_plate
                       WHERE vehicle_id = c.id AND is_temporary IS NOT TRUE),
                     c.create_date::date)
            """
        )

    def _km_per_year(self, today):
        return SQL(
            """
            (SELECT km_per_year FROM dealer_aftercare_policy
              WHERE (company_id IS NULL OR company_id = c.company_id) AND date_from <= %s
              ORDER BY company_id NULLS LAST, date_from DESC, id DESC LIMIT 1)
            """,
            today,
        )

    def _due_inspections(self, cars):
        """Return the statutory inspections: counted from the first plate, every interval anew."""
        today = fields.Date.context_today(self)
        return SQL(
            """
            SELECT c.id AS vehicle_id, p.id AS plan_id, NULL::int AS task_id, NULL::int AS policy_id,
                   due.date AS base_date, due.date AS date_due, NULL::int AS km_due, NULL::int AS km_now
              FROM dealer_vehicle c
              %(plan)s
              JOIN LATERAL (
                  SELECT min(date_from) AS date FROM dealer_vehicle_plate
                   WHERE vehicle_id = c.id AND is_temporary IS NOT TRUE
              ) plate ON plate.date IS NOT NULL
              CROSS JOIN LATERAL (
                  SELECT plate.date + make_interval(months => COALESCE(NULLIF(p.first_months, 0), p.interval_months))
                         AS date
              ) first
              JOIN LATERAL (
                  SELECT date::date FROM generate_series(first.date, %(today)s + make_interval(days => p.lead_days),
                                                         make_interval(months => p.interval_months)) AS date
                   ORDER BY date DESC LIMIT 1
              ) due ON TRUE
             WHERE %(cars)s
            """,
            today=today,
            plan=self._plan_of_car("inspection"),
            cars=self._customers_cars(cars),
        )

    def _due_policies(self, cars):
        """Return the last policy of each kind of each car."""
        return SQL(
            """
            SELECT c.id AS vehicle_id, p.id AS plan_id, NULL::int AS task_id, policy.id AS policy_id,
                   policy.date_to AS base_date, policy.date_to AS date_due, NULL::int AS km_due, NULL::int AS km_now
              FROM dealer_vehicle c
              %(plan)s
              JOIN LATERAL (
                  SELECT DISTINCT ON (kind_id) id, date_to FROM dealer_insurance_policy
                   WHERE vehicle_id = c.id AND date_to IS NOT NULL ORDER BY kind_id, date_to DESC
              ) policy ON TRUE
             WHERE %(cars)s
            """,
            plan=self._plan_of_car("insurance"),
            cars=self._customers_cars(cars),
        )

    def _due_tasks(self, cars):
        """Return the refused recommendations that are still open."""
        return SQL(
            """
            SELECT c.id AS vehicle_id, p.id AS plan_id, t.id AS task_id, NULL::int AS policy_id,
                   t.date_due AS base_date, t.date_due AS date_due, NULL::int AS km_due, NULL::int AS km_now
              FROM dealer_vehicle c
              %(plan)s
              JOIN dealer_vehicle_task t
                ON t.vehicle_id = c.id AND t.kind = 'refused' AND t.state = 'open' AND t.date_due IS NOT NULL
             WHERE %(cars)s
            """,
            plan=self._plan_of_car("declined"),
            cars=self._customers_cars(cars),
        )

    @api.model
    def _tell_at_once(self):
        """Write to the customers of companies whose rules say so."""
        today = fields.Date.context_today(self)
        policy = self.env["dealer.aftercare.policy"]
        companies = self.env["res.company"].search([])
        eager = companies.filtered(lambda company: policy._get_rules(company, today).is_told_at_once)
        domain = Domain([("state", "=", "open"), ("company_id", "in", eager.ids), ("event_log_ids", "=", False)])
        open_ones, last = self.env["dealer.service.reminder"], 0
        # By id: kinds nobody writes about stay in the domain, and must not stand before the others.
        while reminders := open_ones.search(domain & Domain("id", ">", last), limit=LETTERS, order="id"):
            last = reminders[-1].id
            for kind, alike in reminders.grouped("kind").items():
                alike._tell_event(kind)
            if not self.env["ir.cron"]._commit_progress(len(reminders)):
                return
