from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..models.dealer_vehicle_origin import SOURCES
from ..tools import vin as vin_tools

# Where the buyer of a private person's car issues the sales invoice himself
REVERSE_ISSUE_COUNTRIES = ("CN",)


class DealerVehicleIntake(models.TransientModel):
    """Takes in one car that comes from somebody else than an order to the maker.

    Bought: a confirmed purchase order that names the car. On consignment or as an agent of the maker: the terms, and a
    receipt of stock that stays its owner's. Either way the car waits for its receiving inspection.
    """

    _name = "dealer.vehicle.intake"
    _description = "Take In a Car"
    _check_company_auto = True

    kind = fields.Selection(
        [("buy", "Buy"), ("consignment", "Consignment"), ("agency", "Agency")], default="buy", required=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    site_id = fields.Many2one(
        "stock.warehouse",
        "Site",
        required=True,
        check_company=True,
        default=lambda self: self._default_site_id(),
        help="Where the car is received and inspected.",
    )
    # The car
    vin = fields.Char("VIN", required=True, help="Type or scan it; what it tells of the car is filled in.")
    vin_confirmed = fields.Boolean("VIN Confirmed", help="The check digit is wrong, and you compared it with the car.")
    vin_warning = fields.Char(compute="_compute_vin_warning")
    vehicle_id = fields.Many2one("dealer.vehicle", "Known Car", compute="_compute_vehicle_id", compute_sudo=True)
    decoded = fields.Char("The VIN Says", readonly=True)
    brand_id = fields.Many2one("fleet.vehicle.model.brand", "Brand")
    series_id = fields.Many2one(
        "fleet.vehicle.model", "Series", domain="[('brand_id', '=?', brand_id)]", help="Type a new name to create it."
    )
    product_id = fields.Many2one(
        "product.product",
        "New Car",
        domain="[('is_vehicle', '=', True), ('is_used_template', '=', False)]",
        check_company=True,
        help="For new cars. Used cars are traded as the used car of their series.",
    )
    trim_name = fields.Char("Trim")
    model_year = fields.Integer()
    colour_exterior = fields.Char("Exterior Colour")
    colour_interior = fields.Char("Interior Colour")
    odometer_km = fields.Integer("Mileage (km)")
    plate = fields.Char()
    # Seller or owner
    partner_id = fields.Many2one("res.partner", "Seller or Owner", required=True, check_company=True)
    source = fields.Selection(
        SOURCES, compute="_compute_source", store=True, precompute=True, readonly=False, required=True
    )
    tax_regime = fields.Selection(
        selection=lambda self: self.env["dealer.vehicle"]._fields["tax_regime"]._description_selection(self.env),
        compute="_compute_tax_regime",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        help="Decides how the later sale is taxed. It stays as it is once the car is received; ask your tax adviser.",
    )
    title_number = fields.Char(help="Number of the vehicle title, as printed on it.")
    has_title = fields.Boolean("Title Handed Over", help="We have it in hand; otherwise the seller still keeps it.")
    # Money
    price = fields.Monetary("Purchase Price", help="What we pay for the car, without tax that is charged on top.")
    asking_price = fields.Monetary()
    floor_price = fields.Monetary("Lowest Price")
    # Terms of a car that stays its owner's
    settle_kind = fields.Selection(
        [("commission", "Commission in Percent"), ("fixed", "Fixed Amount to the Owner")], default="commission"
    )
    commission_percent = fields.Float("Commission (%)", digits=(5, 2))
    amount_owner = fields.Monetary("Owner Gets")
    minimum_price = fields.Monetary("Owner's Minimum")
    commission_amount = fields.Monetary("Agreed Commission")
    date_until = fields.Date("Until")

    @api.model
    def _default_site_id(self):
        sites = self.env.user.dealer_site_ids.filtered(lambda site: site.company_id == self.env.company)
        return sites[:1] or self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)], limit=1)

    # ------------------------------------------------------------------ computes

    @api.depends("vin", "company_id")
    def _compute_vehicle_id(self):
        Vehicle = self.env["dealer.vehicle"]
        # Cars of a company the user does not work in are none of his business, whatever the client sent.
        companies = self.sudo(False).env.companies
        for intake in self:
            vin = vin_tools.normalise(intake.vin) if intake.company_id in companies else None
            intake.vehicle_id = Vehicle._find_known_car(vin, intake.company_id) if vin else Vehicle

    @api.depends("vin")
    def _compute_vin_warning(self):
        for intake in self:
            intake.vin_warning = self.env["dealer.vehicle"]._get_vin_warning(intake.vin)

    @api.depends("kind", "partner_id")
    def _compute_source(self):
        for intake in self:
            bought = "trade" if intake.partner_id.is_company else "private"
            intake.source = bought if intake.kind == "buy" else intake.kind

    @api.depends("source")
    def _compute_tax_regime(self):
        for intake in self:
            intake.tax_regime = "margin" if intake.source in ("private", "trade_in") else "standard"

    @api.onchange("vin")
    def _onchange_vin(self):
        self.vin = vin_tools.normalise(self.vin)
        if not vin_tools.is_possible(self.vin or ""):
            return
        self._fill_from_car() if self.vehicle_id else self._fill_from_vin()

    def _fill_from_vin(self):
        answer = self.env["dealer.vin.decoder"]._decode(self.vin, offline=True)
        facts = self.env["dealer.vehicle"]._get_decoded_facts(answer)
        for name in ("brand_id", "series_id", "model_year"):
            self[name] = facts.get(name, self[name])
        told = (answer["make"], answer["model"], answer["model_year"])
        self.decoded = " ".join(str(fact) for fact in told if fact) or False

    def _fill_from_car(self):
        car = self.vehicle_id
        for name in ("brand_id", "series_id", "trim_name", "model_year", "colour_exterior", "colour_interior", "plate"):
            self[name] = car[name] or self[name]
        self.odometer_km = car.odometer_km or self.odometer_km
        self.partner_id = self.partner_id or car.owner_id
        self.vin_confirmed = True

    @api.onchange("series_id")
    def _onchange_series_id(self):
        self.brand_id = self.series_id.brand_id or self.brand_id

    @api.onchange("product_id")
    def _onchange_product_id(self):
        template = self.product_id.product_tmpl_id
        if template:
            self.update(
                {"series_id": template.series_id, "trim_name": template.name, "model_year": template.model_year}
            )

    # ------------------------------------------------------------------ CRUD

    @api.model_create_multi
    def create(self, vals_list):
        intakes = super().create(vals_list)
        intakes._check_own_company()
        return intakes

    def write(self, vals):
        result = super().write(vals)
        self._check_own_company()
        return result

    def _check_own_company(self):
        if self.company_id - self.env.companies:
            raise AccessError(self.env._("Cars are taken in for the company you work in."))

    # ------------------------------------------------------------------ taking in

    def action_apply(self):
        """Take the car in: buy it, or receive it for its owner.

        :return: dict, opens the purchase order or the terms
        :raises UserError: what is missing, or where the car is already
        """
        self.ensure_one()
        self.check_access("write")
        self._check_complete()
        before = self.vehicle_id._get_buy_in_facts() if self.vehicle_id else None
        car = self._take_car()
        if self.kind == "buy":
            return self._buy(car, before)._get_records_action()
        return self._receive_for_owner(car)._get_records_action()

    def _check_complete(self):
        self._check_own_company()
        company = self.company_id.partner_id
        if self.partner_id.commercial_partner_id == company:
            raise UserError(self.env._("A car is not taken in from ourselves: choose its seller or owner."))
        if not self.series_id and not self.product_id and not self.vehicle_id.lot_id:
            raise UserError(self.env._("%(vin)s: choose the brand and the series of the car.", vin=self.vin))
        if self.kind == "buy" and self.currency_id.compare_amounts(self.price, 0.0) <= 0:
            raise UserError(self.env._("%(vin)s: type what we pay for the car.", vin=self.vin))
        self._check_not_at_sister()

    def _check_not_at_sister(self):
        # Stock of a sister company is not ours to name, but the car cannot come in twice.
        vin = vin_tools.normalise(self.vin)
        quants = self.env["stock.quant"].sudo()
        elsewhere = quants.search_count(
            [
                ("lot_id.dealer_vin_ids.vin", "=", vin),
                ("quantity", ">", 0),
                ("location_id.usage", "in", ("internal", "transit")),
                ("company_id", "!=", self.company_id.id),
            ],
            limit=1,
        )
        if elsewhere:
            raise UserError(
                self.env._(
                    "%(vin)s is in stock of another company of your group. It has to be sold there before it can "
                    "arrive here.",
                    vin=vin,
                )
            )

    def _take_car(self):
        """Return the car: the one known by this VIN with its new facts, or a new one."""
        vals = self._prepare_car()
        car = self.vehicle_id
        if car:
            car._check_may_come_in()
            # What it is bought in as follows from this purchase; before, it was a customer's car.
            car.sudo().write(vals)
        else:
            if not self.product_id:
                # The name of the entry for all used cars of the series is no trim.
                vals.setdefault("trim_name", False)
            vals.update(vin=self.vin, vin_confirmed=self.vin_confirmed, company_id=self.company_id.id)
            car = self.env["dealer.vehicle"].with_company(self.company_id).create(vals)
        car = car.with_env(self.env)
        self._note_plate_and_mileage(car)
        self._note_title(car)
        return car

    def _prepare_car(self):
        vals = {
            "active": True,
            "product_id": self._get_product().id,
            "condition": "new" if self.kind == "agency" else "used",
            "source": self.source,
            "tax_regime": self.tax_regime,
            "owner_id": False if self.kind == "agency" else self.partner_id.id,
        }
        facts = ("brand_id", "series_id", "trim_name", "model_year", "colour_exterior", "colour_interior")
        for name in (*facts, "asking_price", "floor_price"):
            if self[name]:
                vals[name] = self[name].id if isinstance(self[name], models.BaseModel) else self[name]
        return vals

    def _get_product(self):
        """Return what the car is traded as: its serial number decides for life, else its trim or its series."""
        identity = self.env["dealer.vin"].sudo()._get_by_vin([vin_tools.normalise(self.vin)])
        if identity.lot_id:
            return identity.lot_id.product_id
        if self.product_id and self.kind == "agency":
            return self.product_id
        return self.env["product.template"]._get_used_template(self.series_id).product_variant_id

    def _note_plate_and_mileage(self, car):
        if self.plate and self.plate != car.plate:
            self.env["dealer.vehicle.plate"].create(
                {"vehicle_id": car.id, "plate": self.plate, "partner_id": self.partner_id.id}
            )
        if self.odometer_km and self.odometer_km != car.odometer_km:
            self.env["dealer.vehicle.odometer"].create({"vehicle_id": car.id, "km": self.odometer_km})

    def _note_title(self, car):
        if not self.title_number and not self.has_title:
            return
        holder = self.company_id.partner_id if self.has_title else self.partner_id
        known = car.sudo().document_ids.filtered(lambda paper: paper.kind == "title")[:1]
        if known:
            known.write({"holder_id": holder.id, "number": self.title_number or known.number})
        else:
            self.env["dealer.vehicle.document"].create(
                {"vehicle_id": car.id, "kind": "title", "number": self.title_number, "holder_id": holder.id}
            )

    def _buy(self, car, before):
        """Return the confirmed purchase order of the car.

        :param before: facts of a known car before it was taken in, put back should the purchase be called off
        """
        order = self.env["purchase.order"].with_company(self.company_id).create(self._prepare_purchase(car))
        if before:
            order.order_line.sudo()._note_buy_in(before)
        order.button_confirm()
        return order

    def _prepare_purchase(self, car):
        line = {
            "product_id": car.product_id.id,
            "dealer_vehicle_id": car.id,
            "name": car.display_name,
            "product_qty": 1,
            "price_unit": self.price,
        }
        if self.tax_regime != "standard":
            # No input tax: the seller charged none, or the later sale is taxed on the margin.
            line["tax_ids"] = [Command.clear()]
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "picking_type_id": self.site_id.vehicle_in_type_id.id,
            "is_reverse_issued": self._is_reverse_issued(),
            "order_line": [Command.create(line)],
        }

    def _is_reverse_issued(self):
        """Tell whether we issue the invoice of this purchase ourselves: a private seller cannot (P21)."""
        private = self.source in ("private", "trade_in") and not self.partner_id.is_company
        return private and self.company_id.country_id.code in REVERSE_ISSUE_COUNTRIES

    def _receive_for_owner(self, car):
        """Return the terms under which the car is here; its receipt is ready for the stock keeper."""
        # Buyers agree on the terms by this dialogue only, and make no stock documents of their own.
        terms = self.env["dealer.vehicle.consignment"].sudo().create(self._prepare_consignment(car))
        terms._create_receipt(self.site_id)
        return terms.with_env(self.env)

    def _prepare_consignment(self, car):
        return {
            "vehicle_id": car.id,
            "kind": self.kind,
            "partner_id": self.partner_id.id,
            "user_id": self.env.uid,
            "settle_kind": "commission" if self.kind == "agency" else self.settle_kind,
            "commission_percent": self.commission_percent,
            "amount_owner": self.amount_owner,
            "commission_amount": self.commission_amount,
            "minimum_price": self.minimum_price,
            "date_until": self.date_until,
        }
