from datetime import timedelta

from odoo import Command, api, fields, models

# code: (English, Chinese, hours, skill it needs)
SKILLED = {
    "HV-CK": ("Check the high-voltage system", "高压系统检查", 1.5, "high_voltage"),
    "DG-EN": ("Diagnose the engine", "发动机诊断", 1.0, "diagnosis"),
}
ONLINE = ("PM-05", "PM-20", "BR-F", "BR-R", "AC-CF", "EL-BA")
# skill: (English, Chinese, who has it)
SKILLS = {
    "high_voltage": ("High voltage", "高压电维修", ["cn.technician2", "cn.technician3", "en.technician2"]),
    "diagnosis": ("Diagnosis", "故障诊断", ["cn.technician", "en.technician"]),
}
# login: (certificate for high voltage, days it is still valid)
CERTIFICATES = {
    "cn.technician2": ("HV-2024-0117", 400),
    "cn.technician3": ("HV-2023-0042", 40),
    "en.technician2": ("HV-MA-5521", 300),
}
# key: last working day of the week (0 is Monday)
WEEK = {"cn": 6, "en": 5, "ev": 5}
# (customer's car, operations, days ahead, what comes of it)
CALLS = {
    "cn": [
        (5, ["PM-20", "BR-F"], 1, "courtesy"),
        (6, ["HV-CK"], 1, "confirmed"),
        (7, ["PM-05"], 1, "confirmed"),
        (8, ["DG-EN"], 1, "booked"),
        (9, ["PM-05", "AC-CF"], 1, "confirmed"),
        (10, ["BP-BU"], 1, "booked"),
        (11, ["PM-05"], 2, "link"),
        (12, ["BR-R"], 1, "request"),
    ],
    "en": [
        (5, ["PM-05", "BR-F"], 1, "courtesy"),
        (4, ["HV-CK"], 1, "confirmed"),
        (3, ["PM-20"], 1, "booked"),
        (10, ["PM-05"], 2, "link"),
        (11, ["EL-BA"], 1, "request"),
    ],
}


class DealerDemo(models.AbstractModel):
    """Today's and tomorrow's calls: slots by skill, a courtesy car, a link, a request."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        return [*super()._get_steps(), "calls"]

    @api.model
    def _build_booking_calendars(self):
        for key, last in WEEK.items():
            company = self._company(key)
            calendar = self._ensure(
                f"calendar_{key}",
                "resource.calendar",
                {
                    "name": "Workshop" if key == "en" else "车间排班",
                    "company_id": company.id,
                    "tz": company.partner_id.tz,
                    "attendance_ids": [
                        Command.create({"name": name, "dayofweek": str(day), "hour_from": start, "hour_to": end})
                        for day in range(last + 1)
                        for name, start, end in (("AM", 8, 12), ("PM", 13, 17.5))
                    ],
                },
            )
            domain = [("company_id", "=", company.id), ("is_dealer_technician", "=", True)]
            self.env["hr.employee"].search(domain).write({"resource_calendar_id": calendar.id})

    @api.model
    def _build_booking_skills(self):
        level = self.env.ref("dealer_workshop.dealer_labour_level_mechanical")
        skills = {}
        for name, (english, chinese, logins) in SKILLS.items():
            records = self.env["dealer.skill"].with_context(lang="en_US")
            skills[name] = self._ensure(f"skill_{name}", records, {"name": english})
            skills[name].with_context(lang="zh_CN").name = chinese
            skills[name].employee_ids |= self.env["hr.employee"].union(*(self._employee(login) for login in logins))
        for code, (english, chinese, hours, skill) in SKILLED.items():
            operation = self._ensure(
                f"operation_{self._slug(code)}",
                self.env["dealer.operation"].with_context(lang="en_US"),
                {
                    "code": code,
                    "name": english,
                    "hours": hours,
                    "level_id": level.id,
                    "skill_ids": [Command.set(skills[skill].ids)],
                },
            )
            operation.with_context(lang="zh_CN").name = chinese
        for code in ONLINE:
            self._operation(code).is_online = True
        # One technician of the Chinese shop does every trade.
        self._employee("cn.technician3").dealer_level_id = False
        for login, (number, days) in CERTIFICATES.items():
            self._ensure(
                f"certificate_{self._slug(login)}",
                "dealer.technician.certificate",
                {
                    "employee_id": self._employee(login).id,
                    "skill_id": skills["high_voltage"].id,
                    "number": number,
                    "date_to": self._today(days),
                },
            )

    @api.model
    def _employee(self, login):
        return self._find(f"employee_{login.replace('.', '_')}")

    @api.model
    def _build_calls(self):
        self._build_booking_calendars()
        self._build_booking_skills()
        for key, calls in CALLS.items():
            for index, call in enumerate(calls):
                if self._find(f"call_{key}_{index}") is None:
                    self._build_call(key, index, *call)

    @api.model
    def _build_call(self, key, index, car, codes, days, outcome):
        car = self._find(f"car_{key}_{car}")
        day = fields.Datetime.add(self._at(key, 12), days=days).date()
        appointments = self._as(f"{key}.service").env["dealer.appointment"]
        appointment = appointments.create(
            {
                "vehicle_id": car.id,
                "site_id": self._find(f"site_{key}_main").id,
                "wanted_day": day,
                "wants_courtesy_car": outcome == "courtesy",
                "line_ids": [Command.create({"operation_id": self._operation(code).id}) for code in codes],
            }
        )
        self._remember(f"call_{key}_{index}", appointment)
        if outcome == "request":
            return
        if outcome == "link":
            appointment.action_send_link()
            return
        appointment.action_first_slot()
        if outcome == "courtesy":
            self._book_free_courtesy_car(appointment)
        if outcome != "booked":
            appointment.action_confirm()

    @api.model
    def _book_free_courtesy_car(self, appointment):
        """Book a courtesy car, on the next days when all are out on the first."""
        kind = self.env.ref("dealer_vehicle.dealer_vehicle_booking_kind_courtesy")
        car, moment = appointment.env["dealer.vehicle.booking"]._propose(kind, earliest=appointment.date_from)
        if car and moment > appointment.date_from - timedelta(minutes=15):
            appointment.wanted_day = fields.Datetime.add(moment, days=1).date()
            appointment.action_first_slot()
        if car:
            appointment.action_courtesy_car()
