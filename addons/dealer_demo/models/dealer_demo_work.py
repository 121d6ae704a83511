from datetime import timedelta

from odoo import api, models

# Skill: (Chinese, technicians who have it, operations that need it)
SKILLS = {
    "High voltage": ("高压电维修", ["cn.technician2", "en.technician2"], []),
    "Paint": ("喷漆", ["cn.technician3"], ["BP-BU"]),
    "Air conditioning": ("空调维修", ["cn.technician", "cn.technician2", "en.technician"], []),
}
# Operation: (part of the car by its number in the add-on's list, kind of visit)
FILED = {
    "PM-05": (11, "maintenance"),
    "PM-20": (11, "maintenance"),
    "BR-F": (3, "general"),
    "BR-R": (3, "general"),
    "BR-FL": (3, "maintenance"),
    "IG-SP": (1, "general"),
    "EL-BA": (6, "general"),
    "AC-CF": (7, "maintenance"),
    "SU-BU": (4, "general"),
    "BP-BU": (9, "accident"),
    "PDI": (11, "pdi"),
    "ACC-DC": (6, "accessory"),
}
# Point of the health check by its number: what is proposed when it is not green
PROPOSED = {1: "BR-F", 2: "BR-R", 4: "BR-FL", 8: "EL-BA", 16: "AC-CF"}
# Cost of an hour and least margin, to be confirmed
FLOORS = {"cn": (60, 45), "en": (25, 55)}
# Visit at work: measures and colours found by point
FOUND = {"cn": {1: 3.2, 5: 2.4, 15: "yellow"}, "en": {2: 1.8, 16: "yellow"}}
AT_WORK = {"cn": 4, "en": 2}
# Yesterday's accident cars that wait for the body shop; the first two are given out
GIVEN_OUT = (27, 28)


class DealerDemo(models.AbstractModel):
    """Who may do what, what was found on the cars, and how the technicians did."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        steps = super()._get_steps()
        return [*steps[: steps.index("workshop") + 1], "work", *steps[steps.index("workshop") + 1 :]]

    @api.model
    def _build_work(self):
        if self._find("skill_paint") is not None:
            return
        self._build_skills()
        self._file_operations()
        for key in FOUND:
            self._build_floor(key)
            self._build_inspection(key)
            self._count_technicians(key)
        self._give_out()

    @api.model
    def _build_skills(self):
        for name, (chinese, logins, codes) in SKILLS.items():
            users = self.env["res.users"].browse([self._user(login).id for login in logins])
            skill = self.env["dealer.skill"].create(
                {
                    "name": name,
                    "employee_ids": self.env["hr.employee"].search([("user_id", "in", users.ids)]).ids,
                    "operation_ids": [self._operation(code).id for code in codes],
                }
            )
            skill.with_context(lang="zh_CN").name = chinese
            self._remember(f"skill_{self._slug(name)}", skill)

    @api.model
    def _file_operations(self):
        for code, (section, kind) in FILED.items():
            self._operation(code).write(
                {"section_id": self.env.ref(f"dealer_workshop.dealer_car_section_{section}").id, "repair_kind": kind}
            )
        for number, code in PROPOSED.items():
            point = self.env.ref(f"dealer_workshop.dealer_inspection_template_health_point_{number}")
            point.operation_id = self._operation(code)

    @api.model
    def _build_floor(self, key):
        cost, floor = FLOORS[key]
        self.env["dealer.labour.floor"].create(
            {"company_id": self._company(key).id, "date_from": "2026-01-01", "hour_cost": cost, "floor": floor}
        )

    @api.model
    def _build_inspection(self, key):
        """The technician looks the car over while he works on it: something is found and proposed."""
        user = self._user(f"{key}.technician")
        order = self._find(f"visit_{key}_{AT_WORK[key]}").with_user(user)
        order = order.with_context(allowed_company_ids=user.company_id.ids, lang=user.lang)
        inspection = order.env["dealer.inspection"].browse(order.action_inspect()["res_id"])
        for number, found in FOUND[key].items():
            line = inspection.line_ids[number - 1]
            line.write({"result": found} if isinstance(found, str) else {"measure": found})
        inspection.action_rest_green()
        inspection.action_finish()

    @api.model
    def _count_technicians(self, key):
        today = self._today()
        days = self.env["dealer.technician.day"]
        days._count(self._company(key), today - timedelta(days=8), today - timedelta(days=1))

    @api.model
    def _give_out(self):
        painter = self.env["hr.employee"].search([("user_id", "=", self._user("cn.technician3").id)])
        for index in GIVEN_OUT:
            order = self._find(f"yesterday_{index}").with_user(self._user("cn.service"))
            order.with_context(allowed_company_ids=order.company_id.ids).job_ids.action_dispatch(False, painter.id)
