from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# Said on the order line, lived by the car.
CAR_FIELDS = ("maker_order_no", "colour_exterior", "colour_interior")


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    dealer_vehicle_id = fields.Many2one(
        "dealer.vehicle",
        "Car",
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        domain="[('product_id', '=?', product_id)]",
        help="The car this line buys. It is made when the order is confirmed; choose one only to buy back a car "
        "that is known already.",
    )
    is_vehicle = fields.Boolean(related="product_id.is_vehicle")
    maker_order_no = fields.Char(
        "Maker's Order Number",
        copy=False,
        help="Identifies the car at the maker until its VIN is known. Empty: order name and a number.",
    )
    colour_exterior = fields.Char("Exterior Colour")
    colour_interior = fields.Char("Interior Colour")
    dealer_vin = fields.Char("VIN", related="dealer_vehicle_id.vin", readonly=True)

    @api.constrains("product_qty", "product_id", "dealer_vehicle_id")
    def _check_one_car_per_line(self):
        for line in self.filtered(lambda line: line.product_id.is_vehicle and line.product_qty > 1):
            if line.order_id.state == "purchase" or line.dealer_vehicle_id:
                raise ValidationError(
                    self.env._(
                        "%(order)s: one line orders one car, because each car has its own VIN and cost. Add a line "
                        "for each further car.",
                        order=line.order_id.name,
                    )
                )

    @api.constrains("dealer_vehicle_id", "product_id")
    def _check_dealer_vehicle(self):
        for line in self.sudo().filtered("dealer_vehicle_id"):
            if line.dealer_vehicle_id.product_id != line.product_id:
                raise ValidationError(
                    self.env._(
                        "%(order)s buys %(car)s as %(product)s, but it is a %(own)s.",
                        order=line.order_id.name,
                        car=line.dealer_vehicle_id.display_name,
                        product=line.product_id.display_name,
                        own=line.dealer_vehicle_id.product_id.display_name,
                    )
                )

    def write(self, vals):
        if "dealer_vehicle_id" in vals and not self.env.su:
            self._check_car_not_born()
        result = super().write(vals)
        known = {name: vals[name] for name in CAR_FIELDS if name in vals}
        if known:
            # Who may change the order line may say what its car looks like, until the car has arrived.
            self.sudo().dealer_vehicle_id.filtered(lambda car: not car.arrival_date).write(known)
        if "product_qty" in vals:
            self.filtered(lambda line: line.product_id.is_vehicle and not line.product_qty)._cancel_cars()
        return result

    @api.ondelete(at_uninstall=False)
    def _cancel_cars_of_deleted_lines(self):
        self._cancel_cars()

    def _create_or_update_picking(self):
        # Lines added to a confirmed order: their cars are born before the moves.
        lines = self.filtered(lambda line: line.product_id.is_vehicle and line.product_qty > 0)
        lines._order_cars()
        return super()._create_or_update_picking()

    def _prepare_stock_move_vals(self, picking, price_unit, product_uom_qty, product_uom):
        vals = super()._prepare_stock_move_vals(picking, price_unit, product_uom_qty, product_uom)
        if self.dealer_vehicle_id:
            vals["dealer_vehicle_id"] = self.dealer_vehicle_id.id
        return vals

    # ------------------------------------------------------------------ cars of the order

    def _split_into_cars(self):
        """Make one line per car of draft lines for several.

        Price, discount, taxes and dates of the first line are kept; the maker's number stays with the first.
        """
        for line in self.filtered(lambda line: line.product_id.is_vehicle and line.product_qty > 1):
            if line.product_qty % 1:
                raise UserError(
                    self.env._("%(order)s orders a part of a car. Type a whole number.", order=line.order_id.name)
                )
            agreed = {name: line[name] for name in ("price_unit", "discount", "date_planned", "name")}
            further = int(line.product_qty) - 1
            line.product_qty = 1
            line.write(agreed)
            # The rule that asked for the cars counts all of them as on order.
            agreed["orderpoint_id"] = line.orderpoint_id.id
            copies = [{**line.copy_data({"order_id": line.order_id.id})[0], **agreed} for _n in range(further)]
            line.create(copies).sudo().dealer_plan_id = line.sudo().dealer_plan_id

    def _order_cars(self):
        """Let each confirmed line give birth to its car, or take the known car it buys back."""
        lines = self.filtered(lambda line: line.product_id.is_vehicle and line.product_qty > 0)
        returning = lines.sudo().filtered("dealer_vehicle_id")
        for line in returning:
            line.dealer_vehicle_id.write({"purchase_line_id": line.id, "active": True})
        new = lines - returning.sudo(False)
        new._number_at_maker()
        # Confirming the order is the right to have its cars: the buyer needs no other.
        cars = self.env["dealer.vehicle"].sudo().create([line._prepare_car() for line in new])
        for line, car in zip(new, cars, strict=True):
            line.sudo().dealer_vehicle_id = car

    def _check_car_not_born(self):
        """Refuse to exchange the car of a confirmed line: its receipt and its cost hang on it."""
        for line in self.filtered(lambda line: line.order_id.state == "purchase"):
            raise UserError(
                self.env._(
                    "%(order)s is confirmed: the car of a line stays. Set the line's quantity to 0 and add a line for "
                    "another car.",
                    order=line.order_id.name,
                )
            )

    def _number_at_maker(self):
        """Give lines without a maker's order number the next one of their order: ``<order>-<n>``."""
        for order, lines in self.filtered(lambda line: not line.maker_order_no).grouped("order_id").items():
            taken = set(order.order_line.mapped("maker_order_no"))
            number = 0
            for line in lines:
                number += 1
                while f"{order.name}-{number}" in taken:
                    number += 1
                line.maker_order_no = f"{order.name}-{number}"

    def _prepare_car(self):
        """Return the values of the car this line orders."""
        self.ensure_one()
        return {
            "company_id": self.company_id.id,
            "product_id": self.product_id.id,
            "purchase_line_id": self.id,
            **{name: self[name] for name in CAR_FIELDS},
        }

    def _cancel_cars(self):
        """Archive cars the maker never shipped whose order line is cancelled.

        :raises UserError: somebody holds or has bought one of them
        """
        cars = self.sudo().dealer_vehicle_id.filtered(lambda car: not car.arrival_date)
        promised = cars._get_held_ids() | cars._get_promised_ids()
        for car in cars.filtered(lambda car: car.id in promised):
            raise UserError(
                self.env._(
                    "%(car)s cannot be cancelled at the maker: it is promised to %(partner)s. Give that customer "
                    "another car first.",
                    car=car.display_name,
                    partner=car.hold_id.partner_id.name or car.sale_line_ids.order_id.partner_id[:1].name,
                )
            )
        cars.filtered(lambda car: not car.vin and not car.shipped_date).action_archive()
