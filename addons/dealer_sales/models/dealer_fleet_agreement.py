from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL, clean_context

# What the buyer is promised: stays as it is while the agreement is in force
TERM_FIELDS = {"company_id", "partner_id", "template_id", "date_from", "date_to", "line_ids"}


class DealerFleetAgreement(models.Model):
    """What one buyer gets over some time: so many cars of a trim and colour, each at an agreed price (P25).

    It sells no car itself. Every car has its own contract of the kind fleet, made from a line of the agreement: hold,
    papers, invoice and hand-over are a car's own. See docs/decisions/0210-fleet-agreements.md.
    """

    _name = "dealer.fleet.agreement"
    _description = "Fleet Agreement"
    _inherit = [
        "dealer.protected.mixin",
        "dealer.numbered.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "dealer.second.manager.mixin",
    ]
    _order = "id desc"
    _check_company_auto = True
    _rec_names_search = ["name", "reference", "partner_id.name", "partner_id.phone"]

    # What follows from its buttons and its contracts: nobody types it
    _protected_fields = frozenset(
        {
            "name",
            "state",
            "asked_by_id",
            "agreed_by_id",
            "date_agreed",
            "contract_ids",
            "seller_ids",
            "author_ids",
        }
    )

    name = fields.Char("Number", default="/", copy=False, readonly=True, index="trigram")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    site_id = fields.Many2one(
        "stock.warehouse",
        check_company=True,
        index="btree_not_null",
        default=lambda self: self.env["dealer.contract"]._default_site_id(),
        help="Where the cars are sold and handed over.",
    )
    partner_id = fields.Many2one("res.partner", "Buyer", required=True, index=True, tracking=True)
    phone = fields.Char(related="partner_id.phone")
    reference = fields.Char("Buyer's reference", index="trigram", help="Number of the tender or of the frame contract.")
    user_id = fields.Many2one(
        "res.users",
        "Sales advisor",
        index=True,
        tracking=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    template_id = fields.Many2one(
        "dealer.contract.template",
        "Contract template",
        required=True,
        check_company=True,
        default=lambda self: self._default_template_id(),
        domain="[('kind', '=', 'fleet'), ('company_id', 'in', (False, company_id))]",
        help="Text and lines of every contract made from it.",
    )
    date_from = fields.Date("Valid from", required=True, default=fields.Date.context_today, tracking=True)
    date_to = fields.Date("Valid until", required=True, tracking=True, help="Last day a contract is made from it.")
    note = fields.Text("Agreed besides")
    state = fields.Selection(
        [("draft", "Draft"), ("agreed", "In force"), ("closed", "Closed")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    asked_by_id = fields.Many2one(
        "res.users",
        "Asked for by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Who asked a sales manager to put it in force.",
    )
    agreed_by_id = fields.Many2one("res.users", "Put in force by", readonly=True, copy=False)
    date_agreed = fields.Datetime("Put in force on", readonly=True, copy=False)
    seller_ids = fields.Many2many(
        "res.users",
        "dealer_fleet_agreement_seller_rel",
        string="Sold by",
        readonly=True,
        copy=False,
        help="Everybody who ever was its sales advisor, and who made it: none of them puts it in force.",
    )
    author_ids = fields.Many2many(
        "res.users",
        "dealer_fleet_agreement_author_rel",
        string="Terms written by",
        readonly=True,
        copy=False,
        help="Whoever wrote terms since it was last put in force: none of them puts it in force.",
    )
    line_ids = fields.One2many("dealer.fleet.agreement.line", "agreement_id", "Cars", copy=True)
    contract_ids = fields.One2many("dealer.contract", "fleet_agreement_id", "Contracts", readonly=True, copy=False)

    quantity = fields.Integer("Agreed", compute="_compute_counts", compute_sudo=True)
    contracted_count = fields.Integer("Contracts made", compute="_compute_counts", compute_sudo=True)
    delivered_count = fields.Integer("Delivered", compute="_compute_counts", compute_sudo=True)
    open_count = fields.Integer("Still open", compute="_compute_counts", compute_sudo=True)
    draft_count = fields.Integer("To submit", compute="_compute_draft_count", compute_sudo=True)
    amount_total = fields.Monetary(compute="_compute_amount_total", help="All cars of the agreement, tax included.")
    is_expired = fields.Boolean("Expired", compute="_compute_is_expired", search="_search_is_expired")

    _name_uniq = models.UniqueIndex("(company_id, name) WHERE name != '/'", "This agreement number exists already.")
    _dates_sane = models.Constraint("CHECK (date_to >= date_from)", "The last day is not before the first.")
    _worklist_idx = models.Index("(company_id, date_to) WHERE state = 'agreed'")

    @api.model
    def _default_template_id(self):
        return self.env["dealer.contract.template"].search(
            [("kind", "=", "fleet"), ("company_id", "in", (False, self.env.company.id))],
            order="company_id, sequence, id",
            limit=1,
        )

    # === Computes ===
    @api.depends("line_ids.quantity", "line_ids.contracted_count", "line_ids.delivered_count")
    def _compute_counts(self):
        for agreement in self:
            lines = agreement.line_ids
            agreement.quantity = sum(lines.mapped("quantity"))
            agreement.contracted_count = sum(lines.mapped("contracted_count"))
            agreement.delivered_count = sum(lines.mapped("delivered_count"))
            agreement.open_count = sum(lines.mapped("open_count"))

    @api.depends("contract_ids.state", "contract_ids.version_state")
    def _compute_draft_count(self):
        domain = Domain("fleet_agreement_id", "in", self.ids) & self._get_unsubmitted_domain()
        counts = dict(self.env["dealer.contract"]._read_group(domain, ["fleet_agreement_id"], ["__count"]))
        for agreement in self:
            agreement.draft_count = counts.get(agreement._origin, 0)

    @api.model
    def _get_unsubmitted_domain(self):
        return Domain("state", "=", "draft") & Domain("version_state", "not in", ("under_review", "approved"))

    @api.depends("line_ids.amount_total")
    def _compute_amount_total(self):
        for agreement in self:
            agreement.amount_total = sum(agreement.line_ids.mapped("amount_total"))

    @api.depends("date_to")
    def _compute_is_expired(self):
        today = fields.Date.context_today(self)
        for agreement in self:
            agreement.is_expired = bool(agreement.date_to) and agreement.date_to < today

    def _search_is_expired(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("date_to", "<", fields.Date.context_today(self))

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        agreements = super().create(vals_list)
        for agreement in agreements:
            # A new number is needed by people who may not read sequences
            numbers = self.env["ir.sequence"].sudo().with_company(agreement.company_id)
            agreement.sudo().name = numbers.next_by_code("dealer.fleet.agreement") or "/"
            agreement._note_sellers(agreement.user_id | self.env.user)
        return agreements

    def write(self, vals):
        if vals.keys() & TERM_FIELDS:
            self._check_draft()
            self._note_author()
        if "user_id" in vals:
            for agreement in self:
                agreement._note_sellers(agreement.user_id)  # who hands it over stays one of those who sold it
        result = super().write(vals)
        if "user_id" in vals:
            self._note_sellers(self.user_id)
        return result

    def _note_sellers(self, users):
        """Remember who sells these agreements: handing one to a colleague makes nobody a second person.

        :param users: ``res.users``
        """
        self.sudo().write({"seller_ids": [Command.link(user.id) for user in users]})  # written by this act alone

    def _note_author(self):
        """Remember who writes terms, and let whoever puts them in force meanwhile see it: the row is written too."""
        self.sudo().write({"author_ids": [Command.link(self.env.uid)]})  # written by this act alone
        if self:
            self._lock()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for agreement in self:
            if agreement.state != "draft" or agreement.sudo().contract_ids:  # a yes or no, whoever sees the contracts
                raise UserError(
                    self.env._("Agreement %(name)s stays on file: close it instead.", name=agreement.display_name)
                )

    def _check_draft(self):
        """Refuse other terms than those in force.

        :raises UserError: naming the agreement and the way out
        """
        for agreement in self:
            if agreement.state != "draft" and not self.env.su:
                raise UserError(
                    self.env._(
                        "Agreement %(name)s is in force or closed: a sales manager takes it back to draft first.",
                        name=agreement.display_name,
                    )
                )

    # === Acts ===
    def action_ask(self):
        """Ask a sales manager who neither sells nor wrote them to put drafts in force.

        :return: True
        :raises UserError: not a draft, without cars, or nobody else may put it in force
        """
        self.check_access("write")
        for agreement in self:
            agreement._check_ready()
            agreement._withdraw_question()
            if not agreement._ask_to_agree():
                raise UserError(
                    self.env._(
                        "No sales manager of %(company)s may put agreement %(name)s in force who neither sells nor "
                        "wrote it: an administrator gives a second person that role.",
                        company=agreement.company_id.name,
                        name=agreement.name,
                    )
                )
            agreement.sudo().asked_by_id = self.env.user  # written by this act alone
        return True

    def _ask_to_agree(self):
        return self._ask_second_manager(
            self._get_own_people(),
            self.env._("Put a fleet agreement in force"),
            self.env._(
                "%(user)s asks to put agreement %(name)s with %(buyer)s in force.",
                user=self.env.user.name,
                name=self.name,
                buyer=self.partner_id.display_name,
            ),
            roles=("dealer_sales.group_sales_manager",),
        )

    def _withdraw_question(self):
        # Not the asker's own activity: after the check of the act
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])

    def _get_own_people(self):
        """Return who may not put it in force: who ever sold it, made it or wrote its terms.

        :return: ``res.users``
        """
        own = self.sudo()  # whose it is, whoever may see these people
        return own.user_id | own.create_uid | own.seller_ids | own.author_ids

    def _check_ready(self):
        """Refuse what is no draft, or agrees nothing.

        :raises UserError: naming the agreement and what is missing
        """
        self.ensure_one()
        if self.state != "draft":
            raise UserError(self.env._("Agreement %(name)s is no draft.", name=self.display_name))
        if not self.line_ids:
            raise UserError(
                self.env._("Agreement %(name)s has no cars yet: add its lines first.", name=self.display_name)
            )

    def action_agree(self):
        """Put the agreement in force: contracts may be made from it at its prices.

        :return: True
        :raises AccessError: no sales manager, or it is his own agreement
        :raises UserError: not a draft, or without cars
        """
        for agreement in self:
            agreement._lock()
            agreement._check_may_agree()
            agreement._check_ready()
            # Written by this act alone, after the checks
            agreement.sudo().write(
                {
                    "state": "agreed",
                    "agreed_by_id": self.env.uid,
                    "date_agreed": fields.Datetime.now(),
                    # These terms were seen by two: what comes next has its own authors
                    "author_ids": [Command.clear()],
                }
            )
            agreement._withdraw_question()
        return True

    def _check_may_agree(self):
        self.check_access("write")
        if not self.env.user.has_group("dealer_sales.group_sales_manager"):
            raise AccessError(self.env._("A sales manager puts a fleet agreement in force."))
        if self.env.user in self._get_own_people():
            raise AccessError(
                self.env._(
                    "%(name)s is your own agreement, or you wrote its terms: a second person puts it in force.",
                    name=self.display_name,
                )
            )

    def action_reopen(self):
        """Take agreements back to draft, to change their terms; the contracts made stay as they are.

        :return: True
        :raises AccessError: no sales manager
        """
        self.check_access("write")
        if not (self.env.su or self.env.user.has_group("dealer_sales.group_sales_manager")):
            raise AccessError(self.env._("A sales manager takes a fleet agreement back to draft."))
        vals = {"state": "draft", "asked_by_id": False, "agreed_by_id": False, "date_agreed": False}
        self.sudo().write(vals)  # by this act alone
        return True

    def action_close(self):
        """End agreements: no more contracts are made from them.

        :return: True
        """
        self.check_access("write")
        self.sudo().write({"state": "closed"})  # by this act alone
        return True

    def action_make_contracts(self, quantities=None):
        """Make contracts of one car each from the lines.

        :param dict quantities: ``{line id: number of cars}``; None opens the window that asks
        :return: action on the new contracts, or on the window
        :raises UserError: not in force today, or more cars than are open
        """
        self.ensure_one()
        self.check_access("write")
        self._check_in_force()
        if quantities is None:
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Make contracts"),
                "res_model": "dealer.fleet.contracts",
                "views": [(False, "form")],
                "target": "new",
                "context": {"default_agreement_id": self.id},
            }
        contracts = self._make_contracts(self._read_quantities(quantities))
        return contracts._get_records_action(name=self.env._("Contracts"), context={"create": False})

    @api.model
    def _read_quantities(self, quantities):
        """Return the asked numbers as {int: int}; JSON has text as keys.

        :raises UserError: not a dictionary of line and whole number above zero
        """
        try:
            wanted = {int(line_id): int(number) for line_id, number in quantities.items()}
        except (AttributeError, TypeError, ValueError):
            wanted = {}
        if not wanted or any(number <= 0 for number in wanted.values()):
            raise UserError(self.env._("Say for at least one line how many contracts shall be made."))
        return wanted

    def _make_contracts(self, quantities):
        """Make the contracts; lines and agreement are locked, so that two who make some at once never make too many.

        :param dict quantities: ``{line id: number of cars}``
        :return: ``dealer.contract``
        """
        self.env["dealer.contract"].check_access("create")
        self._lock()
        lines = self.line_ids.filtered(lambda line: line.id in quantities)
        if len(lines) != len(quantities):
            raise UserError(self.env._("Agreement %(name)s has no such line: open it anew.", name=self.display_name))
        self._check_in_force()
        values = []
        for line in lines:
            line._check_open(quantities[line.id])
            values += [line._prepare_contract() for _number in range(quantities[line.id])]
        # Which line a contract is made from is the system's to write; the right to make contracts was asked above.
        # A default of the client's context must not sign one
        contracts = self.env["dealer.contract"].sudo().with_context(clean_context(self.env.context)).create(values)
        contracts._check_agreed_price()
        return contracts.sudo(self.env.su)

    def _check_in_force(self):
        today = fields.Date.context_today(self)
        if self.state != "agreed" or not self.date_from <= today <= self.date_to:
            raise UserError(
                self.env._(
                    "Agreement %(name)s is not in force today (%(date_from)s – %(date_to)s): a sales manager puts it "
                    "in force or takes it back to draft to change its dates.",
                    name=self.display_name,
                    date_from=fields.Date.to_string(self.date_from),
                    date_to=fields.Date.to_string(self.date_to),
                )
            )

    def _lock(self):
        """Let two who act at once come one after the other; the later one starts again and sees it."""
        self.line_ids.flush_recordset()
        self.flush_recordset()
        self.env.cr.execute(
            SQL("UPDATE dealer_fleet_agreement SET write_date = write_date WHERE id IN %s", tuple(self.ids))
        )
        self.invalidate_recordset()
        self.line_ids.invalidate_recordset()

    def action_submit_drafts(self):
        """Submit every contract that was not yet; those cheaper than agreed ask for their reason in one window.

        :return: True, or the action of the window
        :raises UserError: nothing is to be submitted
        """
        self.ensure_one()
        self.check_access("read")
        domain = Domain("fleet_agreement_id", "=", self.id) & self._get_unsubmitted_domain()
        contracts = self.env["dealer.contract"].search(domain, order="id")
        if not contracts:
            raise UserError(self.env._("Agreement %(name)s has no contract to submit.", name=self.display_name))
        cheaper = contracts.filtered(lambda contract: contract._needs_cut_reason())
        if contracts - cheaper:
            (contracts - cheaper).action_submit()
        return cheaper.action_submit() if cheaper else True

    def action_view_contracts(self):
        """Open the contracts of these agreements."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Contracts"),
            "res_model": "dealer.contract",
            "views": [(False, "list"), (False, "kanban"), (False, "form")],
            "domain": [("fleet_agreement_id", "in", self.ids)],
            "context": {"create": False},
        }
