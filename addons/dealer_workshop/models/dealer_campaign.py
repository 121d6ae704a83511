from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.dealer_vehicle.tools import vin as vin_tools

from .dealer_claim import CLERK

BATCH = 2000  # cars looked at, and committed, together


class DealerCampaign(models.Model):
    """A recall or service campaign of a maker: which cars, what is done, how far we are.

    The cars come from the maker's list, from ranges of VINs, or from series and shipping dates. Each known car gets a
    task; a VIN nobody knows yet waits until the car appears.
    """

    _name = "dealer.campaign"
    _description = "Recall or Service Campaign"
    _inherit = ["dealer.protected.mixin", "mail.thread"]
    _order = "date_from desc, id desc"
    _rec_names_search = ["code", "name"]
    _check_company_auto = True

    _protected_fields = frozenset({"state", "last_vehicle_id"})

    code = fields.Char("Maker's Number", required=True, copy=False, index="trigram")
    name = fields.Char("What Is Done", required=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    brand_id = fields.Many2one("fleet.vehicle.model.brand", required=True, ondelete="restrict")
    kind = fields.Selection(
        [("recall", "Recall"), ("service", "Service Campaign")], required=True, default="recall", tracking=True
    )
    has_stop_sale = fields.Boolean(
        "Stop-sale",
        tracking=True,
        help="Cars of this campaign are neither invoiced nor handed over nor lent until the work is done.",
    )
    description = fields.Text()
    operation_id = fields.Many2one("dealer.operation", check_company=True, ondelete="restrict")
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    date_due = fields.Date("To Be Done by")
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("closed", "Closed")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )

    # Which cars, besides those of a list
    range_ids = fields.One2many("dealer.campaign.range", "campaign_id", "VIN Ranges", copy=True)
    series_ids = fields.Many2many("fleet.vehicle.model", string="Series", domain="[('brand_id', '=', brand_id)]")
    shipped_from = fields.Date()
    shipped_to = fields.Date()
    last_vehicle_id = fields.Integer(readonly=True, copy=False, help="Cars up to this one were looked at.")

    car_ids = fields.One2many("dealer.campaign.car", "campaign_id", "Cars", copy=False)
    car_count = fields.Integer("All Cars", compute="_compute_counts")
    waiting_count = fields.Integer("Not Known to Us", compute="_compute_counts")
    doubtful_count = fields.Integer("Doubtful VINs", compute="_compute_doubtful_count")
    open_count = fields.Integer("Open", compute="_compute_counts")
    done_count = fields.Integer("Done", compute="_compute_counts")
    completion = fields.Float("Completion %", compute="_compute_counts", help="Done, of the cars we know.")

    _code_uniq = models.UniqueIndex("(company_id, code)", "There is a campaign of this number already.")
    _shipped_ordered = models.Constraint(
        "CHECK (shipped_from IS NULL OR shipped_to IS NULL OR shipped_from <= shipped_to)",
        "The last shipping day cannot be before the first.",
    )

    @api.depends("code", "name")
    def _compute_display_name(self):
        for campaign in self:
            campaign.display_name = " ".join(filter(None, [campaign.code, campaign.name]))

    @api.depends("car_ids.state")
    def _compute_counts(self):
        counts = {}
        rows = self.env["dealer.campaign.car"]._read_group(
            [("campaign_id", "in", self.ids)], ["campaign_id", "state"], ["__count"]
        )
        for campaign, state, count in rows:
            counts.setdefault(campaign.id, {})[state] = count
        for campaign in self:
            by_state = counts.get(campaign.id, {})
            campaign.car_count = sum(by_state.values())
            campaign.waiting_count = by_state.get("waiting", 0)
            campaign.open_count = by_state.get("open", 0)
            campaign.done_count = by_state.get("done", 0)
            known = campaign.open_count + campaign.done_count
            campaign.completion = 100.0 * campaign.done_count / known if known else 0.0

    @api.depends("car_ids.is_vin_doubtful")
    def _compute_doubtful_count(self):
        domain = [("campaign_id", "in", self.ids), ("is_vin_doubtful", "=", True)]
        counts = dict(self.env["dealer.campaign.car"]._read_group(domain, ["campaign_id"], ["__count"]))
        for campaign in self:
            campaign.doubtful_count = counts.get(campaign, 0)

    # --- actions ------------------------------------------------------------------------

    def action_start(self):
        """Start campaigns: every car concerned that we know gets its task, a batch now, the rest in the background."""
        self._check_clerk()
        self._check_state("draft")
        # Narrow sudo: the administrator is checked; the state is protected, tasks and stop-sales are the system's.
        self.sudo().write({"state": "running"})
        for campaign in self.sudo():
            campaign._work_step()
        if any(campaign._has_work() for campaign in self.sudo()):
            self.env.ref("dealer_workshop.ir_cron_dealer_campaign").sudo()._trigger()
        return True

    def action_close(self):
        """Close campaigns: the maker ended them, open tasks are cancelled and stop-sales lifted."""
        self._check_clerk()
        self._check_state("running")
        # Narrow sudo: see action_start().
        campaigns = self.sudo()
        campaigns.write({"state": "closed"})
        tasks = campaigns.car_ids.filtered(lambda row: row.state == "open").task_id
        tasks.filtered(lambda task: task.state == "open").action_cancel()
        return True

    def action_view_cars(self):
        """Open the cars of this campaign."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_workshop.dealer_campaign_car_action")
        return {**action, "domain": [("campaign_id", "=", self.id)], "context": {}}

    def action_view_doubtful(self):
        """Open the VINs of this campaign whose check digit is wrong."""
        action = self.action_view_cars()
        return {**action, "domain": [*action["domain"], ("is_vin_doubtful", "=", True)]}

    def action_import(self):
        """Open the import of a maker's list."""
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_workshop.dealer_import_action_campaign_car")
        return {**action, "views": [(False, "form")]}

    def _check_clerk(self):
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group(CLERK):
            # Narrow sudo: a role may be named to people who may not read groups.
            raise AccessError(self.env._("This step is done by: %(roles)s.", roles=self.env.ref(CLERK).sudo().name))

    def _check_state(self, state):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for campaign in self.filtered(lambda campaign: campaign.state != state):
            raise UserError(
                self.env._(
                    "%(campaign)s is “%(state)s”: this step is not possible now.",
                    campaign=campaign.display_name,
                    state=labels[campaign.state],
                )
            )

    # --- business: which cars --------------------------------------------------------------

    def _has_criteria(self):
        self.ensure_one()
        return bool(self.range_ids or self.series_ids or self.shipped_from or self.shipped_to)

    def _get_criteria_domain(self):
        """Return the domain of the company's cars that ranges, series and dates mean."""
        self.ensure_one()
        domain = Domain("company_id", "=", self.company_id.id) & Domain("brand_id", "=", self.brand_id.id)
        if self.series_ids:
            domain &= Domain("series_id", "in", self.series_ids.ids)
        if self.shipped_from:
            domain &= Domain("shipped_date", ">=", self.shipped_from)
        if self.shipped_to:
            domain &= Domain("shipped_date", "<=", self.shipped_to)
        if self.range_ids:
            domain &= Domain.OR(
                Domain("vin_id.vin", ">=", one.vin_from) & Domain("vin_id.vin", "<=", one.vin_to)
                for one in self.range_ids
            )
        return domain & Domain("vin_id.vin", "!=", False)

    def _get_unseen(self, limit=BATCH):
        """Return cars the criteria mean that were not looked at yet, the oldest first."""
        self.ensure_one()
        cars = self.env["dealer.vehicle"]
        if self.state != "running" or not self._has_criteria():
            return cars
        domain = self._get_criteria_domain() & Domain("id", ">", self.last_vehicle_id)
        return cars.search(domain, order="id", limit=limit)

    def _get_without_task(self, limit=BATCH):
        self.ensure_one()
        domain = [("campaign_id", "=", self.id), ("vehicle_id", "!=", False), ("task_id", "=", False)]
        return self.env["dealer.campaign.car"].search(domain, limit=limit)

    def _has_work(self):
        return bool(self._get_without_task(1) or self._get_unseen(1))

    def _work_step(self):
        """Deal with one batch of cars.

        :return: int, cars dealt with
        """
        self.ensure_one()
        rows = self._get_without_task()
        if rows:
            rows._open_tasks()
            return len(rows)
        cars = self._get_unseen()
        if cars:
            self._add_cars({car.vin: car for car in cars})
            self.last_vehicle_id = cars[-1].id
        return len(cars)

    @api.model
    def _cron_work(self):
        """Give the cars of running campaigns their tasks, a batch per transaction; goes on where it was stopped."""
        for campaign in self.search([("state", "=", "running")], order="id"):
            while count := campaign._work_step():
                if not self.env["ir.cron"]._commit_progress(count):
                    return

    def _add_vins(self, vins):
        """Add VINs of a maker's list; those of cars we know get their task when the campaign runs.

        :param vins: iterable of normalised str
        :return: int, VINs that were not there yet
        """
        self.ensure_one()
        cars = (
            self.env["dealer.vehicle"]
            .sudo()
            .search([("vin_id.vin", "in", list(vins)), ("company_id", "=", self.company_id.id)])
        )
        known = {car.vin: car for car in cars}
        return self._add_cars({vin: known.get(vin, self.env["dealer.vehicle"]) for vin in vins})

    def _add_cars(self, cars):
        """Add cars by VIN, each once.

        :param dict cars: {normalised VIN: ``dealer.vehicle``, empty for one we do not know}
        :return: int, VINs that were not there yet
        """
        Row = self.env["dealer.campaign.car"].sudo()
        there = set(Row.search([("campaign_id", "=", self.id), ("vin", "in", list(cars))]).mapped("vin"))
        rows = Row.create(
            [
                {"campaign_id": self.id, "vin": vin, "vehicle_id": car.id}
                for vin, car in cars.items()
                if vin not in there
            ]
        )
        if self.state == "running":
            rows._open_tasks()
        return len(rows)


