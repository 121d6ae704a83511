from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

ANSWERED = ("accepted", "refused", "dropped")
SENT_FIELDS = {"carrier_id", "damage"}  # what the carrier was told
ANSWER_FIELDS = {"amount_claimed", "amount_accepted", "reason", "carrier_reference"}


class DealerCarrierClaim(models.Model):
    """What we claim from whoever brought a car damaged: until when, how much, and what came of it (P4).

    It lives beside the receiving inspection: the car may be released before the carrier has paid, and the other
    way round.
    """

    _name = "dealer.carrier.claim"
    _description = "Carrier Claim"
    _inherit = ["dealer.protected.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_deadline, id"
    _check_company_auto = True

    # Follow from the inspection and the claim's own steps.
    _protected_fields = frozenset(
        {
            "name",
            "inspection_id",
            "vehicle_id",
            "company_id",
            "site_id",
            "date_arrival",
            "date_deadline",
            "date_warning",
            "state",
            "date_sent",
            "sent_by_id",
            "date_answered",
            "invoice_ids",
        }
    )

    name = fields.Char("Number", readonly=True, copy=False, index=True)
    inspection_id = fields.Many2one(
        "dealer.vehicle.inspection",
        "Inspection",
        required=True,
        readonly=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
    )
    vehicle_id = fields.Many2one(related="inspection_id.vehicle_id", store=True, index=True)
    vin = fields.Char(related="vehicle_id.vin")
    company_id = fields.Many2one(related="inspection_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    site_id = fields.Many2one(related="inspection_id.site_id", store=True, index=True)
    carrier_id = fields.Many2one("res.partner", "Carrier", index="btree_not_null", tracking=True)
    damage = fields.Text(help="What the carrier is told.")
    picture_ids = fields.One2many(related="inspection_id.picture_ids", string="Photos")
    picture_count = fields.Integer("Number of Photos", compute="_compute_picture_count")
    state = fields.Selection(
        [
            ("draft", "To Send"),
            ("sent", "Sent"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("dropped", "Not Claimed"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )

    # Until when
    date_arrival = fields.Datetime(related="inspection_id.date_arrival", store=True)
    date_deadline = fields.Datetime(
        "Claim before",
        compute="_compute_deadline",
        store=True,
        index=True,
        help="UTC. Arrival plus the hours this carrier allows, by the terms of that day; empty without terms.",
    )
    date_warning = fields.Datetime("Warn from", compute="_compute_deadline", store=True, help="UTC.")
    urgency = fields.Selection(
        [("overdue", "Too Late"), ("urgent", "Urgent"), ("open", "In Time")],
        compute="_compute_urgency",
        search="_search_urgency",
        help="Of a claim still to be sent.",
    )
    date_sent = fields.Datetime("Sent on", readonly=True, copy=False, help="UTC.")
    sent_by_id = fields.Many2one("res.users", "Sent by", readonly=True, copy=False)

    # How much
    amount_claimed = fields.Monetary(help="What we ask of the carrier.")
    repair_cost = fields.Monetary(groups="dealer_vehicle.group_vehicle_cost", help="What the repair costs us.")
    amount_accepted = fields.Monetary("Accepted Amount", help="What the carrier agrees to pay.")
    date_answered = fields.Datetime("Answered on", readonly=True, copy=False, help="UTC.")
    carrier_reference = fields.Char("Carrier's Number", help="Of the claim, at the carrier.")
    reason = fields.Char(help="Why the carrier refuses, or why nothing is claimed.")

    _inspection_uniq = models.UniqueIndex("(inspection_id)", "This inspection has its carrier claim already.")
    _amounts_positive = models.Constraint(
        "CHECK (coalesce(amount_claimed, 0) >= 0 AND coalesce(amount_accepted, 0) >= 0"
        " AND coalesce(repair_cost, 0) >= 0)",
        "The amounts of a claim cannot be negative.",
    )
    _to_send_idx = models.Index("(date_warning) WHERE state = 'draft'")

    # ------------------------------------------------------------------ computes

    @api.depends("name", "vehicle_id")
    def _compute_display_name(self):
        for claim in self:
            claim.display_name = " · ".join(filter(None, (claim.name, claim.vehicle_id.display_name)))

    @api.depends("picture_ids")
    def _compute_picture_count(self):
        for claim in self:
            claim.picture_count = len(claim.picture_ids)

    @api.depends("carrier_id", "date_arrival", "company_id")
    def _compute_deadline(self):
        Deadline = self.env["dealer.carrier.deadline"]
        for claim in self:
            arrival = claim.date_arrival
            terms = arrival and Deadline._get_hours(claim.company_id, claim.carrier_id, claim._get_arrival_day())
            hours, warning = terms or (0, 0)
            claim.date_deadline = terms and arrival + timedelta(hours=hours)
            claim.date_warning = terms and arrival + timedelta(hours=hours - warning)

    def _get_arrival_day(self):
        """Return the day of the arrival where the company is: the one its terms are dated by."""
        return self.company_id._get_day(self.date_arrival)

    @api.depends("state", "date_deadline", "date_warning")
    def _compute_urgency(self):
        now = fields.Datetime.now()
        for claim in self:
            if claim.state != "draft":
                claim.urgency = False
            elif claim.date_deadline and claim.date_deadline < now:
                claim.urgency = "overdue"
            elif claim.date_warning and claim.date_warning <= now:
                claim.urgency = "urgent"
            else:
                claim.urgency = "open"

    @api.model
    def _search_urgency(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        late = Domain("date_deadline", "<", now)
        warned = Domain("date_warning", "<=", now)
        domains = {"overdue": late, "urgent": warned & ~late, "open": ~warned & ~late}
        draft = Domain("state", "=", "draft")
        found = Domain.OR(draft & domain for key, domain in domains.items() if key in value)
        return found | ~draft if False in value else found

    # ------------------------------------------------------------------ CRUD

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["name"] = self.env["ir.sequence"].next_by_code("dealer.carrier.claim") or "/"
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_may_change(vals.keys())
        return super().write(vals)

    def _check_may_change(self, names):
        for claim in self:
            if SENT_FIELDS & names and claim.state != "draft":
                raise UserError(
                    self.env._(
                        "%(claim)s was sent: what the carrier was told stays. Write what is new below.",
                        claim=claim.display_name,
                    )
                )
            if ANSWER_FIELDS & names and claim.state in ANSWERED:
                raise UserError(self.env._("%(claim)s is answered. Take it up again first.", claim=claim.display_name))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        raise UserError(self.env._("A claim is evidence and is kept. Press “Do Not Claim” instead."))

    # ------------------------------------------------------------------ actions

    def action_send(self):
        """Note that the carrier has the claim; the reminder goes.

        :return: True
        :raises UserError: it is not a claim to send, or carrier or damage is missing
        """
        self._check_step("draft")
        for claim in self:
            if not claim.carrier_id or not claim.damage:
                raise UserError(
                    self.env._(
                        "%(claim)s: say who brought the car and what is damaged before you send it.",
                        claim=claim.display_name,
                    )
                )
        self._step("sent", date_sent=fields.Datetime.now(), sent_by_id=self.env.uid)
        self._close_reminders()
        return True

    def action_accept(self):
        """Note that the carrier pays.

        :raises UserError: it was not sent, nobody wrote how much, or it is more than was claimed
        """
        self._check_step("sent")
        for claim in self.filtered(lambda claim: not claim.amount_accepted):
            raise UserError(
                self.env._("%(claim)s: write the amount the carrier accepts first.", claim=claim.display_name)
            )
        self._check_accepted_amount()
        return self._step("accepted", date_answered=fields.Datetime.now())

    def action_refuse(self):
        """Note that the carrier does not pay.

        :raises UserError: it was not sent, or nobody wrote why
        """
        self._check_step("sent")
        self._check_reason()
        return self._step("refused", date_answered=fields.Datetime.now(), amount_accepted=0)

    def action_drop(self):
        """Claim nothing: the damage is ours, or too small.

        :raises UserError: it was sent already, or nobody wrote why
        """
        self._check_step("draft")
        self._check_reason()
        self._step("dropped")
        self._close_reminders()
        return True

    def action_reopen(self):
        """Take up an answered claim again: object to a refusal, correct an answer, claim after all.

        :raises UserError: it is not answered, or charged already
        """
        self._check_step(*ANSWERED)
        for claim in self.filtered(lambda claim: claim.settlement in ("invoiced", "paid")):
            raise UserError(
                self.env._(
                    "%(claim)s is charged. Have its invoice cancelled or credited first, if the carrier does not pay.",
                    claim=claim.display_name,
                )
            )
        sent = self.filtered("date_sent")
        sent._step("sent", date_answered=False)
        (self - sent)._forget_reminders()
        return (self - sent)._step("draft")

    def action_print(self):
        """Print the claim with its photos, for the carrier."""
        return self.env.ref("dealer_vehicle.dealer_carrier_claim_report").report_action(self)

    def add_photo(self, content, name=False):
        """Keep another photo of the damage, also after the claim was sent.

        :param str content: base64 of a JPEG or PNG
        :param name: what it shows
        :return: id of the photo (int)
        """
        self.check_access("write")
        return self.inspection_id.add_photo(content, name)

    def _check_step(self, *states):
        self.check_access("write")
        for claim in self.filtered(lambda claim: claim.state not in states):
            state = dict(claim._fields["state"]._description_selection(self.env))[claim.state]
            raise UserError(
                self.env._(
                    "%(claim)s is “%(state)s”: this step is not possible now.", claim=claim.display_name, state=state
                )
            )

    def _check_accepted_amount(self):
        for claim in self.filtered("amount_claimed"):
            if claim.currency_id.compare_amounts(claim.amount_accepted, claim.amount_claimed) > 0:
                raise UserError(
                    self.env._(
                        "%(claim)s: %(accepted)s accepted is more than the %(claimed)s claimed. Correct either.",
                        claim=claim.display_name,
                        accepted=claim.currency_id.format(claim.amount_accepted),
                        claimed=claim.currency_id.format(claim.amount_claimed),
                    )
                )

    def _check_reason(self):
        for claim in self.filtered(lambda claim: not claim.reason):
            raise UserError(self.env._("%(claim)s: write the reason first.", claim=claim.display_name))

    def _step(self, state, **values):
        # The right to change claims was checked; the steps themselves are the system's.
        self.sudo().write({"state": state, **values})
        return True

    # ------------------------------------------------------------------ business

    @api.model
    def _create_for_inspections(self, inspections):
        """Open the claim of each damaged inspection that has none.

        :param inspections: ``dealer.vehicle.inspection``
        :return: ``dealer.carrier.claim`` made now
        """
        missing = inspections.sudo().filtered(lambda inspection: not inspection.claim_ids)
        return self.sudo().create(
            [
                {
                    "inspection_id": inspection.id,
                    "carrier_id": inspection.carrier_id.id,
                    "damage": inspection.damage,
                }
                for inspection in missing
            ]
        )
