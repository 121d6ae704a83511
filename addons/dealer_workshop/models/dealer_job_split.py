from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .repair_kind import PAY_TYPES

# Nobody gets a bill for these: we pay ourselves, or the customer paid before.
NOT_BILLED = ("internal", "prepaid")


class DealerJobSplit(models.Model):
    """Who pays which share of a job, up to which amount."""

    _name = "dealer.job.split"
    _description = "Payer of a Job"
    _inherit = ["dealer.job.child.mixin"]
    _order = "job_id, id"
    _check_company_auto = True

    _protected_fields = frozenset({"order_id", "company_id", "entitlement_id", "settled_amount"})

    pay_type = fields.Selection(
        PAY_TYPES, required=True, compute="_compute_pay_type", store=True, readonly=False, precompute=True
    )
    partner_id = fields.Many2one("res.partner", string="Payer", required=True, check_company=True, index=True)
    share = fields.Float(string="Share %", required=True, default=100.0, digits=(5, 2), help="All payers share 100 %.")
    cap_amount = fields.Monetary(
        string="At Most", help="Most this payer pays for the job, without tax. 0: no limit. Another one takes the rest."
    )
    takes_rest = fields.Boolean(
        string="Takes the Rest", help="Pays what lies above the limits of the others, and the order's deductible."
    )
    entitlement_id = fields.Many2one(
        "dealer.entitlement",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The first service, package or coupon this share is paid by.",
    )
    settled_amount = fields.Monetary(
        string="Paid by Ourselves",
        readonly=True,
        copy=False,
        help="Price of the work nobody was billed for, without tax, as settlement found it; others have bills.",
    )
    amount = fields.Monetary(compute="_compute_amount", help="Share of labour and parts, without tax.")

    _share_range = models.Constraint(
        "CHECK(share <= 100 AND (share > 0 OR (share = 0 AND (takes_rest IS TRUE OR pay_type = 'customer'))))",
        "A share lies above 0 and up to 100 %; only who takes the rest, or a customer who bears the deductible, may "
        "have none.",
    )
    _cap_positive = models.Constraint("CHECK(cap_amount >= 0)", "The most a payer pays cannot be negative.")
    _rest_uniq = models.UniqueIndex("(job_id) WHERE takes_rest", "One payer of a job takes the rest, not two.")

    @api.depends("job_id.pay_type")
    def _compute_pay_type(self):
        for split in self:
            split.pay_type = split.pay_type or split.job_id.pay_type

    @api.depends(
        "share",
        "cap_amount",
        "takes_rest",
        "job_id.split_ids.share",
        "job_id.split_ids.cap_amount",
        "job_id.split_ids.takes_rest",
        "job_id.labour_amount",
        "job_id.parts_amount",
        "order_id.deductible_amount",
    )
    def _compute_amount(self):
        for order, splits in self.grouped("order_id").items():
            # Jobs that are not saved yet have no order that knows them.
            amounts = (order or splits.job_id)._get_payer_amounts()
            if order and len(amounts) < len(order.job_ids.split_ids):
                # Proposed work is not settled with the order; its payers are shown by its own price.
                amounts = (splits.job_id - order._get_settled_jobs())._get_payer_amounts() | amounts
            for split in splits:
                total = split.job_id.labour_amount + split.job_id.parts_amount
                split.amount = amounts.get(split, total * split.share / 100)

    @api.constrains("cap_amount", "takes_rest", "job_id")
    def _check_rest(self):
        for job, splits in self.grouped("job_id").items():
            if any(split.cap_amount and split.takes_rest for split in splits):
                raise ValidationError(
                    self.env._("Job “%(job)s”: who takes the rest has no limit himself.", job=job.display_name)
                )
            if any(split.cap_amount for split in job.split_ids) and not any(s.takes_rest for s in job.split_ids):
                raise ValidationError(
                    self.env._(
                        "Job “%(job)s”: a payer pays at most an amount. Tick “Takes the Rest” on the payer who pays "
                        "what is above.",
                        job=job.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        splits = super().create(vals_list)
        splits._reprice_sole()
        return splits

    def write(self, vals):
        if self.env.su and vals.keys() == {"settled_amount"}:
            # Settlement notes what it found on an order it has frozen itself.
            return models.Model.write(self, vals)
        if not self.env.su and {"partner_id", "pay_type", "job_id"} & vals.keys():
            self._check_not_entitled()
        result = super().write(vals)
        if "pay_type" in vals:
            self._reprice_sole()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_entitled(self):
        if not self.env.su:
            self._check_not_entitled()

    def _check_not_entitled(self):
        """Refuse to change a payer an entitlement stands behind by hand.

        :raises UserError: says which button to use
        """
        for split in self.filtered("entitlement_id"):
            raise UserError(
                self.env._(
                    "“%(job)s” is paid by %(entitlement)s: take the entitlement off the job first.",
                    job=split.job_id.display_name,
                    entitlement=split.entitlement_id.sudo().display_name,
                )
            )

    def _reprice_sole(self):
        """Let the job follow the pay type of its only payer, so that all its operations take that type's rate.

        Source: issue "switching re-prices", practice P37
        """
        for split in self:
            job = split.job_id
            if len(job.split_ids) == 1 and job.pay_type != split.pay_type and split.pay_type != "prepaid":
                # Payers are given, so that they do not follow the pay type in turn. Narrow sudo: writing the payer
                # was the user's right.
                job.sudo().write({"pay_type": split.pay_type, "split_ids": []})

    def _get_shares(self):
        """Return the shares of these payers; who only takes the rest has none."""
        return [split.share for split in self if split.share]

    def _to_payer(self):
        """Return this payer as the maths of payers wants it."""
        self.ensure_one()
        return {"share": self.share, "cap": self.cap_amount, "takes_rest": self.takes_rest}
