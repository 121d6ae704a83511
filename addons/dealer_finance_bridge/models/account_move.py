from odoo import api, fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    dealer_vehicle_id = fields.Many2one(
        comodel_name="dealer.vehicle",
        string="Car",
        compute="_compute_dealer_vehicle_id",
        store=True,
        recursive=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The one car this entry is about; empty when it is about none or about several. Lines without a source "
        "of their own (tax, receivable, payable) take it: on a bill for three cars they have none.",
    )

    @api.depends(
        "line_ids.dealer_vehicle_source_id",
        "origin_payment_id.dealer_vehicle_id",
        "reversed_entry_id.dealer_vehicle_id",
        "tax_cash_basis_origin_move_id.dealer_vehicle_id",
    )
    def _compute_dealer_vehicle_id(self):
        for move in self:
            move.dealer_vehicle_id = move._get_dealer_vehicle_source()

    def _get_dealer_vehicle_source(self):
        """Return the single car of this entry.

        The cars its lines name come first; an entry whose lines name none takes the car of the payment, of the entry
        it reverses, or of the invoice whose cash-basis tax it books. Same rules for extensions as the hook on the
        lines: relations only, no search.

        :return: ``dealer.vehicle`` of one car, or empty when the entry is about none or several
        """
        self.ensure_one()
        named = self.line_ids.dealer_vehicle_source_id
        if named:
            return named._filtered_single()
        return (
            self.origin_payment_id.dealer_vehicle_id
            or self.reversed_entry_id.dealer_vehicle_id
            or self.tax_cash_basis_origin_move_id.dealer_vehicle_id
        )
