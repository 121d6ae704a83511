from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_subdealer_days = fields.Integer(
        "Days at a Sub-dealer", default=30, help="Proposed for new sub-dealers: so long a car may stand there; 0 = any."
    )
    dealer_subdealer_cars = fields.Integer(
        "Cars at a Sub-dealer", default=5, help="Proposed for new sub-dealers: so many cars at most; 0 = any."
    )


class DealerSubdealer(models.Model):
    """A dealer without a contract with the maker who shows our cars on consignment (P11).

    The cars stay ours and at our site: they stand in a stock location of their own, named after the sub-dealer.
    """

    _name = "dealer.subdealer"
    _description = "Sub-dealer"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _rec_name = "partner_id"
    _order = "site_id, id"
    _check_company_auto = True

    partner_id = fields.Many2one("res.partner", "Sub-dealer", required=True, index=True, ondelete="restrict")
    site_id = fields.Many2one(
        "stock.warehouse",
        "Supplied by",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self._default_site_id(),
        domain="[('company_id', 'in', allowed_company_ids)]",
        help="Site whose stock the cars are.",
    )
    company_id = fields.Many2one(related="site_id.company_id", store=True, index=True)
    location_id = fields.Many2one(
        "stock.location", readonly=True, copy=False, ondelete="restrict", help="Where its cars are in our stock."
    )
    days_max = fields.Integer(
        "Days at most",
        default=lambda self: self.env.company.dealer_subdealer_days,
        tracking=True,
        help="So long a car may stand there before somebody is told; 0 = any.",
    )
    cars_max = fields.Integer(
        "Cars at most",
        default=lambda self: self.env.company.dealer_subdealer_cars,
        tracking=True,
        help="So many of our cars may stand there at once; 0 = any.",
    )
    active = fields.Boolean(default=True)
    vehicle_ids = fields.One2many("dealer.vehicle", "subdealer_id", "Cars", readonly=True)
    vehicle_count = fields.Integer("Cars There", compute="_compute_vehicle_count")
    overdue_count = fields.Integer("Overdue", compute="_compute_vehicle_count")
    days_longest = fields.Integer("Longest (Days)", compute="_compute_vehicle_count")

    _partner_uniq = models.UniqueIndex(
        "(company_id, partner_id) WHERE active", "This sub-dealer is on the list already."
    )
    _location_uniq = models.UniqueIndex(
        "(location_id) WHERE location_id IS NOT NULL", "This location belongs to another sub-dealer."
    )
    _limits_positive = models.Constraint(
        "CHECK (days_max >= 0 AND cars_max >= 0)", "Days and cars at most cannot be negative."
    )

    @api.model
    def _default_site_id(self):
        own = self.env.user.sudo().dealer_site_ids.filtered(lambda site: site.company_id == self.env.company)
        return own[:1] or self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)], limit=1)

    @api.depends("vehicle_ids.subdealer_since", "days_max")
    def _compute_vehicle_count(self):
        today = fields.Date.context_today(self)
        groups = self.env["dealer.vehicle"]._read_group(
            [("subdealer_id", "in", self.ids)], ["subdealer_id"], ["subdealer_since:array_agg"]
        )
        since = {subdealer.id: days for subdealer, days in groups}
        for subdealer in self:
            ages = [(today - day).days if day else 0 for day in since.get(subdealer._origin.id, [])]
            subdealer.vehicle_count = len(ages)
            subdealer.days_longest = max(ages, default=0)
            subdealer.overdue_count = sum(1 for days in ages if subdealer.days_max and days > subdealer.days_max)

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        vals_list = [{name: value for name, value in vals.items() if name != "location_id"} for vals in vals_list]
        subdealers = super().create(vals_list)
        for subdealer in subdealers.sudo():
            subdealer._create_location()
        return subdealers

    def write(self, vals):
        if "location_id" in vals and not self.env.su:
            raise UserError(self.env._("The location of a sub-dealer is made with it and stays."))
        if {"site_id", "partner_id", "active"} & vals.keys():
            self._check_empty()
        if "site_id" in vals:
            self._check_own_site(self.env["stock.warehouse"].browse(vals["site_id"]))
        result = super().write(vals)
        if {"site_id", "partner_id"} & vals.keys():
            self.sudo()._place_location()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for subdealer in self.sudo():
            if (
                self.env["stock.move"]
                .sudo()
                .search_count([("location_dest_id", "=", subdealer.location_id.id)], limit=1)
            ):
                raise UserError(
                    self.env._("%(partner)s had cars of ours: archive it instead.", partner=subdealer.partner_id.name)
                )

    def _get_cars_under_way(self, back=False):
        """Return cars a transfer takes to these sub-dealers now.

        :param bool back: those on the way back from them too; they may be turned round
        :return: ``dealer.vehicle``, as superuser
        """
        ends = Domain("transfer_id.subdealer_to_id", "in", self.ids)
        if back:
            ends |= Domain("transfer_id.subdealer_from_id", "in", self.ids)
        lines = self.env["dealer.vehicle.transfer.line"].sudo().search(Domain("state", "=", "sent") & ends)
        return lines.vehicle_id

    def _check_empty(self):
        """Refuse to move or close a place where cars stand, or that cars are on their way to or from.

        :raises UserError: names the sub-dealer, how many and what to do
        """
        for subdealer in self:
            coming = len(subdealer._get_cars_under_way(back=True))
            if subdealer.vehicle_count or coming:
                raise UserError(
                    self.env._(
                        "%(count)s cars stand at %(partner)s and %(coming)s are under way: bring them back first.",
                        count=subdealer.vehicle_count,
                        coming=coming,
                        partner=subdealer.partner_id.name,
                    )
                )

    def _check_own_site(self, site):
        """Refuse a site of another company: the location holds the stock of one.

        :param site: ``stock.warehouse``
        :raises UserError: names the sub-dealer and what to do
        """
        site.check_access("read")
        for subdealer in self.filtered(lambda subdealer: subdealer.company_id != site.company_id):
            raise UserError(
                self.env._(
                    "%(partner)s: %(site)s belongs to another company. Add the sub-dealer in that company.",
                    partner=subdealer.partner_id.name,
                    site=site.name,
                )
            )

    def _check_room(self, cars):
        """Refuse more cars than may stand here. Cars a transfer sent were counted when they left.

        :param cars: ``dealer.vehicle`` that go here
        :raises UserError: names the sub-dealer, its limit and what to do
        """
        self.ensure_one()
        if not self.cars_max:
            return
        self._lock()
        coming = self._get_cars_under_way()
        more = cars - coming
        if more and self.vehicle_count + len(coming) + len(more) > self.cars_max:
            raise UserError(
                self.env._(
                    "%(subdealer)s may have %(max)s cars and has %(count)s, %(coming)s more are under way. Send fewer, "
                    "or raise its limit.",
                    subdealer=self.display_name,
                    max=self.cars_max,
                    count=self.vehicle_count,
                    coming=len(coming),
                )
            )

    def _lock(self):
        """Wait for the row and write it: of two keepers who send at once the later one counts again."""
        self.flush_recordset()
        self.env.cr.execute(SQL("SELECT id FROM dealer_subdealer WHERE id = %s FOR UPDATE", self.id))
        self.env.cr.execute(SQL("UPDATE dealer_subdealer SET cars_max = cars_max WHERE id = %s", self.id))
        self.invalidate_recordset()

    def _create_location(self):
        values = {"usage": "internal", "company_id": self.site_id.company_id.id, "dealer_subdealer_id": self.id}
        self.location_id = self.env["stock.location"].create({**values, **self._prepare_location()})

    def _place_location(self):
        """Let the locations follow the site and the name."""
        for subdealer in self:
            subdealer.location_id.write(subdealer._prepare_location())

    def _prepare_location(self):
        # In the stock of the site, so that its orders can take the cars; the guards say for whom.
        return {"name": self.partner_id.name, "location_id": self.site_id.lot_stock_id.id}

    def action_open_cars(self):
        """Open the cars that stand at these sub-dealers."""
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_action_subdealer")
        action.update(domain=[("subdealer_id", "in", self.ids)], context={})
        return action

    def action_send_cars(self):
        """Open a new transfer to this sub-dealer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_transfer_action_new")
        action["context"] = {"default_subdealer_to_id": self.id, "default_site_from_id": self.site_id.id}
        return action

    # ------------------------------------------------------------------ overdue

    @api.model
    def _cron_alert_overdue(self):
        """Tell the stock keeper which sub-dealers keep cars too long, each once; called every night.

        An alert goes when its cause is gone.
        """
        subdealers = self.search([("days_max", ">", 0)])
        late = subdealers.filtered("overdue_count")
        alerts = self.env["mail.activity"].search([("dealer_alert_key", "=like", "subdealer/%")])
        keys = {subdealer._get_alert_key(): subdealer for subdealer in late}
        known = set(alerts.mapped("dealer_alert_key"))
        alerts.filtered(lambda alert: alert.dealer_alert_key not in keys).unlink()
        values = [subdealer._prepare_alert() for key, subdealer in keys.items() if key not in known]
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            [vals for vals in values if vals]
        )

    def _get_alert_key(self):
        return f"subdealer/{self.id}"

    def _prepare_alert(self):
        Vehicle = self.env["dealer.vehicle"]
        user = Vehicle._pick_alert_user(Vehicle._get_alert_users("group_stock_keeper", self.company_id), self.site_id)
        if not user:
            return None
        told = self.with_context(lang=user.lang or self.env.lang)
        return {
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
            "activity_type_id": self.env.ref("dealer_vehicle.mail_activity_type_subdealer").id,
            "user_id": user.id,
            "summary": told.env._(
                "%(partner)s: %(count)s overdue", partner=told.partner_id.name, count=told.overdue_count
            ),
            "note": Markup("<p>%s</p>")
            % told.env._(
                "The longest has stood there for %(days)s of at most %(max)s days. Bring the cars back or have them "
                "sold.",
                days=told.days_longest,
                max=told.days_max,
            ),
            "automated": True,
            "date_deadline": fields.Date.context_today(self),
            "dealer_alert_key": self._get_alert_key(),
        }


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        if "name" in vals:
            subdealers = self.env["dealer.subdealer"].sudo().with_context(active_test=False)
            subdealers.search([("partner_id", "in", self.ids)])._place_location()
        return result


class StockLocation(models.Model):
    _name = "stock.location"
    _inherit = ["stock.location", "dealer.system.link.mixin"]

    dealer_subdealer_id = fields.Many2one(
        "dealer.subdealer",
        "Sub-dealer",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="Our cars here stand at this sub-dealer.",
    )

    @api.model
    def _get_system_links(self):
        refusal = self.env._("The location of a sub-dealer is made with the sub-dealer, not typed.")
        return {**super()._get_system_links(), "dealer_subdealer_id": refusal}


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    subdealer_id = fields.Many2one(
        related="location_id.dealer_subdealer_id", string="At Sub-dealer", store=True, index="btree_not_null"
    )
    subdealer_since = fields.Date(
        "There since", readonly=True, copy=False, help="Day the sub-dealer took the car in; empty: not at one."
    )
    subdealer_days = fields.Integer(
        "Days There", compute="_compute_subdealer_days", aggregator=None, help="Days the car stands at the sub-dealer."
    )
    is_subdealer_overdue = fields.Boolean(
        "Overdue at Sub-dealer", compute="_compute_subdealer_days", search="_search_is_subdealer_overdue"
    )

    @api.depends("subdealer_since", "subdealer_id.days_max")
    def _compute_subdealer_days(self):
        today = fields.Date.context_today(self)
        for car in self:
            there = car.subdealer_id and car.subdealer_since
            car.subdealer_days = (today - car.subdealer_since).days if there else 0
            limit = car.subdealer_id.days_max
            car.is_subdealer_overdue = bool(limit) and car.subdealer_days > limit

    @api.model
    def _search_is_subdealer_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        limits = self.env["dealer.subdealer"].search([("days_max", ">", 0)])
        return Domain.OR(
            Domain("subdealer_id", "=", limit.id)
            & Domain("subdealer_since", "<", fields.Date.subtract(today, days=limit.days_max))
            for limit in limits
        )
