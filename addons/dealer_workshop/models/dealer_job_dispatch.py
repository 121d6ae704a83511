from datetime import datetime, time, timedelta

import pytz

from odoo import SUPERUSER_ID, Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools import labour
from .repair_order_flow import MANAGER

BOARD_STAGES = ("received", "in_work", "waiting_parts")
CHECK_STAGES = ("quality", "ready")


class DealerJob(models.Model):
    """The dispatch board (派工): who does what, with which load, until when."""

    _inherit = "dealer.job"

    _protected_fields = frozenset({"needs_skill"})

    # Stored: clocking on to plain work asks nothing about skills
    needs_skill = fields.Boolean(compute="_compute_needs_skill", store=True)

    @api.depends("line_ids.operation_id.needs_skill")
    def _compute_needs_skill(self):
        for job in self:
            job.needs_skill = any(line.operation_id.needs_skill for line in job.line_ids)

    # --- actions ------------------------------------------------------------------------

    def action_dispatch(self, from_employee_id=False, to_employee_id=False, override_note=False):
        """Give a job from one hand to another, as its card is dragged on the board.

        Whoever loses it is clocked off. Two people who move the same card: the second is told who has it now.

        :param int from_employee_id: technician whose column the card stood in; False: it waited
        :param int to_employee_id: technician it is given to; False: back to the waiting ones
        :param str override_note: why someone without the skill does it; a workshop manager's to say
        :return: True
        :raises AccessError: not a dispatcher's step
        :raises UserError: the card was moved meanwhile, the work is closed, or the technician lacks a skill
        Source: product B27, B31, practice P34
        """
        self.ensure_one()
        self._check_group("dealer_workshop.group_dispatcher")
        if from_employee_id == to_employee_id:
            return True
        # The second of two waits here, is run again, and then sees what the first did.
        self.env.cr.execute("SELECT id FROM dealer_job WHERE id = %s FOR UPDATE", [self.id])
        self._check_workable()
        self._check_card_stands_there(from_employee_id, to_employee_id)
        if from_employee_id:
            self._take_from(from_employee_id)
        if to_employee_id:
            self.with_context(dealer_skill_note=override_note or False)._add_technician(to_employee_id)
            self._note_override(to_employee_id, override_note)
        self.order_id._gates_changed()
        return True

    @api.model
    @api.readonly
    def get_dispatch_board(self, site_id=False):
        """Return the board of a site: its technicians of today with load and capacity, and the cards of open work.

        The number of queries does not depend on the number of orders.

        :param int site_id: ``stock.warehouse``; default: the user's site
        :return: dict with ``site``, ``sites``, ``columns`` (hours of load and capacity) and ``cards``
        Source: product B31
        """
        self.check_access("read")
        sites = self.env["stock.warehouse"].search([("company_id", "in", self.env.companies.ids)])
        site = sites.browse(site_id) if site_id in sites.ids else self.env.user._get_default_site()
        cards = [card for job in self._get_board_jobs(site) for card in job._get_cards()]
        return {
            "site": site.id,
            "sites": [{"id": row.id, "name": row.name} for row in sites],
            "may_dispatch": self.env.user.has_group("dealer_workshop.group_dispatcher"),
            "may_override": self.env.user.has_group(MANAGER),
            "columns": self._get_board_columns(site, cards),
            "cards": cards,
            "checks": self._get_board_checks(site),
        }

    # --- checks -------------------------------------------------------------------------

    def _check_card_stands_there(self, from_employee_id, to_employee_id):
        """Refuse to move a card that somebody else moved since the board was drawn.

        :raises UserError: says who has the job now
        """
        self.invalidate_recordset(["assignment_ids"])
        # Narrow sudo: names of colleagues, told to a dispatcher.
        holders = self.sudo().assignment_ids.employee_id
        moved = from_employee_id not in holders.ids if from_employee_id else bool(holders)
        if moved or to_employee_id in holders.ids:
            raise UserError(
                self.env._(
                    "Job “%(job)s” was moved meanwhile: %(who)s. The board shows it now.",
                    job=self.display_name,
                    who=", ".join(holders.mapped("name")) or self.env._("it waits for a technician"),
                )
            )

    # --- business -----------------------------------------------------------------------

    def _take_from(self, employee_id):
        """Take a job from a technician; his clock on it stops, his colleagues' shares fill up.

        :param int employee_id: ``hr.employee`` who is on the job
        """
        self.ensure_one()
        # Narrow sudo: dispatching was checked; clocks and shares follow.
        job = self.sudo()
        running = job.clock_ids.filtered(lambda clock: clock.employee_id.id == employee_id and not clock.date_to)
        running._stop_now()
        leaving = job.assignment_ids.filtered(lambda assignment: assignment.employee_id.id == employee_id)
        staying = job.assignment_ids - leaving
        shares = labour.even_shares(len(staying))
        job.write(
            {
                "assignment_ids": [
                    *(Command.delete(assignment.id) for assignment in leaving),
                    *(
                        Command.update(assignment.id, {"share": share})
                        for assignment, share in zip(staying, shares, strict=True)
                    ),
                ]
            }
        )

    def _get_skills(self):
        """Return the skills this job's operations need.

        :return: ``dealer.skill``
        """
        self.ensure_one()
        return self.line_ids.operation_id._get_skills() if self.needs_skill else self.env["dealer.skill"]

    def _note_override(self, employee_id, note):
        if not (note or "").strip():
            return
        # Narrow sudo: who was given work without the skill, and why, stands on the job for everybody.
        employee = self.env["hr.employee"].sudo().browse(employee_id)
        if employee._get_missing_skills(self._get_skills()):
            self.sudo().message_post(
                body=self.env._(
                    "Given to %(name)s without the skill by %(manager)s: %(note)s",
                    name=employee.name,
                    manager=self.env.user.name,
                    note=note.strip(),
                )
            )

    def _get_board_jobs(self, site):
        return self.search(
            [
                ("site_id", "=", site.id),
                ("order_id.stage", "in", BOARD_STAGES),
                ("state", "in", ("open", "in_work")),
                ("approval_state", "=", "accepted"),
            ]
        ).sorted(lambda job: (job.order_id.promised_date or datetime.max, job.id))

    def _get_cards(self):
        """Return one card for each technician on this job, or one that waits.

        :return: list of dicts
        """
        self.ensure_one()
        # Narrow sudo: who works on it is no secret of the workshop; employee records are.
        job = self.sudo()
        running = {clock.employee_id.id for clock in job.clock_ids if not clock.date_to}
        holders = [(row.employee_id.id, row.share) for row in job.assignment_ids] or [(False, 100.0)]
        order = job.order_id
        base = {
            "job": job.id,
            "order_id": order.id,
            "order": order.name,
            "plate": order.dealer_vehicle_id.plate or order.dealer_vehicle_id.vin or "",
            "car": order.dealer_vehicle_id.name or "",
            "name": job.display_name,
            "stage": order.stage,
            "promised": fields.Datetime.to_string(order.promised_date) if order.promised_date else False,
            "late": order.is_late,
            "waits_for_parts": order.stage == "waiting_parts",
            "skills": [{"id": skill.id, "name": skill.name} for skill in job._get_skills()],
        }
        return [
            {
                **base,
                "employee": employee,
                "running": employee in running,
                "hours": round(job.labour_hours * share / 100, 2),
            }
            for employee, share in holders
        ]

    @api.model
    def _get_board_columns(self, site, cards):
        """Return the technicians with load and capacity in hours; who neither works today nor has work comes last.

        :param stock.warehouse site: one site
        :param list cards: of :meth:`_get_cards`
        """
        # Narrow sudo: dispatchers have no rights on employee records; name, skills and hours of today are their trade.
        employees = self.env["hr.employee"].sudo()
        technicians = employees.search([("is_dealer_technician", "=", True), ("company_id", "=", site.company_id.id)])
        capacity = technicians._get_hours_of_today()
        load = {}
        for card in cards:
            load[card["employee"]] = load.get(card["employee"], 0.0) + card["hours"]
        idle = technicians.filtered(lambda technician: not capacity[technician.id] and technician.id not in load)
        return [
            {
                "id": technician.id,
                "name": technician.name,
                "trade": technician.dealer_level_id.name or "",
                "skills": technician.dealer_skill_ids.ids,
                "capacity": round(capacity[technician.id], 1),
                "load": round(load.get(technician.id, 0.0), 1),
            }
            for technician in technicians - idle + idle
        ]

    @api.model
    def _get_board_checks(self, site):
        """Return the cars whose work is done: they wait for the final check or for settlement."""
        orders = self.env["repair.order"].search(
            [("site_id", "=", site.id), ("stage", "in", CHECK_STAGES)], order="promised_date, id"
        )
        return [
            {
                "order_id": order.id,
                "order": order.name,
                "plate": order.plate or order.vin or "",
                "car": order.dealer_vehicle_id.name or "",
                "stage": order.stage,
                "promised": fields.Datetime.to_string(order.promised_date) if order.promised_date else False,
                "late": order.is_late,
            }
            for order in orders
        ]


