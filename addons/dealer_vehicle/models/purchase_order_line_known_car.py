from odoo import fields, models

# What buying a known car changes on it.
BUY_IN_FACTS = ("active", "product_id", "condition", "source", "tax_regime", "owner_id", "asking_price", "floor_price")


class PurchaseOrderLine(models.Model):
    """A purchase of a car that existed before: called off, it leaves the car as it was."""

    _inherit = "purchase.order.line"

    dealer_car_facts = fields.Json(
        "Facts of the Known Car",
        copy=False,
        groups=fields.NO_ACCESS,
        help="The car before this purchase, and as it was bought in.",
    )

    def _note_buy_in(self, before):
        """Remember what this purchase changed on its known car.

        :param dict before: facts as ``dealer.vehicle._get_buy_in_facts`` gave them before
        """
        self.ensure_one()
        self.dealer_car_facts = {"before": before, "bought": self.dealer_vehicle_id._get_buy_in_facts()}

    def _order_cars(self):
        """Let a known car be this line's, and be again what it was bought in as when the order was called off."""
        known = self.sudo().filtered(
            lambda line: line.dealer_vehicle_id
            and line.product_qty > 0
            and line.dealer_vehicle_id.purchase_line_id != line
        )
        known.dealer_vehicle_id._check_not_somebody_elses()
        for line in known:
            car = line.dealer_vehicle_id
            if not line.dealer_car_facts:
                line._note_buy_in(car._get_buy_in_facts())
            car._exchange_facts(line.dealer_car_facts["before"], line.dealer_car_facts["bought"])
        return super()._order_cars()

    def _cancel_cars(self):
        result = super()._cancel_cars()
        for line in self.sudo().filtered(lambda line: line.dealer_car_facts and line.qty_received <= 0):
            car, facts = line.dealer_vehicle_id, line.dealer_car_facts
            if car.purchase_line_id == line:
                car._exchange_facts(facts["bought"], facts["before"])
                car.purchase_line_id = self.browse(facts["before"]["purchase_line_id"]).exists()
        return result


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    def _get_buy_in_facts(self):
        """Return what buying this car may change on it, as JSON can hold it.

        :return: {field name: value, records as id}
        """
        self.ensure_one()
        facts = {}
        for name in (*BUY_IN_FACTS, "purchase_line_id"):
            value = self.sudo()[name]
            facts[name] = value.id if isinstance(value, models.BaseModel) else value
        return facts

    def _exchange_facts(self, current, wanted):
        """Write facts of a buy-in; what somebody changed since stays.

        :param dict current: facts the car is expected to have
        :param dict wanted: facts it gets instead
        """
        self.ensure_one()
        now = self._get_buy_in_facts()
        vals = {}
        for name in BUY_IN_FACTS:
            if wanted[name] == current[name] or now[name] != current[name]:
                continue
            field = self._fields[name]
            if field.type == "many2one" and not self.env[field.comodel_name].browse(wanted[name] or []).exists():
                vals[name] = False
            else:
                vals[name] = wanted[name]
        if vals:
            self.write(vals)
