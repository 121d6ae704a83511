from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.dealer_satisfaction import STARS


class DealerCallAnswer(models.TransientModel):
    """What a customer says when he is called back: two questions, his words, maybe a complaint."""

    _name = "dealer.call.answer"
    _description = "Answer in the Call-back"

    call_id = fields.Many2one("dealer.call.back", required=True, readonly=True, ondelete="cascade")
    partner_id = fields.Many2one(related="call_id.partner_id")
    phone = fields.Char(related="call_id.phone")
    work_done = fields.Char(related="call_id.work_done")
    satisfaction_id = fields.Many2one("dealer.satisfaction", compute="_compute_satisfaction_id")
    is_asked = fields.Boolean(compute="_compute_satisfaction_id")
    answered = fields.Char("Answered on his page", compute="_compute_satisfaction_id")
    service_score = fields.Selection(STARS, "How were you looked after?")
    work_score = fields.Selection(STARS, "How was the work on your car?")
    comment = fields.Text("What the Customer Said", compute="_compute_comment", store=True, readonly=False)
    is_complaint = fields.Boolean(
        "Complaint", compute="_compute_is_complaint", store=True, readonly=False, help="Opens a case."
    )
    owner_id = fields.Many2one(
        "res.users",
        "Owner of the Case",
        compute="_compute_case",
        store=True,
        readonly=False,
        domain="[('share', '=', False)]",
    )
    date_due = fields.Date("Answer by", compute="_compute_case", store=True, readonly=False)

    @api.depends("call_id")
    def _compute_satisfaction_id(self):
        for wizard in self:
            asked = wizard.call_id.order_id.satisfaction_ids[:1]
            wizard.satisfaction_id = asked
            wizard.is_asked = bool(asked) and not asked.answered_on and asked.date_to >= fields.Date.context_today(self)
            wizard.answered = asked.answered_on and f"{'★' * asked.service_score} · {'★' * asked.work_score}"

    @api.depends("call_id")
    def _compute_comment(self):
        for wizard in self:
            wizard.comment = wizard.call_id.note

    @api.depends("service_score", "work_score")
    def _compute_is_complaint(self):
        for wizard in self:
            rules = wizard._get_rules()
            scores = [int(score) for score in (wizard.service_score, wizard.work_score) if score]
            wizard.is_complaint = bool(scores) and min(scores) <= rules.low_score

    @api.depends("call_id")
    def _compute_case(self):
        for wizard in self:
            wizard.owner_id = wizard.call_id.advisor_id or self.env.user
            wizard.date_due = fields.Date.add(fields.Date.context_today(self), days=wizard._get_rules().complaint_days)

    def _get_rules(self):
        policy = self.env["dealer.aftercare.policy"]
        return policy._get_rules(self.call_id.company_id, fields.Date.context_today(self))

    def action_confirm(self):
        """Note what was said and close the call-back; a complaint opens a case with owner and day.

        :return: action: the case, or nothing more
        :raises AccessError: the user calls nobody back
        :raises UserError: the call-back is closed, one question only is answered, or a complaint has no words
        """
        self.ensure_one()
        self.call_id._check_may_call()
        self.call_id.note = self.comment
        self._check_words()
        case = self._answer_questions()
        if case:
            self.call_id._close("complaint")
        elif self.is_complaint:
            case = self.env["dealer.complaint"].browse(self.call_id.action_complain()["res_id"])
        else:
            self.call_id.action_content()
        if not case:
            return {"type": "ir.actions.act_window_close"}
        case.write({"user_id": self.owner_id.id, "date_due": self.date_due, "text": self.comment})
        return case._get_records_action(name=self.env._("Complaint"))

    def _check_words(self):
        if self.is_complaint and not (self.comment or "").strip():
            raise UserError(
                self.env._(
                    "Write down what %(customer)s complains about: whoever answers him reads it.",
                    customer=self.partner_id.name,
                )
            )

    def _answer_questions(self):
        """Note the two answers when they were given.

        :return: ``dealer.complaint`` that a low answer opened, or none
        """
        case = self.env["dealer.complaint"]
        if not self.is_asked or not (self.service_score or self.work_score):
            return case
        self.satisfaction_id.action_answer(self.service_score, self.work_score, self.comment or "")
        return self.satisfaction_id.complaint_ids
