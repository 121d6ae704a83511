from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .dealer_entitlement import PAY_TYPE_OF


class DealerJob(models.Model):
    """A job that an entitlement pays."""

    _inherit = "dealer.job"

    entitlement_id = fields.Many2one(
        "dealer.entitlement",
        copy=False,
        check_company=True,
        index="btree_not_null",
        domain="[('id', 'in', entitlement_choice_ids)]",
        help="First service, package or coupon this job is done on; its payers follow.",
    )
    entitlement_choice_ids = fields.Many2many("dealer.entitlement", compute="_compute_entitlement_choice_ids")

    @api.depends("order_id.dealer_vehicle_id", "order_id.partner_id")
    def _compute_entitlement_choice_ids(self):
        for job in self:
            job.entitlement_choice_ids = job.order_id._find_entitlements([("kind", "!=", "stored_value")])

    @api.model_create_multi
    def create(self, vals_list):
        jobs = super().create(vals_list)
        for job in jobs:
            if job.entitlement_id:
                job._apply_entitlement()
        return jobs

    def write(self, vals):
        changed = self.browse()
        if "entitlement_id" in vals:
            changed = self.filtered(lambda job: job.entitlement_id.id != vals["entitlement_id"])
        result = super().write(vals)
        for job in changed:
            job._apply_entitlement()
        return result

    def _apply_entitlement(self):
        """Let the payers follow the entitlement: its bearer, up to its amount; the customer takes the rest.

        :raises UserError: the entitlement does not serve this visit
        Source: practice P37, P38
        """
        self.ensure_one()
        entitlement = self.entitlement_id.sudo()
        if entitlement:
            entitlement._check_usable(self.order_id)
            entitlement._check_covers(self)
        # Narrow sudo: choosing the entitlement was the advisor's right, what follows from it is not typed.
        job = self.sudo()
        values = {"split_ids": [Command.clear(), *job._prepare_entitled_splits(entitlement)]}
        if entitlement.bearer == "maker":
            values["pay_type"] = "warranty"
        elif not entitlement:
            values["pay_type"] = job._default_pay_type()
        job.write(values)

    def _prepare_entitled_splits(self, entitlement):
        if not entitlement:
            return [Command.create({"partner_id": self._default_payer().id, "pay_type": self._default_pay_type()})]
        customer = self.order_id.payer_id or self.order_id.partner_id
        partner = {"maker": entitlement.maker_id, "company": self.company_id.partner_id}.get(
            entitlement.bearer, customer
        )
        cap = entitlement.amount_total if entitlement.bearer != "prepaid" else 0.0
        first = {
            "partner_id": partner.id,
            "pay_type": PAY_TYPE_OF[entitlement.bearer],
            "cap_amount": cap,
            "entitlement_id": entitlement.id,
        }
        if not cap:
            return [Command.create(first)]
        rest = {"partner_id": customer.id, "pay_type": "customer", "share": 0.0, "takes_rest": True}
        # The one who takes the rest first: the limit of the other is allowed beside him only.
        return [Command.create(rest), Command.create(first)]


