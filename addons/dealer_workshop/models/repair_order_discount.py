from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools import labour
from .repair_kind import COMEBACKS
from .repair_order_flow import ADVISOR, MANAGER


class DealerJob(models.Model):
    _inherit = "dealer.job"

    def _check_may_discount(self):
        """Refuse discounts by people who agree no prices with the customer.

        :raises AccessError: names the role
        """
        if not self.env.su and not self.env.user.has_group(ADVISOR):
            raise AccessError(
                self.env._("Discounts are given by: %(role)s.", role=self.env.ref(ADVISOR).sudo().display_name)
            )


class DealerJobLine(models.Model):
    _inherit = "dealer.job.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        given = lines.filtered(lambda line: line._get_discount())
        if given:
            given.order_id._on_discount_given()
        return lines

    def write(self, vals):
        res = super().write(vals)
        # A rate or hours typed below the price list are a discount by another name; hours counted elsewhere are none.
        if {"discount", "rate"} & vals.keys() or ("hours" in vals and "overlap_hours" not in vals):
            self.order_id._on_discount_given()
        return res

    def _get_list_price(self):
        """Return the price of this operation before discounts: by rate and hours of the list, or what is more."""
        self.ensure_one()
        digits = self.currency_id.decimal_places or 2
        agreed = labour.labour_price(self.hours, max(self.rate, self.list_rate), 0, digits)
        return max(agreed, labour.labour_price(self.list_hours - self.overlap_hours, self.list_rate, 0, digits))

    def _get_discount(self):
        """Return what was taken off this operation: by percent, by a rate or by hours below the list."""
        self.ensure_one()
        as_listed = self.rate >= self.list_rate and self.hours + self.overlap_hours >= self.list_hours
        if not self.discount and as_listed:
            return 0.0
        return self._get_list_price() - self.price


