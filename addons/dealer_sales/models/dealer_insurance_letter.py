from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError

from .dealer_insurance_renewal import OPEN_STATES

CHANNELS = [("mail", "E-mail"), ("sms", "SMS")]


class DealerInsuranceLetter(models.Model):
    """That a customer was written to about one expiry: once by each way, whoever presses the button."""

    _name = "dealer.insurance.letter"
    _description = "Renewal Letter"
    _order = "id desc"
    _rec_name = "channel"

    renewal_id = fields.Many2one("dealer.insurance.renewal", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="renewal_id.company_id", store=True, index=True)
    channel = fields.Selection(CHANNELS, required=True)
    user_id = fields.Many2one("res.users", "Sent by", required=True, default=lambda self: self.env.user)
    address = fields.Char("Sent to", required=True)

    _once_uniq = models.UniqueIndex(
        "(renewal_id, channel)", "This customer was written to about this expiry this way already."
    )


class DealerInsuranceRenewal(models.Model):
    """Letters for the selected rows with one button."""

    _inherit = "dealer.insurance.renewal"

    def action_send_letters(self):
        """Write to the customers of these renewals: mail where there is an address, SMS where there is a number.

        Nobody is written to twice about one expiry by the same way, also not by two people at the same moment, and
        nobody who is on Odoo's blacklist of that way: a renewal is an offer, no duty of ours.

        :return: notification that says how many went out and who was not written to
        :raises UserError: nothing was left to send
        """
        self.check_access("write")
        rows = self.filtered(lambda renewal: renewal.state in OPEN_STATES)
        # Letters are facts of this button alone; templates are rendered with the system's rights
        by_mail = rows.sudo()._write_by_mail()
        by_sms = rows.sudo()._write_by_sms()
        if not by_mail and not by_sms:
            raise UserError(
                self.env._(
                    "Nothing to send: these customers were written to already, have neither e-mail nor phone, want no "
                    "letters, or their renewal is closed."
                )
            )
        (by_mail | by_sms)._log_letters(self.env.user)
        return self._get_sent_notification(by_mail, by_sms, rows)

    def _get_sent_notification(self, by_mail, by_sms, rows):
        nobody = rows.sudo().filtered(lambda renewal: not renewal.letter_ids)
        message = self.env._(
            "%(mails)s mails and %(messages)s SMS are on their way.", mails=len(by_mail), messages=len(by_sms)
        )
        if nobody:
            message += " " + self.env._(
                "Neither e-mail nor phone, or no letters wanted: %(customers)s.",
                customers=", ".join(nobody.partner_id.mapped("name")),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if nobody else "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_unwritten(self, channel):
        return self.filtered(lambda renewal: channel not in renewal.letter_ids.mapped("channel"))

    def _create_letters(self, channel, addresses):
        # First the row that may exist once, then the letter: two people at once, and one is told
        self.env["dealer.insurance.letter"].create(
            [{"renewal_id": row.id, "channel": channel, "address": addresses[row]} for row in self]
        )

    def _write_by_mail(self):
        rows = self._get_unwritten("mail").filtered(
            lambda renewal: renewal.partner_id.email and not renewal.partner_id.is_blacklisted
        )
        template = self.env.ref("dealer_sales.mail_template_insurance_renewal", raise_if_not_found=False)
        if not rows or not template or not template.active:
            return rows.browse()
        rows._create_letters("mail", {row: row.partner_id.email for row in rows})
        template.send_mail_batch(rows.ids)
        return rows

    def _write_by_sms(self):
        rows = self.filtered("company_id.dealer_renewal_by_sms")._get_unwritten("sms")
        rows = rows.filtered(lambda renewal: renewal.partner_id.phone)
        template = self.env.ref("dealer_sales.sms_template_insurance_renewal", raise_if_not_found=False)
        if not rows or not template:
            return rows.browse()
        numbers = {row: row.partner_id.phone_sanitized or row.partner_id.phone for row in rows}
        blocked = self.env["phone.blacklist"].search([("number", "in", list(numbers.values()))])
        rows = rows.filtered(lambda renewal: numbers[renewal] not in blocked.mapped("number"))
        if not rows:
            return rows
        rows._create_letters("sms", numbers)
        bodies = template._render_field("body", rows.ids, compute_lang=True)
        self.env["sms.sms"].create(
            [{"partner_id": row.partner_id.id, "number": numbers[row], "body": bodies[row.id]} for row in rows]
        )
        return rows

    def _log_letters(self, user):
        """Note on each customer that he was written to."""
        bodies = {
            row.partner_id.id: Markup("%s")
            % self.env._(
                "Written to about the insurance of %(car)s that ends on %(date)s (%(ways)s).",
                car=row.vehicle_id.display_name,
                date=row.date_due,
                ways=", ".join(
                    dict(row.letter_ids._fields["channel"]._description_selection(self.env))[letter.channel]
                    for letter in row.letter_ids
                ),
            )
            for row in self
        }
        self.partner_id._message_log_batch(bodies=bodies, author_id=user.partner_id.id)
