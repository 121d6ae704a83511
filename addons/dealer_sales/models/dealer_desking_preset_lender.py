from odoo import api, fields, models

# Who may know what a lender pays the house for its loans
COMMISSION_GROUPS = ",".join(
    (
        "dealer_sales.group_fni",
        "dealer_sales.group_sales_manager",
        "dealer_vehicle.group_auditor",
        "dealer_vehicle.group_general_manager",
        "account.group_account_invoice",
        "account.group_account_readonly",
    )
)


class DealerDeskingPreset(models.Model):
    """A way to pay that is a lender's product: its dates, what it lets the house do, what it pays the house."""

    _inherit = "dealer.desking.preset"

    lender_id = fields.Many2one("dealer.lender", index="btree_not_null", ondelete="cascade", help="Who pays it out.")
    is_proposed = fields.Boolean(
        string="In new offers",
        default=True,
        help="New offers begin with the first four of these.",
    )
    date_from = fields.Date(string="In force from")
    date_to = fields.Date(string="In force until")
    is_early_delivery = fields.Boolean(
        string="Delivery before pay-out",
        help="The lender lets the car go to the customer before it has paid, once its conditions are fulfilled.",
    )
    days_to_fund = fields.Integer(
        string="Days to pay out", default=7, help="Days between the invoice and the lender's money, as agreed with it."
    )
    commission_percent = fields.Float(
        string="Commission %",
        digits=(6, 3),
        groups=COMMISSION_GROUPS,
        help="Percent of the loan the lender pays the house, without tax.",
    )

    _lender_check = models.Constraint(
        "CHECK (lender_id IS NULL OR kind != 'cash')", "A lender's product is a loan or a lease."
    )
    _lender_range_check = models.Constraint(
        "CHECK ((date_to IS NULL OR date_from IS NULL OR date_from <= date_to)"
        " AND COALESCE(days_to_fund, 0) >= 0 AND COALESCE(commission_percent, 0) BETWEEN 0 AND 100)",
        "A product ends after it began, days are not below zero and the commission is 0 to 100 percent.",
    )

    @api.model
    def _prepare_scenarios(self, company):
        proposed = self.search(
            [("company_id", "in", (False, company.id)), ("is_proposed", "=", True)], order=self._order
        ).filtered(lambda row: row._is_in_force(fields.Date.context_today(self)))
        return proposed[:4]._prepare_scenario_rows()

    def _is_in_force(self, day):
        """Tell whether these terms hold on a day.

        :param date day: of the company
        :return: bool
        """
        self.ensure_one()
        return (not self.date_from or self.date_from <= day) and (not self.date_to or day <= self.date_to)
