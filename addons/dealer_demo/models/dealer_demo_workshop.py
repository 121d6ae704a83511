from datetime import datetime, time

import pytz

from odoo import Command, api, fields, models

# code: (English, Chinese, standard hours, trade)
OPERATIONS = {
    "PM-05": ("Minor service", "小保养（机油机滤）", 0.8, "mechanical"),
    "PM-20": ("Major service", "大保养", 2.2, "mechanical"),
    "BR-F": ("Replace front brake pads", "更换前刹车片", 1.0, "mechanical"),
    "BR-R": ("Replace rear brake pads", "更换后刹车片", 1.0, "mechanical"),
    "BR-FL": ("Change brake fluid", "更换制动液", 0.7, "mechanical"),
    "IG-SP": ("Replace spark plugs", "更换火花塞", 0.9, "mechanical"),
    "EL-BA": ("Replace battery", "更换蓄电池", 0.4, "mechanical"),
    "AC-CF": ("Replace cabin filter", "更换空调滤清器", 0.3, "mechanical"),
    "SU-BU": ("Replace lower arm bushing", "更换下摆臂衬套", 1.8, "mechanical"),
    "BP-BU": ("Replace and paint front bumper", "更换并喷涂前保险杠", 4.5, "body"),
    "PDI": ("Pre-delivery inspection", "售前检查（PDI）", 1.5, "mechanical"),
    "ACC-DC": ("Fit dash camera", "加装行车记录仪", 1.2, "mechanical"),
}
BAYS = {
    "cn": ["1号工位（快保）", "2号工位", "3号工位", "4号工位（钣喷）"],
    "en": ["Lift 1", "Lift 2", "Express"],
    "ev": ["快修工位"],
}
RATES = {
    "cn": [(None, 180), ("warranty", 150), ("internal", 90)],
    "ev": [(None, 220)],
    "en": [(None, 145), ("internal", 70)],
}
# Booked for today: (customer's car, hour, bay, operation, kind, state)
BOOKINGS = {
    "cn": [
        (0, 9, 0, "PM-05", "maintenance", "arrived"),
        (1, 10, 1, "PM-20", "maintenance", "booked"),
        (2, 13, 0, "PM-05", "first_service", "booked"),
        (3, 14, 1, "BR-F", "general", "booked"),
        (4, 15, 2, "EL-BA", "general", "booked"),
        (5, 11, 2, "AC-CF", "maintenance", "no_show"),
    ],
    "en": [
        (0, 9, 0, "PM-05", "maintenance", "booked"),
        (1, 10, 1, "BR-F", "general", "booked"),
        (2, 14, 0, "PM-20", "maintenance", "booked"),
    ],
}
# Visits: (customer's car, operations, parts with quantity, kind, how far it got, technician, minutes clocked)
VISITS = {
    "cn": [
        (6, ["PM-05"], [("15400-PLM-A02", 1), ("08232-P99-K4L", 1)], "maintenance", "delivered", "", 26),
        (
            7,
            ["PM-20"],
            [("15400-PLM-A02", 1), ("08232-P99-K4L", 1), ("17220-5AA-A00", 1)],
            "maintenance",
            "settled",
            "",
            95,
        ),
        (8, ["BR-F"], [("45022-T2A-A01", 1)], "general", "ready", "2", 85),
        (9, ["BR-R"], [("43022-TA0-A80", 1)], "general", "quality", "2", 84),
        (10, ["IG-SP"], [("12290-5R0-003", 4)], "general", "in_work", "", 0),
        (11, ["BP-BU"], [("33100-T2A-A01", 1)], "accident", "waiting", "3", 0),
        (12, ["BR-FL"], [], "maintenance", "received", "3", 0),
        (13, ["SU-BU"], [], "general", "reception", "", 0),
    ],
    "en": [
        (6, ["PM-05"], [("26300-35505", 1), ("05100-00451", 1)], "maintenance", "delivered", "", 30),
        (7, ["BR-F"], [("58101-D9A10", 1)], "general", "settled", "2", 88),
        (8, ["PM-20"], [("26300-35505", 1), ("28113-D3300", 1)], "maintenance", "in_work", "", 0),
        (9, ["BR-FL"], [], "general", "received", "2", 0),
    ],
}
WAY = ("reception", "received", "waiting", "in_work", "quality", "ready", "settled", "delivered")
TO_SETTLED = ("received", "in_work", "quality", "ready", "settled")