class RepairOrder(models.Model):
    """Discounts and goodwill: what was given away, by whom, why, and who may give how much (P36)."""

    _inherit = "repair.order"

    _protected_fields = frozenset({"discount_by_id", "discount_giver_ids"})

    rounding_amount = fields.Monetary(
        string="Rounded Off",
        copy=False,
        help="Taken off the customer's bill as a whole (抹零), without tax.",
    )
    discount_reason_id = fields.Many2one(
        "dealer.discount.reason", string="Reason of Discount", copy=False, check_company=True
    )
    discount_by_id = fields.Many2one("res.users", string="Discount Given By", readonly=True, copy=False)
    discount_giver_ids = fields.Many2many(
        "res.users",
        "repair_order_discount_giver_rel",
        string="Gave a Part of It",
        readonly=True,
        copy=False,
        help="Everybody who gave some of the discounts that stand now: none of them approves.",
    )
    discount_ids = fields.One2many(
        "dealer.repair.discount", "order_id", string="Discounts Allowed", readonly=True, copy=False
    )
    discount_amount = fields.Monetary(
        string="Discounts",
        compute="_compute_discount_amount",
        help="On labour, parts and rounding, and goodwill, without tax.",
    )
    goodwill_amount = fields.Monetary(
        string="Of It Our Goodwill",
        compute="_compute_discount_amount",
        help="Work on the customer's car that the house pays itself, at the price he would have paid, without tax.",
    )

    _rounding_positive = models.Constraint("CHECK(rounding_amount >= 0)", "What is rounded off cannot be negative.")

    @api.depends(
        "rounding_amount",
        "job_ids.line_ids.price",
        "job_ids.part_ids.price",
        "job_ids.state",
        "job_ids.repair_kind",
        "job_ids.earlier_order_id",
        "job_ids.split_ids.amount",
        "job_ids.split_ids.pay_type",
    )
    def _compute_discount_amount(self):
        for order in self:
            given = order._get_discounts()
            order.discount_amount = sum(given.values())
            order.goodwill_amount = given["goodwill"]

    def write(self, vals):
        res = super().write(vals)
        if "rounding_amount" in vals:
            self._on_discount_given()
        if "discount_reason_id" in vals:
            self.filtered(lambda order: order.state == "done")._gates_changed()
        return res

    def action_approve_discount(self):
        """Approve the discounts of orders beyond the advisor's limit (P36); logged with the amount.

        :raises AccessError: the user is no workshop manager, or gave the discount himself
        :raises UserError: there is nothing to approve, no reason, or it is beyond his own limit too
        """
        self._check_role(MANAGER, "dealer_vehicle.group_general_manager")
        for order in self:
            order._check_discount_approvable()
            # Narrow sudo: role, four eyes and limit are checked; the log is written by this step only.
            order.sudo()._log_discount("approved", self.env.user)
        self._gates_changed()
        return True

    def _check_discount_approvable(self):
        self.ensure_one()
        self._check_open_for_changes()
        if self._is_discount_covered():
            raise UserError(self.env._("%(order)s has no discount to approve.", order=self.display_name))
        if not self.discount_reason_id:
            raise UserError(self.env._("%(order)s: enter the reason of the discount first.", order=self.display_name))
        if self.env.user in self.discount_giver_ids:
            raise AccessError(
                self.env._("You gave the discount on %(order)s: somebody else approves it.", order=self.display_name)
            )
        is_general = self.env.user.has_group("dealer_vehicle.group_general_manager")
        if not is_general and not self._is_within_limit("manager"):
            role = self.env.ref("dealer_vehicle.group_general_manager").sudo().display_name
            raise UserError(
                self.env._(
                    "The discount on %(order)s is beyond your limit: %(role)s approves it.",
                    order=self.display_name,
                    role=role,
                )
            )

    # --- business -----------------------------------------------------------------------

    def _on_discount_given(self):
        """Note who gave a discount. What he may give is a gate of the settlement."""
        # Narrow sudo: writing the price was his right; the note is the system's.
        for order in self.sudo():
            given = order._has_discount()
            givers = [Command.link(self.env.uid)] if given else [Command.clear()]
            order.write({"discount_by_id": self.env.uid if given else False, "discount_giver_ids": givers})
            if order.state == "done":
                order._gates_changed()

    def _has_discount(self):
        """Tell whether anything is given away, on work that is only proposed as well."""
        self.ensure_one()
        given = any(line._get_discount() for line in self.job_ids.line_ids)
        return bool(given or self.rounding_amount or any(self.move_ids.mapped("dealer_discount")))

    def _get_gross(self):
        """Return the price of labour and parts before discounts, without tax and without what is goodwill.

        :return: {"labour": amount, "parts": amount}
        """
        self.ensure_one()
        # Narrow sudo: prices and parts of an order the user may read.
        order = self.sudo()
        jobs = order._get_settled_jobs()
        gifts = order._get_goodwill_shares(jobs)
        return {
            "labour": sum(line._get_list_price() * (1 - gifts.get(line.job_id, 0.0)) for line in jobs.line_ids),
            "parts": sum(order._get_parts_price(job) * (1 - gifts.get(job, 0.0)) for job in jobs),
        }

    def _get_discounts(self):
        """Return what was given away, without tax. Of a job the house pays in part, that part is goodwill at the price
        of the list; discounts count for the rest of it.

        :return: {"labour": amount, "parts": amount, "rounding": amount, "goodwill": amount}
        Source: practice P36, P37
        """
        self.ensure_one()
        order = self.sudo()  # narrow: as _get_gross()
        jobs = order._get_settled_jobs()
        gifts = order._get_goodwill_shares(jobs)
        on_labour = sum(line._get_discount() * (1 - gifts.get(line.job_id, 0.0)) for line in jobs.line_ids)
        on_parts = sum(order._get_parts_discount(job) * (1 - gifts.get(job, 0.0)) for job in jobs)
        return {
            "labour": self.currency_id.round(on_labour),
            "parts": self.currency_id.round(on_parts),
            "rounding": self.rounding_amount,
            "goodwill": self.currency_id.round(sum(job._get_customer_price() * gifts[job] for job in gifts)),
        }

    def _get_parts_price(self, job):
        """Return the price of a job's parts before discounts, without tax.

        :param job: ``dealer.job``, superuser
        """
        digits = self.currency_id.decimal_places
        parts = job.move_ids.filtered(lambda move: move._is_workshop_part() and move.state != "cancel")
        return sum(labour.labour_price(part.product_uom_qty, part.dealer_price_unit, 0, digits) for part in parts)

    def _get_parts_discount(self, job):
        """Return what was taken off a job's parts, without tax.

        :param job: ``dealer.job``, superuser
        """
        digits = self.currency_id.decimal_places
        return sum(
            labour.labour_price(move.product_uom_qty, move.dealer_price_unit, 0, digits)
            - labour.labour_price(move.product_uom_qty, move.dealer_price_unit, move.dealer_discount, digits)
            for move in job.move_ids
            if move.dealer_discount and move._is_workshop_part() and move.state != "cancel"
        )

    def _is_within_limit(self, role):
        """Tell whether a role may give this order's discounts.

        :param str role: ``advisor`` or ``manager``
        """
        if any(approver != role for approver in self._get_floor_roles()):
            return False
        limit = self.env["dealer.repair.discount.limit"]._find(self.company_id, role, self.company_id._get_day())
        if not limit:
            return True
        gross, given = self._get_gross(), self._get_discounts()
        compare = self.currency_id.compare_amounts
        return (
            compare(given["labour"], gross["labour"] * limit.labour_percent / 100) <= 0
            and compare(given["parts"], gross["parts"] * limit.parts_percent / 100) <= 0
            and compare(given["rounding"], limit.rounding_amount) <= 0
            and compare(given["goodwill"], limit.goodwill_amount) <= 0
        )

    def _get_floor_roles(self):
        """Return who approves the labour that was given away below the least margin; what a price list says is its
        own matter.

        :return: set of roles: ``manager``, ``general_manager``
        Source: practice P36
        """
        self.ensure_one()
        # Narrow sudo: as _get_gross(); only who approves is told, not what an hour costs.
        given = self.sudo()._get_settled_jobs().line_ids.filtered(lambda line: line._get_discount() > 0)
        if not any(line.is_below_floor for line in given):
            return set()
        day = self._day_of_reception()
        return {self.env["dealer.labour.floor"]._get_floor(self.company_id, self.site_id, day)[1]}

    def _is_discount_covered(self):
        """Tell whether this order's discounts are none, within the advisor's limit, or approved as they are now."""
        self.ensure_one()
        given = self._get_discounts()
        if not any(given.values()):
            return True
        if not self.discount_reason_id:
            return False
        approved = self._get_approval()
        if approved and approved._covers(given) and (approved.is_below_floor or not self._get_floor_roles()):
            return True
        return self._is_within_limit("advisor")

    def _get_approval(self):
        """Return the newest approval, of discounts whose giver still gives: who gives anew after him asks anew.

        :return: ``dealer.repair.discount``, maybe none
        """
        order = self.sudo()  # narrow: as _get_gross()
        rows = order.discount_ids.filtered(
            lambda row: row.state == "approved" and row.given_by_id <= order.discount_giver_ids
        )
        # By number: the newest comes first when read from the database, and last when it was just written.
        return rows.sorted("id")[-1:]

    def _log_discount(self, state, user=None):
        """Write down what was given, why, and who allowed it.

        :param str state: ``within`` or ``approved``
        :param user: ``res.users`` who approved
        :return: ``dealer.repair.discount``
        """
        self.ensure_one()
        given = self._get_discounts()
        return self.env["dealer.repair.discount"].create(
            {
                "order_id": self.id,
                "state": state,
                "amount_labour": given["labour"],
                "amount_parts": given["parts"],
                "amount_rounding": given["rounding"],
                "amount_goodwill": given["goodwill"],
                "is_below_floor": bool(self._get_floor_roles()),
                "reason_id": self.discount_reason_id.id,
                "given_by_id": self.discount_by_id.id,
                "approved_by_id": user.id if user else False,
            }
        )

    # --- settlement ---------------------------------------------------------------------

    def _gates_of_money(self):
        gates = super()._gates_of_money()
        if self.settled_on or self._is_discount_covered():
            return gates
        given, has_reason = self._get_discounts(), bool(self.discount_reason_id)
        is_gift = given["goodwill"] and not (given["labour"] or given["parts"] or given["rounding"])
        gate = self._gate(
            "discount",
            self.env._("Our goodwill approved") if is_gift else self.env._("Discount approved"),
            "settle",
            False,
            MANAGER if has_reason else ADVISOR,
            action=has_reason and "action_approve_discount",
            action_label=self.env._("Approve Goodwill") if is_gift else self.env._("Approve Discount"),
            hint=self._get_discount_hint(given) if has_reason else self.env._("enter the reason of the discount"),
        )
        return [gate, *gates]

    def _get_discount_hint(self, given):
        """Return what waits for approval in words.

        :param dict given: see ``_get_discounts``
        """
        total = self.currency_id.format(sum(given.values()))
        if not given["goodwill"]:
            return total
        goodwill = self.currency_id.format(given["goodwill"])
        hint = total
        if goodwill != total:
            hint = self.env._("%(total)s, of it our goodwill %(goodwill)s", total=total, goodwill=goodwill)
        settled = self.sudo()._get_settled_jobs()  # narrow: as _get_gross()
        unnamed = settled.filtered(lambda job: job.repair_kind in COMEBACKS and job._get_goodwill_splits())
        if not unnamed:
            return hint
        jobs = ", ".join(unnamed.mapped("display_name"))
        return self.env._("%(hint)s; or name the order it is the comeback of: %(jobs)s", hint=hint, jobs=jobs)

    def _action_settle(self):
        order = self.sudo()  # narrow: the log is written by this step only
        given, approved = order._get_discounts(), order._get_approval()
        if any(given.values()) and not (approved and approved._covers(given)):
            order._log_discount("within")
        return super()._action_settle()

    def _add_rounding(self, lines):
        res = super()._add_rounding(lines)
        if not self.rounding_amount:
            return res
        payer = next((payer for payer in lines if payer[0] == "customer"), None)
        self._check_rounding(lines.get(payer))
        values = {
            "product_id": self.env.ref("dealer_workshop.product_product_rounding").id,
            "name": self.env._("Rounded Off"),
            "product_uom_qty": 1.0,
            "qty_delivered": 1.0,
            "price_unit": -self.rounding_amount,
        }
        lines[payer].append(self._prepare_payer_line(payer[1], values))
        return res

    def _check_rounding(self, lines):
        """Refuse to round off more than the customer's bill.

        :param lines: dicts for ``sale.order.line`` of the customer's bill, or None when he gets none
        :raises UserError: says what to change
        """
        if lines is None:
            raise UserError(
                self.env._(
                    "%(order)s has no customer's bill to round: remove the amount under Rounded Off.",
                    order=self.display_name,
                )
            )
        currency = self.currency_id
        billed = sum(
            labour.labour_price(
                line["product_uom_qty"], line["price_unit"], line.get("discount", 0.0), currency.decimal_places
            )
            for line in lines
            if "product_id" in line
        )
        if currency.compare_amounts(self.rounding_amount, billed) > 0:
            raise UserError(
                self.env._(
                    "%(order)s rounds off %(rounding)s, but the customer's bill is only %(billed)s without tax: lower "
                    "the amount under Rounded Off.",
                    order=self.display_name,
                    rounding=currency.format(self.rounding_amount),
                    billed=currency.format(billed),
                )
            )
