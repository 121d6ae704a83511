from odoo import fields, models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    deposit_kind = fields.Selection(selection_add=[("loan", "Loan")], ondelete={"loan": "set null"})
