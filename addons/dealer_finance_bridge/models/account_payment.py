from odoo import api, fields, models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    dealer_vehicle_id = fields.Many2one(
        comodel_name="dealer.vehicle",
        string="Car",
        compute="_compute_dealer_vehicle_id",
        store=True,
        recursive=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The car this money is for: the one its document names, else the single car of the invoices it settles.",
    )

    @api.depends(
        "invoice_ids.dealer_vehicle_id",
        "move_id.line_ids.matched_debit_ids.debit_move_id.move_id.dealer_vehicle_id",
        "move_id.line_ids.matched_credit_ids.credit_move_id.move_id.dealer_vehicle_id",
    )
    def _compute_dealer_vehicle_id(self):
        for payment in self:
            payment.dealer_vehicle_id = payment._get_dealer_vehicle_source()

    def _get_dealer_vehicle_source(self):
        """Return the single car this payment is for.

        Add-ons with a document behind the payment (contract, repair order) extend it: the document wins, because
        earnest money is paid long before there is an invoice. Relations only, no search.

        :return: ``dealer.vehicle`` of one car, or empty when it settles invoices of none or of several
        """
        self.ensure_one()
        lines = self.move_id.line_ids
        matched = lines.matched_debit_ids.debit_move_id.move_id | lines.matched_credit_ids.credit_move_id.move_id
        # Payments matched with payments (a refund) are left out: each would ask the other.
        invoices = self.invoice_ids | matched.filtered(lambda move: move.is_invoice(include_receipts=True))
        return invoices.dealer_vehicle_id._filtered_single()
