from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import format_date

from .cost_rights import COST_GROUP
from .dealer_vehicle import SYSTEM_FIELDS

SYSTEM_FIELDS.add("own_use_id")
KEEPERS = "dealer_vehicle.group_stock_keeper,dealer_vehicle.group_dealer_admin"
# Whoever plans prices decides about exceptions for stock too.
MANAGERS = "dealer_vehicle.group_vehicle_pricing,dealer_vehicle.group_dealer_admin"


class DealerVehicleOwnUse(models.Model):
    """The time one of our cars is a demonstrator or a courtesy car (P6)."""

    _name = "dealer.vehicle.own.use"
    _description = "Own Use of a Car"
    _inherit = ["mail.thread"]
    _order = "date_from desc, id desc"
    _rec_name = "vehicle_id"
    _check_company_auto = True

    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, readonly=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(
        [("demo", "Demonstrator"), ("courtesy", "Courtesy Car")], required=True, readonly=True, default="demo"
    )
    date_from = fields.Date("In Service since", required=True, readonly=True)
    date_to = fields.Date("Out of Service since", readonly=True, copy=False)
    km_from = fields.Integer("Mileage at the Start (km)", readonly=True, aggregator=None)
    invoice_number = fields.Char("Self-registration Invoice", readonly=True)
    invoice_date = fields.Date(readonly=True)
    policy_id = fields.Many2one("dealer.vehicle.own.use.policy", "Rule", readonly=True, ondelete="restrict")
    min_days = fields.Integer(
        "Days in Service at least", readonly=True, help="Frozen from the rule when the car went into service."
    )
    min_km = fields.Integer(
        "Kilometres at least", readonly=True, help="Frozen from the rule when the car went into service."
    )
    date_sellable = fields.Date("May Be Sold from", compute="_compute_date_sellable", store=True)
    km_sellable = fields.Integer("May Be Sold from (km)", compute="_compute_date_sellable", store=True, aggregator=None)
    arrival_id = fields.Many2one(
        "stock.move",
        "Came in with",
        compute="_compute_arrival_id",
        store=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The receipt whose cost is written down; a car bought back has another one.",
    )
    cost_from = fields.Monetary("Cost at the Start", readonly=True, groups=COST_GROUP)
    lift_reason = fields.Char("Minimum Lifted because", readonly=True, copy=False)
    lifted_by_id = fields.Many2one("res.users", "Minimum Lifted by", readonly=True, copy=False)
    lifted_on = fields.Datetime("Minimum Lifted on", readonly=True, copy=False, help="UTC.")
    write_down_ids = fields.One2many(
        "dealer.vehicle.write.down", "own_use_id", "Write-downs", readonly=True, groups=COST_GROUP
    )

    _one_at_a_time = models.UniqueIndex(
        "(vehicle_id) WHERE date_to IS NULL", "This car is a demonstrator or courtesy car already."
    )
    _dates_ordered = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "A car leaves service after it was put into service."
    )

    @api.depends("vehicle_id")
    def _compute_arrival_id(self):
        # Kept from the day the use begins: nothing recomputes it when the car comes in again.
        arrivals = self.sudo().vehicle_id._get_arrivals()
        for use in self:
            use.arrival_id = arrivals.get(use.vehicle_id.id)

    @api.depends("date_from", "min_days", "km_from", "min_km")
    def _compute_date_sellable(self):
        for use in self:
            use.date_sellable = use.date_from and use.date_from + timedelta(days=use.min_days)
            use.km_sellable = use.km_from + use.min_km

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        raise UserError(self.env._("The time of a car as demonstrator is kept. Take the car out of service instead."))

    # ------------------------------------------------------------------ actions

    def action_lift_minimum(self, reason):
        """Let a car be sold before its minimum days or kilometres.

        :param str reason: shown on the car
        :raises AccessError: the user does not decide about stock
        :raises UserError: no reason
        """
        self._check_may_lift()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why %(car)s may be sold early.", car=self[:1].vehicle_id.display_name))
        # Nobody types these; the check above is the right.
        self.sudo().write(
            {"lift_reason": reason.strip(), "lifted_by_id": self.env.uid, "lifted_on": fields.Datetime.now()}
        )
        for use in self.sudo():
            use.vehicle_id.message_post(
                body=self.env._(
                    "%(user)s lifted the minimum time of this car: %(reason)s",
                    user=self.env.user.name,
                    reason=reason.strip(),
                )
            )
        return True

    def _check_may_lift(self):
        self.check_access("read")
        if not self.env.user.has_groups(MANAGERS):
            raise AccessError(
                self.env._("Only who plans mark-downs, or the administrator, may let a demonstrator be sold early.")
            )

    # ------------------------------------------------------------------ business

    def _check_minimum(self):
        """Refuse to sell cars before their minimum days and kilometres, unless somebody lifted it.

        :raises UserError: names the car, the rule and what is missing
        Source: P6
        """
        for use in self.sudo().filtered(lambda use: not use.lifted_on):
            missing = use._get_missing()
            if missing:
                raise UserError(
                    self.env._(
                        "%(car)s is a %(kind)s since %(date)s. %(rule)s: it may not be sold yet, %(missing)s missing. "
                        "Whoever plans mark-downs may lift this on the car, with a reason.",
                        car=use.vehicle_id.display_name,
                        kind=dict(self._fields["kind"]._description_selection(self.env))[use.kind],
                        date=format_date(self.env, use.date_from),
                        rule=use._get_rule_name(),
                        missing=missing,
                    )
                )

    def _get_missing(self):
        """Return in words how many days and kilometres are missing, "" when none."""
        self.ensure_one()
        # Makers count from the registration, whether the car is still driven or not.
        days = (self.date_sellable - fields.Date.context_today(self)).days
        km = self.km_sellable - self.vehicle_id.odometer_km
        parts = [
            self.env._("%(count)s days", count=days) if days > 0 else "",
            self.env._("%(count)s km", count=km) if km > 0 and self.min_km else "",
        ]
        return ", ".join(filter(None, parts))

    def _get_rule_name(self):
        self.ensure_one()
        brand = self.policy_id.brand_id.name or self.vehicle_id.brand_id.name or self.company_id.name
        return self.env._(
            "Rule of %(brand)s: at least %(days)s days and %(km)s km in service",
            brand=brand,
            days=self.min_days,
            km=self.min_km,
        )


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    own_use_id = fields.Many2one(
        "dealer.vehicle.own.use", "Own Use", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    own_use_ids = fields.One2many("dealer.vehicle.own.use", "vehicle_id", "Times in Own Use", readonly=True)
    own_use_kind = fields.Selection(related="own_use_id.kind", string="Own Use as")
    own_use_since = fields.Date(related="own_use_id.date_from", string="In Service since")
    own_use_warning = fields.Char(compute="_compute_own_use_warning")

    @api.depends("own_use_id.date_sellable", "own_use_id.lifted_on", "odometer_km")
    def _compute_own_use_warning(self):
        for vehicle in self:
            use = vehicle.own_use_id.sudo()
            missing = "" if not use or use.lifted_on else use._get_missing()
            vehicle.own_use_warning = missing and self.env._(
                "%(rule)s. Still missing: %(missing)s.", rule=use._get_rule_name(), missing=missing
            )

    def write(self, vals):
        if "condition" in vals and not self.env.su:
            for vehicle in self.filtered(lambda car: car.own_use_id and vals["condition"] != "demo"):
                raise UserError(
                    self.env._(
                        "%(car)s is in our own use. Take it out of service: it becomes a used car then.",
                        car=vehicle.display_name,
                    )
                )
        return super().write(vals)

    # ------------------------------------------------------------------ actions

    def action_open_put_into_service(self):
        """Open the dialogue that makes the car a demonstrator or courtesy car."""
        self.ensure_one()
        self._check_may_put_into_service()
        return self._get_use_dialogue("dealer.vehicle.put.into.service", self.env._("Put into Service"))

    def action_open_take_out_of_service(self):
        """Open the dialogue that ends the own use of the car."""
        self.ensure_one()
        return self._get_use_dialogue("dealer.vehicle.take.out.of.service", self.env._("Take Out of Service"))

    def action_open_lift_minimum(self):
        """Open the dialogue in which a manager lets the car be sold early."""
        self.ensure_one()
        self.own_use_id._check_may_lift()
        return self._get_use_dialogue("dealer.vehicle.own.use.lift", self.env._("Sell Early"))

    def action_open_own_uses(self):
        """Open the car's times as demonstrator or courtesy car."""
        return self._get_related_action("dealer_vehicle.dealer_vehicle_own_use_action")

    def _get_use_dialogue(self, model, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_vehicle_id": self.id},
        }

    # ------------------------------------------------------------------ business

    def _check_may_put_into_service(self):
        """Refuse cars that cannot become a demonstrator or courtesy car.

        :raises AccessError: the user does not keep stock
        :raises UserError: names the car and what is in the way
        """
        if not self.env.user.has_groups(KEEPERS):
            raise AccessError(self.env._("Cars are put into service and out of it by the stock keeper."))
        self.check_access("read")
        foreign = self.sudo()._get_consigned_ids()
        for car in self.sudo():
            if car.own_use_id:
                raise UserError(
                    self.env._(
                        "%(car)s is a demonstrator or courtesy car since %(date)s.",
                        car=car.display_name,
                        date=format_date(self.env, car.own_use_id.date_from),
                    )
                )
            if car.consignment_id or car.id in foreign:
                raise UserError(
                    self.env._(
                        "%(car)s is somebody else's (%(owner)s). Buy it before you put it into service.",
                        car=car.display_name,
                        owner=(car.consignment_id.partner_id or car.owner_id).display_name or "–",
                    )
                )
            if not car.is_available:
                raise UserError(
                    self.env._(
                        "%(car)s cannot be put into service: it must stand at a site, inspected, promised to nobody "
                        "and without a stop-sale.",
                        car=car.display_name,
                    )
                )

    def _check_service_date(self, date):
        """Refuse a first day in service before the car came, before it last left service, or to come.

        :param date date: first day in service
        :raises UserError: names the car and the days to choose from
        """
        self.ensure_one()
        first = max(filter(None, [self.arrival_date, *self.own_use_ids.mapped("date_to")]), default=date)
        last = self._get_service_today()
        if not first <= date <= last:
            raise UserError(
                self.env._(
                    "%(car)s came, or last left service, on %(first)s. Choose a first day in service from then up to "
                    "%(last)s.",
                    car=self.display_name,
                    first=format_date(self.env, first),
                    last=format_date(self.env, last),
                )
            )

    def _get_service_today(self):
        """Return today, the user's or the company's, whichever is later: cars arrive in the company's timezone."""
        return max(fields.Date.context_today(self), self.company_id._get_day())

    def _put_into_service(self, kind, date, plate=False, invoice_number=False, invoice_date=False):
        """Make a car of ours a demonstrator or courtesy car; its warranty starts.

        :param str kind: ``demo`` or ``courtesy``
        :param date date: first day in service
        :param str plate: plate of the car, registered on the company
        :param str invoice_number: of the invoice the company wrote to itself to register the car
        :param date invoice_date: of that invoice
        :return: ``dealer.vehicle.own.use``
        :raises UserError: the car is not free at a site, or it was not ours on that day
        Source: P6
        """
        self.ensure_one()
        self._check_may_put_into_service()
        self.sudo()._lock_for_hold()
        car = self.sudo()
        car._check_may_put_into_service()
        car._check_service_date(date)
        rule = self.env["dealer.vehicle.own.use.policy"].sudo()._get_rule(car.company_id, car.brand_id, kind, date)
        use = car.env["dealer.vehicle.own.use"].create(
            {
                "vehicle_id": car.id,
                "kind": kind,
                "date_from": date,
                "km_from": car.odometer_km,
                "invoice_number": invoice_number,
                "invoice_date": invoice_date,
                "policy_id": rule.id,
                "min_days": rule.min_days,
                "min_km": rule.min_km,
                "cost_from": car._exact_cost()[car.id],
            }
        )
        vals = {"condition": "demo", "own_use_id": use.id}
        if plate and plate != car.plate:
            vals["plate_ids"] = [
                Command.create({"plate": plate, "date_from": date, "partner_id": car.company_id.partner_id.id})
            ]
        car.write(vals)
        car._start_warranty(date)
        car._own_use_changed()
        return use.with_env(self.env)

    def _take_out_of_service(self, date, tax_regime=False, reason=False):
        """End the own use of cars: they are used cars of ours for sale.

        :param date date: first day out of service
        :param str tax_regime: the regime they are sold under; default: unchanged
        :param str reason: why it is another regime than the rule's; shown on the car
        :raises AccessError: the user does not keep stock
        :raises UserError: a car is out with somebody or booked, or is not in service; the day is to come; another
            regime than the rule's without a reason
        """
        if not self.env.user.has_groups(KEEPERS):
            raise AccessError(self.env._("Cars are put into service and out of it by the stock keeper."))
        self.check_access("read")
        cars = self.sudo()
        cars._lock_for_hold()
        cars._check_not_booked()
        for car in cars:
            if not car.own_use_id:
                raise UserError(self.env._("%(car)s is not in our own use.", car=car.display_name))
            car._check_last_service_date(date)
            if tax_regime:
                car._log_regime_after_use(tax_regime, (reason or "").strip())
        cars.own_use_id.write({"date_to": date})
        cars.own_use_id.flush_recordset(["date_to"])  # before another use of the same car may begin
        cars.write({"own_use_id": False, "condition": "used", **({"tax_regime": tax_regime} if tax_regime else {})})
        cars._own_use_changed()

    def _check_last_service_date(self, date):
        if not self.own_use_id.date_from <= date <= self._get_service_today():
            raise UserError(
                self.env._(
                    "%(car)s is in service since %(first)s. Choose a first day out of service from then up to today.",
                    car=self.display_name,
                    first=format_date(self.env, self.own_use_id.date_from),
                )
            )

    def _get_regime_after_use(self):
        """Return the tax regime the rule gives the car once its own use ended; without a rule its own."""
        self.ensure_one()
        return self.own_use_id.sudo().policy_id.tax_regime or self.tax_regime

    def _log_regime_after_use(self, tax_regime, reason):
        """Note on the car that its tax regime changes with the end of its own use.

        :param str tax_regime: the new one
        :param str reason: needed when the rule says another one
        :raises UserError: names the car and what the rule says
        """
        labels = dict(self._fields["tax_regime"]._description_selection(self.env))
        rule = self._get_regime_after_use()
        if tax_regime != rule and not reason:
            raise UserError(
                self.env._(
                    "%(car)s is sold under “%(rule)s” by its rule. Say why it shall be “%(regime)s”.",
                    car=self.display_name,
                    rule=labels[rule],
                    regime=labels[tax_regime],
                )
            )
        if tax_regime != self.tax_regime:
            self.message_post(
                body=self.env._(
                    "Tax regime after own use changed from %(before)s to %(after)s: %(reason)s",
                    before=labels.get(self.tax_regime, "–"),
                    after=labels[tax_regime],
                    reason=reason or self.env._("by the rule for demonstrators"),
                ),
                author_id=self.env.user.partner_id.id,
            )

    def _get_last_uses(self):
        """Return the latest own use of each car since it came into stock; a car bought back begins anew.

        :return: ``dealer.vehicle.own.use``
        """
        uses = self.env["dealer.vehicle.own.use"].search([("vehicle_id", "in", self.ids)])
        last = {}
        for use in uses:
            last.setdefault(use.vehicle_id, use)
        return uses.browse(
            use.id for car, use in last.items() if not use.date_to or use.date_to >= (car.arrival_date or use.date_to)
        )

    def _own_use_changed(self):
        """Tell that cars began or ended to be of our own use, or changed hands. Hook: superuser, call super."""

    def _check_own_use_ended(self):
        """Refuse to let cars go that are still in our own use.

        :raises UserError: names the car
        """
        for car in self.filtered("own_use_id"):
            raise UserError(
                self.env._(
                    "%(car)s is still our demonstrator or courtesy car. The stock keeper takes it out of service "
                    "first.",
                    car=car.display_name,
                )
            )


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _check_vehicles_may_be_procured(self):
        super()._check_vehicles_may_be_procured()
        lines = self.filtered(lambda line: line.product_id.is_vehicle and line.product_uom_qty > 0)
        # Salespeople see cars, not necessarily how long one was in use; the last use is what counts.
        lines.sudo().dealer_vehicle_id._get_last_uses()._check_minimum()


class StockMove(models.Model):
    _inherit = "stock.move"

    def _check_vehicles_may_leave(self, vehicles):
        super()._check_vehicles_may_leave(vehicles)
        vehicles.sudo()._check_own_use_ended()
        vehicles.sudo()._check_not_out()

    def _check_not_promised(self):
        super()._check_not_promised()
        # Back to the supplier, scrapped, counted as lost: whatever takes a car out of stock.
        cars = self.filtered(lambda move: move._takes_out_of_stock()).dealer_vehicle_id.sudo()
        cars._check_own_use_ended()
        cars._check_not_out()

    def _takes_out_of_stock(self):
        """Tell whether this move takes a car out of its company's stock, wherever to."""
        self.ensure_one()
        return self.location_id._should_be_valued() and not self.location_dest_id._should_be_valued()
