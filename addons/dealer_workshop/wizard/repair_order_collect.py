from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

CASHIER = "account.group_account_invoice"


class RepairOrderCollect(models.TransientModel):
    """Money taken at the desk for the bills of one payer of a repair order: cash, card, transfer in one go (收款)."""

    _name = "repair.order.collect"
    _description = "Collect Payment"
    _check_company_auto = True

    order_id = fields.Many2one("repair.order", required=True, readonly=True)
    order_name = fields.Char(compute="_compute_order", compute_sudo=True, string="Workshop Order")
    plate = fields.Char(compute="_compute_order", compute_sudo=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one("res.partner", string="Payer", required=True, readonly=True)
    amount_due = fields.Monetary(string="To Collect", compute="_compute_amount_due", help="With tax.")
    line_ids = fields.One2many(
        "repair.order.collect.line", "collect_id", compute="_compute_line_ids", store=True, readonly=False
    )
    amount_left = fields.Monetary(string="Still Open", compute="_compute_amount_left")
    is_receipt_printed = fields.Boolean(string="Print Receipt", default=True)

    @api.depends("order_id")
    def _compute_order(self):
        for collect in self:
            car = collect.order_id.dealer_vehicle_id
            collect.order_name, collect.plate = collect.order_id.name, car.plate or car.vin

    @api.depends("order_id", "partner_id")
    def _compute_amount_due(self):
        for collect in self:
            collect.amount_due = sum(collect._get_bills().mapped("amount_residual"))

    @api.depends("order_id", "partner_id")
    def _compute_line_ids(self):
        """Propose all of it by the way money usually comes: the last journal used for the workshop, else the first."""
        for collect in self:
            if not collect.line_ids and collect.order_id:
                journal = collect.line_ids._get_journals(collect.company_id)[:1]
                values = {"journal_id": journal.id, "amount": collect.amount_due}
                collect.line_ids = [Command.create(values)]

    @api.depends("amount_due", "line_ids.amount")
    def _compute_amount_left(self):
        for collect in self:
            collect.amount_left = collect.amount_due - sum(collect.line_ids.mapped("amount"))

    @api.model
    def _open(self, order, partner):
        """Return the action that opens the dialog for one payer.

        :param order: ``repair.order``
        :param partner: ``res.partner`` who got the bill
        :raises AccessError: the user takes no money
        :raises UserError: nothing is open
        """
        self._check_cashier()
        order = order.sudo()  # narrow: number, plate and company of an order whose bill the cashier may read
        values = {"order_id": order.id, "company_id": order.company_id.id, "partner_id": partner.id}
        collect = self.create(values)
        if collect.currency_id.is_zero(collect.amount_due):
            raise UserError(self.env._("Nothing is open on %(order)s: it is paid.", order=order.display_name))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Collect Payment"),
            "res_model": self._name,
            "res_id": collect.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.model
    def _check_cashier(self):
        if not self.env.su and not self.env.user.has_group(CASHIER):
            role = self.env.ref(CASHIER).sudo().display_name
            raise AccessError(self.env._("Money is taken by: %(role)s.", role=role))

    def action_collect(self):
        """Book what was received and match it with the bills; print the receipt when wanted.

        :return: report action of the receipt, or the action that closes the dialog
        :raises AccessError: the user takes no money
        :raises UserError: nothing received, or more than is open
        Source: practice P36
        """
        self.ensure_one()
        payments = self._collect()
        if self.is_receipt_printed:
            action = self.env.ref("dealer_workshop.account_payment_report_receipt").report_action(payments)
            return {**action, "close_on_report_download": True}
        return {"type": "ir.actions.act_window_close"}

    def _collect(self):
        """Create, post and match one payment for each way the money came.

        :return: ``account.payment``
        """
        self._check_cashier()
        # Two cashiers at one bill: the second waits for its row and sees it paid.
        bills = self._get_bills()
        bills._lock_for_collection()
        self.invalidate_recordset(["amount_due", "amount_left"])
        self._check_amounts()
        values = [self._prepare_payment(line) for line in self.line_ids if not self.currency_id.is_zero(line.amount)]
        # Narrow sudo: role and amounts are checked; the link to the order is protected from typing.
        payments = self.env["account.payment"].sudo()._with_clean_context()
        payments = payments.with_company(self.company_id).create(values)
        payments.action_post()
        account = bills.line_ids.filtered(lambda line: line.account_type == "asset_receivable").account_id
        lines = (payments.move_id | bills).sudo().line_ids
        lines.filtered(lambda line: line.account_id in account and not line.reconciled).reconcile()
        return payments

    def _check_amounts(self):
        """Refuse to take nothing, a negative amount, or more than is open.

        :raises UserError: says how much is open
        """
        amounts = self.line_ids.mapped("amount")
        total = sum(amounts)
        if not amounts or any(amount < 0 for amount in amounts) or self.currency_id.is_zero(total):
            raise UserError(self.env._("%(order)s: enter the amount received.", order=self.order_name))
        if self.currency_id.compare_amounts(total, self.amount_due) > 0:
            raise UserError(
                self.env._(
                    "%(order)s: %(received)s is more than the %(open)s still open. Give the change back and enter "
                    "what stays in the till.",
                    order=self.order_name,
                    received=self.currency_id.format(total),
                    open=self.currency_id.format(self.amount_due),
                )
            )

    def _get_bills(self):
        """Return the open bills of this payer for this order, those of other payers left out."""
        self.ensure_one()
        return self.env["account.move"].search(
            [
                ("dealer_repair_id", "=", self.order_id.id),
                ("partner_id", "=", self.partner_id.id),
                ("state", "=", "posted"),
                ("move_type", "=", "out_invoice"),
                ("payment_state", "in", ("not_paid", "partial")),
            ]
        )

    def _prepare_payment(self, line):
        """Return the values of one payment.

        :param line: ``repair.order.collect.line``
        """
        receivable = self._get_bills().line_ids.filtered(lambda item: item.account_type == "asset_receivable")
        return {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": self.partner_id.commercial_partner_id.id,
            "amount": line.amount,
            "currency_id": self.currency_id.id,
            "journal_id": line.journal_id.id,
            "memo": f"{self.order_name} {self.plate or ''}".strip(),
            "dealer_repair_id": self.order_id.id,
            "destination_account_id": receivable.account_id[:1].id,
        }


class RepairOrderCollectLine(models.TransientModel):
    """One way the money came."""

    _name = "repair.order.collect.line"
    _description = "Way of Payment"
    _check_company_auto = True

    collect_id = fields.Many2one("repair.order.collect", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="collect_id.company_id")
    currency_id = fields.Many2one(related="collect_id.currency_id")
    journal_id = fields.Many2one(
        "account.journal",
        string="Cash, Card or Bank",
        required=True,
        check_company=True,
        domain="[('type', 'in', ('cash', 'bank', 'credit'))]",
        compute="_compute_defaults",
        store=True,
        readonly=False,
    )
    amount = fields.Monetary(compute="_compute_defaults", store=True, readonly=False)

    @api.depends("collect_id")
    def _compute_defaults(self):
        """Propose what is left, by a way that is not on the list yet."""
        for line in self:
            collect = line.collect_id
            others = collect.line_ids - line
            used = others.journal_id
            line.journal_id = line.journal_id or (self._get_journals(collect.company_id) - used)[:1]
            line.amount = line.amount or max(collect.amount_due - sum(others.mapped("amount")), 0.0)

    @api.model
    def _get_journals(self, company):
        """Return the ways money may come in a company, in their order."""
        journals = self.env["account.journal"]
        domain = [*journals._check_company_domain(company), ("type", "in", ("cash", "bank", "credit"))]
        return journals.search(domain)
