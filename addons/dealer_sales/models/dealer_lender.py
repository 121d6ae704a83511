from odoo import api, fields, models


class DealerLender(models.Model):
    """A bank, finance house or lessor the shop works with: what it asks for and what it offers.

    What it offers are ways to pay (``dealer.desking.preset``) that name it: the same rows an offer is made of.
    """

    _name = "dealer.lender"
    _description = "Lender"
    _order = "sequence, id"
    _rec_names_search = ["partner_id.name", "partner_id.ref"]

    partner_id = fields.Many2one(
        "res.partner", string="Lender", required=True, index=True, ondelete="restrict", help="Who pays the loan out."
    )
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company of the group works with it.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    preset_ids = fields.One2many("dealer.desking.preset", "lender_id", string="Products")
    document_kind_ids = fields.Many2many(
        "dealer.finance.document.kind",
        string="Papers asked for",
        help="An application is submitted to this lender when these papers are attached.",
    )
    note = fields.Text(help="Whom to call, how long an answer takes.")

    _partner_uniq = models.UniqueIndex(
        "(partner_id, COALESCE(company_id, 0)) WHERE active", "This lender is in the list already."
    )

    @api.depends("partner_id")
    def _compute_display_name(self):
        for lender in self:
            lender.display_name = lender.sudo().partner_id.name  # a lender's name is told to whoever sees its terms

    def _get_product(self, kind, months, day):
        """Return what this lender offers for a loan like this.

        :param str kind: ``loan`` or ``lease``
        :param int months: term asked for
        :param date day: on which its terms are in force
        :return: ``dealer.desking.preset`` of that very term, may be empty
        """
        self.ensure_one()
        rows = self.preset_ids.filtered(lambda row: row.kind == kind and row._is_in_force(day))
        return rows.filtered(lambda row: row.months == months)[:1]

    @api.model
    def _get_offering(self, company, kind, day):
        """Return the lenders that offer this kind of loan in a company today.

        :param company: ``res.company``
        :param str kind: ``loan`` or ``lease``
        :param date day: on which terms are in force
        :return: ``dealer.lender``
        """
        lenders = self.search([("company_id", "in", (False, company.id)), ("preset_ids.kind", "=", kind)])
        return lenders.filtered(
            lambda lender: any(row.kind == kind and row._is_in_force(day) for row in lender.preset_ids)
        )
