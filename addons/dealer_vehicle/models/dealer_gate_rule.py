from odoo import api, fields, models
from odoo.tools import ormcache


class DealerGateRule(models.Model):
    """A company's word on whether a gate is required; without a row the gate's own default holds."""

    _name = "dealer.gate.rule"
    _inherit = ["dealer.cached.policy.mixin"]
    _description = "Gate Rule"
    _order = "model, code, company_id"
    _rec_name = "code"

    model = fields.Char(required=True, help="Technical name of the document, as dealer.contract.")
    code = fields.Char(required=True, help="Code of the gate.")
    company_id = fields.Many2one("res.company", help="Empty: all companies without a rule of their own.")
    is_required = fields.Boolean("Required", default=True)

    _rule_uniq = models.UniqueIndex("(model, code, coalesce(company_id, 0))", "There is a rule for this gate already.")

    @api.model
    @ormcache("model", "company_id")
    def _get_required(self, model, company_id):
        """Return the rules of a document kind in a company.

        :param str model: technical model name
        :param int company_id: id, or ``False``
        :return: {gate code: bool}; the company's own rule wins over the common one
        """
        rules = self.sudo().search(
            [("model", "=", model), ("company_id", "in", [False, company_id])], order="company_id DESC"
        )
        # NULLS come first in a descending order: the company's rule overwrites.
        return {rule.code: rule.is_required for rule in rules}
