from datetime import timedelta

from odoo import Command, api, models

from .dealer_demo_workshop import TO_SETTLED

OIL, FILTER, CABIN, PADS = "08232-P99-K4L", "15400-PLM-A02", "80292-SDG-W01", "45022-T2A-A01"
# Why they came, how many, what was done, parts, who pays (the repair kind's own payer when empty), how far it got.
# 47 visits of one shop on one day; accidents stay for days.
YESTERDAY = [
    ("maintenance", 21, "PM-05", [(FILTER, 1), (OIL, 1)], "", "delivered"),
    ("first_service", 6, "PM-05", [(FILTER, 1), (OIL, 1)], "warranty", "settled"),
    ("accident", 9, "BP-BU", [], "insurance", "received"),
    ("general", 5, "BR-FL", [("08798-9108A", 1)], "warranty", "settled"),
    ("recall", 3, "EL-BA", [], "warranty", "settled"),
    ("comeback_internal", 2, "BR-FL", [], "internal", "settled"),
    ("pdi", 1, "PDI", [], "internal", "settled"),
]
FIRST_CAR = 14  # the customers' cars before it are booked or here today
# One technician does in 43 minutes what the book gives 80 for, one needs 113: efficiency 186 % and 71 %.
PACE = {"cn.technician": 1.86, "cn.technician2": 0.71, "cn.technician3": 1.04}
ROSTER = ["cn.technician", "cn.technician3", "cn.technician", "cn.technician3", "cn.technician", "cn.technician2"]


class DealerDemo(models.AbstractModel):
    """The shop's day before: 47 visits, and one order that four parties pay."""

    _inherit = "dealer.demo"

    @api.model
    def _build_yesterday(self):
        clocks = dict.fromkeys(PACE, self._at("cn", 8) - timedelta(days=1) + timedelta(minutes=30))
        kinds = [row for row in YESTERDAY for _number in range(row[1])]
        for index, (kind, _count, operation, parts, pay_type, goal) in enumerate(kinds):
            name = f"yesterday_{index}"
            if self._find(name) is None:
                car = (
                    self._free_car("age_date desc, id") if kind == "pdi" else self._find(f"car_cn_{FIRST_CAR + index}")
                )
                order = self._open_order("cn", car, [operation], kind, car.odometer_km + 4000 + index * 13)
                self._remember(name, order)
                self._ask_for_parts(order, parts)
                self._let_pay(order.job_ids, pay_type)
                self._finish_visit(order, goal, ROSTER[index % len(ROSTER)], clocks)
                self._date_visit(order, index)
        self._build_four_payers()

    @api.model
    def _let_pay(self, jobs, pay_type):
        """Put the payer on jobs: the maker for what he answers for, the insurer with the owner's share."""
        if pay_type == "insurance":
            for job in jobs:
                self._share_with_insurer("cn", job)
        elif pay_type == "warranty":
            jobs.pay_type = "warranty"
            jobs.split_ids.sudo().partner_id = self._find("maker_cn")
        elif pay_type == "internal" and jobs.vehicle_id.owner_id:
            # On a customer's car the house pays with a reason
            jobs.order_id.discount_reason_id = self.env.ref("dealer_workshop.dealer_discount_reason_mistake")

    @api.model
    def _finish_visit(self, order, goal, technician, clocks):
        """Take a visit to its goal, with the technician's clock at his pace.

        :param dict clocks: {login: when he clocks on next}, moved on here
        """
        minutes = round(sum(order.job_ids.mapped("labour_hours")) * 60 / PACE[technician])
        order.action_check_in()
        if goal == "received":
            return
        self._take_steps("cn", order, TO_SETTLED[1:], technician=technician, minutes=minutes)
        for clock in order.sudo().job_ids.clock_ids:
            began, clocks[technician] = clocks[technician], clocks[technician] + timedelta(minutes=minutes)
            clock.write({"date_from": began, "date_to": clocks[technician]})
        if goal == "delivered":
            self._visit_delivered("cn", order)

    @api.model
    def _date_visit(self, order, index):
        """Let the visit have been yesterday: received in the morning, ready when the work was done."""
        order = order.sudo()
        came = self._at("cn", 8) - timedelta(days=1) + timedelta(minutes=7 * index)
        ready = max(order.job_ids.clock_ids.mapped("date_to"), default=came) + timedelta(minutes=15)
        # Results count the hours on the day the job was done
        for job in order.job_ids.filtered("done_on"):
            job.done_on = max(job.clock_ids.mapped("date_to"))
        moments = {"reception_date": came, "promised_date": came + timedelta(hours=5)}
        for name, minutes in (("quality_date", 0), ("settled_on", 10), ("handed_over_on", 25)):
            if order[name]:
                moments[name] = ready + timedelta(minutes=minutes)
        order.write(moments)

    @api.model
    def _build_four_payers(self):
        """An accident car, serviced on the occasion: insurer and owner, maker, and the shop for its own mistake.

        That is more than the advisor may give away: the workshop manager allows it.
        """
        if self._find("visit_four_payers") is not None:
            return
        car = self._find(f"car_cn_{FIRST_CAR + 47}")
        order = self._open_order("cn", car, ["PM-20"], "maintenance", car.odometer_km + 9200)
        self._remember("visit_four_payers", order)
        self._ask_for_parts(order, [(FILTER, 1), (OIL, 1), (CABIN, 1)])
        others = [
            ("accident", "BP-BU", "insurance"),
            ("general", "SU-BU", "warranty"),
            ("comeback_internal", "BR-F", "internal"),
        ]
        for kind, code, pay_type in others:
            operation = self._operation(code)
            job = order.job_ids.create(
                {
                    "order_id": order.id,
                    "name": operation.with_context(lang="zh_CN").name,
                    "repair_kind": kind,
                    "line_ids": [Command.create({"operation_id": operation.id})],
                }
            )
            self._let_pay(job, pay_type)
        order.env["dealer.job.part"].create(
            {"job_id": order.job_ids[-1:].id, "product_id": self._part(PADS).id, "quantity": 1}
        )
        manager = self._user("cn.workshop")
        order.with_user(manager).with_context(allowed_company_ids=order.company_id.ids).action_approve_discount()
        self._take_steps("cn", order, TO_SETTLED, technician="cn.technician3", minutes=60)
