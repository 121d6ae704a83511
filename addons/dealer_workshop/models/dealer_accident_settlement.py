from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import payers
from .dealer_claim import CLERK, MANAGER

# Whom an approved sum is billed to, and for what.
MONEY_LINKS = {"order_id", "vehicle_id", "insurer_id", "policy_id"}


class DealerAccidentCase(models.Model):
    """What the insurer approved is what he is billed; who bears what lies above is decided before settlement (P40)."""

    _inherit = "dealer.accident.case"

    _protected_fields = frozenset({"rest_state", "rest_by_id", "rest_approver_id", "rest_limit"})

    amount_rest = fields.Monetary(
        "Above the Approved Sum",
        compute="_compute_amount_rest",
        compute_sudo=True,
        help="Price of the insurer's work on the order with tax, less what he approved.",
    )
    rest_state = fields.Selection(
        [
            ("open", "To Decide"),
            ("requested", "Approval Asked"),
            ("customer", "Customer Pays"),
            ("written_off", "Written Off"),
        ],
        "Who Bears the Rest",
        readonly=True,
        copy=False,
        tracking=True,
    )
    rest_reason = fields.Char("Reason of the Write-off", copy=False)
    rest_limit = fields.Monetary("Written Off up to", readonly=True, copy=False, help="With tax, as it was approved.")
    rest_by_id = fields.Many2one("res.users", "Decided by", readonly=True, copy=False)
    rest_approver_id = fields.Many2one("res.users", "Approved by", readonly=True, copy=False)

    _rest_four_eyes = models.Constraint(
        "CHECK (rest_approver_id IS NULL OR rest_approver_id IS DISTINCT FROM rest_by_id)",
        "Nobody approves his own write-off.",
    )

    @api.depends(
        "state",
        "amount_approved",
        "order_id.settled_on",
        "order_id.job_ids.split_ids.share",
        "order_id.accident_case_ids.state",
        "order_id.accident_case_ids.amount_approved",
    )
    def _compute_amount_rest(self):
        for case in self:
            _net, gross = case._get_insured_sums()
            above = gross - case._get_approved_sum()
            # Once settled, what he does not pay is the claim's: his answer, and who bears what was cut.
            is_open = gross and case.state == "approved" and not case.order_id.settled_on
            case.amount_rest = max(above, 0.0) if is_open else 0.0

    # --- CRUD ---------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        cases = super().create(vals_list)
        cases._check_deductible_open()
        cases._push_deductible(cases.sudo().order_id)
        return cases

    def write(self, vals):
        orders = self.sudo().order_id
        if {"deductible", "order_id"} & vals.keys():
            self._check_deductible_open()
        if not self.env.su and MONEY_LINKS & vals.keys():
            self._check_not_approved(vals)
        result = super().write(vals)
        if {"deductible", "order_id"} & vals.keys():
            self._check_deductible_open()
            self._push_deductible(orders | self.sudo().order_id)
        return result

    def unlink(self):
        orders = self.sudo().order_id
        result = super().unlink()
        self._push_deductible(orders)
        return result

    def _check_not_approved(self, vals):
        """Refuse another order, car or insurer once the sum is approved: payers follow from it.

        :raises UserError: names the order, and the way out
        """
        links = MONEY_LINKS & vals.keys()
        approved = self.filtered(lambda case: case.state == "approved" and case.order_id)
        for case in approved.filtered(lambda case: any(case[name].id != vals[name] for name in links)):
            raise UserError(
                self.env._(
                    "%(case)s was approved for %(order)s: open a supplement before you change order, car or insurer.",
                    case=case.display_name,
                    order=case.order_id.display_name,
                )
            )

    def _check_deductible_open(self):
        """Refuse to change the deductible of a settled order, and to bring one along to it."""
        for case in self.filtered(lambda case: case.deductible and case.order_id.settled_on):
            raise UserError(
                self.env._(
                    "%(order)s is settled with its deductible: reverse its settlement to change it.",
                    order=case.order_id.display_name,
                )
            )

    @api.model
    def _push_deductible(self, orders):
        """Write the deductible of the accidents on open orders, which bill without tax: one truth.

        :param orders: ``repair.order``, superuser: typed on the accident and checked there, never on the order
        """
        for order in orders.filtered(lambda order: not order.settled_on):
            cases = self.sudo().search([("order_id", "=", order.id), ("state", "!=", "total_loss")])
            taxes = order.company_id.account_sale_tax_id.with_context(force_price_include=True)
            total = sum(cases.mapped("deductible"))
            order.deductible_amount = taxes.compute_all(total, order.currency_id)["total_excluded"] if taxes else total

    # --- actions ------------------------------------------------------------------------

    def action_rest_customer(self):
        """Let the customer pay what lies above the approved sum; he is asked where he signed for less.

        :raises UserError: not approved, or decided already
        Source: practice P40
        """
        self._check_role()
        self._check_rest("open")
        return self._decide_rest("customer")

    def action_rest_write_off(self):
        """Write off what lies above the approved sum; above the administrator's limit a manager approves.

        :raises UserError: decided already, or nobody wrote why
        Source: practice P40
        """
        self._check_role(CLERK)
        self._check_rest("open")
        for case in self.filtered(lambda case: not (case.rest_reason or "").strip()):
            raise UserError(self.env._("%(case)s: write the reason of the write-off first.", case=case.display_name))
        for case in self:
            limit = self.env["dealer.claim.policy"]._get_policy(case.company_id, case.insurer_id, case.date_approved)
            if case.currency_id.compare_amounts(case.amount_rest, limit["write_off_limit"]) <= 0:
                case._decide_rest("written_off")
            else:
                case._write_rest("requested", rest_by_id=self.env.uid)
        return True

    def action_rest_approve(self):
        """Approve a write-off somebody else asked for."""
        self._check_role(MANAGER)
        self._check_rest("requested")
        for case in self.filtered(lambda case: case.rest_by_id == self.env.user):
            raise UserError(
                self.env._("%(case)s: another person than you, who asked, approves.", case=case.display_name)
            )
        for case in self:
            case._decide_rest("written_off", rest_by_id=case.rest_by_id.id, rest_approver_id=self.env.uid)
        return True

    def action_rest_again(self):
        """Take the decision back as long as the order is not settled."""
        self._check_role(MANAGER, CLERK)
        self._check_rest("requested", "customer", "written_off")
        return self._write_rest("open", rest_by_id=False, rest_approver_id=False, rest_limit=0.0)

    # --- checks -------------------------------------------------------------------------

    def _check_rest(self, *states):
        self._check_state("approved")
        self.order_id._check_open_for_changes()
        self._check_newest()
        labels = dict(self._fields["rest_state"]._description_selection(self.env))
        for case in self.filtered(lambda case: case.rest_state not in states):
            raise UserError(
                self.env._(
                    "%(case)s: who bears the rest is “%(state)s”. This step is not possible.",
                    case=case.display_name,
                    state=labels.get(case.rest_state) or self.env._("nothing"),
                )
            )

    def _check_newest(self):
        """Refuse to decide on an older accident: the insurer gets one bill, its rest is decided once, on the newest.

        :raises UserError: names the accident to decide on
        """
        for case in self.filtered("order_id"):
            newest = case.sudo()._get_approved_of_insurer()[-1:]  # narrow: which accident it is
            if newest != case:
                raise UserError(
                    self.env._(
                        "%(insurer)s gets one bill for all accidents of %(order)s: decide on %(case)s who bears its "
                        "rest.",
                        insurer=case.insurer_id.display_name,
                        order=case.order_id.display_name,
                        case=newest.display_name,
                    )
                )

    # --- business -----------------------------------------------------------------------

    def _step(self, state, **values):
        """Open the decision with each approval; a supplement closes it."""
        rest = {"rest_state": "open" if state == "approved" else False, "rest_by_id": False, "rest_approver_id": False}
        result = super()._step(state, **rest, **values)
        if state == "total_loss":
            self._push_deductible(self.sudo().order_id)
        for order in self.sudo().order_id.filtered(lambda order: not order.settled_on):
            order._apply_approved_sums()
            order._gates_changed()
        return result

    def _decide_rest(self, state, **values):
        for case in self:
            order = case.sudo().order_id
            before = order.job_ids._get_agreement() if state == "customer" else {}
            case._write_rest(state, **{"rest_by_id": self.env.uid, "rest_limit": case.amount_rest, **values})
            if order and not order.settled_on:
                order._apply_approved_sums()
                order.job_ids.with_env(self.env)._ask_customer_again(before)
                order._gates_changed()
        return True

    def _write_rest(self, state, **values):
        # Narrow sudo: role and state are checked; the decision is protected from typing.
        self.sudo().write({"rest_state": state, **values})
        return True

    def _is_rest_decided(self):
        """Tell whether somebody bears all that lies above the approved sum now."""
        self.ensure_one()
        if self.currency_id.compare_amounts(self.amount_rest, 0) <= 0 or self.rest_state == "customer":
            return True
        within = self.currency_id.compare_amounts(self.amount_rest, self.rest_limit) <= 0
        return self.rest_state == "written_off" and within

    def _get_insured_splits(self):
        """Return this insurer's payers on the order's jobs.

        :return: ``dealer.job.split``
        """
        self.ensure_one()
        return self.order_id._get_settled_jobs().split_ids.filtered(
            lambda split: split.pay_type == "insurance" and split.partner_id == self.insurer_id
        )

    def _get_insured_sums(self):
        """Return the price of this insurer's work on the order, whatever limits stand on it.

        :return: (without tax, with tax)
        """
        splits = self._get_insured_splits()
        net = sum(split.job_id._get_price() * split.share / 100 for split in splits)
        return net, sum(split.job_id.quoted_amount * split.share / 100 for split in splits)

    def _get_approved_sum(self):
        """Return what this insurer approved for the order, of all its accidents."""
        return sum(self._get_approved_of_insurer().mapped("amount_approved")) if self.order_id else self.amount_approved

    def _get_approved_of_insurer(self):
        """Return the approved accidents of this insurer on the order: he gets one bill, and one answer, for all.

        :return: ``dealer.accident.case``, the oldest first
        """
        self.ensure_one()
        return self.search(
            [("order_id", "=", self.order_id.id), ("insurer_id", "=", self.insurer_id.id), ("state", "=", "approved")],
            order="id",
        )

    def _cap_insurer(self):
        """Limit what the insurer is billed to the sum he approved, job by job; the rest goes to who bears it.

        :raises UserError: he approved nothing
        """
        self.ensure_one()
        splits = self._get_insured_splits()
        net, gross = self._get_insured_sums()
        if self.currency_id.compare_amounts(self.amount_rest, 0) <= 0:
            splits.filtered("cap_amount").write({"cap_amount": 0.0})
            return
        if not self._is_rest_decided():
            return
        approved = self.currency_id.round(self._get_approved_sum() * net / gross)
        demands = [split.job_id._get_price() * split.share / 100 for split in splits]
        caps = payers.cut_sum(approved, demands, self.currency_id.decimal_places)
        for split, cap in zip(splits, caps, strict=True):
            if not cap:
                raise UserError(
                    self.env._(
                        "%(insurer)s approved nothing for “%(job)s”: let somebody else pay the job.",
                        insurer=self.insurer_id.display_name,
                        job=split.job_id.display_name,
                    )
                )
            split.cap_amount = 0.0
            split.job_id._set_rest_payer("customer" if self.rest_state == "customer" else "internal")
            split.cap_amount = cap


