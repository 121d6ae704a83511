from odoo import api, fields, models

BATCH = 100  # tasks between two commits of the job


class DealerVehicleTask(models.Model):
    """What is owed to a car before it leaves decides what its delivery waits for."""

    _name = "dealer.vehicle.task"
    _inherit = ["dealer.vehicle.task", "dealer.protected.mixin"]

    # What a deal owes is told by the deal
    _protected_fields = frozenset(
        {
            "contract_id",
            "sale_line_id",
            "promise_id",
            "template_id",
            "reminded_on",
            "escalated_on",
        }
    )

    kind = fields.Selection(selection_add=[("accessory", "Accessory"), ("other",)], ondelete={"accessory": "set other"})
    contract_id = fields.Many2one(
        "dealer.contract", readonly=True, index="btree_not_null", check_company=True, copy=False
    )
    sale_line_id = fields.Many2one(
        "sale.order.line", "Sold with", readonly=True, index="btree_not_null", copy=False, ondelete="set null"
    )
    promise_id = fields.Many2one(
        "dealer.contract.promise", readonly=True, index="btree_not_null", copy=False, ondelete="set null"
    )
    template_id = fields.Many2one("dealer.task.template", readonly=True, copy=False, ondelete="set null")
    reminded_on = fields.Datetime(readonly=True, copy=False, help="When the responsible was told that it is overdue.")
    escalated_on = fields.Datetime(readonly=True, copy=False, help="When the manager was told.")

    _line_uniq = models.UniqueIndex(
        "(sale_line_id, vehicle_id) WHERE sale_line_id IS NOT NULL AND state != 'cancelled'",
        "This accessory is a task on the car already.",
    )
    _promise_uniq = models.UniqueIndex(
        "(promise_id) WHERE promise_id IS NOT NULL AND state != 'cancelled'", "This promise is a task already."
    )
    _template_uniq = models.UniqueIndex(
        "(contract_id, vehicle_id, template_id) WHERE template_id IS NOT NULL AND state != 'cancelled'",
        "This work on the car is a task already.",
    )
    _overdue_idx = models.Index("(date_due) WHERE state = 'open'")

    @api.model_create_multi
    def create(self, vals_list):
        tasks = super().create(vals_list)
        tasks.filtered("is_before_delivery")._deliveries_changed()
        return tasks

    def write(self, vals):
        result = super().write(vals)
        if "date_due" in vals:
            # Narrow sudo: another day may be written, and is reminded of anew.
            self.sudo().write({"reminded_on": False, "escalated_on": False})
        if vals.keys() & {"state", "is_before_delivery", "vehicle_id", "role_id"}:
            self._deliveries_changed()
        if vals.get("state") in ("done", "cancelled"):
            # Who closes the task closes what others were reminded of
            self.sudo().filtered("reminded_on").activity_ids.filtered("automated").unlink()
        return result

    @api.model
    def _get_protected_hint(self):
        return self.env._("They follow from the contract.")

    def _deliveries_changed(self):
        # Whoever closes the task may not see the delivery: what it waits for is the system's
        self.env["dealer.delivery"].sudo().search(
            [("vehicle_id", "in", self.vehicle_id.ids), ("state", "=", "draft")]
        )._gates_changed()

    # === Overdue ===
    @api.model
    def _cron_escalate(self):
        """Tell the responsible of what is overdue, and later his manager; once each; called every day.

        Resumable: each run takes up what was told to nobody yet. Another due date begins anew.
        """
        Policy = self.env["dealer.task.escalation"].sudo()
        for step in ("reminded_on", "escalated_on"):
            domain = Policy._get_domain(step)
            self.env["ir.cron"]._commit_progress(remaining=self.search_count(domain))
            while tasks := self.search(domain, limit=BATCH, order="date_due, id"):
                tasks._tell_overdue(step)
                if not self.env["ir.cron"]._commit_progress(len(tasks)):
                    return

    def _tell_overdue(self, step):
        """Write one activity per task to whom the step tells.

        :param str step: ``reminded_on`` (the responsible) or ``escalated_on`` (the manager)
        """
        values = []
        for task in self:
            user = task._get_responsible() if step == "reminded_on" else task._get_manager()
            if user:
                values.append(task._prepare_overdue_activity(user, step))
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(values)
        self.sudo().write({step: fields.Datetime.now()})

    def _get_responsible(self):
        """Return who must act: the person, else one of the role at the site, else the seller."""
        if self.user_id:
            return self.user_id
        return self._pick_of_role(self.role_id) or self.contract_id.user_id

    def _get_manager(self):
        """Return who is told when the responsible did nothing: a sales manager of the site."""
        return self._pick_of_role(self.env.ref("dealer_sales.group_sales_manager"))

    def _pick_of_role(self, role):
        cars = self.env["dealer.vehicle"]
        users = role.sudo().all_user_ids.filtered(
            lambda user: user.active and not user.share and self.company_id in user.company_ids
        )
        users = users.sorted(lambda user: (user.has_group("base.group_system"), user.id))
        return cars._pick_alert_user(users, self.site_id)

    def _prepare_overdue_activity(self, user, step):
        task = self.with_context(lang=user.lang or self.env.lang)
        days = (fields.Date.context_today(task) - task.date_due).days
        summary = task.env._("Overdue for %(days)s days: %(task)s", days=days, task=task.name)
        return {
            "res_model_id": self.env["ir.model"]._get_id("dealer.vehicle.task"),
            "res_id": self.id,
            "activity_type_id": self.env.ref("dealer_sales.mail_activity_type_overdue_task").id,
            "user_id": user.id,
            "summary": summary,
            "automated": True,
            "date_deadline": fields.Date.context_today(task),
            "dealer_alert_key": f"task/{self.id}/{self.date_due}/{step}",
        }
