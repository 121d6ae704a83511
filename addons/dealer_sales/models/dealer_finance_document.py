from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class DealerFinanceDocument(models.Model):
    """A paper of the applicant: collected once, good for every lender of the file."""

    _name = "dealer.finance.document"
    _description = "Loan Paper"
    _inherit = ["dealer.system.link.mixin"]
    _order = "application_id, id"
    _check_company_auto = True

    application_id = fields.Many2one(
        "dealer.finance.application",
        string="Loan file",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(related="application_id.company_id", store=True, index=True)
    kind_id = fields.Many2one("dealer.finance.document.kind", string="Paper", index=True, ondelete="restrict")
    is_confidential = fields.Boolean(related="kind_id.is_confidential", store=True)
    attachment_id = fields.Many2one("ir.attachment", string="File", required=True, readonly=True, ondelete="restrict")
    name = fields.Char(string="File name", readonly=True)
    attached_by_id = fields.Many2one("res.users", string="Attached by", readonly=True)
    date_attached = fields.Datetime(string="Attached on", readonly=True)

    @api.model
    def _get_system_links(self):
        refusal = self.env._("Papers come into a loan file by its button Attach papers.")
        names = ("application_id", "attachment_id", "name", "attached_by_id", "date_attached", "is_confidential")
        return {**super()._get_system_links(), **dict.fromkeys(names, refusal)}

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Papers come into a loan file by its button Attach papers."))
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_submitted(self):
        for paper in self:
            if paper.application_id.submission_ids.filtered("date_submitted"):
                raise UserError(
                    self.env._(
                        "%(paper)s was seen by a lender and stays on file: attach the better one too.",
                        paper=paper.display_name,
                    )
                )

    def action_open(self):
        """Open the file.

        :return: act_url
        """
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "target": "new", "url": f"/web/content/{self.attachment_id.id}"}
