import base64

from odoo import api, fields, models
from odoo.tools import file_open

from .repair_order_flow import ADVISOR


class RepairOrder(models.Model):
    """Reception (接车): what is known of the car, the walk-round, what was left in it, the promised time."""

    _inherit = "repair.order"

    damage_ids = fields.One2many("repair.order.damage", "order_id", string="Damage", copy=False)
    damage_sketch = fields.Json(compute="_compute_damage_sketch")
    picture_ids = fields.One2many("repair.order.picture", "order_id", string="Photos", copy=False)
    left_item_ids = fields.Many2many("repair.left.item", string="Left with the Car", copy=False)
    left_note = fields.Char(string="Valuables", copy=False, help="What else the customer left in the car.")
    car_file = fields.Html(compute="_compute_car_file", sanitize=False)
    promised_proposal = fields.Datetime(
        string="Ready by the Hours",
        compute="_compute_promised_proposal",
        help="When the standard hours of the jobs are worked off, counted from now in the company's working hours.",
    )

    @api.depends("damage_ids.x", "damage_ids.y", "damage_ids.kind", "damage_ids.note")
    def _compute_damage_sketch(self):
        for order in self:
            order.damage_sketch = [
                {"id": damage.id, "x": damage.x, "y": damage.y, "label": damage.display_name}
                for damage in order.damage_ids
                if damage.id
            ]

    @api.depends("dealer_vehicle_id")
    @api.depends_context("lang")
    def _compute_car_file(self):
        for order in self:
            values = order._get_car_file()
            order.car_file = values and self.env["ir.qweb"]._render("dealer_workshop.car_file", values)

    @api.depends("job_ids.labour_hours", "job_ids.approval_state", "job_ids.state")
    def _compute_promised_proposal(self):
        for order in self:
            order.promised_proposal = order._get_ready_time()

    def action_take_proposed_time(self):
        """Promise the time by which the standard hours are worked off."""
        self._check_role(ADVISOR)
        for order in self:
            order.promised_date = order._get_ready_time() or order.promised_date
        return True

    def action_sign(self):
        """Open the pad; a time is promised first, because the customer signs it."""
        action = super().action_sign()
        for order in self.filtered(lambda order: not order.promised_date):
            order.promised_date = order._get_ready_time()
        return action

    def add_photo(self, content):
        """Keep a photo of the walk-round. Called by the photo button.

        :param str content: base64
        :raises UserError: no picture, too large, or the walk-round is closed
        """
        self.ensure_one()
        self.env["repair.order.picture"].create({"order_id": self.id, "image_1920": content})
        return True

    def add_damage(self, x, y, kind="scratch"):
        """Mark a damage on the sketch. Called by the sketch.

        :param float x: place in percent from the front of the car
        :param float y: place in percent from its left side
        :param str kind: code of ``repair.order.damage.kind``
        :return: id of the damage
        """
        self.ensure_one()
        return self.env["repair.order.damage"].create({"order_id": self.id, "x": x, "y": y, "kind": kind}).id

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------
    def _check_in_reception(self):
        """Refuse to change what was seen at reception once the customer signed, or the car is checked in.

        :raises UserError: names the order
        """
        for order in self:
            if order.state != "draft" or order.signed_on:
                self.env["repair.reception.mixin"]._raise_closed(order)

    def _get_ready_time(self):
        """Return when the standard hours of the ordered jobs are worked off.

        Counted from now, or from check-in, in the company's working hours without its holidays.

        :return: datetime (UTC), or False without hours or calendar
        """
        self.ensure_one()
        hours = sum(job.labour_hours for job in self.job_ids if job._is_ordered())
        # Narrow sudo: which hours the company works.
        calendar = self.company_id.sudo().resource_calendar_id
        if not hours or not calendar:
            return False
        start = self.reception_date or fields.Datetime.now()
        return calendar.plan_hours(hours, start, compute_leaves=True) or False

    @api.model
    def _get_outline_uri(self):
        """Return the outline of a car for a print, as a data address.

        :return: str
        """
        with file_open("dealer_workshop/static/src/img/car_outline.svg", "rb") as outline:
            return "data:image/svg+xml;base64," + base64.b64encode(outline.read()).decode()

    def _get_car_file(self):
        """Return what the service advisor has to know before he talks to the customer.

        :return: dict for the template, empty without a car
        """
        self.ensure_one()
        car = self.dealer_vehicle_id
        if not car:
            return {}
        tasks = car.task_ids.filtered(lambda task: task.state == "open")
        # Narrow sudo: day, mileage and work of the car's visits at any site, without people and prices.
        others = car.sudo().repair_order_ids - self.sudo()
        visits = others.filtered("reception_date").sorted("reception_date", reverse=True)
        return {
            "car": car,
            "recalls": tasks.filtered(lambda task: task.kind == "recall"),
            "refused": tasks.filtered(lambda task: task.kind == "refused"),
            "tasks": tasks.filtered(lambda task: task.kind not in ("recall", "refused")),
            "visits": visits[:3],
        }
