from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .dealer_registration_template import STEPS


class DealerRegistrationStep(models.Model):
    """One step of a registration: done on a day, by a person, with a fee and a paper."""

    _name = "dealer.registration.step"
    _description = "Registration Step"
    _inherit = ["dealer.protected.mixin"]
    _order = "sequence, id"

    _protected_fields = frozenset(
        {
            "company_id",
            "template_id",
            "state",
            "done_by_id",
            "document_id",
            "product_id",
        }
    )

    registration_id = fields.Many2one("dealer.registration", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="registration_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    template_id = fields.Many2one("dealer.registration.template", readonly=True, ondelete="set null")
    sequence = fields.Integer(default=10)
    name = fields.Char("Step", required=True)
    code = fields.Selection(STEPS, "Kind", default="other", required=True)
    is_required = fields.Boolean("Required", default=True)
    date_due = fields.Date("Due on")
    state = fields.Selection(
        [("open", "Open"), ("done", "Done"), ("skipped", "Not needed")],
        default="open",
        required=True,
        readonly=True,
        copy=False,
    )
    date_done = fields.Date("Done on")
    done_by_id = fields.Many2one("res.users", "Done by", readonly=True, copy=False)
    number = fields.Char(help="Plate, receipt or paper number.")
    fee = fields.Monetary(help="What we paid for the customer.")
    product_id = fields.Many2one("product.product", "Collected with", readonly=True)
    attachment_ids = fields.Many2many("ir.attachment", string="Papers", copy=False)
    document_id = fields.Many2one("dealer.vehicle.document", "In custody", readonly=True, copy=False)

    _fee_sane = models.Constraint("CHECK (COALESCE(fee, 0) >= 0)", "A fee cannot be negative.")

    def write(self, vals):
        if not self.env.su:
            # Said when it is made: a step stays what it is
            self._refuse({"registration_id", "code"}.intersection(vals))
            if vals.keys() & {"number", "fee", "date_done"}:
                # What was done is paid, also when the deal ended since: the right fee can be typed
                self.filtered(lambda step: step.state != "done")._check_open_registration()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_required(self):
        for step in self:
            if step.template_id or step.state == "done":
                raise UserError(
                    self.env._("“%(step)s” belongs to the registration: mark it as not needed.", step=step.name)
                )

    def _check_open_registration(self):
        for registration in self.registration_id:
            if registration.state == "cancelled":
                raise UserError(self.env._("%(registration)s is cancelled.", registration=registration.display_name))

    def action_done(self):
        """Close steps as done today (or on the day typed), and write what they mean on the car.

        :raises UserError: closed already; a plate or title without its number
        """
        self.check_access("write")
        for step in self:
            step._check_open_registration()
            step._check_can_close()
            # The registration clerk writes no cars and papers elsewhere: what the step says, and nothing else
            step.sudo()._action_done(self.env.user)
        return True

    def action_skip(self):
        """Close steps that this car does not need.

        :raises UserError: closed already
        """
        self.check_access("write")
        for step in self:
            step._check_open_registration()
            if step.state != "open":
                raise UserError(self.env._("“%(step)s” is closed already.", step=step.name))
        self.sudo().write(
            {"state": "skipped", "done_by_id": self.env.uid, "date_done": fields.Date.context_today(self)}
        )
        self._registrations_changed()
        return True

    def _check_can_close(self):
        if self.state != "open":
            raise UserError(self.env._("“%(step)s” is closed already.", step=self.name))
        if self.code in ("plate", "temporary_plate", "title") and not self.number:
            raise UserError(self.env._("“%(step)s”: type its number first.", step=self.name))

    def _action_done(self, user):
        date = self.date_done or fields.Date.context_today(self)
        self.write({"state": "done", "date_done": date, "done_by_id": user.id})
        if self.code in ("plate", "temporary_plate"):
            self._write_plate(date)
        elif self.code == "title":
            self._take_title(user)
        self._registrations_changed()

    def _write_plate(self, date):
        """Put the plate on the car, from that day on the owner's name; the temporary one ends the day before."""
        vehicle = self.registration_id.vehicle_id
        former = vehicle.plate_ids.filtered(lambda plate: not plate.date_to)
        if self.number in former.mapped("plate"):
            return
        former._end_on(fields.Date.subtract(date, days=1))
        vehicle.write(
            {
                "plate_ids": [
                    Command.create(
                        {
                            "plate": self.number,
                            "is_temporary": self.code == "temporary_plate",
                            "partner_id": self.registration_id.partner_id.id,
                            "date_from": date,
                        }
                    )
                ]
            }
        )

    def _take_title(self, user):
        """Take the new title into our safe; the chain of custody begins with who brought it."""
        registration = self.registration_id
        papers = self.env["dealer.vehicle.document"]
        title = papers.search(
            [("vehicle_id", "=", registration.vehicle_id.id), ("kind", "=", "title"), ("number", "=", self.number)],
            limit=1,
        )
        if not title:
            title = (
                papers.with_user(user)
                .sudo()
                ._with_clean_context()
                .create(
                    {
                        "vehicle_id": registration.vehicle_id.id,
                        "kind": "title",
                        "number": self.number,
                        "holder_id": registration.company_id.partner_id.id,
                    }
                )
            )
        self.document_id = title

    def _registrations_changed(self):
        """Close registrations of which nothing is left to do."""
        for registration in self.registration_id:
            if registration.state == "open" and not any(step.state == "open" for step in registration.step_ids):
                registration._close()
