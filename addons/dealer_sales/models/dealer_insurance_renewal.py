from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .dealer_insurance_policy import ORIGINS

OPEN_STATES = ("to_call", "quoted")
# Cars between two commits of the job
BATCH = 200
STATES = [("to_call", "To call"), ("quoted", "Quoted"), ("renewed", "Renewed"), ("lost", "Lost")]


class DealerInsuranceLostReason(models.Model):
    """Why a customer did not renew with us."""

    _name = "dealer.insurance.lost.reason"
    _description = "Why a Renewal Is Lost"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _name_uniq = models.UniqueIndex("((name->>'en_US'))", "There is a reason of this name already.")


class DealerInsuranceRenewal(models.Model):
    """Cover of a car that ends: whom to call, what became of it (P30)."""

    _name = "dealer.insurance.renewal"
    _description = "Insurance Renewal"
    _inherit = ["mail.thread", "mail.activity.mixin", "dealer.system.link.mixin"]
    _order = "date_due, id"
    _rec_name = "vehicle_id"
    _rec_names_search = ["vehicle_id", "partner_id.name", "partner_id.phone"]
    _check_company_auto = True

    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, readonly=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    plate = fields.Char(related="vehicle_id.plate")
    partner_id = fields.Many2one("res.partner", "Customer", required=True, readonly=True, index=True)
    phone = fields.Char(related="partner_id.phone")
    email = fields.Char(related="partner_id.email")
    date_due = fields.Date("Cover Ends", required=True, readonly=True, index=True)
    policy_ids = fields.One2many("dealer.insurance.policy", "renewal_id", "Ending Policies", readonly=True)
    insurer_id = fields.Many2one("res.partner", "Last Insurer", readonly=True, index="btree_not_null")
    premium_last = fields.Monetary("Last Premiums", readonly=True)
    origin = fields.Selection(
        ORIGINS, readonly=True, help="From where the business would come if the customer renews with us."
    )
    user_id = fields.Many2one(
        "res.users",
        "Renewal Person",
        index=True,
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    state = fields.Selection(STATES, default="to_call", required=True, readonly=True, index=True, tracking=True)
    lost_reason_id = fields.Many2one("dealer.insurance.lost.reason", "Lost because", ondelete="restrict", tracking=True)
    date_closed = fields.Date(readonly=True)
    new_policy_id = fields.Many2one("dealer.insurance.policy", "New Policy", readonly=True, index="btree_not_null")
    quote_ids = fields.One2many("dealer.insurance.quote", "renewal_id", "Quotes")
    letter_ids = fields.One2many("dealer.insurance.letter", "renewal_id", "Letters", readonly=True)
    is_written_to = fields.Boolean("Letter Sent", compute="_compute_is_written_to", store=True)
    renewal_rate = fields.Float(
        "Renewal Rate (%)",
        compute="_compute_renewal_rate",
        store=True,
        aggregator="avg",
        help="100 when renewed with us, else 0: the average of a group is its renewal rate.",
    )
    note = fields.Text("Notes")

    _due_uniq = models.UniqueIndex("(vehicle_id, date_due)", "This car's renewal of this day is listed already.")
    _open_uniq = models.UniqueIndex(
        "(vehicle_id) WHERE state IN ('to_call', 'quoted')", "This car has an open renewal already."
    )
    _worklist_idx = models.Index("(user_id, date_due) WHERE state IN ('to_call', 'quoted')")

    @api.depends("letter_ids")
    def _compute_is_written_to(self):
        for renewal in self:
            renewal.is_written_to = bool(renewal.letter_ids)

    @api.depends("state")
    def _compute_renewal_rate(self):
        for renewal in self:
            renewal.renewal_rate = 100.0 if renewal.state == "renewed" else 0.0

    @api.depends("vehicle_id", "date_due")
    def _compute_display_name(self):
        for renewal in self:
            renewal.display_name = f"{renewal.vehicle_id.display_name} · {renewal.date_due or ''}"

    @api.model
    def _get_system_links(self):
        refusal = self.env._(
            "Renewals are listed from the policies that end; their state follows from quotes, new policies and the "
            "buttons, never typed."
        )
        names = (
            "vehicle_id",
            "company_id",
            "partner_id",
            "date_due",
            "insurer_id",
            "premium_last",
            "origin",
            "state",
            "date_closed",
            "new_policy_id",
            "is_written_to",
            "renewal_rate",
        )
        return {**super()._get_system_links(), **dict.fromkeys(names, refusal)}

    # === The list ===
    @api.model
    def _cron_list(self):
        """List the covers of every company that end within its days and have no successor; harmless when repeated."""
        cron = self.env["ir.cron"]
        for company in self.env["res.company"].search([]):
            renewals = self.sudo().with_company(company)
            ending = renewals._find_ending(company)
            cars = ending.vehicle_id.sorted("id")
            cron._commit_progress(remaining=len(cars))
            for start in range(0, len(cars), BATCH):
                batch = cars[start : start + BATCH]
                renewals._list_renewals(company, ending.filtered(lambda p, batch=batch: p.vehicle_id in batch))
                if not cron._commit_progress(len(batch)):
                    return

    @api.model
    def _list_renewals(self, company, ending):
        """List what ends in one company.

        :param ending: ``dealer.insurance.policy`` of it, see ``_find_ending``
        :return: the new ``dealer.insurance.renewal``
        """
        cars = ending.grouped("vehicle_id")
        opened = self.search([("vehicle_id", "in", ending.vehicle_id.ids), ("state", "in", OPEN_STATES)])
        for renewal in opened:
            cars.pop(renewal.vehicle_id).renewal_id = renewal
        listed = self._get_listed_days(ending)
        fresh = {
            car: policies for car, policies in cars.items() if (car.id, min(policies.mapped("date_to"))) not in listed
        }
        history = ending._read_history()
        # The call is planned as an activity: no mail for each row that somebody became responsible
        quiet = self.with_context(mail_auto_subscribe_no_notify=True, mail_activity_quick_update=True)
        renewals = quiet.create(
            [self._prepare_renewal(car, policies, history, company) for car, policies in fresh.items()]
        )
        for renewal, policies in zip(renewals, fresh.values(), strict=True):
            policies.renewal_id = renewal
        renewals._plan_calls()
        return renewals

    @api.model
    def _find_ending(self, company):
        """Return the policies of a company that end soon and that no later policy follows."""
        today = fields.Date.context_today(self)
        policies = self.env["dealer.insurance.policy"]
        ending = policies.search(
            [
                ("company_id", "=", company.id),
                ("date_cancelled", "=", False),
                ("renewal_id", "=", False),
                ("date_to", ">=", today),
                ("date_to", "<=", today + timedelta(days=company.dealer_renewal_days)),
            ]
        )
        last = {
            (car.id, is_compulsory): date_to
            for car, is_compulsory, date_to in policies._read_group(
                [("vehicle_id", "in", ending.vehicle_id.ids), ("date_cancelled", "=", False)],
                ["vehicle_id", "is_compulsory"],
                ["date_to:max"],
            )
        }
        return ending.filtered(lambda p: last[p.vehicle_id.id, p.is_compulsory] <= p.date_to)

    @api.model
    def _get_listed_days(self, policies):
        rows = self.search_read([("vehicle_id", "in", policies.vehicle_id.ids)], ["vehicle_id", "date_due"], load=None)
        return {(row["vehicle_id"], row["date_due"]) for row in rows}

    @api.model
    def _prepare_renewal(self, vehicle, policies, history, company):
        """Return the values of the renewal of one car.

        :param vehicle: ``dealer.vehicle``
        :param policies: its policies that end
        :param dict history: see ``dealer.insurance.policy._read_history``
        """
        first = policies.sorted("date_to")[0]
        rows = [
            (other.date_from, other.date_to, other.is_ours, other.origin)
            for other in history.get((vehicle.id, first.is_compulsory), [])
        ]
        return {
            "vehicle_id": vehicle.id,
            "partner_id": first.partner_id.id,
            "date_due": first.date_to,
            "insurer_id": policies.sorted("premium")[-1].insurer_id.id,
            "premium_last": sum(policies.mapped("premium")),
            "origin": first._get_origin(rows, first.date_to + timedelta(days=1)),
            "user_id": (company.dealer_renewal_user_id or policies.user_id[:1]).id,
        }

    def _plan_calls(self):
        """Give each renewal person an activity for each call, due a month before the cover ends."""
        today = fields.Date.context_today(self)
        todo = self.env.ref("mail.mail_activity_data_call")
        model_id = self.env["ir.model"]._get_id(self._name)
        self.env["mail.activity"].create(
            [
                {
                    "activity_type_id": todo.id,
                    "res_model_id": model_id,
                    "res_id": renewal.id,
                    "user_id": renewal.user_id.id,
                    "summary": renewal._get_call_words(),
                    "date_deadline": max(today, renewal.date_due - timedelta(days=30)),
                }
                for renewal in self
                if renewal.user_id
            ]
        )

    def _get_call_words(self):
        # The nightly job speaks nobody's language: who calls reads it in his own
        return self.with_context(lang=self.user_id.lang or self.env.lang).env._("Insurance ends: call the customer")

    # === What becomes of it ===
    def _set_quoted(self):
        self.filtered(lambda renewal: renewal.state == "to_call").write({"state": "quoted"})

    @api.model
    def _close_by_policies(self, policies):
        """Close open renewals whose car got a later policy: renewed when it is ours, else lost to another.

        :param policies: ``dealer.insurance.policy`` just made or changed
        """
        live = policies.filtered(lambda p: not p.date_cancelled)
        renewals = self.search([("vehicle_id", "in", live.vehicle_id.ids), ("state", "in", OPEN_STATES)])
        for renewal in renewals:
            later = live.filtered(
                lambda p, renewal=renewal: p.vehicle_id == renewal.vehicle_id
                and p.date_to > renewal.date_due
                and p not in renewal.policy_ids
            )
            if later:
                renewal._close_with(later.sorted("is_ours")[-1])

    def _close_with(self, policy):
        values = {"state": "renewed", "new_policy_id": policy.id, "date_closed": fields.Date.context_today(self)}
        if not policy.is_ours:
            elsewhere = self.env.ref("dealer_sales.insurance_lost_reason_elsewhere", raise_if_not_found=False)
            values.update(state="lost", lost_reason_id=elsewhere.id if elsewhere else False)
        self.write(values)
        self.activity_ids.action_feedback()

    def action_new_quote(self):
        """Open a quote for this renewal, the last insurer already in it.

        :return: action of the quote's form
        :raises UserError: it is closed
        """
        self.ensure_one()
        self.check_access("write")
        self._check_open()
        quote = self.quote_ids.filtered(lambda q: q.state == "open")[:1] or self._create_quote()
        return quote._get_records_action()

    def _create_quote(self):
        quote = self.env["dealer.insurance.quote"].create(
            {
                "partner_id": self.partner_id.id,
                "vehicle_id": self.vehicle_id.id,
                "company_id": self.company_id.id,
                "user_id": (self.user_id or self.env.user).id,
                "date_cover": self.date_due + timedelta(days=1),
                "offer_ids": [fields.Command.create({"insurer_id": self.insurer_id.id})] if self.insurer_id else [],
            }
        )
        quote.sudo().renewal_id = self  # a system fact: what this quote answers
        self.sudo()._set_quoted()
        return quote

    def action_lost(self):
        """Close these renewals as lost.

        :raises UserError: closed already, or the reason is missing
        """
        self.check_access("write")
        for renewal in self:
            renewal._check_open()
            if not renewal.lost_reason_id:
                raise UserError(
                    self.env._("%(renewal)s: choose in “Lost because” why first.", renewal=renewal.display_name)
                )
        # The state is written by these buttons alone
        self.sudo().write({"state": "lost", "date_closed": fields.Date.context_today(self)})
        self.sudo().activity_ids.action_feedback()
        return True

    def action_reopen(self):
        """Take lost renewals up again."""
        self.check_access("write")
        self.filtered(lambda r: r.state == "lost").sudo().write(
            {"state": "to_call", "lost_reason_id": False, "date_closed": False, "new_policy_id": False}
        )
        return True

    def _check_open(self):
        for renewal in self.filtered(lambda r: r.state not in OPEN_STATES):
            raise UserError(
                self.env._(
                    "%(renewal)s is closed (%(state)s).",
                    renewal=renewal.display_name,
                    state=dict(self._fields["state"]._description_selection(self.env))[renewal.state],
                )
            )

    def action_print_letters(self):
        """Print the letters of these renewals, each in its customer's language."""
        return self.env.ref("dealer_sales.action_report_dealer_insurance_renewal").report_action(self)
