from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools import vin as vin_tools

DIFFERENCES = ("missing", "misplaced", "unknown")


class DealerVehicleCount(models.Model):
    """The cars of a site, counted by their VINs against the book.

    It never changes stock: a difference is closed with a reason, and mended by a transfer or a move.
    """

    _name = "dealer.vehicle.count"
    _description = "Count of Cars"
    _inherit = ["dealer.protected.mixin", "mail.thread"]
    _order = "date_start desc, id desc"
    _check_company_auto = True

    # Follow from the snapshot and the scans.
    _protected_fields = frozenset(
        {
            "name",
            "state",
            "company_id",
            "date_start",
            "date_closed",
            "user_id",
            "line_ids",
            "found_ids",
        }
    )

    name = fields.Char("Number", readonly=True, copy=False)
    site_id = fields.Many2one(
        "stock.warehouse",
        "Site",
        required=True,
        index=True,
        default=lambda self: self._default_site_id(),
        help="All cars that stand at this site by the book are expected, those in inspection too.",
    )
    company_id = fields.Many2one(related="site_id.company_id", store=True, index=True)
    user_id = fields.Many2one(
        "res.users", "Begun by", readonly=True, copy=False, default=lambda self: self.env.user, required=True
    )
    date_start = fields.Datetime("Begun on", readonly=True, copy=False, default=fields.Datetime.now, help="UTC.")
    date_closed = fields.Datetime("Closed on", readonly=True, copy=False, help="UTC.")
    state = fields.Selection(
        [("open", "Counting"), ("closed", "Closed"), ("cancelled", "Cancelled")],
        default="open",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    line_ids = fields.One2many("dealer.vehicle.count.line", "count_id", "Cars", readonly=True)
    difference_ids = fields.One2many(
        "dealer.vehicle.count.line", "count_id", "Differences", domain=[("result", "in", DIFFERENCES)]
    )
    found_ids = fields.One2many(
        "dealer.vehicle.count.line", "count_id", "Counted Cars", domain=[("result", "=", "found")], readonly=True
    )
    expected_count = fields.Integer("Expected", compute="_compute_counts")
    found_count = fields.Integer("Found", compute="_compute_counts")
    missing_count = fields.Integer("Missing", compute="_compute_counts")
    other_count = fields.Integer("Not Expected", compute="_compute_counts", help="Misplaced and unknown cars.")
    unexplained_count = fields.Integer(
        "Without Reason", compute="_compute_counts", help="Differences nobody has explained yet."
    )

    _one_open = models.UniqueIndex(
        "(site_id) WHERE state = 'open'", "This site is being counted already. Go on with that count."
    )

    @api.model
    def _default_site_id(self):
        own = self.env.user.dealer_site_ids.filtered(lambda site: site.company_id == self.env.company)
        return own[:1] or self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)], limit=1)

    @api.depends("line_ids.result", "line_ids.reason")
    def _compute_counts(self):
        Line = self.env["dealer.vehicle.count.line"]
        counts = {
            (count, result): number
            for count, result, number in Line._read_group(
                [("count_id", "in", self.ids)], ["count_id", "result"], ["__count"]
            )
        }
        unexplained = dict(
            Line._read_group(
                [("count_id", "in", self.ids), ("result", "in", DIFFERENCES), ("reason", "in", (False, ""))],
                ["count_id"],
                ["__count"],
            )
        )
        expected = dict(
            Line._read_group([("count_id", "in", self.ids), ("is_expected", "=", True)], ["count_id"], ["__count"])
        )
        for count in self:
            origin = count._origin
            count.expected_count = expected.get(origin, 0)
            count.found_count = counts.get((origin, "found"), 0)
            count.missing_count = counts.get((origin, "missing"), 0)
            count.other_count = counts.get((origin, "misplaced"), 0) + counts.get((origin, "unknown"), 0)
            count.unexplained_count = unexplained.get(origin, 0)

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        prepared = [{"site_id": vals.get("site_id") or self._default_site_id().id} for vals in vals_list]
        for vals in prepared:
            self._check_own_site(self.env["stock.warehouse"].browse(vals["site_id"]))
        counts = super().create(prepared)
        for count in counts:
            # The number and the snapshot are the system's; whoever may begin a count has them made.
            count.sudo().name = self.env["ir.sequence"].next_by_code("dealer.vehicle.count") or "/"
            count._take_snapshot()
        return counts

    def write(self, vals):
        if not self.env.su:
            self._refuse({"site_id"}.intersection(vals))
            if "difference_ids" in vals:
                self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        raise UserError(self.env._("A count is evidence and is kept. Cancel it instead."))

    def _check_open(self):
        for count in self.filtered(lambda count: count.state != "open"):
            raise UserError(self.env._("%(count)s is closed. Begin another count.", count=count.name))

    def _check_own_site(self, site):
        """Refuse people of other sites.

        :param site: ``stock.warehouse`` that is counted
        :raises UserError: names the site
        """
        own = self.env.user.dealer_site_ids
        if own and site not in own:
            raise UserError(self.env._("%(site)s is counted by its own people.", site=site.sudo().name))

    def _take_snapshot(self):
        """List the cars that ought to stand here, as the book says now."""
        cars = self.env["dealer.vehicle"].search(self._get_expected_domain())
        self.env["dealer.vehicle.count.line"].sudo().create(
            [{"count_id": self.id, "vehicle_id": car.id, "is_expected": True, "result": "missing"} for car in cars]
        )

    def _get_expected_domain(self):
        return Domain("place", "=", "at_site") & Domain("site_id", "=", self.site_id.id)

    # ------------------------------------------------------------------ scanning

    def scan(self, text):
        """Count the cars whose VINs were scanned or pasted; each counts once.

        :param str text: VINs, their last eight (or six) signs, or plates; one or many, a line each
        :return: list of {level: success, warning or danger, message: str}, one per code
        :raises UserError: the count is closed, or it is not the user's site
        """
        self.ensure_one()
        self.check_access("write")
        self._check_open()
        self._check_own_site(self.site_id)
        codes = self.env["dealer.vehicle"]._split_codes(text)
        index = self._index_lines()
        # What a scan writes is the system's: the person says what he saw, not what it means.
        return [self.sudo()._scan_one(code, index) for code in codes]

    def _index_lines(self):
        """Return the lines by every text a person may scan for their car, and by the car.

        :return: {text or car id: ``dealer.vehicle.count.line``}; several cars under one text share the entry
        """
        index = {}
        for line in self.sudo().line_ids:
            line._add_to_index(index)
        return index

    def _scan_one(self, code, index):
        lines = index.get(code)
        car = self.env["dealer.vehicle"] if lines else self._find_car(code)
        lines = lines or index.get(car.id)
        if not lines:
            lines = self._add_unexpected(code, car)
            lines._add_to_index(index)
            return lines._answer()
        if len(lines) > 1:
            message = self.env._("%(code)s: several cars end so. Scan the whole VIN.", code=code)
            return {"level": "warning", "message": message}
        if lines.date_scanned:
            message = self.env._("%(car)s was counted already.", car=lines._get_label())
            return {"level": "warning", "message": message}
        lines.write({"date_scanned": fields.Datetime.now(), "scanned_by_id": self.env.uid, "result": "found"})
        return lines._answer()

    def _find_car(self, code):
        """Return the company's car a code means (VIN, its end, or plate); empty when there is none, or several."""
        found = self.env["dealer.vehicle"]._find_by_code(code, code, 5)
        found = found.filtered(lambda car: car.company_id == self.company_id and car._is_meant_by(code))
        return found if len(found) == 1 else found.browse()

    def _add_unexpected(self, code, car):
        """Note a car nobody expected here: one that belongs elsewhere by the book, or one nobody knows.

        :param car: ``dealer.vehicle`` of the count's company, or empty
        """
        here = car.place == "at_site" and car.site_id == self.site_id
        return self.env["dealer.vehicle.count.line"].create(
            {
                "count_id": self.id,
                "vehicle_id": car.id,
                "code": code,
                # Received or brought here since the count began: the book says so too.
                "result": "found" if here else "misplaced" if car else "unknown",
                "book_place": car.place,
                "book_site_id": car.site_id.id,
                "date_scanned": fields.Datetime.now(),
                "scanned_by_id": self.env.uid,
            }
        )

    # ------------------------------------------------------------------ actions

    def action_close(self):
        """Close the count; its differences are explained.

        :return: True
        :raises UserError: a difference has no reason
        """
        self.check_access("write")
        self._check_open()
        for count in self:
            count._check_own_site(count.site_id)
            count.sudo()._note_cars_that_left()
            open_line = count.difference_ids.filtered(lambda line: not line.reason)[:1]
            if open_line:
                raise UserError(
                    self.env._(
                        "%(car)s: write the reason of the difference before you close %(count)s.",
                        car=open_line._get_label(),
                        count=count.name,
                    )
                )
        self.sudo().write({"state": "closed", "date_closed": fields.Datetime.now()})
        for count in self:
            count._post_result()
        return True

    def _note_cars_that_left(self):
        """Take cars off the missing ones that were sold or sent away while people counted."""
        missing = self.line_ids.filtered(lambda line: line.result == "missing")
        left = missing.filtered(
            lambda line: line.vehicle_id.place != "at_site" or line.vehicle_id.site_id != self.site_id
        )
        left.result = "left"

    def _post_result(self):
        self.message_post(
            body=self.env._(
                "Expected %(expected)s, found %(found)s, missing %(missing)s, not expected %(other)s.",
                expected=self.expected_count,
                found=self.found_count,
                missing=self.missing_count,
                other=self.other_count,
            )
        )

    def action_cancel(self):
        """Drop a count that was begun by mistake; what was scanned is kept."""
        self.check_access("write")
        self._check_open()
        self.sudo().state = "cancelled"
        return True

    def action_open_lines(self):
        """Open the lines of the count, for grouping, filtering and export."""
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_count_line_action")
        action["domain"] = [("count_id", "in", self.ids)]
        return action


