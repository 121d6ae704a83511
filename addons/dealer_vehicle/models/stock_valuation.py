"""The one place where Odoo's cost of stock is mended for cars.

Core values a serial-numbered product at its average: cost of goods sold is the average of all cars in stock, an
invoice before the delivery or a maker's bill after the sale is never corrected, and each total walks the whole history.
A car is worth what *this* car cost: the value of the move that brought it into the company (bill, else order price,
plus landed costs). Everything below derives from that one number, in whatever order the documents come.
"""

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class ProductTemplate(models.Model):
    _inherit = "product.template"

    @api.onchange("is_vehicle")
    def _onchange_is_vehicle_category(self):
        root = self.env.ref("dealer_vehicle.product_category_vehicle")
        if self.is_vehicle and self.categ_id not in self.env["product.category"].search([("id", "child_of", root.id)]):
            self.categ_id = self._get_vehicle_category()

    @api.model_create_multi
    def create(self, vals_list):
        """Put trims without a category where stock is kept in perpetual, average-costed accounts."""
        category = self._get_vehicle_category()
        return super().create(
            [
                {**vals, "categ_id": category.id} if vals.get("is_vehicle") and not vals.get("categ_id") else vals
                for vals in vals_list
            ]
        )

    @api.model
    def _get_vehicle_category(self):
        """Return the category new trims belong to unless somebody says otherwise."""
        return self.env.ref("dealer_vehicle.product_category_vehicle_new")


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _compute_value(self):
        """Value cars by one query for the whole batch; history (``to_date``) keeps core's road."""
        cars = self.filtered(lambda product: product._is_exactly_costed() and not self.env.context.get("to_date"))
        super(ProductProduct, self - cars)._compute_value()
        totals = cars._get_car_stock_totals() if cars else {}
        for product in cars:
            quantity, value = totals.get(product._origin.id, (0.0, 0.0))
            product.company_currency_id = self.env.company.currency_id
            product.total_value = value
            product.avg_cost = value / quantity if quantity else 0.0

    def _is_exactly_costed(self):
        """Tell whether each unit of this product carries its own cost: it is a car."""
        self.ensure_one()
        return self.is_vehicle and self.lot_valuated

    def _get_car_stock_totals(self):
        """Return what the cars of these products on our premises are worth, in one query.

        Company: ``env.company``; a ``warehouse_id`` in the context narrows to one site. Consigned cars do not count.

        :return: {product id: (number of cars, value in company currency)}; a missing id means none in stock
        """
        return self.env["stock.lot"]._query_stock_totals("product_id", self._origin.ids)

    def _get_value_from_lots(self):
        cars = self.filtered(lambda product: product._is_exactly_costed())
        value = super(ProductProduct, self - cars)._get_value_from_lots() if self - cars else 0.0
        if cars and self.env.context.get("to_date"):
            return value + cars._get_car_value_at(self.env.context["to_date"])
        return value + sum(total for _quantity, total in cars._get_car_stock_totals().values())

    def _get_car_value_at(self, date):
        """Return what the cars of these products in stock at a past date were worth then.

        :param date: date or datetime (UTC); a date counts to its end, as in core
        :return: float in company currency
        """
        at_date = fields.Datetime.to_datetime(date).replace(hour=23, minute=59, second=59)
        moves = self.env["stock.move"].search(
            [
                ("product_id", "in", self.ids),
                ("company_id", "=", self.env.company.id),
                ("date", "<=", at_date),
                "|",
                ("is_in", "=", True),
                ("is_out", "=", True),
            ]
        )
        histories = moves.move_line_ids.lot_id._get_valued_history(at_date=at_date)
        present = [history[-1] for history in histories.values() if history[-1]["is_in"]]
        arrivals = self.env["stock.move"].browse(event["move_id"] for event in present)
        return sum(move._get_value(at_date=at_date) / (move.quantity or 1.0) for move in arrivals)

    def _get_remaining_moves(self):
        """Core counts what is left of each arrival first in, first out; of a car we know which one is left."""
        cars = self.filtered(lambda product: product._is_exactly_costed())
        remaining = super(ProductProduct, self - cars)._get_remaining_moves()
        if cars:
            lots = self.env["stock.lot"].search([("product_id", "in", cars.ids), ("product_qty", ">", 0)])
            for move, quantity in lots._get_arrivals_left().items():
                remaining.setdefault(move.product_id, {})[move] = quantity
        return remaining

    def _update_standard_price(self, extra_value=None, extra_quantity=None):
        cars = self.filtered(lambda product: product._is_exactly_costed())
        super(ProductProduct, self - cars)._update_standard_price(extra_value, extra_quantity)
        # Only a default for cars whose own cost nobody knows (found at a count); never used for a bought car.
        for product_id, (quantity, value) in (cars._get_car_stock_totals() if cars else {}).items():
            if quantity > 0:
                product = self.browse(product_id).with_context(disable_auto_revaluation=True)
                product.sudo().standard_price = value / quantity


