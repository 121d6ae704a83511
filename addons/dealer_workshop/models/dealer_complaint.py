from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

BATCH = 100  # cases between two commits of the job


class DealerComplaint(models.Model):
    """A complaint case (客诉): somebody owns it, by a day, and says how it ended."""

    _name = "dealer.complaint"
    _description = "Complaint"
    _inherit = [
        "dealer.protected.mixin",
        "dealer.numbered.mixin",
        "dealer.car.search.mixin",
        "dealer.overdue.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_due, id"
    _rec_names_search = ["name", "partner_id.name", "partner_id.phone", "vehicle_id.name"]
    _check_company_auto = True

    _protected_fields = frozenset({"name", "state", "solved_on", "solved_by_id", "escalated_on"})

    name = fields.Char("Number", default="/", required=True, readonly=True, copy=False, index="trigram")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    vehicle_id = fields.Many2one("dealer.vehicle", "Car", check_company=True, index="btree_not_null")
    order_id = fields.Many2one(
        "repair.order",
        "Repair Order",
        check_company=True,
        index="btree_not_null",
        domain="[('dealer_vehicle_id', '=', vehicle_id)]",
    )
    call_back_id = fields.Many2one("dealer.call.back", "Call-back", readonly=True, index="btree_not_null")
    satisfaction_id = fields.Many2one(
        "dealer.satisfaction", "Answer", readonly=True, index="btree_not_null", check_company=True
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Customer",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        check_company=True,
        tracking=True,
    )
    phone = fields.Char(related="partner_id.phone")
    origin = fields.Selection(
        [("call", "Call-back"), ("survey", "Survey"), ("customer", "Customer Came to Us"), ("maker", "Maker")],
        default="customer",
        required=True,
    )
    kind = fields.Selection(
        [
            ("work", "Quality of the Work"),
            ("time", "Time"),
            ("price", "Price"),
            ("behaviour", "Behaviour"),
            ("part", "Part"),
            ("other", "Other"),
        ],
        default="other",
        required=True,
        tracking=True,
    )
    text = fields.Text("What Happened", required=True)
    user_id = fields.Many2one(
        "res.users",
        "Owner",
        required=True,
        index=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        tracking=True,
    )
    date_due = fields.Date(
        "Answer by",
        compute="_compute_date_due",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        tracking=True,
    )
    is_overdue = fields.Boolean("Overdue")
    state = fields.Selection(
        [("open", "Open"), ("solved", "Solved")],
        default="open",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    solution = fields.Text(copy=False, help="What was agreed with the customer, and what we change.")
    solved_on = fields.Datetime(readonly=True, copy=False)
    solved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    escalated_on = fields.Datetime("Told to the Manager on", readonly=True, copy=False)

    _open_idx = models.Index("(company_id, date_due) WHERE state = 'open'")
    _answer_uniq = models.UniqueIndex(
        "(satisfaction_id) WHERE satisfaction_id IS NOT NULL", "This answer opened a case already."
    )
    _solved_says_how = models.Constraint(
        "CHECK (state != 'solved' OR solution IS NOT NULL)", "Write down how the complaint was solved."
    )

    @api.depends("vehicle_id", "order_id")
    def _compute_partner_id(self):
        for case in self:
            order = case.order_id
            case.partner_id = (
                case.partner_id or order.brought_in_by_id or case.vehicle_id.keeper_id or case.vehicle_id.owner_id
            )

    @api.depends("company_id")
    def _compute_date_due(self):
        for case in self:
            today = case.company_id._get_day()
            rules = self.env["dealer.aftercare.policy"]._get_rules(case.company_id, today)
            case.date_due = case.date_due or today + timedelta(days=rules.complaint_days)

    @api.depends("partner_id.name")
    def _compute_display_name(self):
        super()._compute_display_name()  # the number, or that there is none yet
        for case in self:
            case.display_name = " · ".join(filter(None, [case.display_name, case.partner_id.name]))

    @api.model_create_multi
    def create(self, vals_list):
        cases = super().create(vals_list)
        cases._check_day_ahead()
        # The number is ours to give
        for case in cases.sudo():
            sequence = self.env["ir.sequence"].with_company(case.company_id)
            case.name = sequence.next_by_code("dealer.complaint") or "/"
            case.message_subscribe(case.user_id.partner_id.ids)
        return cases

    def _check_day_ahead(self):
        """Refuse new cases that are late before anybody could answer.

        :raises UserError: names the customer and the first day that is possible
        """
        for case in self:
            today = case.company_id._get_day()
            if not self.env.su and case.date_due < today:
                raise UserError(
                    self.env._(
                        "The complaint of %(customer)s cannot be answered by %(day)s, that day is over: choose "
                        "%(today)s or later.",
                        customer=case.partner_id.display_name,
                        day=format_date(self.env, case.date_due),
                        today=format_date(self.env, today),
                    )
                )

    # --- buttons ------------------------------------------------------------------------

    def action_solve(self):
        """Close cases whose solution is written down.

        :raises UserError: a case is closed, or does not say how it ended
        """
        self.check_access("write")
        for case in self:
            if case.state != "open":
                raise UserError(self.env._("Complaint %(case)s is solved already.", case=case.display_name))
            if not (case.solution or "").strip():
                raise UserError(
                    self.env._("Write down how complaint %(case)s was solved, then close it.", case=case.display_name)
                )
        # Right and state are checked; the fields are the buttons' to write
        self.sudo().write({"state": "solved", "solved_on": fields.Datetime.now(), "solved_by_id": self.env.uid})
        return True

    def action_reopen(self):
        """Take a case up again that the customer does not see as solved."""
        self.check_access("write")
        # Right is checked; the fields are the buttons' to write
        self.filtered(lambda case: case.state == "solved").sudo().write(
            {"state": "open", "solved_on": False, "solved_by_id": False}
        )
        return True

    # --- job ----------------------------------------------------------------------------

    @api.model
    def _cron_escalate(self):
        """Tell the workshop manager of each case whose day passed, once. Resumable."""
        late = [("is_overdue", "=", True), ("escalated_on", "=", False)]
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(late))
        while cases := self.search(late, limit=BATCH):
            cases._escalate()
            if not self.env["ir.cron"]._commit_progress(len(cases)):
                return

    def _escalate(self):
        """Write an activity for the manager of each case's company."""
        for company, cases in self.grouped("company_id").items():
            managers = self.env["dealer.vehicle"]._get_role_users("dealer_workshop.group_workshop_manager", company)
            for case in cases:
                case.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=case.env._("Complaint without an answer in time"),
                    user_id=(managers[:1] or case.user_id).id,
                )
        self.sudo().write({"escalated_on": fields.Datetime.now()})
