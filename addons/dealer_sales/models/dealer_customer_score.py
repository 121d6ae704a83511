from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import customer_score

BATCH = 500  # customers between two commits of the nightly job

# Customers of handed-over contracts whose facts are newer than their score, or whose recency fell since
STALE_SQL = """
    SELECT c.company_id, c.partner_id
      FROM dealer_contract c
      JOIN dealer_delivery d ON d.contract_id = c.id AND d.state = 'done'
      JOIN res_company company ON company.id = c.company_id
      JOIN res_partner house ON house.id = company.partner_id
      LEFT JOIN dealer_customer_score s ON s.company_id = c.company_id AND s.partner_id = c.partner_id
     GROUP BY c.company_id, c.partner_id
    HAVING max(s.date_scored) IS NULL
        OR max(GREATEST(c.write_date, d.write_date)) > max(s.date_scored)
        OR max(s.date_next) <= max((%s AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(house.tz, 'UTC'))::date)
     ORDER BY c.company_id, c.partner_id
     LIMIT %s
"""
# What a customer bought: invoices of a contract where there are any, else what was signed. The day is that of the site
FACTS_SQL = """
    SELECT c.company_id, c.partner_id, count(*),
           max((d.date_done AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(address.tz, house.tz, 'UTC'))::date),
           sum(COALESCE(i.amount, c.amount_total / COALESCE(NULLIF(o.currency_rate, 0), 1)))
      FROM dealer_contract c
      JOIN sale_order o ON o.id = c.sale_order_id
      JOIN res_company company ON company.id = c.company_id
      JOIN res_partner house ON house.id = company.partner_id
      LEFT JOIN stock_warehouse site ON site.id = c.site_id
      LEFT JOIN res_partner address ON address.id = site.partner_id
      JOIN (SELECT contract_id, max(date_done) AS date_done FROM dealer_delivery
             WHERE state = 'done' GROUP BY contract_id) d ON d.contract_id = c.id
      LEFT JOIN (SELECT dealer_contract_id, sum(amount_total_signed) AS amount FROM account_move
                  WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_refund')
                    AND dealer_contract_id IS NOT NULL GROUP BY dealer_contract_id) i ON i.dealer_contract_id = c.id
     WHERE c.state = 'signed' AND (c.company_id, c.partner_id) IN %s
     GROUP BY c.company_id, c.partner_id
"""


class DealerCustomerScore(models.Model):
    """How recently, how often and for how much a customer bought at a company; scored at night, never typed."""

    _name = "dealer.customer.score"
    _description = "Score of a Customer"
    _inherit = ["dealer.system.record.mixin"]
    _order = "score desc, value desc, id"
    _rec_name = "partner_id"
    _rec_names_search = ["partner_id.name", "partner_id.phone"]

    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="company_id.currency_id")
    phone = fields.Char(related="partner_id.phone")
    date_last = fields.Date("Last car on", readonly=True)
    frequency = fields.Integer("Cars bought", readonly=True, aggregator="sum")
    value = fields.Monetary("Money spent", readonly=True, help="Invoiced, else signed; tax included.")
    recency_score = fields.Integer("Recency", readonly=True, aggregator="avg")
    frequency_score = fields.Integer("Frequency", readonly=True, aggregator="avg")
    value_score = fields.Integer("Value", readonly=True, aggregator="avg")
    score = fields.Integer("Sum of scores", readonly=True, aggregator="avg", index=True)
    class_id = fields.Many2one("dealer.customer.class", "Class", readonly=True, index=True, ondelete="set null")
    date_scored = fields.Datetime(readonly=True, help="UTC.")
    date_next = fields.Date(
        "Falls on", readonly=True, index="btree_not_null", help="Day the score of recency falls when nothing is bought."
    )

    _customer_uniq = models.UniqueIndex("(partner_id, company_id)", "A customer has one score in a company.")

    @api.model
    def _get_typed_refusal(self):
        return self.env._("Scores follow from what a customer bought. Change the limits instead.")

    @api.model
    def _forget_all(self):
        """Let the next night score everybody anew."""
        self.flush_model(["date_scored"])
        self.env.cr.execute("UPDATE dealer_customer_score SET date_scored = NULL WHERE date_scored IS NOT NULL")
        self.invalidate_model(["date_scored"])

    # === At night ===
    @api.model
    def _cron_score(self):
        """Score customers whose facts changed since, or whose last purchase is a limit older.

        Resumable: each run takes up those that are not scored. A fixed number of queries for each batch.
        """
        while pairs := self._find_stale(BATCH):
            self._score(pairs)
            if not self.env["ir.cron"]._commit_progress(len(pairs)) or len(pairs) < BATCH:
                return

    @api.model
    def _score_all_stale(self):
        """Score everybody who is to be scored, now and in this transaction."""
        while pairs := self._find_stale(BATCH):
            self._score(pairs)

    @api.model
    def _find_stale(self, limit):
        """Return (company id, partner id) of those to score.

        :param int limit: most to return
        """
        for model in ("dealer.contract", "dealer.delivery", self._name):
            self.env[model].flush_model()
        return self.env.execute_query(SQL(STALE_SQL, fields.Datetime.now(), limit))

    @api.model
    def _score(self, pairs):
        """Write the scores of these customers.

        :param list pairs: (company id, partner id)
        """
        facts = {tuple(row[:2]): row[2:] for row in self.env.execute_query(SQL(FACTS_SQL, tuple(pairs)))}
        domain = [("company_id", "in", [c for c, _p in pairs]), ("partner_id", "in", [p for _c, p in pairs])]
        known = {(score.company_id.id, score.partner_id.id): score for score in self.search(domain)}
        classes, houses, new = self.env["dealer.customer.class"].sudo().search([]), {}, []
        for pair in map(tuple, pairs):
            if pair[0] not in houses:
                company = self.env["res.company"].browse(pair[0])
                today = company._get_day()
                houses[pair[0]] = self.env["dealer.customer.threshold"]._get_limits(company), today
            vals = self._prepare_score(facts.get(pair), *houses[pair[0]], classes)
            if pair in known:
                known[pair].write(vals)
            else:
                new.append({"company_id": pair[0], "partner_id": pair[1], **vals})
        self.create(new)

    @api.model
    def _prepare_score(self, facts, limits, today, classes):
        """Return the values of one score.

        :param facts: (count, date of the last, amount), or None: everything was cancelled since
        :param dict limits: of ``dealer.customer.threshold._get_limits``
        :param date today: by the clock of the company
        :param classes: ``dealer.customer.class``, in their order
        """
        count, last, amount = facts or (0, False, 0.0)
        recency = limits.get("recency", {})
        scores = {
            "recency_score": customer_score.score_at_most((today - last).days, recency) if last else 1,
            "frequency_score": customer_score.score_at_least(count, limits.get("frequency", {})),
            "value_score": customer_score.score_at_least(float(amount), limits.get("value", {})),
        }
        return {
            **scores,
            "score": sum(scores.values()),
            "class_id": classes._choose(*scores.values()).id if count else False,
            "frequency": count,
            "value": float(amount),
            "date_last": last,
            "date_scored": fields.Datetime.now(),
            "date_next": (last and customer_score.next_drop(last, today, recency)) or False,
        }

    def action_open_customer(self):
        """Open the customer's page."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "views": [(False, "form")],
        }
