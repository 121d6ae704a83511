from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerJob(models.Model):
    """What a technician does standing at the car, with his thumb."""

    _inherit = "dealer.job"

    other_clock_job_id = fields.Many2one(
        "dealer.job", string="Clocked On to", compute="_compute_other_clock", help="Where your clock runs now."
    )
    picture_count = fields.Integer(string="Photos Taken", compute="_compute_picture_count")
    inspection_state = fields.Selection(related="order_id.inspection_state")

    @api.depends_context("uid")
    def _compute_other_clock(self):
        # Narrow sudo: where the person's own clock runs.
        clocks = self.env["dealer.job.clock"].sudo()
        running = clocks.search([("user_id", "=", self.env.uid), ("date_to", "=", False)], limit=1).job_id
        for job in self:
            job.other_clock_job_id = running.id if running and running != job else False

    @api.depends("picture_ids")
    def _compute_picture_count(self):
        for job in self:
            job.picture_count = len(job.picture_ids)

    # --- actions ------------------------------------------------------------------------

    def action_switch_clock(self):
        """Clock off wherever the technician is clocked on, and on here, in one tap.

        :raises UserError: he is no technician, lacks a skill, or the job cannot be worked on
        Source: product B27
        """
        self.ensure_one()
        self.check_access("read")
        self._check_workable()
        clocks = self.env["dealer.job.clock"]
        technician = clocks._current_technician_or_raise(self.company_id)
        # Narrow sudo: his own clock.
        running = clocks.sudo().search([("employee_id", "=", technician.id), ("date_to", "=", False)])
        running.filtered(lambda clock: clock.job_id != self)._stop_now()
        if not running.filtered(lambda clock: clock.job_id == self):
            clocks._start(self)
        return True

    def action_findings(self):
        """Open what was found and done, large enough for a phone."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Findings"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("dealer_workshop.dealer_job_view_form_findings").id, "form")],
            "target": "new",
        }

    def action_inspect(self):
        """Open the inspection of the car."""
        self.ensure_one()
        return self.order_id.action_inspect()

    def add_photo(self, content):
        """Add a photo of what was found or done.

        :param str content: base64
        :return: id of the picture
        :raises UserError: no picture, too large, or the order is closed
        """
        self.ensure_one()
        self.check_access("read")
        self.order_id._check_open_for_changes()
        pictures = self.env["dealer.job.picture"]
        if not content:
            raise pictures._get_no_picture_error(self.display_name)
        return pictures.create({"job_id": self.id, "image_1920": content}).id

    # --- business -----------------------------------------------------------------------

    def _check_may_finish(self):
        super()._check_may_finish()
        missing = self._get_parts_to_issue()
        if missing:
            raise UserError(
                self.env._(
                    "Job “%(job)s” still waits for %(parts)s: the store issues it, or it is taken off the job.",
                    job=self.display_name,
                    parts=", ".join(missing.product_id.mapped("display_name")),
                )
            )

    def _get_parts_to_issue(self):
        """Return the parts asked for on this job that are still on the shelf.

        :return: ``stock.move``, as superuser
        """
        self.ensure_one()
        # The order's parts, not a search: they are in the cache already when its stage was derived.
        moves = self.order_id._get_parts_to_issue()
        return moves.filtered(lambda move: move.job_id == self)


class DealerJobClock(models.Model):
    _inherit = "dealer.job.clock"

    def _stop_now(self):
        """Stop running clocks; the caller has checked who may."""
        # Narrow sudo: clockings are nobody's to write.
        for clock in self.sudo():
            clock.date_to = max(fields.Datetime.now(), clock.date_from)