class DealerDemo(models.AbstractModel):
    """The workshop on a working day: booked, received, at work, finished, paid."""

    _inherit = "dealer.demo"

    @api.model
    def _build_workshop(self):
        self._build_operations()
        for key in BAYS:
            builder = self._in(key)
            builder._build_bays(key)
            builder._build_policies(key)
        self._build_yesterday()
        for key, bookings in BOOKINGS.items():
            for index, booking in enumerate(bookings):
                if self._find(f"appointment_{key}_{index}") is None:
                    self._build_booking(key, index, *booking)
        for key, visits in VISITS.items():
            for index, visit in enumerate(visits):
                if self._find(f"visit_{key}_{index}") is None:
                    self._build_visit(key, index, *visit)
        self._build_internal_job()
        self._build_second_company_visit()

    @api.model
    def _build_operations(self):
        operations = self._ensure_all(
            self.env["dealer.operation"].with_context(lang="en_US"),
            {
                f"operation_{self._slug(code)}": {
                    "code": code,
                    "name": english,
                    "hours": hours,
                    "level_id": self.env.ref(f"dealer_workshop.dealer_labour_level_{trade}").id,
                }
                for code, (english, _chinese, hours, trade) in OPERATIONS.items()
            },
        )
        for code, (_english, chinese, _hours, _trade) in OPERATIONS.items():
            operations[f"operation_{self._slug(code)}"].with_context(lang="zh_CN").name = chinese

    @api.model
    def _operation(self, code):
        return self._find(f"operation_{self._slug(code)}")

    @api.model
    def _build_bays(self, key):
        site = self._find(f"site_{key}_main")
        self._ensure_all(
            "dealer.bay",
            {
                f"bay_{key}_{index}": {
                    "name": name,
                    "site_id": site.id,
                    "company_id": self.env.company.id,
                    "color": index + 1,
                }
                for index, name in enumerate(BAYS[key])
            },
        )
        self._ensure_all(
            "dealer.labour.rate",
            {
                f"rate_{key}_{index}": {
                    "company_id": self.env.company.id,
                    "pay_type": pay_type,
                    "rate": rate,
                    "date_from": "2026-01-01",
                }
                for index, (pay_type, rate) in enumerate(RATES[key])
            },
        )

    @api.model
    def _build_policies(self, key):
        """New cars' inspection is an expense, accessories and reconditioning raise the cost of the car (P42)."""
        company = self.env.company
        accounts = self.env["account.account"].search(
            [("company_ids", "in", company.ids), ("account_type", "=", "expense")], order="code", limit=2
        )
        common = {
            "company_id": company.id,
            "labour_cost": 25 if key == "en" else 60,
            "labour_account_id": accounts[-1].id,
            "expense_account_id": accounts[0].id,
        }
        self._ensure_all(
            "dealer.internal.policy",
            {
                f"policy_{key}_any": {**common, "treatment": "expense"},
                f"policy_{key}_recondition": {
                    **common,
                    "repair_kind": "recondition",
                    "condition": "used",
                    "treatment": "stock_cost",
                },
                f"policy_{key}_accessory": {
                    **common,
                    "repair_kind": "accessory",
                    "condition": "new",
                    "treatment": "stock_cost",
                },
            },
        )

    # ------------------------------------------------------------------ bookings

    @api.model
    def _build_booking(self, key, index, car, hour, bay, operation, kind, state):
        appointment = (
            self._as(f"{key}.service")
            .env["dealer.appointment"]
            .create(
                {
                    "vehicle_id": self._find(f"car_{key}_{car}").id,
                    "site_id": self._find(f"site_{key}_main").id,
                    "date_from": self._at(key, hour),
                    "bay_id": self._find(f"bay_{key}_{bay}").id,
                    "line_ids": [Command.create({"operation_id": self._operation(operation).id, "repair_kind": kind})],
                }
            )
        )
        self._remember(f"appointment_{key}_{index}", appointment)
        if state == "arrived":
            appointment.action_arrive()
        elif state == "no_show":
            appointment.action_no_show()

    @api.model
    def _at(self, key, hour):
        """Return today's full hour at a company's place, as UTC."""
        zone = pytz.timezone(self._company(key).partner_id.tz or "UTC")
        today = datetime.now(zone).date()
        local = zone.localize(datetime.combine(today, time(hour)))
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    # ------------------------------------------------------------------ visits

    @api.model
    def _build_visit(self, key, index, car, operations, parts, kind, goal, technician, minutes):
        """Take one visit step by step to its goal.

        :param str key: company
        :param int car: index of the customer's car
        :param list operations: codes
        :param list parts: (part number, quantity)
        :param str goal: one of ``WAY``
        :param str technician: which one: ``""``, ``"2"``, ``"3"``
        :param int minutes: clocked on the job when it is done
        """
        car = self._find(f"car_{key}_{car}")
        order = self._open_order(key, car, operations, kind, car.odometer_km + 800 + index * 17)
        self._remember(f"visit_{key}_{index}", order)
        self._ask_for_parts(order, parts)
        if kind == "accident":
            self._share_with_insurer(key, order.job_ids)
        people = {"technician": f"{key}.technician{technician}", "minutes": minutes}
        steps = WAY[1 : WAY.index(goal) + 1]
        self._take_steps(key, order, [step for step in steps if step != "waiting" or goal == "waiting"], **people)

    @api.model
    def _take_steps(self, key, order, steps, **people):
        """Take a visit through steps of ``WAY``.

        :param people: technician (login) and minutes he is clocked on
        """
        for step in steps:
            getattr(self, f"_visit_{step}")(key, order, **people)

    @api.model
    def _open_order(self, key, car, operations, kind, odometer, pay_type=None):
        lines = [Command.create({"operation_id": self._operation(code).id}) for code in operations]
        name = self._operation(operations[0]).with_context(lang=self._user(f"{key}.service").lang).name
        job = {"name": name, "repair_kind": kind, "line_ids": lines}
        if pay_type:
            job["pay_type"] = pay_type
        return (
            self._as(f"{key}.service")
            .env["repair.order"]
            .create(
                {
                    "dealer_vehicle_id": car.id,
                    # Work on our own car is ordered by ourselves.
                    "partner_id": (car.owner_id or car.company_id.partner_id).id,
                    "site_id": self._find(f"site_{key}_main").id,
                    "odometer_km": odometer,
                    "repair_kind": kind,
                    "promised_date": self._at(key, 17),
                    "job_ids": [Command.create(job)],
                }
            )
        )

    @api.model
    def _ask_for_parts(self, order, parts):
        order.env["dealer.job.part"].create(
            [
                {"job_id": order.job_ids[:1].id, "product_id": self._part(number).id, "quantity": quantity}
                for number, quantity in parts
            ]
        )

    @api.model
    def _share_with_insurer(self, key, job):
        customer = job.order_id.partner_id
        job.split_ids = [
            Command.clear(),
            Command.create({"pay_type": "insurance", "partner_id": self._find(f"insurer_{key}").id, "share": 85}),
            Command.create({"pay_type": "customer", "partner_id": customer.id, "share": 15}),
        ]

    @api.model
    def _visit_received(self, key, order, **people):
        order.action_check_in()

    @api.model
    def _visit_waiting(self, key, order, **people):
        """The part asked for is not on the shelf: the car has been here for nine days."""
        came = fields.Datetime.subtract(fields.Datetime.now(), days=9)
        order.sudo().write({"reception_date": came, "promised_date": fields.Datetime.add(came, days=4)})

    @api.model
    def _visit_in_work(self, key, order, technician, **people):
        if order.sudo().move_ids:
            order.with_user(self._user(f"{key}.parts")).action_issue_parts()
        self._jobs_of(order, technician)[:1].action_clock_on()

    @api.model
    def _visit_quality(self, key, order, technician, minutes):
        for job in self._jobs_of(order, technician):
            if not job.is_my_clock_running:
                job.action_clock_on()  # one job after the other
            # Nobody waits for the demonstration: the clock is let begin earlier.
            running = job.sudo().clock_ids.filtered(lambda clock: not clock.date_to)
            running.date_from = fields.Datetime.subtract(fields.Datetime.now(), minutes=minutes)
            job.action_clock_off()
            job.action_done()

    @api.model
    def _jobs_of(self, order, technician):
        user = self._user(technician)
        return order.with_user(user).with_context(allowed_company_ids=user.company_id.ids).job_ids

    @api.model
    def _visit_ready(self, key, order, **people):
        order.with_user(self._user(f"{key}.inspector")).action_quality_pass()

    @api.model
    def _visit_settled(self, key, order, **people):
        order.action_settle()

    @api.model
    def _visit_delivered(self, key, order, **people):
        bills = self._with_cashier(key, order.sudo()._get_bills())
        bills = bills.filtered(lambda bill: bill.partner_id == order.partner_id)
        register = bills.env["account.payment.register"].with_context(active_model="account.move", active_ids=bills.ids)
        register.create({"journal_id": self._find(f"journal_card_{key}").id})._create_payments()
        order.invalidate_recordset()
        order.action_hand_over()

    # ------------------------------------------------------------------ our own cars

    @api.model
    def _build_internal_job(self):
        """A dash camera for one of our own new cars: its cost goes into that car's stock value."""
        if self._find("visit_internal") is not None:
            return
        car = self._free_car("age_date, id")
        order = self._open_order("cn", car, ["ACC-DC"], "accessory", car.odometer_km + 1, pay_type="internal")
        self._remember("visit_internal", order)
        self._ask_for_parts(order, [("08V67-T2A-100", 1)])
        self._take_steps("cn", order, TO_SETTLED, technician="cn.technician2", minutes=60)

    @api.model
    def _free_car(self, order):
        """Return the first free car of the Chinese shop in an order."""
        domain = [("company_id", "=", self._company("cn").id), ("is_available", "=", True)]
        return self.env["dealer.vehicle"].search(domain, order=order, limit=1)

    @api.model
    def _build_second_company_visit(self):
        """The electric shop books the service of a car the first shop sold, and sees nothing of that sale."""
        if self._find("appointment_ev_0") is not None:
            return
        sold = self._find("contract_cn_9").vehicle_id
        customer = self._customer("cn", 9)
        twin = self._ensure(
            "car_ev_0",
            self._in("ev").env["dealer.vehicle"],
            {
                "vin": sold.vin,
                "vin_confirmed": True,
                "company_id": self._company("ev").id,
                "owner_id": customer.id,
                "keeper_id": customer.id,
                "plate_ids": [Command.create({"plate": sold.plate, "partner_id": customer.id})],
            },
        )
        appointment = (
            self._as("ev.service")
            .env["dealer.appointment"]
            .create(
                {
                    "vehicle_id": twin.id,
                    "site_id": self._find("site_ev_main").id,
                    "date_from": fields.Datetime.add(self._at("ev", 10), days=1),
                    "bay_id": self._find("bay_ev_0").id,
                    "line_ids": [
                        Command.create({"operation_id": self._operation("PM-05").id, "repair_kind": "first_service"})
                    ],
                }
            )
        )
        self._remember("appointment_ev_0", appointment)
