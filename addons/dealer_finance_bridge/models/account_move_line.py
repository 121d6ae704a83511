from odoo import api, fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # Core's fleet app already owns ``vehicle_id`` here (company cars, costs); hence the prefix.
    dealer_vehicle_id = fields.Many2one(
        comodel_name="dealer.vehicle",
        string="Car",
        compute="_compute_dealer_vehicle_id",
        inverse="_inverse_dealer_vehicle_id",
        store=True,
        readonly=False,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The car this journal item is about. It comes from the order line, the stock move or the payment "
        "behind it, else from the entry when that is about one car only. On a miscellaneous entry an accountant "
        "may name it; clear it to go back to the automatic car.",
    )
    dealer_vehicle_own_id = fields.Many2one(
        comodel_name="dealer.vehicle",
        string="Car Named Here",
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The car this line was given by the document that made it (stock move, landed cost) or by an "
        "accountant. It wins over every other source and is never recomputed.",
    )
    is_dealer_vehicle_clearing = fields.Boolean(
        string="Clears a Cost Without Car",
        copy=False,
        help="This line takes back a cost that was booked without a car (freight billed before, labour absorbed) and "
        "is now on the other line. It belongs to no car, else the cost would never reach the car's ledger.",
    )
    dealer_vehicle_source_id = fields.Many2one(
        comodel_name="dealer.vehicle",
        string="Car of the Source Document",
        compute="_compute_dealer_vehicle_source_id",
        compute_sudo=True,
        recursive=True,
        help="The car the line itself stands for, before falling back on the entry's single car.",
    )

    @api.depends(
        "dealer_vehicle_own_id",
        "sale_line_ids.dealer_vehicle_id",
        "purchase_line_id.dealer_vehicle_id",
        "dealer_cogs_sale_line_id.dealer_vehicle_id",
        "cogs_origin_id.dealer_vehicle_source_id",
    )
    def _compute_dealer_vehicle_source_id(self):
        for line in self:
            line.dealer_vehicle_source_id = line._get_dealer_vehicle_source()

    @api.depends("dealer_vehicle_source_id", "is_dealer_vehicle_clearing", "move_id.dealer_vehicle_id")
    def _compute_dealer_vehicle_id(self):
        for line in self:
            of_entry = line.move_id.dealer_vehicle_id if not line.is_dealer_vehicle_clearing else False
            line.dealer_vehicle_id = line.dealer_vehicle_source_id or of_entry

    def _inverse_dealer_vehicle_id(self):
        for line in self:
            line.dealer_vehicle_own_id = line.dealer_vehicle_id
        # Cleared by hand: fall back on the automatic car instead of staying empty.
        self.filtered(lambda line: not line.dealer_vehicle_own_id)._compute_dealer_vehicle_id()

    def _get_dealer_vehicle_source(self):
        """Return the car this one line stands for, without looking at the rest of its entry.

        Called as superuser on prefetched batches: read through relations only, never search, so that the number of
        queries does not grow with the number of lines. Add-ons that know another source (contract, repair order)
        extend it and add their dependency to ``_compute_dealer_vehicle_source_id``.

        :return: ``dealer.vehicle`` of one car, or empty when the line names none or several
        """
        self.ensure_one()
        return (
            self.dealer_vehicle_own_id
            or self.sale_line_ids.dealer_vehicle_id._filtered_single()
            or self.purchase_line_id.dealer_vehicle_id
            or self.dealer_cogs_sale_line_id.dealer_vehicle_id
            or self.cogs_origin_id.dealer_vehicle_source_id
        )

    def _copy_data_extend_business_fields(self, values):
        """Let the reversal of a line keep its car.

        Cost of goods sold loses ``cogs_origin_id`` when it is copied, so it takes the car along.
        """
        super()._copy_data_extend_business_fields(values)
        own = self.dealer_vehicle_id if self.display_type == "cogs" else self.dealer_vehicle_own_id
        if own:
            values["dealer_vehicle_own_id"] = own.id
        values["is_dealer_vehicle_clearing"] = self.is_dealer_vehicle_clearing
