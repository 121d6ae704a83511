from odoo import api, fields, models
from odoo.tools import ormcache

# What holds for a payer nobody wrote a policy for: nothing is forgiven, answers are without tax.
NO_POLICY = {
    "tolerance": 0.0,
    "write_off_limit": 0.0,
    "days_to_answer": 30,
    "days_to_keep": 60,
    "is_tax_included": False,
    "file_type": "xlsx",
}


class DealerClaimPolicy(models.Model):
    """How one maker or insurer takes claims, and what may be forgiven to him; with dates of effect."""

    _name = "dealer.claim.policy"
    _inherit = ["dealer.cached.policy.mixin"]
    _description = "Claim Policy"
    _order = "company_id, partner_id, date_from desc"
    _rec_name = "partner_id"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner", "Maker or Insurer", index=True, check_company=True, help="Empty: everybody without own terms."
    )
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    tolerance = fields.Monetary(help="A claim cut by no more than this is written off at once, without a question.")
    write_off_limit = fields.Monetary(
        "Write-off without Approval",
        help="The warranty administrator writes off up to this alone; above it a manager, another person, approves.",
    )
    days_to_answer = fields.Integer(
        "Days to Answer", default=30, help="Days after submission until an answer is overdue."
    )
    days_to_keep = fields.Integer("Days to Keep Old Parts", default=60, help="0: old parts are not kept.")
    is_tax_included = fields.Boolean("Sums with Tax", help="This payer's answers are sums with tax, as insurers' are.")
    file_type = fields.Selection([("xlsx", "XLSX"), ("csv", "CSV")], "Submission File", required=True, default="xlsx")
    column_ids = fields.One2many("dealer.claim.column", "policy_id", "Columns of the File", copy=True)
    note = fields.Char(help="Where the terms stand: warranty manual, contract with the insurer.")

    _from_uniq = models.UniqueIndex(
        "(company_id, coalesce(partner_id, 0), date_from)", "This payer has a policy from this day already."
    )
    _numbers_sane = models.Constraint(
        "CHECK (tolerance >= 0 AND write_off_limit >= 0 AND days_to_answer >= 0 AND days_to_keep >= 0)",
        "Sums and days of a claim policy cannot be negative.",
    )

    @api.model
    @ormcache()
    def _get_rows(self):
        """Return the policies of all companies.

        :return: {(company id, partner id or False): list of (date from, dict of values), latest first}
        """
        rows = {}
        for row in self.sudo().search([], order="date_from desc"):
            values = {name: row[name] for name in NO_POLICY} | {"id": row.id}
            rows.setdefault((row.company_id.id, row.partner_id.id), []).append((row.date_from, values))
        return rows

    @api.model
    def _get_policy(self, company, partner, date):
        """Return the terms of a payer on a day: his own before everybody's, else ``NO_POLICY``.

        :param company: ``res.company``
        :param partner: maker or insurer
        :param date date: in the company's timezone
        :return: dict with the keys of ``NO_POLICY``, and ``id`` when a row says it
        """
        rows = self._get_rows()
        for partner_id in dict.fromkeys((partner.id, partner.commercial_partner_id.id, False)):
            for date_from, values in rows.get((company.id, partner_id), ()):
                if date_from <= date:
                    return values
        return NO_POLICY


class DealerClaimColumn(models.Model):
    """A column of the file a maker wants claims in."""

    _name = "dealer.claim.column"
    _description = "Column of a Submission File"
    _order = "sequence, id"
    _rec_name = "heading"

    policy_id = fields.Many2one("dealer.claim.policy", "Claim Policy", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    heading = fields.Char(required=True, help="As the maker wants to read it.")
    field_name = fields.Selection("_selection_field_name", "Shows", required=True)

    def _selection_field_name(self):
        return list(self.env["dealer.claim.batch"]._get_columns().items())
