from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import ageing
from .cost_rights import COST_GROUP

# Cars under way between two of our sites age and cost money as well; those the maker ships have no age yet.
STOCK_PLACES = ("at_site", "in_transit")
IN_ONE_CURRENCY = {"stock_value:sum_currency", "holding_cost_day:sum_currency", "holding_cost:sum_currency"}


class DealerVehicle(models.Model):
    """How old a car in stock is, in which bucket, and what holding it costs.

    None of it is stored: it changes every midnight for every car. Each is said twice, for the screen in Python and for
    searching, grouping and summing in SQL, both from the same dates and policy rows.
    """

    _inherit = "dealer.vehicle"

    days_in_stock = fields.Integer(aggregator="avg")
    age_bucket_id = fields.Many2one(
        "dealer.vehicle.age.bucket",
        "Age",
        compute="_compute_age_bucket_id",
        search="_search_age_bucket_id",
        help="Age of a car in stock, counted from the first day one of our companies had it.",
    )
    stock_value = fields.Monetary(
        compute="_compute_holding_cost",
        groups=COST_GROUP,
        aggregator="sum",
        help="What the car cost us while it is in our stock; 0 when it is not, or belongs to a third party.",
    )
    holding_cost_day = fields.Monetary(
        "Holding Cost per Day",
        compute="_compute_holding_cost",
        groups=COST_GROUP,
        aggregator="sum",
        help="What another day in stock costs: exact cost × yearly rate / 365.",
    )
    holding_cost = fields.Monetary(
        "Holding Cost so far",
        compute="_compute_holding_cost",
        groups=COST_GROUP,
        aggregator="sum",
        help="What holding the car cost since the first day, at the rate of each day.",
    )

    # ------------------------------------------------------------------ computes

    @api.depends("place", "age_date", "company_id")
    def _compute_age_bucket_id(self):
        policies = self.env["dealer.vehicle.age.bucket"]._get_policies()
        today = fields.Date.context_today(self)
        for vehicle in self:
            steps = self._get_policy(policies, vehicle.company_id.id)
            vehicle.age_bucket_id = (
                ageing.pick(steps, (today - vehicle.age_date).days) if vehicle._is_in_stock() else False
            )

    @api.depends("place", "age_date", "title", "cost")
    def _compute_holding_cost(self):
        policies = self.env["dealer.vehicle.holding.rate"]._get_policies()
        today = fields.Date.context_today(self)
        for vehicle in self:
            value = vehicle.cost if vehicle._is_in_stock() and vehicle.title != "third" else 0.0
            rates = self._get_policy(policies, vehicle.company_id.id)
            vehicle.stock_value = value
            vehicle.holding_cost_day = ageing.cost_per_day(value, ageing.rate_on(rates, today))
            spent = ageing.percent_days(ageing.rate_periods(rates, today), vehicle.age_date) if value else 0.0
            vehicle.holding_cost = ageing.cost_per_day(value, spent)

    def _is_in_stock(self):
        """Tell whether the car stands at one of our sites or is under way between two of them."""
        self.ensure_one()
        return bool(self.age_date) and self.place in STOCK_PLACES

    @api.model
    def _get_stock_domain(self):
        """Return the domain of cars that are in our stock, between two sites included."""
        return Domain("place", "in", STOCK_PLACES) & Domain("age_date", "!=", False)

    @api.model
    def _get_policy(self, policies, company_id):
        """Return the policy of a company: its own rows, or those for all companies.

        :param dict policies: {company id or False: rows}
        """
        return policies.get(company_id) or policies.get(False, ())

    @api.model
    def _search_age_bucket_id(self, operator, value):
        """Turn an age into dates of arrival.

        :param str operator: ``in`` with ids of buckets; ``False`` among them means not in stock or younger than all
        """
        if operator != "in" or any(isinstance(item, str) for item in value):
            return NotImplemented
        spans = self._get_age_spans()
        found = Domain.OR([span for bucket_id, span in spans if bucket_id in value])
        if False in value or None in value:
            found |= ~Domain.OR([span for _bucket_id, span in spans])
        return found

    @api.model
    def _get_age_spans(self):
        """Return which cars are in which bucket.

        :return: list of (bucket id, Domain)
        """
        policies = self.env["dealer.vehicle.age.bucket"]._get_policies()
        today = fields.Date.context_today(self)
        own = [company_id for company_id in policies if company_id]
        spans = []
        for company_id, steps in policies.items():
            company = Domain("company_id", "=", company_id) if company_id else Domain("company_id", "not in", own)
            ends = [days for days, _id in steps[1:]] + [None]
            for (days, bucket_id), end in zip(steps, ends, strict=True):
                span = Domain("age_date", "<=", ageing.first_day_of(days, today))
                if end is not None:
                    span &= Domain("age_date", ">", ageing.first_day_of(end, today))
                spans.append((bucket_id, self._get_stock_domain() & company & span))
        return spans

    # ------------------------------------------------------------------ the same in SQL

    def _field_to_sql(self, alias, field_expr, query=None):
        builders = {
            "days_in_stock": self._days_to_sql,
            "age_bucket_id": self._bucket_to_sql,
            "stock_value": self._stock_value_to_sql,
            "holding_cost_day": self._holding_cost_day_to_sql,
            "holding_cost": self._holding_cost_to_sql,
        }
        if field_expr not in builders or query is None:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        return builders[field_expr](alias, query)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        if field_name != "age_bucket_id":
            return super()._order_field_to_sql(alias, field_name, direction, nulls, query)
        # By age, not by the identifiers of the policy rows.
        days = self._bucket_to_sql(alias, query, column=0)
        query._order_groupby.append(days)
        return SQL("%s %s %s", days, direction, nulls)

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec not in IN_ONE_CURRENCY:
            return super()._read_group_select(aggregate_spec, query)
        value = self._field_to_sql(self._table, aggregate_spec.partition(":")[0], query)
        return SQL("SUM(%s * %s)", value, self._to_own_currency_sql(query))

    def _to_own_currency_sql(self, query):
        """Return the SQL of what one unit of a car's currency is worth today in that of the user's company.

        Core's ``sum_currency`` takes the currency whose rate is 1 for the company's own.
        """
        own = self.env.company.currency_id
        currencies = self.env["res.company"].sudo().search([]).currency_id
        rates = currencies._get_rates(self.env.company, fields.Date.context_today(self))
        whens = [SQL("WHEN %s THEN %s::numeric", key, rates[own.id] / rate) for key, rate in rates.items()]
        company = query.left_join(self._table, "company_id", "res_company", "id", "ageing_company")
        return SQL("CASE %s %s END", SQL.identifier(company, "currency_id"), SQL(" ").join(whens))

    def _in_stock_to_sql(self, alias, query):
        return SQL(
            "(%s IN %s AND %s IS NOT NULL)",
            self._field_to_sql(alias, "place", query),
            STOCK_PLACES,
            self._field_to_sql(alias, "age_date", query),
        )

    def _days_to_sql(self, alias, query):
        # Nothing for a car that is not in stock, so that an average counts stock alone.
        return SQL(
            "CASE WHEN %s THEN %s::date - %s END",
            self._in_stock_to_sql(alias, query),
            fields.Date.context_today(self),
            self._field_to_sql(alias, "age_date", query),
        )

    def _bucket_to_sql(self, alias, query, column=1):
        """Return the SQL of the bucket's id, or of its first day.

        :param int column: of the policy row: 0 = first day, 1 = id
        """
        policies = self.env["dealer.vehicle.age.bucket"]._get_policies()
        today = fields.Date.context_today(self)
        age_date = self._field_to_sql(alias, "age_date", query)

        def of_company(steps):
            whens = [
                SQL("WHEN %s <= %s::date THEN %s", age_date, ageing.first_day_of(step[0], today), step[column])
                for step in reversed(steps)
            ]
            return SQL("CASE %s END", SQL(" ").join(whens)) if whens else SQL("NULL::integer")

        by_company = self._by_company_to_sql(alias, query, policies, of_company)
        return SQL("CASE WHEN %s THEN %s END", self._in_stock_to_sql(alias, query), by_company)

    def _by_company_to_sql(self, alias, query, policies, build):
        """Return the SQL that takes each company's own policy, or the common one.

        :param dict policies: {company id or False: rows}
        :param build: callable(rows) -> SQL
        """
        own = [SQL("WHEN %s THEN %s", company_id, build(rows)) for company_id, rows in policies.items() if company_id]
        common = build(policies.get(False, ()))
        if not own:
            return common
        company = self._field_to_sql(alias, "company_id", query)
        return SQL("CASE %s %s ELSE %s END", company, SQL(" ").join(own), common)

    def _stock_value_to_sql(self, alias, query):
        # The serial number's cost is kept by `stock_valuation.py`: it is this very car's, in its company's currency.
        _vin, _field, vin_alias = self.sudo()._traverse_related_sql(alias, self._fields["lot_id"], query)
        lot_alias = query.left_join(vin_alias, "lot_id", "stock_lot", "id", "lot_id")
        return SQL(
            "CASE WHEN %s AND %s != 'third' THEN COALESCE((%s ->> %s::text)::numeric, 0) ELSE 0 END",
            self._in_stock_to_sql(alias, query),
            self._field_to_sql(alias, "title", query),
            SQL.identifier(lot_alias, "standard_price", to_flush=self.env["stock.lot"]._fields["standard_price"]),
            self._field_to_sql(alias, "company_id", query),
        )

    def _holding_cost_day_to_sql(self, alias, query):
        today = fields.Date.context_today(self)
        rate = self._by_company_to_sql(
            alias,
            query,
            self.env["dealer.vehicle.holding.rate"]._get_policies(),
            lambda rates: SQL("%s::numeric", ageing.rate_on(rates, today)),
        )
        return self._cost_to_sql(alias, query, rate)

    def _holding_cost_to_sql(self, alias, query):
        today = fields.Date.context_today(self)
        age_date = self._field_to_sql(alias, "age_date", query)

        def of_company(rates):
            spans = [
                SQL("%s::numeric * GREATEST(%s::date - GREATEST(%s, %s::date), 0)", percent, end, age_date, start)
                for start, end, percent in ageing.rate_periods(rates, today)
            ]
            return SQL("(%s)", SQL(" + ").join(spans)) if spans else SQL("0")

        policies = self.env["dealer.vehicle.holding.rate"]._get_policies()
        spent = self._by_company_to_sql(alias, query, policies, of_company)
        return self._cost_to_sql(alias, query, spent)

    def _cost_to_sql(self, alias, query, percent):
        """Return the SQL of value × percent a year / 365, rounded per car so that sums are those of the screen.

        :param SQL percent: a year's percent, or the sum of it over days
        """
        company = query.left_join(alias, "company_id", "res_company", "id", "ageing_company")
        currency = query.left_join(company, "currency_id", "res_currency", "id", "ageing_currency")
        return SQL(
            "ROUND(%s * (%s) / %s, %s)",
            self._stock_value_to_sql(alias, query),
            percent,
            100 * ageing.DAYS_PER_YEAR,
            SQL.identifier(currency, "decimal_places"),
        )
