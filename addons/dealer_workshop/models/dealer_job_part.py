from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import clean_context

from ..tools import labour


class DealerJobPart(models.Model):
    """The parts of a job as workshop people see them.

    A view on core's own part moves: no second copy, and no cost. Advisors and
    technicians have no right on ``stock.move`` (it shows values and moves any
    stock); they read this view, and adding, changing or removing a row of it
    asks for exactly that on the move behind it: there is no table to write to, so
    ``create``, ``write`` and ``unlink`` never call ``super()``.
    """

    _name = "dealer.job.part"
    _description = "Part of a Job"
    _order = "id"
    _auto = False
    _check_company_auto = True

    _depends = {
        "stock.move": [
            "job_id",
            "company_id",
            "product_id",
            "product_uom",
            "product_uom_qty",
            "state",
            "repair_line_type",
            "dealer_issued_qty",
            "dealer_price_unit",
            "dealer_discount",
        ],
        "dealer.job": ["order_id", "site_id"],
    }

    job_id = fields.Many2one("dealer.job", required=True)
    order_id = fields.Many2one("repair.order", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    site_id = fields.Many2one("stock.warehouse", readonly=True)
    product_id = fields.Many2one(
        "product.product",
        string="Part",
        required=True,
        domain=[("is_part", "=", True)],
        check_company=True,
    )
    product_uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    quantity = fields.Float(default=1.0, digits="Product Unit", required=True)
    state = fields.Selection(
        [
            ("draft", "Requested"),
            ("confirmed", "Requested"),
            ("waiting", "Requested"),
            ("partially_available", "Requested"),
            ("assigned", "Requested"),
            ("done", "Used"),
            ("cancel", "Cancelled"),
        ],
        readonly=True,
    )
    is_waiting = fields.Boolean(string="To Issue", readonly=True, help="The store owes it to a car in the workshop.")
    currency_id = fields.Many2one(related="company_id.currency_id")
    price_unit = fields.Float(
        string="Unit Price",
        compute="_compute_price",
        digits="Product Price",
        help="List price of the moment the part was asked for, without tax.",
    )
    discount = fields.Float(string="Discount %", digits="Discount")
    price = fields.Monetary(compute="_compute_price", help="Quantity × unit price less discount, without tax.")
    agreed_price = fields.Float(readonly=True, digits="Product Price")
    is_open = fields.Boolean(compute="_compute_is_open")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT move.id, move.job_id, job.order_id, move.company_id, job.site_id, move.product_id,
                   move.product_uom AS product_uom_id, move.product_uom_qty AS quantity, move.state,
                   move.dealer_discount AS discount, move.dealer_price_unit AS agreed_price,
                   move.state NOT IN ('draft', 'done') AND move.product_uom_qty > move.dealer_issued_qty AS is_waiting
              FROM stock_move move
              JOIN dealer_job job ON job.id = move.job_id
             WHERE move.repair_line_type = 'add' AND move.state != 'cancel'
            """
        )

    @api.depends("product_id", "quantity", "discount", "agreed_price")
    def _compute_price(self):
        for part in self:
            part.price_unit = part.agreed_price or part._get_list_price()
            digits = part.currency_id.decimal_places or 2
            part.price = labour.labour_price(part.quantity, part.price_unit, part.discount, digits)

    def _get_list_price(self):
        company = self.company_id or self.job_id.company_id or self.env.company
        return self.product_id._get_net_price(company) if self.product_id else 0.0

    @api.depends("state")
    def _compute_is_open(self):
        for part in self:
            part.is_open = part._is_to_issue()

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        self.check_access("create")
        if not all(vals.get("job_id") and vals.get("product_id") for vals in vals_list):
            raise UserError(self.env._("A part is asked for on a job: choose the job and the part."))
        jobs = self.env["dealer.job"].browse([vals["job_id"] for vals in vals_list])
        products = self.env["product.product"].browse([vals["product_id"] for vals in vals_list])
        jobs.check_access("read")
        jobs.order_id._check_open_for_work()
        jobs._check_may_take_parts()
        for product, vals in zip(products, vals_list, strict=True):
            self._check_quantity(product, vals.get("quantity", 1.0))
        values = [
            job._prepare_part_move(product, vals) for job, product, vals in zip(jobs, products, vals_list, strict=True)
        ]
        # Narrow sudo: role, job and order are checked; only job, part and quantity come from the user.
        moves = self.env["stock.move"].sudo().with_context(**clean_context(self.env.context)).create(values)
        self._moves_changed(jobs)
        return self.browse(moves.ids)

    def write(self, vals):  # pylint: disable=method-required-super
        self.check_access("write")
        if not vals:
            return True
        if "quantity" in vals:
            self._check_changeable()
        else:
            self.job_id.order_id._check_open_for_changes()
        if set(vals) - {"quantity", "discount"}:
            raise UserError(
                self.env._("Remove the part and add the right one: only its quantity and discount can be changed.")
            )
        if "quantity" in vals:
            for part in self:
                self._check_quantity(part.product_id, vals["quantity"])
            # Narrow sudo: see create().
            self._moves().write({"product_uom_qty": vals["quantity"]})
        if "discount" in vals:
            self._write_discount(vals["discount"])
        self._moves_changed(self.job_id)
        return True

    def _write_discount(self, discount):
        """Give a discount on these parts; who may give how much is the order's gate.

        :param float discount: percent
        """
        self.job_id._check_may_discount()
        # Narrow sudo: the role is checked, the price is the advisor's to agree on.
        self._moves().write({"dealer_discount": discount})
        self.job_id.order_id._on_discount_given()

    def unlink(self):  # pylint: disable=method-required-super
        self.check_access("unlink")
        self._check_changeable()
        jobs = self.job_id
        moves = self._moves()
        moves._action_cancel()
        self._moves_changed(jobs)
        return True

    def _moves(self):
        # Narrow sudo: who may read this view has no right on moves; what may be done to them is checked before.
        return self.env["stock.move"].sudo().browse(self.ids)

    def _moves_changed(self, jobs):
        # The view has no columns of its own: drop what was read through it.
        self.env["stock.move"].flush_model()
        self.invalidate_model()
        jobs.invalidate_recordset(["part_ids", "parts_amount", "parts_open"])

    def _check_quantity(self, product, quantity):
        """Refuse anything that is no part, and nothing or less of it.

        :param product: ``product.product``
        :param float quantity: in the part's unit
        :raises UserError: says what to choose instead
        """
        if not product.is_part or product.uom_id.compare(quantity, 0) <= 0:
            raise UserError(
                self.env._(
                    "%(quantity)s of %(product)s cannot be asked for: choose a part and a quantity above 0.",
                    quantity=quantity,
                    product=product.display_name,
                )
            )

    def _check_changeable(self):
        self.job_id.order_id._check_open_for_changes()
        for part in self:
            if not part._is_to_issue():
                raise UserError(
                    self.env._(
                        "%(part)s was issued already: the store takes it back first.", part=part.product_id.display_name
                    )
                )

    def _is_to_issue(self):
        """Tell whether the part is still on the shelf. The parts issue refines this."""
        self.ensure_one()
        return self.state not in ("done", "cancel")