class DealerCampaignRange(models.Model):
    _name = "dealer.campaign.range"
    _description = "VIN Range of a Campaign"
    _order = "vin_from, id"
    _rec_name = "vin_from"

    campaign_id = fields.Many2one("dealer.campaign", required=True, index=True, ondelete="cascade")
    vin_from = fields.Char("First VIN", required=True)
    vin_to = fields.Char("Last VIN", required=True)

    _ordered = models.Constraint(
        "CHECK (vin_from <= vin_to)", "The first VIN of a range stands before its last one: exchange them."
    )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._prepare(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._prepare(vals))

    @api.model
    def _prepare(self, vals):
        """Return values with VINs normalised and proved possible."""
        vals = dict(vals)
        for name in ("vin_from", "vin_to"):
            if name in vals:
                vals[name] = vin_tools.normalise(vals[name] or "")
                if not vin_tools.is_possible(vals[name]):
                    raise UserError(self.env._("“%(vin)s” cannot be a VIN.", vin=vals[name]))
        return vals


class RepairOrder(models.Model):
    _inherit = "repair.order"

    def _prepare_task_job(self, task):
        """Add the operation of the campaign the task comes from."""
        values = super()._prepare_task_job(task)
        # Narrow sudo: what a recall asks for is told to whoever opens the order.
        operation = task.sudo().campaign_car_ids.campaign_id.operation_id[:1] if task.kind == "recall" else False
        return {**values, "line_ids": [Command.create({"operation_id": operation.id})]} if operation else values
