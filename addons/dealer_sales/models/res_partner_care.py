from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class ResPartner(models.Model):
    """Customers as the recipients of campaigns."""

    _inherit = "res.partner"

    care_segment_ids = fields.Many2many(
        "dealer.care.segment",
        string="Reasons to write",
        compute="_compute_care_segment_ids",
        search="_search_care_segment_ids",
        compute_sudo=True,
        groups="sales_team.group_sale_salesman,dealer_vehicle.group_auditor,mass_mailing.group_mass_mailing_user",
    )

    def _compute_care_segment_ids(self):
        self.care_segment_ids = False
        for segment in self.env["dealer.care.segment"].search([("company_id", "in", self.env.companies.ids)]):
            ids = set(self.search(Domain("id", "in", self._origin.ids) & segment._get_partner_domain()).ids)
            for partner in self.filtered(lambda partner, ids=ids: partner._origin.id in ids):
                partner.care_segment_ids += segment

    @api.model
    def _search_care_segment_ids(self, operator, value):
        if operator == "any":
            value = self.env["dealer.care.segment"].search(value).ids
        elif operator != "in":
            return NotImplemented
        # Mails are sent by the system for any company; the segment says for which
        segments = self.env["dealer.care.segment"].sudo().browse([i for i in value if isinstance(i, int)]).exists()
        return Domain.OR([segment._get_partner_domain() for segment in segments])

    @api.model
    def _make_dealer_campaign(self, mailing_type, domain, subject, body, sms_text):
        """Make a campaign on Odoo's mass mailing, and open it: its own button sends.

        :param str mailing_type: ``mail`` or ``sms``
        :param list domain: of ``res.partner``
        :param str subject: of the mail, title of the SMS campaign
        :param body: HTML of the mail
        :param str sms_text: of the SMS
        :return: action of the campaign
        :raises AccessError: the user may not make campaigns
        :raises UserError: nobody is left to write to
        """
        self.env["mailing.mailing"].check_access("create")
        if not self.search_count(domain, limit=1):
            raise UserError(self.env._("There is nobody to write to in this group today."))
        mailing = self.env["mailing.mailing"].create(
            {
                "mailing_type": mailing_type,
                "subject": subject,
                "mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                "mailing_domain": str(domain),
                **({"body_arch": body, "body_html": body} if mailing_type == "mail" else {"body_plaintext": sms_text}),
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": subject,
            "res_model": "mailing.mailing",
            "res_id": mailing.id,
            "views": [(False, "form")],
        }

    @api.model
    def _as_mail_body(self, text):
        return Markup("<p>%s</p>") % text

    def action_dealer_mail(self):
        """Open a new mail campaign for the chosen customers."""
        return self._make_dealer_campaign_of_chosen("mail")

    def action_dealer_sms(self):
        """Open a new SMS campaign for the chosen customers."""
        return self._make_dealer_campaign_of_chosen("sms")

    def _make_dealer_campaign_of_chosen(self, mailing_type):
        subject = self.env._("News from %(company)s", company=self.env.company.name)
        return self._make_dealer_campaign(
            mailing_type, [("id", "in", self.ids)], subject, self._as_mail_body(subject), subject
        )
