from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import clean_context

from ..tools import labour
from .dealer_job_split import NOT_BILLED
from .repair_order_flow import ADVISOR

PAID = ("paid", "in_payment", "reversed")


class RepairOrder(models.Model):
    """Settlement: who pays what, in one place.

    Core bills every part on ``sale_order_id``. A workshop order leaves that field empty and makes one order per payer
    when it is settled; whatever core's service lines will bring, ``_prepare_payer_orders`` is the place to change.
    """

    _inherit = "repair.order"

    payer_order_ids = fields.One2many(
        "sale.order",
        "dealer_repair_id",
        string="Payers' Orders",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman,account.group_account_readonly,account.group_account_invoice",
    )
    invoice_ids = fields.One2many(
        "account.move",
        "dealer_repair_id",
        string="Invoices and Entries",
        readonly=True,
        copy=False,
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    # Read by the service advisor and the cashier, who may not read orders and invoices as such.
    invoice_names = fields.Char(string="Invoices", compute="_compute_billing", compute_sudo=True)
    amount_billed = fields.Monetary(
        string="Billed", compute="_compute_billing", compute_sudo=True, help="With tax, credit notes deducted."
    )
    amount_due = fields.Monetary(
        string="To Collect", compute="_compute_billing", compute_sudo=True, help="Not yet paid, with tax."
    )
    deductible_amount = fields.Monetary(
        string="Deductible",
        copy=False,
        help="What the customer pays himself of the insurer's jobs, once for the whole order, without tax. It comes "
        "from the accident, where it is entered with tax; typed only on orders without one.",
    )

    _deductible_positive = models.Constraint("CHECK(deductible_amount >= 0)", "A deductible cannot be negative.")

    # --- computes -----------------------------------------------------------------------

    @api.depends(
        "invoice_ids.state",
        "invoice_ids.move_type",
        # Not the totals of the bill: core derives those from so much that each posting would look for orders
        "invoice_ids.line_ids.amount_residual",
    )
    def _compute_billing(self):
        for order in self:
            bills = order._get_bills()
            order.invoice_names = ", ".join(name for name in bills.mapped("name") if name)
            order.amount_billed = sum(bills.mapped("amount_total_signed"))
            order.amount_due = sum(bills.mapped("amount_residual_signed"))

    # --- actions ------------------------------------------------------------------------

    def action_settle(self):
        """Settle finished orders (结算): bill every payer, land internal cost, freeze the order.

        Collecting the money (收款) is the cashier's, afterwards.

        :raises AccessError: the user is no service advisor
        :raises UserError: the order is not ready, a gate is open, or no policy says where internal cost goes
        Source: practice P36, P37, P42
        """
        self._check_role(ADVISOR)
        self._check_stage("ready")
        self._check_gates("settle")
        for order in self:
            order._check_payers()
        for order in self:
            order._action_settle()
        return True

    def action_print_bills(self):
        """Print the invoices of one settled order for the customer, all payers in one file.

        :return: download of the file, which stays attached to the order
        :raises AccessError: the user is no service advisor
        :raises UserError: the order is not billed to anybody
        """
        self.ensure_one()
        self._check_role(ADVISOR)
        # Narrow sudo: the advisor hands over papers of his own order, without rights on invoices as such.
        bills = self.sudo()._get_bills()
        if not bills:
            raise UserError(self.env._("%(order)s has no bill: settle it first.", order=self.display_name))
        content, _type = self.env["ir.actions.report"].sudo()._render_qweb_pdf("account.account_invoices", bills.ids)
        paper = self._attach_bills(content)
        return {"type": "ir.actions.act_url", "url": f"/web/content/{paper.id}?download=true", "target": "download"}

    def action_create_sale_order(self):
        """Core's quotation would bill everything to one customer, past payers and gates."""
        for order in self.filtered("dealer_vehicle_id"):
            raise UserError(
                self.env._("%(order)s is billed to its payers when it is settled.", order=order.display_name)
            )
        return super().action_create_sale_order()

    # --- business: settlement -------------------------------------------------------------

    def _action_settle(self):
        """Bill and freeze one checked order. Hook: claims and entitlements extend it."""
        self.ensure_one()
        # Narrow sudo: role, stage and gates are checked. Orders, invoices and entries are not the advisor's to write.
        order = self.sudo().with_company(self.company_id).with_context(clean_context(self.env.context))
        # Written first: whoever settles at the same instant waits for this row, starts again and finds it settled.
        order.write({"settled_on": fields.Datetime.now(), "settled_by_id": self.env.uid})
        order.flush_recordset(["settled_on"])
        order._bill_payers()
        order._land_internal_costs()
        self.invalidate_recordset()
        self._gates_changed()

    def _check_payers(self):
        """Refuse to send the customer the bill for what maker or insurer pays, and ourselves any bill.

        :raises UserError: names the job and what to enter
        Source: practice P32, P37
        """
        self.ensure_one()
        pay_types = dict(self.env["dealer.job.split"]._fields["pay_type"]._description_selection(self.env))
        # Narrow sudo: which partner the company is.
        ourselves = self.company_id.sudo().partner_id
        for split in self._get_settled_jobs().split_ids:
            if split.pay_type not in NOT_BILLED and split.partner_id == ourselves:
                raise UserError(
                    self.env._(
                        "“%(job)s” would be billed to ourselves: pay it as “%(pay_type)s”, or enter who pays under "
                        "Payers of the job.",
                        job=split.job_id.display_name,
                        pay_type=pay_types["internal"],
                    )
                )
            if split.pay_type in ("warranty", "insurance") and split.partner_id == self.partner_id:
                raise UserError(
                    self.env._(
                        "“%(job)s” is paid as “%(pay_type)s”, but its payer is the customer %(customer)s. Enter the "
                        "maker or the insurer under Payers of the job, or let the customer pay.",
                        job=split.job_id.display_name,
                        pay_type=pay_types[split.pay_type],
                        customer=self.partner_id.display_name,
                    )
                )
        self._check_deductible()

    def _check_deductible(self):
        """Refuse to settle a deductible nobody would pay.

        :raises UserError: says what to enter
        Source: practice P37
        """
        jobs = self._get_settled_jobs()
        for insurer in self._get_deductibles():
            self._check_deductible_of(jobs._get_insured_by(insurer).job_id)

    def _check_deductible_of(self, borne):
        for job in borne:
            if not job._get_deductible_payer():
                raise UserError(
                    self.env._(
                        "“%(job)s”: the deductible is the customer's, but he is no payer of the job. Add him under "
                        "Payers with a share of 0 %% who takes the rest.",
                        job=job.display_name,
                    )
                )
        if not borne:
            raise UserError(
                self.env._(
                    "%(order)s has a deductible, but no job an insurer pays. Remove the deductible.",
                    order=self.display_name,
                )
            )

    def _get_deductibles(self):
        """Return what customers bear of the insurers' amounts, without tax. Hook: accidents tell whose it is.

        :return: {``res.partner``: amount}; an empty partner: of whichever insurer
        Source: practice P37
        """
        return {self.env["res.partner"]: self.deductible_amount} if self.deductible_amount else {}

    def _bill_payers(self):
        """Create, confirm and invoice the payers' orders, then lock them.

        :return: ``account.move``, posted
        """
        orders = self.env["sale.order"].create(self._prepare_payer_orders())
        if not orders:
            return self.env["account.move"]
        for order in orders:
            self._round_as_priced(order)
        orders.action_confirm()
        invoices = orders._create_invoices(grouped=True)
        invoices.action_post()
        orders.action_lock()
        return invoices

    def _round_as_priced(self, order):
        """Make a payer's total the sum of his items as they were priced: each rounded.

        A company that rounds its tax globally bills the rounded sum of what is not rounded, a cent more or less.

        :param order: ``sale.order`` of one payer, not confirmed
        Source: quality.md I7
        """
        digits = self.currency_id.decimal_places
        lines = order.order_line.filtered("product_id")
        priced = sum(
            labour.labour_price(line.product_uom_qty, line.price_unit, line.discount, digits) for line in lines
        )
        self._put_tax_into_prices(lines)
        cents = self.currency_id.round(priced - order.amount_untaxed)
        if not self.currency_id.is_zero(cents):
            values = {
                "order_id": order.id,
                "product_id": self.env.ref("dealer_workshop.product_product_rounding").id,
                "name": self.env._("Rounding"),
                "product_uom_qty": 1.0,
                "qty_delivered": 1.0,
                "price_unit": cents,
                "tax_ids": [Command.set(lines[:1].tax_ids.ids)],
            }
            self._put_tax_into_prices(self.env["sale.order.line"].create(values))

    def _put_tax_into_prices(self, lines):
        """Turn the workshop's prices, which are without tax, into prices with it where a tax wants that.

        :param lines: ``sale.order.line`` of one payer, not confirmed
        Source: quality.md I7
        """
        for line in lines:
            if any(tax.price_include for tax in line.tax_ids):
                # The price is one without tax, whatever the tax says
                taxes = line.tax_ids.with_context(force_price_include=False)
                partner = line.order_partner_id
                parted = taxes.compute_all(line.price_unit, line.currency_id, product=line.product_id, partner=partner)
                line.price_unit = parted["total_included"]

    def _prepare_payer_orders(self):
        """Return one order per payer of this repair order, in the order of its jobs.

        The single place where a repair order becomes bills: warranty, insurance and entitlements only add payers
        (pay types) to the jobs' splits.

        :return: list of dicts for ``sale.order.create``; empty when we pay everything ourselves
        Source: design.md "billing"; practice P37
        """
        self.ensure_one()
        lines = defaultdict(list)
        jobs = self._get_settled_jobs()
        # Read for all lines at once what each asks for
        (jobs.line_ids.product_id | jobs.move_ids.product_id).product_tmpl_id.fetch(["taxes_id"])
        # What a payer pays is asked for where there are several: the only one pays each item in full.
        amounts = jobs.filtered(lambda job: len(job.split_ids) > 1)._get_payer_amounts(self._get_deductibles())
        for job in jobs:
            for payer, job_lines in job._prepare_payer_lines(amounts).items():
                lines[payer].append({"display_type": "line_section", "name": job.display_name})
                lines[payer] += [self._prepare_payer_line(payer[1], values) for values in job_lines]
        self._add_rounding(lines)
        return [self._prepare_payer_order(*payer, payer_lines) for payer, payer_lines in lines.items()]

    def _add_rounding(self, lines):
        """Take what was rounded off from the customer's bill. Hook of the discounts.

        :param dict lines: lines by payer, changed in place
        """

    def _get_payer_amounts(self):
        """Return what each payer of this order's jobs pays, without tax.

        :return: {``dealer.job.split``: amount in company currency}
        Source: practice P37
        """
        self.ensure_one()
        return self._get_settled_jobs()._get_payer_amounts(self._get_deductibles())

    def _prepare_payer_order(self, pay_type, partner, lines):
        """Return the values of one payer's order.

        :param str pay_type: code of ``PAY_TYPES``
        :param partner: ``res.partner`` who gets the bill
        :param list lines: dicts for ``sale.order.line``
        """
        return {
            "company_id": self.company_id.id,
            "partner_id": partner.id,
            # The prices were agreed in the company's currency: no price list of the payer changes them.
            "pricelist_id": False,
            "warehouse_id": self.site_id.id,
            "user_id": self.user_id.id,
            "origin": self.name,
            "client_order_ref": self.dealer_vehicle_id.plate or self.dealer_vehicle_id.vin,
            "dealer_repair_id": self.id,
            "dealer_pay_type": pay_type,
            "require_signature": False,
            "require_payment": False,
            "order_line": [Command.create(values) for values in lines],
        }

    def _prepare_payer_line(self, partner, values):
        """Give a line the company's tax when its product has none for this company.

        Labour and parts are shared by all companies; a company that got its chart later has no tax on them.
        """
        product = self.env["product.product"].browse(values["product_id"])
        if not product.taxes_id._filter_taxes_by_company(self.company_id) and self.company_id.account_sale_tax_id:
            position = self.env["account.fiscal.position"]._get_fiscal_position(partner)
            return values | {"tax_ids": [Command.set(position.map_tax(self.company_id.account_sale_tax_id).ids)]}
        return values

    def _get_settled_jobs(self):
        """Return the jobs that are billed or paid by ourselves: all that were ordered."""
        return self.job_ids.filtered(lambda job: job._is_ordered())

    def _attach_bills(self, content):
        """Attach the printed bills to this order in place of an earlier print.

        :param bytes content: the file
        :return: ``ir.attachment``
        """
        # Narrow sudo: role and order were checked by the button; the paper is written under our own name only.
        papers = self.env["ir.attachment"].sudo()
        name = self.env._("Invoice %(names)s.pdf", names=self.invoice_names.replace("/", "-"))
        target = {"name": name, "res_model": self._name, "res_id": self.id}
        papers.search([(key, "=", value) for key, value in target.items()]).unlink()
        return papers.create({**target, "raw": content, "mimetype": "application/pdf"})

    # --- business: internal cost -----------------------------------------------------------

    def _land_internal_costs(self):
        """Book what we pay ourselves where the policy says: into the car's stock cost, or into expense.

        Parts left stock without an entry; each amount is credited exactly once where it came from, see
        ``dealer.job._get_internal_costs``.
        """
        self.ensure_one()
        internal = self._get_settled_jobs().split_ids.filtered(lambda split: split.pay_type == "internal")
        if not internal:
            return
        amounts = self._get_payer_amounts()
        for split in internal:
            split.settled_amount = amounts[split]
        jobs = internal.job_id.filtered(lambda job: job._get_internal_share() > 0)
        for job, policy in self.env["dealer.internal.policy"]._get_policies(jobs).items():
            costs = job._get_internal_costs(policy)
            if policy.treatment == "stock_cost":
                self._capitalise_job(job, costs)
            elif costs:
                self._expense_job(job, policy, costs)

    def _capitalise_job(self, job, costs):
        """Add the cost of an internal job to the car it was done on.

        :param dict costs: {``account.account``: amount}
        """
        for account, amount in costs.items():
            landed = self.dealer_vehicle_id._capitalise(amount, self._get_internal_label(job), account)
            landed.dealer_repair_id = self
            landed.account_move_id.dealer_repair_id = self

    def _expense_job(self, job, policy, costs):
        """Post the cost of an internal job as expense.

        :param policy: ``dealer.internal.policy``
        :param dict costs: {``account.account``: amount}
        :return: the posted ``account.move``
        """
        entry = self.env["account.move"].create(self._prepare_expense_entry(job, policy, costs))
        entry.action_post()
        return entry

    def _prepare_expense_entry(self, job, policy, costs):
        label = self._get_internal_label(job)
        lines = [{"account_id": policy.expense_account_id.id, "balance": sum(costs.values()), "name": label}]
        lines += [{"account_id": account.id, "balance": -amount, "name": label} for account, amount in costs.items()]
        return {
            "move_type": "entry",
            "company_id": self.company_id.id,
            "journal_id": self.company_id.account_stock_journal_id.id,
            "ref": self.name,
            "dealer_repair_id": self.id,
            "line_ids": [Command.create(line) for line in lines],
        }

    def _get_internal_label(self, job):
        return self.env._("%(order)s, internal: %(job)s", order=self.name, job=job.name)

    # --- business: money ------------------------------------------------------------------

    def _get_bills(self):
        """Return the posted invoices and credit notes of these orders, internal entries left out."""
        return self.invoice_ids.filtered(lambda move: move.state == "posted" and move.is_sale_document())

    def _is_paid(self):
        self.ensure_one()
        # Narrow sudo: a gate says paid or not, to people who may not read invoices. Maker and insurer pay later; the
        # customer's car does not wait for them.
        bills = self.sudo()._get_bills().filtered(lambda bill: bill.dealer_pay_type == "customer")
        return super()._is_paid() and all(bill.payment_state in PAID or bill._is_on_credit() for bill in bills)
