import re

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import labour

EXISTING_KEY = re.compile(r"\(employee_id\)=\((\d+)\)")


def _clock_message(env, diag):
    """Say where the clock runs, for the loser of two clicks at the same instant.

    :param env: environment after the loser was rolled back
    :param diag: diagnostics of the database; none when asked without an error
    """
    found = EXISTING_KEY.search((diag and diag.message_detail) or "")
    # Narrow sudo: the technician is told where he himself is clocked on.
    clocks = env["dealer.job.clock"].sudo()
    running = found and clocks.search([("employee_id", "=", int(found[1])), ("date_to", "=", False)], limit=1)
    if not running:
        return env._("Your clock runs already on another job: clock off there first.")
    return running._running_sentence()


class DealerJobClock(models.Model):
    """Time a technician really spent on a job."""

    _name = "dealer.job.clock"
    _description = "Clocking"
    _inherit = ["dealer.protected.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    _protected_fields = frozenset(
        {
            "job_id",
            "employee_id",
            "date_from",
            "date_to",
            "minutes",
            "order_id",
            "company_id",
            "site_id",
            "user_id",
        }
    )

    job_id = fields.Many2one("dealer.job", required=True, ondelete="restrict", index=True, check_company=True)
    order_id = fields.Many2one(related="job_id.order_id", store=True, index=True)
    company_id = fields.Many2one(related="job_id.company_id", store=True, index=True, precompute=True)
    site_id = fields.Many2one(related="job_id.site_id", store=True)
    employee_id = fields.Many2one("hr.employee", string="Technician", required=True, check_company=True, index=True)
    user_id = fields.Many2one(
        related="employee_id.user_id", store=True, index="btree_not_null", string="User of the Technician"
    )
    date_from = fields.Datetime(string="Clocked On", required=True, default=fields.Datetime.now)
    date_to = fields.Datetime(string="Clocked Off")
    minutes = fields.Integer(compute="_compute_minutes", store=True, aggregator="sum")

    _one_running = models.UniqueIndex("(employee_id) WHERE date_to IS NULL", _clock_message)
    _dates_in_order = models.Constraint(
        "CHECK(date_to IS NULL OR date_to >= date_from)", "A clocking cannot end before it began."
    )

    @api.depends("date_from", "date_to")
    def _compute_minutes(self):
        for clock in self:
            clock.minutes = labour.minutes_between(clock.date_from, clock.date_to) if clock.date_to else 0

    @api.model
    def _start(self, job):
        """Start the current user's clock on a job.

        :param dealer.job job: one job that may be worked on (checked by the caller)
        :return: the new clocking
        :raises UserError: the user is no technician here, or his clock runs already
        """
        technician = self._current_technician_or_raise(job.company_id)
        # Narrow sudo: a technician writes no clocking himself; who he is was looked up, not sent.
        clocks = self.sudo()
        running = clocks.search([("employee_id", "=", technician.id), ("date_to", "=", False)], limit=1)
        if running:
            raise UserError(running._running_sentence())
        if technician not in job.sudo().assignment_ids.employee_id:
            job._add_technician(technician.id)
        clock = clocks.create({"job_id": job.id, "employee_id": technician.id})
        job._action_start()
        return clock

    @api.model
    def _stop(self, job):
        """Stop the current user's clock on a job.

        :param dealer.job job: one job
        :raises UserError: it does not run
        """
        technician = self._current_technician_or_raise(job.company_id)
        domain = [("employee_id", "=", technician.id), ("job_id", "=", job.id), ("date_to", "=", False)]
        # Narrow sudo: see _start(); it is his own clocking, and only its end is written.
        running = self.sudo().search(domain, limit=1)
        if not running:
            raise UserError(self.env._("Your clock does not run on job “%(job)s”.", job=job.display_name))
        running.date_to = max(fields.Datetime.now(), running.date_from)

    def _running_sentence(self):
        """Return the sentence that says who is clocked on where since when.

        :return: str in the user's language
        """
        self.ensure_one()
        return self.env._(
            "%(name)s is clocked on to job “%(job)s” of %(order)s since %(since)s. Clock off there first.",
            name=self.employee_id.name,
            job=self.job_id.display_name,
            order=self.order_id.name,
            since=fields.Datetime.context_timestamp(self, self.date_from).strftime("%H:%M"),
        )

    @api.model
    def _current_technician_or_raise(self, company):
        technician = self.env["hr.employee"]._current_technician(company)
        if not technician.is_dealer_technician:
            # sudo() below: the company is named to him, nothing else of it is read.
            raise UserError(
                self.env._(
                    "You are not a technician of %(company)s: ask HR to tick “Technician” on your employee record.",
                    company=company.sudo().name,
                )
            )
        return technician
