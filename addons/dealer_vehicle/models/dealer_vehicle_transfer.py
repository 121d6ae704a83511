from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools import vin as vin_tools
from ..tools.label import scanned_vin

OPEN_STATES = ("planned", "sent")


class DealerVehicleTransfer(models.Model):
    """Cars that go from one site to another of the same company, in two steps seen by both sites (P11).

    It moves nothing itself: each step is a transfer of Odoo's stock, through the company's transit location.
    """

    _name = "dealer.vehicle.transfer"
    _description = "Transfer of Cars"
    _inherit = ["dealer.protected.mixin", "mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    # Follow from the stock moves of the two steps.
    _protected_fields = frozenset({"name", "state", "date_sent", "date_arrived", "company_id"})

    name = fields.Char("Number", readonly=True, copy=False, index=True)
    company_id = fields.Many2one(related="site_from_id.company_id", store=True, index=True)
    site_from_id = fields.Many2one(
        "stock.warehouse", "From", required=True, index=True, default=lambda self: self._default_site_from_id()
    )
    site_to_id = fields.Many2one(
        "stock.warehouse",
        "To",
        required=True,
        index=True,
        domain="[('company_id', '=', company_id), ('id', '!=', site_from_id)]",
        check_company=True,
    )
    line_ids = fields.One2many("dealer.vehicle.transfer.line", "transfer_id", "Cars", copy=False)
    vehicle_count = fields.Integer("Number of Cars", compute="_compute_vehicle_count", store=True)
    state = fields.Selection(
        [("draft", "Planned"), ("sent", "Under Way"), ("done", "Arrived"), ("cancelled", "Cancelled")],
        compute="_compute_state",
        store=True,
        index=True,
        tracking=True,
        help="Follows from the stock moves of its cars.",
    )
    date_sent = fields.Datetime("Sent on", readonly=True, copy=False, help="UTC.")
    date_arrived = fields.Datetime("Arrived on", readonly=True, copy=False, help="UTC; when the last car was there.")
    carrier = fields.Char(help="Who drives or carries the cars.")
    warning = fields.Text(compute="_compute_warning")
    picking_ids = fields.Many2many("stock.picking", compute="_compute_picking_ids", string="Stock Transfers")

    _sites_differ = models.Constraint(
        "CHECK (site_from_id != site_to_id)", "A transfer goes to another site than it comes from."
    )

    @api.model
    def _default_site_from_id(self):
        vehicles = self.env["dealer.vehicle"].browse(self.env.context.get("dealer_transfer_vehicle_ids", []))
        return vehicles.site_id[:1]

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        vehicles = self.env["dealer.vehicle"].browse(self.env.context.get("dealer_transfer_vehicle_ids", []))
        if vehicles:
            values["line_ids"] = [Command.create({"vehicle_id": vehicle.id}) for vehicle in vehicles]
            others = self.env["stock.warehouse"].search(
                [("company_id", "=", vehicles.company_id.id), ("id", "!=", vehicles.site_id.id)], limit=2
            )
            if len(others) == 1:
                values["site_to_id"] = others.id
        return values

    @api.depends("line_ids")
    def _compute_vehicle_count(self):
        for transfer in self:
            transfer.vehicle_count = len(transfer.line_ids)

    @api.depends("line_ids.state")
    def _compute_state(self):
        for transfer in self:
            states = set(transfer.line_ids.mapped("state"))
            if not states or "planned" in states:
                transfer.state = "sent" if "sent" in states else "draft"
            elif "sent" in states:
                transfer.state = "sent"
            else:
                transfer.state = "cancelled" if states == {"cancelled"} else "done"

    @api.depends("line_ids.vehicle_id.claim", "site_from_id", "site_to_id")
    def _compute_warning(self):
        for transfer in self:
            promised = transfer.line_ids.filtered(lambda line: line.state in OPEN_STATES).vehicle_id
            texts = [vehicle._get_transfer_warning() for vehicle in promised]
            transfer.warning = "\n".join(filter(None, texts)) or False

    @api.depends("line_ids.move_out_id", "line_ids.move_in_id.picking_id")
    def _compute_picking_ids(self):
        for transfer in self:
            transfer.picking_ids = (transfer.line_ids.move_out_id | transfer.line_ids.move_in_id).picking_id

    @api.constrains("site_from_id", "line_ids")
    def _check_cars_at_site(self):
        for transfer in self.filtered(lambda transfer: transfer.state == "draft"):
            transfer.line_ids._check_may_go()

    def _prepare_create_values(self, vals_list):
        result = super()._prepare_create_values(vals_list)
        for vals in result:
            vals["name"] = self.env["ir.sequence"].next_by_code("dealer.vehicle.transfer") or "/"
        return result

    def write(self, vals):
        if {"site_from_id", "site_to_id"} & vals.keys():
            for transfer in self.filtered(lambda transfer: transfer.line_ids.move_out_id):
                raise UserError(
                    self.env._("%(transfer)s is on its way: its sites cannot change.", transfer=transfer.name)
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_moved(self):
        for transfer in self.filtered(lambda transfer: transfer.line_ids.move_out_id):
            raise UserError(self.env._("%(transfer)s has moved cars and is kept.", transfer=transfer.name))

    # ------------------------------------------------------------------ actions

    def action_send(self):
        """Let the cars leave their site; they are in transit until the other site takes them in.

        :return: True
        :raises UserError: no car, a car that may not go, or it is not the user's site
        """
        self.check_access("write")
        for transfer in self:
            lines = transfer.line_ids.filtered(lambda line: line.state == "planned")
            if not lines:
                raise UserError(self.env._("%(transfer)s has no car to send. Add cars.", transfer=transfer.name))
            transfer._check_own_site(transfer.site_from_id)
            lines._check_may_go()
            transfer.with_company(transfer.company_id)._send(lines)
        return True

    def action_arrived(self):
        """Take in all cars under way, undamaged; damaged ones go to the inspection.

        :return: True
        :raises UserError: nothing is under way, or it is not the user's site
        """
        self.check_access("write")
        for transfer in self:
            lines = transfer.line_ids.filtered(lambda line: line.state == "sent")
            if not lines:
                raise UserError(self.env._("%(transfer)s has no car under way. Send it first.", transfer=transfer.name))
            transfer._check_own_site(transfer.site_to_id)
            lines._take_in(transfer.site_to_id)
        return True

    def action_bring_back(self):
        """Book cars under way back to the site they came from."""
        self.check_access("write")
        for transfer in self:
            transfer._check_own_site(transfer.site_from_id)
            transfer.line_ids.filtered(lambda line: line.state == "sent")._take_in(transfer.site_from_id, home=True)
        return True

    def action_cancel(self):
        """Drop the cars that have not left yet."""
        self.check_access("write")
        for transfer in self:
            lines = transfer.line_ids.filtered(lambda line: line.state == "planned")
            if not lines:
                raise UserError(
                    self.env._("The cars of %(transfer)s have left. Bring them back instead.", transfer=transfer.name)
                )
            lines.sudo().is_cancelled = True
        return True

    def action_open_pickings(self):
        """Open the stock transfers of both steps."""
        action = self.env["ir.actions.act_window"]._for_xml_id("stock.action_picking_tree_all")
        action.update(domain=[("id", "in", self.picking_ids.ids)], context={"create": False})
        return action

    def scan(self, text):
        """Take in the cars whose VINs were scanned on their arrival.

        :param str text: VINs or their last signs, one or many, separated by anything
        :return: list of {level: success, warning or danger, message: str}, one per code
        :raises UserError: it is not the user's site
        """
        self.ensure_one()
        self.check_access("write")
        self._check_own_site(self.site_to_id)
        return [self._scan_one(code) for code in self.env["dealer.vehicle"]._split_codes(text)]

    def _scan_one(self, code):
        lines = self.line_ids.filtered(lambda line: line.vehicle_id._is_meant_by(code))
        if len(lines) > 1:
            message = self.env._("%(code)s: several cars end so. Scan the whole VIN.", code=code)
            return {"level": "warning", "message": message}
        if not lines:
            message = self.env._("%(code)s is not on this transfer. Put it aside and ask the sender.", code=code)
            return {"level": "danger", "message": message}
        if lines.state != "sent":
            state = dict(lines._fields["state"]._description_selection(self.env))[lines.state]
            message = self.env._("%(car)s: %(state)s", car=lines.vehicle_id.display_name, state=state)
            return {"level": "warning", "message": message}
        lines._take_in(self.site_to_id)
        return {"level": "success", "message": self.env._("%(car)s is here.", car=lines.vehicle_id.display_name)}

    def _check_own_site(self, site):
        """Refuse a step at a site the user does not work at.

        :raises UserError: names the site
        """
        own = self.env.user.dealer_site_ids
        if own and site not in own:
            raise UserError(
                self.env._(
                    "%(transfer)s: only people of %(site)s book this step.", transfer=self.name, site=site.sudo().name
                )
            )

    # ------------------------------------------------------------------ business

    def _send(self, lines):
        transit = self._get_transit_location()
        lines.vehicle_id._free_reservations()
        outgoing = self._create_picking(self.site_from_id, self.site_from_id.lot_stock_id, transit)
        incoming = self._create_picking(self.site_to_id, transit, self.site_to_id.lot_stock_id)
        out_moves = self.env["stock.move"].create([line._prepare_move(outgoing) for line in lines])
        in_moves = self.env["stock.move"].create([line._prepare_move(incoming) for line in lines])
        for line, out_move, in_move in zip(lines.sudo(), out_moves, in_moves, strict=True):
            in_move.move_orig_ids = out_move
            # Ours to write: the moves are the fact behind the line's state.
            line.write({"move_out_id": out_move.id, "move_in_id": in_move.id})
        (outgoing | incoming).action_confirm()
        outgoing.move_ids._action_assign()
        lines._check_reserved()
        outgoing.move_ids.picked = True
        outgoing._action_done()
        self.sudo().date_sent = fields.Datetime.now()

    def _renew_cancelled(self, lines):
        """Make the second step again where somebody cancelled it in Odoo's own screen: the car is still under way."""
        cancelled = lines.filtered(lambda line: line.move_in_id.state == "cancel")
        if cancelled:
            transit = self._get_transit_location()
            picking = self._create_picking(self.site_to_id, transit, self.site_to_id.lot_stock_id)
            for line in cancelled:
                line.sudo().move_in_id = self.env["stock.move"].create(line._prepare_move(picking))
            picking.action_confirm()

    def _get_transit_location(self):
        location = self.company_id.sudo().internal_transit_location_id
        # Core hides it until a resupply route needs it.
        location.active = True
        return location.sudo(False)

    def _create_picking(self, site, source, destination):
        return self.env["stock.picking"].create(
            {
                "picking_type_id": site.int_type_id.id,
                "location_id": source.id,
                "location_dest_id": destination.id,
                "origin": self.name,
                "company_id": self.company_id.id,
                "move_type": "direct",
            }
        )


class DealerVehicleTransferLine(models.Model):
    """A car of a transfer, with the two stock moves it makes."""

    _name = "dealer.vehicle.transfer.line"
    _description = "Car of a Transfer"
    _inherit = ["dealer.protected.mixin"]
    _order = "id"
    _rec_name = "vehicle_id"
    _check_company_auto = True

    _protected_fields = frozenset({"state", "move_out_id", "move_in_id", "is_cancelled"})

    transfer_id = fields.Many2one("dealer.vehicle.transfer", "Transfer", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="transfer_id.company_id", store=True, index=True)
    site_from_id = fields.Many2one(related="transfer_id.site_from_id", store=True)
    site_to_id = fields.Many2one(related="transfer_id.site_to_id", store=True)
    vehicle_id = fields.Many2one(
        "dealer.vehicle",
        "Car",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('place', '=', 'at_site'), ('site_id', '=', site_from_id)]",
    )
    vin = fields.Char(related="vehicle_id.vin")
    colour_exterior = fields.Char(related="vehicle_id.colour_exterior")
    claim = fields.Selection(related="vehicle_id.claim")
    damage = fields.Text(
        "Damage on Arrival", help="A car with damage goes to the inspection of the site instead of into stock."
    )
    move_out_id = fields.Many2one("stock.move", "Move Out", readonly=True, copy=False, index="btree_not_null")
    move_in_id = fields.Many2one("stock.move", "Move In", readonly=True, copy=False, index="btree_not_null")
    is_cancelled = fields.Boolean(readonly=True, copy=False)
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("sent", "Under Way"),
            ("arrived", "Arrived"),
            ("back", "Brought Back"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_state",
        store=True,
        help="Follows from the car's stock moves.",
    )

    _one_open = models.UniqueIndex(
        "(vehicle_id) WHERE state IN ('planned', 'sent')", "This car is on another transfer already."
    )

    @api.depends("move_out_id", "move_in_id", "is_cancelled")
    def _compute_state(self):
        # Not on the moves' own states: every stock move of the house would look for its transfer. They tell, below.
        for line in self:
            arrived, left = line.sudo().move_in_id, line.sudo().move_out_id
            if arrived.state == "done":
                line.state = "back" if line._is_home(arrived.location_dest_id) else "arrived"
            elif left.state == "done":
                line.state = "sent"
            else:
                line.state = "cancelled" if line.is_cancelled or left.state == "cancel" else "planned"

    @api.model_create_multi
    def create(self, vals_list):
        vehicles = self.env["dealer.vehicle"].browse([vals.get("vehicle_id") for vals in vals_list])
        vehicles._check_on_no_transfer()
        lines = super().create(vals_list)
        lines._check_may_go()
        return lines

    def write(self, vals):
        if not self.env.su:
            self._refuse({"transfer_id"}.intersection(vals))
        if "vehicle_id" in vals:
            if self.move_out_id:
                raise UserError(self.env._("The car has left already. Add a line for another car."))
            self.env["dealer.vehicle"].browse(vals["vehicle_id"])._check_on_no_transfer(but=self)
        result = super().write(vals)
        if "vehicle_id" in vals:
            self._check_may_go()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_moved(self):
        if self.move_out_id:
            raise UserError(self.env._("A car that has left stays on its transfer. Bring it back instead."))

    def action_arrived(self):
        """Take in the cars of these lines; a damaged one goes to the inspection."""
        self.check_access("write")
        for line in self:
            line.transfer_id._check_own_site(line.site_to_id)
            if line.state != "sent":
                raise UserError(self.env._("%(car)s is not under way.", car=line.vehicle_id.display_name))
            line._take_in(line.site_to_id)
        return True

    def _check_may_go(self):
        """Refuse cars that cannot leave the transfer's site.

        :raises UserError: names the car, why and what to do
        """
        for line in self.filtered(lambda line: line.state == "planned"):
            car, site = line.vehicle_id, line.transfer_id.site_from_id
            if car.company_id != site.company_id:
                raise ValidationError(
                    self.env._(
                        "%(car)s is of another company: between companies a car is sold, not transferred.",
                        car=car.display_name,
                    )
                )
            if car.place != "at_site" or car.site_id != site:
                raise UserError(
                    self.env._(
                        "%(car)s is not at %(site)s: transfer cars of one site at a time.",
                        car=car.display_name,
                        site=site.name,
                    )
                )
            if not car.is_inspected:
                raise UserError(
                    self.env._(
                        "%(car)s has not passed its receiving inspection. Close the inspection first, or take the "
                        "car off the transfer.",
                        car=car.display_name,
                    )
                )

    def _check_reserved(self):
        for line in self.filtered(lambda line: not line.move_out_id.move_line_ids):
            raise UserError(
                self.env._(
                    "%(car)s cannot leave: another stock transfer has it. Look at its stock moves.",
                    car=line.vehicle_id.display_name,
                )
            )

    def _prepare_move(self, picking):
        """Return the values of the car's move on one of the two stock transfers."""
        vehicle = self.vehicle_id
        leaves = picking.location_dest_id.usage == "transit"
        return {
            "picking_id": picking.id,
            "product_id": vehicle.product_id.id,
            "dealer_vehicle_id": vehicle.id,
            "product_uom_qty": 1,
            "location_id": (vehicle.location_id if leaves else picking.location_id).id,
            "location_dest_id": picking.location_dest_id.id,
            "picking_type_id": picking.picking_type_id.id,
            "origin": self.transfer_id.name,
            "company_id": self.company_id.id,
        }

    def _is_home(self, location):
        """Tell whether a car that arrived in ``location`` is back where the transfer took it from.

        Hook: transfers inside one site tell its places apart.
        """
        self.ensure_one()
        return location.warehouse_id == self.transfer_id.site_from_id

    def _take_in(self, site, home=False):
        """Post the arrival of cars under way at a site; damaged ones into its inspection.

        :param site: ``stock.warehouse``
        :param bool home: they come back to where they were sent from
        """
        for transfer, lines in self.grouped("transfer_id").items():
            transfer._renew_cancelled(lines)
            moves = lines.move_in_id.with_company(transfer.company_id)
            moves._do_unreserve()
            for line in lines:
                line.move_in_id.location_dest_id = line._get_destination(site, home)
            moves._action_assign()
            for picking, arriving in moves.grouped("picking_id").items():
                (picking.move_ids - arriving).picked = False
                arriving.picked = True
                picking._action_done()
            lines._report_damage()
            lines.vehicle_id._deliver_from(site)
            if transfer.state == "done":
                transfer.sudo().date_arrived = fields.Datetime.now()

    def _get_destination(self, site, home=False):
        """Return where a car is taken in. Hook: see :meth:`_take_in` for the parameters."""
        return site.vehicle_inspection_location_id if self.damage else site.lot_stock_id

    def _report_damage(self):
        damaged = self.filtered("damage")
        inspections = self.env["dealer.vehicle.inspection"].sudo().search([("move_id", "in", damaged.move_in_id.ids)])
        for line in damaged:
            inspection = inspections.filtered(lambda inspection, line=line: inspection.move_id == line.move_in_id)
            inspection.damage = line.damage
        inspections.action_report_damage()

    @api.model
    def _moves_changed(self, moves):
        """Derive the state of the lines of these moves anew.

        :param moves: ``stock.move`` that are done or cancelled now
        """
        lines = self.sudo().search(Domain("move_out_id", "in", moves.ids) | Domain("move_in_id", "in", moves.ids))
        lines.modified(["move_out_id"])


class StockMove(models.Model):
    _inherit = "stock.move"

    def _after_cars_moved(self):
        super()._after_cars_moved()
        self.env["dealer.vehicle.transfer.line"]._moves_changed(self)

    def _action_cancel(self):
        result = super()._action_cancel()
        cars = self.filtered("dealer_vehicle_id")
        if cars:
            self.env["dealer.vehicle.transfer.line"]._moves_changed(cars)
        return result


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    transfer_line_ids = fields.One2many("dealer.vehicle.transfer.line", "vehicle_id", "Transfers", readonly=True)

    def action_transfer(self):
        """Open a new transfer with these cars.

        :raises UserError: the cars are not at one site
        """
        if len(self.company_id) > 1 or len(self.site_id) != 1:
            raise UserError(self.env._("Choose cars of one site: a transfer goes from one site to another."))
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_transfer_action_new")
        action["context"] = {"dealer_transfer_vehicle_ids": self.ids}
        return action

    def _check_on_no_transfer(self, but=None):
        """Refuse cars that are on an open transfer already.

        :param but: ``dealer.vehicle.transfer.line`` they may be on
        :raises UserError: names the car and the transfer
        """
        domain = [
            ("vehicle_id", "in", self.ids),
            ("state", "in", OPEN_STATES),
            ("id", "not in", but.ids if but else []),
        ]
        for line in self.env["dealer.vehicle.transfer.line"].sudo().search(domain, limit=1):
            raise UserError(
                self.env._(
                    "%(car)s is on %(transfer)s already. Send or cancel that transfer.",
                    car=line.vehicle_id.display_name,
                    transfer=line.transfer_id.name,
                )
            )

    def _get_transfer_warning(self):
        """Return what whoever moves this car should know: somebody waits for it. Empty when nobody does."""
        self.ensure_one()
        if self.claim == "sold":
            return self.env._(
                "%(car)s is sold: its delivery follows it to the other site. Tell the salesperson.",
                car=self.display_name,
            )
        hold = self.sudo().hold_id
        if self.claim == "held" and hold:
            return self.env._(
                "%(car)s is held by %(user)s; the hold stays.", car=self.display_name, user=hold.user_id.name
            )
        return ""

    def _free_reservations(self):
        """Let go what other open moves have reserved of these cars, so that the transfer can take them."""
        moves = self.sudo().stock_move_ids.filtered(
            lambda move: move.state in ("assigned", "partially_available") and not move.picked
        )
        moves._do_unreserve()

    def _deliver_from(self, site):
        """Let open deliveries of these cars go out from the site where they are now.

        :param site: ``stock.warehouse``
        """
        moves = self.sudo().stock_move_ids.filtered(
            lambda move: move.state in ("draft", "confirmed", "waiting", "assigned", "partially_available")
            and move.location_dest_id.usage == "customer"
            and move.location_id.warehouse_id not in (site, self.env["stock.warehouse"])
        )
        for picking, waiting in moves.grouped("picking_id").items():
            if picking.move_ids - waiting:
                continue  # other goods go with it from the old site: a person has to split that
            picking.write({"picking_type_id": site.out_type_id.id, "location_id": site.lot_stock_id.id})
            waiting.write({"location_id": site.lot_stock_id.id, "warehouse_id": site.id})
            waiting._action_assign()

    def _get_expected_site(self):
        # Under way between two sites: the one that will take it in.
        coming = self.stock_move_ids.filtered(
            lambda move: move.location_id.usage == "transit" and move.state not in ("done", "cancel")
        )
        return coming.location_dest_id.warehouse_id[:1] or super()._get_expected_site()

    @api.model
    def _split_codes(self, text):
        """Return the codes of a scan or a pasted list, in their one spelling.

        :param str text: as it came
        :return: list of str
        """
        codes = (text or "").replace(";", "\n").replace(",", "\n").replace("\t", "\n").splitlines()
        normal = [scanned_vin(code) or vin_tools.normalise(code) for code in codes]  # a label's QR code holds a link
        return [code for code in normal if code]

    def _is_meant_by(self, code):
        """Tell whether a code is this car's VIN, at least its last six signs, or its plate.

        :param str code: normalised
        """
        self.ensure_one()
        vin = self.vin or ""
        return vin == code or (len(code) >= 6 and vin.endswith(code)) or bool(code and self.plate_normalised == code)
