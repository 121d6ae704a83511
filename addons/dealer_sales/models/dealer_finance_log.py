from odoo import api, fields, models
from odoo.exceptions import AccessError


class DealerFinanceLog(models.Model):
    """What became of a submission, step by step. The system writes it, nobody edits it."""

    _name = "dealer.finance.log"
    _description = "Loan Status History"
    _order = "id desc"

    submission_id = fields.Many2one(
        "dealer.finance.submission", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="submission_id.company_id", store=True, index=True)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now, help="UTC.")
    user_id = fields.Many2one("res.users", string="By", required=True, readonly=True)
    state_from = fields.Selection(
        selection=lambda self: self.env["dealer.finance.submission"]._fields["state"]._description_selection(self.env),
        string="From",
        readonly=True,
    )
    state_to = fields.Selection(
        selection=lambda self: self.env["dealer.finance.submission"]._fields["state"]._description_selection(self.env),
        string="To",
        required=True,
        readonly=True,
    )
    note = fields.Char(readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("The history of a submission is written by its buttons, never typed."))
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        raise AccessError(self.env._("The history of a submission stays as it was written."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("The history of a submission stays as it was written."))
