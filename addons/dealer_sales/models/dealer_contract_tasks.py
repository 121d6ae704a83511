from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerContract(models.Model):
    """What is owed before or after the keys: inspection, sold accessories and promises, as tasks on the car."""

    _inherit = "dealer.contract"

    promise_ids = fields.One2many("dealer.contract.promise", "contract_id", "Promises", groups="base.group_user")
    task_ids = fields.One2many("dealer.vehicle.task", "contract_id", "Tasks", groups="base.group_user")
    has_tasks = fields.Boolean(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Set with the first promise or task. Lets the steps of a deal without any pass without a query.",
    )
    pdi_state = fields.Selection(
        [("none", "None"), ("open", "Open"), ("done", "Done")],
        "Inspection",
        compute="_compute_pdi_state",
        compute_sudo=True,
        groups="base.group_user",
        help="Pre-delivery inspection of the car.",
    )

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"has_tasks", "task_ids"}

    @api.depends("task_ids.state", "task_ids.kind")
    def _compute_pdi_state(self):
        with_tasks = self.filtered("has_tasks")
        (self - with_tasks).pdi_state = "none"
        for contract in with_tasks:
            states = contract.task_ids.filtered(lambda t: t.kind == "pdi" and t.state != "cancelled").mapped("state")
            contract.pdi_state = ("open" if "open" in states else "done") if states else "none"

    def _check_may_promise(self):
        """Refuse a promise in a deal that is over.

        :raises UserError: the contract is cancelled
        """
        for contract in self:
            if contract.state == "cancelled":
                raise UserError(
                    self.env._("Contract %(name)s is cancelled: nothing is promised in it.", name=contract.name)
                )

    # === Keeping tasks and deal together ===
    def _action_allocate(self, vehicle, firm):
        result = super()._action_allocate(vehicle, firm)
        if firm:
            self._sync_tasks()
        return result

    def _action_cancel(self, reason):
        result = super()._action_cancel(reason)
        self.filtered("has_tasks").task_ids.filtered(lambda task: task.state == "open").action_cancel()
        return result

    def _sync_tasks(self):
        """Make, move and call off the tasks of these deals, so that each is there once, on the car that is sold.

        A deal without accessories, promises and inspection passes without a query. Called when a car is allocated and
        when lines or promises change.
        Source: P24, B17, B18.
        """
        for contract in self.sudo():  # sellers have no right on tasks of cars
            vehicle = contract.vehicle_id
            if contract.state != "signed" or not vehicle or not contract._is_allocated():
                continue
            fitted = contract._get_fitted_lines()
            templates = contract._get_task_templates(vehicle)
            if not (contract.has_tasks or fitted or templates):
                continue
            contract._move_tasks(vehicle, fitted, templates)
            contract._make_tasks(vehicle, fitted, templates)

    def _get_fitted_lines(self):
        """Return the order lines whose goods are fitted to the car."""
        return self.order_line_ids.filtered(
            lambda line: line.product_id.is_fitted_on_car and line.product_uom_qty > 0 and line.state != "cancel"
        )

    def _get_task_templates(self, vehicle):
        ids = self.env["dealer.task.template"]._get_ids(self.company_id.id)
        return self.env["dealer.task.template"].browse(ids).filtered(lambda row: row._fits(self, vehicle))

    def _move_tasks(self, vehicle, fitted, templates):
        """Take open accessories and promises along to another car; drop what is no longer sold or needed."""
        tasks = self.task_ids.filtered(lambda task: task.state == "open")
        gone = tasks.filtered(
            lambda task: (
                (task.sale_line_id and task.sale_line_id not in fitted)
                or (task.kind == "accessory" and not task.sale_line_id)
                or (task.template_id and (task.vehicle_id != vehicle or task.template_id not in templates))
            )
        )
        if gone:
            gone.action_cancel()
        moved = (tasks - gone).filtered(lambda task: task.vehicle_id != vehicle)
        if moved:
            moved.write({"vehicle_id": vehicle.id})

    def _make_tasks(self, vehicle, fitted, templates):
        here = self.task_ids.filtered(lambda task: task.state != "cancelled" and task.vehicle_id == vehicle)
        promises = self.promise_ids.filtered(lambda promise: promise.state == "waiting")
        vals_list = [line._prepare_dealer_task(vehicle) for line in fitted - here.sale_line_id]
        vals_list += [self._prepare_template_task(row, vehicle) for row in templates - here.template_id]
        vals_list += [promise._prepare_task(vehicle) for promise in promises - here.promise_id]
        if vals_list:
            # What was called off a moment ago must not stand in the way of its successor
            self.env["dealer.vehicle.task"].flush_model(["state", "vehicle_id"])
            self.env["dealer.vehicle.task"].create(vals_list)
            if not self.has_tasks:
                self.write({"has_tasks": True})

    def _prepare_template_task(self, template, vehicle):
        today = fields.Date.context_today(self)
        return {
            "template_id": template.id,
            "contract_id": self.id,
            "vehicle_id": vehicle.id,
            "kind": template.kind,
            "name": template.name,
            "date_due": fields.Date.add(today, days=template.days),
            "role_id": template.role_id.id,
            "is_before_delivery": template.is_before_delivery,
        }

    def action_view_tasks(self):
        """Open the tasks of this deal."""
        self.ensure_one()
        return self.task_ids._get_records_action(name=self.env._("Tasks"), context={"create": False})
