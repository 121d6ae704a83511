import logging

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import clean_context

_logger = logging.getLogger(__name__)

# What we post is what they book.
SISTER_KINDS = {"out_invoice": "in_invoice", "out_refund": "in_refund"}


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "dealer.system.link.mixin"]

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

    @api.model
    def _get_system_links(self):
        refusal = self.env._("The sister company's invoice of a bill follows from its posting, not typed.")
        return {**super()._get_system_links(), "dealer_trade_invoice_id": refusal}

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
        for move in self.sudo().filtered(lambda move: move.is_sale_document(include_receipts=True)):
            move._check_trade_invoice()
        return result

    def _check_trade_invoice(self):
        """Refuse an invoice to a sister company that their bill could not repeat line by line.

        :raises UserError: names the invoice, what differs and what to do
        """
        lines = self._get_trade_lines()
        orders = lines.sale_line_ids.order_id
        if not lines:
            return
        invoice = self.name or self.display_name
        if len(orders.dealer_trade_purchase_id.company_id) > 1:
            raise UserError(
                self.env._("%(invoice)s sells to several companies: make one invoice for each.", invoice=invoice)
            )
        billed = self.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        if billed != lines.filtered("sale_line_ids.dealer_vehicle_id"):
            raise UserError(
                self.env._(
                    "%(invoice)s is for cars sold to a sister company and has other lines too. It carries the cars "
                    "alone, without down payments: take the other lines off and invoice them by themselves.",
                    invoice=invoice,
                )
            )
        if self.currency_id != orders.currency_id or any(line._differs_from_trade() for line in lines):
            raise UserError(
                self.env._(
                    "%(invoice)s does not say what both companies agreed by %(sale)s: quantity, price and currency are "
                    "those of the order. Delete it and invoice the order again.",
                    invoice=invoice,
                    sale=", ".join(orders.mapped("name")),
                )
            )

    def _get_trade_lines(self):
        """Return the lines that sell, or credit, cars to sister companies."""
        lines = self.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        return lines.filtered("sale_line_ids.order_id.dealer_trade_purchase_id")

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
        for invoice in self.sudo().filtered(lambda move: move.move_type in SISTER_KINDS):
            if invoice._get_trade_lines() and not invoice._get_sister_bills():
                invoice._link_or_create_sister_bill()

    def _link_or_create_sister_bill(self):
        """Give one invoice its bill: a new one, or the draft the other company has made by itself."""
        lines = self._get_trade_lines()
        if self._is_awaited_by_sister():
            self._create_sister_bill(lines)
            return
        own = self._find_own_sister_bill(lines)
        if own:
            own.write({"dealer_trade_invoice_id": self.id, "ref": own.ref or self.name})
            return
        for purchase in lines.sale_line_ids.order_id.dealer_trade_purchase_id:
            purchase.message_post(
                body=self.env._(
                    "%(company)s has posted %(invoice)s. There are bills for its cars here already, so none was "
                    "prepared: compare them with it.",
                    company=self.company_id.name,
                    invoice=self.name,
                )
            )

    def _is_awaited_by_sister(self):
        """Tell whether the other company has no bill (for a credit note: has one) of any of these cars yet."""
        if self.move_type not in SISTER_KINDS:
            return False
        step = 1 if self.move_type == "out_invoice" else -1
        bought = self._get_trade_lines()._get_sister_order_lines()
        return bool(bought) and all(0 <= line._get_net_billed(("draft", "posted")) + step <= 1 for line in bought)

    def _find_own_sister_bill(self, lines):
        """Return the draft the other company made of the same cars for the same amount, or none."""
        bought = lines._get_sister_order_lines()
        return bought.invoice_lines.move_id.filtered(
            lambda bill: bill.state == "draft"
            and bill.move_type == SISTER_KINDS[self.move_type]
            and not bill.dealer_trade_invoice_id
            and bill.currency_id == self.currency_id
            and bill.invoice_line_ids.purchase_line_id == bought
            and self.currency_id.compare_amounts(bill.amount_untaxed, self.amount_untaxed) == 0
        )[:1]

    def _create_sister_bill(self, lines):
        """Create the draft bill of one invoice, in its currency.

        :param lines: ``account.move.line`` of the invoice that sell cars to one company, superuser
        """
        purchases = lines.sale_line_ids.order_id.dealer_trade_purchase_id
        company = purchases.company_id
        Move = self.env["account.move"].with_company(company).with_context(clean_context(self.env.context))
        if not self.env["account.journal"].search_count(
            [("type", "=", "purchase"), ("company_id", "=", company.id)], limit=1
        ):
            _logger.warning("%s keeps no purchase journal: no bill is prepared for %s", company.name, self.name)
            return
        vals = purchases[0].with_company(company)._prepare_invoice()
        vals.update(
            move_type=SISTER_KINDS[self.move_type],
            currency_id=self.currency_id.id,
            ref=self.name,
            invoice_origin=", ".join(purchases.mapped("name")),
            invoice_date=self.invoice_date,
            dealer_trade_invoice_id=self.id,
            invoice_line_ids=[Command.create(line._prepare_sister_bill_line()) for line in lines],
        )
        Move.create(vals)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _get_sister_order_lines(self):
        """Return the lines by which sister companies buy the cars of these invoice lines, as superuser."""
        bought = self.env["purchase.order.line"].sudo()
        for sold in self.sudo().sale_line_ids.filtered("dealer_vehicle_id"):
            bought |= sold.order_id.dealer_trade_purchase_id.order_line.filtered(
                lambda line, sold=sold: line.dealer_vehicle_id.vin_id == sold.dealer_vehicle_id.vin_id
            )
        return bought

    def _sum_signed_posted(self):
        """Return what the posted ones of these lines book without tax, credit notes deducted, in their currency."""
        posted = self.filtered(lambda line: line.parent_state == "posted")
        return sum(
            -line.price_subtotal if "refund" in line.move_id.move_type else line.price_subtotal for line in posted
        )

    def _differs_from_trade(self):
        """Tell whether an invoice line to a sister company is not one car at the price of its order line."""
        if self.move_id.move_type == "out_refund":
            return False
        price = self.sale_line_ids.price_subtotal
        return self.quantity != 1 or self.move_id.currency_id.compare_amounts(self.price_subtotal, price) != 0

    def _prepare_sister_bill_line(self):
        """Return the values of the bill line of the car this invoice line sells, at the same amount without tax."""
        order_line = self._get_sister_order_lines()
        vals = order_line.with_company(order_line.company_id)._prepare_account_move_line()
        price = self.price_subtotal / self.quantity if self.quantity else 0.0
        vals.update(
            quantity=self.quantity, discount=0.0, price_unit=order_line.tax_ids._get_unit_price_without_tax(price)
        )
        return vals
