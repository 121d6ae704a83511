from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

KINDS = [
    ("birthday", "Birthday"),
    ("anniversary", "Anniversary of Delivery"),
    ("insurance", "Insurance Due"),
    ("unseen", "Not Seen for a Long Time"),
]
DAYS = {"birthday": 7, "anniversary": 7, "insurance": 30, "unseen": 365}
LONGEST = 3660


class DealerCareSegment(models.Model):
    """Customers there is a reason to write to: birthday, car anniversary, insurance that ends, long silence."""

    _name = "dealer.care.segment"
    _inherit = "dealer.care.mixin"
    _description = "Reason to Write to Customers"
    _order = "company_id, kind, id"

    name = fields.Char(compute="_compute_name")
    kind = fields.Selection(KINDS, required=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    days = fields.Integer(
        required=True,
        help="How many days ahead; for the silence: for how many days nothing was heard.",
    )
    filter_id = fields.Many2one(
        "mailing.filter",
        "Saved filter",
        readonly=True,
        copy=False,
        help="The same customers, for whoever makes a campaign in Email Marketing.",
    )

    _kind_uniq = models.UniqueIndex("(company_id, kind)", "This company has such a segment already.")
    _days_check = models.Constraint(f"CHECK (days BETWEEN 1 AND {LONGEST})", "Between one day and ten years, please.")

    @api.depends("kind")
    def _compute_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for segment in self:
            segment.name = labels.get(segment.kind)

    @api.constrains("kind", "days")
    def _check_year(self):
        for segment in self:
            if segment.kind in ("birthday", "anniversary") and segment.days > 365:
                raise ValidationError(self.env._("%(name)s comes every year: 365 days at most.", name=segment.name))

    @api.model_create_multi
    def create(self, vals_list):
        segments = super().create([{"days": DAYS.get(vals.get("kind"), 30), **vals} for vals in vals_list])
        filters = self.env["mailing.filter"].sudo()  # who keeps segments need not mail
        partners = self.env["ir.model"]._get_id("res.partner")
        for segment in segments:
            segment.filter_id = filters.create(
                {
                    "name": f"{segment.name} · {segment.company_id.name}",
                    "mailing_model_id": partners,
                    "mailing_domain": str(segment._get_recipients_domain()),
                }
            )
        return segments

    @api.model
    def _set_up(self, companies):
        """Make the segments companies lack."""
        known = {(segment.company_id, segment.kind) for segment in self.search([("company_id", "in", companies.ids)])}
        self.create(
            [
                {"company_id": company.id, "kind": kind}
                for company in companies
                for kind, _label in KINDS
                if (company, kind) not in known
            ]
        )

    # === Who ===
    def _get_recipients_domain(self):
        return [("care_segment_ids", "in", self.ids)]

    def _get_partner_domain(self):
        """Return the domain of a segment's customers today.

        :return: ``Domain`` on ``res.partner``
        """
        self.ensure_one()
        self.env.flush_all()
        found = getattr(self, f"_get_{self.kind}_domain")(fields.Date.context_today(self))
        return found & Domain("company_id", "in", (False, self.company_id.id))

    def _get_birthday_domain(self, today):
        return Domain("birthday_key", "in", self._get_day_keys(today)) & self._in(self._get_known())

    def _get_day_keys(self, today):
        """Return month * 100 + day of the coming days; the 29th of February is had on the 28th where there is none."""
        days = [today + timedelta(days=offset) for offset in range(self.days + 1)]
        keys = {day.month * 100 + day.day for day in days}
        return sorted(keys | ({229} if 228 in keys else set()))

    def _get_anniversary_domain(self, today):
        return self._in(
            SQL(
                "(SELECT partner_id FROM dealer_delivery WHERE state = 'done' AND company_id = %s"
                " AND date_done < %s AND date_part('month', date_done) * 100 + date_part('day', date_done) IN %s)",
                self.company_id.id,
                today - timedelta(days=300),
                tuple(self._get_day_keys(today)),
            )
        )

    def _get_insurance_domain(self, today):
        return self._in(
            SQL(
                "(SELECT p.partner_id FROM dealer_insurance_policy p WHERE p.company_id = %s"
                " AND p.date_cancelled IS NULL AND p.date_to BETWEEN %s AND %s AND NOT EXISTS ("
                " SELECT 1 FROM dealer_insurance_policy n WHERE n.vehicle_id = p.vehicle_id AND n.kind_id = p.kind_id"
                " AND n.date_cancelled IS NULL AND n.date_to > p.date_to))",
                self.company_id.id,
                today,
                today + timedelta(days=self.days),
            )
        )

    def _get_unseen_domain(self, today):
        """Return who bought or drives a car and gave no sign of life: contract, enquiry, booking, mileage read."""
        company, since = self.company_id.id, today - timedelta(days=self.days)
        known = self._get_known(asked=False)
        seen = SQL(
            "(SELECT partner_id FROM dealer_contract WHERE company_id = %(company)s AND create_date >= %(since)s"
            " UNION SELECT partner_id FROM crm_lead WHERE company_id = %(company)s AND partner_id IS NOT NULL"
            " AND date_last_contact >= %(since)s"
            " UNION SELECT partner_id FROM dealer_vehicle_booking WHERE company_id = %(company)s"
            " AND date_from >= %(since)s"
            " UNION SELECT v.owner_id FROM dealer_vehicle v JOIN dealer_vehicle_odometer o ON o.vehicle_id = v.id"
            " WHERE v.company_id = %(company)s AND v.owner_id IS NOT NULL AND o.date >= %(since)s)",
            company=company,
            since=since,
        )
        own = Domain("id", "!=", self.company_id.partner_id.id)
        return self._in(known) & Domain("id", "not in", seen) & own

    def _get_known(self, asked=True):
        """Return the query of this company's customers: people are shared, whom they know is not.

        :param bool asked: whoever only asked, too; else who bought or drives a car
        """
        return SQL(
            "(SELECT partner_id FROM dealer_contract WHERE state = 'signed' AND company_id = %(company)s"
            " UNION SELECT owner_id FROM dealer_vehicle WHERE owner_id IS NOT NULL AND active"
            " AND company_id = %(company)s%(enquiries)s)",
            company=self.company_id.id,
            enquiries=SQL(
                " UNION SELECT partner_id FROM crm_lead WHERE partner_id IS NOT NULL AND company_id = %s",
                self.company_id.id,
            )
            if asked
            else SQL(),
        )

    @api.model
    def _in(self, query):
        return Domain("id", "in", query)

    # === What ===
    def _get_default_words(self):
        _ = self.env._
        company = self.company_id.name
        words = {
            "birthday": (_("Happy birthday"), _("All the best for your birthday from %(company)s!", company=company)),
            "anniversary": (
                _("Your car's birthday"),
                _(
                    "Your car is a year older. We hope it still gives you joy: come by for a free check. %(company)s",
                    company=company,
                ),
            ),
            "insurance": (
                _("Your insurance ends soon"),
                _("The insurance of your car ends soon. We gladly make you an offer. %(company)s", company=company),
            ),
            "unseen": (
                _("We have not seen you for a while"),
                _("How is your car? We would like to see you again: call us. %(company)s", company=company),
            ),
        }
        subject, text = words[self.kind]
        return {"subject": subject, "body": self.env["res.partner"]._as_mail_body(text), "sms_text": text}


class ResCompany(models.Model):
    _inherit = "res.company"

    def _set_up_dealer_sales(self):
        super()._set_up_dealer_sales()
        self.env["dealer.care.segment"].sudo()._set_up(self)  # every company, also one the user is not in
