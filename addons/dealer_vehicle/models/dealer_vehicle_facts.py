from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

FACT_FIELDS = ("place", "claim", "title")
LEFT = ("with_customer", "gone")  # places of cars that are not here any more


class DealerVehicle(models.Model):
    """Three facts of a car: where it is, who may have it, whose it is.

    They follow from stock, holds, orders, bills and custody of papers, in batch, and are
    stored so that lists can filter by them (P2).
    """

    _inherit = "dealer.vehicle"

    place = fields.Selection(
        [
            ("ordered", "Ordered"),
            ("in_transit", "In Transit"),
            ("at_site", "At Site"),
            ("with_customer", "With Customer"),
            ("gone", "Gone"),
        ],
        compute="_compute_place",
        store=True,
        help="Where the car is, seen by this company.",
    )
    claim = fields.Selection(
        [("free", "Free"), ("held", "Held"), ("sold", "Sold")],
        compute="_compute_claim",
        store=True,
        help="Whether the car is promised to somebody. Empty for cars that were never ours.",
    )
    title = fields.Selection(
        [
            ("maker", "Maker"),
            ("bank", "Bank"),
            ("ours", "Ours"),
            ("customer", "Customer"),
            ("third", "Third Party"),
        ],
        string="Property of",
        compute="_compute_title",
        store=True,
        help="Whose the car is: the maker's until billed, a bank's while it keeps the papers, a third "
        "party's on consignment.",
    )
    site_id = fields.Many2one("stock.warehouse", "Site", compute="_compute_place", store=True)
    location_id = fields.Many2one("stock.location", "Location", compute="_compute_place", store=True)
    is_inspected = fields.Boolean(
        "Inspected", compute="_compute_place", store=True, help="The receiving inspection let the car pass."
    )
    arrival_date = fields.Date(
        "Arrived on",
        compute="_compute_place",
        store=True,
        copy=False,
        help="Day this company received the car, in the company's timezone; empty before.",
    )
    age_date = fields.Date(
        "Ageing since",
        compute="_compute_place",
        store=True,
        copy=False,
        help="First day one of our companies had the car: a transfer between them does not make it young.",
    )
    days_in_stock = fields.Integer(
        compute="_compute_days_in_stock", search="_search_days_in_stock", help="0 when the car is not in stock."
    )
    is_available = fields.Boolean(
        "Available",
        compute="_compute_is_available",
        search="_search_is_available",
        help="At a site, inspected, promised to nobody and without a stop-sale.",
    )

    # ------------------------------------------------------------------ place

    @api.depends(
        "vin_id.lot_id.quant_ids.quantity",
        "vin_id.lot_id.quant_ids.location_id",
        "vin_id.lot_id.quant_ids.location_id.warehouse_id",
        "purchase_line_id.state",
        "shipped_date",
        "product_id",
    )
    def _compute_place(self):
        quants = self._get_stock_quants()
        for vehicle in self.sudo():
            mine, elsewhere = quants.get((vehicle.vin_id.lot_id.id, vehicle.company_id.id), (None, None))
            came_back = vehicle.place == "with_customer"
            vehicle.place = vehicle._get_place(mine, elsewhere)
            location = mine.location_id if mine else self.env["stock.location"]
            vehicle.location_id = location
            vehicle.site_id = location.warehouse_id or vehicle._get_expected_site()
            vehicle.is_inspected = bool(mine) and not vehicle._is_inspection_location(location)
            vehicle._set_arrival(mine, came_back)

    def _get_stock_quants(self):
        """Return where the cars stand, in one query for any number of cars.

        :return: {(lot id, company id): (own ``stock.quant`` or empty, any other quant or empty)}
        """
        Quant = self.env["stock.quant"].sudo()
        lots = self.sudo().vin_id.lot_id
        result = {}
        if not lots:
            return result
        by_lot = Quant.search([("lot_id", "in", lots.ids), ("quantity", ">", 0)]).grouped("lot_id")
        for vehicle in self.sudo():
            lot, company = vehicle.vin_id.lot_id, vehicle.company_id
            quants = by_lot.get(lot, Quant)
            mine = quants.filtered(
                lambda quant, company=company: quant.location_id.usage in ("internal", "transit")
                and quant.company_id == company
            )[:1]
            result[lot.id, company.id] = (mine, quants - mine)
        return result

    def _get_place(self, mine, elsewhere):
        """Return the place of one car as its company sees it.

        :param mine: quant in this company's stock or transit, or nothing
        :param elsewhere: quants anywhere else; another company's stock reads as "with customer"
        :return: str, a value of ``place``
        """
        if mine:
            return "in_transit" if mine.location_id.usage == "transit" else "at_site"
        line = self.purchase_line_id
        if line and not self.arrival_date:
            if line.state == "cancel":
                return "gone"
            return "in_transit" if self.shipped_date else "ordered"
        if not self.arrival_date:
            return "with_customer"
        lost = not elsewhere or all(quant.location_id.usage in ("supplier", "inventory") for quant in elsewhere)
        return "gone" if lost else "with_customer"

    def _get_expected_site(self):
        # An ordered car is expected at the site its order is for.
        if self.purchase_line_id and not self.arrival_date:
            return self.purchase_line_id.order_id.picking_type_id.warehouse_id
        return self.env["stock.warehouse"]

    def _is_inspection_location(self, location):
        """Tell whether cars in ``location`` still wait for their receiving inspection."""
        return location.is_vehicle_inspection

    def _set_arrival(self, mine, came_back):
        # The first day stays: what was set before is kept when the car moves or leaves, and a
        # car that comes back from a customer starts again.
        if not mine:
            self.arrival_date = self.arrival_date
            self.age_date = self.age_date
            return
        if self.arrival_date and not came_back:
            self.age_date = self.age_date or self.arrival_date
            return
        arrived = mine.in_date or fields.Datetime.now()
        self.arrival_date = self.company_id._get_day(arrived)
        self.age_date = min(filter(None, [self.arrival_date, self._get_group_age_date()]))

    def _get_group_age_date(self):
        """Return the first day of a sister company that sold us the car, or nothing (P5)."""
        seller = self.purchase_line_id.order_id.partner_id.commercial_partner_id
        sisters = self.vin_id.with_context(active_test=False).vehicle_ids.filtered(
            lambda vehicle: vehicle.age_date and vehicle.company_id.partner_id == seller
        )
        return min(sisters.mapped("age_date"), default=None)

    # ------------------------------------------------------------------ claim

    @api.depends(
        "place",
        "product_id",
        "purchase_line_id",
        "arrival_date",
        "hold_ids.state",
        "sale_line_ids.state",
        "sale_line_ids.product_uom_qty",
        "sale_line_ids.qty_delivered",
    )
    def _compute_claim(self):
        ours = self.filtered(lambda vehicle: vehicle._is_ours())
        (self - ours).claim = False
        here = ours.filtered(lambda vehicle: vehicle.place not in LEFT)
        promised = self.browse(here._get_promised_ids())
        (ours - here | promised).claim = "sold"
        held = (here - promised)._get_held_ids()
        for vehicle in here - promised:
            vehicle.claim = "held" if vehicle.id in held else "free"

    def _is_ours(self):
        """Tell whether the car is or was stock of its company (not one we only service)."""
        self.ensure_one()
        return bool(self.purchase_line_id or self.arrival_date)

    def _get_held_ids(self):
        return {
            vehicle.id
            for (vehicle,) in self.env["dealer.vehicle.hold"]
            .sudo()
            ._read_group([("vehicle_id", "in", self.ids), ("state", "=", "live")], ["vehicle_id"])
        }

    def _get_promised_ids(self):
        """Return ids of cars with a confirmed order line that is not delivered yet.

        A line that was delivered once says nothing of a car we bought back.
        """
        lines = (
            self.env["sale.order.line"]
            .sudo()
            .search([("dealer_vehicle_id", "in", self.ids), ("state", "=", "sale"), ("product_uom_qty", ">", 0)])
        )
        open_lines = lines.filtered(lambda line: line.qty_delivered < line.product_uom_qty)
        return set(open_lines.dealer_vehicle_id.ids)

    # ------------------------------------------------------------------ title

    @api.depends(
        "place",
        "claim",
        "purchase_line_id.invoice_lines.parent_state",
        "vin_id.lot_id.quant_ids.owner_id",
        "document_ids.kind",
        "document_ids.holder_id.is_vehicle_financier",
    )
    def _compute_title(self):
        here = self.filtered(lambda vehicle: vehicle.claim and vehicle.place not in LEFT)
        (self - here).title = "customer"
        pledged, billed, consigned = here._get_pledged_ids(), here._get_billed_ids(), here._get_consigned_ids()
        for vehicle in here:
            if vehicle.id in consigned:
                vehicle.title = "third"
            elif vehicle.purchase_line_id and vehicle.id not in billed:
                vehicle.title = "maker"
            else:
                vehicle.title = "bank" if vehicle.id in pledged else "ours"

    def _get_pledged_ids(self):
        return {
            vehicle.id
            for (vehicle,) in self.env["dealer.vehicle.document"]
            .sudo()
            ._read_group(
                [
                    ("vehicle_id", "in", self.ids),
                    ("kind", "in", ("certificate", "title", "import")),
                    ("holder_id.is_vehicle_financier", "=", True),
                ],
                ["vehicle_id"],
            )
        }

    def _get_billed_ids(self):
        lines = self.sudo().purchase_line_id
        billed = {
            line.id
            for (line,) in self.env["account.move.line"]
            .sudo()
            ._read_group([("purchase_line_id", "in", lines.ids), ("parent_state", "=", "posted")], ["purchase_line_id"])
        }
        return {vehicle.id for vehicle in self if vehicle.sudo().purchase_line_id.id in billed}

    def _get_consigned_ids(self):
        lots = self.sudo().vin_id.lot_id
        owned = (
            self.env["stock.quant"]
            .sudo()
            ._read_group(
                [
                    ("lot_id", "in", lots.ids),
                    ("quantity", ">", 0),
                    ("owner_id", "!=", False),
                    ("location_id.usage", "in", ("internal", "transit")),
                ],
                ["lot_id", "company_id", "owner_id"],
            )
        )
        foreign = {(lot, company) for lot, company, owner in owned if owner != company.partner_id}
        return {vehicle.id for vehicle in self if (vehicle.sudo().vin_id.lot_id, vehicle.company_id) in foreign}

    # ------------------------------------------------------------------ age, availability

    @api.depends("place", "age_date")
    def _compute_days_in_stock(self):
        today = fields.Date.context_today(self)
        for vehicle in self:
            vehicle.days_in_stock = (today - vehicle.age_date).days if vehicle._is_in_stock() else 0

    @api.model
    def _search_days_in_stock(self, operator, value):
        """Turn days into dates: no row is rewritten when a day passes (P5).

        :param str operator: any comparison or ``in``
        :param value: days (int), or a set of them
        """
        mirrored = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
        today = fields.Date.context_today(self)
        in_stock = self._get_stock_domain()
        if operator in mirrored:
            date = today - timedelta(days=int(value))
            domain = in_stock & Domain("age_date", mirrored[operator], date)
            matches_none = {">": 0 > value, ">=": 0 >= value, "<": 0 < value, "<=": 0 <= value}[operator]
        elif operator == "in":
            dates = [today - timedelta(days=int(days)) for days in value]
            domain = in_stock & Domain("age_date", "in", dates)
            matches_none = 0 in value
        else:
            return NotImplemented
        return domain | ~in_stock if matches_none else domain

    @api.depends("place", "claim", "has_stop_sale", "is_inspected")
    def _compute_is_available(self):
        for vehicle in self:
            vehicle.is_available = (
                vehicle.place == "at_site"
                and vehicle.claim == "free"
                and vehicle.is_inspected
                and not vehicle.has_stop_sale
            )

    @api.model
    def _search_is_available(self, operator, value):
        if operator != "in":
            return NotImplemented
        return (
            Domain("place", "=", "at_site")
            & Domain("claim", "=", "free")
            & Domain("is_inspected", "=", True)
            & Domain("vin_id.has_stop_sale", "=", False)
        )

    # ------------------------------------------------------------------ hook

    def _facts_changed(self):
        """Derive the facts anew; for add-ons whose own events change them.

        Side effects: schedules the recomputation, the ORM writes the rows when it flushes.
        """
        for name in FACT_FIELDS:
            self.env.add_to_compute(self._fields[name], self)
