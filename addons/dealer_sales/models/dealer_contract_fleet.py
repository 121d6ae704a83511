from odoo import api, fields, models
from odoo.exceptions import UserError

from .dealer_contract import INSIDE


class DealerContract(models.Model):
    """A contract made from a fleet agreement: one car of many, at the price agreed for all (P25)."""

    _inherit = "dealer.contract"

    fleet_line_id = fields.Many2one(
        "dealer.fleet.agreement.line",
        "Line of the agreement",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups=INSIDE,
    )
    fleet_agreement_id = fields.Many2one(
        related="fleet_line_id.agreement_id",
        string="Fleet agreement",
        store=True,
        index="btree_not_null",
        groups=INSIDE,
    )

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"fleet_line_id", "fleet_agreement_id"}

    # === Price ===
    @api.model
    def _prepare_order(self, vals, vehicle, product):
        """The car of a fleet contract costs what the agreement says."""
        order = super()._prepare_order(vals, vehicle, product)
        if vals.get("fleet_line_id"):
            line = self.env["dealer.fleet.agreement.line"].browse(vals["fleet_line_id"])
            _command, _id, car = order["order_line"][0]
            car["price_with_tax"] = line.price
        return order

    def _check_agreed_price(self):
        """Refuse contracts whose price is not the agreed one: another currency, or a tax that cannot give it.

        :raises UserError: naming agreement and prices
        """
        for contract in self:
            line = contract.fleet_line_id
            is_same = contract.currency_id == line.currency_id
            if not is_same or contract.currency_id.compare_amounts(contract.amount_car, line.price):
                raise UserError(
                    self.env._(
                        "%(agreement)s: a contract would cost %(price)s instead of %(agreed)s. Look at the buyer's "
                        "price list and at the taxes of the trim.",
                        agreement=line.agreement_id.display_name,
                        price=contract.currency_id.format(contract.amount_car),
                        agreed=line.currency_id.format(line.price),
                    )
                )

    def _needs_cut_reason(self):
        """The agreement is the reason of its own price; what is given away beyond it asks for one."""
        line = self.sudo().fleet_line_id  # whoever submits it
        reason = line and self._get_fleet_reason()
        if reason and self.cut_reason_id == reason:
            return self._is_below_agreement(line)
        return super()._needs_cut_reason()

    @api.depends("fleet_line_id")
    def _compute_is_changed(self):
        return super()._compute_is_changed()

    def _get_dealer_terms(self):
        """A price approved because of its agreement is approved anew without it."""
        terms = super()._get_dealer_terms()
        line = self.sudo().fleet_line_id  # whoever submits it
        return [*terms, ["fleet", line.id]] if line else terms

    @api.model
    def _get_fleet_reason(self):
        """Return the reason of a price that a fleet agreement says, empty where a house deleted it."""
        reason = self.env.ref("dealer_sales.dealer_discount_reason_fleet", raise_if_not_found=False)
        return reason or self.env["dealer.discount.reason"]

    def _is_below_agreement(self, line):
        compare, contract = self.currency_id.compare_amounts, self.sudo()  # compared only, never shown
        if compare(contract.amount_car, line.price) < 0:
            return True
        return compare(contract._get_given_away(), contract._get_car_cut()) > 0

    # === The car ===
    def _check_vehicle_fits(self, vehicle):
        """Refuse a car of another colour than the agreement says."""
        super()._check_vehicle_fits(vehicle)
        line = self.sudo().fleet_line_id  # whoever allocates
        if line and not line._fits(vehicle.product_id, vehicle):
            raise UserError(
                self.env._(
                    "%(car)s is %(colour)s, agreement %(agreement)s says %(agreed)s. Choose another car; if the buyer "
                    "takes this one, use the button Another car.",
                    car=vehicle.display_name,
                    colour=vehicle.colour_exterior or self.env._("of an unknown colour"),
                    agreement=line.agreement_id.display_name,
                    agreed=line.colour_id.name,
                )
            )

    def _action_change_car(self, product, vehicle, price, fee, reason, user):
        """A contract that sells something else leaves its agreement: the car of the line is open again."""
        line = self.fleet_line_id
        if line and not line._fits(product, vehicle):
            values = {"fleet_line_id": False}
            if self.cut_reason_id == self._get_fleet_reason():
                # The agreement was the reason of its price: the other car needs one of its own
                values.update(cut_reason_id=False, cut_note=False)
            self.write(values)
            self.message_post(
                body=self.env._(
                    "Not of fleet agreement %(agreement)s any more: its line is for %(line)s.",
                    agreement=line.agreement_id.display_name,
                    line=line.display_name,
                ),
                author_id=user.partner_id.id,
            )
        return super()._action_change_car(product, vehicle, price, fee, reason, user)

    # === Text ===
    def _get_placeholder_values(self):
        values = super()._get_placeholder_values()
        line = self.fleet_line_id
        if line.colour_id and not values["colour"]:
            values["colour"] = line.colour_id.name  # no car is named yet
        return values
