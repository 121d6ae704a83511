from odoo import api, fields, models


class DealerVehiclePutIntoService(models.TransientModel):
    """Makes a car of ours a demonstrator or a courtesy car."""

    _name = "dealer.vehicle.put.into.service"
    _description = "Put a Car into Service"

    vehicle_id = fields.Many2one("dealer.vehicle", "Car", required=True, readonly=True, ondelete="cascade")
    kind = fields.Selection([("demo", "Demonstrator"), ("courtesy", "Courtesy Car")], required=True, default="demo")
    date = fields.Date("In Service since", required=True, default=fields.Date.context_today)
    plate = fields.Char(compute="_compute_plate", store=True, readonly=False)
    invoice_number = fields.Char(
        "Self-registration Invoice", help="Number of the invoice we wrote to ourselves to register the car."
    )
    invoice_date = fields.Date()
    min_days = fields.Integer("Days in Service at least", compute="_compute_minimum")
    min_km = fields.Integer("Kilometres at least", compute="_compute_minimum")

    @api.depends("vehicle_id")
    def _compute_plate(self):
        for wizard in self:
            wizard.plate = wizard.vehicle_id.plate

    @api.depends("vehicle_id", "kind", "date")
    def _compute_minimum(self):
        for wizard in self:
            car = wizard.vehicle_id
            rule = self.env["dealer.vehicle.own.use.policy"].sudo()
            if wizard.kind and wizard.date:
                rule = rule._get_rule(car.company_id, car.brand_id, wizard.kind, wizard.date)
            wizard.min_days, wizard.min_km = rule.min_days, rule.min_km

    def action_put_into_service(self):
        """Put the car into service.

        :raises UserError: the car is not free at a site
        """
        self.ensure_one()
        self.vehicle_id._put_into_service(
            self.kind,
            self.date,
            plate=self.plate,
            invoice_number=self.invoice_number,
            invoice_date=self.invoice_date,
        )
        return {"type": "ir.actions.act_window_close"}


class DealerVehicleTakeOutOfService(models.TransientModel):
    """Ends the own use of a car: it is for sale as used."""

    _name = "dealer.vehicle.take.out.of.service"
    _description = "Take a Car Out of Service"

    vehicle_id = fields.Many2one("dealer.vehicle", "Car", required=True, readonly=True, ondelete="cascade")
    own_use_warning = fields.Char(related="vehicle_id.own_use_warning")
    date = fields.Date("Out of Service since", required=True, default=fields.Date.context_today)
    tax_regime = fields.Selection(
        [("standard", "Standard"), ("margin", "Margin or simplified"), ("none", "Not taxed")],
        compute="_compute_tax_regime",
        store=True,
        readonly=False,
        help="Proposed by the rule of the brand; to be confirmed by a tax adviser.",
    )
    is_regime_changed = fields.Boolean(compute="_compute_is_regime_changed")
    regime_reason = fields.Char("Why Another Regime?", help="Shown on the car.")

    @api.depends("vehicle_id")
    def _compute_tax_regime(self):
        for wizard in self:
            car = wizard.vehicle_id
            wizard.tax_regime = car._get_regime_after_use()

    @api.depends("tax_regime")
    def _compute_is_regime_changed(self):
        for wizard in self:
            wizard.is_regime_changed = wizard.tax_regime != wizard.vehicle_id._get_regime_after_use()

    def action_take_out_of_service(self):
        """Take the car out of service.

        :raises UserError: the car is out with somebody or booked; another regime than the rule's without a reason
        """
        self.ensure_one()
        self.vehicle_id._take_out_of_service(self.date, self.tax_regime, self.regime_reason)
        return {"type": "ir.actions.act_window_close"}


class DealerVehicleOwnUseLift(models.TransientModel):
    """A manager lets a car be sold before its minimum time."""

    _name = "dealer.vehicle.own.use.lift"
    _description = "Sell a Demonstrator Early"

    vehicle_id = fields.Many2one("dealer.vehicle", "Car", required=True, readonly=True, ondelete="cascade")
    own_use_warning = fields.Char(related="vehicle_id.own_use_warning")
    reason = fields.Char(required=True)

    def action_lift(self):
        """Lift the minimum time of the car's own use, with the reason."""
        self.ensure_one()
        self.vehicle_id._get_last_uses().action_lift_minimum(self.reason)
        return {"type": "ir.actions.act_window_close"}
