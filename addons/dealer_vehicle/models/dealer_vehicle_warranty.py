from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

KINDS = [
    ("maker", "Maker's Warranty"),
    ("battery", "Battery and Motor"),
    ("statutory_repair", "Statutory Repair Period"),
    ("statutory_return", "Statutory Return Period"),
]
STATUTORY = ("statutory_repair", "statutory_return")
ELECTRIC = ("electric", "plug_in", "range_extender")


class DealerVehicleWarranty(models.Model):
    """A warranty of a car: when it began and when it ends. The statutory ones have their own dates (P41)."""

    _name = "dealer.vehicle.warranty"
    _description = "Warranty of a Car"
    _order = "vehicle_id, date_end, id"
    _rec_name = "kind"
    _check_company_auto = True

    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True, index=True)
    kind = fields.Selection(KINDS, required=True)
    date_start = fields.Date("From", required=True, default=fields.Date.context_today)
    months = fields.Integer(required=True)
    km = fields.Integer("Up to (km)", help="0: without a limit of kilometres.", aggregator=None)
    date_end = fields.Date("Last Day", compute="_compute_date_end", store=True, index=True)
    is_over = fields.Boolean("Over", compute="_compute_is_over")
    note = fields.Char()

    _kind_uniq = models.UniqueIndex("(vehicle_id, kind)", "This car has a warranty of this kind already.")
    _numbers_sane = models.Constraint(
        "CHECK (months > 0 AND COALESCE(km, 0) >= 0)", "A warranty takes some months; kilometres cannot be negative."
    )

    @api.depends("date_start", "months")
    def _compute_date_end(self):
        for warranty in self:
            end = warranty.date_start and warranty.date_start + relativedelta(months=warranty.months, days=-1)
            warranty.date_end = end

    @api.depends("date_end", "km", "vehicle_id.odometer_km")
    def _compute_is_over(self):
        today = fields.Date.context_today(self)
        for warranty in self:
            past = bool(warranty.date_end) and warranty.date_end < today
            warranty.is_over = past or bool(warranty.km and warranty.vehicle_id.odometer_km > warranty.km)


class DealerStatutoryWarranty(models.Model):
    """What the law of a country gives the first private buyer, from a day on (P41)."""

    _name = "dealer.statutory.warranty"
    _description = "Statutory Warranty"
    _order = "country_id, kind, date_from desc"
    _rec_name = "kind"

    country_id = fields.Many2one("res.country", required=True, index=True)
    kind = fields.Selection([KINDS[2], KINDS[3]], required=True)
    date_from = fields.Date("From", required=True, help="For cars handed over from this day on.")
    months = fields.Integer(required=True)
    km = fields.Integer("Up to (km)", aggregator=None)
    note = fields.Char(translate=True, help="Where the rule comes from, who confirmed it.")

    _rule_uniq = models.UniqueIndex(
        "(country_id, kind, date_from)", "There is a rule of this kind from this day already."
    )
    _numbers_sane = models.Constraint(
        "CHECK (months > 0 AND COALESCE(km, 0) >= 0)", "A warranty takes some months; kilometres cannot be negative."
    )

    @api.model
    def _get_rules(self, country, date):
        """Return the rule of each kind that holds for cars handed over on a day.

        :param country: ``res.country``
        :param date date: day of the hand-over
        :return: ``dealer.statutory.warranty``, one of each kind at most
        Source: P41
        """
        rules = self.sudo().search([("country_id", "=", country.id), ("date_from", "<=", date)])
        return rules.browse(of_kind[:1].id for of_kind in rules.grouped("kind").values())


class FleetVehicleModel(models.Model):
    _inherit = "fleet.vehicle.model"

    warranty_months = fields.Integer("Warranty (months)", help="The maker's. 0: not known.")
    warranty_km = fields.Integer("Warranty (km)", help="0: without a limit of kilometres.")
    battery_warranty_months = fields.Integer(
        "Battery Warranty (months)", help="Of cars with a plug: battery, motor and their control. 0: none of its own."
    )
    battery_warranty_km = fields.Integer("Battery Warranty (km)", help="0: without a limit of kilometres.")


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    warranty_ids = fields.One2many("dealer.vehicle.warranty", "vehicle_id", "Warranties")

    def _start_warranty(self, date):
        """Start the warranties of cars that have none running yet: first put on the road, handed over or reported.

        What runs already is left alone, so it may be called at every such event. A demonstrator starts the maker's
        warranty only; the statutory one belongs to the first private buyer of a new car. A used car starts none: what
        is left of the maker's began with its first owner and is what is recorded on it.

        :param date date: first day, in the company's timezone
        :return: the new ``dealer.vehicle.warranty`` (superuser)
        Source: P6, P41
        """
        vals_list = []
        for car in self.sudo():
            running = set(car.warranty_ids.mapped("kind"))
            vals_list += [vals for vals in car._prepare_warranties(date) if vals["kind"] not in running]
        return self.env["dealer.vehicle.warranty"].sudo().create(vals_list)

    def _prepare_warranties(self, date):
        self.ensure_one()
        if self.condition not in ("new", "demo"):
            return []
        series, offers = self.series_id, [("maker", self.series_id.warranty_months, self.series_id.warranty_km)]
        if self._has_plug():
            offers.append(("battery", series.battery_warranty_months, series.battery_warranty_km))
        if self.condition == "new":
            rules = self.env["dealer.statutory.warranty"]._get_rules(self.company_id.country_id, date)
            offers += [(rule.kind, rule.months, rule.km) for rule in rules]
        return [
            {"vehicle_id": self.id, "kind": kind, "date_start": date, "months": months, "km": km}
            for kind, months, km in offers
            if months
        ]

    def _has_plug(self):
        """Tell whether the car is charged from a plug; a car with a battery number is."""
        self.ensure_one()
        return bool(self.battery_no) or self.product_id.product_tmpl_id.energy in ELECTRIC
