from odoo import api, fields, models

from ..tools import labour
from .repair_kind import PAY_TYPES


class DealerJobSplit(models.Model):
    """Who pays which share of a job."""

    _name = "dealer.job.split"
    _description = "Payer of a Job"
    _inherit = ["dealer.job.child.mixin"]
    _order = "job_id, id"
    _check_company_auto = True

    pay_type = fields.Selection(
        PAY_TYPES, required=True, compute="_compute_pay_type", store=True, readonly=False, precompute=True
    )
    partner_id = fields.Many2one("res.partner", string="Payer", required=True, check_company=True, index=True)
    share = fields.Float(string="Share %", required=True, default=100.0, digits=(5, 2), help="All payers share 100 %.")
    amount = fields.Monetary(compute="_compute_amount", help="Share of labour and parts, without tax.")

    _share_range = models.Constraint("CHECK(share > 0 AND share <= 100)", "A share lies above 0 and up to 100 %.")

    @api.depends("job_id.pay_type")
    def _compute_pay_type(self):
        for split in self:
            split.pay_type = split.pay_type or split.job_id.pay_type

    @api.depends("share", "job_id.split_ids.share", "job_id.labour_amount", "job_id.parts_amount")
    def _compute_amount(self):
        for job, splits in self.grouped("job_id").items():
            total = job.labour_amount + job.parts_amount
            digits = job.currency_id.decimal_places or 2
            amounts = labour.share_amounts(total, job.split_ids.mapped("share"), digits)
            by_split = dict(zip(job.split_ids.ids, amounts, strict=False))
            for split in splits:
                split.amount = by_split.get(split.id, total * split.share / 100)
