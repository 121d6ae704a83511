from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import labour

CLOSED = ("done", "cancel")


class StockMove(models.Model):
    """Parts of a job, and how they travel.

    The *part line* is core's own repair move (``repair_line_type`` "add"): it takes the part from work in
    progress when the order is finished. An *issue* brings the part there from the shelf, a *return* takes it
    back; both are ordinary transfers chained to the line, so the line can only take what was issued for it.
    What the store does is in ``stock_move_issue.py``.
    """

    _name = "stock.move"
    _inherit = ["stock.move", "dealer.protected.mixin"]

    # What issue, return, finish and cancel are decided by.
    _protected_fields = frozenset(
        {"dealer_issued_qty", "dealer_requested_qty", "dealer_repair_id", "dealer_price_unit", "dealer_discount"}
    )

    job_id = fields.Many2one(
        "dealer.job",
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Job of the repair order this part is for.",
    )
    dealer_repair_id = fields.Many2one(
        related="picking_id.dealer_repair_id", string="For Repair Order", store=True, index="btree_not_null"
    )
    dealer_part_move_id = fields.Many2one(
        "stock.move",
        string="Part of the Job",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        readonly=True,
        help="The job's part that this transfer issues or takes back.",
    )
    dealer_issue_move_ids = fields.One2many(
        "stock.move", "dealer_part_move_id", string="Issues and Returns", readonly=True
    )
    dealer_issued_qty = fields.Float(
        string="Issued",
        compute="_compute_dealer_issue",
        store=True,
        digits="Product Unit",
        help="Issued less returned, in the unit of the part line.",
    )
    dealer_requested_qty = fields.Float(
        string="Requested",
        compute="_compute_dealer_issue",
        store=True,
        digits="Product Unit",
        help="Asked for and not issued yet, in the unit of the part line.",
    )
    dealer_price_unit = fields.Float(
        string="Agreed Price",
        digits="Product Price",
        copy=False,
        help="List price of the moment the part was asked for, in company currency, without tax: what is billed.",
    )
    dealer_discount = fields.Float(string="Discount %", digits="Discount", copy=False)
    dealer_shelf_qty = fields.Float(
        string="On the Shelf",
        compute="_compute_dealer_shelf_qty",
        digits="Product Unit",
        help="On hand in the store of the site, promised to this request or to nobody.",
    )

    _dealer_discount_range = models.Constraint(
        "CHECK(dealer_discount IS NULL OR dealer_discount BETWEEN 0 AND 100)",
        "A discount lies between 0 and 100 %.",
    )

    # --- computes -----------------------------------------------------------------------

    @api.depends(
        "job_id",
        "repair_line_type",
        "dealer_issue_move_ids.state",
        "dealer_issue_move_ids.quantity",
        "dealer_issue_move_ids.product_uom_qty",
    )
    def _compute_dealer_issue(self):
        # Stored on the part line on purpose: two people who issue or return the same part at the same instant
        # write the same row, so the later one starts again and sees what the first one did.
        for move in self:
            served = move.dealer_issue_move_ids if move._is_workshop_part() else self.browse()
            move.dealer_issued_qty = sum(
                (-1 if issue._is_part_return() else 1) * issue._get_qty_in_unit_of(move)
                for issue in served.filtered(lambda issue: issue.state == "done")
            )
            move.dealer_requested_qty = sum(
                issue._get_qty_in_unit_of(move) for issue in served.filtered(lambda issue: issue._is_part_request())
            )

    @api.depends("product_id", "location_id", "quantity")
    def _compute_dealer_shelf_qty(self):
        for location, moves in self.grouped("location_id").items():
            products = moves.product_id.with_context(location=location.id)
            free = {product.id: product.free_qty for product in products}
            for move in moves:
                own = move.product_uom._compute_quantity(move.quantity, move.product_id.uom_id)
                move.dealer_shelf_qty = free.get(move.product_id.id, 0.0) + own

    # --- CRUD ---------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_part_vals(vals)
        return super().create([self._prepare_part_vals(vals) for vals in vals_list])

    def write(self, vals):
        if not self.env.su:
            # Given when an issue or return is made; a done transfer linked later would count as issued.
            self._refuse({"dealer_part_move_id"}.intersection(vals))
            if self.job_id or vals.get("job_id"):
                # On another job, or as another kind of line, it would be on another bill, or on none.
                self._refuse({"job_id", "repair_line_type", "repair_id"}.intersection(vals))
        res = super().write(vals)
        if "product_uom_qty" in vals:
            parts = self.filtered(lambda move: move._is_workshop_part() and move.state not in CLOSED)
            parts._check_demand_covers_issued()
            parts._request_parts()
        return res

    # --- business: what a move is ---------------------------------------------------------

    def _is_workshop_part(self):
        """Tell whether this is a part line of a workshop job."""
        self.ensure_one()
        return bool(self.job_id) and self.repair_line_type == "add"

    def _get_dealer_price(self):
        """Return what this part of a job costs its payers: quantity × agreed price less discount, without tax."""
        self.ensure_one()
        digits = self.company_id.currency_id.decimal_places
        return labour.labour_price(self.quantity, self.dealer_price_unit, self.dealer_discount, digits)

    def _is_part_return(self):
        """Tell whether this transfer takes a part back from the workshop."""
        self.ensure_one()
        return bool(self.dealer_part_move_id) and self.location_id == self.dealer_part_move_id.location_id

    def _is_part_request(self):
        """Tell whether this is an issue that did not happen yet."""
        self.ensure_one()
        return bool(self.dealer_part_move_id) and self.state not in CLOSED and not self._is_part_return()

    def _get_qty_in_unit_of(self, part):
        """Return the quantity of this transfer (done if done, else demanded) in the unit of a part line."""
        self.ensure_one()
        quantity = self.quantity if self.state == "done" else self.product_uom_qty
        return self.product_uom._compute_quantity(quantity, part.product_uom, rounding_method="HALF-UP")

    # --- core hooks ---------------------------------------------------------------------

    @api.model
    def _prepare_merge_moves_distinct_fields(self):
        return super()._prepare_merge_moves_distinct_fields() + ["job_id", "dealer_part_move_id"]

    def _prepare_part_vals(self, vals):
        """Give a part its price, and let a return made with core's own return screen belong to the part it returns."""
        if vals.get("job_id") and vals.get("repair_line_type") == "add" and "dealer_price_unit" not in vals:
            product = self.env["product.product"].browse(vals["product_id"])
            company = self.env["dealer.job"].browse(vals["job_id"]).company_id
            return {**vals, "dealer_price_unit": product._get_net_price(company)}
        if vals.get("origin_returned_move_id") and not vals.get("dealer_part_move_id"):
            returned = self.browse(vals["origin_returned_move_id"])
            if returned.dealer_part_move_id:
                return {
                    **vals,
                    "dealer_part_move_id": returned.dealer_part_move_id.id,
                    "job_id": returned.job_id.id,
                    "propagate_cancel": False,
                }
        return vals

    def _prepare_move_split_vals(self, qty):
        vals = super()._prepare_move_split_vals(qty)
        if self.dealer_part_move_id:
            vals.update(dealer_part_move_id=self.dealer_part_move_id.id, job_id=self.job_id.id)
        return vals

    def _action_confirm(self, merge=True, merge_into=False, create_proc=True):
        moves = super()._action_confirm(merge=merge, merge_into=merge_into, create_proc=create_proc)
        moves.filtered(lambda move: move._is_workshop_part())._request_parts()
        return moves

    def _action_assign(self, force_qty=False):
        # A part line takes what was issued for it, never what lies in work in progress for another order.
        moves = self.filtered(lambda move: not move._is_workshop_part() or move.move_orig_ids)
        if not moves or not all(move.dealer_part_move_id or move._is_workshop_part() for move in moves):
            return super(StockMove, moves)._action_assign(force_qty=force_qty)
        res = super(StockMove, moves._with_quants_read())._action_assign(force_qty=force_qty)
        moves.filtered("quantity")._recompute_state()
        return res

    def _with_quants_read(self):
        """Return these moves with what lies where they take from, their states left to the caller.

        Core would look up six times for each part what lies there, and write its state each time a line is made.
        """
        # sudo(): as core reserves
        quants = self.env["stock.quant"].sudo()
        cache = quants._get_quants_by_products_locations(self.product_id, self.location_id)
        return self.with_context(quants_cache=cache, preserve_state=True)

    def _adjust_procure_method(self, picking_type_code=False):
        # A part waits for its request to the store: procured by a rule as well, it would come twice.
        parts = self.filtered(lambda move: move._is_workshop_part())
        parts.filtered(lambda part: part.procure_method != "make_to_stock").procure_method = "make_to_stock"
        return super(StockMove, self - parts)._adjust_procure_method(picking_type_code=picking_type_code)

    def _action_cancel(self):
        parts = self.filtered(lambda move: move._is_workshop_part() and move.state not in CLOSED)
        for part in parts:
            if part.product_uom.compare(part.dealer_issued_qty, 0) > 0:
                raise UserError(
                    self.env._(
                        "%(part)s was issued to %(order)s: the store takes it back first.",
                        part=part.product_id.display_name,
                        order=part.repair_id.name,
                    )
                )
        requests = parts.dealer_issue_move_ids.filtered(lambda move: move._is_part_request())
        res = super()._action_cancel()
        if requests:
            requests._action_cancel()
        return res

    def _action_done(self, cancel_backorder=False):
        self.filtered(lambda move: move.state not in CLOSED and move.picked)._check_parts_may_move()
        done = super()._action_done(cancel_backorder=cancel_backorder)
        workshop = done.filtered(lambda move: move.dealer_part_move_id or move._is_workshop_part())
        if workshop:
            workshop._check_no_negative_shelf()
            workshop.filtered("dealer_part_move_id")._after_parts_moved()
        return done

    def _create_repair_sale_order_line(self):
        # Core bills every part on the order's one sale order; ours go to their payers when the order is settled.
        return super(
            StockMove, self.filtered(lambda move: not move._is_workshop_part())
        )._create_repair_sale_order_line()

    def _should_create_account_move(self):
        # The cost of a part goes with its invoice, or with the internal job, once: never by the location as well.
        return super()._should_create_account_move() and not self._is_workshop_part()

    def _get_cogs_price_unit(self, quantity=0):
        """Cost of parts fitted to a car is what left stock for it, not today's average."""
        if self and all(move._is_workshop_part() for move in self) and len(self.product_id) == 1:
            moved = sum(move._get_valued_qty() for move in self)
            return sum(self.mapped("value")) / moved if moved else 0.0
        return super()._get_cogs_price_unit(quantity)
