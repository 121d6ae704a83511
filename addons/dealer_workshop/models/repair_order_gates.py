from odoo import models

from ..tools import labour


class RepairOrder(models.Model):
    """What a workshop order waits for, and who must act."""

    _inherit = "repair.order"

    def _gates(self):
        self.ensure_one()
        if self.dealer_vehicle_id:
            yield from self._gates_of_work()
            yield from self._gates_of_money()

    def _gates_of_work(self):
        """Return the gates up to the moment the car is ready."""
        jobs = self.job_ids.filtered(lambda job: job._is_ordered())
        running = jobs.clock_ids.filtered(lambda clock: not clock.date_to)
        return [
            self._gate(
                "signed",
                self.env._("Order signed by the customer"),
                "reception",
                bool(self.signed_on),
                "dealer_workshop.group_service_advisor",
                action="action_sign",
                action_label=self.env._("Sign"),
                required=False,
            ),
            self._gate(
                "checked_in",
                self.env._("Car checked in"),
                "work",
                self.state != "draft",
                "dealer_workshop.group_service_advisor",
                action="action_check_in",
                action_label=self.env._("Check In"),
            ),
            self._gate(
                "parts_issued",
                self.env._("All parts issued"),
                "ready",
                not self._has_parts_to_issue(),
                "dealer_parts.group_parts_keeper",
                action=self.stage == "waiting_parts" and "action_issue_parts",
                action_label=self.env._("Issue Parts"),
            ),
            self._gate(
                "clocks_off",
                self.env._("Nobody clocked on"),
                "ready",
                not running,
                "dealer_workshop.group_technician",
                hint=", ".join(running.employee_id.mapped("display_name")),
            ),
            self._gate(
                "jobs_done",
                self.env._("All jobs done"),
                "ready",
                bool(jobs) and all(job.state == "done" for job in jobs),
                "dealer_workshop.group_technician",
                hint=", ".join(jobs.filtered(lambda job: job.state != "done").mapped("display_name")),
            ),
            self._gate(
                "quality",
                self.env._("Quality checked by somebody who did not work on it"),
                "ready",
                self.quality_state == "passed",
                "dealer_workshop.group_quality_inspector",
                action=self.stage == "quality" and "action_quality_pass",
                action_label=self.env._("QC Pass"),
                hint=self.quality_note or "",
            ),
        ]

    def _gates_of_money(self):
        """Return the gates from settlement to hand-over."""
        jobs = self.job_ids.filtered(lambda job: job._is_ordered())
        return [
            self._gate(
                "payers",
                self.env._("Payers share 100 % of each job"),
                "settle",
                all(labour.shares_complete(job.split_ids._get_shares()) for job in jobs),
                "dealer_workshop.group_service_advisor",
            ),
            self._gate(
                "settled",
                self.env._("Settled"),
                "hand_over",
                bool(self.settled_on),
                "dealer_workshop.group_service_advisor",
                action=self.stage == "ready" and "action_settle",
                action_label=self.env._("Settle"),
            ),
            self._gate(
                "paid",
                self.env._("Paid"),
                "hand_over",
                bool(self.settled_on) and self._is_paid(),
                "account.group_account_invoice",
            ),
            self._gate(
                "handed_over",
                self.env._("Handed over"),
                "history",
                bool(self.handed_over_on),
                "dealer_workshop.group_service_advisor",
                action=self.stage == "settled" and "action_hand_over_and_print",
                action_label=self.env._("Hand Over"),
            ),
        ]

    def _gate(self, code, label, stage, done, role, action=False, action_label="", hint="", required=True):
        return {
            "code": code,
            "label": label,
            "stage": stage,
            "done": done,
            "role": role,
            "action": action,
            "action_label": action_label,
            "hint": hint,
            "required": required,
        }

    def _is_paid(self):
        """Tell whether the customers' invoices of this order are paid. Billing refines this.

        :return: bool
        """
        self.ensure_one()
        return True
