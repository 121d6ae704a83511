from datetime import timedelta

from odoo import api, fields, models


class DealerLeadPolicy(models.Model):
    """For how many days after the last contact an enquiry is its advisor's, by company, channel and date (P14)."""

    _name = "dealer.lead.policy"
    _description = "Rule for Whose an Enquiry Is"
    _order = "company_id, source_id, date_from desc, id"

    company_id = fields.Many2one("res.company", index=True, help="Empty: every company without a row of its own.")
    source_id = fields.Many2one(
        "utm.source", "Channel", index="btree_not_null", help="Empty: every channel without a row of its own."
    )
    date_from = fields.Date("In force from", required=True, default=fields.Date.context_today)
    date_to = fields.Date("In force until", help="Last day; empty while it is in force.")
    own_days = fields.Integer(
        "Days kept",
        required=True,
        default=14,
        help="Days after the last contact in which a second advisor cannot take the customer over.",
    )
    release_days = fields.Integer(
        "Days until the pool",
        help="Days after the last contact after which the enquiry is dormant: it is nobody's again. 0: never.",
    )
    note = fields.Char(translate=True, help="Who decided it, and where it is written.")

    _days_check = models.Constraint(
        "CHECK (own_days > 0 AND (release_days = 0 OR release_days >= own_days))",
        "An enquiry is kept for at least a day, and goes to the pool no earlier than it is free.",
    )
    _dates_ordered = models.Constraint("CHECK (date_to >= date_from)", "A rule must end after it began.")
    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (COALESCE(company_id, 0) WITH =, COALESCE(source_id, 0) WITH =,"
        " daterange(date_from, date_to, '[]') WITH &&)",
        "There is a rule for this company and channel in these days already: end that one first.",
    )

    def _auto_init(self):
        # Odoo only logs a constraint it cannot apply, and pre_init_hook does not run on upgrade.
        self.env.cr.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        return super()._auto_init()

    @api.depends("company_id", "source_id", "own_days")
    def _compute_display_name(self):
        for policy in self:
            who = " · ".join(filter(None, [policy.company_id.name, policy.source_id.name])) or self.env._("Everybody")
            policy.display_name = self.env._("%(who)s: %(days)s days", who=who, days=policy.own_days)

    def _choose(self, company, source, day):
        """Return the rule for one enquiry: the company's own before the common one, the channel's before all's.

        :param company: ``res.company``
        :param source: ``utm.source``, may be empty
        :param date day: of the last contact
        :return: ``dealer.lead.policy`` of ``self``, one or none
        """
        fitting = self.filtered(
            lambda rule: (
                rule.company_id in (company, company.browse())
                and rule.source_id in (source, source.browse())
                and rule.date_from <= day <= (rule.date_to or day)
            )
        )
        return fitting.sorted(lambda rule: (not rule.company_id, not rule.source_id))[:1]

    def _get_last_days(self, day):
        """Return the last day an enquiry is kept, and the day it goes to the pool.

        :param date day: of the last contact
        :return: (date or False, date or False); False without a rule: never
        """
        kept = bool(self) and day + timedelta(days=self.own_days)
        return kept, bool(self.release_days) and day + timedelta(days=self.release_days)
