from odoo import api, fields, models
from odoo.exceptions import UserError

from .repair_order_flow import MANAGER


class DealerJobAssignment(models.Model):
    """A technician's share of a job; pay and efficiency follow it."""

    _name = "dealer.job.assignment"
    _description = "Technician of a Job"
    _inherit = ["dealer.job.child.mixin"]
    _order = "job_id, id"
    _check_company_auto = True

    _protected_fields = frozenset({"order_id", "company_id", "user_id"})

    employee_id = fields.Many2one(
        "hr.employee",
        string="Technician",
        required=True,
        check_company=True,
        index=True,
        domain=[("is_dealer_technician", "=", True)],
    )
    user_id = fields.Many2one(
        related="employee_id.user_id", store=True, index="btree_not_null", string="User of the Technician"
    )
    share = fields.Float(
        string="Share %", required=True, default=100.0, digits=(5, 2), help="All technicians share 100 %."
    )

    _share_range = models.Constraint("CHECK(share > 0 AND share <= 100)", "A share lies above 0 and up to 100 %.")
    _employee_uniq = models.Constraint("UNIQUE(job_id, employee_id)", "This technician is on the job already.")

    @api.model_create_multi
    def create(self, vals_list):
        assignments = super().create(vals_list)
        assignments.job_id._check_shares_open()
        return assignments

    def write(self, vals):
        self.job_id._check_shares_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        self.job_id._check_shares_open()


class DealerJob(models.Model):
    _inherit = "dealer.job"

    def _check_shares_open(self):
        """Refuse another technician or share once the work is done: pay follows it. A manager may correct it.

        :raises UserError: names the job and the way out
        Source: practice P34
        """
        if self.env.su or self.env.user.has_group(MANAGER):
            return
        for job in self.filtered(lambda job: job.state == "done"):
            raise UserError(
                self.env._(
                    "“%(job)s” is done, and its hours count for who did it: the workshop manager corrects the shares.",
                    job=job.display_name,
                )
            )
