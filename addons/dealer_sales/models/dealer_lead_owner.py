from odoo import api, fields, models


class DealerLeadOwner(models.Model):
    """Whose an enquiry was, since when and why. The enquiry writes it, nobody types it."""

    _name = "dealer.lead.owner"
    _description = "Advisor of an Enquiry"
    _inherit = ["dealer.system.record.mixin"]
    _order = "date_from desc, id desc"
    _rec_name = "user_id"

    lead_id = fields.Many2one("crm.lead", "Enquiry", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="lead_id.company_id", store=True, index=True)
    user_id = fields.Many2one(
        "res.users", "Sales advisor", index="btree_not_null", readonly=True, help="Empty: nobody's."
    )
    date_from = fields.Datetime("Since", required=True, readonly=True, default=fields.Datetime.now, help="UTC.")
    how = fields.Selection(
        [
            ("written", "Written Down"),
            ("given", "Given by Hand"),
            ("rule", "By the Rule"),
            ("decided", "Decided by a Manager"),
            ("dormant", "Dormant"),
        ],
        required=True,
        readonly=True,
        default="given",
    )
    reason = fields.Char(readonly=True)
    by_id = fields.Many2one("res.users", "By", readonly=True, default=lambda self: self.env.user)

    @api.model
    def _get_typed_refusal(self):
        return self.env._("Whose an enquiry was is logged when it changes hands, not typed.")
