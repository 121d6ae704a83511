from odoo import api, fields, models
from odoo.exceptions import UserError

# Written when a task is closed, by nobody else.
CLOSING_FIELDS = ("done_date", "done_by")


class DealerVehicleTask(models.Model):
    """What is owed to a car: whoever finds it writes it down, whoever does it closes it."""

    _name = "dealer.vehicle.task"
    _description = "Task on a Car"
    _inherit = ["dealer.overdue.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_due, id"
    _check_company_auto = True

    name = fields.Char("What", required=True)
    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    site_id = fields.Many2one(related="vehicle_id.site_id")
    kind = fields.Selection(
        [
            ("pdi", "Pre-delivery Inspection"),
            ("promise", "Promised to the Customer"),
            ("recall", "Recall"),
            ("refused", "Refused Recommendation"),
            ("service", "Service Due"),
            ("recondition", "Reconditioning"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
    )
    date_due = fields.Date("Due on", index=True)
    role_id = fields.Many2one("res.groups", "Responsible Role")
    user_id = fields.Many2one("res.users", "Responsible", index="btree_not_null")
    state = fields.Selection(
        [("open", "Open"), ("done", "Done"), ("cancelled", "Cancelled")],
        default="open",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
        copy=False,
    )
    done_date = fields.Datetime("Closed on", readonly=True, copy=False)
    done_by = fields.Many2one("res.users", "Closed by", readonly=True, copy=False)
    is_before_delivery = fields.Boolean("Before Hand-over", help="The car is not handed over while this is open.")
    cost = fields.Monetary(groups="dealer_vehicle.group_vehicle_cost", help="What doing it costs us.")
    price = fields.Monetary(help="What the customer pays for it; 0 when it is on the house.")
    note = fields.Text()

    @api.model_create_multi
    def create(self, vals_list):
        # A task begins open, whatever a default says.
        closing = dict.fromkeys(CLOSING_FIELDS, False)
        return super().create([{**vals, **closing, "state": "open"} for vals in vals_list])

    def write(self, vals):
        if {"state", *CLOSING_FIELDS} & vals.keys() and not self.env.su:
            raise UserError(self.env._("Use the buttons “Done” and “Cancel” to close a task."))
        return super().write(vals)

    def action_done(self):
        """Close open tasks as done by the current user."""
        return self._action_close("done")

    def action_cancel(self):
        """Close open tasks because nobody will do them."""
        return self._action_close("cancelled")

    def _action_close(self, state):
        self.check_access("write")
        for task in self:
            if task.state != "open":
                raise UserError(self.env._("The task “%(task)s” is closed already.", task=task.display_name))
        # The state is written by these buttons alone, see write().
        self.sudo().write({"state": state, "done_date": fields.Datetime.now(), "done_by": self.env.uid})
        return True
