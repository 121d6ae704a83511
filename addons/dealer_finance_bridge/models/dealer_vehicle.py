from odoo import api, fields, models

# Which figure of the car's ledger a journal item feeds, by type of its account.
LEDGER_FIGURES = {
    "income": "ledger_revenue",
    "income_other": "ledger_revenue",
    "expense": "ledger_cost",
    "expense_direct_cost": "ledger_cost",
    "expense_depreciation": "ledger_cost",
    "expense_other": "ledger_cost",
    "asset_receivable": "ledger_receivable",
    "liability_payable": "ledger_payable",
}
# Income and payables are credits: shown positive.
CREDIT_FIGURES = ("ledger_revenue", "ledger_payable")


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    # Journal items are an accountant's to read; a field read by others would be an access error in their forms.
    ledger_revenue = fields.Monetary(
        string="Revenue",
        compute="_compute_ledger",
        groups="account.group_account_readonly",
        help="Posted income on journal items of this car, in the company's currency, without tax.",
    )
    ledger_cost = fields.Monetary(
        string="Costs",
        compute="_compute_ledger",
        groups="account.group_account_readonly",
        help="Posted cost of goods sold and expenses on journal items of this car. What a car in stock cost so far "
        "is stock value, not expense: see its cost.",
    )
    ledger_gross = fields.Monetary(
        string="Net Profit",
        compute="_compute_ledger",
        groups="account.group_account_readonly",
        help="Revenue less costs: what this car earned.",
    )
    ledger_receivable = fields.Monetary(
        string="Owed by Customers",
        compute="_compute_ledger",
        groups="account.group_account_readonly",
        help="Balance of the receivable accounts for this car: invoiced less received; negative while a customer "
        "has paid ahead.",
    )
    ledger_payable = fields.Monetary(
        string="Owed to Suppliers",
        compute="_compute_ledger",
        groups="account.group_account_readonly",
        help="Balance of the payable accounts for this car: billed less paid.",
    )

    @api.depends_context("allowed_company_ids")
    def _compute_ledger(self):
        figures = self._get_ledger_figures()
        for vehicle in self:
            vehicle.update(figures.get(vehicle.id, dict.fromkeys({*LEDGER_FIGURES.values(), "ledger_gross"}, 0.0)))

    def action_open_ledger(self):
        """Open the posted journal items of these cars, grouped by account (journeys 22).

        :return: window action on ``account.move.line``
        :raises AccessError: the user may not read journal items
        """
        self.env["account.move.line"].check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_finance_bridge.account_move_line_action_ledger")
        action["domain"] = [("dealer_vehicle_id", "in", self.ids)]
        action["display_name"] = self.env._("Car's Ledger: %(cars)s", cars=", ".join(self.mapped("display_name")))
        return action

    def _filtered_single(self):
        """Return the car when the recordset holds exactly one, else an empty recordset."""
        return self if len(self) == 1 else self.browse()

    def _get_ledger_figures(self):
        """Sum the posted journal items of these cars by one query, whatever their number.

        :return: {car id: {figure name: amount in company currency, income and payables positive}} for every car
            that has items
        """
        groups = self.env["account.move.line"]._read_group(
            [("dealer_vehicle_id", "in", self.ids), ("parent_state", "=", "posted")],
            ["dealer_vehicle_id", "account_id.account_type"],
            ["balance:sum"],
        )
        result = {}
        for vehicle, account_type, balance in groups:
            figures = result.setdefault(vehicle.id, dict.fromkeys({*LEDGER_FIGURES.values(), "ledger_gross"}, 0.0))
            figure = LEDGER_FIGURES.get(account_type)
            if figure:
                figures[figure] += -balance if figure in CREDIT_FIGURES else balance
        for figures in result.values():
            figures["ledger_gross"] = figures["ledger_revenue"] - figures["ledger_cost"]
        return result

    def _get_ledger_lines(self):
        """Return the posted journal items of one car for the printed page.

        :return: list of (``account.account``, ``account.move.line`` oldest first, balance in company currency),
            in the order of account codes
        """
        self.ensure_one()
        lines = self.env["account.move.line"].search(
            [("dealer_vehicle_id", "=", self.id), ("parent_state", "=", "posted")], order="date, move_name, id"
        )
        by_account = lines.grouped("account_id")
        return [
            (account, by_account[account], sum(by_account[account].mapped("balance")))
            for account in sorted(by_account, key=lambda account: account.code or "")
        ]
