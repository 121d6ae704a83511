from odoo import api, fields, models


class DealerContract(models.Model):
    """Insurance of the car a contract sells."""

    _inherit = "dealer.contract"

    insurance_quote_ids = fields.One2many(
        "dealer.insurance.quote", "contract_id", string="Insurance quotes", groups="base.group_user", copy=False
    )
    insurance_policy_ids = fields.One2many(
        "dealer.insurance.policy", "contract_id", string="Insurance policies", groups="base.group_user", copy=False
    )
    insurance_offer_ids = fields.One2many(
        "dealer.insurance.offer", "contract_id", string="Insurers", groups="base.group_user", copy=False
    )
    # A plain deal asks for neither policies nor products: it is read with the contract's own row
    has_fni = fields.Boolean(
        "Insurance or products sold",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="A policy or a product around the car was sold with this contract.",
    )

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"has_fni"}

    def action_open_insurance(self):
        """Open the insurance quote of this contract; the first time it is made.

        :return: action of the quote's form
        """
        self.ensure_one()
        quote = self.insurance_quote_ids[:1]
        if not quote:
            self.check_access("write")
            quote = self.env["dealer.insurance.quote"].create(
                {"contract_id": self.id, "company_id": self.company_id.id, "user_id": self.env.uid}
            )
        return quote._get_records_action()

    def _fni_changed(self):
        """Note that policies or products of these deals changed, and with them what the deals earn. Hook: superuser."""
        self.filtered(lambda contract: not contract.has_fni).has_fni = True
        self._gross_outdated()

    def _get_gross_parts(self):
        """Add what insurers pay for the policies of the deal."""
        parts = super()._get_gross_parts()
        contract = self.sudo()  # added up for who may see the gross
        policies = contract.insurance_policy_ids if contract.has_fni else False
        if not policies:
            return parts
        earned = sum(policy.commission_invoiced or policy.commission_expected for policy in policies)
        parts = [*parts, self._prepare_insurance_part("insurance", self.env._("Insurance commission"), earned)]
        taken_back = sum(policies.mapped("commission_clawback"))
        if not self.currency_id.is_zero(taken_back):
            label = self.env._("Insurance commission taken back")
            parts.append(self._prepare_insurance_part("insurance_back", label, -taken_back))
        return parts

    def _prepare_insurance_part(self, code, label, amount):
        """Return one part of the gross.

        :param float amount: company currency
        """
        amount = self._in_my_currency(amount, self.company_id.currency_id, fields.Date.context_today(self))
        return {"code": code, "label": label, "side": "back", "amount": self._round_money(amount)}
