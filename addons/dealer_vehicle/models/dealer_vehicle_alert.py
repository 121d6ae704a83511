from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .cost_rights import COST_GROUP

BATCH = 200  # cars between two commits of the nightly job


class DealerVehicle(models.Model):
    """Alerts about old cars: an activity for whoever plans prices, with a proposal, once per car and age."""

    _inherit = "dealer.vehicle"

    @api.model
    def _cron_alert_stock(self):
        """Raise alerts about old cars and shortages, and close those whose cause is gone; called every night.

        Resumable: each run takes up what has no alert yet.
        """
        self._close_stale_age_alerts()
        self.env["ir.cron"]._commit_progress(remaining=len(self._search_unalerted()))
        while cars := self.browse(self._search_unalerted(BATCH).get_result_ids()):
            cars._raise_age_alerts()
            if not self.env["ir.cron"]._commit_progress(len(cars)):
                return
        self.env["stock.warehouse.orderpoint"]._raise_shortage_alerts()

    @api.model
    def _get_alert_domain(self):
        """Return which cars are worth an alert: free, in stock, of an age the policy wants to hear about."""
        buckets = self.env["dealer.vehicle.age.bucket"].sudo().search([("is_alert", "=", True)])
        companies = self.env["res.company"].sudo().search([])
        answering = companies.filtered(lambda company: self._get_alert_users("group_vehicle_pricing", company))
        return (
            self._get_stock_domain()
            & Domain("claim", "=", "free")
            & Domain("age_bucket_id", "in", buckets.ids)
            & Domain("company_id", "in", answering.ids)
        )

    @api.model
    def _search_unalerted(self, limit=None):
        """Return the query of cars without the alert of their age, oldest first."""
        query = self._search(self._get_alert_domain(), order="age_date, id" if limit else None, limit=limit)
        query.add_where(
            SQL(
                "NOT EXISTS (SELECT 1 FROM mail_activity WHERE dealer_alert_key = %s)",
                self._alert_key_to_sql(query),
            )
        )
        self.env["mail.activity"].flush_model(["dealer_alert_key"])
        return query

    def _alert_key_to_sql(self, query):
        # A car that comes back from a customer begins a new life in stock: the day it came is part of the key.
        return SQL(
            "concat('age/', %s, '/', to_char(%s, 'YYYY-MM-DD'), '/', %s)",
            SQL.identifier(self._table, "id"),
            self._field_to_sql(self._table, "age_date", query),
            self._bucket_to_sql(self._table, query, column=0),
        )

    def _get_alert_key(self):
        return f"age/{self.id}/{self.age_date}/{self.age_bucket_id.days_from}"

    def _raise_age_alerts(self):
        """Write one activity per car to the person who plans mark-downs at its site."""
        activity_type = self.env.ref("dealer_vehicle.mail_activity_type_old_car")
        values = []
        for company, cars in self.grouped("company_id").items():
            users = self._get_alert_users("group_vehicle_pricing", company)
            for car in cars:
                user = self._pick_alert_user(users, car.site_id)
                values.append(car._prepare_age_alert(activity_type, user))
        # One mail a car would bury the person; the list of activities is his worklist.
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(values)

    def _prepare_age_alert(self, activity_type, user):
        car = self.with_context(lang=user.lang or self.env.lang)
        proposal = car.proposal or car.env._("Decide what to do")
        text = car.env._(
            "In stock for %(days)s days. Proposed: %(proposal)s.", days=car.days_in_stock, proposal=proposal
        )
        if user.has_group(COST_GROUP):
            text += " " + car.env._(
                "Another day costs %(cost)s; so far it was %(sum)s.",
                cost=car.currency_id.format(car.holding_cost_day),
                sum=car.currency_id.format(car.holding_cost),
            )
        return {
            "res_model_id": self.env["ir.model"]._get_id("dealer.vehicle"),
            "res_id": self.id,
            "activity_type_id": activity_type.id,
            "user_id": user.id,
            "summary": proposal,
            "note": Markup("<p>%s</p>") % text,
            "automated": True,
            "date_deadline": fields.Date.context_today(self),
            "dealer_alert_key": self._get_alert_key(),
        }

    @api.model
    def _close_stale_age_alerts(self):
        """Drop open alerts of cars that are sold, held, gone, or have reached the next age."""
        self.env.flush_all()
        query = self._search(self._get_alert_domain())
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM mail_activity
                 WHERE active AND dealer_alert_key LIKE 'age/%%' AND dealer_alert_key NOT IN %s
                """,
                query.subselect(self._alert_key_to_sql(query)),
            )
        )
        self.env["mail.activity"].browse(row[0] for row in rows).unlink()

    # ------------------------------------------------------------------ who gets them

    @api.model
    def _get_alert_users(self, group, company):
        """Return the people of a role of this add-on in a company.

        :param str group: name of a group of this add-on
        :param company: ``res.company``
        :return: ``res.users``; who only administers the database comes last
        """
        return self._get_role_users(f"dealer_vehicle.{group}", company)

    @api.model
    def _get_role_users(self, group, company):
        """Return the people of a role in a company.

        :param str group: xmlid of the role's group
        :param company: ``res.company``
        :return: ``res.users``; who only administers the database comes last
        """
        # Narrow sudo: who has a role, whoever asks.
        users = self.env.ref(group).sudo().all_user_ids
        users = users.filtered(lambda user: user.active and not user.share and company in user.company_ids)
        return users.sorted(
            lambda user: (user.has_group("base.group_system"), user.has_group("dealer_vehicle.group_auditor"), user.id)
        )

    @api.model
    def _pick_alert_user(self, users, site):
        """Return the person of a role who answers for a site: one of that site before one of all sites.

        :param users: ``res.users`` in the order of preference
        :param site: ``stock.warehouse``
        """
        own = users.filtered(lambda user: site and site in user.dealer_site_ids)
        general = users.filtered(lambda user: not user.dealer_site_ids)
        return (own or general or users)[:1]
