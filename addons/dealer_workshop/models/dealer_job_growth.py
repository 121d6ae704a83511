from odoo import api, fields, models
from odoo.exceptions import UserError

from .repair_order_flow import ADVISOR

# Fields of an operation by which its price changes
PRICE_FIELDS = {"job_id", "operation_id", "hours", "rate", "discount"}


class DealerJob(models.Model):
    """A job that grew past what the customer signed or accepted: he is asked before he is billed (增项)."""

    _inherit = "dealer.job"

    _protected_fields = frozenset({"agreed_amount", "grown_amount"})

    agreed_amount = fields.Monetary(
        string="Agreed",
        readonly=True,
        copy=False,
        help="What the customer pays of this job without tax, as he signed or accepted it.",
    )
    grown_amount = fields.Monetary(
        string="Above the Agreement",
        readonly=True,
        copy=False,
        help="What the customer would pay now beyond what he agreed to, without tax. He is asked before settlement.",
    )

    def action_ask_growth(self):
        """Ask the customer about jobs that cost him more than he agreed to: work on them waits for his answer.

        :raises AccessError: the user is no service advisor
        :raises UserError: none costs more
        Source: practice P32, P37
        """
        self._check_group(ADVISOR)
        self.order_id._check_open_for_changes()
        grown = self.filtered(lambda job: job.grown_amount and job.approval_state == "accepted")
        if not grown:
            raise UserError(
                self.env._("The customer pays no more than he agreed to: %s.", ", ".join(self.mapped("display_name")))
            )
        # Narrow sudo: role and state are checked, the agreement is protected from typing.
        for job in grown.sudo():
            job.write(job._prepare_asked_again(job._prepare_payers_before()))
        return grown.action_offer()

    def _answer(self, answer, name, channel, ip=None):
        super()._answer(answer, name, channel, ip=ip)
        if answer == "accepted":
            self._agree()
        else:
            self._on_price_changed()

    def _agree(self):
        """Note what the customer pays of these jobs now as what he agreed to."""
        # Narrow sudo: the customer signed or answered, the figures are protected from typing.
        for job in self.sudo():
            job.write({"agreed_amount": job._get_customer_sum(), "grown_amount": 0.0})

    def _on_price_changed(self):
        """Compare signed jobs with what the customer agreed to, after their work, parts, prices or payers changed."""
        # Narrow sudo: the change was checked; what the customer pays is compared, not shown.
        jobs = self.sudo().filtered(lambda job: job.order_id.signed_on and job.approval_state == "accepted")
        # Parts are read through a view: what follows from their price does not know that it changed.
        jobs.split_ids.invalidate_recordset(["amount"])
        changed = jobs.browse()
        for job in jobs:
            grown = job._get_growth()
            if job.currency_id.compare_amounts(grown, job.grown_amount):
                job.grown_amount = grown
                changed |= job
        if changed:
            changed.order_id._gates_changed()

    def _get_growth(self):
        """Return what the customer would pay beyond his agreement; 0.0 within what the rules leave unasked.

        :return: float without tax in company currency
        """
        self.ensure_one()
        order = self.order_id
        percent = self.env["repair.agreement.policy"]._get_rule(self.company_id.id, order._day_of_reception())[1]
        grown = self._get_customer_sum() - self.agreed_amount
        is_small = self.currency_id.compare_amounts(grown, self.agreed_amount * percent / 100) <= 0
        return 0.0 if is_small else self.currency_id.round(grown)


class DealerJobLine(models.Model):
    _inherit = "dealer.job.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.job_id._on_price_changed()
        return lines

    def write(self, vals):
        jobs = self.job_id if "job_id" in vals else self.env["dealer.job"]
        result = super().write(vals)
        if PRICE_FIELDS & vals.keys():
            (jobs | self.job_id)._on_price_changed()
        return result

    def unlink(self):
        jobs = self.job_id
        result = super().unlink()
        jobs._on_price_changed()
        return result


class DealerJobPart(models.Model):
    _inherit = "dealer.job.part"

    def _moves_changed(self, jobs):
        super()._moves_changed(jobs)
        jobs._on_price_changed()


class RepairOrder(models.Model):
    _inherit = "repair.order"

    def action_ask_growth(self):
        """Ask the customer about all jobs of these orders that cost him more than he agreed to."""
        self._check_role(ADVISOR)
        return self.job_ids.action_ask_growth()

    def _sign(self, name, signature_b64, ip=None):
        super()._sign(name, signature_b64, ip=ip)
        self.job_ids.filtered(lambda job: job._is_ordered())._agree()

    def _gates_of_work(self):
        gates = super()._gates_of_work()
        return gates if self.state == "done" else self._get_growth_gates("ready") + gates

    def _gates_of_money(self):
        gates = super()._gates_of_money()
        return self._get_growth_gates("settle") + gates if self.state == "done" and not self.settled_on else gates

    def _get_growth_gates(self, stage):
        """Return the gate of jobs the customer has to agree to anew, if there are any.

        :param str stage: what waits for it
        :return: list of gates
        """
        grown = self.job_ids.filtered(lambda job: job.grown_amount and job._is_ordered())
        if not grown:
            return []
        words = [f"{job.display_name}: +{self.currency_id.format(job.grown_amount)}" for job in grown]
        gate = self._gate(
            "price_agreed",
            self.env._("Higher price agreed by the customer"),
            stage,
            False,
            ADVISOR,
            action="action_ask_growth",
            action_label=self.env._("Ask the Customer"),
            hint=", ".join(words),
        )
        return [gate]
