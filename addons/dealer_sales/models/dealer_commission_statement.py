from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import commission

# Hours within which a run that was stopped goes on, rather than beginning again
PAUSE = 6


class DealerCommissionStatement(models.Model):
    """What a person earned with the cars of a month; each reads his own."""

    _name = "dealer.commission.statement"
    _description = "Commission Statement"
    _order = "date_start desc, user_id, id"
    _rec_names_search = ["user_id.name", "period_id.name"]
    _check_company_auto = True

    period_id = fields.Many2one("dealer.period", "Month", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="period_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_start = fields.Date(related="period_id.date_start", store=True)
    user_id = fields.Many2one("res.users", "Person", required=True, index=True, ondelete="restrict")
    line_ids = fields.One2many("dealer.commission.line", "statement_id", "Lines")
    units = fields.Float(
        "Cars", compute="_compute_totals", store=True, digits=(8, 2), help="Shares of split deals too."
    )
    amount_earned = fields.Monetary("Earned", compute="_compute_totals", store=True)
    amount_charged_back = fields.Monetary(
        "Charged Back",
        compute="_compute_totals",
        store=True,
        help="For sales of earlier months: cars that came back, gross that changed.",
    )
    amount_total = fields.Monetary("To Pay", compute="_compute_totals", store=True)
    is_closed = fields.Boolean("Closed", related="period_id.is_closed", store=True)

    _person_uniq = models.UniqueIndex("(period_id, user_id)", "This person has a statement of this month already.")

    @api.depends("period_id", "user_id")
    def _compute_display_name(self):
        for statement in self:
            statement.display_name = f"{statement.user_id.name} {statement.period_id.name}"

    @api.depends("line_ids.amount", "line_ids.units", "line_ids.kind")
    def _compute_totals(self):
        for statement in self:
            earned = statement.line_ids.filtered(lambda line: line.kind == "earned")
            # A car counts once, by however many rules it is paid
            statement.units = sum({line.result_id: line.units for line in earned}.values())
            statement.amount_earned = sum(earned.mapped("amount"))
            statement.amount_charged_back = sum((statement.line_ids - earned).mapped("amount"))
            statement.amount_total = statement.amount_earned + statement.amount_charged_back

    # === CRUD ===
    def write(self, vals):
        self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_closed(self):
        self._check_open()

    def _check_open(self):
        """Refuse any change of a closed month, whoever asks: corrections go into the next one.

        :raises UserError: naming the statement
        """
        for statement in self:
            if statement.period_id.is_closed:
                raise UserError(
                    self.env._(
                        "%(statement)s is closed: what changed since goes into the next open month.",
                        statement=statement.display_name,
                    )
                )

    # === Actions ===
    def action_print(self):
        """Print these statements."""
        return self.env.ref("dealer_sales.dealer_commission_statement_report").report_action(self)

    # === Calculating ===
    @api.model
    def _cron_compute(self):
        """Calculate the open months anew: this one and last one, of every company that has rules."""
        cron, periods = self.env["ir.cron"], self._get_periods_to_compute()
        cron._commit_progress(remaining=len(periods))
        for period in periods:
            self._compute_period(period)
            if not cron._commit_progress(1):
                return

    @api.model
    def _get_periods_to_compute(self):
        """Return the open months of this and last month; what a stopped run did just now is not done again."""
        today = fields.Date.context_today(self)
        days = (fields.Date.subtract(today.replace(day=1), days=1), today)
        companies = self.env["dealer.commission.rule"].search([]).company_id
        find = self.env["dealer.period"]._get
        periods = self.env["dealer.period"].union(*(find(firm, "month", day) for firm in companies for day in days))
        before = fields.Datetime.subtract(fields.Datetime.now(), hours=PAUSE)
        return periods.filtered(
            lambda period: (not period.is_closed and (not period.date_commission or period.date_commission < before))
        )

    @api.model
    def _compute_period(self, period):
        """Make the statements of an open month what the rules say; running it twice changes nothing.

        :param period: ``dealer.period``, a month, as superuser
        """
        # Two who calculate at once: the later is run again and finds the lines of the earlier
        self.env.cr.execute("UPDATE dealer_period SET write_date = write_date WHERE id = %s", [period.id])
        wanted = {**self._prepare_earned(period), **self._prepare_corrections(period)}
        statements = {statement.user_id: statement for statement in self.search([("period_id", "=", period.id)])}
        people = {user for user, _result, _rule in wanted} - statements.keys()
        made = self.create([{"period_id": period.id, "user_id": user.id} for user in people])
        statements.update({statement.user_id: statement for statement in made})
        self._write_lines(statements, wanted)
        period.date_commission = fields.Datetime.now()

    @api.model
    def _write_lines(self, statements, wanted):
        """Create, change and delete lines so that there are exactly the wanted ones.

        :param dict statements: {``res.users``: statement}
        :param dict wanted: {(user, result, rule): values}
        """
        lines = self.env["dealer.commission.line"].search(
            [("statement_id", "in", [statement.id for statement in statements.values()])]
        )
        known = {(line.user_id, line.result_id, line.rule_id): line for line in lines}
        self.env["dealer.commission.line"].union(*(line for key, line in known.items() if key not in wanted)).unlink()
        for key, vals in wanted.items():
            if key in known and any(known[key][name] != value for name, value in vals.items()):
                known[key].write(vals)
        lines.create(
            [
                {"statement_id": statements[user].id, "result_id": result.id, "rule_id": rule.id, **vals}
                for (user, result, rule), vals in wanted.items()
                if (user, result, rule) not in known
            ]
        )

    @api.model
    def _get_sales(self, company, start, end, until):
        """Return what counts between two days and has not come back until another.

        :return: ``dealer.sales.result``
        """
        sales = self.env["dealer.sales.result"].search_fetch(
            [("company_id", "=", company.id), ("units", ">", 0), ("date", ">=", start), ("date", "<=", end)]
        )
        return sales.filtered(lambda sale: not sale._is_back(until))

    @api.model
    def _prepare_earned(self, period):
        """Return the lines for the cars of a month itself.

        :return: {(``res.users``, ``dealer.sales.result``, ``dealer.commission.rule``): values}
        """
        company, start, end = period.company_id, period.date_start, period.date_end
        rules = self.env["dealer.commission.rule"]._get_rules(company, start, end)
        sales = self._get_sales(company, start, end, end)
        shares = {
            (sale, rule): sale.contract_id._get_sellers(rule.role)
            for rule in rules
            for sale in sales
            if rule._pays(sale)
        }
        units = {}
        for (_sale, rule), people in shares.items():
            for user, share in people.items():
                units[rule, user] = units.get((rule, user), 0) + commission.to_decimal(share) / 100
        rates = {
            (rule, user): commission.rate_per_unit(rule._get_tiers(), count) for (rule, user), count in units.items()
        }
        lines = {}
        for (sale, rule), people in shares.items():
            lines.update(self._prepare_shares(sale, rule, people, rates, "earned"))
        return lines

    @api.model
    def _prepare_shares(self, sale, rule, people, rates, kind):
        """Return the lines of one car by one rule, divided among its people.

        :param dict people: {``res.users``: percent}
        :param dict rates: {(rule, user): Decimal, what a whole car pays} for rules by the car
        """
        step = sale.currency_id.rounding
        common = {"kind": kind}
        if rule.basis == "units":
            parts = [
                commission.money(rates[rule, user] * commission.to_decimal(share) / 100, step)
                for user, share in people.items()
            ]
        else:
            basis, due = rule._get_gross_due(sale)
            common["basis_amount"] = float(basis)
            # Without a person in charge the shares of the others are all there is
            rest = 100 - sum(commission.to_decimal(share) for share in people.values())
            parts = commission.split(due, [*people.values(), rest], step)
        return {
            (user, sale, rule): {
                **common,
                "units": share / 100,
                "rate": float(rates[rule, user]) if rule.basis == "units" else 0.0,
                "amount": float(part),
            }
            for (user, share), part in zip(people.items(), parts, strict=False)
        }

    @api.model
    def _prepare_corrections(self, period):
        """Return the lines for cars of earlier months: came back, earned another gross, are shared otherwise.

        What is due by now less what earlier months paid; nothing where that is nothing.

        :return: as :meth:`_prepare_earned`
        """
        booked, rates = self._read_booked(period)
        due = {}
        for sale, rule in {(sale, rule): None for _user, sale, rule in booked}:
            if not sale._is_back(period.date_end):
                people = sale.contract_id._get_sellers(rule.role)
                # Who shares it only since then is paid by the tier of the one who sold it
                paid = {(rule, user): rates.get((user, sale, rule), rates.get((sale, rule), 0)) for user in people}
                due.update(self._prepare_shares(sale, rule, people, paid, "correction"))
        lines = {}
        for key in booked.keys() | due.keys():
            user, sale, rule = key
            step = sale.currency_id.rounding
            amount = commission.money(due.get(key, {}).get("amount", 0.0), step) - booked.get(key, 0)
            if amount and rule._is_charged_back(sale, sale.reversal_ids.date or period.date_start):
                kind = "correction" if key in due else "chargeback"
                lines[key] = {"kind": kind, "units": 0.0, "rate": 0.0, "amount": float(amount)}
        return lines

    @api.model
    def _read_booked(self, period):
        """Return what earlier months paid, and at which rate.

        :return: ({(user, sale, rule): Decimal}, {(user, sale, rule): Decimal, (sale, rule): Decimal})
        """
        rules = self.env["dealer.commission.rule"].with_context(active_test=False)
        rules = rules.search([("company_id", "=", period.company_id.id)])
        longest = max(rules.mapped("chargeback_months"), default=0)
        domain = [("period_id.company_id", "=", period.company_id.id), ("date_start", "<", period.date_start)]
        if all(rules.mapped("chargeback_months")):
            since = fields.Date.subtract(period.date_start, months=longest)
            domain = [*domain, "|", ("result_id.date", ">=", since), ("result_id.reversal_ids.date", ">=", since)]
        booked, rates = {}, {}
        for line in self.env["dealer.commission.line"].search(domain):
            key = line.user_id, line.result_id, line.rule_id
            step = line.currency_id.rounding
            booked[key] = booked.get(key, 0) + commission.money(line.amount, step)
            if line.kind == "earned":
                rate = commission.to_decimal(line.rate)
                rates[key] = rates[key[1:]] = rate
        return booked, rates
