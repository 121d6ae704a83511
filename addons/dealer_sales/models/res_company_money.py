from odoo import fields, models
from odoo.exceptions import UserError


class ResCompany(models.Model):
    """Where a company books money its customers pay in advance."""

    _inherit = "res.company"

    dealer_advance_account_id = fields.Many2one(
        "account.account",
        string="Customer advances",
        check_company=True,
        domain="[('reconcile', '=', True), ('account_type', 'in', "
        "('asset_receivable', 'liability_payable', 'liability_current'))]",
        help="Deposits stand here until the final invoice takes them. Must allow matching. "
        "Empty: found in the chart (2203, 2204) or made at the first deposit. Choose the "
        "receivable account to book advances there.",
    )
    dealer_advance_journal_id = fields.Many2one(
        "account.journal",
        string="Journal of advances",
        check_company=True,
        domain="[('type', '=', 'general')]",
        help="Entries that move an advance to the invoice it pays. Empty: the first journal for "
        "miscellaneous operations.",
    )
    dealer_money_user_id = fields.Many2one(
        "res.users",
        string="Told of money",
        domain="[('share', '=', False), ('company_ids', 'in', id)]",
        help="Gets an activity when money needs a person: an online payment on a deal that may "
        "not go on, an invoice an advisor asks for. Empty: somebody who may invoice.",
    )

    def _get_advance_account(self):
        """Return the account where customer advances stand, found or made once.

        :return: ``account.account`` of this company that allows matching
        Source: terms.md section 8: 2203 in the small Chinese chart, 2204 in the large one.
        """
        self.ensure_one()
        company = self.sudo()  # a cashier takes a deposit without rights on the settings
        if not company.dealer_advance_account_id:
            account = company._find_chinese_advances() or company._create_advance_account()
            account.reconcile = True
            company.dealer_advance_account_id = account
        return company.dealer_advance_account_id

    def _find_chinese_advances(self):
        if self.account_fiscal_country_id.code != "CN":
            return self.env["account.account"]
        return self.env["account.account"].search(
            [
                ("company_ids", "parent_of", self.id),
                ("account_type", "=", "liability_current"),
                "|",
                ("code", "=like", "2203%"),
                ("code", "=like", "2204%"),
            ],
            order="code desc" if self.chart_template == "cn_large_bis" else "code",
            limit=1,
        )

    def _create_advance_account(self):
        accounts = self.env["account.account"].with_company(self)
        return accounts.create(
            {
                "name": self.env._("Customer advances"),
                "code": accounts._search_new_account_code("220300"),
                "account_type": "liability_current",
                "reconcile": True,
                "company_ids": [fields.Command.set(self.ids)],
            }
        )

    def _get_advance_journal(self):
        """Return the journal of entries that apply advances.

        :return: ``account.journal``, type general
        :raises UserError: the company has none
        """
        self.ensure_one()
        company = self.sudo()  # a seller's act may match money without rights on journals
        journal = company.dealer_advance_journal_id or company.env["account.journal"].search(
            [*self.env["account.journal"]._check_company_domain(company), ("type", "=", "general")],
            limit=1,
        )
        if not journal:
            raise UserError(
                self.env._(
                    "%(company)s has no journal for miscellaneous operations: the accountant must "
                    "make one before advances can be matched.",
                    company=self.display_name,
                )
            )
        return journal
