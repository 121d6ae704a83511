from odoo import Command, fields, models
from odoo.exceptions import UserError


class DealerVehicle(models.Model):
    """Cars that go back to whoever sold or lent them to us."""

    _inherit = "dealer.vehicle"

    def _check_may_be_returned(self):
        """Refuse to send away a car somebody counts on.

        :raises UserError: names the car, and who has a claim on it or on its papers
        Source: P3 (certificates at a bank)
        """
        self._lock_for_hold()
        self.sudo()._check_own_use_ended()
        self._check_not_out()
        for car in self.sudo():
            if car.place != "at_site":
                raise UserError(
                    self.env._(
                        "%(car)s is not at one of our sites (%(place)s): it cannot be sent back.",
                        car=car.display_name,
                        place=car._get_place_text(),
                    )
                )
            if car.hold_id.state == "live":
                raise UserError(car._get_held_message(car.hold_id))
            if car.claim != "free":
                order = car.sale_line_ids.order_id.filtered(lambda order: order.state == "sale")[-1:]
                raise UserError(
                    self.env._(
                        "%(car)s is sold by %(order)s. Take it off that order before you send it back.",
                        car=car.display_name,
                        order=order.name,
                    )
                )
            pledged = car.document_ids.filtered("is_pledged")[:1]
            if pledged:
                raise UserError(
                    self.env._(
                        "%(paper)s of %(car)s is at %(bank)s. Pay the loan off and take the paper in before you send "
                        "the car back.",
                        paper=pledged.display_name,
                        car=car.display_name,
                        bank=pledged.holder_id.display_name,
                    )
                )

    def _check_no_draft_bills(self):
        """Refuse to send back a car with a bill in preparation: posted later, it would stand on stock for nothing.

        :raises UserError: names the car and the document
        """
        for car in self.sudo():
            drafts = car.purchase_line_id.invoice_lines.filtered(lambda line: line.parent_state == "draft")
            if drafts:
                raise UserError(
                    self.env._(
                        "%(bill)s for %(car)s is a draft: let the accountant post or delete it before the car goes "
                        "back.",
                        bill=drafts[:1].move_id.display_name,
                        car=car.display_name,
                    )
                )

    def _return_arrival(self, arrivals):
        """Return cars by core's return of the receipt they came with, from where each stands now.

        The user's own stock rights are used.

        :param arrivals: done ``stock.move`` of one receipt, one per car of ``self``
        :return: the done ``stock.picking``
        """
        receipt = arrivals.picking_id
        lines = [Command.create(self._prepare_return_line(move)) for move in arrivals]
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=receipt.id, active_ids=receipt.ids, active_model="stock.picking")
            .create({"picking_id": receipt.id, "product_return_moves": [Command.clear(), *lines]})
        )
        # What still waits to take the cars out of their inspection is called off.
        arrivals.move_dest_ids.filtered(lambda move: move.state not in ("done", "cancel"))._action_cancel()
        picking = wizard._create_return()
        picking._take_returned_cars_from_where_they_are(receipt)
        picking._action_done()
        self._close_inspections(picking)
        return picking

    def _close_inspections(self, picking):
        """Close receiving inspections of cars that went back before they passed."""
        inspections = self.env["dealer.vehicle.inspection"].sudo()
        waiting = inspections.search([("vehicle_id", "in", self.ids), ("state", "!=", "done")])
        waiting.write(
            {
                "release_note": self.env._("Sent back by %(picking)s", picking=picking.name),
                "state": "done",
                "user_id": self.env.uid,
                "date_done": fields.Datetime.now(),
            }
        )

    def _prepare_return_line(self, arrival):
        return {"product_id": arrival.product_id.id, "quantity": 1, "move_id": arrival.id, "to_refund": True}

    # ------------------------------------------------------------------ money

    def _credit_returned(self, reason):
        """Make draft credit notes for exactly what was billed for these cars, and take other cost off them.

        :param str reason: on the documents
        :return: draft ``account.move``, one per supplier and currency; empty when nothing was billed
        """
        # Who sends a car back has no right to bills; what was billed for it follows from the order line.
        cars = self.sudo()
        cars._write_off_landed_costs(reason)
        billed = cars.purchase_line_id.invoice_lines.filtered(
            lambda line: line.parent_state == "posted" and line.display_type == "product"
        )
        credits = self.env["account.move"].sudo()
        for bill_key, lines in billed.grouped(lambda line: (line.partner_id, line.currency_id)).items():
            credits |= credits.create(self._prepare_supplier_credit(*bill_key, lines, reason))
        return credits.with_env(self.env)

    def _prepare_supplier_credit(self, partner, currency, lines, reason):
        bills = lines.move_id.filtered(lambda move: move.move_type == "in_invoice")
        return {
            "move_type": "in_refund",
            "company_id": lines.company_id.id,
            "partner_id": partner.id,
            "currency_id": currency.id,
            "invoice_date": fields.Date.context_today(self),
            "ref": self.env._("%(reason)s (%(bills)s)", reason=reason, bills=", ".join(bills.mapped("name"))),
            "reversed_entry_id": bills.id if len(bills) == 1 else False,
            "invoice_line_ids": [Command.create(self._prepare_supplier_credit_line(line)) for line in lines],
        }

    def _prepare_supplier_credit_line(self, line):
        # An earlier credit note for the car (a price correction) is taken off again.
        sign = -1 if line.move_id.move_type == "in_refund" else 1
        return {
            "product_id": line.product_id.id,
            "name": line.name,
            "quantity": line.quantity,
            "price_unit": sign * line.price_unit,
            "discount": line.discount,
            "account_id": line.account_id.id,
            "tax_ids": [Command.set(line.tax_ids.ids)],
            "purchase_line_id": line.purchase_line_id.id,
        }

    def _write_off_landed_costs(self, reason):
        """Take freight and reconditioning off cars that leave: nobody credits it, and no stock is left to carry it."""
        for car in self:
            arrival = car._get_arrival().sudo()
            landed = self.env["stock.valuation.adjustment.lines"].sudo()
            posted = landed.search([("move_id", "=", arrival.id), ("cost_id.state", "=", "done")])
            amount = sum(posted.mapped("additional_landed_cost"))
            if arrival and not car.currency_id.is_zero(amount):
                accounts = car.product_id.with_company(car.company_id).product_tmpl_id.get_product_accounts()
                car._capitalise(-amount, reason, accounts["expense"])


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        self._check_cars_not_returned()
        return super()._post(soft)

    def _check_cars_not_returned(self):
        """Refuse to post a bill for a car that went back to its supplier: no stock is left to carry it.

        :raises UserError: names the bill, the car and its return
        """
        bills = self.filtered(lambda move: move.state == "draft" and move.move_type in ("in_invoice", "in_receipt"))
        for line in bills.sudo().invoice_line_ids.filtered(lambda line: line.purchase_line_id.dealer_vehicle_id):
            returned = line.purchase_line_id._get_return()
            if returned and line.quantity > 0 and not line.move_id.reversed_entry_id:
                raise UserError(
                    self.env._(
                        "%(bill)s is for %(car)s, which went back by %(picking)s. Delete it or take the line off.",
                        bill=line.move_id.display_name,
                        car=line.purchase_line_id.dealer_vehicle_id.display_name,
                        picking=returned.picking_id.name or returned.reference,
                    )
                )


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    def _get_return(self):
        """Return the done move that took the received car back to its supplier, or nothing."""
        self.ensure_one()
        if self.qty_received > 0:
            return self.env["stock.move"]
        moves = self.move_ids.filtered(lambda move: move.state == "done" and move.origin_returned_move_id)
        return moves.filtered(lambda move: move.to_refund and not move.location_dest_id._should_be_valued())[-1:]


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _take_returned_cars_from_where_they_are(self, receipt):
        """Let each car of a return start at its own place: it left the inspection it was received into long ago."""
        self.ensure_one()
        # Back to whoever brought it, even when the car came out of a customer's location.
        supplier = receipt.partner_id.property_stock_supplier
        self.owner_id = receipt.owner_id
        self.location_dest_id = supplier
        for move in self.move_ids:
            move._do_unreserve()
            car = move.sudo().dealer_vehicle_id
            move.write(
                {
                    "location_id": car.location_id.id,
                    "location_dest_id": supplier.id,
                    # Reserved from where the car is, not from what its receipt brought into the inspection.
                    "move_orig_ids": [Command.clear()],
                }
            )
            move._action_assign()
            move.picked = True


class StockMove(models.Model):
    _inherit = "stock.move"

    def _take_from_where_they_are(self):
        super()._take_from_where_they_are()
        self._take_with_new_owner()

    def _take_with_new_owner(self):
        """Let the record of where a car is outside follow who brings it.

        A consigned car that was sold is at its customer as stock of its former owner. Bought back, or consigned by
        somebody else, it would be taken from nobody and stay there a second time.
        """
        for move in self.filtered(lambda move: move.location_dest_id._should_be_valued()):
            for line in move._get_car_lines():
                if line.location_id._should_be_valued() or not line.lot_id:
                    continue
                outside = (
                    self.env["stock.quant"]
                    .sudo()
                    .search(
                        [
                            ("lot_id", "=", line.lot_id.id),
                            ("location_id", "=", line.location_id.id),
                            ("quantity", ">", 0),
                        ]
                    )
                )
                for quant in outside.filtered(lambda quant, line=line: quant.owner_id != line.owner_id):
                    quant.owner_id = line.owner_id
