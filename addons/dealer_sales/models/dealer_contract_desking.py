from odoo import fields, models
from odoo.exceptions import UserError


class DealerContract(models.Model):
    """Offers for a contract that is still a draft."""

    _inherit = "dealer.contract"

    desking_quote_ids = fields.One2many(
        "dealer.desking.quote", "contract_id", string="Offers", groups="base.group_user"
    )

    def action_new_offer(self):
        """Open an offer for this contract's customer and car; taken, it fills this contract.

        :return: action of the offer's form
        :raises UserError: the contract was submitted already
        """
        self.ensure_one()
        self.check_access("write")
        if self.state != "draft" or self.version_ids:
            raise UserError(
                self.env._(
                    "Contract %(contract)s was submitted already: its price is changed there, with a new version.",
                    contract=self.name,
                )
            )
        quote = self.desking_quote_ids[:1] or self._create_offer()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Offer"),
            "res_model": "dealer.desking.quote",
            "res_id": quote.id,
            "views": [(False, "form")],
        }

    def _create_offer(self):
        quote = self.env["dealer.desking.quote"].create(
            {
                "partner_id": self.partner_id.id,
                "lead_id": self.lead_id.id,
                "user_id": self.user_id.id,
                "company_id": self.company_id.id,
                "product_id": self.product_id.id,
                "vehicle_id": self.vehicle_id.id,
            }
        )
        quote.sudo().contract_id = self  # a system fact: which contract it will fill
        return quote
