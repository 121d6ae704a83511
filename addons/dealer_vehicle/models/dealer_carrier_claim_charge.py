from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL


class DealerCarrierClaim(models.Model):
    """Charging the carrier what it accepted, once."""

    _inherit = "dealer.carrier.claim"

    invoice_ids = fields.One2many("account.move", "dealer_carrier_claim_id", "Invoices", readonly=True)
    invoice_count = fields.Integer("Number of Invoices", compute="_compute_settlement", compute_sudo=True)
    settlement = fields.Selection(
        [("to_invoice", "To Charge"), ("invoiced", "Charged"), ("paid", "Paid")],
        compute="_compute_settlement",
        search="_search_settlement",
        compute_sudo=True,
        help="Of an accepted claim, from its invoice.",
    )

    # Not the invoices' state of payment: core derives it from so much that each posting would look for claims
    @api.depends("state", "invoice_ids.state", "invoice_ids.line_ids.amount_residual")
    def _compute_settlement(self):
        for claim in self:
            invoices = claim.invoice_ids
            claim.invoice_count = len(invoices)
            held = invoices.filtered_domain(self._get_charging_domain())
            if claim.state != "accepted":
                claim.settlement = False
            elif not held:
                claim.settlement = "to_invoice"
            else:
                paid = all(invoice.payment_state in ("paid", "in_payment") for invoice in held)
                claim.settlement = "paid" if paid else "invoiced"

    @api.model
    def _get_charging_domain(self):
        """Return the domain of invoices that charge a carrier: neither cancelled nor credited; see the index below."""
        return Domain("state", "!=", "cancel") & Domain("payment_state", "!=", "reversed")

    @api.model
    def _search_settlement(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Whoever reads claims may not read invoices; he learns no more than the claim tells him.
        Invoice = self.env["account.move"].sudo()
        held = Domain("dealer_carrier_claim_id", "!=", False) & self._get_charging_domain()
        unsettled = Domain("payment_state", "not in", ("paid", "in_payment"))
        charged = Domain("id", "in", Invoice.search(held).dealer_carrier_claim_id.ids)
        unpaid = Domain("id", "in", Invoice.search(held & unsettled).dealer_carrier_claim_id.ids)
        domains = {"to_invoice": ~charged, "invoiced": unpaid, "paid": charged & ~unpaid}
        accepted = Domain("state", "=", "accepted")
        found = Domain.OR(accepted & domain for key, domain in domains.items() if key in value)
        return found | ~accepted if False in value else found

    def action_create_invoice(self):
        """Charge the carrier what it accepted: a draft invoice for the accountant, once.

        :return: the invoice for who may open it, else a note
        :raises UserError: not accepted, or charged already
        """
        self._check_step("accepted")
        for claim in self:
            claim._create_invoice()
        return self.action_open_invoices()

    def action_open_invoices(self):
        """Open what the carrier is charged, or say where it is to people who see no invoices."""
        self.check_access("read")
        invoices = self.sudo().invoice_ids
        if not self.env["account.move"].has_access("read"):
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "success",
                    "message": self.env._("The invoice waits as a draft for the accountant."),
                    "next": {"type": "ir.actions.act_window_close"},
                },
            }
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        if len(invoices) == 1:
            return {**action, "views": [(False, "form")], "res_id": invoices.id}
        return {**action, "domain": [("id", "in", invoices.ids)], "context": {}}

    def _create_invoice(self):
        """Make the one draft invoice of an accepted claim.

        :return: ``account.move``, as superuser
        :raises UserError: charged already
        """
        self.ensure_one()
        self._lock()
        claim = self.sudo().with_company(self.company_id)
        if claim.invoice_ids.filtered_domain(self._get_charging_domain()):
            raise UserError(self.env._("%(claim)s is charged already.", claim=claim.display_name))
        # The index must see that an earlier invoice was cancelled or credited.
        claim.invoice_ids.flush_recordset(["state", "payment_state"])
        return self.env["account.move"].sudo().with_company(self.company_id).create(claim._prepare_invoice())

    def _lock(self):
        """Wait for the row and write it: of two people who charge at once the later one starts again and sees it."""
        self.flush_recordset()
        self.env.cr.execute(SQL("SELECT id FROM dealer_carrier_claim WHERE id = %s FOR UPDATE", self.id))
        self.env.cr.execute(SQL("UPDATE dealer_carrier_claim SET state = state WHERE id = %s", self.id))
        self.invalidate_recordset()

    def _prepare_invoice(self):
        """Return the values of the invoice for the carrier; compensation carries no tax."""
        lang = self.carrier_id.lang or self.env.lang
        words = self.with_context(lang=lang)
        product = self.env.ref("dealer_vehicle.product_carrier_claim", raise_if_not_found=False)
        line = {
            "product_id": product and product.id,
            "name": words.env._("Transport damage, claim %(claim)s, VIN %(vin)s", claim=self.name, vin=self.vin or ""),
            "quantity": 1,
            "price_unit": self.amount_accepted,
            "tax_ids": [Command.clear()],
        }
        return {
            "move_type": "out_invoice",
            "company_id": self.company_id.id,
            "partner_id": self.carrier_id.id,
            "ref": self.carrier_reference or self.name,
            "currency_id": self.currency_id.id,
            "dealer_carrier_claim_id": self.id,
            "invoice_line_ids": [Command.create(line)],
        }


class AccountMove(models.Model):
    _inherit = "account.move"

    dealer_carrier_claim_id = fields.Many2one(
        "dealer.carrier.claim", "Carrier Claim", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )

    _dealer_carrier_claim_uniq = models.UniqueIndex(
        "(dealer_carrier_claim_id) WHERE dealer_carrier_claim_id IS NOT NULL AND state != 'cancel'"
        " AND payment_state IS DISTINCT FROM 'reversed'",
        "This carrier claim is charged already.",
    )