class DealerJobAssignment(models.Model):
    _inherit = "dealer.job.assignment"

    skill_note = fields.Char(
        string="Why without the Skill",
        help="A workshop manager may give work to somebody who lacks a skill it needs, and says why.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        note = self.env.context.get("dealer_skill_note")
        if note:
            vals_list = [{"skill_note": note, **vals} for vals in vals_list]
        jobs, employees = self.env["dealer.job"], self.env["hr.employee"]
        for vals in vals_list:
            job, employee = jobs.browse(vals.get("job_id")), employees.browse(vals.get("employee_id"))
            self._check_skills(job, employee, vals.get("skill_note"))
        return super().create(vals_list)

    def write(self, vals):
        if {"employee_id", "job_id", "skill_note"} & vals.keys():
            for assignment in self:
                job = assignment.job_id.browse(vals.get("job_id", assignment.job_id.id))
                employee = assignment.employee_id.browse(vals.get("employee_id", assignment.employee_id.id))
                self._check_skills(job, employee, vals.get("skill_note", assignment.skill_note))
        return super().write(vals)

    def _check_skills(self, job, employee, note):
        """Refuse work to people who lack a skill it needs, unless a workshop manager says why.

        :param dealer.job job: the work
        :param hr.employee employee: who would do it
        :param str note: why he does it without the skill
        :raises AccessError: the reason is not a workshop manager's
        :raises UserError: names who lacks what
        """
        skills = job._get_skills() if job and employee else False
        missing = skills and employee._get_missing_skills(skills)
        if not missing:
            return
        if (note or "").strip():
            return self._check_may_override()
        raise UserError(
            self.env._(
                "%(name)s lacks the skill for “%(job)s”: %(skills)s. Give it to somebody who has it; a workshop "
                "manager may decide otherwise and says why.",
                name=employee.sudo().name,  # narrow: a colleague's name
                job=job.display_name,
                skills=", ".join(missing.mapped("name")),
            )
        )

    def _check_may_override(self):
        # The steps write as superuser in the name of who pressed: his role counts, not theirs.
        if self.env.uid != SUPERUSER_ID and not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("Only a workshop manager gives work to somebody who lacks the skill."))


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    def _get_hours_of_today(self):
        """Return how many hours each of them works today, by calendar and absences.

        :return: dict {employee id: hours}
        """
        zone = pytz.timezone(self.env.company.partner_id.tz or self.env.user.tz or "UTC")
        return self._get_hours_of(datetime.now(zone).date(), zone)

    def _get_hours_of(self, day, zone):
        """Return how many hours each of them works on a day, by calendar, holidays and absences.

        :param date day: at the company's place
        :param zone: pytz timezone of the company
        :return: dict {employee id: hours}
        """
        if not self:
            return {}
        start = zone.localize(datetime.combine(day, time.min))
        hours = self._get_work_days_data_batch(start, start + timedelta(days=1))
        return {employee.id: hours[employee.id]["hours"] for employee in self}
