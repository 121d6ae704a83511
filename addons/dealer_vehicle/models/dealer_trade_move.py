import logging

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import clean_context

_logger = logging.getLogger(__name__)


class StockMove(models.Model):
    _inherit = "stock.move"

    def _check_vehicles_may_leave(self, vehicles):
        """Let a car leave for a sister company only as both agreed; see ``stock_move.py``.

        :raises UserError: the orders differ, or the other company has not confirmed its own
        """
        result = super()._check_vehicles_may_leave(vehicles)
        sales = self.sudo().sale_line_id.order_id.filtered("dealer_trade_purchase_id")
        sales._check_trades()
        for sale in sales.filtered(lambda sale: sale.dealer_trade_purchase_id.state != "purchase"):
            raise UserError(
                self.env._(
                    "%(purchase)s of the sister company is not approved yet: ask its purchasing manager, then ship "
                    "%(sale)s.",
                    purchase=sale.dealer_trade_purchase_id.name,
                    sale=sale.name,
                )
            )
        return result

    def _after_cars_moved(self):
        super()._after_cars_moved()
        sold = self.filtered(lambda move: move.state == "done" and move._leaves_to_customer())
        sold.sudo()._ship_to_sister()

    def _ship_to_sister(self):
        """Make the sister company's receipts ready for the cars that have just left for it."""
        for sale, moves in self.grouped(lambda move: move.sale_line_id.order_id).items():
            purchase = sale.dealer_trade_purchase_id
            lines = purchase.order_line.filtered(
                lambda line, moves=moves: line.dealer_vehicle_id.vin_id in moves.dealer_vehicle_id.vin_id
            )
            if lines:
                company = purchase.company_id
                today = fields.Date.context_today(self.with_context(tz=company.partner_id.tz))
                lines.dealer_vehicle_id.shipped_date = today
                waiting = lines.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))
                waiting.with_company(company)._action_assign()


class AccountMove(models.Model):
    _inherit = "account.move"

    dealer_trade_invoice_id = fields.Many2one(
        "account.move",
        "Sister Company's Invoice",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="account.group_account_invoice,account.group_account_readonly",
        help="The invoice of the company that sold us the cars; this bill was prepared from it.",
    )

    _trade_invoice_uniq = models.UniqueIndex(
        "(dealer_trade_invoice_id) WHERE dealer_trade_invoice_id IS NOT NULL AND state != 'cancel'",
        "The other company has a bill for that invoice already.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_trade_not_typed(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_trade_not_typed(vals)
        return super().write(vals)

    def _prepare_create_values(self, vals_list):
        # A default from a context must not make a bill the twin of somebody's invoice.
        result = super()._prepare_create_values(vals_list)
        if not self.env.su:
            for vals in result:
                vals.pop("dealer_trade_invoice_id", None)
        return result

    @api.model
    def _check_trade_not_typed(self, vals):
        if "dealer_trade_invoice_id" in vals and not self.env.su:
            raise UserError(self.env._("The sister company's invoice of a bill follows from its posting, not typed."))

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._prepare_sister_bills()
        return posted

    def _check_vehicles_may_be_invoiced(self):
        """Let a car be invoiced to a sister company only as both agreed; see ``account_move.py``.

        :raises UserError: names the order and what to do
        """
        result = super()._check_vehicles_may_be_invoiced()
        invoices = self.filtered(lambda move: move.move_type in ("out_invoice", "out_receipt"))
        invoices.sudo().invoice_line_ids.sale_line_ids.order_id._check_trades()
        return result

    def button_draft(self):
        result = super().button_draft()
        self._withdraw_sister_bills()
        return result

    def button_cancel(self):
        result = super().button_cancel()
        self._withdraw_sister_bills()
        return result

    def _get_sister_bills(self):
        domain = [("dealer_trade_invoice_id", "in", self.ids), ("state", "!=", "cancel")]
        return self.env["account.move"].sudo().search(domain)

    def _withdraw_sister_bills(self):
        """Cancel the drafts made from invoices that are withdrawn.

        :raises UserError: the other company has booked its bill
        """
        for bill in self._get_sister_bills():
            if bill.state == "posted":
                raise UserError(
                    self.env._(
                        "The sister company has booked %(invoice)s already. Make a credit note instead: its own "
                        "follows as a draft.",
                        invoice=bill.dealer_trade_invoice_id.name,
                    )
                )
            bill.with_company(bill.company_id).button_cancel()

    def _prepare_sister_bills(self):
        """Prepare, as drafts, the bills of sister companies for the invoices and credit notes just posted.

        Nobody here sees the other company's books: a narrow sudo writes exactly what our invoice says.
        """
        for invoice in self.sudo().filtered(lambda move: move.move_type in ("out_invoice", "out_refund")):
            lines = invoice.invoice_line_ids.filtered("sale_line_ids.order_id.dealer_trade_purchase_id")
            purchase = lines.sale_line_ids.order_id.dealer_trade_purchase_id
            if len(purchase) == 1 and not invoice._get_sister_bills():
                invoice._create_sister_bill(purchase, lines)

    def _create_sister_bill(self, purchase, lines):
        """Create the draft bill of one invoice.

        :param purchase: ``purchase.order`` of the buying company, superuser
        :param lines: ``account.move.line`` of the invoice that sell its cars
        """
        company = purchase.company_id
        Move = self.env["account.move"].with_company(company).with_context(clean_context(self.env.context))
        if not self.env["account.journal"].search_count(
            [("type", "=", "purchase"), ("company_id", "=", company.id)], limit=1
        ):
            _logger.warning("%s keeps no purchase journal: no bill is prepared for %s", company.name, self.name)
            return
        kind = {"out_invoice": "in_invoice", "out_refund": "in_refund"}[self.move_type]
        vals = purchase.with_company(company)._prepare_invoice()
        vals.update(
            move_type=kind,
            ref=self.name,
            invoice_date=self.invoice_date,
            dealer_trade_invoice_id=self.id,
            invoice_line_ids=[Command.create(line._prepare_sister_bill_line(purchase)) for line in lines],
        )
        Move.create(vals)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _prepare_sister_bill_line(self, purchase):
        """Return the values of the bill line of the car this invoice line sells, at the same amount without tax."""
        car = self.sale_line_ids.dealer_vehicle_id
        order_line = purchase.order_line.filtered(lambda line: line.dealer_vehicle_id.vin_id == car.vin_id)
        vals = order_line._prepare_account_move_line()
        price = self.price_subtotal / self.quantity if self.quantity else 0.0
        vals.update(
            quantity=self.quantity, discount=0.0, price_unit=order_line.tax_ids._get_unit_price_without_tax(price)
        )
        return vals
