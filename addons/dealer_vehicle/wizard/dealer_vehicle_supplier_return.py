from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError


class DealerVehicleSupplierReturn(models.TransientModel):
    """Sends bought cars back to their maker or supplier, with what was billed for them."""

    _name = "dealer.vehicle.supplier.return"
    _description = "Return Cars to Their Supplier"

    vehicle_ids = fields.Many2many("dealer.vehicle", string="Cars", required=True)
    reason = fields.Char(required=True, help="Printed on the credit note we expect.")

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if self.env.context.get("active_model") == "dealer.vehicle":
            values["vehicle_ids"] = [Command.set(self.env.context.get("active_ids", []))]
        return values

    def action_return(self):
        """Move the cars back to their suppliers and draft the credit notes for what was billed.

        :return: dict, shows the cars
        :raises AccessError: the user keeps no stock
        :raises UserError: a car was not bought, is promised, is being billed, its papers are at a bank, or it left
        """
        self.ensure_one()
        if not self.env.user.has_group("dealer_vehicle.group_stock_keeper"):
            raise AccessError(self.env._("The stock keeper returns cars to their suppliers."))
        cars = self.vehicle_ids
        cars.check_access("read")
        arrivals = {car: self._get_bought_arrival(car) for car in cars}
        cars._check_may_be_returned()
        cars._check_no_draft_bills()
        for company, own in cars.grouped("company_id").items():
            own.with_company(company)._credit_returned(self.reason)
        by_receipt = {}
        for car, arrival in arrivals.items():
            by_receipt.setdefault(arrival.picking_id, []).append((car, arrival))
        for pairs in by_receipt.values():
            self._return(pairs)
        return cars._get_records_action(name=self.env._("Returned Cars"))

    def _get_bought_arrival(self, car):
        """Return the move a car came in with by its purchase.

        :raises UserError: it was not bought, or its last arrival was another one
        """
        if car.sudo().consignment_id:
            raise UserError(
                self.env._(
                    "%(car)s is %(owner)s's: give it back from its terms.",
                    car=car.display_name,
                    owner=car.sudo().consignment_id.partner_id.display_name,
                )
            )
        arrival = car._get_arrival().sudo()
        if not arrival.purchase_line_id or arrival.purchase_line_id != car.sudo().purchase_line_id:
            raise UserError(
                self.env._(
                    "%(car)s did not come in by a purchase order: there is no supplier to return it to.",
                    car=car.display_name,
                )
            )
        return arrival.sudo(False)

    def _return(self, pairs):
        cars = self.env["dealer.vehicle"].union(*(car for car, _arrival in pairs))
        arrivals = self.env["stock.move"].union(*(arrival for _car, arrival in pairs))
        picking = cars.with_company(cars.company_id)._return_arrival(arrivals)
        for car in cars.sudo():
            car.message_post(
                body=self.env._(
                    "Returned to %(supplier)s by %(picking)s: %(reason)s",
                    supplier=picking.partner_id.display_name or picking.location_dest_id.display_name,
                    picking=picking.name,
                    reason=self.reason,
                ),
                author_id=self.env.user.partner_id.id,
            )
