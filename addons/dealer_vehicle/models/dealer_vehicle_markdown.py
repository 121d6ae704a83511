from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

PLAN_FIELDS = {"price_to", "date_planned", "reason"}


class DealerVehicleMarkdown(models.Model):
    """A lower asking price from a day on: planned by who may, applied on its day, kept as history."""

    _name = "dealer.vehicle.markdown"
    _description = "Mark-down"
    _inherit = ["dealer.protected.mixin", "mail.thread"]
    _order = "date_planned desc, id desc"
    _rec_name = "vehicle_id"
    _check_company_auto = True

    # Said by the car, by the clock and by the buttons, not by whoever edits a plan.
    _protected_fields = frozenset({"state", "price_from", "date_applied", "user_id", "floor_allowed_by_id"})

    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True, index=True)
    site_id = fields.Many2one(related="vehicle_id.site_id")
    currency_id = fields.Many2one(related="company_id.currency_id")
    days_in_stock = fields.Integer(related="vehicle_id.days_in_stock", aggregator=None)
    price_from = fields.Monetary("From Price", readonly=True, help="Asking price when the mark-down was planned.")
    price_to = fields.Monetary("To Price", required=True, tracking=True)
    percent = fields.Float("Cut (%)", compute="_compute_percent", digits=(5, 1), aggregator=None)
    floor_price = fields.Monetary(related="vehicle_id.floor_price", string="Lowest Price")
    needs_manager = fields.Boolean(
        "Waits for Manager",
        compute="_compute_needs_manager",
        store=True,
        help="The price is below the car's lowest price: it is applied once the general manager allows it.",
    )
    floor_allowed_by_id = fields.Many2one(
        "res.users",
        "Allowed by",
        readonly=True,
        copy=False,
        tracking=True,
        help="Who allowed it below the lowest price.",
    )
    date_planned = fields.Date("From Day", required=True, default=fields.Date.context_today, tracking=True, index=True)
    date_applied = fields.Datetime("Applied on", readonly=True, copy=False, help="UTC.")
    reason = fields.Char(required=True)
    state = fields.Selection(
        [("planned", "Planned"), ("applied", "Applied"), ("cancelled", "Cancelled")],
        default="planned",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    user_id = fields.Many2one(
        "res.users", "Planned by", readonly=True, required=True, default=lambda self: self.env.user
    )

    _one_planned = models.UniqueIndex(
        "(vehicle_id) WHERE state = 'planned'",
        "A mark-down of this car is planned already. Change or cancel that one.",
    )
    _price_positive = models.Constraint("CHECK (price_to > 0)", "The new price must be above 0.")

    @api.depends("price_from", "price_to")
    def _compute_percent(self):
        for markdown in self:
            cut = markdown.price_from - markdown.price_to
            markdown.percent = 100.0 * cut / markdown.price_from if markdown.price_from else 0.0

    @api.depends("price_to", "vehicle_id.floor_price", "floor_allowed_by_id", "state")
    def _compute_needs_manager(self):
        for markdown in self:
            markdown.needs_manager = (
                markdown.state == "planned" and not markdown.floor_allowed_by_id and markdown._is_below_floor()
            )

    def _is_below_floor(self):
        return self.currency_id.compare_amounts(self.price_to, self.vehicle_id.floor_price) < 0

    @api.constrains("price_to", "price_from")
    def _check_is_lower(self):
        for markdown in self:
            if markdown.currency_id.compare_amounts(markdown.price_to, markdown.price_from) >= 0:
                raise ValidationError(
                    self.env._(
                        "%(car)s asks %(price)s now: a mark-down has to be lower. A higher price is typed on the car.",
                        car=markdown.vehicle_id.display_name,
                        price=markdown.currency_id.format(markdown.price_from),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        prepared = [{name: value for name, value in vals.items() if name in PLAN_FIELDS} for vals in vals_list]
        for vals, asked in zip(prepared, vals_list, strict=True):
            vehicle = self.env["dealer.vehicle"].browse(asked.get("vehicle_id"))
            vehicle._check_may_be_marked_down()
            vals["vehicle_id"] = vehicle.id
        return super().create(prepared)

    def _prepare_create_values(self, vals_list):
        result = super()._prepare_create_values(vals_list)
        for vals in result:
            vehicle = self.env["dealer.vehicle"].browse(vals["vehicle_id"])
            vals.update(price_from=vehicle.asking_price, user_id=self.env.uid, state="planned")
        return result

    def write(self, vals):
        if not self.env.su:
            self._refuse({"vehicle_id"}.intersection(vals))
        if PLAN_FIELDS & vals.keys():
            self._check_planned()
        if "price_to" in vals and not self.env.su:
            # An allowance is for the price it was given for.
            self.sudo().floor_allowed_by_id = False
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_applied(self):
        if self.filtered(lambda markdown: markdown.state == "applied"):
            raise UserError(self.env._("A mark-down that was applied is kept as history of the price."))

    def _check_planned(self):
        for markdown in self.filtered(lambda markdown: markdown.state != "planned"):
            raise UserError(
                self.env._(
                    "The mark-down of %(car)s is closed already. Plan a new one.",
                    car=markdown.vehicle_id.display_name,
                )
            )

    # ------------------------------------------------------------------ actions

    def action_apply(self):
        """Let the new prices hold now, before their day.

        :return: True
        :raises UserError: a price is below the car's lowest price and the general manager has not allowed it
        """
        self.check_access("write")
        self._check_planned()
        for markdown in self.filtered("needs_manager"):
            raise UserError(
                self.env._(
                    "%(car)s: %(price)s is below its lowest price %(floor)s. The general manager has to allow it.",
                    car=markdown.vehicle_id.display_name,
                    price=markdown.currency_id.format(markdown.price_to),
                    floor=markdown.currency_id.format(markdown.floor_price),
                )
            )
        # Whoever plans mark-downs may change the price by them, without the right to edit cars.
        self.sudo()._apply()
        return True

    def action_allow_below_floor(self):
        """Allow prices below the cars' lowest prices; for the general manager.

        :return: True
        :raises UserError: the user is not the general manager, or the mark-down is closed
        """
        self.check_access("write")
        self._check_planned()
        if not self.env.user.has_group("dealer_vehicle.group_general_manager"):
            raise UserError(self.env._("Only the general manager allows a price below a car's lowest price."))
        self.sudo().filtered("needs_manager").floor_allowed_by_id = self.env.uid
        return True

    def action_cancel(self):
        """Drop planned mark-downs; the asking prices stay."""
        self.check_access("write")
        self._check_planned()
        self.sudo().state = "cancelled"
        return True

    # ------------------------------------------------------------------ business

    def _apply(self):
        for markdown in self:
            markdown.vehicle_id.asking_price = markdown.price_to
            markdown.vehicle_id.message_post(
                body=self.env._(
                    "Marked down to %(price)s: %(reason)s (%(user)s)",
                    price=markdown.currency_id.format(markdown.price_to),
                    reason=markdown.reason,
                    user=markdown.user_id.name,
                )
            )
        self.write({"state": "applied", "date_applied": fields.Datetime.now()})

    @api.model
    def _cron_apply_due(self):
        """Apply the mark-downs whose day has come at their company; called every hour.

        Those that wait for the manager stay planned. Resumable: each car is a step of its own.
        """
        due = self._get_due()
        self.env["ir.cron"]._commit_progress(remaining=len(due))
        for markdown in due.try_lock_for_update():
            reason = markdown._get_obsolete_reason()
            if reason:
                markdown.state = "cancelled"
                markdown.message_post(body=reason)
            else:
                markdown._apply()
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _get_due(self):
        tomorrow = fields.Date.add(fields.Date.today(), days=1)
        near = self.search(
            [("state", "=", "planned"), ("needs_manager", "=", False), ("date_planned", "<=", tomorrow)], limit=1000
        )
        return near.filtered(lambda markdown: markdown.date_planned <= markdown.company_id._get_day())

    def _get_obsolete_reason(self):
        """Return why a planned mark-down has no object any more, or an empty string."""
        if not self.vehicle_id._is_in_stock() or self.vehicle_id.claim == "sold":
            return self.env._("The car is sold or gone.")
        if self.currency_id.compare_amounts(self.vehicle_id.asking_price, self.price_to) <= 0:
            return self.env._("The asking price is as low already.")
        return ""


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    markdown_ids = fields.One2many(
        "dealer.vehicle.markdown",
        "vehicle_id",
        "Mark-downs",
        groups="dealer_vehicle.group_vehicle_pricing,dealer_vehicle.group_vehicle_cost",
    )

    def _check_may_be_marked_down(self):
        """Refuse a mark-down that cannot be.

        :raises UserError: names the car, why and what to do
        """
        self.ensure_one()
        self.check_access("read")
        if not self._is_in_stock() or self.claim == "sold":
            raise UserError(
                self.env._("%(car)s is not for sale in our stock: nothing to mark down.", car=self.display_name)
            )
        if not self.asking_price:
            raise UserError(
                self.env._("%(car)s has no asking price. Type one on the car first.", car=self.display_name)
            )
        planned = self._get_planned_markdowns().get(self.id)
        if planned:
            raise UserError(
                self.env._(
                    "A mark-down of %(car)s to %(price)s is planned already. Change or cancel that one.",
                    car=self.display_name,
                    price=self.currency_id.format(planned.price_to),
                )
            )

    def action_plan_markdown(self):
        """Open the dialogue that plans a mark-down of these cars, with the prices the policy proposes."""
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_markdown_plan_action")
        action["context"] = {"default_vehicle_ids": self.ids}
        return action
