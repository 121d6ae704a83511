from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerFinanceCondition(models.Model):
    """Something a lender wants done before it pays out."""

    _name = "dealer.finance.condition"
    _description = "Loan Condition"
    _inherit = ["dealer.system.link.mixin"]
    _order = "submission_id, id"

    submission_id = fields.Many2one("dealer.finance.submission", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="submission_id.company_id", store=True, index=True)
    name = fields.Char(string="Lender's condition", required=True)
    is_done = fields.Boolean(string="Fulfilled", readonly=True, copy=False)
    done_by_id = fields.Many2one("res.users", string="Fulfilled by", readonly=True, copy=False)
    date_done = fields.Datetime(string="Fulfilled on", readonly=True, copy=False, help="UTC.")

    _open_idx = models.Index("(submission_id) WHERE is_done IS NOT TRUE")

    @api.model
    def _get_system_links(self):
        refusal = self.env._("Press the button of the condition to say that it is fulfilled.")
        names = ("is_done", "done_by_id", "date_done")
        return {**super()._get_system_links(), **dict.fromkeys(names, refusal)}

    @api.model_create_multi
    def create(self, vals_list):
        conditions = super().create(vals_list)
        conditions.submission_id._conditions_changed()
        return conditions

    def write(self, vals):
        if vals.keys() & {"name", "submission_id"} and not self.env.su and any(self.mapped("is_done")):
            raise UserError(self.env._("A fulfilled condition stays as it was written: open it again first."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_accepted(self):
        for condition in self:
            if condition.submission_id.state in ("accepted", "funded"):
                raise UserError(
                    self.env._(
                        "“%(condition)s” is what %(lender)s asks for: fulfil it, or have the lender drop it in "
                        "writing.",
                        condition=condition.name,
                        lender=condition.submission_id.lender_id.display_name,
                    )
                )

    def action_toggle(self):
        """Say that the condition is fulfilled, or that it is not after all."""
        self.check_access("write")
        for condition in self:
            done = not condition.is_done
            # Who and when are facts of this button
            condition.sudo().write(
                {
                    "is_done": done,
                    "done_by_id": done and self.env.uid,
                    "date_done": done and fields.Datetime.now(),
                }
            )
        self.submission_id._conditions_changed()
        return True
