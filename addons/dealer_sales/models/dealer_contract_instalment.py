from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools import contract_text
from ..tools.fingerprint import amount as amount_text


class DealerContractInstalment(models.Model):
    """One dated part of what the customer pays. What is open of it follows from the payments, oldest part first."""

    _name = "dealer.contract.instalment"
    _description = "Instalment of a Contract"
    _order = "contract_id, date_due, id"
    _rec_name = "name"

    contract_id = fields.Many2one("dealer.contract", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    partner_id = fields.Many2one(related="contract_id.partner_id", string="Customer")
    phone = fields.Char(related="partner_id.phone")
    user_id = fields.Many2one(related="contract_id.user_id", string="Sales advisor")
    name = fields.Char("For", help="For example: first part of the deposit.")
    date_due = fields.Date("Due on", required=True)
    amount = fields.Monetary(required=True)
    amount_open = fields.Monetary("Open", compute="_compute_amount_open", compute_sudo=True)
    is_overdue = fields.Boolean(
        "Overdue", compute="_compute_amount_open", search="_search_is_overdue", compute_sudo=True
    )

    _amount_positive = models.Constraint("CHECK (amount > 0)", "An instalment is more than nothing.")
    _due_idx = models.Index("(company_id, date_due)")

    @api.depends("amount", "date_due", "contract_id.amount_received", "contract_id.state")
    def _compute_amount_open(self):
        today = fields.Date.context_today(self)
        self.update({"amount_open": 0.0, "is_overdue": False})
        for contract in self.contract_id:
            left = contract.amount_received
            for part in contract.instalment_ids.sorted(lambda part: (part.date_due, part.id)):
                taken = min(max(left, 0.0), part.amount)
                left -= part.amount
                part.amount_open = contract._round_money(part.amount - taken) if contract.state != "cancelled" else 0.0
                part.is_overdue = contract.state == "signed" and part.amount_open > 0 and part.date_due < today

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Only deals in force and not finished: their number does not grow with the years
        due = self.sudo().search(
            [
                ("date_due", "<", fields.Date.context_today(self)),
                ("contract_id.state", "=", "signed"),
                ("contract_id.waiting_gate", "!=", False),
            ]
        )
        return Domain("id", "in", due.filtered("is_overdue").ids)

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts._check_agreed()
        return parts

    def write(self, vals):
        self._check_agreed()
        result = super().write(vals)
        if "contract_id" in vals:
            self._check_agreed()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_agreed(self):
        self._check_agreed()

    def _check_agreed(self):
        """Refuse another plan than the one signed: it is part of what was agreed.

        :raises UserError: names the contract
        """
        signed = self.contract_id.filtered(lambda contract: contract.state != "draft")
        if signed and not (self.env.su or self.env.user.has_group("dealer_sales.group_sales_manager")):
            raise UserError(
                self.env._(
                    "Contract %(name)s is signed: only a sales manager changes its instalments, and a new version is "
                    "signed.",
                    name=signed[0].name,
                )
            )


class DealerContract(models.Model):
    _inherit = "dealer.contract"

    instalment_ids = fields.One2many("dealer.contract.instalment", "contract_id", "Instalments", copy=False)
    instalment_count = fields.Integer(compute="_compute_instalment_count", store=True)

    @api.depends("instalment_ids")
    def _compute_instalment_count(self):
        for contract in self:
            contract.instalment_count = len(contract.instalment_ids)

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"instalment_count"}

    def _get_dealer_terms(self):
        terms = super()._get_dealer_terms()
        if not self.instalment_count:
            return terms  # most deals: no query
        parts = self.sudo().instalment_ids  # part of what was agreed, whoever asks
        plan = [[str(p.date_due), amount_text(p.amount, 2)] for p in parts.sorted(lambda p: (p.date_due, p.id))]
        return [*terms, plan]

    def _check_can_submit(self):
        super()._check_can_submit()
        if not self.instalment_count:
            return
        planned = sum(self.sudo().instalment_ids.mapped("amount"))
        if self.currency_id.compare_amounts(planned, self.amount_total) > 0:
            raise UserError(
                self.env._(
                    "The instalments of contract %(name)s are %(planned)s, more than its price of %(total)s.",
                    name=self.name,
                    planned=self.currency_id.format(planned),
                    total=self.currency_id.format(self.amount_total),
                )
            )

    def _online_amount(self):
        """Ask for one instalment after the other; after the last one as without a plan."""
        amount, kind = super()._online_amount()
        if not self.instalment_count or self.state != "signed" or self._get_deal_obstacle():
            return amount, kind
        part = self.instalment_ids.sorted(lambda p: (p.date_due, p.id)).filtered("amount_open")[:1]
        if not part:
            return amount, kind
        kind = self.deposit_kind if self.deposit_amount and not self._is_deposit_paid() else "balance"
        return min(part.amount_open, self._get_customer_open()), kind

    def _get_placeholder_words(self):
        return [*super()._get_placeholder_words(), "instalments"]

    def _get_placeholder_values(self):
        values = {**super()._get_placeholder_values(), "instalments": ""}
        if self.instalment_count:
            table = "dealer_sales.dealer_contract_instalments"
            values["instalments"] = self.env["ir.qweb"]._render(table, {"contract": self})
        return values

    def _render_body(self):
        """The plan is printed whatever the template says: it is part of what is signed."""
        body = super()._render_body()
        if not self.instalment_count or "instalments" in contract_text.placeholders(self.template_id.body):
            return body
        lang = self.partner_id.lang or self.env.lang
        return body + self.with_context(lang=lang).sudo()._get_placeholder_values()["instalments"]
