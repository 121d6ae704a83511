from odoo import fields, models
from odoo.exceptions import AccessError, UserError

ADVISOR = "dealer_workshop.group_service_advisor"
INSPECTOR = "dealer_workshop.group_quality_inspector"
MANAGER = "dealer_workshop.group_workshop_manager"


class RepairOrder(models.Model):
    """The way of a car through the workshop: one method per step, each checks role, state and gates."""

    _inherit = "repair.order"

    # ------------------------------------------------------------------
    # Core's own buttons stay closed on a car's order
    # ------------------------------------------------------------------
    def action_validate(self):
        """Refuse core's button on a car's order: check-in releases the order."""
        self._check_not_around()
        return super().action_validate()

    def action_repair_start(self):
        """Refuse core's button on a car's order: clocking on starts the work."""
        self._check_not_around()
        return super().action_repair_start()

    def action_repair_end(self):
        """Refuse core's button on a car's order: the quality check ends it."""
        self._check_not_around()
        return super().action_repair_end()

    def action_repair_done(self):
        """Refuse core's button on a car's order: finishing uses the parts up."""
        self._check_not_around()
        return super().action_repair_done()

    def action_repair_cancel(self):
        """Refuse core's button on a car's order: our own cancelling looks at hours and parts first."""
        self._check_not_around()
        return super().action_repair_cancel()

    def action_repair_cancel_draft(self):
        """Refuse core's button on a car's order: a cancelled order stays so."""
        self._check_not_around()
        return super().action_repair_cancel_draft()

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    def action_check_in(self):
        """Take the car in (接车): the order is released to the workshop.

        Stores the reading on the car and who brought it.

        :raises UserError: nothing to do on the order, no mileage, a mileage that
            fell without a reason, payers that do not share 100 %, an open gate
        Source: practice P32
        """
        self._check_role(ADVISOR)
        for order in self:
            order._check_complete_for_reception()
        self._check_gates("reception")
        for order in self:
            order._action_check_in()
        return True

    def action_start_work(self):
        """Start work without clocks, for companies that do not clock."""
        self._check_role("dealer_workshop.group_dispatcher")
        self._check_stage("received", "waiting_parts")
        self._action_start_work()
        return True

    def action_quality_pass(self):
        """Pass the final check (质检通过); the car is ready when nothing else is open.

        :raises AccessError: the user is no inspector
        :raises UserError: he worked on the car himself, or work is not done
        """
        self._check_role(INSPECTOR)
        self._check_stage("quality")
        for order in self:
            order._check_inspector_did_not_work()
        self._write_quality("passed")
        for order in self:
            if not order._gates_open("ready"):
                order._action_finish()
        return True

    def action_quality_fail(self, note=None):
        """Send the car back to the workshop (返工).

        :param str note: what is wrong; asked for in a dialog when missing
        :return: the dialog, or True
        """
        self._check_role(INSPECTOR)
        self._check_stage("quality")
        if not (note or "").strip():
            return self._open_dialog("repair.order.rework", self.env._("Rework"))
        for order in self:
            order._check_inspector_did_not_work()
        self._write_quality("failed", note.strip())
        for order in self.sudo():
            order.rework_count += 1
            # Who did the work does it again: his jobs are open once more.
            order.job_ids.filtered(lambda job: job.state == "done").write({"state": "open", "done_on": False})
            order.message_post(body=self.env._("Rework: %(note)s", note=note.strip()))
        self._gates_changed()
        return True

    def action_finish(self):
        """Declare the car ready (完工待交车): its parts are used up, nothing can be added.

        :raises UserError: a gate is open (jobs, clocks, parts, quality check)
        """
        self._check_role(ADVISOR)
        self._check_stage("quality")
        self._check_gates("ready")
        for order in self:
            order._action_finish()
        return True

    def action_hand_over(self):
        """Give the car back: it leaves the workshop, and the visit is in its history.

        :raises UserError: not settled or not paid where the company requires it
        """
        self._check_role(ADVISOR)
        self._check_stage("ready", "settled")
        self._check_gates("hand_over")
        self._action_hand_over()
        return True

    def action_cancel_order(self):
        """Cancel orders on which nothing was done.

        :raises UserError: hours or issued parts are on it
        """
        self._check_role(ADVISOR)
        for order in self:
            order._check_nothing_done()
        # Narrow sudo: core cancels the parts' moves, which advisors have no right on.
        self.sudo().action_repair_cancel()
        self._gates_changed()
        return True

    def action_sign(self):
        """Open the pad on which the customer signs the order (维修委托书)."""
        self._check_role(ADVISOR)
        self._check_open_for_changes()
        return self._open_dialog("repair.order.sign", self.env._("Customer Signature"))

    def action_view_visits(self):
        """Open all visits of this order's car."""
        self.ensure_one()
        return self.dealer_vehicle_id.action_view_repair_orders()

    def action_add_tasks(self):
        """Make jobs of what is owed to the car: recalls, promises, refused work, services due.

        :raises UserError: nothing is owed
        """
        self._check_role(ADVISOR)
        self._check_open_for_changes()
        for order in self:
            tasks = order.dealer_vehicle_id.task_ids.filtered(lambda task: task.state == "open")
            tasks -= order.job_ids.task_id
            if not tasks:
                raise UserError(self.env._("Nothing is owed to %(car)s.", car=order.dealer_vehicle_id.display_name))
            # Narrow sudo: ``task_id`` is protected from typing.
            self.env["dealer.job"].sudo().create([order._prepare_task_job(task) for task in tasks])
        return True

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------
    def _check_not_around(self):
        if not self.env.su and self.filtered("dealer_vehicle_id"):
            raise UserError(
                self.env._(
                    "%(orders)s is a workshop order: use the buttons of the workshop, which check its gates.",
                    orders=", ".join(self.filtered("dealer_vehicle_id").mapped("name")),
                )
            )

    def _check_role(self, *groups):
        """Refuse a step to people without one of its roles, or without the right to see the order.

        :param str groups: xmlids of ``res.groups``
        :raises AccessError: names the roles
        """
        self.check_access("read")
        if not self.env.su and not any(self.env.user.has_group(group) for group in groups):
            names = ", ".join(self.env.ref(group).sudo().name for group in groups)
            raise AccessError(self.env._("This step is done by: %(roles)s.", roles=names))

    def _check_stage(self, *stages):
        labels = dict(self._fields["stage"]._description_selection(self.env))
        for order in self:
            if order.stage not in stages:
                raise UserError(
                    self.env._(
                        "Repair order %(order)s is in stage “%(stage)s”. This step belongs to: %(stages)s.",
                        order=order.name,
                        stage=labels.get(order.stage, "–"),
                        stages=", ".join(labels[stage] for stage in stages),
                    )
                )

    def _check_complete_for_reception(self):
        self.ensure_one()
        self._check_stage("reception")
        missing = [
            (not self.partner_id, self.env._("the customer")),
            (not self.job_ids, self.env._("at least one job")),
            (self.odometer_km <= 0, self.env._("the mileage")),
            (self.odometer_warning and not self.odometer_note, self.env._("why the mileage fell")),
        ]
        labels = [label for is_missing, label in missing if is_missing]
        if labels:
            raise UserError(
                self.env._("%(order)s lacks: %(missing)s.", order=self.display_name, missing=", ".join(labels))
            )

    def _check_inspector_did_not_work(self):
        self.ensure_one()
        # Narrow sudo: an inspector may not read who is whose user.
        jobs = self.sudo().job_ids
        workers = jobs.assignment_ids.employee_id.user_id | jobs.clock_ids.employee_id.user_id
        if self.env.user in workers:
            raise UserError(
                self.env._(
                    "You worked on %(order)s yourself: another inspector has to check it.", order=self.display_name
                )
            )

    def _check_nothing_done(self):
        self.ensure_one()
        if self.state == "done" or self.stage == "cancelled":
            raise UserError(self.env._("%(order)s is finished and cannot be cancelled.", order=self.display_name))
        # Narrow sudo: hours count whoever may read them.
        if self.sudo().job_ids.clock_ids or self._has_issued_parts():
            raise UserError(
                self.env._(
                    "Hours or issued parts are on %(order)s: take the parts back, or finish and settle it.",
                    order=self.display_name,
                )
            )

    def _has_issued_parts(self):
        """Tell whether a part left the shelf for this order. The parts issue refines this.

        :return: bool
        """
        return False

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------
    def _action_check_in(self):
        """Release one checked order to the workshop. Hook: upper add-ons extend it."""
        self.ensure_one()
        now = fields.Datetime.now()
        # Narrow sudo: role and completeness are checked; the car's readings and core's part moves
        # are not the advisor's to write.
        order = self.sudo()
        order.dealer_vehicle_id.odometer_ids.create(order._prepare_odometer_reading(now))
        order.dealer_vehicle_id.brought_in_by_id = order.brought_in_by_id
        order.write({"reception_date": now, "received_by_id": self.env.uid, "schedule_date": now})
        order.action_validate()
        self._gates_changed()

    def _prepare_odometer_reading(self, now):
        return {
            "vehicle_id": self.dealer_vehicle_id.id,
            "date": now,
            "km": self.odometer_km,
            "source": "workshop",
            "note": self.odometer_note or False,
        }

    def _prepare_task_job(self, task):
        """Return the values of the job that does what is owed to a car.

        :param dealer.vehicle.task task: open task of this order's car
        :return: dict for ``dealer.job.create``
        """
        self.ensure_one()
        kinds = {"pdi": "pdi", "recall": "recall", "promise": "accessory", "recondition": "recondition"}
        return {
            "order_id": self.id,
            "name": task.name,
            "repair_kind": kinds.get(task.kind, "maintenance"),
            "task_id": task.id,
        }

    def _action_start_work(self):
        # Narrow sudo: starting work is the consequence of a checked step.
        orders = self.sudo().filtered(lambda order: order.state == "confirmed")
        if orders:
            orders.action_repair_start()
            orders._gates_changed()

    def _on_jobs_changed(self):
        """Follow what happened to the jobs: gates, and a quality check that no longer holds."""
        # Narrow sudo: the callers checked the step on the job; the order only follows, and its fields are protected.
        orders = self.sudo()
        orders.filtered(lambda order: order.quality_state != "none").write({"quality_state": "none"})
        orders._gates_changed()

    def _write_quality(self, state, note=False):
        # Narrow sudo: the inspector is checked, the fields are protected from typing.
        self.sudo().write(
            {
                "quality_state": state,
                "quality_user_id": self.env.uid,
                "quality_date": fields.Datetime.now(),
                "quality_note": note,
            }
        )
        self._gates_changed()

    def _action_finish(self):
        """Let core use up the parts and close the order. Hook: upper add-ons extend it."""
        self.ensure_one()
        # Narrow sudo: every gate of this step is closed.
        order = self.sudo()
        order._action_start_work()
        order.action_repair_end()
        done = order.job_ids.filtered(lambda job: job.state == "done").task_id
        done.filtered(lambda task: task.state == "open").action_done()
        self._gates_changed()

    def _action_hand_over(self):
        """Write that the cars left the workshop. Hook: upper add-ons extend it."""
        # Narrow sudo: role, stage and gates are checked; the two fields are protected from typing.
        orders = self.sudo()
        orders.write({"handed_over_on": fields.Datetime.now(), "handed_over_by_id": self.env.uid})
        orders._propose_next_service()
        self._gates_changed()

    def _propose_next_service(self):
        """Make a task on the car of each next service that was agreed."""
        self.env["dealer.vehicle.task"].create(
            [
                {
                    "vehicle_id": order.dealer_vehicle_id.id,
                    "kind": "service",
                    "name": self.env._("Next service after %(order)s", order=order.name),
                    "date_due": order.next_service_date,
                    "role_id": self.env.ref(ADVISOR).id,
                }
                for order in self
                if order.next_service_date
            ]
        )

    def _open_dialog(self, model, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_order_ids": self.ids, "active_ids": self.ids, "active_model": self._name},
        }
