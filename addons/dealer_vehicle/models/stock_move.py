from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class StockMove(models.Model):
    _inherit = "stock.move"

    dealer_vehicle_id = fields.Many2one(
        "dealer.vehicle",
        "Car",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        domain="[('product_id', '=', product_id)]",
        help="The one car this move is for. Without it a move of a car reserves nothing.",
    )
    is_vehicle = fields.Boolean(related="product_id.is_vehicle")
    # Read from the cache when a move changes its transfer; without it each change would search the inspections.
    dealer_inspection_ids = fields.One2many(
        "dealer.vehicle.inspection", "move_id", "Receiving Inspections", groups="dealer_vehicle.group_vehicle_user"
    )

    @api.constrains("dealer_vehicle_id", "product_id", "product_uom_qty")
    def _check_dealer_vehicle(self):
        for move in self.sudo().filtered("dealer_vehicle_id"):
            if move.dealer_vehicle_id.product_id != move.product_id:
                raise ValidationError(
                    self.env._(
                        "%(car)s is not a %(product)s. Choose a car of this product.",
                        car=move.dealer_vehicle_id.display_name,
                        product=move.product_id.display_name,
                    )
                )
            if abs(move.product_uom_qty) > 1:
                raise ValidationError(
                    self.env._("%(car)s is one car: its move has quantity 1.", car=move.dealer_vehicle_id.display_name)
                )

    # ------------------------------------------------------------------ reservation

    @api.model
    def _prepare_merge_moves_distinct_fields(self):
        return super()._prepare_merge_moves_distinct_fields() + ["dealer_vehicle_id"]

    def _update_reserved_quantity_vals(
        self, need, location_id, lot_id=None, package_id=None, owner_id=None, strict=True
    ):
        """Reserve the named car or nothing: an order without a name must not take a promised car."""
        if self.product_id.is_vehicle:
            lot = self.dealer_vehicle_id.sudo().lot_id.sudo(self.env.su)
            if not lot or (lot_id and lot_id != lot):
                return [], 0
            lot_id = lot
        return super()._update_reserved_quantity_vals(need, location_id, lot_id, package_id, owner_id, strict)

    def _rename_vehicle(self, vehicle):
        """Let open moves stand for another car: free the old one, reserve the new one.

        :param vehicle: ``dealer.vehicle`` of one record, or empty to name none
        :raises UserError: a step of the chain was done with another car
        """
        moves = self.filtered(lambda move: move.product_id.is_vehicle and move.state != "cancel")
        for move in moves.filtered(lambda move: move.state == "done" and not move.returned_move_ids):
            if move.dealer_vehicle_id != vehicle:
                raise UserError(
                    self.env._(
                        "%(car)s was moved for this order already by %(transfer)s. Return that transfer before you "
                        "choose another car.",
                        car=move.dealer_vehicle_id.display_name,
                        transfer=move.picking_id.name or move.reference,
                    )
                )
        open_moves = moves.filtered(lambda move: move.state != "done" and move.dealer_vehicle_id != vehicle)
        open_moves._do_unreserve()
        open_moves.write({"dealer_vehicle_id": vehicle.id})
        open_moves._action_assign()

    # ------------------------------------------------------------------ moving cars

    def _action_done(self, cancel_backorder=False):
        cars = self.filtered(
            lambda move: move.product_id.is_vehicle and move.picked and move.state not in ("done", "cancel")
        )
        cars._check_and_name_cars()
        done = super()._action_done(cancel_backorder=cancel_backorder)
        done.filtered("dealer_vehicle_id")._after_cars_moved()
        return done

    def _check_and_name_cars(self):
        """Make sure each move carries exactly the car it is for, before anything moves.

        :raises UserError: names the car, what is wrong and what to do
        """
        lines = self._get_car_lines()
        lines._assign_vehicle_lots()
        for move in self:
            move._check_one_car()
        self._name_cars_from_lots()
        for move in self:
            move._check_right_vin()
        # Two people may post the same car at once: the later one waits here, starts again and finds it gone.
        self.dealer_vehicle_id.sudo()._lock_for_hold()
        self._take_from_where_they_are()
        self._check_physically_there()
        self._check_inspected()
        leaving = self.filtered(lambda move: move._leaves_to_customer())
        leaving._check_vehicles_may_leave(leaving.dealer_vehicle_id)
        (self - leaving)._check_not_promised()

    def _get_car_lines(self):
        return self.move_line_ids.filtered(lambda line: line.picked and line.quantity)

    def _check_one_car(self):
        lines = self._get_car_lines()
        if len(lines.lot_id) > 1 or sum(lines.mapped("quantity_product_uom")) > 1:
            raise UserError(
                self.env._(
                    "%(transfer)s moves several cars on one line. Each car has its own cost: use one line per car "
                    "(a purchase order line with quantity 1 for each).",
                    transfer=self.picking_id.name or self.reference,
                )
            )

    def _leaves_to_customer(self):
        """Tell whether this move hands a car of ours to a customer (or another company)."""
        self.ensure_one()
        # Core looks its inter-company location up each time: what stands in our own stock has not left
        return self.location_dest_id._is_outgoing() and (
            self.location_id._should_be_valued() or not self.location_id._is_outgoing()
        )

    def _name_cars_from_lots(self):
        """Name the car on moves that have a serial number but no car (internal transfers, counts, hand-made receipts).

        What leaves to a customer is never named this way: an order must have named it. A car without VIN, expected on
        this move, takes the VIN of the serial number that came.
        """
        for move in self:
            lot = move._get_car_lines().lot_id
            # The person who receives the car reads its VIN; the right to receive is the right to tell it.
            car = move.sudo().dealer_vehicle_id
            if car and lot and not car.vin:
                car.write({"vin": lot.name, "vin_confirmed": True})
        unnamed = self.filtered(
            lambda move: not move.dealer_vehicle_id and move._get_car_lines().lot_id and not move._leaves_to_customer()
        )
        for company, moves in unnamed.grouped("company_id").items():
            known = self.env["dealer.vehicle"]._get_or_create_for_lots(moves._get_car_lines().lot_id, company)
            for move in moves:
                move.dealer_vehicle_id = known[move._get_car_lines().lot_id.id]

    def _check_right_vin(self):
        lot, car = self._get_car_lines().lot_id, self.dealer_vehicle_id.sudo()
        ordered = (self.sudo().sale_line_id or self.sudo().purchase_line_id).dealer_vehicle_id
        if ordered and car != ordered:
            raise UserError(
                self.env._(
                    "%(transfer)s carries %(car)s, but the order behind it names %(ordered)s. Change the car on the "
                    "order, the transfer follows.",
                    transfer=self.picking_id.name or self.reference,
                    car=car.display_name or self.env._("no car"),
                    ordered=ordered.display_name,
                )
            )
        if not car or not lot or lot == car.lot_id or (not car.lot_id and lot.name == car.vin):
            return
        raise UserError(
            self.env._(
                "%(transfer)s is for %(car)s, but %(lot)s is on it. Move the right car, or name the other car on the "
                "order first.",
                transfer=self.picking_id.name or self.reference,
                car=car.display_name,
                lot=lot.name,
            )
        )

    def _take_from_where_they_are(self):
        """Let cars that come back come from where they are.

        A car bought back is in a customer location. Taken from the supplier location instead, its serial number would
        stay at the customer for ever and core would refuse to sell it again.

        :raises UserError: the car is in somebody's stock still, it cannot arrive a second time
        """
        arriving = self.filtered(lambda move: move.location_id.usage not in ("internal", "transit"))
        lots = arriving._get_car_lines().lot_id
        quants = self.env["stock.quant"].sudo().search([("lot_id", "in", lots.ids), ("quantity", ">", 0)])
        for move in arriving.filtered(lambda move: not move.location_id._is_outgoing()):
            lines = move._get_car_lines()
            present = quants.filtered(lambda quant, lines=lines: quant.lot_id == lines.lot_id)
            for quant in present.filtered(lambda quant: quant.location_id._should_be_valued()):
                raise UserError(move._get_already_there_message(quant))
            outside = present.location_id.filtered(lambda location: location._is_outgoing())[:1]
            if outside and move.location_dest_id._should_be_valued():
                # Only the lines: writing it on the move would unreserve and delete them.
                lines.location_id = outside

    def _get_already_there_message(self, quant):
        if quant.company_id != self.company_id:
            return self.env._(
                "%(vin)s is in stock of another company of your group. It has to be sold there before it can arrive "
                "here.",
                vin=quant.lot_id.name,
            )
        return self.env._(
            "%(vin)s is in stock already, in %(location)s. Transfer it from there instead of receiving it again.",
            vin=quant.lot_id.name,
            location=quant.location_id.display_name,
        )

    def _check_physically_there(self):
        """Refuse to move a car from where it is not: stock of a car never gets negative."""
        lines = self._get_car_lines().filtered(lambda line: line.location_id.usage in ("internal", "transit"))
        quants = self.env["stock.quant"].sudo().search([("lot_id", "in", lines.lot_id.ids), ("quantity", ">", 0)])
        by_lot = quants.grouped("lot_id")
        for line in lines:
            present = by_lot.get(line.lot_id, quants.browse()).location_id
            if line.lot_id and line.location_id not in present:
                raise UserError(
                    self.env._(
                        "%(car)s is not in %(location)s: stock shows it in %(present)s. Transfer it there first, or "
                        "take it from where it is.",
                        car=line.move_id.sudo().dealer_vehicle_id.display_name or line.lot_id.name,
                        location=line.location_id.display_name,
                        present=", ".join(present.mapped("display_name")) or self.env._("no location"),
                    )
                )

    def _check_inspected(self):
        """Refuse to take a car out of its receiving inspection into stock around the inspection (P4)."""
        leaving = self.filtered(
            lambda move: any(move._get_car_lines().location_id.mapped("is_vehicle_inspection"))
            and not move.location_dest_id.is_vehicle_inspection
            and move.location_dest_id.usage != "supplier"
        )
        unfinished = (
            self.env["dealer.vehicle.inspection"]
            .sudo()
            .search([("vehicle_id", "in", leaving.dealer_vehicle_id.ids), ("state", "!=", "done")], limit=1)
        )
        if unfinished:
            raise UserError(
                self.env._(
                    "%(car)s has not passed its receiving inspection. Close the inspection; the transfer into stock is "
                    "posted with it.",
                    car=unfinished.vehicle_id.display_name,
                )
            )

    def _check_vehicles_may_leave(self, vehicles):
        """Refuse what must not reach a customer. Sink: called for all cars of one posting at once.

        Hook: add-ons that sell cars add their own conditions and call super.

        :param vehicles: ``dealer.vehicle`` named on ``self``, moves from our stock to customers
        :raises UserError: names the car, who has it and what to do
        Source: P10 (stop-sale), design.md decision 6
        """
        for move in self:
            # A name typed on the transfer is no order: anybody working in stock could type it.
            if not move.dealer_vehicle_id or not move.sudo().sale_line_id.dealer_vehicle_id:
                raise UserError(
                    self.env._(
                        "%(transfer)s takes a %(product)s out without saying which order sells it. Name the car on "
                        "the sales order; its delivery then carries exactly that car.",
                        transfer=move.picking_id.name or move.reference,
                        product=move.product_id.display_name,
                    )
                )
        vehicles.sudo()._check_no_stop_sale()
        for move in self:
            hold = move.dealer_vehicle_id.sudo().hold_id
            if hold.state == "live" and not move.sudo().sale_line_id._is_own_hold(hold):
                raise UserError(hold.vehicle_id._get_held_message(hold))

    def _check_not_promised(self):
        """Refuse to lose, scrap or send back a car somebody holds."""
        for move in self.filtered(
            lambda move: move.location_id._should_be_valued() and not move.location_dest_id._should_be_valued()
        ):
            hold = move.dealer_vehicle_id.sudo().hold_id
            if hold.state == "live":
                raise UserError(hold.vehicle_id._get_held_message(hold))

    def _after_cars_moved(self):
        """Start the receiving inspection of cars that arrived, and reserve them where they are awaited."""
        inspected_at = self.location_dest_id.filtered("is_vehicle_inspection")
        arrived = self.filtered(lambda move: move.location_dest_id in inspected_at)
        self.env["dealer.vehicle.inspection"].sudo()._create_for_moves(arrived)
        came = self.filtered(lambda move: move.location_dest_id._should_be_valued())
        awaited = came and self.search(  # nobody waits for what left
            [
                ("dealer_vehicle_id", "in", came.dealer_vehicle_id.ids),
                ("state", "in", ("confirmed", "waiting", "partially_available")),
            ]
        )
        awaited._action_assign()


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    stock_move_ids = fields.One2many("stock.move", "dealer_vehicle_id", "Stock Moves", readonly=True)

    @api.model
    def _get_or_create_for_lots(self, lots, company):
        """Return the company's car for each serial number; a car it never knew is made.

        :param lots: ``stock.lot`` of vehicle products
        :param company: ``res.company``
        :return: {lot id: ``dealer.vehicle``}
        """
        Vehicle = self.sudo().with_context(active_test=False).with_company(company)
        known = Vehicle.search([("vin_id.lot_id", "in", lots.ids), ("company_id", "=", company.id)])
        cars = {car.lot_id.id: car.sudo(False) for car in known}
        missing = lots.filtered(lambda lot: lot.id not in cars)
        created = Vehicle.create(
            [
                {
                    "vin": lot.name,
                    "vin_confirmed": True,
                    "company_id": company.id,
                    "product_id": lot.product_id.id,
                }
                for lot in missing
            ]
        )
        cars.update({lot.id: car.sudo(False) for lot, car in zip(missing, created, strict=True)})
        return cars

    def _check_no_stop_sale(self):
        """Refuse cars under a stop-sale recall.

        :raises UserError: names the first such car
        Source: P10
        """
        for car in self.filtered("has_stop_sale"):
            raise UserError(
                self.env._(
                    "%(car)s is under a stop-sale: it may not be sold, invoiced or handed over until the recall work "
                    "is done and the stop-sale is lifted on the car.",
                    car=car.display_name,
                )
            )
