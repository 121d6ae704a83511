import base64

from odoo import api, fields, models
from odoo.tools import float_compare
from odoo.tools.misc import formatLang

from ..models.cost_rights import COST_GROUP
from ..tools import column_names, table_file
from ..tools import vin as vin_tools

# The more important first: a heading that fits two is given to the first.
FIELDS = (
    "order_no",
    "vin",
    "engine_no",
    "battery_no",
    "certificate_no",
    "announcement_model",
    "colour_exterior",
    "colour_interior",
    "cost",
)
CAR_FIELDS = ("battery_no", "colour_exterior", "colour_interior")
MAX_ROWS = 2_000  # cars of one notice: they are shown and checked on the screen


class DealerVehicleShippingNotice(models.TransientModel):
    """The notice as a file of the maker, whose columns are remembered per maker (P1)."""

    _name = "dealer.vehicle.shipping.notice"
    _inherit = ["dealer.vehicle.shipping.notice", "dealer.file.mixin"]

    partner_id = fields.Many2one(
        "res.partner",
        "Maker",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        help="Whose file it is: what its columns mean is remembered for the next one.",
    )
    file = fields.Binary(attachment=False, help="CSV or XLSX as the maker sends it. Formulas are not calculated.")
    file_name = fields.Char()
    file_message = fields.Char(compute="_compute_file_message")
    column_ids = fields.One2many(
        "dealer.vehicle.shipping.notice.column",
        "notice_id",
        "Columns",
        compute="_compute_column_ids",
        store=True,
        readonly=False,
    )

    @api.model
    def _get_file_fields(self):
        """Return what a column of a maker's file may be, as a selection."""
        # A dict: in a list of pairs the export of terms would take the names for terms.
        labels = {
            "order_no": self.env._("Maker's Order Number"),
            "vin": self.env._("VIN"),
            "engine_no": self.env._("Engine or Motor Number"),
            "battery_no": self.env._("Battery Number"),
            "certificate_no": self.env._("Quality Certificate Number"),
            "announcement_model": self.env._("Announcement Model"),
            "colour_exterior": self.env._("Exterior Colour"),
            "colour_interior": self.env._("Interior Colour"),
            "cost": self.env._("Price of the Car"),
        }
        return list(labels.items())

    @api.depends("purchase_id")
    def _compute_partner_id(self):
        for notice in self:
            notice.partner_id = notice.purchase_id.partner_id or notice.partner_id

    @api.depends("file", "partner_id")
    def _compute_column_ids(self):
        for notice in self:
            headings = []
            if notice.file:
                try:
                    headings = notice._open_file().headings
                except table_file.TableFileError:
                    headings = []  # said by file_message
            names = column_names.propose(headings, FIELDS, notice._get_mapping()._get_remembered())
            notice.column_ids = self._prepare_columns(headings, names)

    @api.depends("file", "column_ids.field_name", "column_ids.position")
    def _compute_line_ids(self):
        return super()._compute_line_ids()

    @api.depends("file", "column_ids.field_name")
    def _compute_file_message(self):
        for notice in self:
            notice.file_message = notice._check_file() if notice.file else False

    def _check_file(self):
        """Return why nothing can be taken from the file, or ``False``."""
        try:
            count = sum(1 for _row in self._open_file().rows)
        except table_file.TableFileError as error:
            return self._get_file_message(error)
        missing = {"order_no", "vin"} - set(self.column_ids.mapped("field_name"))
        if missing:
            labels = dict(self._get_file_fields())
            return self.env._(
                "Say below which column holds: %(columns)s.",
                columns=", ".join(labels[name] for name in sorted(missing)),
            )
        return False if count else self.env._("The file has headings and no rows: it announces no car.")

    def _get_mapping(self):
        return self.env["dealer.vehicle.file.mapping"].search(
            [
                ("partner_id", "=", self.partner_id.commercial_partner_id._origin.id),
                ("company_id", "=", (self.company_id or self.env.company).id),
            ],
            limit=1,
        )

    def _open_file(self):
        recognise = column_names.recognise(FIELDS, self._get_mapping()._get_remembered())
        data = base64.b64decode(self.with_context(bin_size=False).file)
        return table_file.read_table(data, recognise, MAX_ROWS)

    def _parse_text(self):
        return self._parse_file() if self.file else super()._parse_text()

    def _parse_file(self):
        """Read the rows of the file.

        :return: list of dicts like ``_parse_text``; empty while the file or its columns are not understood
        """
        columns = {column.position: column.field_name for column in self.column_ids if column.field_name}
        if not {"order_no", "vin"} <= set(columns.values()):
            return []
        try:
            return [self._parse_row(row, columns) for row in self._open_file().rows]
        except table_file.TableFileError:
            return []  # said by file_message

    def _parse_row(self, row, columns):
        values = {"sequence": row.number}
        faults = []
        labels = dict(self._get_file_fields())
        for position, name in columns.items():
            text = row.cells[position] if position < len(row.cells) else ""
            if position in row.faults:
                faults.append(self._get_fault_message(labels[name], row.faults[position]))
            elif text and name == "cost":
                faults += self._parse_cost(text, values)
            elif text:
                values[name] = text
        return {**values, "fault": " ".join(faults)}

    def _parse_cost(self, text, values):
        if not self.env.user.has_group(COST_GROUP):
            return []
        cost = table_file.parse_number(text)
        if cost is None or cost < 0:
            return [self.env._("“%(text)s” is no price.", text=text)]
        values["cost"] = cost
        return []

    def action_apply(self):
        """Fill in, and remember what the maker's columns mean."""
        if self.file and self.partner_id:
            mapping = self._get_mapping() or self.env["dealer.vehicle.file.mapping"].create(
                {"partner_id": self.partner_id.commercial_partner_id.id, "company_id": self.company_id.id}
            )
            mapping._remember([(column.heading, column.field_name or "") for column in self.column_ids])
        return super().action_apply()


