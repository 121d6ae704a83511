from odoo import fields, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    dealer_alert_key = fields.Char(
        readonly=True,
        copy=False,
        help="What the nightly alert is about. No two activities are about the same, and what a person has dealt with "
        "is not raised again.",
    )

    _dealer_alert_key_uniq = models.UniqueIndex(
        "(dealer_alert_key) WHERE dealer_alert_key IS NOT NULL", "This alert was raised already."
    )