class RepairOrder(models.Model):
    """Entitlements at settlement: visits taken off, prepaid money used, all of it given back by a reversal."""

    _inherit = "repair.order"

    stored_value_id = fields.Many2one(
        "dealer.entitlement",
        string="Pay from Stored Value",
        copy=False,
        check_company=True,
        domain="[('id', 'in', stored_value_choice_ids)]",
        help="What is left on it pays the customer's bill at settlement.",
    )
    stored_value_choice_ids = fields.Many2many("dealer.entitlement", compute="_compute_stored_value_choice_ids")
    entitlement_use_ids = fields.One2many(
        "dealer.entitlement.use", "order_id", string="Entitlements Used", readonly=True
    )
    entitlement_count = fields.Integer(string="Entitlements", compute="_compute_entitlement_count")

    @api.depends("dealer_vehicle_id", "partner_id")
    def _compute_stored_value_choice_ids(self):
        for order in self:
            order.stored_value_choice_ids = order._find_entitlements([("kind", "=", "stored_value")])

    @api.depends("dealer_vehicle_id", "partner_id")
    def _compute_entitlement_count(self):
        for order in self:
            order.entitlement_count = len(order._find_entitlements([]))

    def _find_entitlements(self, domain):
        """Return the active entitlements of this order's car and customer.

        :param list domain: which of them
        """
        if not self.dealer_vehicle_id:
            return self.env["dealer.entitlement"]
        owners = self.partner_id | self.payer_id
        return self.env["dealer.entitlement"].search(
            [
                ("state", "=", "active"),
                ("company_id", "=", self.company_id.id),
                "|",
                ("vehicle_id", "=", self.dealer_vehicle_id.id),
                "&",
                ("vehicle_id", "=", False),
                ("partner_id", "in", owners.ids),
                *domain,
            ]
        )

    def action_view_entitlements(self):
        """Open what this car and its customer may have done without paying.

        :return: window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_workshop.dealer_entitlement_action")
        return action | {
            "domain": [("id", "in", self._find_entitlements([]).ids)],
            "context": {
                "default_partner_id": self.partner_id.id,
                "default_vehicle_id": self.dealer_vehicle_id.id,
            },
        }

    # --- settlement ---------------------------------------------------------------------

    def _check_payers(self):
        super()._check_payers()
        for split in self._get_settled_jobs().split_ids:
            if split.entitlement_id:
                # Narrow sudo: what a package covers is told to whoever settles.
                split.entitlement_id.sudo()._check_covers(split.job_id)
            if split.pay_type == "prepaid" and not split.entitlement_id:
                raise UserError(
                    self.env._(
                        "“%(job)s” is to be paid by prepaid money, but no entitlement is named: choose it on the job.",
                        job=split.job_id.display_name,
                    )
                )

    def _bill_payers(self):
        invoices = super()._bill_payers()
        for split in self._get_settled_jobs().split_ids.filtered("entitlement_id"):
            self._use_entitlement(split)
        if self.stored_value_id:
            self._use_stored_value(invoices)
        return invoices

    def _use_entitlement(self, split):
        """Take one visit off and book what prepaid money becomes.

        :param split: ``dealer.job.split`` the entitlement stands behind
        :raises UserError: it does not serve any more: another order used the last visit
        """
        entitlement = split.entitlement_id
        entitlement._lock()
        entitlement._check_usable(self)
        amount = entitlement._use_visit()
        entry = self.env["account.move"]
        if entitlement.bearer == "prepaid":
            entry = entry.create(self._prepare_prepaid_entry(split, amount))
            entry.action_post()
        self._log_use(entitlement, 1, amount, entry, job=split.job_id, priced=self._get_payer_amounts()[split])

    def _log_use(self, entitlement, count, amount, entry, job=None, priced=0.0):
        self.env["dealer.entitlement.use"].create(
            {
                "entitlement_id": entitlement.id,
                "order_id": self.id,
                "job_id": job.id if job else False,
                "count": count,
                "amount": amount,
                "amount_priced": priced,
                "move_id": entry.id,
            }
        )

    def _prepare_prepaid_entry(self, split, amount):
        """Return the entry by which prepaid money becomes revenue, with the cost of the parts nobody is billed for.

        :param split: ``dealer.job.split`` paid by an entitlement
        :param float amount: what this visit is worth, with tax
        """
        job, entitlement = split.job_id, split.entitlement_id
        policy = entitlement._get_policy()
        label = self.env._("%(order)s: %(entitlement)s", order=self.name, entitlement=entitlement.name)
        lines = [{"account_id": policy.liability_account_id.id, "balance": amount}]
        lines += self._prepare_revenue_lines(policy, amount)
        lines += job._prepare_cost_lines(job._get_share("prepaid"))
        common = {"name": label, "partner_id": entitlement.partner_id.id}
        return {
            "move_type": "entry",
            "company_id": self.company_id.id,
            "journal_id": policy.journal_id.id,
            "ref": self.name,
            "dealer_repair_id": self.id,
            "line_ids": [Command.create(common | line) for line in lines if line["balance"]],
        }

    def _prepare_revenue_lines(self, policy, amount):
        """Part prepaid money, which is with tax, into revenue and tax.

        :return: list of dicts for ``account.move.line``, credits
        """
        taxes = policy.tax_id.with_context(force_price_include=True)
        if not taxes:
            return [{"account_id": policy.revenue_account_id.id, "balance": -amount}]
        parted = taxes.compute_all(amount, self.currency_id, 1.0, handle_price_include=True)
        lines = [
            {
                "account_id": policy.revenue_account_id.id,
                "balance": -parted["total_excluded"],
                "tax_tag_ids": [Command.set(parted["base_tags"])],
            }
        ]
        for tax in parted["taxes"]:
            lines.append(
                {
                    "account_id": tax["account_id"] or policy.revenue_account_id.id,
                    "balance": -tax["amount"],
                    "tax_tag_ids": [Command.set(tax["tag_ids"])],
                }
            )
        return lines

    def _use_stored_value(self, invoices):
        """Pay the customer's bill from stored value, as far as it goes.

        :param invoices: ``account.move`` of this settlement
        """
        entitlement = self.stored_value_id
        entitlement._lock()
        entitlement._check_usable(self)
        for bill in invoices.filtered(lambda bill: bill.dealer_pay_type == "customer" and bill.amount_residual):
            amount = min(entitlement.amount_left, bill.amount_residual)
            if self.currency_id.compare_amounts(amount, 0) > 0:
                entry = self.env["account.move"].create(self._prepare_stored_value_entry(entitlement, bill, amount))
                entry.action_post()
                owed = bill.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
                (owed | entry.line_ids.filtered_domain([("account_id", "in", owed.account_id.ids)])).reconcile()
                entitlement._take(0, amount)
                self._log_use(entitlement, 0, amount, entry)

    def _prepare_stored_value_entry(self, entitlement, bill, amount):
        policy = entitlement._get_policy()
        label = self.env._("%(order)s: %(entitlement)s", order=self.name, entitlement=entitlement.name)
        receivable = bill.line_ids.filtered(lambda line: line.account_type == "asset_receivable").account_id[:1]
        return {
            "move_type": "entry",
            "company_id": self.company_id.id,
            "journal_id": policy.journal_id.id,
            "ref": self.name,
            "dealer_repair_id": self.id,
            "line_ids": [
                Command.create(
                    {
                        "account_id": policy.liability_account_id.id,
                        "partner_id": entitlement.partner_id.id,
                        "balance": amount,
                        "name": label,
                    }
                ),
                Command.create(
                    {
                        "account_id": receivable.id,
                        "partner_id": bill.commercial_partner_id.id,
                        "balance": -amount,
                        "name": label,
                    }
                ),
            ],
        }

    def _withdraw_payer_orders(self):
        res = super()._withdraw_payer_orders()
        self.entitlement_use_ids._give_back()
        return res
