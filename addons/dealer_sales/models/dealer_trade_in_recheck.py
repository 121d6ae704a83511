from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .dealer_trade_in import VALUE_GROUPS

# A new appraisal and the field it changes
PENDING = {
    "pending_value": "value",
    "pending_limit": "allowance_limit",
    "pending_allowance": "allowance",
    "pending_lien_amount": "lien_amount",
    "pending_lien_date": "lien_date",
}


class DealerTradeIn(models.Model):
    """The customer drove the car until today: what differs from the appraisal, and what follows from it (P21)."""

    _inherit = "dealer.trade.in"

    recheck_km = fields.Integer("Mileage Now (km)", copy=False, aggregator=None)
    recheck_keys = fields.Integer("Keys Received", copy=False, aggregator=None)
    recheck_fines = fields.Monetary("Open Fines", copy=False, help="Traffic fines nobody has paid yet.")
    recheck_lien_amount = fields.Monetary("Pay-off Today", copy=False, help="What the lien holder asks for today.")
    recheck_note = fields.Char("Remarks at the Re-check", copy=False)
    recheck_loss = fields.Monetary(
        "Loss since the Appraisal",
        compute="_compute_recheck_loss",
        compute_sudo=True,
        groups=VALUE_GROUPS,
        help="New damage, open fines and missing keys.",
    )
    recheck_reason = fields.Char("Differs", compute="_compute_recheck_reason", compute_sudo=True)
    accepted_km = fields.Integer(readonly=True, copy=False, aggregator=None)
    accepted_amount = fields.Monetary(readonly=True, copy=False, groups=VALUE_GROUPS)

    # A new appraisal that waits for its second person
    reappraisal_state = fields.Selection(
        [("waiting", "Waits for approval"), ("approved", "Approved")],
        "Re-appraisal",
        readonly=True,
        copy=False,
        tracking=True,
    )
    reappraised_by_id = fields.Many2one("res.users", "Re-appraised by", readonly=True, copy=False)
    reappraisal_reason = fields.Char("Why", readonly=True, copy=False)
    pending_value = fields.Monetary("New Value", readonly=True, copy=False, groups=VALUE_GROUPS)
    pending_limit = fields.Monetary("New Highest Allowance", readonly=True, copy=False)
    pending_allowance = fields.Monetary("New Allowance", readonly=True, copy=False)
    pending_lien_amount = fields.Monetary("New Pay-off", readonly=True, copy=False)
    pending_lien_date = fields.Date("New Pay-off Valid until", readonly=True, copy=False)

    # === What differs ===
    @api.depends("line_ids.amount", "line_ids.is_recheck", "recheck_fines", "recheck_keys", "recheck_km", "key_count")
    def _compute_recheck_loss(self):
        today = fields.Date.context_today(self)
        for trade_in in self:
            policy = self.env["dealer.trade.in.policy"]._get_policy(trade_in.company_id, today)
            damage = sum(trade_in.line_ids.filtered("is_recheck").mapped("amount"))
            missing = max(trade_in.key_count - trade_in.recheck_keys, 0) if trade_in.recheck_km else 0
            loss = damage + trade_in.recheck_fines + missing * policy.key_amount
            trade_in.recheck_loss = trade_in._round(loss)

    @api.depends("recheck_loss", "recheck_km", "recheck_lien_amount", "lien_amount", "lien_date", "odometer_km")
    def _compute_recheck_reason(self):
        for trade_in in self:
            reasons = trade_in._get_differences() if trade_in.state == "committed" and trade_in.recheck_km else []
            trade_in.recheck_reason = "; ".join(reasons) or False

    def _get_differences(self):
        """Return why the appraisal does not hold any more, in words without amounts of ours.

        :return: list of str, empty within the tolerances
        Source: P21
        """
        today = fields.Date.context_today(self)
        policy = self.env["dealer.trade.in.policy"]._get_policy(self.company_id, today)
        more = self.recheck_km - max(self.odometer_km, self.accepted_km)
        reasons = []
        if more > policy.tolerance_km:
            reasons.append(
                self.env._("%(more)s km more than appraised, %(limit)s tolerated", more=more, limit=policy.tolerance_km)
            )
        loss = self._round(self.recheck_loss - self.accepted_amount)
        if self.currency_id.compare_amounts(loss, policy.tolerance_amount) > 0:
            reasons.append(self.env._("new damage, fines or missing keys beyond the tolerance"))
        return [*reasons, *self._get_lien_differences(today)]

    def _get_lien_differences(self, today):
        if self.currency_id.compare_amounts(self.recheck_lien_amount, self.lien_amount):
            return [self.env._("the pay-off is another one than agreed")]
        if self.lien_amount and not self.lien_date:
            return [self.env._("nobody said until when the pay-off holds")]
        if self.lien_amount and self.lien_date < today:
            return [self.env._("the pay-off held until %(date)s only", date=fields.Date.to_string(self.lien_date))]
        return []

    # === Re-appraisal ===
    def action_reappraise(self):
        """Open the dialogue that judges the car anew.

        :return: act_window on ``dealer.trade.in.reappraise``
        :raises AccessError: the user does not appraise
        """
        self.ensure_one()
        self._check_may_appraise()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Judge anew"),
            "res_model": "dealer.trade.in.reappraise",
            "view_mode": "form",
            "target": "new",
            "context": {"default_trade_in_id": self.id},
        }

    def _propose_reappraisal(self, values, reason):
        """Note a new appraisal; it holds once a second person approves it.

        :param dict values: new values of the fields in ``PENDING``
        :param str reason: why, shown to whoever approves
        :raises AccessError: the user does not appraise
        :raises UserError: the trade-in is not part of a signed contract, nothing changes or a value is impossible
        """
        self.ensure_one()
        self.check_access("write")
        self._check_may_appraise()
        self._lock()
        if self.state != "committed":
            raise UserError(
                self.env._(
                    "%(trade_in)s is in no signed contract: take the appraisal back.", trade_in=self.display_name
                )
            )
        if values["pending_value"] <= 0 or min(values[name] for name in PENDING if name != "pending_lien_date") < 0:
            raise UserError(
                self.env._("%(trade_in)s: a value is above zero, no amount is below.", trade_in=self.display_name)
            )
        # Written by this act alone, after its checks
        self.sudo().write(
            {
                **values,
                "reappraisal_state": "waiting",
                "reappraised_by_id": self.env.uid,
                "reappraisal_reason": reason,
            }
        )
        self.message_post(body=self.env._("Judged anew, waits for approval: %(reason)s", reason=reason))

    def action_approve_reappraisal(self):
        """Let a new appraisal hold; other terms than signed need a new version of the contract.

        :return: True
        :raises AccessError: no sales manager, or whoever judged it or sells the car
        :raises UserError: nothing waits
        """
        for trade_in in self:
            trade_in._check_may_decide()
            trade_in.sudo()._apply_reappraisal()  # after the check of the second person
        return True

    def action_refuse_reappraisal(self):
        """Refuse a new appraisal: what was agreed stays.

        :return: True
        :raises AccessError: no sales manager, or whoever judged it or sells the car
        :raises UserError: nothing waits
        """
        for trade_in in self:
            trade_in._check_may_decide()
            trade_in.sudo().reappraisal_state = False  # after the check of the second person
            trade_in.message_post(body=self.env._("The new appraisal was refused."))
        return True

    def _check_may_decide(self):
        self.ensure_one()
        self.check_access("write")
        self._lock()
        trade_in, user = self.sudo(), self.env.user
        if trade_in.reappraisal_state != "waiting":
            raise UserError(self.env._("%(trade_in)s: no new appraisal waits.", trade_in=self.display_name))
        own = trade_in.reappraised_by_id | trade_in.user_id | trade_in.contract_id._get_sales_people()
        if user in own or not user.has_group("dealer_sales.group_sales_manager"):
            raise AccessError(
                self.env._(
                    "%(trade_in)s: a new appraisal is decided by a sales manager who neither judged the car nor sells "
                    "the new one.",
                    trade_in=self.display_name,
                )
            )

    def _apply_reappraisal(self):
        self.write(
            {
                **{field: self[pending] for pending, field in PENDING.items()},
                "reappraisal_state": "approved",
                "accepted_km": self.recheck_km,
                "accepted_amount": self.recheck_loss,
            }
        )
        self.message_post(body=self.env._("The new appraisal was approved."))
