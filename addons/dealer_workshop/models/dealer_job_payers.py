from odoo import Command, api, fields, models

from .dealer_job_approval import ADVISOR, EMPTY_DECISION

# Fields of a job by which somebody else pays, or another share.
PAYER_FIELDS = {"pay_type", "split_ids", "entitlement_id"}
# Of its payers, what is kept to go back to when the customer refuses.
KEPT_FIELDS = ("pay_type", "share", "cap_amount", "takes_rest")
# An object of our own in the context says that the step around compares: no client can send it.
COMPARING = object()


class DealerJob(models.Model):
    """Another payer than the customer signed for: where it costs him more, he is asked again before he is billed.

    The job is proposed to him once more, at the price it has with the new payer. He refuses: work that has not begun
    stays on the car for his next visit; begun work goes back to the payers it had.
    """

    _inherit = "dealer.job"

    _protected_fields = frozenset({"payers_before"})

    payers_before = fields.Json(
        string="Payers as Agreed", readonly=True, copy=False, help="Kept while the customer is asked about a new payer."
    )
    customer_amount = fields.Monetary(
        string="Customer Pays",
        compute="_compute_customer_amount",
        help="His part of the price with tax.",
    )

    @api.depends("quoted_amount", "split_ids.amount", "split_ids.pay_type", "labour_amount", "parts_amount")
    def _compute_customer_amount(self):
        for job in self:
            total = job.labour_amount + job.parts_amount
            part = job._get_customer_sum()
            is_all = not total or job.currency_id.compare_amounts(part, total) == 0
            job.customer_amount = (
                job.quoted_amount if is_all else job.currency_id.round(job.quoted_amount * part / total)
            )

    def write(self, vals):
        if self.env.su or not PAYER_FIELDS.intersection(vals) or self._is_comparing():
            return super().write(vals)
        before = self._get_agreement()
        comparing = self.with_context(dealer_comparing_payers=COMPARING) if before else self
        result = super(DealerJob, comparing).write(vals)
        self._ask_customer_again(before)
        return result

    # --- business -----------------------------------------------------------------------

    def _is_comparing(self):
        return self.env.context.get("dealer_comparing_payers") is COMPARING

    def _get_customer_sum(self):
        """Return what the customer pays of this job, without tax."""
        self.ensure_one()
        return sum(split.amount for split in self.split_ids if split.pay_type == "customer")

    def _get_agreement(self):
        """Return what the customers who signed agreed to: the sum they pay of each job, and all its payers.

        :return: {``dealer.job``: (amount without tax, payers as ``_prepare_payers_before`` tells them)}; jobs without
            a signed order, and those not ordered yet, are left out
        """
        # Narrow sudo: prices and payers of jobs the user changes; compared, not shown.
        agreed = self.sudo().filtered(lambda job: job.order_id.signed_on and job.approval_state == "accepted")
        return {job: (job._get_customer_sum(), job._prepare_payers_before()) for job in agreed}

    def _prepare_payers_before(self):
        """Return the payers of this job in a form that can be kept.

        :return: dict: ``pay_type`` and ``entitlement_id`` of the job, ``splits`` as values for ``dealer.job.split``
        """
        self.ensure_one()
        return {
            "pay_type": self.pay_type,
            "entitlement_id": self.entitlement_id.id,
            "splits": [
                {
                    "partner_id": split.partner_id.id,
                    "entitlement_id": split.entitlement_id.id,
                    **{name: split[name] for name in KEPT_FIELDS},
                }
                for split in self.split_ids
            ],
        }

    def _ask_customer_again(self, before):
        """Propose the jobs again that cost the customer more than he agreed to.

        :param dict before: see ``_get_agreement``
        Source: practice P37, B24
        """
        more = self.sudo().browse()  # narrow: the change of the payer was checked, the agreement follows from it
        for job, (amount, payers) in before.items():
            job.invalidate_recordset(["customer_amount"])
            if job.exists() and job.currency_id.compare_amounts(job._get_customer_sum(), amount) > 0:
                job.write(job._prepare_asked_again(payers) | {"proposed_by_id": self.env.uid})
                more |= job
        self.browse().union(*before).exists()._on_price_changed()
        for order, jobs in more.grouped("order_id").items():
            order.message_post(
                body=self.env._(
                    "Somebody else pays now, and it costs the customer more than he signed for. He is asked about: "
                    "%(jobs)s",
                    jobs=", ".join(jobs.mapped("display_name")),
                )
            )
            order._gates_changed()

    def _prepare_asked_again(self, payers):
        """Return the values by which an ordered job is proposed to the customer once more.

        :param dict payers: to go back to when he refuses, see ``_prepare_payers_before``
        """
        return {**EMPTY_DECISION, "approval_state": "proposed", "offered_on": False, "payers_before": payers}

    def _check_answerable(self):
        about_payers = self.filtered("payers_before")
        about_payers.order_id._check_open_for_changes()
        return super(DealerJob, self - about_payers)._check_answerable()

    def _prepare_answer(self, answer, name, channel, ip):
        values = super()._prepare_answer(answer, name, channel, ip)
        if self.payers_before:
            values["decided_amount"] = self.customer_amount
            if answer == "accepted":
                values["payers_before"] = False
        return values

    def _refuse_work(self):
        # Work he ordered stays ordered where only more of it was asked about.
        begun = self.filtered(lambda job: job.payers_before and (job.grown_amount or job._has_begun()))
        for job in begun.sudo():  # narrow: the customer's answer was checked
            job._restore_payers()
        rest = self - begun
        rest.sudo().write({"payers_before": False})
        return super(DealerJob, rest)._refuse_work()

    def _restore_payers(self):
        """Give this job the payers back the customer agreed to; his refusal stays in the order's messages."""
        self.ensure_one()
        before = self.payers_before
        self.split_ids.unlink()
        self.write(
            {
                "approval_state": "accepted",
                "pay_type": before["pay_type"],
                "entitlement_id": before["entitlement_id"],
                "payers_before": False,
                "split_ids": [Command.create(split) for split in before["splits"]],
            }
        )


class RepairOrder(models.Model):
    _inherit = "repair.order"

    def _gates_of_money(self):
        gates = super()._gates_of_money()
        asked = [job for job in self.job_ids if job.approval_state == "proposed"] if self.state == "done" else []
        if asked and not self.settled_on:
            gates.insert(
                0,
                self._gate(
                    "payer_agreed",
                    self.env._("New payer decided by the customer"),
                    "settle",
                    False,
                    ADVISOR,
                    action="action_offer_extra_work" if not all(job.offered_on for job in asked) else False,
                    action_label=self.env._("Send to Customer"),
                    hint=", ".join(job.display_name for job in asked),
                ),
            )
        return gates


class DealerJobSplit(models.Model):
    _inherit = "dealer.job.split"

    @api.model_create_multi
    def create(self, vals_list):
        jobs = self.env["dealer.job"].browse({vals["job_id"] for vals in vals_list if vals.get("job_id")})
        before = self._get_agreement_of(jobs)
        splits = super().create(vals_list)
        jobs._ask_customer_again(before)
        return splits

    def write(self, vals):
        jobs = self.job_id
        before = self._get_agreement_of(jobs)
        result = super().write(vals)
        jobs._ask_customer_again(before)
        return result

    def unlink(self):
        jobs = self.job_id
        before = self._get_agreement_of(jobs)
        result = super().unlink()
        jobs._ask_customer_again(before)
        return result

    def _get_agreement_of(self, jobs):
        """Return what the customers agreed to, unless the step around compares itself or the system writes."""
        return {} if self.env.su or jobs._is_comparing() else jobs._get_agreement()
