from odoo import api, fields, models


class DealerCareMixin(models.AbstractModel):
    """A group of customers somebody writes to: counted, listed, mailed and texted through Odoo's mass mailing.

    Who does not want to be written to is left out by Odoo's blacklists when the campaign is sent.
    """

    _name = "dealer.care.mixin"
    _description = "Group of Customers"

    subject = fields.Char(help="Of the mail. Empty: our own words, in the language of who makes the campaign.")
    body = fields.Html(sanitize="email_outgoing", help="Of the mail. Empty: our own words.")
    sms_text = fields.Text("SMS text", help="Empty: our own words.")
    customer_count = fields.Integer("Customers", compute="_compute_customer_count")

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_customer_count(self):
        for group in self:
            group.customer_count = self.env["res.partner"].search_count(group._get_recipients_domain())

    def _get_recipients_domain(self):
        """Return the domain of the customers, as it can be kept in a text. Implemented by each group.

        :return: list of terms of strings, numbers and lists
        """
        raise NotImplementedError

    def _get_default_words(self):
        """Return what is written when nobody typed words. Implemented by each group.

        :return: dict of str: ``subject``, ``body``, ``sms_text``
        """
        raise NotImplementedError

    def action_view_customers(self):
        """Open the customers of this group."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_sales.res_partner_action_dealer")
        return {**action, "name": self.display_name, "domain": self._get_recipients_domain(), "context": {}}

    def action_mail(self):
        """Open a new mail campaign for these customers."""
        return self._make_campaign("mail")

    def action_sms(self):
        """Open a new SMS campaign for these customers."""
        return self._make_campaign("sms")

    def _make_campaign(self, mailing_type):
        self.ensure_one()
        words = self._get_default_words()
        return self.env["res.partner"]._make_dealer_campaign(
            mailing_type,
            self._get_recipients_domain(),
            self.subject or words["subject"],
            self.body or words["body"],
            self.sms_text or words["sms_text"],
        )
