from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from .crm_lead_similar import KEY_FIELDS

BATCH = 200  # enquiries between two commits of the job that frees dormant ones
# What a merge writes is no second advisor. An object: no client's context can hold it
MERGING = object()


class CrmLead(models.Model):
    """Whose an enquiry is: its advisor's for the days of the rule, then whoever's takes the customer down (P14)."""

    _name = "crm.lead"
    _inherit = ["crm.lead", "dealer.protected.mixin"]

    _protected_fields = frozenset(
        {
            "taken_by_id",
            "owner_log_ids",
            "clash_ids",
            "date_owned_until",
            "date_release",
            "phone_key",
            "plate_key",
            "has_consent",
            "date_consent",
        }
    )

    date_last_contact = fields.Date(tracking=True)
    date_owned_until = fields.Date(
        "Kept until",
        compute="_compute_ownership",
        store=True,
        help="Last day the enquiry is its advisor's, counted from the last contact. Empty: always, or nobody's.",
    )
    date_release = fields.Date("Goes to the pool on", compute="_compute_ownership", store=True)
    taken_by_id = fields.Many2one(
        "res.users",
        "Taken down by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The advisor who wrote down a colleague's customer.",
    )
    owner_log_ids = fields.One2many("dealer.lead.owner", "lead_id", "Advisors so far", readonly=True)
    clash_ids = fields.One2many("dealer.lead.clash", "lead_id", "Two advisors", readonly=True)
    clash_count = fields.Integer(compute="_compute_clash_count")

    _dormant_idx = models.Index("(date_release) WHERE active AND user_id IS NOT NULL AND won_status = 'pending'")

    # === Computes ===
    @api.depends("user_id", "date_last_contact", "source_id", "company_id")
    def _compute_ownership(self):
        policies = self.env["dealer.lead.policy"].sudo().search([])  # the rule holds for whoever is asked
        today = fields.Date.context_today(self)
        for lead in self:
            day = lead.date_last_contact or today
            policy = policies._choose(lead.company_id or self.env.company, lead.source_id, day)
            kept, released = policy._get_last_days(day) if lead.user_id else (False, False)
            lead.date_owned_until, lead.date_release = kept, released

    @api.depends("user_id", "team_id", "partner_id")
    def _compute_company_id(self):
        """An enquiry stays with its company when it is nobody's: without one every company would read it."""
        before = {lead: lead.company_id for lead in self}
        super()._compute_company_id()
        for lead, company in before.items():
            if not lead.company_id:
                lead.company_id = company or self.env.company

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_clash_count(self):
        clashes = self.env["dealer.lead.clash"]
        counts = {}
        if clashes.has_access("read"):
            counts = dict(clashes._read_group([("lead_id", "in", self.ids)], ["lead_id"], ["__count"]))
        for lead in self:
            lead.clash_count = counts.get(lead._origin, 0)

    @api.constrains("date_last_contact")
    def _check_date_last_contact(self):
        tomorrow = fields.Date.add(fields.Date.today(), days=1)  # somebody east of here may live in tomorrow
        for lead in self:
            if lead.date_last_contact and lead.date_last_contact > tomorrow:
                raise ValidationError(
                    self.env._(
                        "%(lead)s: a contact that is still to come is the next contact, not the last.", lead=lead.name
                    )
                )

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._log_owner("written")
        leads._settle_clashes()
        return leads

    def write(self, vals):
        if "user_id" not in vals and not KEY_FIELDS & vals.keys():
            return super().write(vals)
        before = {lead: lead.user_id for lead in self}
        result = super().write(vals)
        self.filtered(lambda lead: lead.user_id != before[lead])._log_owner("given")
        if KEY_FIELDS & vals.keys() and self.env.context.get("dealer_merging") is not MERGING:
            self._settle_clashes()
        return result

    @api.model
    def _get_protected_hint(self):
        return self.env._("They follow from what happens with the customer.")

    def _merge_opportunity(self, *args, **kwargs):
        merged = super(CrmLead, self.with_context(dealer_merging=MERGING))._merge_opportunity(*args, **kwargs)
        return merged.with_env(self.env)

    # === Whose it is ===
    def _is_kept(self):
        """Return whether the customer is this enquiry's advisor's today: within the days, or with a contract."""
        self.ensure_one()
        if not self.user_id:
            return False
        until = self.date_owned_until
        return not until or until >= fields.Date.context_today(self) or self._has_live_contract()

    def _has_live_contract(self):
        self.ensure_one()
        return any(contract.state != "cancelled" for contract in self.sudo().contract_ids)

    def _log_owner(self, how, reason=False):
        self.env["dealer.lead.owner"].sudo().create(  # the log is the system's
            [
                {"lead_id": lead.id, "user_id": lead.user_id.id, "how": how, "reason": reason, "by_id": self.env.uid}
                for lead in self
            ]
        )

    def _give_to(self, user, how, reason=False):
        """Give enquiries to an advisor, or to nobody, and log why.

        :param user: ``res.users``, may be empty
        :param str how: of ``dealer.lead.owner``
        :param str reason: for a person
        """
        leads = self.sudo().filtered(lambda lead: lead.user_id != user)  # callers ask for the right to do so
        leads.write({"user_id": user.id})
        for lead in leads:
            lead.owner_log_ids.sorted("id")[-1:].write({"how": how, "reason": reason, "by_id": self.env.uid})

    def _transfer(self, user, reason):
        """Give enquiries to a colleague by hand.

        :param user: ``res.users`` who takes care from now on
        :param str reason: why
        :raises UserError: no reason, or nobody to give to
        """
        self.check_access("write")
        if not user or not (reason or "").strip():
            raise UserError(self.env._("Say who takes care from now on, and why."))
        self._give_to(user, "given", reason.strip())
        for lead in self.sudo():
            lead._tell_advisor(
                user, self.env._("Given to you by %(user)s: %(reason)s", user=self.env.user.name, reason=reason)
            )

    def _tell_advisor(self, user, text):
        """Put an enquiry on somebody's list of things to do."""
        self.ensure_one()
        self.activity_schedule("mail.mail_activity_data_call", user_id=user.id, summary=text[:250])

    # === Two advisors on one customer ===
    def _settle_clashes(self):
        """Let the rule decide where a customer just written down is a colleague's, and log it.

        Source: P14
        """
        live = self.sudo().filtered(lambda lead: lead.active and lead.won_status == "pending")
        self.env["dealer.lead.key"].sudo().touch(live._get_similar_keys())
        for lead, others in live._find_similar().items():
            lead._settle_clash(others)

    def _settle_clash(self, others):
        """Decide one: within the days the first one keeps the customer, after them the second takes over.

        :param others: live enquiries of the same customer
        """
        self.ensure_one()
        owned = others.filtered("user_id")
        kept = owned.filtered(lambda other: other._is_kept())
        if not self.user_id:
            # Whoever wrote it down gives it away: the customer has an advisor
            if kept:
                self._give_to(kept[0].user_id, "rule", self._get_match_reason(kept[0]))
            return
        rivals = (kept or owned).filtered(lambda other: other.user_id != self.user_id)
        if not rivals or self.user_id in kept.user_id:
            return
        first, second = rivals[0], self.user_id
        result = "kept" if kept else "taken_over"
        self.env["dealer.lead.clash"].sudo().create(self._prepare_clash(first, result))
        reason = self._get_match_reason(first)
        if kept:
            self.taken_by_id = second
            self._give_to(first.user_id, "rule", reason)
            text = self.env._("Your customer was here; %(user)s wrote it down.", user=second.name)
            self._tell_advisor(first.user_id, text)
        else:
            owned._give_to(second, "rule", reason)

    def _get_match_reason(self, other):
        return self.env._("The same customer as %(lead)s.", lead=other.name)

    def _prepare_clash(self, other, result):
        policies = self.env["dealer.lead.policy"].sudo().search([])
        day = other.date_last_contact or fields.Date.context_today(self)
        company = self.company_id or self.env.company
        return {
            "company_id": company.id,
            "customer": self.partner_id.name or self.contact_name or self.phone or self.email_from or self.name,
            "lead_id": self.id,
            "other_lead_id": other.id,
            "user_id": self.user_id.id,
            "owner_id": other.user_id.id,
            "matched_by": self._get_match(other),
            "policy_id": policies._choose(company, other.source_id, day).id,
            "owned_until": other.date_owned_until,
            "result": result,
        }

    # === Dormant ones ===
    @api.model
    def _cron_release_dormant(self):
        """Give enquiries nobody worked on for the days of the rule back to the pool; called every night.

        Resumable: each run takes up those that are still somebody's.
        """
        while leads := self.search(self._get_dormant_domain(), order="date_release, id", limit=BATCH):
            leads._give_to(
                self.env["res.users"], "dormant", self.env._("Nobody was in contact for the days of the rule.")
            )
            if not self.env["ir.cron"]._commit_progress(len(leads)) or len(leads) < BATCH:
                return

    @api.model
    def _get_dormant_domain(self):
        return (
            Domain("date_release", "<", fields.Date.today())
            & Domain("user_id", "!=", False)
            & Domain("won_status", "=", "pending")
            & Domain("contract_ids", "not any", [("state", "!=", "cancelled")])
        )

    # === Actions ===
    def action_take(self):
        """Take enquiries of the pool.

        :raises AccessError: the user works on no enquiries, or not on those of this company
        :raises UserError: somebody has one of them already
        """
        self.browse().check_access("write")
        for lead in self.sudo():  # who was quicker is told, even where his enquiry is no longer to be read
            if lead.company_id <= self.env.companies and lead.user_id and lead.user_id != self.env.user:
                raise UserError(self.env._("%(lead)s is with %(user)s.", lead=lead.name, user=lead.user_id.name))
        self.write({"user_id": self.env.uid, "date_last_contact": fields.Date.context_today(self)})

    def action_open_transfer(self):
        """Open the dialogue in which enquiries are given to a colleague."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Give to a Colleague"),
            "res_model": "dealer.lead.transfer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_lead_ids": self.ids},
        }

    def action_view_clashes(self):
        """Open where two advisors met on this customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_sales.dealer_lead_clash_action")
        return {**action, "domain": ["|", ("lead_id", "=", self.id), ("other_lead_id", "=", self.id)], "context": {}}