class DealerVehicleShippingNoticeColumn(models.TransientModel):
    _name = "dealer.vehicle.shipping.notice.column"
    _description = "Column of a Shipping Notice"
    _order = "position, id"
    _rec_name = "heading"

    notice_id = fields.Many2one("dealer.vehicle.shipping.notice", required=True, ondelete="cascade")
    position = fields.Integer(help="Counted from 0.")
    heading = fields.Char("Column of the File")
    field_name = fields.Selection("_selection_field_name", "Means", help="Empty: the column is left out.")

    def _selection_field_name(self):
        return self.env["dealer.vehicle.shipping.notice"]._get_file_fields()


class DealerVehicleShippingNoticeLine(models.TransientModel):
    _inherit = "dealer.vehicle.shipping.notice.line"

    battery_no = fields.Char("Battery Number")
    colour_exterior = fields.Char("Exterior Colour")
    colour_interior = fields.Char("Interior Colour")
    cost = fields.Float(
        "Price",
        digits="Product Price",
        groups=COST_GROUP,
        help="What the maker charges for this very car, without tax, in the order's currency. 0: not said.",
    )
    fault = fields.Char(help="Why a cell of the file cannot be read.")
    swap_vehicle_id = fields.Many2one(
        "dealer.vehicle", "VIN announced for", compute="_compute_check", help="Another car of the order has this VIN."
    )
    is_swap = fields.Boolean(
        "Swap", help="The maker exchanged the VINs: this car gets it, the other car gets this one's."
    )

    @api.depends("is_swap", "fault")
    def _compute_check(self):
        self.swap_vehicle_id = False
        return super()._compute_check()

    def _check_line(self, notice, facts):
        if self.fault:
            return self.fault, False
        error, warning = super()._check_line(notice, facts)
        if error or not self.env.user.has_group(COST_GROUP):
            return error, warning
        return False, " ".join(filter(None, [warning, self._get_cost_message()])) or False

    def _check_vin(self, vin, car, facts):
        other = facts["owners"].get(vin)
        if not other or not self._can_swap(other, facts):
            return super()._check_vin(vin, car, facts)
        self.swap_vehicle_id = other
        if self.is_swap:
            return False, self.env._(
                "Takes the VIN from %(other)s, which gets %(vin)s.", other=other.display_name, vin=car.vin or "-"
            )
        message = self.env._(
            "%(vin)s was announced for %(other)s. If the maker swapped the cars, tick “Swap”.",
            vin=vin,
            other=other.display_name,
        )
        return message, False

    def _can_swap(self, other, facts):
        """Tell whether the maker may have exchanged the VINs: of two like cars of one order on their way."""
        car = self.vehicle_id
        order = car.sudo().purchase_line_id.order_id
        return bool(
            order
            and other != car
            and other.sudo().purchase_line_id.order_id == order
            and other.product_id == car.product_id
            and not (other.arrival_date or car.arrival_date)
            and not facts["lines"][(other.maker_order_no or "").upper()]
        )

    # ------------------------------------------------------------------ price

    def _get_cost_message(self):
        line = self.vehicle_id.sudo().purchase_line_id
        if not self._has_new_cost(line):
            return False
        obstacle = self._get_cost_obstacle(line)
        new, old = (formatLang(self.env, price, dp="Product Price") for price in (self.cost, line.price_unit))
        if obstacle:
            return self.env._(
                "Price %(new)s is not taken, %(old)s is ordered: %(reason)s.",
                new=new,
                old=old,
                reason=obstacle,
            )
        return self.env._("Price %(new)s instead of %(old)s.", new=new, old=old)

    def _has_new_cost(self, line):
        digits = self.env["decimal.precision"].precision_get("Product Price")
        return bool(self.cost and line and float_compare(self.cost, line.price_unit, precision_digits=digits))

    def _get_cost_obstacle(self, line):
        """Return why the price of an order line stays, or ``False``."""
        if not self.env["purchase.order.line"].has_access("write"):
            return self.env._("only a buyer changes it")
        if line.qty_invoiced or line.qty_received:
            return self.env._("the car is billed or received")
        return self.env._("the order is locked") if line.order_id.locked else False

    def _write_costs(self):
        """Write the prices of the file to the order lines and say so on the orders."""
        for order, lines in self.grouped(lambda line: line.vehicle_id.sudo().purchase_line_id.order_id).items():
            texts = []
            for line in lines:
                bought = line.vehicle_id.sudo().purchase_line_id
                message = line._get_cost_message()
                if not message:
                    continue
                texts.append(f"{line.vehicle_id.vin}: {message}")
                if not line._get_cost_obstacle(bought):
                    bought.sudo(False).with_env(self.env).price_unit = line.cost
            if texts:
                order.message_post(body=self.env._("The maker's shipping file: %(prices)s", prices=" ".join(texts)))

    # ------------------------------------------------------------------ filling in

    def _prepare_car(self):
        return {**super()._prepare_car(), **{name: self[name] for name in CAR_FIELDS if self[name]}}

    def _fill_in(self):
        swaps = [
            (line.swap_vehicle_id, line.vehicle_id.vin, vin_tools.normalise(line.vin), line.vehicle_id)
            for line in self
            if line.is_swap and line.swap_vehicle_id
        ]
        for other, _old, _vin, _car in swaps:
            # Before the car takes the VIN nobody may have it.
            other.check_access("write")
            other.sudo()._give_up_vin()
        super()._fill_in()
        for other, old, vin, car in swaps:
            other._take_swapped_vin(old, vin, car)
        if self.env.user.has_group(COST_GROUP):
            self._write_costs()


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    def _take_swapped_vin(self, vin, lost, car):
        """Give the car the VIN of the one that got its own, and log it.

        :param str vin: normalised, or nothing: then this car waits for its VIN again
        :param str lost: the VIN it had until now
        :param car: ``dealer.vehicle`` that got it
        """
        self.ensure_one()
        if vin:
            self.write({"vin": vin, "vin_confirmed": True})
        else:
            self.shipped_date = False
        self.message_post(
            body=self.env._(
                "The maker swapped VINs: %(lost)s is %(car)s now, this car gets %(vin)s.",
                lost=lost,
                car=car.display_name,
                vin=vin or "-",
            )
        )
