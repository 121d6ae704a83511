from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

CARE = ("dealer_workshop.group_customer_care", "dealer_workshop.group_service_advisor")


class DealerCallBack(models.Model):
    """The call some days after a visit: is the customer content, is anything left to do?

    Source: practice P32 (who brought the car in is called), B35, R56
    """

    _name = "dealer.call.back"
    _description = "Call-back"
    _inherit = ["dealer.protected.mixin", "dealer.overdue.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_due, id"
    _rec_names_search = ["order_id.name", "partner_id.name", "partner_id.phone", "vehicle_id.name"]
    _check_company_auto = True

    _protected_fields = frozenset({"state", "order_id", "tries", "last_try", "done_on", "done_by_id"})

    order_id = fields.Many2one(
        "repair.order", "Repair Order", required=True, readonly=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True, precompute=True)
    site_id = fields.Many2one(related="order_id.site_id", store=True, index=True)
    vehicle_id = fields.Many2one(related="order_id.dealer_vehicle_id", string="Car", store=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", "Customer", compute="_compute_partner_id", store=True, precompute=True, index=True
    )
    phone = fields.Char(related="partner_id.phone")
    advisor_id = fields.Many2one(related="order_id.user_id", string="Service Advisor", store=True)
    user_id = fields.Many2one(
        "res.users", "Called by", index="btree_not_null", domain="[('share', '=', False)]", tracking=True
    )
    handed_over_on = fields.Datetime(related="order_id.handed_over_on")
    work_done = fields.Char(compute="_compute_work_done")
    date_due = fields.Date("Call on", required=True, tracking=True)
    is_overdue = fields.Boolean("Overdue")
    state = fields.Selection(
        [
            ("open", "To Call"),
            ("content", "Content"),
            ("complaint", "Complaint"),
            ("unreached", "Not Reached"),
        ],
        default="open",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    tries = fields.Integer("Calls without Answer", readonly=True, copy=False)
    last_try = fields.Datetime(readonly=True, copy=False)
    done_on = fields.Datetime("Closed on", readonly=True, copy=False)
    done_by_id = fields.Many2one("res.users", "Closed by", readonly=True, copy=False)
    note = fields.Text(help="What the customer said.")
    complaint_ids = fields.One2many("dealer.complaint", "call_back_id", "Complaints")

    _order_uniq = models.UniqueIndex("(order_id)", "This visit has its call-back already.")
    _open_idx = models.Index("(company_id, date_due) WHERE state = 'open'")

    @api.depends("order_id.brought_in_by_id", "order_id.partner_id")
    def _compute_partner_id(self):
        for call in self:
            call.partner_id = call.order_id.brought_in_by_id or call.order_id.partner_id

    @api.depends("order_id.job_ids.name")
    def _compute_work_done(self):
        for call in self:
            call.work_done = call.order_id._get_work_done()

    @api.depends("order_id.name", "partner_id.name")
    def _compute_display_name(self):
        for call in self:
            call.display_name = " · ".join(filter(None, [call.order_id.name, call.partner_id.name]))

    # --- buttons ------------------------------------------------------------------------

    def action_reached(self):
        """Open the two questions to ask on the phone, with room for what the customer says.

        :return: action that shows the dialogue
        :raises AccessError: the user calls nobody back
        :raises UserError: the call-back is closed already
        """
        self.ensure_one()
        self._check_may_call()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("On the Phone"),
            "res_model": "dealer.call.answer",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_call_id": self.id},
        }

    def action_content(self):
        """Note that these customers were reached and are content.

        :raises AccessError: the user calls nobody back
        :raises UserError: a call-back is closed already
        """
        self._check_may_call()
        self._close("content")
        return True

    def action_not_reached(self):
        """Note a call nobody answered: it is made again tomorrow, and given up after the tries of the rules.

        :raises AccessError: the user calls nobody back
        :raises UserError: a call-back is closed already
        """
        self._check_may_call()
        today = fields.Date.context_today(self)
        for call in self:
            tries = call.tries + 1
            # Role and state are checked; tries and state are the buttons' to write
            call.sudo().write({"tries": tries, "last_try": fields.Datetime.now(), "date_due": today + timedelta(1)})
            rules = self.env["dealer.aftercare.policy"]._get_rules(call.company_id, today)
            if rules and tries >= rules.call_tries:
                call._close("unreached")
        return True

    def action_complain(self):
        """Open a complaint case of this customer; the call-back is closed with it.

        :return: action that shows the case
        :raises AccessError: the user calls nobody back
        :raises UserError: the call-back is closed already
        """
        self.ensure_one()
        self._check_may_call()
        case = self.env["dealer.complaint"].create(self._prepare_complaint())
        self._close("complaint")
        return case._get_records_action(name=self.env._("Complaint"))

    # --- business -----------------------------------------------------------------------

    def _prepare_complaint(self):
        return {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "vehicle_id": self.vehicle_id.id,
            "order_id": self.order_id.id,
            "call_back_id": self.id,
            "origin": "call",
            "text": self.note or self.env._("Said in the call-back"),
        }

    def _close(self, state):
        # Role and state are checked by the buttons; the fields are theirs to write
        self.sudo().write({"state": state, "done_on": fields.Datetime.now(), "done_by_id": self.env.uid})

    def _check_may_call(self):
        self.check_access("write")
        for call in self:
            if call.state != "open":
                raise UserError(
                    self.env._(
                        "The call-back %(call)s was closed by %(user)s.",
                        call=call.display_name,
                        user=call.done_by_id.name,
                    )
                )
