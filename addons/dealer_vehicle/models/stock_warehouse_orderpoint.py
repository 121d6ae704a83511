from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

BATCH = 100  # rules between two commits of the nightly job


class StockWarehouseOrderpoint(models.Model):
    _inherit = "stock.warehouse.orderpoint"

    dealer_checked_on = fields.Date("Checked on", readonly=True, copy=False, help="Day the nightly alert last looked.")

    @api.model
    def _get_vehicle_levels(self, products, companies):
        """Return the least and most cars each site wants to have.

        :param products: ``product.product`` of cars
        :param companies: ``res.company``
        :return: {(product id, site id): (minimum, maximum)} of sites that plan this product
        """
        # What a site wants is no secret inside its company; the rules themselves are the stock people's.
        rules = self.sudo().search([("product_id", "in", products.ids), ("company_id", "in", companies.ids)])
        return {
            (rule.product_id.id, rule.warehouse_id.id): (rule.product_min_qty, rule.product_max_qty) for rule in rules
        }

    # ------------------------------------------------------------------ alerts

    @api.model
    def _raise_shortage_alerts(self):
        """Tell the buyer about sites that have too few cars of a product, each once; called by the nightly job.

        Resumable: a rule looked at today is not looked at again.
        """
        today = fields.Date.context_today(self)
        unchecked = Domain("dealer_checked_on", "=", False) | Domain("dealer_checked_on", "<", today)
        domain = Domain("product_id.is_vehicle", "=", True) & Domain("trigger", "in", ("auto", "manual")) & unchecked
        while rules := self.search(domain, limit=BATCH, order="id"):
            short = rules.filtered(lambda rule: rule.qty_forecast < rule.product_min_qty)
            (rules - short)._close_shortage_alerts()
            short._create_shortage_alerts()
            rules.dealer_checked_on = today
            if not self.env["ir.cron"]._commit_progress(len(rules)):
                return

    def _get_alert_key(self):
        return f"short/{self.id}"

    def _get_alerts(self):
        keys = [rule._get_alert_key() for rule in self]
        return self.env["mail.activity"].with_context(active_test=False).search([("dealer_alert_key", "in", keys)])

    def _close_shortage_alerts(self):
        alerts = self._get_alerts()
        # One that a person dealt with is history; without its key the next shortage is told again.
        alerts.filtered(lambda alert: not alert.active).dealer_alert_key = False
        alerts.filtered("active").unlink()

    def _create_shortage_alerts(self):
        known = set(self._get_alerts().mapped("dealer_alert_key"))
        surplus = self._get_surplus_sites()
        values = []
        for rule in self.filtered(lambda rule: rule._get_alert_key() not in known):
            Vehicle = self.env["dealer.vehicle"]
            user = Vehicle._pick_alert_user(Vehicle._get_alert_users("group_buyer", rule.company_id), rule.warehouse_id)
            if user:
                values.append(rule._prepare_shortage_alert(user, surplus.get(rule)))
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(values)

    def _get_surplus_sites(self):
        """Return for each rule a site of the same company with cars to spare.

        A site spares what it has above its own maximum, or all it has when it plans none of this product.

        :return: {rule: (``stock.warehouse``, number of cars)}
        """
        products, companies = self.product_id, self.company_id
        levels = self._get_vehicle_levels(products, companies)
        free = self.env["dealer.vehicle"]._count_free_cars(products, companies, ("at_site",))
        sites = self.env["stock.warehouse"].sudo().search([("company_id", "in", companies.ids)])
        found = {}
        for rule in self:
            spare = [
                (
                    free.get((rule.product_id.id, site.id), 0) - levels.get((rule.product_id.id, site.id), (0, 0))[1],
                    site,
                )
                for site in sites
                if site.company_id == rule.company_id and site != rule.warehouse_id
            ]
            count, site = max(spare, key=lambda pair: pair[0], default=(0, sites.browse()))
            if count > 0:
                found[rule] = (site, int(count))
        return found

    def _prepare_shortage_alert(self, user, surplus):
        rule = self.with_context(lang=user.lang or self.env.lang)
        wanted = int(max(rule.product_max_qty, rule.product_min_qty) - rule.qty_forecast)
        if surplus:
            site, spare = surplus
            summary = rule.env._(
                "%(site)s: transfer %(count)s from %(from)s",
                **{"site": rule.warehouse_id.name, "count": min(wanted, spare), "from": site.name},
            )
        else:
            summary = rule.env._("%(site)s: order %(count)s", site=rule.warehouse_id.name, count=wanted)
        note = Markup("<p>%s</p>") % rule.env._(
            "%(site)s expects %(forecast)s of %(product)s and wants at least %(minimum)s.",
            site=rule.warehouse_id.name,
            forecast=int(rule.qty_forecast),
            product=rule.product_id.display_name,
            minimum=int(rule.product_min_qty),
        )
        return {
            "res_model_id": self.env["ir.model"]._get_id("product.product"),
            "res_id": rule.product_id.id,
            "activity_type_id": self.env.ref("dealer_vehicle.mail_activity_type_shortage").id,
            "user_id": user.id,
            "summary": summary,
            "note": note,
            "automated": True,
            "date_deadline": fields.Date.context_today(self),
            "dealer_alert_key": rule._get_alert_key(),
        }
