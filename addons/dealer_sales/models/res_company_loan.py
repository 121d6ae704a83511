from odoo import fields, models


class ResCompany(models.Model):
    """Where a company books what lenders owe, and how long it waits for them."""

    _inherit = "res.company"

    dealer_transit_account_id = fields.Many2one(
        "account.account",
        string="Contracts in transit",
        check_company=True,
        domain="[('account_type', '=', 'asset_receivable')]",
        help="What lenders owe for invoiced cars. Empty: made at the first invoice that needs it.",
    )
    dealer_transit_days_usual = fields.Integer(
        string="Usual from day", default=4, required=True, help="Days in transit that are usual. To be confirmed."
    )
    dealer_transit_days_long = fields.Integer(
        string="Long from day", default=11, required=True, help="Days in transit that are long. To be confirmed."
    )
    dealer_transit_days_red = fields.Integer(
        string="Overdue from day",
        default=12,
        required=True,
        help="From this day F&I gets an activity to ask the lender for the money. To be confirmed.",
    )

    _transit_days_check = models.Constraint(
        "CHECK (dealer_transit_days_usual > 0 AND dealer_transit_days_long > dealer_transit_days_usual"
        " AND dealer_transit_days_red >= dealer_transit_days_usual)",
        "Days in transit grow from usual to long.",
    )

    def _get_transit_account(self):
        """Return the account of contracts in transit, made once.

        :return: ``account.account`` of this company, a receivable of its own
        """
        self.ensure_one()
        company = self.sudo()  # a seller's act may book it without rights on the settings
        if not company.dealer_transit_account_id:
            company.dealer_transit_account_id = company._create_transit_account()
        return company.dealer_transit_account_id

    def _create_transit_account(self):
        accounts = self.env["account.account"].with_company(self)
        return accounts.create(
            {
                "name": self._in_own_language().env._("Contracts in transit"),
                "code": accounts._search_new_account_code("112290"),
                "account_type": "asset_receivable",
                "reconcile": True,
                "company_ids": [fields.Command.set(self.ids)],
            }
        )

    def _get_transit_age(self, days):
        """Return how long a contract is in transit by this company's own limits.

        :param int days: since the hand-over or the invoice
        :return: ``new``, ``usual`` or ``long``
        Source: P19
        """
        if days < self.dealer_transit_days_usual:
            return "new"
        return "usual" if days < self.dealer_transit_days_long else "long"
