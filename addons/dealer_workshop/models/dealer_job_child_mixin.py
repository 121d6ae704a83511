from odoo import api, fields, models


class DealerJobChildMixin(models.AbstractModel):
    """What operations, payers and technicians of a job have in common.

    They live and die with their job, take its company and site, and may only
    change while its order is open. What follows from the job cannot be typed.
    """

    _name = "dealer.job.child.mixin"
    _description = "Part of a Job"
    _inherit = ["dealer.protected.mixin"]

    _protected_fields = frozenset({"order_id", "company_id"})

    job_id = fields.Many2one("dealer.job", required=True, ondelete="cascade", index=True)
    order_id = fields.Many2one(related="job_id.order_id", store=True, index=True)
    company_id = fields.Many2one(related="job_id.company_id", store=True, index=True, precompute=True)
    site_id = fields.Many2one(related="job_id.site_id")
    currency_id = fields.Many2one(related="company_id.currency_id")

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records.job_id.order_id._check_open_for_changes()
        return records

    def write(self, vals):
        self.job_id.order_id._check_open_for_changes()
        result = super().write(vals)
        if "job_id" in vals:
            self.job_id.order_id._check_open_for_changes()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_closed(self):
        self.job_id.order_id._check_open_for_changes()
