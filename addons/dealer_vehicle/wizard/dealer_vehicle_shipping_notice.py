import re
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..tools import vin as vin_tools

SEPARATOR = re.compile(r"[;；\t|,，]")
COLUMNS = ("order_no", "vin", "engine_no", "certificate_no", "announcement_model")


class DealerVehicleShippingNotice(models.TransientModel):
    """The maker tells which VIN each ordered car has (P1)."""

    _name = "dealer.vehicle.shipping.notice"
    _description = "Shipping Notice"

    company_id = fields.Many2one("res.company", required=True, readonly=True, default=lambda self: self.env.company)
    purchase_id = fields.Many2one(
        "purchase.order", "Order", readonly=True, help="Only cars of this order; empty: all cars on order."
    )
    date_shipped = fields.Date("Shipped on", required=True, default=fields.Date.context_today)
    carrier_id = fields.Many2one("res.partner", "Carrier", help="Who brings the cars; claims for damage go there.")
    text = fields.Text(
        "List",
        help="One car a line, columns separated by semicolon, comma or tab: maker's order number; VIN; engine number; "
        "certificate number; announcement model. Only the first two are needed.",
    )
    line_ids = fields.One2many(
        "dealer.vehicle.shipping.notice.line", "notice_id", compute="_compute_line_ids", store=True, readonly=False
    )
    ready_count = fields.Integer(compute="_compute_counts")
    refused_count = fields.Integer(compute="_compute_counts")

    @api.depends("text", "purchase_id")
    def _compute_line_ids(self):
        for notice in self:
            rows = notice._parse_text()
            notice.line_ids = [Command.clear(), *(Command.create(row) for row in rows)]

    @api.depends("line_ids.message", "line_ids.is_refused")
    def _compute_counts(self):
        for notice in self:
            notice.refused_count = len(notice.line_ids.filtered("is_refused"))
            notice.ready_count = len(notice.line_ids) - notice.refused_count

    def _parse_text(self):
        """Read the pasted list.

        :return: list of dicts, one per line that holds something; a heading is skipped
        """
        rows = []
        for number, text in enumerate((self.text or "").splitlines(), start=1):
            cells = [cell.strip().strip('"') for cell in SEPARATOR.split(text)]
            row = {name: cell for name, cell in zip(COLUMNS, cells, strict=False) if cell}
            is_heading = number == 1 and not vin_tools.is_possible(vin_tools.normalise(row.get("vin")))
            if row and not (is_heading and "vin" in text.lower()):
                rows.append({"sequence": number, **row})
        return rows

    def action_check(self):
        """Show the list again with what would be refused."""
        return self._reopen()

    def action_apply(self):
        """Fill in the VINs of the accepted lines; the refused ones stay on the screen.

        :return: the dialogue with the refused lines, or the cars when there are none
        :raises UserError: nothing can be filled in
        """
        self.ensure_one()
        ready = self.line_ids.filtered(lambda line: not line.is_refused)
        if not ready:
            raise UserError(
                self.env._("No line of the list can be filled in. Read the reason beside each line, correct the list.")
            )
        cars = ready.vehicle_id
        ready._fill_in()
        refused = self.line_ids - ready
        if refused:
            ready.unlink()
            return self._reopen()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_action")
        return {**action, "domain": [("id", "in", cars.ids)], "context": {}}

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Shipping Notice"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }


