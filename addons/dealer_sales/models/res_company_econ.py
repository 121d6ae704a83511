from odoo import fields, models

# Rules beside the first one (a sales manager approves every contract): asked of the general manager
HIGHER_RULES = ("limit", "loss", "credit")


class ResCompany(models.Model):
    """Approval beyond the sales manager, and where incentives to the dealer are earned."""

    _inherit = "res.company"

    dealer_incentive_account_id = fields.Many2one(
        "account.account",
        string="Incentives earned",
        check_company=True,
        domain="[('account_type', 'in', ('income', 'income_other'))]",
        help="Support a maker or lender gives the dealer for a sale. Empty: made at the first one.",
    )

    def _get_incentive_account(self):
        """Return the income account of incentives to the dealer, made once.

        :return: ``account.account`` of this company
        """
        self.ensure_one()
        company = self.sudo()  # an invoice claims incentives without rights on the settings
        if not company.dealer_incentive_account_id:
            accounts = company.env["account.account"].with_company(company)
            company.dealer_incentive_account_id = accounts.create(
                {
                    "name": self.env._("Incentives for cars sold"),
                    "code": accounts._search_new_account_code("600901"),
                    "account_type": "income_other",
                    "company_ids": [fields.Command.set(company.ids)],
                }
            )
        return company.dealer_incentive_account_id

    def _set_up_dealer_sales(self):
        """Make the rules of the general manager too, where a company never had them."""
        res = super()._set_up_dealer_sales()
        definitions = self.env["tier.definition"].with_context(active_test=False)
        there = definitions._read_group(
            [("dealer_code", "in", HIGHER_RULES), ("company_id", "in", self.ids)], ["company_id", "dealer_code"]
        )
        there = {(company.id, code) for company, code in there}
        for company in self:
            for code in HIGHER_RULES:
                if (company.id, code) not in there:
                    company._create_approval_rule(lambda speaker, code=code: speaker._prepare_higher_tier(code))
        return res

    def _prepare_higher_tier(self, code):
        """Return the values of a rule that asks the general manager after the sales manager.

        :param str code: of ``HIGHER_RULES``
        :return: dict for ``tier.definition.create``
        """
        names = {
            "limit": self.env._("Beyond the sales manager's limit"),
            "loss": self.env._("Sold at a loss"),
            "credit": self.env._("Leaves before it is paid"),
        }
        domains = {
            "limit": "[('limit_level', '=', 'beyond')]",
            "loss": "[('front_gross', '<', 0)]",
            "credit": "[('credit_amount', '>', 0)]",
        }
        return {
            **self._prepare_contract_tier(),
            "name": names[code],
            "dealer_code": code,
            "definition_domain": domains[code],
            "reviewer_group_id": self.env.ref("dealer_vehicle.group_general_manager").id,
            # OCA asks the highest sequence first: these come after the sales manager's (30)
            "sequence": 20 - HIGHER_RULES.index(code),
            "approve_sequence": True,
            "approve_sequence_bypass": True,
        }