class DealerVehicleCountLine(models.Model):
    """A car that was expected or seen at a count."""

    _name = "dealer.vehicle.count.line"
    _description = "Counted Car"
    _order = "result desc, id"
    _rec_name = "vehicle_id"
    _check_company_auto = True

    count_id = fields.Many2one("dealer.vehicle.count", "Count", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="count_id.company_id", store=True, index=True)
    site_id = fields.Many2one(related="count_id.site_id", store=True)
    count_state = fields.Selection(related="count_id.state", string="State of the Count")
    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", readonly=True, index="btree_not_null", ondelete="restrict", check_company=True
    )
    vin = fields.Char(related="vehicle_id.vin")
    code = fields.Char("Scanned", readonly=True, help="What was scanned for a car that was not expected.")
    is_expected = fields.Boolean("Expected", readonly=True)
    result = fields.Selection(
        [
            ("found", "Found"),
            ("missing", "Missing"),
            ("misplaced", "Misplaced"),
            ("unknown", "Unknown"),
            ("left", "Left Meanwhile"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    book_place = fields.Selection(
        selection=lambda self: self.env["dealer.vehicle"]._fields["place"]._description_selection(self.env),
        string="Place by the Book",
        readonly=True,
    )
    book_site_id = fields.Many2one("stock.warehouse", "Site by the Book", readonly=True)
    date_scanned = fields.Datetime("Scanned on", readonly=True, help="UTC.")
    scanned_by_id = fields.Many2one("res.users", "Scanned by", readonly=True)
    reason = fields.Char(help="Why the car is not where the book has it, and what is done about it.")

    _car_once = models.UniqueIndex(
        "(count_id, vehicle_id) WHERE vehicle_id IS NOT NULL", "This car is on the count already."
    )
    _code_once = models.UniqueIndex(
        "(count_id, code) WHERE vehicle_id IS NULL", "This VIN was counted already as unknown."
    )

    def write(self, vals):
        if not self.env.su:
            if vals.keys() - {"reason"}:
                raise UserError(self.env._("Only the reason of a difference is typed; the rest comes from scanning."))
            self.count_id._check_open()
            for count in self.count_id:
                count._check_own_site(count.site_id)
        return super().write(vals)

    def action_transfer_here(self):
        """Open a transfer that brings misplaced cars into the book of the site they stand at.

        :raises UserError: a car is not in stock of another site
        """
        vehicles = self.vehicle_id
        for vehicle in vehicles.filtered(lambda vehicle: vehicle.place != "at_site" or vehicle.site_id in self.site_id):
            raise UserError(
                self.env._(
                    "%(car)s is not in stock of another site. Look at the car: what has to be booked?",
                    car=vehicle.display_name,
                )
            )
        action = vehicles.action_transfer()
        action["context"] = {**action["context"], "default_site_to_id": self.site_id.id}
        return action

    def _get_label(self):
        return self.vehicle_id.display_name or self.code

    def _get_keys(self):
        """Return what a person may scan for this line's car."""
        vin = self.vehicle_id.vin or ""
        return {key for key in (vin, vin[-8:], vin[-6:], self.vehicle_id.plate_normalised, self.code) if key}

    def _add_to_index(self, index):
        for key in self._get_keys():
            index[key] = index.get(key, self.browse()) | self
        if self.vehicle_id:
            index[self.vehicle_id.id] = self

    def _answer(self):
        """Return what the person who scans reads."""
        car = self._get_label()
        if self.result == "found":
            return {"level": "success", "message": self.env._("%(car)s: counted", car=car)}
        if self.result == "unknown":
            kind = "danger" if vin_tools.is_possible(self.code) else "warning"
            return {"level": kind, "message": self.env._("%(code)s: nobody knows this car", code=car)}
        places = dict(self._fields["book_place"]._description_selection(self.env))
        where = self.book_site_id.name or places.get(self.book_place) or "-"
        if self.book_place not in ("at_site", False):
            where = places[self.book_place]
        return {"level": "danger", "message": self.env._("%(car)s: by the book %(place)s", car=car, place=where)}
