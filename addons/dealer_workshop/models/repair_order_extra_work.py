from odoo import api, fields, models

from .repair_order_flow import ADVISOR


class RepairOrder(models.Model):
    """Work found while the car is here."""

    _inherit = "repair.order"

    proposed_count = fields.Integer(string="Extra Work to Decide", compute="_compute_proposed_count")

    unsent_count = fields.Integer(string="Extra Work to Send", compute="_compute_proposed_count")

    @api.depends("job_ids.approval_state", "job_ids.offered_on")
    def _compute_proposed_count(self):
        for order in self:
            proposed = [job for job in order.job_ids if job.approval_state == "proposed"]
            order.proposed_count = len(proposed)
            order.unsent_count = len([job for job in proposed if not job.offered_on])

    def action_offer_extra_work(self):
        """Send everything that was found and is not sent yet to the customer, with photos and prices.

        :raises UserError: nothing is to be sent, or something has no price
        """
        self._check_role(ADVISOR)
        jobs = self.job_ids.filtered(lambda job: job.approval_state == "proposed" and not job.offered_on)
        return (jobs or self.job_ids.filtered(lambda job: job.approval_state == "proposed")).action_offer()

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------
    def _propose_job(self, vals_list):
        """Propose work that was found on the car: done and billed only after the customer agreed.

        The caller has checked that this person may find work on this car (technician, inspector, advisor).

        :param list vals_list: dicts for ``dealer.job.create`` without ``order_id``: ``name``, ``cause``, ``urgency``
            (``soon`` or ``now``), ``line_ids``, ``proposed_part_ids`` and ``picture_ids`` as commands
        :return: ``dealer.job``, proposed, one for each dict
        :raises UserError: the order is finished
        Source: practice P32, B30
        """
        self.ensure_one()
        agreement = {"proposed_by_id": self.env.uid}
        # Narrow sudo: technicians find work, but jobs are not theirs to make; the agreement is protected from typing.
        # The state goes along in the context: a value given for it would be computed anew.
        jobs = self.env["dealer.job"].sudo().with_context(dealer_proposed_work=True)
        jobs = jobs.create([{**vals, "order_id": self.id, **agreement} for vals in vals_list])
        self._on_jobs_changed()
        return jobs.with_env(self.env)

    def _on_work_offered(self, jobs):
        """React to extra work that was sent to the customer. Hook.

        :param jobs: ``dealer.job``, proposed
        """

    def _gates_of_work(self):
        gates = super()._gates_of_work()
        proposed = [job for job in self.job_ids if job.approval_state == "proposed"]
        if proposed:
            gates.insert(
                -1,
                self._gate(
                    "extra_work",
                    self.env._("Extra work decided by the customer"),
                    "ready",
                    False,
                    ADVISOR,
                    action="action_offer_extra_work" if not all(job.offered_on for job in proposed) else False,
                    action_label=self.env._("Send to Customer"),
                    hint=", ".join(job.display_name for job in proposed),
                ),
            )
        return gates
