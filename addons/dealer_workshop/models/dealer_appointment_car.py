from odoo import Command, api, fields, models
from odoo.exceptions import UserError

KEPT_VISITS = 5
REPAIR_KIND_OF_TASK = {"pdi": "pdi", "recall": "recall", "promise": "accessory", "recondition": "recondition"}


class DealerAppointmentLine(models.Model):
    _inherit = "dealer.appointment.line"

    # What is owed to a car is done with its visit: the job closes it.
    task_id = fields.Many2one(
        "dealer.vehicle.task", string="Owed to the Car", index="btree_not_null", check_company=True
    )


class DealerAppointment(models.Model):
    """What whoever takes the call sees of the car: last visits, recalls, work refused last time."""

    _inherit = "dealer.appointment"

    visit_ids = fields.Many2many("repair.order", string="Last Visits", compute="_compute_visit_ids")
    open_task_ids = fields.Many2many("dealer.vehicle.task", string="Owed to the Car", compute="_compute_open_task_ids")
    open_task_text = fields.Char(compute="_compute_open_task_ids")
    customer_car_text = fields.Char(
        string="Plate Typed by the Customer",
        copy=False,
        help="On his page, for a car that is not in our books as his. Use it once you have asked.",
    )

    @api.depends("vehicle_id")
    def _compute_visit_ids(self):
        for appointment in self:
            domain = [("dealer_vehicle_id", "=", appointment.vehicle_id._origin.id), ("state", "!=", "cancel")]
            orders = self.env["repair.order"]
            appointment.visit_ids = (
                orders.search(domain, order="create_date desc", limit=KEPT_VISITS) if appointment.vehicle_id else orders
            )

    @api.depends("vehicle_id", "line_ids.task_id")
    def _compute_open_task_ids(self):
        kinds = dict(self.env["dealer.vehicle.task"]._fields["kind"]._description_selection(self.env))
        for appointment in self:
            tasks = appointment.vehicle_id._origin.task_ids.filtered(lambda task: task.state == "open")
            tasks -= appointment.line_ids.task_id._origin
            appointment.open_task_ids = tasks
            appointment.open_task_text = "; ".join(f"{kinds[task.kind]}: {task.name}" for task in tasks) or False

    def action_add_tasks(self):
        """Take what is owed to the car into the wanted work: recalls, refused work, promises.

        :raises UserError: nothing is open
        """
        self.check_access("write")
        self._check_state(("request", "booked"), self.env._("changed"))
        for appointment in self:
            if not appointment.open_task_ids:
                raise UserError(self.env._("Nothing is owed to %(car)s.", car=appointment.vehicle_id.display_name))
            appointment.line_ids = [
                Command.create(
                    {
                        "name": task.name,
                        "task_id": task.id,
                        "repair_kind": REPAIR_KIND_OF_TASK.get(task.kind, "maintenance"),
                        "pay_type": "warranty" if task.kind == "recall" else "customer",
                        "hours": 0.5,
                    }
                )
                for task in appointment.open_task_ids
            ]
        return True

    def action_use_customer_car(self):
        """Take the plate the customer typed for the car of this appointment; a car nobody knows is made.

        :raises UserError: it fits several cars
        """
        self.check_access("write")
        for appointment in self.filtered("customer_car_text"):
            values = {"vehicle_text": appointment.customer_car_text, "partner_id": appointment.partner_id.id}
            partner = appointment.partner_id
            appointment.vehicle_id = appointment._find_or_create_car(values)
            # Who asked stays the customer, whoever else had the car before.
            appointment.write({"partner_id": partner.id, "brought_in_by_id": partner.id, "customer_car_text": False})
        return True

    def action_arrive(self):
        """Open the order; jobs that do what is owed to the car close it when they are done."""
        result = super().action_arrive()
        for appointment in self:
            # Narrow sudo: the link is protected from typing, the order was made with the user's rights.
            for line, job in zip(appointment.line_ids, appointment.repair_order_id.sudo().job_ids, strict=False):
                if line.task_id and line.task_id.state == "open":
                    job.task_id = line.task_id
        return result
