from odoo import fields, models


class ResCompany(models.Model):
    """Where a company books what it gives for a trade-in above its value."""

    _inherit = "res.company"

    dealer_over_allowance_account_id = fields.Many2one(
        "account.account",
        string="Over-allowance",
        check_company=True,
        domain="[('account_type', 'in', ('expense', 'expense_direct_cost', 'expense_other'))]",
        help="What is allowed for a customer's car above its actual cash value: a cost of the deal. Empty: made at the "
        "first trade-in that needs it.",
    )

    def _get_over_allowance_account(self):
        """Return the expense account of over-allowances, made once.

        :return: ``account.account`` of this company
        """
        self.ensure_one()
        company = self.sudo()  # a receipt is booked by people without rights on the settings
        if not company.dealer_over_allowance_account_id:
            company.dealer_over_allowance_account_id = company._create_over_allowance_account()
        return company.dealer_over_allowance_account_id

    def _create_over_allowance_account(self):
        accounts = self.env["account.account"].with_company(self)
        return accounts.create(
            {
                "name": self.env._("Over-allowance on trade-ins"),
                "code": accounts._search_new_account_code("640190"),
                "account_type": "expense_direct_cost",
                "company_ids": [fields.Command.set(self.ids)],
            }
        )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dealer_over_allowance_account_id = fields.Many2one(
        related="company_id.dealer_over_allowance_account_id", readonly=False
    )
