from odoo import api, fields, models

from .repair_kind import PAY_TYPES


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "dealer.protected.mixin"]

    _protected_fields = frozenset({"dealer_repair_id", "dealer_pay_type"})

    dealer_repair_id = fields.Many2one(
        "repair.order",
        string="Repair Order",
        index="btree_not_null",
        check_company=True,
        readonly=True,
        help="The workshop order this invoice, credit note or internal cost comes from.",
    )
    dealer_pay_type = fields.Selection(PAY_TYPES, string="Pay Type", readonly=True, index="btree_not_null")

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        # A credit note belongs to what it credits, whoever makes it: its links are copied from there, never typed.
        links = [self._get_reversed_links(vals) for vals in vals_list]
        rest = [
            {name: vals[name] for name in vals if name not in link} for vals, link in zip(vals_list, links, strict=True)
        ]
        moves = super().create(rest)
        for move, link in zip(moves, links, strict=True):
            if link:
                # Narrow sudo: two links of the move that is credited, which the user may read.
                move.sudo().write(link)
        return moves

    def _get_reversed_links(self, vals):
        """Return the links to the workshop of the move that these values credit.

        :param dict vals: of a new move
        """
        credited = self.browse(vals.get("reversed_entry_id"))
        if not credited.dealer_repair_id:
            return {}
        return {"dealer_repair_id": credited.dealer_repair_id.id, "dealer_pay_type": credited.dealer_pay_type}

    def _invoice_paid_hook(self):
        """A bill is paid: at our desk, in the accounting app or by the bank; its order goes on."""
        res = super()._invoice_paid_hook()
        # Narrow sudo: what an order waits for follows from its bills, whoever was paid.
        self.sudo().dealer_repair_id._gates_changed()
        return res

    def _is_on_credit(self):
        """Tell whether this bill's customer may pay later: accounting gave him a limit, and he keeps within it.

        :return: bool
        """
        self.ensure_one()
        partner = self.commercial_partner_id.with_company(self.company_id)
        limit = partner.credit_limit
        if not limit or not partner.use_partner_credit_limit:
            return False
        return self.company_id.currency_id.compare_amounts(partner.credit, limit) <= 0