class StockLot(models.Model):
    _inherit = "stock.lot"

    def _compute_value(self):
        cars = self.filtered(lambda lot: lot._is_exactly_costed() and not self.env.context.get("to_date"))
        super(StockLot, self - cars)._compute_value()
        totals = self._query_stock_totals("lot_id", cars._origin.ids) if cars else {}
        for lot in cars:
            lot.company_currency_id = self.env.company.currency_id
            lot.total_value = totals.get(lot._origin.id, (0.0, 0.0))[1]

    def _is_exactly_costed(self):
        """Tell whether this serial number is a car with its own cost."""
        self.ensure_one()
        return bool(self.product_id) and self.product_id._is_exactly_costed()

    @api.model
    def _query_stock_totals(self, key, ids):
        """Sum quantity and value of serial numbers inside the company, grouped, in one query.

        :param str key: column of ``stock_quant`` to group by: ``product_id`` or ``lot_id``
        :param list ids: values of that column
        :return: {id: (quantity, value in the currency of ``env.company``)}
        """
        if not ids:
            return {}
        self.env["stock.quant"].flush_model(["product_id", "lot_id", "location_id", "owner_id", "quantity"])
        self.env["stock.lot"].flush_model(["standard_price"])
        company = self.env.company
        warehouse = self.env.context.get("warehouse_id")
        sites = (warehouse,) if isinstance(warehouse, int) else tuple(warehouse or ())
        rows = self.env.execute_query(
            SQL(
                """
                SELECT quant.%(key)s,
                       SUM(quant.quantity),
                       SUM(quant.quantity * COALESCE((lot.standard_price ->> %(company_key)s)::numeric, 0))
                  FROM stock_quant quant
                  JOIN stock_location location ON location.id = quant.location_id
                  JOIN stock_lot lot ON lot.id = quant.lot_id
                 WHERE quant.%(key)s IN %(ids)s
                   AND location.company_id = %(company)s
                   AND location.usage IN ('internal', 'transit')
                   AND (quant.owner_id IS NULL OR quant.owner_id = %(owner)s)
                   %(at_site)s
                 GROUP BY quant.%(key)s
                """,
                key=SQL.identifier(key),
                ids=tuple(ids),
                company=company.id,
                company_key=str(company.id),
                owner=company.partner_id.id,
                at_site=SQL("AND location.warehouse_id IN %s", sites) if sites else SQL(),
            )
        )
        return {row[0]: (float(row[1]), float(row[2])) for row in rows}

    def _get_valued_history(self, at_date=None):
        """Return when each car came into the company and left it, in the order that makes sense.

        One query. Moves of the same second (a receipt and a delivery posted together) are put in the only order that
        is possible for one car: it must come in before it goes out.

        :param datetime at_date: UTC; ignore later moves
        :return: {lot id: non-empty list of {move_id, is_in, unit_value}} for ``env.company``, oldest first
        """
        if not self.ids:
            return {}
        self.env["stock.move"].flush_model(["company_id", "date", "is_in", "is_out", "quantity", "state", "value"])
        self.env["stock.move.line"].flush_model(["lot_id", "move_id", "picked"])
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT DISTINCT line.lot_id, move.date, move.id AS move_id, move.is_in,
                       move.value / NULLIF(move.quantity, 0) AS unit_value
                  FROM stock_move_line line
                  JOIN stock_move move ON move.id = line.move_id
                 WHERE line.lot_id IN %s AND line.picked
                   AND move.company_id = %s AND move.state = 'done' AND (move.is_in OR move.is_out)
                   %s
                 ORDER BY line.lot_id, move.date, move.id
                """,
                tuple(self.ids),
                self.env.company.id,
                SQL("AND move.date <= %s", at_date) if at_date else SQL(),
            )
        )
        histories = defaultdict(list)
        for row in rows:
            histories[row["lot_id"]].append(row)
        return {lot_id: self._order_history(events) for lot_id, events in histories.items()}

    @api.model
    def _order_history(self, events):
        """Order the events of one car so that arrivals and departures alternate within the same second."""
        ordered = []
        while events:
            present = bool(ordered) and ordered[-1]["is_in"]
            same_second = [event for event in events if event["date"] == events[0]["date"]]
            event = next((event for event in same_second if event["is_in"] != present), events[0])
            events.remove(event)
            ordered.append(event)
        return ordered

    def _get_arrivals(self):
        """Return the move that brought each car into ``env.company`` the last time.

        :return: {lot id: ``stock.move``}; a car that never came is missing
        """
        arrivals = {}
        for lot_id, history in self._get_valued_history().items():
            incoming = [event["move_id"] for event in history if event["is_in"]]
            if incoming:
                arrivals[lot_id] = self.env["stock.move"].browse(incoming[-1])
        return arrivals

    def _get_arrivals_left(self):
        """Return how many cars of each arrival are still here.

        :return: {``stock.move``: number of cars}
        """
        left = defaultdict(float)
        for history in self._get_valued_history().values():
            if history[-1]["is_in"]:
                left[self.env["stock.move"].browse(history[-1]["move_id"])] += 1.0
        return left

    def _get_exact_costs(self):
        """Return what each car cost ``env.company`` when it last came in, in one query.

        :return: {lot id: company currency}; a car that never came in is missing
        """
        costs = {}
        for lot_id, history in self._get_valued_history().items():
            incoming = [event["unit_value"] for event in history if event["is_in"]]
            if incoming:
                costs[lot_id] = incoming[-1] or 0.0
        return costs

    def _update_standard_price(self):
        cars = self.filtered(lambda lot: lot._is_exactly_costed())
        super(StockLot, self - cars)._update_standard_price()
        costs = cars._get_exact_costs()
        for lot in cars.with_context(disable_auto_revaluation=True):
            if lot.id in costs and lot.standard_price != costs[lot.id]:
                lot.sudo().standard_price = costs[lot.id]

    def _change_standard_price(self, old_price):
        """Refuse to retype the cost of a car: the next bill would overwrite it and no entry is posted."""
        cars = self.filtered(lambda lot: lot._is_exactly_costed())
        arrived = cars._get_arrivals()
        for lot in cars.filtered(lambda lot: lot.id in arrived):
            raise UserError(
                self.env._(
                    "The cost of %(vin)s comes from its purchase order, bill and landed costs and is not typed. "
                    "Correct the bill, or add a landed cost to this car.",
                    vin=lot.name,
                )
            )
        return super(StockLot, self - cars)._change_standard_price(old_price)

    def _carry_cost_on(self):
        """Give done departures the cost their cars have now, and correct the cost of goods sold.

        A maker's bill or a landed cost after the sale changes what the car cost; core leaves the departure and the
        invoice's cost of goods sold as they were.
        """
        changed = self.env["stock.move"]
        values = defaultdict(float)
        for history in self._get_valued_history().values():
            cost = 0.0
            for event in history:
                if event["is_in"]:
                    cost = event["unit_value"] or 0.0
                else:
                    values[event["move_id"]] += cost
        for move in self.env["stock.move"].browse(values):
            # A departure that carried other cars as well is summed from all its lines.
            value = values[move.id] if move.move_line_ids.lot_id <= self else move._sum_exact_costs()
            if move.company_currency_id.compare_amounts(move.value, value):
                move.value = value
                changed |= move
        changed.returned_move_ids.filtered("is_in")._set_value()
        self.env["sale.order.line"]._search_for_car_lots(self)._sync_car_cogs()


class StockMove(models.Model):
    _inherit = "stock.move"

    def _compute_remaining_qty(self):
        cars = self.filtered(lambda move: move.product_id._is_exactly_costed())
        super(StockMove, self - cars)._compute_remaining_qty()
        for company, moves in cars.grouped("company_id").items():
            left = moves.with_company(company).move_line_ids.lot_id._get_arrivals_left()
            for move in moves:
                move.remaining_qty = left.get(move._origin, 0.0)

    def _set_value(self, correction_quantity=None):
        """Value cars one by one, in their own company (core takes whatever company is active)."""
        cars = self.filtered(lambda move: move.product_id._is_exactly_costed())
        super(StockMove, self - cars)._set_value(correction_quantity)
        for company, moves in cars.grouped("company_id").items():
            # Values follow from an event (receipt, bill, landed cost) whose right was checked; who posts a bill has
            # no rights on serial numbers, who receives a car none on invoices.
            moves.with_company(company).sudo()._set_car_value()

    def _set_car_value(self):
        """Set the value of car moves and carry it on to what was derived from it.

        An arrival takes its value from bill, order and landed costs; a departure takes the cost of the cars it
        carries. Side effects: cost on the serial number, value of later departures, returns, cost of goods sold.
        """
        arrivals = self.filtered("is_in")
        for move in arrivals:
            move.value = move._get_value()
        departures = (self - arrivals).filtered(lambda move: move._is_out())
        lots = departures.move_line_ids.lot_id
        costs = lots._get_exact_costs()
        leaving = departures.filtered(lambda move: move.state != "done")
        for move in leaving:
            move.value = sum(
                costs.get(line.lot_id.id, line.lot_id.standard_price) * line.quantity_product_uom
                for line in move._get_out_move_lines()
            )
        arrivals.move_line_ids.lot_id._update_standard_price()
        self.product_id._update_standard_price()
        (arrivals | (departures - leaving)).move_line_ids.lot_id._carry_cost_on()
        if leaving:  # their value is today's already: only the invoice may have booked another one
            self.env["sale.order.line"]._search_for_car_lots(leaving.move_line_ids.lot_id)._sync_car_cogs()

    def _get_cogs_price_unit(self, quantity=0):
        if len(self.product_id) == 1 and self.product_id._is_exactly_costed():
            quantity = sum(move._get_valued_qty() for move in self)
            return sum(self.mapped("value")) / quantity if quantity else 0.0
        return super()._get_cogs_price_unit(quantity)

    def _get_value_from_account_move(self, quantity, at_date=None):
        """A car costs what was billed for it, less what was credited; core drops the bill once a credit note of the
        same quantity (a price correction) is posted.
        """
        if not (self.purchase_line_id and self.product_id._is_exactly_costed()):
            return super()._get_value_from_account_move(quantity, at_date=at_date)
        lines = self.purchase_line_id.invoice_lines.filtered(
            lambda line: line.parent_state == "posted" and (not at_date or line.date <= fields.Date.to_date(at_date))
        )
        billed = sum(lines.mapped("balance"))
        if self.company_currency_id.compare_amounts(billed, 0.0) <= 0:
            return {"value": 0.0, "quantity": 0.0, "description": False}
        return {
            "value": billed * quantity / (self.purchase_line_id.product_qty or 1.0),
            "quantity": quantity,
            "description": self.env._(
                "%(value)s from %(bills)s",
                value=self.company_currency_id.format(billed),
                bills=", ".join(lines.move_id.mapped("display_name")),
            ),
        }

    def _sum_exact_costs(self):
        """Return the cost of all cars on this departure at the time it left."""
        self.ensure_one()
        total = 0.0
        for history in self.move_line_ids.lot_id._get_valued_history().values():
            cost = 0.0
            for event in history:
                if event["is_in"]:
                    cost = event["unit_value"] or 0.0
                elif event["move_id"] == self.id:
                    total += cost
        return total


class StockLandedCost(models.Model):
    _inherit = "stock.landed.cost"

    dealer_vehicle_id = fields.Many2one(
        comodel_name="dealer.vehicle",
        string="Car",
        copy=False,
        index="btree_not_null",
        help="When set, the whole cost goes to this one car and not to the other cars of the transfer.",
    )

    def _get_targeted_move_ids(self):
        if len(self) == 1 and self.dealer_vehicle_id:
            return self.dealer_vehicle_id._get_arrival()
        return super()._get_targeted_move_ids()


class StockValuationAdjustmentLines(models.Model):
    _inherit = "stock.valuation.adjustment.lines"

    def _create_accounting_entries(self, remaining_qty):
        """Send the whole cost of a car through stock, sold or not.

        Core posts the part still in stock and leaves the rest in the expense account. A sold car's part goes on to
        the cost of goods sold by ``_sync_car_cogs``, so that the entry and the value of the move stay equal.
        """
        if self.product_id._is_exactly_costed():
            remaining_qty = self.quantity
        return super()._create_accounting_entries(remaining_qty)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model
    def _search_for_car_lots(self, lots):
        """Return the order lines of ``env.company`` that sell these cars.

        :param recordset lots: ``stock.lot`` of cars
        """
        return self.search(
            [("dealer_vehicle_id.vin_id.lot_id", "in", lots.ids), ("company_id", "=", self.env.company.id)]
        )

    def _get_car_cost(self):
        """Return what the car named on each line cost: the departure's value, else the car's cost today.

        :return: {line id: company currency}
        """
        departures = {line: line._get_departure() for line in self}
        # What a car costs today is a query, asked only for those still here
        here = self.filtered(lambda line: not departures[line])
        todays = here.dealer_vehicle_id._exact_cost()
        return {
            line.id: move.value if move else todays.get(line.dealer_vehicle_id.id, 0.0)
            for line, move in departures.items()
        }

    def _get_departure(self):
        """Return the latest ``stock.move`` by which the car named on this line left, or an empty one."""
        departed = self.move_ids.filtered(lambda move: move.is_out and move.dealer_vehicle_id == self.dealer_vehicle_id)
        return departed.sorted(lambda move: (move.date, move.id))[-1:]

    def _get_posted_car_cogs(self):
        """Return the cost of goods sold posted so far for each line, corrections included, in one query.

        :return: {line id: company currency, positive}
        """
        posted = self.env["account.move.line"]._read_group(
            [
                ("dealer_cogs_sale_line_id", "in", self.ids),
                ("is_dealer_cogs_stock_side", "=", True),
                ("parent_state", "=", "posted"),
            ],
            ["dealer_cogs_sale_line_id"],
            ["balance:sum"],
        )
        return {line.id: -balance for line, balance in posted}

    def _sync_car_cogs(self):
        """Post what is missing between the cost of goods sold of these lines and what their cars cost.

        Compares two states, so it can be called after every event and posts nothing the second time: a bill after the
        sale, a landed cost, a bill reset to draft or credited, a delivery at another cost than invoiced.
        """
        # The entry follows from an event whose right was checked; its user need not be an accountant.
        lines = self.sudo().filtered(lambda line: line.dealer_vehicle_id and line.invoice_lines)
        for company, company_lines in lines.grouped("company_id").items():
            company_lines.with_company(company)._post_missing_car_cogs()

    def _post_missing_car_cogs(self):
        costs, posted = self._get_car_cost(), self._get_posted_car_cogs()
        vals_list = []
        for line in self:
            if line.product_id.valuation != "real_time" or any(line.move_ids.mapped("is_dropship")):
                continue
            missing = costs[line.id] * line._get_posted_quantity() - posted.get(line.id, 0.0)
            if not line.company_id.currency_id.is_zero(missing):
                vals_list += line._prepare_cogs_correction(missing)
        if vals_list:
            entry = self.env["account.move"].create(self._prepare_cogs_correction_entry(vals_list))
            entry._post(soft=False)

    def _get_posted_quantity(self):
        """Return how many cars the posted invoices of this line sold, credit notes deducted: 1 or 0."""
        self.ensure_one()
        signs = {"out_invoice": 1, "out_receipt": 1, "out_refund": -1}
        return sum(
            signs.get(line.move_id.move_type, 0) * line.quantity
            for line in self.invoice_lines
            if line.parent_state == "posted" and line.display_type == "product"
        )

    def _prepare_cogs_correction_entry(self, line_vals_list):
        accounts = self[:1].product_id.product_tmpl_id.get_product_accounts()
        return {
            "move_type": "entry",
            "journal_id": (accounts["stock_journal"] or self.env.company.account_stock_journal_id).id,
            "ref": self.env._("Correction of the cost of sold cars"),
            "line_ids": [fields.Command.create(vals) for vals in line_vals_list],
        }

    def _prepare_cogs_correction(self, amount):
        """Return the two journal items that correct the cost of goods sold of one line.

        :param float amount: company currency; positive raises the cost
        :return: list of two dicts for ``account.move.line``
        """
        self.ensure_one()
        invoice_line = self.invoice_lines.filtered(lambda line: line.parent_state == "posted")[-1:]
        accounts = self.product_id.product_tmpl_id.get_product_accounts(fiscal_pos=self.order_id.fiscal_position_id)
        earlier = self.env["account.move.line"].search(
            [("dealer_cogs_sale_line_id", "=", self.id), ("is_dealer_cogs_stock_side", "=", False)],
            order="id desc",
            limit=1,
        )
        expense = earlier.account_id or accounts["expense"] or invoice_line.move_id.journal_id.default_account_id
        common = {
            "name": self.env._("Cost of %(car)s", car=self.dealer_vehicle_id.display_name),
            "partner_id": self.order_id.partner_id.commercial_partner_id.id,
            "product_id": self.product_id.id,
            "quantity": 1,
            "cogs_origin_id": invoice_line.id,
            "dealer_cogs_sale_line_id": self.id,
            "tax_ids": [],
        }
        stock = accounts["stock_valuation"]
        return [
            {**common, "account_id": stock.id, "balance": -amount, "is_dealer_cogs_stock_side": True},
            {**common, "account_id": expense.id, "balance": amount},
        ]


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    def _exact_cost(self):
        """Return what each car cost its company, without bills still to come.

        The value of the move that brought it in; an ordered car: its order line's price; a car we never bought: 0.

        :return: {vehicle id: amount in the currency of the car's company}, every id present
        """
        costs = dict.fromkeys(self.ids, 0.0)
        for company, cars in self.sudo().grouped("company_id").items():
            cars = cars.with_company(company)
            by_lot = cars.lot_id._get_exact_costs()
            for car in cars:
                expected = car.purchase_line_id._get_stock_move_price_unit() if car.purchase_line_id else 0.0
                costs[car.id] = by_lot.get(car.lot_id.id, expected)
        return costs

    def _get_arrivals(self):
        """Return the moves that brought these cars into their companies the last time.

        :return: {car id: ``stock.move``, empty when the car never came}; every id present
        """
        arrivals = dict.fromkeys(self.ids, self.env["stock.move"])
        for company, cars in self.sudo().grouped("company_id").items():
            by_lot = cars.lot_id.with_company(company)._get_arrivals()
            arrivals.update(
                {car.id: by_lot[car.lot_id.id].with_env(self.env) for car in cars if car.lot_id.id in by_lot}
            )
        return arrivals

    def _get_arrival(self):
        """Return the move that brought this car into its company the last time, or an empty move."""
        self.ensure_one()
        lot = self.sudo().lot_id
        return lot.with_company(self.company_id)._get_arrivals().get(lot.id, self.env["stock.move"])

    def _capitalise(self, amount, name, account, date=None):
        """Add a cost to this one car by a posted landed cost on its own arrival.

        A car still here is worth more; of a sold one the amount goes on to the cost of goods sold.

        :param float amount: company currency; negative takes cost off
        :param str name: what it was for, shown on the entry
        :param recordset account: ``account.account`` to credit (freight, workshop clearing, work in progress)
        :param date date: accounting date, default today
        :return: the posted ``stock.landed.cost``
        :raises UserError: the car was never received by its company, or it went back or was lost
        Source: design.md "Exact cost"; practice P21 (capitalised reconditioning)
        """
        self.ensure_one()
        if not self._get_arrival():
            raise UserError(
                self.env._(
                    "%(car)s was not received into stock of %(company)s, so no cost can be added to it. "
                    "Receive the car first.",
                    car=self.display_name,
                    company=self.company_id.display_name,
                )
            )
        if self.sudo().place == "gone":
            raise UserError(
                self.env._(
                    "%(car)s went back or was lost: it has no cost any more that this could be added to. Post the "
                    "amount as an expense.",
                    car=self.display_name,
                )
            )
        # Whoever closes the internal job may add its cost, without rights on landed costs as such.
        cost = self.env["stock.landed.cost"].sudo().with_company(self.company_id)
        cost = cost.create(self._prepare_capitalisation(amount, name, account, date))
        cost.button_validate()
        return cost

    def _prepare_capitalisation(self, amount, name, account, date=None):
        product = self.env.ref("dealer_vehicle.product_product_capitalisation")
        return {
            "date": date or fields.Date.context_today(self),
            "company_id": self.company_id.id,
            "dealer_vehicle_id": self.id,
            "picking_ids": [fields.Command.set(self._get_arrival().sudo().picking_id.ids)],
            "cost_lines": [
                fields.Command.create(
                    {
                        "product_id": product.id,
                        "name": name,
                        "price_unit": amount,
                        "split_method": "equal",
                        "account_id": account.id,
                    }
                )
            ],
        }


class ProductCategory(models.Model):
    _inherit = "product.category"

    @api.model
    def _setup_vehicle_categories_everywhere(self):
        """Set the vehicle categories up in every company that keeps books; run on installation and upgrade."""
        root = self.env.ref("dealer_vehicle.product_category_vehicle")
        tree = self.sudo().search([("id", "child_of", root.id)])
        tree._setup_vehicle_category(self.env["res.company"].sudo().search([]))

    def _setup_vehicle_category(self, companies):
        """Let these categories keep perpetual, average-costed stock in the companies' own accounts.

        Charts for China: goods are 1405 (the chart's default is 1403, raw materials), its variation the chart's cost
        of sales. Elsewhere the company's stock account. Values a company has chosen are kept.

        :param recordset companies: ``res.company`` that have a chart of accounts; others are left out
        """
        for company in companies.filtered("chart_template"):
            for category in self.sudo().with_company(company) - self._get_set_up_for(company):
                category.write(category._prepare_vehicle_category(company))

    def _get_set_up_for(self, company):
        """Return the categories that have their own cost method in this company (not the company's default)."""
        self.flush_recordset(["property_cost_method"])
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM product_category WHERE id IN %s AND property_cost_method ->> %s IS NOT NULL",
                tuple(self.ids),
                str(company.id),
            )
        )
        return self.browse(row[0] for row in rows)

    def _prepare_vehicle_category(self, company):
        vals = {
            "property_valuation": "real_time",
            "property_cost_method": "average",
            "property_stock_journal": company.account_stock_journal_id.id,
        }
        expense = self.property_account_expense_categ_id or company.expense_account_id
        direct = self._find_direct_cost_account(company, expense)
        goods = self.env["account.chart.template"].with_company(company)
        goods = goods.ref("l10n_cn_common_account_1405", raise_if_not_found=False) or company.account_stock_valuation_id
        if goods and not goods.account_stock_variation_id:
            goods.sudo().account_stock_variation_id = direct or expense
        vals["property_stock_valuation_account_id"] = goods.id
        vals["property_account_expense_categ_id"] = (direct or expense).id
        return vals

    def _find_direct_cost_account(self, company, expense):
        """Return the account for cost of sales: the chosen one if it is one, else the chart's first."""
        if expense.account_type == "expense_direct_cost":
            return expense
        return self.env["account.account"].search(
            [("company_ids", "in", company.ids), ("account_type", "=", "expense_direct_cost")], order="code", limit=1
        )


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"

    def _post_load_data(self, template_code, company, template_data):
        """Set the vehicle categories up as soon as a company gets its chart of accounts."""
        result = super()._post_load_data(template_code, company, template_data)
        category = self.env.ref("dealer_vehicle.product_category_vehicle", raise_if_not_found=False)
        if category:
            tree = self.env["product.category"].sudo().search([("id", "child_of", category.id)])
            tree._setup_vehicle_category(company or self.env.company)
        return result