class DealerJob(models.Model):
    _inherit = "dealer.job"

    def _set_rest_payer(self, pay_type):
        """Let a customer, or ourselves, pay what lies above the limits of the other payers.

        :param str pay_type: ``customer`` or ``internal``
        """
        self.ensure_one()
        others = self.split_ids.filtered(lambda split: split.takes_rest and split.pay_type != pay_type)
        empty = others.filtered(lambda split: not split.share and split.pay_type != "customer")
        empty.unlink()
        (others - empty).takes_rest = False
        # Before another one takes it: the database allows one of a job.
        others.exists().flush_recordset(["takes_rest"])
        if not self.split_ids.filtered("takes_rest"):
            taker = self.split_ids.filtered(lambda split: split.pay_type == pay_type)[:1]
            if taker:
                taker.write({"takes_rest": True, "cap_amount": 0.0})
            else:
                self._add_payer(pay_type, takes_rest=True)

    def _add_payer(self, pay_type, **values):
        """Add a payer without a share of his own.

        :param str pay_type: ``customer`` or ``internal``
        """
        order = self.order_id
        partner = self.company_id.partner_id if pay_type == "internal" else order.payer_id or order.partner_id
        splits = self.env["dealer.job.split"]
        splits.create({"job_id": self.id, "pay_type": pay_type, "partner_id": partner.id, "share": 0.0, **values})


