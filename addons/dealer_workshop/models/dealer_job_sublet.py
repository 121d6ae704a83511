from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import clean_context

ADVISOR = "dealer_workshop.group_service_advisor"
# Who may see what others charge us.
COST_GROUPS = (
    "dealer_workshop.group_service_advisor,purchase.group_purchase_user,"
    "account.group_account_readonly,account.group_account_invoice"
)


class DealerJobSublet(models.Model):
    """Work of a job that another house does for us (外加工): ordered from it, billed by it, sold to the payer.

    Source: practice P35
    """

    _name = "dealer.job.sublet"
    _description = "Sublet"
    _inherit = ["dealer.job.child.mixin"]
    _order = "job_id, id"
    _check_company_auto = True

    _protected_fields = frozenset({"line_id", "purchase_line_id", "accrual_move_id", "state"})

    vendor_id = fields.Many2one("res.partner", required=True, check_company=True, index=True)
    name = fields.Char(string="Work", required=True)
    cost = fields.Monetary(required=True, groups=COST_GROUPS, help="What the vendor charges, without tax.")
    price = fields.Monetary(required=True, help="What the payer of the job pays, without tax.")
    line_id = fields.Many2one("dealer.job.line", readonly=True, copy=False, ondelete="restrict", index=True)
    purchase_line_id = fields.Many2one(
        "purchase.order.line",
        string="Order Line",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        groups="purchase.group_purchase_user,account.group_account_readonly,account.group_account_invoice",
    )
    purchase_name = fields.Char(string="Purchase Order", compute="_compute_purchase", compute_sudo=True)
    accrual_move_id = fields.Many2one(
        "account.move",
        string="Accrual",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    state = fields.Selection(
        [("planned", "Planned"), ("ordered", "Ordered"), ("done", "Done"), ("covered", "Billed or Accrued")],
        compute="_compute_purchase",
        compute_sudo=True,
        help="Billed or accrued: the vendor's bill is posted, or its accrual. Before that the order is not settled.",
    )

    _amounts_positive = models.Constraint("CHECK(cost >= 0 AND price >= 0)", "Cost and price cannot be negative.")

    @api.depends(
        "purchase_line_id.qty_received", "purchase_line_id.invoice_lines.parent_state", "accrual_move_id.state"
    )
    def _compute_purchase(self):
        for sublet in self:
            sublet.purchase_name = sublet.purchase_line_id.order_id.name
            sublet.state = sublet._get_state()

    @api.model_create_multi
    def create(self, vals_list):
        sublets = super().create(vals_list)
        sublets.order_id._check_open_for_work()
        for sublet in sublets:
            # Narrow sudo: creating the sublet was the advisor's right; its price is protected from typing.
            sublet.sudo().line_id = sublet.env["dealer.job.line"].sudo().create(sublet._prepare_line())
        return sublets

    def write(self, vals):
        for sublet in self if {"vendor_id", "cost", "job_id"} & vals.keys() and not self.env.su else ():
            sublet._check_not_ordered()
        result = super().write(vals)
        if {"price", "name"} & vals.keys():
            for sublet in self:
                # Narrow sudo: the price follows what the advisor may write.
                sublet.sudo().line_id.write({"name": sublet.name, "fixed_price": sublet.price})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_ordered(self):
        for sublet in self:
            sublet._check_not_ordered()

    def unlink(self):
        # Narrow sudo: its line goes with it.
        lines = self.sudo().line_id
        result = super().unlink()
        lines.unlink()
        return result

    # --- actions ------------------------------------------------------------------------

    def action_order(self):
        """Order the work from its vendor.

        :raises UserError: the customer has not agreed to the job, or it is ordered already
        Side effects: a confirmed purchase order for the service.
        """
        self.job_id._check_group(ADVISOR)
        self.check_access("write")
        self.job_id._check_ordered()
        for sublet in self:
            sublet._check_not_ordered()
            sublet.order_id._check_open_for_work()
            sublet._action_order()
        return True

    def action_done(self):
        """Note that the vendor has done the work: its bill, or an accrual, is expected.

        :raises UserError: it is not ordered
        """
        self.job_id._check_group(ADVISOR)
        self.check_access("write")
        for sublet in self.sudo():  # narrow: only the received quantity of this line
            if not sublet.purchase_line_id:
                raise UserError(self.env._("Order “%(work)s” from its vendor first.", work=sublet.name))
            sublet.purchase_line_id.qty_received = sublet.purchase_line_id.product_qty
        self.order_id._gates_changed()
        return True

    def action_view_purchase(self):
        """Open the purchase order, for who may see it."""
        self.ensure_one()
        return self.purchase_line_id.order_id._get_records_action()

    # --- business -----------------------------------------------------------------------

    def _action_order(self):
        self.ensure_one()
        # Narrow sudo: role and agreement are checked; buying as such is not the advisor's. Vendor, text and cost are
        # the sublet's, the rest is ours.
        orders = self.env["purchase.order"].sudo().with_company(self.company_id)
        order = orders.with_context(clean_context(self.env.context)).create(self.sudo()._prepare_purchase())
        order.button_confirm()
        self.sudo().purchase_line_id = order.order_line
        self.order_id._gates_changed()

    def _prepare_purchase(self):
        self.ensure_one()
        product = self.env.ref("dealer_workshop.product_product_sublet")
        line = {"product_id": product.id, "name": self.name, "product_qty": 1.0, "price_unit": self.cost}
        return {
            "partner_id": self.vendor_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "origin": self.order_id.name,
            "user_id": self.env.uid,
            "order_line": [Command.create(line)],
        }

    def _prepare_line(self):
        """Return the line by which the work is on the job and on its payers' bills: its price, no hours of ours."""
        self.ensure_one()
        return {
            "job_id": self.job_id.id,
            "name": self.name,
            "product_id": self.env.ref("dealer_workshop.product_product_sublet").id,
            "hours": 0.0,
            "price_kind": "sublet",
            "fixed_price": self.price,
        }

    def _check_not_ordered(self):
        # Narrow sudo: whether it is ordered, told to people who may not read purchases.
        if self.sudo().purchase_line_id:
            raise UserError(
                self.env._(
                    "“%(work)s” is ordered already (%(order)s): change or cancel the purchase order first.",
                    work=self.name,
                    order=self.purchase_name,
                )
            )

    def _get_state(self):
        """Derive where the work stands from its purchase order, bill and accrual. Called as superuser."""
        self.ensure_one()
        line = self.purchase_line_id
        if not line:
            return "planned"
        posted = line.invoice_lines.filtered(lambda bill: bill.parent_state == "posted")
        if posted or self.accrual_move_id.state == "posted":
            return "covered"
        return "done" if line.qty_received >= line.product_qty else "ordered"

    def _get_booked_cost(self):
        """Return what this work cost us: as billed, else as ordered.

        :return: float in company currency, without tax
        """
        self.ensure_one()
        sublet = self.sudo()  # narrow: a sum for the order's money
        bills = sublet.purchase_line_id.invoice_lines.filtered(lambda bill: bill.parent_state == "posted")
        return sum(bills.mapped("balance")) if bills else sublet.cost


class DealerJobLine(models.Model):
    _inherit = "dealer.job.line"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sublet(self):
        sold = self.filtered(lambda line: line.price_kind == "sublet")
        # Narrow sudo: whether outside work stands behind a line, told to who wants to remove it.
        sublets = sold and self.env["dealer.job.sublet"].sudo().search([("line_id", "in", sold.ids)], limit=1)
        if sublets:
            raise UserError(self.env._("“%(work)s” is outside work: remove it under Sublet.", work=sublets.name))


class DealerJob(models.Model):
    _inherit = "dealer.job"

    _protected_fields = frozenset({"has_sublet"})

    sublet_ids = fields.One2many("dealer.job.sublet", "job_id", string="Sublet", copy=False)
    # Stored, so that orders without outside work ask nothing for it.
    has_sublet = fields.Boolean(compute="_compute_has_sublet", store=True)

    @api.depends("sublet_ids")
    def _compute_has_sublet(self):
        for job in self:
            job.has_sublet = bool(job.sublet_ids)

    def _has_begun(self):
        # Narrow sudo: whether it is ordered, told to people who may not read purchases.
        return super()._has_begun() or (self.has_sublet and bool(self.sudo().sublet_ids.purchase_line_id))

    def _get_internal_costs(self, policy):
        """Add what others charged for the part of the job we pay ourselves, out of the account of their bills."""
        costs = super()._get_internal_costs(policy)
        if not self.has_sublet:
            return costs
        product = self.env.ref("dealer_workshop.product_product_sublet").with_company(self.company_id)
        account = product.product_tmpl_id.get_product_accounts()["expense"]
        cost = sum(sublet._get_booked_cost() for sublet in self.sublet_ids) * self._get_internal_share()
        total = self.currency_id.round(costs.get(account, 0.0) + cost)
        return {**costs, account: total} if total else costs


class RepairOrder(models.Model):
    _inherit = "repair.order"

    sublet_cost = fields.Monetary(
        compute="_compute_sublet_cost",
        groups=COST_GROUPS,
        help="What others charge for this order, as billed, else as ordered; without tax.",
    )

    @api.depends("job_ids.has_sublet")
    def _compute_sublet_cost(self):
        for order in self:
            sublets = order.job_ids.filtered("has_sublet").sublet_ids
            order.sublet_cost = sum(sublet._get_booked_cost() for sublet in sublets)

    def _check_nothing_done(self):
        super()._check_nothing_done()
        # Narrow sudo: as of a job.
        for sublet in self.sudo().job_ids.filtered("has_sublet").sublet_ids:
            sublet._check_not_ordered()

    def _gates_of_money(self):
        gates = super()._gates_of_money()
        sublets = [sublet for job in self.job_ids if job.has_sublet and job._is_ordered() for sublet in job.sublet_ids]
        if sublets:
            waiting = [sublet for sublet in sublets if sublet.state != "covered"]
            gates.insert(
                1,
                self._gate(
                    "sublet",
                    self.env._("Outside work billed or accrued"),
                    "settle",
                    not waiting,
                    "account.group_account_invoice",
                    hint=", ".join(f"{sublet.vendor_id.name}: {sublet.name}" for sublet in waiting),
                ),
            )
        return gates
