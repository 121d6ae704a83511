from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

# What was promised to the customer once he signed
PROMISED_FIELDS = {"name", "date_due", "is_before_delivery", "contract_id", "price"}


class DealerContractPromise(models.Model):
    """Something promised to the customer (we-owe): as soon as there is a car it is a task on the car (B18, E7)."""

    _name = "dealer.contract.promise"
    _description = "Promise to the Customer"
    _inherit = ["dealer.protected.mixin", "dealer.caller.mixin"]
    _order = "date_due, id"
    _check_company_auto = True

    # What follows from the task or from taking the promise back
    _protected_fields = frozenset(
        {
            "task_ids",
            "state",
            "company_id",
            "date_cancelled",
            "cancel_reason",
            "is_cancelled",
        }
    )

    contract_id = fields.Many2one("dealer.contract", required=True, index=True, ondelete="cascade", check_company=True)
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    name = fields.Char("Promised", required=True)
    date_due = fields.Date("Due on", required=True)
    role_id = fields.Many2one("res.groups", "Responsible Role")
    user_id = fields.Many2one(
        "res.users", "Responsible", domain="[('share', '=', False), ('company_ids', 'in', company_id)]"
    )
    is_before_delivery = fields.Boolean("Before Hand-over", help="The car is not handed over while this is open.")
    price = fields.Monetary(help="What the customer pays for it; 0 when it is on the house.")
    cost = fields.Monetary(groups="dealer_vehicle.group_vehicle_cost", help="What doing it costs us.")
    task_ids = fields.One2many("dealer.vehicle.task", "promise_id", readonly=True)
    is_cancelled = fields.Boolean("Taken back", readonly=True, copy=False)
    cancel_reason = fields.Char("Why", readonly=True, copy=False)
    state = fields.Selection(
        [("waiting", "Waits for a car"), ("open", "Open"), ("done", "Done"), ("cancelled", "Cancelled")],
        compute="_compute_state",
        compute_sudo=True,
        store=True,
        index=True,
    )

    _due_idx = models.Index("(company_id, date_due) WHERE state IN ('waiting', 'open')")

    @api.depends("task_ids.state", "is_cancelled")
    def _compute_state(self):
        for promise in self:
            states = set(promise.task_ids.mapped("state"))
            open_state = "open" if "open" in states else "done" if "done" in states else "waiting"
            promise.state = "cancelled" if promise.is_cancelled else open_state

    @api.model_create_multi
    def create(self, vals_list):
        promises = super().create(vals_list)
        for contract in promises.contract_id:
            contract._check_may_promise()
            contract.sudo().write({"has_tasks": True})  # the seller's right to promise was checked
            contract._sync_tasks()
        return promises

    def write(self, vals):
        self._check_promised(vals)
        result = super().write(vals)
        names = vals.keys() & {"name", "date_due", "role_id", "user_id", "is_before_delivery", "price", "cost"}
        # The task says what the promise says; sellers have no right on tasks of cars
        tasks = self.sudo().task_ids.filtered(lambda task: task.state == "open")
        if names and tasks:
            tasks.write({name: vals[name] for name in names})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_signed(self):
        for promise in self:
            if promise.contract_id.state != "draft":
                raise UserError(
                    self.env._(
                        "“%(promise)s” was promised in contract %(contract)s: a sales manager takes it back with a "
                        "reason, it stays on file.",
                        promise=promise.name,
                        contract=promise.contract_id.name,
                    )
                )
        self.sudo().task_ids.filtered(lambda task: task.state == "open").action_cancel()

    def _check_promised(self, vals):
        """Refuse to reword or postpone a promise after the signature by anybody but a manager.

        :raises AccessError: naming the promise
        """
        if not vals.keys() & PROMISED_FIELDS or self.env.su:
            return
        if self.env.user.has_group("dealer_sales.group_sales_manager"):
            return
        for promise in self.filtered(lambda p: p.contract_id.state != "draft"):
            raise AccessError(
                self.env._(
                    "“%(promise)s” was promised to the customer of contract %(contract)s: only a sales manager changes "
                    "what or until when.",
                    promise=promise.name,
                    contract=promise.contract_id.name,
                )
            )

    def action_done(self):
        """Say that the promise is kept.

        :raises UserError: there is no car yet, or it is closed
        """
        self.check_access("write")
        for promise in self:
            tasks = promise.sudo().task_ids.filtered(lambda task: task.state == "open")
            if not tasks:
                raise UserError(
                    self.env._(
                        "“%(promise)s” has nothing open: it waits for a car, or is closed.", promise=promise.name
                    )
                )
            # Sellers have no right on tasks of cars, but on what they promised; who closed it is written down
            tasks.with_user(self.env.user).sudo().action_done()
        return True

    def action_cancel(self, reason=None):
        """Take the promise back.

        :param str reason: why; the list asks for it in its column
        :raises AccessError: the contract is signed and the user no sales manager
        """
        self.check_access("write")
        self._check_text("reason", reason or "")
        for promise in self:
            signed = promise.contract_id.state != "draft"
            if signed and not (self.env.su or self.env.user.has_group("dealer_sales.group_sales_manager")):
                raise AccessError(
                    self.env._("“%(promise)s”: only a sales manager takes it back.", promise=promise.name)
                )
            tasks = promise.sudo().task_ids.filtered(lambda task: task.state == "open")
            tasks.with_user(self.env.user).sudo().action_cancel()
            promise.sudo().write({"is_cancelled": True, "cancel_reason": reason or False})
        return True

    def _prepare_task(self, vehicle):
        """Return the values of the task of this promise on a car.

        :param vehicle: ``dealer.vehicle``
        """
        self.ensure_one()
        return {
            "promise_id": self.id,
            "contract_id": self.contract_id.id,
            "vehicle_id": vehicle.id,
            "kind": "promise",
            "name": self.name,
            "date_due": self.date_due,
            "role_id": self.role_id.id,
            "user_id": self.user_id.id,
            "is_before_delivery": self.is_before_delivery,
            "price": self.price,
            "cost": self.cost,
        }