class RepairOrder(models.Model):
    _inherit = "repair.order"

    accident_case_ids = fields.One2many("dealer.accident.case", "order_id", "Accidents", readonly=True)

    def write(self, vals):
        if not self.env.su and "deductible_amount" in vals:
            self._check_deductible_typed(vals["deductible_amount"])
        return super().write(vals)

    def _check_deductible_typed(self, amount):
        """Refuse another deductible than the accident says.

        :raises UserError: names the accident
        """
        for order in self:
            if order.accident_case_ids and order.currency_id.compare_amounts(amount or 0.0, order.deductible_amount):
                raise UserError(
                    self.env._(
                        "The deductible of %(order)s is entered on its accident: %(cases)s.",
                        order=order.display_name,
                        cases=", ".join(order.accident_case_ids.mapped("display_name")),
                    )
                )

    def _get_deductibles(self):
        """Part the deductible among insurers: each bears work of his own less his own policy's deductible."""
        result = super()._get_deductibles()
        # Narrow sudo: which sums the payers of an order follow from.
        cases = self.sudo().accident_case_ids if result else self.env["dealer.accident.case"]
        cases = cases.filtered(lambda case: case.deductible and case.state != "total_loss")
        if len(cases.insurer_id) < 2:
            return result
        sums = {insurer: sum(own.mapped("deductible")) for insurer, own in cases.grouped("insurer_id").items()}
        parts = payers.cut_sum(self.deductible_amount, sums.values(), self.currency_id.decimal_places)
        return dict(zip((insurer.with_env(self.env) for insurer in sums), parts, strict=True))

    def _is_insured(self):
        return "insurance" in self.job_ids.split_ids.mapped("pay_type")

    def _get_approved_cases(self):
        """Return the newest approved accident of each insurer of this order.

        :return: ``dealer.accident.case``, superuser
        """
        self.ensure_one()
        # Narrow sudo: what an order waits for is told to whoever reads the order.
        cases = self.sudo().accident_case_ids.filtered(lambda case: case.state == "approved").sorted("id")
        return cases.browse({case.insurer_id: case.id for case in cases}.values())

    def _apply_approved_sums(self):
        """Bill insurers what they approved, and customers the deductible: payers follow the accident.

        Source: practice P37, P40
        """
        self.ensure_one()
        # Narrow sudo: the caller checked approval or settlement; payers follow from it.
        for case in self.sudo()._get_approved_cases():
            case._cap_insurer()
        if self.deductible_amount and self.accident_case_ids:
            for job in self.sudo()._get_settled_jobs():
                if "insurance" in job.split_ids.mapped("pay_type") and not job._get_deductible_payer():
                    job._add_payer("customer")

    def _check_payers(self):
        if self._is_insured():
            self._apply_approved_sums()
        return super()._check_payers()

    def _gates_of_money(self):
        gates = super()._gates_of_money()
        if self.settled_on or not self._is_insured():
            return gates
        open_cases = [case for case in self._get_approved_cases() if not case._is_rest_decided()]
        if open_cases:
            gates.insert(
                0,
                self._gate(
                    "approved_sum",
                    self.env._("Decided who bears what the insurer did not approve"),
                    "settle",
                    False,
                    CLERK,
                    hint=", ".join(
                        f"{case.display_name}: {case.currency_id.format(case.amount_rest)}" for case in open_cases
                    ),
                ),
            )
        return gates
