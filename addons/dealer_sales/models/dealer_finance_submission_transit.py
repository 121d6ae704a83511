from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

BATCH = 100  # loans between two commits of the nightly job
AGES = [("new", "Recent"), ("usual", "Usual"), ("long", "Long")]


class DealerFinanceSubmission(models.Model):
    """Contracts in transit (待放款应收): invoiced or handed over, and the lender has not paid yet (P19)."""

    _inherit = "dealer.finance.submission"

    date_invoiced = fields.Date(readonly=True, copy=False, help="The lender owes the money from this day on.")
    date_handed_over = fields.Date(readonly=True, copy=False, help="The customer drives the car from this day on.")
    date_transit = fields.Date(
        string="In transit since",
        compute="_compute_date_transit",
        store=True,
        help="Hand-over; before it the invoice.",
    )
    transit_days = fields.Integer(
        string="Days in transit", compute="_compute_transit", aggregator="avg", help="Since the hand-over or invoice."
    )
    transit_age = fields.Selection(AGES, string="Age", compute="_compute_transit", search="_search_transit_age")
    is_transit_red = fields.Boolean(
        string="Overdue in transit",
        compute="_compute_transit",
        search="_search_is_transit_red",
        help="Longer than the house waits without asking the lender.",
    )

    _transit_idx = models.Index("(company_id, date_transit) WHERE state = 'accepted' AND date_transit IS NOT NULL")

    @api.depends("date_invoiced", "date_handed_over")
    def _compute_date_transit(self):
        for submission in self:
            submission.date_transit = submission.date_handed_over or submission.date_invoiced

    @api.depends("date_transit", "state", "company_id")
    def _compute_transit(self):
        for submission in self:
            company = submission.company_id.sudo()  # limits of the house, for whoever sees the line
            is_in_transit = submission.state == "accepted" and bool(submission.date_transit)
            days = (company._get_day() - submission.date_transit).days if is_in_transit else 0
            submission.transit_days = days
            submission.transit_age = is_in_transit and company._get_transit_age(days)
            submission.is_transit_red = is_in_transit and days >= company.dealer_transit_days_red

    # === The same in SQL, for sorting, grouping and averages ===
    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr not in ("transit_days", "transit_age") or query is None:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        days = self._transit_days_to_sql(alias, query)
        return days if field_expr == "transit_days" else self._transit_age_to_sql(alias, query, days)

    def _transit_days_to_sql(self, alias, query):
        company = self._field_to_sql(alias, "company_id", query)
        days = self.env["res.company"]._get_all_by_today()
        today = SQL(" ").join(
            SQL("WHEN %s IN %s THEN %s::date", company, companies._ids, day) for day, companies in days.items()
        )
        return SQL(
            "CASE WHEN %s = 'accepted' THEN CASE %s END - %s END",
            self._field_to_sql(alias, "state", query),
            today,
            self._field_to_sql(alias, "date_transit", query),
        )

    def _transit_age_to_sql(self, alias, query, days):
        company = query.left_join(alias, "company_id", "res_company", "id", "transit_company")
        return SQL(
            "CASE WHEN %(days)s IS NULL THEN NULL WHEN %(days)s < %(usual)s THEN 'new'"
            " WHEN %(days)s < %(long)s THEN 'usual' ELSE 'long' END",
            days=days,
            usual=SQL.identifier(company, "dealer_transit_days_usual"),
            long=SQL.identifier(company, "dealer_transit_days_long"),
        )

    @api.model
    def _get_transit_domain(self):
        return Domain("state", "=", "accepted") & Domain("date_transit", "!=", False)

    @api.model
    def _get_red_domain(self):
        return self._get_transit_domain() & Domain.OR(
            Domain("company_id", "in", same.ids) & Domain("date_transit", "<=", fields.Date.subtract(today, days=days))
            for today, companies in self.env["res.company"]._get_all_by_today().items()
            for days, same in companies.grouped("dealer_transit_days_red").items()
        )

    @api.model
    def _search_is_transit_red(self, operator, value):
        if operator != "in":
            return NotImplemented
        red = self._get_red_domain()
        return red if True in value else ~red

    @api.model
    def _search_transit_age(self, operator, value):
        if operator != "in":
            return NotImplemented
        found = Domain.OR(
            Domain("company_id", "=", company.id) & self._get_age_domain(company, today, value)
            for today, companies in self.env["res.company"]._get_all_by_today().items()
            for company in companies
        )
        return (self._get_transit_domain() & found) | (~self._get_transit_domain() if False in value else Domain.FALSE)

    @api.model
    def _get_age_domain(self, company, today, ages):
        usual = fields.Date.subtract(today, days=company.dealer_transit_days_usual)
        late = fields.Date.subtract(today, days=company.dealer_transit_days_long)
        domains = {
            "new": Domain("date_transit", ">", usual),
            "usual": Domain("date_transit", "<=", usual) & Domain("date_transit", ">", late),
            "long": Domain("date_transit", "<=", late),
        }
        return Domain.OR(domain for age, domain in domains.items() if age in ages)

    # === When it begins ===
    def _note_hand_over(self):
        """Take the day of the hand-over from the contract's delivery. Superuser."""
        for submission in self:
            done = submission.contract_id.delivery_ids.filtered(lambda d: d.state == "done" and d.date_done)
            if done and submission.contract_id._is_handed_over():
                last = max(done.mapped("date_done"))
                submission.date_handed_over = submission.company_id._get_day(last)

    # === Reminders ===
    @api.model
    def _cron_remind_transit(self):
        """Give F&I an activity for each contract too long in transit; called every night.

        Resumable: each run takes up what was not told of yet. One activity a contract. Commissions of loans that a bank
        statement funded are invoiced too.
        """
        unbilled = [("state", "=", "funded"), ("commission_move_id", "=", False), ("commission_amount", ">", 0)]
        failure = "The commission of %s could not be invoiced"  # keeps nobody from being reminded
        self.search(unbilled, limit=BATCH)._try_in_batches("_create_commission_invoices", failure)
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(self._get_unreminded_domain()))
        while late := self.search(self._get_unreminded_domain(), limit=BATCH, order="date_transit, id"):
            late._remind_transit()
            if not self.env["ir.cron"]._commit_progress(len(late)):
                return

    @api.model
    def _get_unreminded_domain(self):
        companies = self.env["res.company"].sudo().search([])
        answering = companies.filtered(lambda company: self._get_transit_users(company))
        activities = self.env["mail.activity"].sudo().with_context(active_test=False)
        told = activities._search(
            [("res_model", "=", "dealer.finance.application"), ("dealer_alert_key", "=like", "transit/%")]
        ).subselect("res_id")
        return (
            self._get_red_domain()
            & Domain("company_id", "in", answering.ids)
            & Domain("application_id", "not in", told)
        )

    @api.model
    def _get_transit_users(self, company):
        """Return who asks lenders for their money in a company.

        :param company: ``res.company``
        :return: ``res.users``
        """
        users = self.env.ref("dealer_sales.group_fni").sudo().all_user_ids
        return users.filtered(lambda user: user.active and not user.share and company in user.company_ids).sorted("id")

    def _remind_transit(self):
        users = {company: self._get_transit_users(company) for company in self.company_id}
        values = [s._prepare_transit_reminder(s.user_id or users[s.company_id][:1]) for s in self]
        # One mail a contract would bury the person; the list of activities is the worklist
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(values)

    def _prepare_transit_reminder(self, user):
        submission = self.with_context(lang=user.lang or self.env.lang)
        return {
            "res_model_id": self.env["ir.model"]._get_id("dealer.finance.application"),
            "res_id": self.application_id.id,
            "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
            "user_id": user.id,
            "summary": submission.env._(
                "%(lender)s has not paid for %(days)s days: ask for %(amount)s",
                lender=self.lender_id.display_name,
                days=self.transit_days,
                amount=self.currency_id.format(self.amount_open),
            ),
            "automated": True,
            "date_deadline": fields.Date.context_today(self),
            "dealer_alert_key": f"transit/{self.id}",
        }
