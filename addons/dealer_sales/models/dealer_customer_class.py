from odoo import fields, models


class DealerCustomerClass(models.Model):
    """What the scores of a customer mean: the first class whose lowest scores he reaches is his."""

    _name = "dealer.customer.class"
    _inherit = "dealer.care.mixin"
    _description = "Class of Customers"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    recency_from = fields.Integer("Recency from", default=1)
    recency_to = fields.Integer("Recency to", default=5)
    frequency_from = fields.Integer("Frequency from", default=1)
    value_from = fields.Integer("Value from", default=1)
    color = fields.Integer()
    active = fields.Boolean(default=True)

    _scores_check = models.Constraint(
        "CHECK (recency_from BETWEEN 1 AND 5 AND recency_to BETWEEN recency_from AND 5"
        " AND frequency_from BETWEEN 1 AND 5 AND value_from BETWEEN 1 AND 5)",
        "Scores go from 1 to 5.",
    )

    def _choose(self, recency, frequency, value):
        """Return the class of these scores, one of ``self`` or none."""
        return self.filtered(
            lambda one: (
                one.recency_from <= recency <= one.recency_to
                and one.frequency_from <= frequency
                and one.value_from <= value
            )
        )[:1]

    def write(self, vals):
        if {"recency_from", "recency_to", "frequency_from", "value_from", "sequence", "active"} & vals.keys():
            self.env["dealer.customer.score"].sudo()._forget_all()
        return super().write(vals)

    def _get_recipients_domain(self):
        return [("dealer_score_ids", "any", [("class_id", "in", self.ids), ("company_id", "=", self.env.company.id)])]

    def _get_default_words(self):
        subject = self.env._("News from %(company)s", company=self.env.company.name)
        text = self.env._("Dear customer, we have something for you. %(company)s", company=self.env.company.name)
        return {"subject": subject, "body": self.env["res.partner"]._as_mail_body(text), "sms_text": text}
