from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_pass_through_account_id = fields.Many2one(
        "account.account",
        string="Pass-through account",
        check_company=True,
        domain="[('account_type', 'in', ('liability_current', 'liability_payable'))]",
        help="Where money collected for others (premiums, purchase tax, plates) waits until "
        "it is passed on. Empty: made at the first invoice that needs it.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        # Who makes a company need not have rights on sequences and approval rules
        companies.sudo()._set_up_dealer_sales()
        return companies

    @api.model
    def _set_up_all_dealer_sales(self):
        """Give every company what selling cars needs; called by the data files."""
        self.sudo().search([])._set_up_dealer_sales()  # every company, not only the user's

    def _set_up_dealer_sales(self):
        """Make the contract numbers and the first approval rule of companies lacking them.

        Runs at installation, at every update and when a company is made; changes nothing
        that is there (also nothing archived on purpose).
        """
        with_sequence = self.env["ir.sequence"]._read_group(
            [("code", "=", "dealer.contract"), ("company_id", "in", self.ids)], ["company_id"]
        )
        lacking = self - self.browse([company.id for (company,) in with_sequence])
        self.env["ir.sequence"].create([c._in_own_language()._prepare_contract_sequence() for c in lacking])
        with_tier = (
            self.env["tier.definition"]
            .with_context(active_test=False)
            ._read_group(
                [
                    ("model", "=", "dealer.contract.version"),
                    ("company_id", "in", self.ids),
                ],
                ["company_id"],
            )
        )
        lacking = self - self.browse([company.id for (company,) in with_tier])
        for company in lacking:
            company._create_approval_rule(lambda speaker: speaker._prepare_contract_tier())

    def _create_approval_rule(self, prepare):
        """Make an approval rule of this company, named in every language its people may read.

        :param callable prepare: returns the values of the rule, worded in the language of the company it is given
        :return: ``tier.definition``
        """
        self.ensure_one()
        rule = self.env["tier.definition"].create(prepare(self._in_own_language()))
        for code, _name in self.env["res.lang"].get_installed():
            rule.with_context(lang=code).name = prepare(self.with_context(lang=code))["name"]
        return rule

    def _in_own_language(self):
        """Return this company for texts that are written once, in its own language."""
        self.ensure_one()
        return self.with_context(lang=self.partner_id.lang or self.env.lang)

    def _prepare_contract_sequence(self):
        """Return the values of this company's contract numbers.

        :return: dict for ``ir.sequence.create``
        """
        self.ensure_one()
        return {
            "name": self.env._("Sales contracts of %(company)s", company=self.name),
            "code": "dealer.contract",
            "company_id": self.id,
            "prefix": "C%(range_year)s-",
            "padding": 5,
            "use_date_range": True,
        }

    def _prepare_contract_tier(self):
        """Return the values of the first approval rule: a sales manager, never oneself.

        :return: dict for ``tier.definition.create``
        """
        self.ensure_one()
        return {
            "name": self.env._("Sales manager approves every contract"),
            "model_id": self.env["ir.model"]._get_id("dealer.contract.version"),
            "company_id": self.id,
            "review_type": "group",
            "reviewer_group_id": self.env.ref("dealer_sales.group_sales_manager").id,
            "exclude_requester": True,
            "definition_domain": "[]",
        }

    def _get_pass_through_account(self):
        """Return the account where collected money of others waits.

        Chosen in the settings, else the chart's "other payables" (2241 in Chinese charts),
        else a liability account made once.

        :return: ``account.account`` of this company
        """
        self.ensure_one()
        company = self.sudo()  # a seller invoices without rights on the settings
        if not company.dealer_pass_through_account_id:
            company.dealer_pass_through_account_id = (
                company._find_pass_through_account() or company._create_pass_through_account()
            )
        return company.dealer_pass_through_account_id

    def _find_pass_through_account(self):
        accounts = self.env["account.account"].with_company(self)
        return accounts.search(
            [
                *accounts._check_company_domain(self),
                ("account_type", "in", ("liability_current", "liability_payable")),
                ("code", "=like", "2241%"),
            ],
            limit=1,
        )

    def _create_pass_through_account(self):
        accounts = self.env["account.account"].with_company(self)
        return accounts.create(
            {
                "name": self.env._("Money collected for others"),
                "code": accounts._search_new_account_code("2241001"),
                "account_type": "liability_current",
                "company_ids": [fields.Command.set(self.ids)],
            }
        )
