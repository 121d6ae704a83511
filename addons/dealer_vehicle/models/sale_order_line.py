from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    dealer_vehicle_id = fields.Many2one(
        "dealer.vehicle",
        "Car",
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        domain="[('product_id', '=?', product_id), ('claim', '!=', False), ('place', 'in', ('ordered', 'in_transit', "
        "'at_site'))]",
        help="The one car this line sells. Delivery and cost follow it; change it here and the delivery changes.",
    )
    is_vehicle = fields.Boolean(related="product_id.is_vehicle")

    @api.constrains("dealer_vehicle_id", "product_id", "product_uom_qty")
    def _check_dealer_vehicle(self):
        for line in self.sudo().filtered("dealer_vehicle_id"):
            car = line.dealer_vehicle_id
            if car.product_id != line.product_id:
                raise ValidationError(
                    self.env._(
                        "%(car)s is not a %(product)s. Choose a car of this product, or sell it as %(own)s.",
                        car=car.display_name,
                        product=line.product_id.display_name,
                        own=car.product_id.display_name,
                    )
                )
            if line.product_uom_qty > 1:
                raise ValidationError(
                    self.env._(
                        "%(order)s: a line sells one car. Use one line with quantity 1 for each car.",
                        order=line.order_id.name,
                    )
                )

    @api.onchange("dealer_vehicle_id")
    def _onchange_dealer_vehicle_id(self):
        if self.dealer_vehicle_id and not self.product_id:
            self.product_id = self.dealer_vehicle_id.product_id

    def write(self, vals):
        if "dealer_vehicle_id" not in vals:
            return super().write(vals)
        changed = self.filtered(lambda line: line.dealer_vehicle_id.id != vals["dealer_vehicle_id"])
        result = super().write(vals)
        changed._write_car_through()
        return result

    def _write_car_through(self):
        """Let all open moves of confirmed lines carry the car chosen now; nobody else can take it in between.

        :raises UserError: the car may not be sold, or another one was moved already
        """
        confirmed = self.filtered(lambda line: line.state == "sale")
        confirmed.sudo()._check_not_invoiced()
        # A line without any delivery asks when its delivery is made: see ``_action_launch_stock_rule``.
        moving = confirmed.filtered(lambda line: any(move.state != "cancel" for move in line.sudo().move_ids))
        moving._check_vehicles_may_be_procured()
        for line in confirmed:
            # Salespeople have no right to write moves; which car the order sells is theirs to say.
            moves = line.sudo().move_ids
            moves |= moves.browse(moves._rollup_move_origs())
            moves._rename_vehicle(line.dealer_vehicle_id)

    def _check_not_invoiced(self):
        """Refuse another car on a line whose invoice is posted: the invoice names the car (P22)."""
        for line in self.filtered(lambda line: line._get_posted_quantity() > 0):
            raise UserError(
                self.env._(
                    "%(order)s is invoiced for its car by %(invoice)s. Credit that invoice before you choose another "
                    "car.",
                    order=line.order_id.name,
                    invoice=line.invoice_lines.move_id.filtered(lambda move: move.state == "posted")[-1:].name,
                )
            )

    def _prepare_procurement_values(self):
        values = super()._prepare_procurement_values()
        if self.dealer_vehicle_id:
            values["dealer_vehicle_id"] = self.dealer_vehicle_id.id
        return values

    def _action_launch_stock_rule(self, *, previous_product_uom_qty=False):
        self.filtered(lambda line: line.state == "sale")._check_vehicles_may_be_procured()
        return super()._action_launch_stock_rule(previous_product_uom_qty=previous_product_uom_qty)

    def _check_vehicles_may_be_procured(self):
        """Refuse to have a car delivered that may not be sold. Sink: called for all lines of one confirmation.

        Hook: add-ons that sell cars add their own conditions and call super. Lines without a car pass: such a line
        waits, it reserves nothing until a car is named.

        :raises UserError: names the car, who has it and what to do
        Source: P10, design.md decision 6
        """
        lines = self.filtered(lambda line: line.product_id.is_vehicle and line.product_uom_qty > 0)
        for line in lines.filtered(lambda line: line.product_uom_qty > 1):
            raise UserError(
                self.env._(
                    "%(order)s sells %(count)g × %(product)s on one line. A line sells one car: use one line with "
                    "quantity 1 for each car.",
                    order=line.order_id.name,
                    count=line.product_uom_qty,
                    product=line.product_id.display_name,
                )
            )
        named = lines.filtered("dealer_vehicle_id").sudo()
        # Two orders may take the same car at the same instant: the later one waits, starts again and is told.
        named.dealer_vehicle_id._lock_for_hold()
        named.dealer_vehicle_id._check_no_stop_sale()
        named._check_not_promised_elsewhere()
        for line in named:
            hold = line.dealer_vehicle_id.hold_id
            if hold.state == "live" and not line._is_own_hold(hold):
                raise UserError(line.dealer_vehicle_id._get_held_message(hold))

    def _check_not_promised_elsewhere(self):
        """Refuse a car that another confirmed order line still has to deliver."""
        promised = self.search(
            [
                ("dealer_vehicle_id", "in", self.dealer_vehicle_id.ids),
                ("state", "=", "sale"),
                ("product_uom_qty", ">", 0),
            ]
        ).filtered(lambda line: line.qty_delivered < line.product_uom_qty)
        for line in self:
            other = promised.filtered(
                lambda other, line=line: other != line and other.dealer_vehicle_id == line.dealer_vehicle_id
            )[:1]
            if other:
                raise UserError(
                    self.env._(
                        "%(car)s is sold to %(partner)s by %(order)s. Choose another car, or take it off that order "
                        "first.",
                        car=line.dealer_vehicle_id.display_name,
                        partner=other.order_id.partner_id.display_name,
                        order=other.order_id.name,
                    )
                )

    def _is_own_hold(self, hold):
        """Tell whether a live hold on the car is for whom this line sells it to.

        Hook: add-ons with a document behind the hold compare the document.

        :param hold: ``dealer.vehicle.hold`` of one record
        """
        self.ensure_one()
        return hold.partner_id.commercial_partner_id == self.order_id.partner_id.commercial_partner_id
