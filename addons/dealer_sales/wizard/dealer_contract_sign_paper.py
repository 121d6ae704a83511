from odoo import fields, models


class DealerContractSignPaper(models.TransientModel):
    _name = "dealer.contract.sign.paper"
    _description = "Record a Contract Signed on Paper"

    contract_id = fields.Many2one("dealer.contract", required=True, readonly=True)
    signed_by = fields.Char(
        string="Signed by",
        required=True,
        default=lambda self: self._default_signed_by(),
    )
    scan = fields.Binary(required=True, help="Scan or photo of the signed paper.")
    scan_name = fields.Char()

    def _default_signed_by(self):
        contract = self.env["dealer.contract"].browse(self.env.context.get("default_contract_id", False))
        return contract.partner_id.name

    def action_confirm(self):
        """Record the signature with its scan and make the deal binding.

        :raises UserError: the approved version is no longer what the order says
        """
        self.ensure_one()
        contract = self.contract_id
        contract.check_access("write")
        contract._sign(self.signed_by, self.scan)
        contract.message_post(
            body=self.env._(
                "%(user)s recorded the paper signed by %(name)s.",
                user=self.env.user.name,
                name=self.signed_by,
            )
        )
        return True
