from odoo import api, fields, models
from odoo.exceptions import UserError


class SaleOrderLine(models.Model):
    """The sale of a car that stays its owner's until it is sold."""

    _inherit = "sale.order.line"

    dealer_consignment_id = fields.Many2one(
        "dealer.vehicle.consignment",
        "Sold for",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="Terms with the owner of the car: its price is not our revenue.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_consignment_not_typed(vals)
        lines = super().create(vals_list)
        lines._note_consignment()
        return lines

    def _prepare_create_values(self, vals_list):
        # Nor by a default from a context.
        result = super()._prepare_create_values(vals_list)
        for vals in result:
            if not self.env.su:
                vals.pop("dealer_consignment_id", None)
        return result

    def write(self, vals):
        self._check_consignment_not_typed(vals)
        result = super().write(vals)
        if "dealer_vehicle_id" in vals:
            self._note_consignment()
        return result

    @api.model
    def _check_consignment_not_typed(self, vals):
        if not self.env.su and "dealer_consignment_id" in vals:
            raise UserError(self.env._("Whose car an order sells follows from the car and cannot be typed."))

    def _note_consignment(self):
        """Note on lines that sell somebody else's car under which terms; what was delivered or invoiced stays."""
        lines = self.sudo().filtered(lambda line: line.dealer_vehicle_id or line.dealer_consignment_id)
        lines = lines.filtered(lambda line: not line.qty_delivered and not line.qty_invoiced)
        terms = lines.dealer_vehicle_id._get_live_consignments() if lines else {}
        for line in lines:
            current = terms.get(line.dealer_vehicle_id.id, self.env["dealer.vehicle.consignment"])
            if line.dealer_consignment_id != current:
                line.dealer_consignment_id = current

    def _check_vehicles_may_be_procured(self):
        """Refuse a consigned car below its owner's minimum price.

        :raises UserError: names car, price, owner and minimum
        Source: P7
        """
        super()._check_vehicles_may_be_procured()
        self._note_consignment()
        for line in self.sudo().filtered(lambda line: line.dealer_consignment_id and line.product_uom_qty > 0):
            line.dealer_consignment_id._check_minimum(
                line.price_subtotal, line.price_total, line.currency_id, line.order_id.date_order
            )

    @api.depends("dealer_consignment_id")
    def _compute_qty_to_invoice(self):
        """The maker invoices an agency car: nothing is left for us to invoice."""
        super()._compute_qty_to_invoice()
        self.filtered(lambda line: line._is_invoiced_by_maker()).qty_to_invoice = 0.0

    def _is_invoiced_by_maker(self):
        """Tell whether this line hands over a car its maker invoices itself."""
        self.ensure_one()
        return self.sudo().dealer_consignment_id.kind == "agency"

    def _get_car_cost(self):
        """A car of somebody else has no cost of goods sold, whatever it cost us when it was ours."""
        return {
            line_id: 0.0 if self.browse(line_id).sudo().dealer_consignment_id else cost
            for line_id, cost in super()._get_car_cost().items()
        }

    def _prepare_invoice_line(self, **optional_values):
        values = super()._prepare_invoice_line(**optional_values)
        if self.sudo().dealer_consignment_id.kind == "consignment":
            values["account_id"] = self.company_id._get_consignment_account().id
        return values


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _force_lines_to_invoice_policy_order(self):
        super()._force_lines_to_invoice_policy_order()
        # Invoicing before the delivery does not make the maker's invoice ours.
        self.order_line.filtered(lambda line: line._is_invoiced_by_maker()).qty_to_invoice = 0.0


class AccountMove(models.Model):
    _inherit = "account.move"

    dealer_consignment_id = fields.Many2one(
        "dealer.vehicle.consignment",
        "Settles",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="Terms with an owner or a maker that this document settles: one document, once.",
    )

    is_settlement_reversed = fields.Boolean(
        "Settlement Credited",
        compute="_compute_is_settlement_reversed",
        store=True,
        help="Credited in full: it settles nothing any more.",
    )

    _dealer_consignment_uniq = models.UniqueIndex(
        "(dealer_consignment_id) WHERE dealer_consignment_id IS NOT NULL AND state != 'cancel' "
        "AND is_settlement_reversed IS NOT TRUE",
        "This car is settled already. Open its settlement, or cancel that one first.",
    )

    # The amounts of posted documents stand: not named here, every journal item of the house would ask for settlements.
    @api.depends("dealer_consignment_id", "state", "reversal_move_ids.state")
    def _compute_is_settlement_reversed(self):
        settlements = self.filtered("dealer_consignment_id")
        (self - settlements).is_settlement_reversed = False
        for move in settlements:
            credits = move.reversal_move_ids.filtered(lambda credit: credit.state == "posted")
            credited = sum(credits.mapped("amount_untaxed"))
            is_whole = move.currency_id.compare_amounts(credited, move.amount_untaxed) >= 0
            move.is_settlement_reversed = bool(credits) and is_whole

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_consignment_not_typed(vals)
        return super().create(vals_list)

    def _prepare_create_values(self, vals_list):
        result = super()._prepare_create_values(vals_list)
        for vals in result:
            if not self.env.su:
                vals.pop("dealer_consignment_id", None)
        return result

    def write(self, vals):
        self._check_consignment_not_typed(vals)
        return super().write(vals)

    @api.model
    def _check_consignment_not_typed(self, vals):
        if not self.env.su and "dealer_consignment_id" in vals:
            raise UserError(self.env._("A car is settled with its owner by the button on its terms."))

    # ------------------------------------------------------------------ sinks

    def _post(self, soft=True):
        self._book_consigned_cars()
        self._check_consigned_credits()
        self._check_settlements()
        self._check_settlement_credits()
        return super()._post(soft)

    def button_draft(self):
        if not self:
            return None  # core asks it of no document at all with nearly every write
        self._check_consigned_not_settled(self._get_consigned_lines())
        return super().button_draft()

    def _check_vehicles_may_be_invoiced(self):
        """Refuse an agency car on our invoice, and a consigned one below its owner's minimum.

        :raises UserError: names the car and who invoices it, or the minimum
        Source: P7
        """
        super()._check_vehicles_may_be_invoiced()
        sales = self.filtered(lambda move: move.move_type in ("out_invoice", "out_receipt"))
        for line in sales._get_consigned_lines():
            terms = line.sale_line_ids.dealer_consignment_id
            if terms.kind == "agency":
                raise UserError(
                    self.env._(
                        "%(car)s is invoiced by %(maker)s, whose agent we are. Take it off this invoice; our "
                        "commission is invoiced to the maker from the car.",
                        car=terms.vehicle_id.display_name,
                        maker=terms.partner_id.display_name,
                    )
                )
            terms._check_minimum(line.price_subtotal, line.price_total, line.currency_id, line.move_id.date)
        self._check_consigned_not_settled(sales._get_consigned_lines())

    def _get_consigned_lines(self):
        """Return the customer invoice lines that sell cars of somebody else, as superuser."""
        sales = self.filtered(lambda move: move.is_sale_document(include_receipts=True))
        return sales.sudo().invoice_line_ids.filtered(
            lambda line: line.display_type == "product" and line.sale_line_ids.dealer_consignment_id
        )

    def _book_consigned_cars(self):
        """Book the price of consigned cars where it is owed to their owners, whatever the line said."""
        for line in self.filtered(lambda move: move.state == "draft")._get_consigned_lines():
            account = line._get_consignment_account()
            if line.sale_line_ids.dealer_consignment_id.kind == "consignment" and line.account_id != account:
                line.account_id = account

    def _check_consigned_credits(self):
        """Refuse a credit note that leaves a consigned car sold below its owner's minimum, or settled."""
        refunds = self.filtered(lambda move: move.state == "draft" and move.move_type == "out_refund")
        lines = refunds._get_consigned_lines()
        self._check_consigned_not_settled(lines)
        for terms, credited in lines.grouped(lambda line: line.sale_line_ids.dealer_consignment_id).items():
            net, total = terms._get_invoiced()
            net -= sum(line._in_company_currency(line.price_subtotal) for line in credited)
            total -= sum(line._in_company_currency(line.price_total) for line in credited)
            if not terms.currency_id.is_zero(net):
                terms._check_minimum(net, total, terms.currency_id, fields.Date.context_today(self))

    def _check_consigned_not_settled(self, lines):
        """Refuse to change an invoice whose price was passed on to the owner of the car already."""
        for terms in lines.sale_line_ids.dealer_consignment_id:
            settlement = terms._get_settlement()
            if settlement:
                raise UserError(
                    self.env._(
                        "%(car)s is settled with %(owner)s by %(settlement)s. Cancel that document first.",
                        car=terms.vehicle_id.display_name,
                        owner=terms.partner_id.display_name,
                        settlement=settlement.display_name,
                    )
                )

    def _check_settlement_credits(self):
        """Refuse a credit note for a part of an owner's bill: it would pass on another price than was invoiced.

        :raises UserError: names the bill, the car and what to do
        Source: P7
        """
        for credit in self.filtered(lambda move: move.state == "draft" and move.move_type == "in_refund").sudo():
            bill = credit.reversed_entry_id
            terms = bill.dealer_consignment_id
            if terms.kind != "consignment":
                continue
            accounts = bill.invoice_line_ids.account_id
            if any(not terms.currency_id.is_zero(bill._sum_on(one) + credit._sum_on(one)) for one in accounts):
                raise UserError(
                    self.env._(
                        "%(bill)s settles %(car)s with %(owner)s: credit it as a whole and settle again, or cancel it.",
                        bill=bill.display_name,
                        car=terms.vehicle_id.display_name,
                        owner=terms.partner_id.display_name,
                    )
                )

    def _sum_on(self, account):
        """Return the balance of this document on an account, debit positive, in company currency."""
        self.ensure_one()
        return sum(self.line_ids.filtered(lambda line: line.account_id == account).mapped("balance"))

    def _check_settlements(self):
        """Refuse to post an owner's bill that does not clear what his car was invoiced for."""
        for move in self.filtered(
            lambda move: move.dealer_consignment_id.kind == "consignment" and move.state == "draft"
        ).sudo():
            terms = move.dealer_consignment_id
            account, owed = terms._get_owed()
            cleared = move._sum_on(account)
            if terms.currency_id.compare_amounts(cleared, owed):
                raise UserError(
                    self.env._(
                        "%(bill)s clears %(cleared)s, but %(car)s was invoiced for %(owed)s. Delete it and settle with "
                        "%(owner)s again.",
                        bill=move.display_name,
                        cleared=terms.currency_id.format(cleared),
                        car=terms.vehicle_id.display_name,
                        owed=terms.currency_id.format(owed),
                        owner=terms.partner_id.display_name,
                    )
                )


class StockMove(models.Model):
    _inherit = "stock.move"

    def _check_and_name_cars(self):
        super()._check_and_name_cars()
        self._check_sold_for_owner_stays_sold()

    def _check_sold_for_owner_stays_sold(self):
        """Refuse to take a car back whose sale was settled with its owner: it would stand here as ours.

        :raises UserError: names the car, its owner and the settlement
        Source: P7
        """
        for move in self.sudo().filtered(lambda move: move.location_dest_id._should_be_valued()):
            terms = (move.sale_line_id or move.origin_returned_move_id.sale_line_id).dealer_consignment_id
            if terms.state == "settled" and not move.location_id._should_be_valued():
                raise UserError(
                    self.env._(
                        "%(car)s was sold for %(owner)s and settled by %(settlement)s. Let the accountant cancel or "
                        "credit that document first; then the car comes back as its owner's.",
                        car=terms.vehicle_id.display_name,
                        owner=terms.partner_id.display_name,
                        settlement=terms._get_settlement().display_name,
                    )
                )


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _get_consignment_account(self):
        """Return where this line's consigned car is booked: a credit note follows its invoice."""
        account, _owed = self.sale_line_ids.dealer_consignment_id._get_owed()
        return account or self.company_id._get_consignment_account()

    def _in_company_currency(self, amount):
        """Return an amount of this line in company currency, at the rate of its document."""
        self.ensure_one()
        return self.currency_id._convert(
            amount, self.company_id.currency_id, self.company_id, self.move_id.date or fields.Date.context_today(self)
        )

    def _get_cogs_value(self):
        if self.sudo().sale_line_ids.dealer_consignment_id:
            return 0.0
        return super()._get_cogs_value()
