from odoo import api, fields, models

from ..tools import labour


class DealerJobLine(models.Model):
    """One operation of a job: hours, hourly rate, price."""

    _name = "dealer.job.line"
    _description = "Operation of a Job"
    _inherit = ["dealer.job.child.mixin"]
    _order = "job_id, sequence, id"
    _check_company_auto = True

    _protected_fields = frozenset({"order_id", "company_id", "price", "list_rate", "list_hours"})

    sequence = fields.Integer(default=10)
    operation_id = fields.Many2one("dealer.operation", check_company=True, index="btree_not_null")
    name = fields.Char(
        string="Description", required=True, compute="_compute_name", store=True, readonly=False, precompute=True
    )
    product_id = fields.Many2one(
        "product.product",
        string="Invoiced As",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        domain=[("type", "=", "service")],
        check_company=True,
    )
    hours = fields.Float(
        string="Standard Hours",
        compute="_compute_hours",
        store=True,
        readonly=False,
        precompute=True,
        help="Hours sold, as decimals (1.5 = 1 h 30). Proposed from the operation and the series.",
    )
    list_hours = fields.Float(
        string="Hours of the List",
        compute="_compute_list_hours",
        store=True,
        precompute=True,
        help="What the catalogue says for the series. Fewer hours that were typed count as a discount.",
    )
    rate = fields.Monetary(
        string="Hourly Rate",
        compute="_compute_rate",
        store=True,
        readonly=False,
        precompute=True,
        help="Price of one hour without tax, from the rates valid on the day the car came in.",
    )
    list_rate = fields.Monetary(
        string="Rate of the List",
        compute="_compute_list_rate",
        store=True,
        precompute=True,
        help="What the rates in force ask for. A lower rate that was typed counts as a discount.",
    )
    discount = fields.Float(string="Discount %", digits="Discount")
    price = fields.Monetary(
        compute="_compute_price", store=True, help="Hours × hourly rate less discount, without tax."
    )

    _hours_positive = models.Constraint("CHECK(hours >= 0)", "Standard hours cannot be negative.")
    _discount_range = models.Constraint("CHECK(discount BETWEEN 0 AND 100)", "A discount lies between 0 and 100 %.")

    @api.depends("operation_id")
    def _compute_name(self):
        for line in self:
            line.name = line.operation_id.name or line.name

    @api.depends("operation_id")
    def _compute_product_id(self):
        default = self.env.ref("dealer_workshop.product_product_labour", raise_if_not_found=False)
        for line in self:
            line.product_id = line.operation_id.product_id or line.product_id or default

    @api.depends("operation_id")
    def _compute_list_hours(self):
        for line in self:
            hours = line.operation_id and line.operation_id._get_hours(line._get_vehicle().series_id)
            line.list_hours = hours or 0.0

    @api.depends("operation_id")
    def _compute_hours(self):
        for line in self:
            if line.operation_id:
                line.hours = line.list_hours

    @api.depends("operation_id", "job_id.pay_type")
    def _compute_list_rate(self):
        rates = self.env["dealer.labour.rate"]
        for site, lines in self.grouped(lambda line: line._get_site()).items():
            candidates = rates._candidates(site.company_id)
            for line in lines:
                day = line.job_id.order_id._day_of_reception()
                pay_type = line.job_id.pay_type
                line.list_rate = rates._get_rate(candidates, site, pay_type, line.operation_id.level_id, day)

    @api.depends("list_rate", "operation_id", "job_id.pay_type")
    def _compute_rate(self):
        for line in self:
            line.rate = line.list_rate

    @api.depends("hours", "rate", "discount")
    def _compute_price(self):
        for line in self:
            digits = line.currency_id.decimal_places or 2
            line.price = labour.labour_price(line.hours, line.rate, line.discount, digits)

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id._check_open_for_work()
        return lines

    def write(self, vals):
        res = super().write(vals)
        # Other work, not another price of it.
        if {"job_id", "operation_id"} & vals.keys():
            self.order_id._check_open_for_work()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_finished(self):
        # Done and checked: what is not to be paid is a discount, which has its limits and its log.
        self.order_id._check_open_for_work()

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------
    # A line typed on a new job knows its job, but the browser does not tell the job's order: the
    # order's form passes site and car along. They only propose hours and rate.
    def _get_site(self):
        self.ensure_one()
        proposed = self.env["stock.warehouse"].browse(self.env.context.get("workshop_site_id"))
        return self.job_id.order_id.site_id or proposed or self.env.user._get_default_site()

    def _get_vehicle(self):
        self.ensure_one()
        proposed = self.env["dealer.vehicle"].browse(self.env.context.get("workshop_vehicle_id"))
        return self.job_id.vehicle_id or self.job_id.order_id.dealer_vehicle_id or proposed
