from odoo import fields, models


class DealerJob(models.Model):
    _inherit = "dealer.job"

    def _default_payer(self):
        """Add: the maker pays warranty, the insurer of the running policy what is insured."""
        payer = False
        if self.pay_type == "warranty":
            payer = self.vehicle_id.brand_id.maker_id
        elif self.pay_type == "insurance":
            # Narrow sudo: who insures the car, told by proposing him as payer.
            payer = self.vehicle_id.sudo()._get_running_policy().insurer_id
        return payer or super()._default_payer()

    def _prepare_payer_lines(self, *args):
        """Add to each line of a maker's or insurer's bill the job it comes from."""
        lines = super()._prepare_payer_lines(*args)
        for (pay_type, _partner), values in lines.items():
            if pay_type in ("warranty", "insurance"):
                for vals in values:
                    vals["dealer_job_id"] = self.id
        return lines


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    def _get_running_policy(self):
        """Return the policy that pays for this car today: a voluntary one before the compulsory one.

        :return: ``dealer.insurance.policy``, one or none
        """
        today = fields.Date.context_today(self)
        running = self.policy_ids.filtered(
            lambda policy: policy.date_from <= today <= policy.date_to and not policy.date_cancelled
        )
        return running.sorted("is_compulsory")[:1]


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    dealer_job_id = fields.Many2one(
        "dealer.job", "Job", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )


class AccountMove(models.Model):
    _inherit = "account.move"

    dealer_claim_id = fields.Many2one(
        "dealer.claim",
        "Cut or Charge-back of Claim",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The claim whose cut or charge-back this credit note or bill is.",
    )
