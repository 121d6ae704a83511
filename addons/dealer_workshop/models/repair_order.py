from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .repair_kind import REPAIR_KINDS

# Core's own states and stock moves: on a car's order reached through our buttons only.
CORE_PROTECTED = {
    "state",
    "name",
    "product_id",
    "lot_id",
    "picking_type_id",
    "location_id",
    "location_dest_id",
    "parts_location_id",
    "recycle_location_id",
    "product_location_src_id",
    "product_location_dest_id",
    "move_id",
    "move_ids",
    "sale_order_id",
    "sale_order_line_id",
    "picking_id",
    "under_warranty",
    "schedule_date",
    "reference_ids",
}
# May be written on a settled order: nothing of it is billed.
NEVER_FROZEN = {
    "message_follower_ids",
    "activity_ids",
    "internal_notes",
    "tag_ids",
    "priority",
    "next_service_date",
}
STAGES = [
    ("reception", "Reception"),
    ("received", "Received"),
    ("in_work", "In Work"),
    ("waiting_parts", "Waiting for Parts"),
    ("quality", "Quality Check"),
    ("ready", "Ready"),
    ("settled", "Settled"),
    ("delivered", "Delivered"),
    ("cancelled", "Cancelled"),
]


class RepairOrder(models.Model):
    _name = "repair.order"
    _inherit = [
        "repair.order",
        "dealer.batch.mixin",
        "dealer.protected.mixin",
        "dealer.car.search.mixin",
        "dealer.gate.mixin",
        "dealer.signature.mixin",
    ]

    _car_field = "dealer_vehicle_id"
    _protected_fields = frozenset(
        {
            "stage",
            "waiting_role_id",
            "waiting_gate",
            "waiting_since",
            "appointment_id",
            "reception_date",
            "received_by_id",
            "quality_state",
            "quality_user_id",
            "quality_date",
            "quality_note",
            "rework_count",
            "settled_on",
            "settled_by_id",
            "handed_over_on",
            "handed_over_by_id",
            "signature",
            "signed_by",
            "signed_on",
            "signed_from",
        }
    )

    # The car and its people
    dealer_vehicle_id = fields.Many2one(
        "dealer.vehicle",
        string="Car",
        check_company=True,
        index="btree_not_null",
        tracking=True,
        help="The car in the workshop. Core's product and serial number stay empty, for our own cars too.",
    )
    plate = fields.Char(related="dealer_vehicle_id.plate")
    vin = fields.Char(related="dealer_vehicle_id.vin")
    site_id = fields.Many2one(
        "stock.warehouse",
        compute="_compute_site_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        check_company=True,
    )
    repair_kind = fields.Selection(REPAIR_KINDS, default="maintenance", tracking=True)
    brought_in_by_id = fields.Many2one(
        "res.partner",
        string="Brought in by",
        check_company=True,
        index="btree_not_null",
        compute="_compute_people",
        store=True,
        readonly=False,
        help="Approves extra work and is called back; may be neither owner nor payer.",
    )
    payer_id = fields.Many2one(
        "res.partner",
        check_company=True,
        compute="_compute_people",
        store=True,
        readonly=False,
        help="Proposed as payer of each job that the customer pays.",
    )
    concern = fields.Text(help="What the customer says about the car as a whole.")
    promised_date = fields.Datetime(string="Promised For", tracking=True, index="btree_not_null")

    # Reception
    odometer_km = fields.Integer(
        string="Mileage In (km)", aggregator=None, help="Reading when the car came in; stored on the car as well."
    )
    odometer_note = fields.Char(
        string="Why the Mileage Fell",
        help="Needed when the reading is lower than the last one (new instrument, typing).",
    )
    odometer_warning = fields.Char(compute="_compute_odometer_warning")
    fuel_level = fields.Selection(
        [("0", "Empty"), ("25", "1/4"), ("50", "1/2"), ("75", "3/4"), ("100", "Full")],
        string="Fuel or Charge Level",
    )
    reception_date = fields.Datetime(string="Checked In On", readonly=True, copy=False, index="btree_not_null")
    received_by_id = fields.Many2one("res.users", string="Checked In By", readonly=True, copy=False)
    appointment_id = fields.Many2one(
        "dealer.appointment", readonly=True, copy=False, check_company=True, index="btree_not_null"
    )

    # Work
    job_ids = fields.One2many("dealer.job", "order_id", string="Jobs", copy=True)
    clock_ids = fields.One2many("dealer.job.clock", "order_id", string="Clockings", copy=False)
    part_ids = fields.One2many("dealer.job.part", "order_id", string="Parts of the Order", copy=False)
    stage = fields.Selection(STAGES, compute="_compute_stage", store=True, index=True, tracking=True, group_expand=True)
    is_late = fields.Boolean(compute="_compute_is_late", search="_search_is_late")
    technician_names = fields.Char(string="Technicians", compute="_compute_technician_names")
    visit_count = fields.Integer(related="dealer_vehicle_id.repair_order_count")
    open_task_count = fields.Integer(related="dealer_vehicle_id.task_open_count", string="Owed to the Car")
    currency_id = fields.Many2one(related="company_id.currency_id")
    labour_amount = fields.Monetary(string="Labour", compute="_compute_amounts")
    parts_amount = fields.Monetary(string="Parts Price", compute="_compute_amounts")
    estimate_amount = fields.Monetary(string="Estimated Amount", compute="_compute_amounts", help="Without tax.")

    # Quality, settlement, hand-over
    quality_state = fields.Selection(
        [("none", "Not Checked"), ("passed", "Passed"), ("failed", "Rework")],
        default="none",
        readonly=True,
        copy=False,
        tracking=True,
    )
    quality_user_id = fields.Many2one("res.users", string="Checked By", readonly=True, copy=False)
    quality_date = fields.Datetime(string="Checked On", readonly=True, copy=False)
    quality_note = fields.Text(string="Rework Note", readonly=True, copy=False)
    rework_count = fields.Integer(readonly=True, copy=False)
    settled_on = fields.Datetime(readonly=True, copy=False)
    settled_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    handed_over_on = fields.Datetime(readonly=True, copy=False)
    handed_over_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    next_service_date = fields.Date(
        string="Next Service", copy=False, help="At hand-over this becomes a task on the car: service due."
    )

    _stage_board = models.Index("(company_id, site_id, stage) WHERE dealer_vehicle_id IS NOT NULL")

    @api.depends("picking_type_id")
    def _compute_site_id(self):
        for order in self:
            order.site_id = order.picking_type_id.warehouse_id

    @api.depends("dealer_vehicle_id")
    def _compute_partner_id(self):
        with_car = self.filtered("dealer_vehicle_id")
        for order in with_car:
            order.partner_id = order.partner_id or order.dealer_vehicle_id._get_workshop_customer()
        return super(RepairOrder, self - with_car)._compute_partner_id()

    @api.depends("dealer_vehicle_id", "partner_id")
    def _compute_people(self):
        for order in self:
            car = order.dealer_vehicle_id
            order.brought_in_by_id = order.brought_in_by_id or car.keeper_id or order.partner_id
            order.payer_id = order.payer_id or order.partner_id

    @api.depends("odometer_km", "dealer_vehicle_id")
    def _compute_odometer_warning(self):
        for order in self:
            last = order.dealer_vehicle_id.odometer_km
            backwards = 0 < order.odometer_km < last and not order.reception_date
            order.odometer_warning = backwards and self.env._(
                "The last reading was %(last)s km: check the instrument, and write down why it fell.", last=last
            )

    @api.depends(
        "state",
        "dealer_vehicle_id",
        "job_ids.state",
        "job_ids.approval_state",
        "job_ids.clock_ids.date_to",
        "move_ids.state",
        "quality_state",
        "settled_on",
        "handed_over_on",
    )
    def _compute_stage(self):
        for order in self:
            order.stage = order.dealer_vehicle_id and order._get_stage()

    @api.depends("promised_date", "stage")
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for order in self:
            open_stage = order.stage not in ("ready", "settled", "delivered", "cancelled", False)
            order.is_late = bool(open_stage and order.promised_date and order.promised_date < now)

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        closed = ["ready", "settled", "delivered", "cancelled"]
        return [("promised_date", "<", "now"), ("stage", "not in", closed), ("dealer_vehicle_id", "!=", False)]

    @api.depends("job_ids.technician_names")
    def _compute_technician_names(self):
        for order in self:
            # Iterated, not mapped or filtered: those forget what to prefetch for the other orders.
            technicians = {line.employee_id: None for job in order.job_ids for line in job.assignment_ids}
            order.technician_names = ", ".join(employee.display_name for employee in technicians if employee)

    @api.depends("job_ids.labour_amount", "job_ids.parts_amount", "job_ids.state", "job_ids.approval_state")
    def _compute_amounts(self):
        for order in self:
            jobs = [job for job in order.job_ids if job._is_ordered()]
            order.labour_amount = sum(job.labour_amount for job in jobs)
            order.parts_amount = sum(job.parts_amount for job in jobs)
            order.estimate_amount = order.labour_amount + order.parts_amount

    @api.depends("name", "dealer_vehicle_id.name")
    def _compute_display_name(self):
        with_car = self.filtered("dealer_vehicle_id")
        # Narrow sudo: who may read the order may read its name, a stock user without our roles too.
        for order in with_car.sudo():
            order.display_name = f"{order.name} · {order.dealer_vehicle_id.name or ''}"
        return super(RepairOrder, self - with_car)._compute_display_name()

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._prepare_workshop_vals(dict(vals)) for vals in vals_list]
        orders = self
        if not self.env.su and any(vals.get("dealer_vehicle_id") for vals in vals_list):
            orders = self._without_defaults(CORE_PROTECTED)
        return super(RepairOrder, orders).create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_may_write(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_received(self):
        for order in self:
            if order.dealer_vehicle_id and order.state not in ("draft", "cancel"):
                raise UserError(
                    order.env._("Repair order %(order)s was checked in and stays. Cancel it instead.", order=order.name)
                )

    def copy_data(self, default=None):
        """Copy jobs, operations and payers of a car's order; never its parts' moves, states or places."""
        default = dict(default or {})
        if self and all(order.dealer_vehicle_id for order in self):
            # Given, so that core does not read moves the advisor has no right on.
            default.setdefault("move_ids", [])
        vals_list = super().copy_data(default=default)
        for vals in vals_list:
            if vals.get("dealer_vehicle_id"):
                for name in CORE_PROTECTED.intersection(vals):
                    del vals[name]
        return vals_list

    @api.model
    def get_view(self, view_id=None, view_type="form", **options):
        """Give people without stock rights the workshop's form also where no view is named.

        A page loaded again from its address names none, and core's form shows stock moves they may not read.
        """
        if view_type == "form" and not view_id and not self.env.user.has_group("stock.group_stock_user"):
            view_id = self.env.ref("dealer_workshop.repair_order_view_form").id
        return super().get_view(view_id, view_type, **options)

    def get_formview_id(self, access_uid=None):
        """Open a car's order in the workshop's form; core's own form serves the others."""
        # Narrow sudo: only which form serves; the form itself reads with the user's rights.
        if self[:1].sudo().dealer_vehicle_id:
            return self.env.ref("dealer_workshop.repair_order_view_form").id
        return super().get_formview_id(access_uid=access_uid)

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------
    def _prepare_workshop_vals(self, vals):
        """Complete the values of a new workshop order; core's own orders pass unchanged.

        :param dict vals: values as given by the caller
        :return: dict; site and operation type agree, promised time is set
        :raises AccessError: a role without stock rights makes an order without a car
        """
        vals.setdefault("dealer_vehicle_id", self.env.context.get("default_dealer_vehicle_id"))
        if not vals["dealer_vehicle_id"] and vals.get("vehicle_text"):
            vals["dealer_vehicle_id"] = self._find_or_create_car(vals).id
        if not vals["dealer_vehicle_id"]:
            if not self.env.su and not self.env.user.has_group("stock.group_stock_user"):
                raise AccessError(self.env._("Choose the car first: a workshop order is always about one."))
            return vals
        if not self.env.su:
            self._refuse(CORE_PROTECTED.intersection(name for name in vals if vals[name]))
        site = self.env["stock.warehouse"].browse(vals.get("site_id")) or self.env.user._get_default_site()
        vals.setdefault("company_id", site.company_id.id or self.env.company.id)
        # Operation type, locations and number are the site's. Narrow sudo: an advisor may not read operation types.
        return vals | {"site_id": site.id, "picking_type_id": site.sudo().repair_type_id.id}

    def _check_may_write(self, vals):
        with_car = self.filtered("dealer_vehicle_id")
        if "dealer_vehicle_id" in vals and any(order.state != "draft" for order in self):
            raise UserError(self.env._("The car of an order is fixed once it is checked in."))
        if not with_car:
            return
        self._refuse((CORE_PROTECTED | {"company_id", "site_id"}).intersection(vals))
        if set(vals) - NEVER_FROZEN:
            with_car._check_open_for_changes()

    def _check_open_for_changes(self):
        """Refuse changes of orders that are settled, handed over or cancelled.

        :raises UserError: names the order and the way out
        Source: practice P36
        """
        for order in self:
            if order.stage in ("settled", "delivered", "cancelled"):
                raise UserError(
                    order.env._(
                        "Repair order %(order)s is %(stage)s and frozen. The workshop manager reverses a settlement "
                        "before the car is handed over; for further work open a new order.",
                        order=order.name,
                        stage=dict(order._fields["stage"]._description_selection(order.env))[order.stage].lower(),
                    )
                )

    def _check_open_for_work(self):
        """Refuse more work on orders that are finished: their parts are used up, their work was checked.

        :raises UserError: names the order and the way out
        Source: practice P36
        """
        self._check_open_for_changes()
        for order in self:
            if order.state == "done":
                raise UserError(
                    order.env._(
                        "Repair order %(order)s is finished: nothing can be added, and no job reopened. Open a new "
                        "order for further work.",
                        order=order.name,
                    )
                )

    def _get_stage(self):
        """Derive where the order stands from facts.

        :return: code of ``STAGES``
        """
        self.ensure_one()
        if self.state == "cancel":
            return "cancelled"
        if self.handed_over_on:
            return "delivered"
        if self.settled_on:
            return "settled"
        if self.state == "done":
            return "ready"
        if self.state == "draft":
            return "reception"
        return self._get_work_stage()

    def _get_work_stage(self):
        jobs = self.job_ids.filtered(lambda job: job._is_ordered())
        if jobs and all(job.state == "done" for job in jobs):
            return "quality"
        if any(not clock.date_to for clock in jobs.clock_ids):
            return "in_work"
        if self._has_parts_to_issue():
            return "waiting_parts"
        return "in_work" if self.state == "under_repair" else "received"

    def _has_parts_to_issue(self):
        """Tell whether a part asked for is still on the shelf. The parts issue refines this.

        :return: bool
        """
        self.ensure_one()
        return False

    def _day_of_reception(self):
        """Return the day the car came in, in the company's timezone, today before that.

        :return: date
        """
        return self.company_id._get_day(self.reception_date or None)

    def _get_work_done(self):
        """Return the operations of the jobs that were done, or the kind of the visit when none is named.

        :return: str in the reader's language
        """
        self.ensure_one()
        done = self.job_ids.filtered(lambda job: job.state == "done").line_ids.operation_id
        kinds = dict(self._fields["repair_kind"]._description_selection(self.env))
        return ", ".join(done.mapped("name")) or kinds.get(self.repair_kind, "")
