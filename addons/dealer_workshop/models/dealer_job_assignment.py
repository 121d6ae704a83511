from odoo import fields, models


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