class DealerVehicleShippingNoticeLine(models.TransientModel):
    _name = "dealer.vehicle.shipping.notice.line"
    _description = "Line of a Shipping Notice"
    _order = "sequence, id"

    notice_id = fields.Many2one("dealer.vehicle.shipping.notice", required=True, ondelete="cascade")
    sequence = fields.Integer("Line")
    order_no = fields.Char("Maker's Order Number")
    vin = fields.Char("VIN")
    engine_no = fields.Char("Engine or Motor Number")
    certificate_no = fields.Char("Quality Certificate Number")
    announcement_model = fields.Char()
    vehicle_id = fields.Many2one("dealer.vehicle", "Car", compute="_compute_check")
    is_refused = fields.Boolean(compute="_compute_check")
    message = fields.Char("Remark", compute="_compute_check", help="Why the line is refused, or what to look at.")

    @api.depends("order_no", "vin", "notice_id.line_ids.vin", "notice_id.line_ids.order_no")
    def _compute_check(self):
        """Check all lines of a notice with a fixed number of queries."""
        for notice, lines in self.grouped("notice_id").items():
            cars = lines._find_cars(notice)
            for line in lines:
                line.vehicle_id = cars.get((line.order_no or "").upper(), False)
            facts = lines._get_facts(notice)
            for line in lines:
                error, warning = line._check_line(notice, facts)
                line.is_refused = bool(error)
                line.message = error or warning

    def _get_facts(self, notice):
        """Read once what the lines are checked against.

        :return: dict: ``owners`` {VIN: the company's car}, ``lots`` {VIN: ``stock.lot``}, ``lines`` {VIN or order
            number in capitals: lines of the list with it}
        """
        vins = [vin_tools.normalise(line.vin) for line in self]
        identities = self.env["dealer.vin"].sudo()._get_by_vin([vin for vin in vins if vin])
        lines = defaultdict(self.browse)
        for line, vin in zip(self, vins, strict=True):
            for key in {vin, (line.order_no or "").upper()} - {""}:
                lines[key] |= line
        return {
            "owners": self._find_owners_of_vins(notice),
            "lots": {identity.vin: identity.lot_id for identity in identities},
            "lines": lines,
        }

    def _find_cars(self, notice):
        """Return the ordered cars these lines mean, by order number."""
        numbers = [line.order_no for line in self if line.order_no]
        domain = Domain("company_id", "=", (notice.company_id or self.env.company).id) & Domain(
            "maker_order_no", "in", numbers + [number.upper() for number in numbers]
        )
        if notice.purchase_id:
            domain &= Domain("purchase_line_id.order_id", "in", notice.purchase_id._origin.ids)
        cars = self.env["dealer.vehicle"].search(domain)
        return {car.maker_order_no.upper(): car for car in cars}

    def _find_owners_of_vins(self, notice):
        """Return the company's cars that have these VINs already, by VIN; archived ones too."""
        vins = [vin_tools.normalise(line.vin) for line in self]
        cars = (
            self.env["dealer.vehicle"]
            .with_context(active_test=False)
            .search(
                [("vin_id.vin", "in", vins), ("company_id", "=", (notice.company_id or self.env.company).id)],
            )
        )
        return {car.vin: car for car in cars}

    def _check_line(self, notice, facts):
        """Return why this line is refused and what is worth a look.

        :param dict facts: see ``_get_facts``
        :return: (error or False, warning or False), sentences
        """
        vin, car = vin_tools.normalise(self.vin), self.vehicle_id
        if not car:
            return self._get_unknown_order_message(notice), False
        if not vin_tools.is_possible(vin):
            return self.env["dealer.vin"]._get_impossible_message(self.vin or "", vin), False
        if len(facts["lines"][vin]) > 1 or len(facts["lines"][self.order_no.upper()]) > 1:
            return self.env._("The VIN or the order number stands in this list twice."), False
        if car.arrival_date and car.vin != vin:
            return self.env._("%(car)s has arrived under another VIN already.", car=car.display_name), False
        return self._check_vin(vin, car, facts)

    def _get_unknown_order_message(self, notice):
        if not self.order_no:
            return self.env._("The maker's order number is missing.")
        if notice.purchase_id:
            return self.env._(
                "%(order)s has no car with the order number %(number)s.",
                order=notice.purchase_id.name,
                number=self.order_no,
            )
        return self.env._("No car on order has the order number %(number)s.", number=self.order_no)

    def _check_vin(self, vin, car, facts):
        owner = facts["owners"].get(vin)
        # Another line of the list gives the owner another VIN: the two swap.
        swaps = owner and facts["lines"][(owner.maker_order_no or "").upper()]
        if owner and owner != car and not swaps:
            return (
                self.env._(
                    "%(vin)s is %(car)s already. Check the VIN with the maker.", vin=vin, car=owner.display_name
                ),
                False,
            )
        lot = facts["lots"].get(vin)
        if lot and lot.product_id != car.product_id:
            return self.env._("%(vin)s is a %(product)s.", vin=vin, product=lot.product_id.display_name), False
        digit = car._get_vin_warning(vin)
        if digit and car.company_id.sudo().dealer_enforce_check_digit:
            return digit, False
        if car.vin and car.vin != vin:
            return False, self.env._("Replaces the VIN %(vin)s announced before.", vin=car.vin)
        return False, digit

    def _fill_in(self):
        """Give the cars their VINs and what else the maker says, log swaps, set them on their way."""
        self.vehicle_id.check_access("write")
        moved = self.filtered(lambda line: line.vehicle_id.vin and line.vehicle_id.vin != vin_tools.normalise(line.vin))
        before = {line.id: line.vehicle_id.vin for line in moved}
        # Two cars may swap their VINs: both give theirs up before either takes the other's.
        moved.vehicle_id.sudo()._give_up_vin()
        for line in self:
            line.vehicle_id.write(line._prepare_car())
            line._log(before.get(line.id))

    def _prepare_car(self):
        vals = {
            "vin": self.vin,
            # The list is the maker's word; a wrong check digit was shown before the list was filled in.
            "vin_confirmed": True,
            "shipped_date": self.vehicle_id.shipped_date or self.notice_id.date_shipped,
        }
        if vin_tools.normalise(self.vin) == self.vehicle_id.vin:
            del vals["vin"]
        if self.notice_id.carrier_id:
            vals["carrier_id"] = self.notice_id.carrier_id.id
        vals.update({name: self[name] for name in ("engine_no", "certificate_no", "announcement_model") if self[name]})
        return vals

    def _log(self, old_vin):
        vin = vin_tools.normalise(self.vin)
        if old_vin:
            body = self.env._("The maker's shipping notice replaces the VIN %(old)s by %(new)s.", old=old_vin, new=vin)
        else:
            body = self.env._("VIN %(vin)s announced by the maker's shipping notice.", vin=vin)
        warning = self.vehicle_id._get_vin_warning(vin)
        self.vehicle_id.message_post(body=" ".join(filter(None, [body, warning])))


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    def _give_up_vin(self):
        """Take announced VINs off cars that have not arrived, to give them others.

        The identity stays with the VIN; the car gets an empty one with what is known of the model.
        """
        for car in self.filtered("vin"):
            identity = car.vin_id
            empty = identity.copy({"vin": False, "vin_typed": False, "engine_no": False, "certificate_no": False})
            car.write({"vin_id": empty.id})
            if not identity.lot_id and not identity.with_context(active_test=False).vehicle_ids:
                identity.unlink()
