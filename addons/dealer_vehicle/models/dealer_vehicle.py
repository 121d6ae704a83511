from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import vin as vin_tools

# Facts follow from documents: nobody types them, not even through the API.
DERIVED_FIELDS = {
    "name",
    "place",
    "claim",
    "title",
    "site_id",
    "location_id",
    "is_inspected",
    "age_date",
    "plate",
    "plate_normalised",
    "odometer_km",
    "subdealer_id",
}
# Written by the system's own flows only (superuser mode after a check).
SYSTEM_FIELDS = {"arrival_date", "hold_id", "lot_id", "purchase_line_id", "subdealer_since"}


class DealerVehicle(models.Model):
    _name = "dealer.vehicle"
    _description = "Car"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _inherits = {"dealer.vin": "vin_id"}
    _order = "id desc"
    _check_company_auto = True

    # Identity
    name = fields.Char(compute="_compute_name", store=True, help="End of the VIN, series, trim and plate.")
    active = fields.Boolean(default=True)
    vin_id = fields.Many2one("dealer.vin", "Identity", required=True, ondelete="restrict")
    vin_confirmed = fields.Boolean(
        "VIN Confirmed",
        copy=False,
        help="The check digit of the VIN is wrong, and somebody compared it with the car.",
    )
    vin_warning = fields.Char(compute="_compute_vin_warning")
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")

    # Trade
    product_id = fields.Many2one(
        "product.product",
        "Sold as",
        domain="[('is_vehicle', '=', True)]",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="Trim this car is traded as. Empty for cars we only service.",
    )
    condition = fields.Selection(
        [("new", "New"), ("used", "Used"), ("demo", "Demonstrator")], default="new", required=True, tracking=True
    )
    colour_exterior = fields.Char("Exterior Colour")
    colour_interior = fields.Char("Interior Colour")
    maker_order_no = fields.Char(
        "Maker's Order Number",
        copy=False,
        help="Identifies the car at the maker until its VIN is known.",
    )
    purchase_line_id = fields.Many2one(
        "purchase.order.line",
        "Purchase Line",
        readonly=True,
        copy=False,
        check_company=True,
        index="btree_not_null",
        ondelete="set null",
    )
    sale_line_ids = fields.One2many("sale.order.line", "dealer_vehicle_id", "Sales Lines", readonly=True)
    shipped_date = fields.Date("Shipped on", copy=False, help="Day the maker sent the car off.")
    asking_price = fields.Monetary(tracking=True, help="What the price tag of this car says.")
    floor_price = fields.Monetary(
        "Lowest Price", help="What the house would go down to, for those who decide on a discount."
    )
    cost = fields.Monetary(
        compute="_compute_cost",
        groups="dealer_vehicle.group_vehicle_cost",
        help="What this very car cost so far: purchase, freight and what was added to its value.",
    )
    tax_regime = fields.Selection(
        [("standard", "Standard"), ("margin", "Margin or simplified"), ("none", "Not taxed")],
        default="standard",
        required=True,
        help="Noted when the car is bought in; the taxes of a sale are those on its order.",
    )

    # People
    owner_id = fields.Many2one("res.partner", "Owner", index="btree_not_null", tracking=True, check_company=True)
    keeper_id = fields.Many2one(
        "res.partner", "User", index="btree_not_null", check_company=True, help="Who drives the car."
    )
    brought_in_by_id = fields.Many2one(
        "res.partner", "Brought in by", check_company=True, help="Who brought the car last: he is called back."
    )

    # Life
    plate_ids = fields.One2many("dealer.vehicle.plate", "vehicle_id", "Plates")
    plate = fields.Char(compute="_compute_plate", store=True, help="Plate the car carries today.")
    plate_normalised = fields.Char(compute="_compute_plate", store=True)
    odometer_ids = fields.One2many("dealer.vehicle.odometer", "vehicle_id", "Odometer Readings")
    odometer_km = fields.Integer(
        "Mileage (km)", compute="_compute_odometer_km", store=True, aggregator=None, help="Last reading."
    )
    document_ids = fields.One2many("dealer.vehicle.document", "vehicle_id", "Papers and Keys")
    task_ids = fields.One2many("dealer.vehicle.task", "vehicle_id", "Tasks")
    task_open_count = fields.Integer("Open Tasks", compute="_compute_task_open_count")
    document_away_count = fields.Integer("Papers Elsewhere", compute="_compute_document_away_count")
    note = fields.Html("Notes")

    _vin_company_uniq = models.UniqueIndex(
        "(vin_id, company_id)",
        "This company has a car with this VIN already. Search for it instead of creating it again.",
    )
    _maker_order_uniq = models.UniqueIndex(
        "(company_id, maker_order_no) WHERE maker_order_no IS NOT NULL AND maker_order_no != ''",
        "Another car of this company has this maker's order number.",
    )
    _plate_idx = models.Index("(plate_normalised text_pattern_ops) WHERE plate_normalised IS NOT NULL")

    # ------------------------------------------------------------------ computes

    @api.depends("vin_id.vin", "vin_id.series_id.name", "vin_id.trim_name", "plate", "maker_order_no")
    def _compute_name(self):
        for vehicle in self:
            identity = (vehicle.vin or "")[-8:] or vehicle.maker_order_no
            vehicle.name = vehicle._compose_name(identity, vehicle.series_id.name, vehicle.trim_name, vehicle.plate)

    @api.model
    def _compose_name(self, identity, series, trim, plate):
        """Return what a car is called; each part may be empty.

        :param str identity: end of the VIN, or the maker's order number
        :return: str
        """
        series, trim = series or "", trim or ""
        # Many trims carry the name of their series: it is said once.
        model = trim if series and trim.startswith(series) else " ".join(filter(None, [series, trim]))
        return " · ".join(filter(None, [identity, model, plate]))

    @api.depends("name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for vehicle in self:
            # Not in the stored name: that would keep the language of whoever created the car.
            vehicle.display_name = vehicle.name or self.env._("VIN to come")

    @api.depends("vin", "vin_confirmed")
    def _compute_vin_warning(self):
        for vehicle in self:
            vehicle.vin_warning = vehicle._get_vin_warning(vehicle.vin)

    @api.depends("plate_ids.plate", "plate_ids.date_from", "plate_ids.date_to")
    def _compute_plate(self):
        today = fields.Date.context_today(self)
        for vehicle in self:
            current = vehicle.plate_ids.filtered(lambda line: not line.date_to or line.date_to >= today)
            newest = current.sorted(lambda line: (line.date_from or today, line.id or 0))[-1:]
            vehicle.plate = newest.plate
            vehicle.plate_normalised = newest.normalised

    @api.depends("odometer_ids.km", "odometer_ids.date")
    def _compute_odometer_km(self):
        for vehicle in self:
            newest = vehicle.odometer_ids.sorted(lambda line: (line.date, line._origin.id or 0))[-1:]
            vehicle.odometer_km = newest.km

    @api.depends("task_ids.state")
    def _compute_task_open_count(self):
        counts = dict(
            self.env["dealer.vehicle.task"]._read_group(
                [("vehicle_id", "in", self.ids), ("state", "=", "open")], ["vehicle_id"], ["__count"]
            )
        )
        for vehicle in self:
            vehicle.task_open_count = counts.get(vehicle._origin, 0)

    @api.depends("document_ids.is_in_house")
    def _compute_document_away_count(self):
        counts = dict(
            self.env["dealer.vehicle.document"]._read_group(
                [("vehicle_id", "in", self.ids), ("is_in_house", "=", False)], ["vehicle_id"], ["__count"]
            )
        )
        for vehicle in self:
            vehicle.document_away_count = counts.get(vehicle._origin, 0)

    @api.depends("vin_id.lot_id", "stock_move_ids.value", "purchase_line_id.price_unit")
    def _compute_cost(self):
        costs = self._exact_cost()
        for vehicle in self:
            vehicle.cost = costs.get(vehicle._origin.id, 0.0)

    # ------------------------------------------------------------------ onchange, CRUD

    @api.onchange("vin")
    def _onchange_vin(self):
        vin = vin_tools.normalise(self.vin)
        if not vin:
            return None
        self.vin = vin
        if not vin_tools.is_possible(vin):
            message = self.env["dealer.vin"]._get_impossible_message(self.vin, vin)
            return {"warning": {"title": self.env._("Not a VIN"), "message": message}}
        years = vin_tools.model_years(vin)
        if years and not self.model_year:
            limit = fields.Date.context_today(self).year + 1
            self.model_year = max((year for year in years if year <= limit), default=0)
        return None

    @api.onchange("product_id")
    def _onchange_product_id(self):
        template = self.product_id.product_tmpl_id
        if template:
            self.series_id = template.series_id or self.series_id
            self.model_year = template.model_year or self.model_year
            self.trim_name = template.name

    @api.onchange("series_id")
    def _onchange_series_id(self):
        if self.series_id:
            self.brand_id = self.series_id.brand_id

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        for vals in vals_list:
            self._check_not_derived(vals)
        vals_list = self._link_known_vins([self._prepare_catalogue_vals(vals) for vals in vals_list])
        return super().create(vals_list)

    def write(self, vals):
        self._check_not_derived(vals)
        if "vin_id" in vals and not self.env.su:
            raise UserError(self.env._("A car is moved to another identity by writing its VIN."))
        if "vin" in vals:
            self.check_access("write")
            vals = self._write_vin(vals)
        return super().write(vals)

    def _prepare_create_values(self, vals_list):
        # A default from a context or a user's saved default must not become a fact.
        result = super()._prepare_create_values(vals_list)
        for vals in result:
            for name in DERIVED_FIELDS:
                vals.pop(name, None)
            if not self.env.su:
                for name in SYSTEM_FIELDS:
                    vals.pop(name, None)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_traded(self):
        for vehicle in self.sudo():
            if vehicle.lot_id or vehicle.purchase_line_id or vehicle.sale_line_ids:
                raise UserError(
                    self.env._(
                        "%(car)s was ordered, stocked or sold: it has a history and cannot be deleted. "
                        "Archive it instead.",
                        car=vehicle.display_name,
                    )
                )

    @api.model
    def _check_not_derived(self, vals):
        refused = DERIVED_FIELDS & vals.keys()
        if not self.env.su:
            refused |= SYSTEM_FIELDS & vals.keys()
        if refused:
            names = ", ".join(sorted(self._fields[name]._description_string(self.env) for name in refused))
            raise UserError(
                self.env._(
                    "%(fields)s of a car cannot be typed: it follows from stock moves, holds, orders, "
                    "bills and papers. Book the event itself.",
                    fields=names,
                )
            )

    # ------------------------------------------------------------------ VIN

    @api.model
    def _prepare_catalogue_vals(self, vals):
        """Fill series, brand and trim from the product where the caller did not say them.

        :param dict vals: of ``create``
        :return: dict, a copy
        """
        vals = dict(vals)
        template = self.env["product.product"].sudo().browse(vals.get("product_id") or 0).product_tmpl_id
        if template:
            vals.setdefault("series_id", template.series_id.id)
            vals.setdefault("model_year", template.model_year)
            vals.setdefault("trim_name", template.name)
        if vals.get("series_id") and not vals.get("brand_id"):
            series = self.env["fleet.vehicle.model"].sudo().browse(vals["series_id"])
            vals["brand_id"] = series.brand_id.id
        return vals

    @api.model
    def _link_known_vins(self, vals_list):
        """Return ``vals_list`` with each VIN replaced by its one ``dealer.vin``.

        :param list vals_list: dicts of ``create``
        :raises ValidationError: a VIN is impossible, unconfirmed or already a car of the company
        """
        Vin, Company = self.env["dealer.vin"], self.env["res.company"]
        with_vin = [vals for vals in vals_list if vin_tools.normalise(vals.get("vin"))]
        asked = {}
        for vals in with_vin:
            company_id = vals.get("company_id") or self.env.company.id
            vin = Vin._prepare_vin_vals({"vin": vals["vin"]})["vin"]
            if (vin, company_id) in asked:
                raise ValidationError(self.env._("The VIN %(vin)s is there twice.", vin=vin))
            asked[vin, company_id] = vals
            self._check_vin_digit(vin, Company.browse(company_id), vals.get("vin_confirmed"))
        identities = Vin._get_or_create([vals["vin"] for vals in with_vin])
        self._check_vins_free(
            [(identity.id, company_id) for identity, (vin, company_id) in zip(identities, asked, strict=True)]
        )
        for vals, identity in zip(with_vin, identities, strict=True):
            vals["vin_id"] = identity.id
            self._keep_known_facts(identity, vals)
        for vals in vals_list:
            vals.pop("vin", None)
        return vals_list

    @api.model
    def _keep_known_facts(self, identity, vals):
        # What is known of the car stays: another company's registration is not overwritten by
        # defaults that came from the product.
        for name in ("brand_id", "series_id", "model_year", "trim_name"):
            if vals.get(name) and identity.sudo()[name]:
                del vals[name]

    @api.model
    def _check_vins_free(self, pairs, but=None):
        """Refuse VINs that are cars of the company already, archived ones included.

        :param list pairs: (``dealer.vin`` id, company id)
        :param but: ``dealer.vehicle`` that may have it
        :raises ValidationError: names the car
        """
        known = (
            self.sudo()
            .with_context(active_test=False)
            .search([("vin_id", "in", [vin_id for vin_id, _company_id in pairs])])
        )
        for car in known.filtered(lambda car: (car.vin_id.id, car.company_id.id) in pairs and car != but):
            raise ValidationError(
                self.env._(
                    "%(company)s has a car with the VIN %(vin)s already: %(car)s. Open that car.",
                    company=car.company_id.name,
                    vin=car.vin,
                    car=car.display_name,
                )
            )

    @api.model
    def _get_vin_warning(self, vin):
        vin = vin_tools.normalise(vin)
        if not vin_tools.is_possible(vin) or not vin_tools.is_doubtful(vin):
            return False
        return self.env._(
            "The check digit of %(vin)s is %(found)s and ought to be %(expected)s.",
            vin=vin,
            found=vin[8],
            expected=vin_tools.check_digit(vin),
        )

    @api.model
    def _check_vin_digit(self, vin, company, confirmed):
        """Refuse a wrong check digit nobody confirmed, or any where the company says so.

        :raises ValidationError: with the expected digit
        Source: 49 CFR 565.15, GB 16735; real cars carry wrong ones
        """
        warning = self._get_vin_warning(vin)
        if warning and company.sudo().dealer_enforce_check_digit:
            raise ValidationError(
                self.env._("%(warning)s Your company accepts no such VIN: read it again.", warning=warning)
            )
        if warning and not confirmed:
            raise ValidationError(
                self.env._(
                    "%(warning)s Compare it with the car; if it is right all the same, tick “VIN Confirmed”.",
                    warning=warning,
                )
            )

    def _write_vin(self, vals):
        """Give the car its VIN, or correct it; return ``vals`` without it.

        The car moves to the identity another company registered before; an identity nobody
        needs any more is dropped.
        """
        vals = dict(vals)
        typed = vals.pop("vin")
        vin = self.env["dealer.vin"]._prepare_vin_vals({"vin": typed})["vin"]
        changed = self.filtered(lambda vehicle: vehicle.vin != vin)
        if not changed:
            return vals
        if len(self) > 1:
            raise ValidationError(self.env._("Several cars cannot have the same VIN."))
        if not vin:
            self._check_vin_may_go()
            self.vin_id.sudo().write({"vin": False})
            return vals
        self._check_vin_digit(vin, self.company_id, vals.get("vin_confirmed"))
        vals.setdefault("vin_confirmed", False)
        self._move_to_vin(vin, typed)
        return vals

    def _check_vin_may_go(self):
        if self.sudo().lot_id or len(self.vin_id.sudo().vehicle_ids) > 1:
            raise ValidationError(
                self.env._(
                    "The VIN of %(car)s cannot be emptied: the car is in stock or known to another company.",
                    car=self.display_name,
                )
            )

    def _move_to_vin(self, vin, typed):
        old = self.vin_id.sudo()
        known = old._get_by_vin([vin])
        alone = old.with_context(active_test=False).vehicle_ids == self.sudo()
        if known:
            self._check_vins_free([(known.id, self.company_id.id)], but=self.sudo())
        if old.lot_id and (known or not alone):
            raise ValidationError(
                self.env._(
                    "%(car)s is in stock under its VIN; %(vin)s is another car. Correct the receipt instead.",
                    car=self.display_name,
                    vin=vin,
                )
            )
        if not known and (alone or not old.vin):
            old.write({"vin": vin, "vin_typed": typed})
            return
        target = known or old.copy({"vin": vin, "vin_typed": typed})
        target.write({name: old[name] for name in ("engine_no", "battery_no") if old[name] and not target[name]})
        for name in ("brand_id", "series_id", "model_year", "trim_name"):
            if old[name] and not target[name]:
                target[name] = old[name]
        super().write({"vin_id": target.id})
        if alone:
            old.unlink()

    def _lot_or_raise(self):
        """Return the serial number of the car in stock.

        :return: ``stock.lot`` record
        :raises UserError: the car has none yet
        """
        self.ensure_one()
        if not self.sudo().lot_id:
            raise UserError(
                self.env._(
                    "%(car)s was never received into stock: it has no serial number yet. Receive it first.",
                    car=self.display_name,
                )
            )
        return self.lot_id
