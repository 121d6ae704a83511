from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

RESULTS = [("kept", "The First One Keeps the Customer"), ("taken_over", "The Second One Takes Over")]


class DealerLeadClash(models.Model):
    """Two advisors on one customer (撞单): who met whom, which rule decided and how (P14)."""

    _name = "dealer.lead.clash"
    _description = "Two Advisors on One Customer"
    _inherit = ["dealer.system.record.mixin"]
    _order = "date desc, id desc"
    _rec_name = "customer"
    _rec_names_search = ["customer", "lead_id.name"]

    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now, index=True, help="UTC.")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    customer = fields.Char(readonly=True, help="As the second advisor wrote it down.")
    lead_id = fields.Many2one("crm.lead", "Second enquiry", readonly=True, index="btree_not_null", ondelete="set null")
    other_lead_id = fields.Many2one(
        "crm.lead", "First enquiry", readonly=True, index="btree_not_null", ondelete="set null"
    )
    user_id = fields.Many2one("res.users", "Second advisor", required=True, readonly=True, index=True)
    owner_id = fields.Many2one("res.users", "First advisor", required=True, readonly=True, index=True)
    matched_by = fields.Selection(
        [("customer", "Customer"), ("phone", "Phone"), ("email", "Mail"), ("plate", "Plate")],
        "Known by",
        required=True,
        readonly=True,
    )
    policy_id = fields.Many2one("dealer.lead.policy", "Rule", readonly=True, ondelete="set null")
    owned_until = fields.Date("Kept until", readonly=True, help="Last day of the first advisor when they met.")
    result = fields.Selection(RESULTS, required=True, readonly=True, index=True, help="What the rule decided.")
    decision = fields.Selection(RESULTS, "Manager's decision", readonly=True)
    decided_by_id = fields.Many2one("res.users", "Decided by", readonly=True)
    decided_on = fields.Datetime(readonly=True, help="UTC.")
    reason = fields.Char(readonly=True)
    winner_id = fields.Many2one("res.users", "Has the customer", compute="_compute_winner_id")

    _decision_has_reason = models.Constraint(
        "CHECK (decision IS NULL OR (reason IS NOT NULL AND decided_by_id IS NOT NULL))",
        "Who decides otherwise than the rule says why.",
    )
    _two_people = models.Constraint("CHECK (user_id != owner_id)", "Nobody clashes with himself.")

    @api.depends("result", "decision", "user_id", "owner_id")
    def _compute_winner_id(self):
        for clash in self:
            is_kept = (clash.decision or clash.result) == "kept"
            clash.winner_id = clash.owner_id if is_kept else clash.user_id

    @api.model
    def _get_typed_refusal(self):
        return self.env._("Two advisors on one customer are logged when they meet, not typed.")

    def action_decide(self):
        """Open the dialogue in which a manager decides otherwise."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decide"),
            "res_model": "dealer.lead.clash.decide",
            "view_mode": "form",
            "target": "new",
            "context": {"default_clash_id": self.id},
        }

    def _decide(self, decision, reason):
        """Give the customer to one of the two, with all enquiries that met.

        :param str decision: ``kept`` or ``taken_over``
        :param str reason: why, for both of them
        :raises AccessError: the user is no sales manager, or one of the two
        :raises UserError: no reason, or both enquiries are gone
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_decide()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why: both advisors read it."))
        clash = self.sudo()  # the log is the system's; the right to decide was asked for above
        leads = clash.lead_id | clash.other_lead_id
        if not leads:
            raise UserError(self.env._("The enquiries of %(customer)s are gone.", customer=self.customer))
        clash.write(
            {
                "decision": decision,
                "reason": reason.strip(),
                "decided_by_id": self.env.uid,
                "decided_on": fields.Datetime.now(),
            }
        )
        leads._give_to(clash.winner_id, "decided", reason.strip())

    def _check_may_decide(self):
        if not self.env.user.has_group("dealer_sales.group_sales_manager"):
            raise AccessError(self.env._("A sales manager decides whose a customer is."))
        if self.env.user in self.sudo().user_id | self.sudo().owner_id:
            raise AccessError(self.env._("You are one of the two: another manager decides."))
