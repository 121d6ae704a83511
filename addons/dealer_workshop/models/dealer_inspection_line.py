import base64
import binascii

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

RESULTS = [("green", "Good"), ("yellow", "Advised"), ("red", "Needs Doing Now")]
VIDEO_BYTES = 50 * 1024 * 1024
# How the films of phones begin: MP4 and MOV name their kind at byte 4, WebM at byte 0.
VIDEO_MARKS = ((4, b"ftyp"), (0, b"\x1a\x45\xdf\xa3"))
FINDINGS = {"result", "measure", "note", "video", "video_name", "picture_ids", "operation_id"}


class DealerInspectionPoint(models.Model):
    _inherit = "dealer.inspection.point"

    def _prepare_line(self):
        """Return the values of the line that is filled in for this point.

        :return: dict for ``dealer.inspection.line.create``
        """
        self.ensure_one()
        return {
            "point_id": self.id,
            "sequence": self.sequence,
            "section": self.section,
            "name": self.name,
            "unit": self.unit,
            "yellow_from": self.yellow_from,
            "red_from": self.red_from,
            "operation_id": self.operation_id.id,
        }


class DealerInspectionLine(models.Model):
    """What was found at one point of a car. A copy of the template's point: later changes leave it as it was."""

    _name = "dealer.inspection.line"
    _description = "Inspected Point"
    _order = "inspection_id, sequence, id"
    _check_company_auto = True

    inspection_id = fields.Many2one("dealer.inspection", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="inspection_id.company_id", store=True, index=True, precompute=True)
    inspection_state = fields.Selection(related="inspection_id.state", string="State of the Inspection")
    point_id = fields.Many2one("dealer.inspection.point", readonly=True, ondelete="set null", index="btree_not_null")
    sequence = fields.Integer(readonly=True)
    section = fields.Char(string="Part of the Car", readonly=True)
    name = fields.Char(string="What to Check", required=True, readonly=True)
    unit = fields.Char(readonly=True)
    yellow_from = fields.Float(readonly=True)
    red_from = fields.Float(readonly=True)
    result = fields.Selection(RESULTS)
    measure = fields.Float(help="As the instrument shows it; it decides the colour where the point has limits.")
    note = fields.Char(help="The customer reads it.")
    picture_ids = fields.One2many("dealer.inspection.picture", "line_id", string="Photos")
    picture_count = fields.Integer(compute="_compute_picture_count")
    video = fields.Binary(attachment=True)
    video_name = fields.Char()
    operation_id = fields.Many2one("dealer.operation", string="Work Proposed", check_company=True)
    job_id = fields.Many2one("dealer.job", string="Proposed Job", readonly=True, copy=False, index="btree_not_null")
    previous_result = fields.Selection(RESULTS, string="Last Time", compute="_compute_previous")
    previous_note = fields.Char(string="Found Last Time", compute="_compute_previous")

    _measure_positive = models.Constraint("CHECK(measure >= 0)", "A measure cannot be negative.")

    @api.depends("picture_ids")
    def _compute_picture_count(self):
        for line in self:
            line.picture_count = len(line.picture_ids)

    @api.depends("point_id", "inspection_id.vehicle_id")
    def _compute_previous(self):
        found = self._get_previous()
        for line in self:
            last = found.get((line.inspection_id.vehicle_id.id, line.point_id.id))
            line.previous_result = last and last.result
            line.previous_note = last and " · ".join(
                filter(None, [fields.Date.to_string(last.inspection_id.done_on), last._get_measure(), last.note])
            )

    def _get_previous(self):
        """Return what was found at the same points of the same cars the time before.

        :return: dict {(car id, point id): ``dealer.inspection.line``}
        """
        cars, first = self.inspection_id.vehicle_id, min(self.inspection_id.ids, default=0)
        if not cars or not first:
            return {}
        # Narrow sudo: what was yellow last time counts, at whichever site of the company it was found.
        earlier = self.sudo().search(
            [
                ("inspection_id.vehicle_id", "in", cars.ids),
                ("inspection_id.state", "=", "done"),
                ("inspection_id", "not in", self.inspection_id.ids),
                ("point_id", "in", self.point_id.ids),
            ],
            order="inspection_id, id",
        )
        return {(line.inspection_id.vehicle_id.id, line.point_id.id): line for line in earlier}

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(
                self.env._("The points of an inspection come from its template: start the inspection there.")
            )
        return super().create(vals_list)

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        self.inspection_id._check_may_inspect()
        if set(vals) - FINDINGS:
            raise UserError(self.env._("Of a point you note colour, measure, note, photos, film and proposed work."))
        self._check_video(vals)
        if "measure" in vals and "result" not in vals:
            return all(line._write_measure(vals) for line in self)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_system(self):
        if not self.env.su:
            raise UserError(self.env._("No point of an inspection is left out: mark it green when it is good."))

    # --- actions ------------------------------------------------------------------------

    def action_green(self):
        """Mark the point as good."""
        return self._write_result("green")

    def action_yellow(self):
        """Mark the point as advised."""
        return self._write_result("yellow")

    def action_red(self):
        """Mark the point as one that needs doing now."""
        return self._write_result("red")

    def action_open(self):
        """Open the point for its measure, note and film."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def add_photo(self, content):
        """Add a photo of what was found.

        :param str content: base64
        :return: id of the picture
        :raises UserError: no picture, too large, or the inspection is over
        """
        self.ensure_one()
        self.inspection_id._check_may_inspect()
        pictures = self.env["dealer.inspection.picture"]
        if not content:
            raise pictures._get_no_picture_error(self.display_name)
        return pictures.create({"line_id": self.id, "image_1920": content}).id

    # --- business -----------------------------------------------------------------------

    def _write_result(self, result):
        self.inspection_id._check_may_inspect()
        self.check_access("write")
        self.write({"result": result})
        return True

    def _write_measure(self, vals):
        """Write a measure, and the colour that follows from it where the point has limits."""
        self.ensure_one()
        result = self._get_result(vals["measure"])
        return super().write({**vals, "result": result} if result else vals)

    def _get_result(self, measure):
        self.ensure_one()
        if not (self.yellow_from or self.red_from):
            return False
        if self.red_from and measure <= self.red_from:
            return "red"
        return "yellow" if self.yellow_from and measure <= self.yellow_from else "green"

    def _get_measure(self):
        """Return the measure as people read it, empty when nothing was measured.

        :return: str
        """
        self.ensure_one()
        units = dict(self.env["dealer.inspection.point"]._fields["unit"].selection)
        return f"{self.measure:g} {units.get(self.unit, '')}".strip() if self.measure else ""

    def _check_video(self, vals):
        """Refuse what is no film of a phone, or too big for one.

        :raises UserError: says what to send
        """
        if not vals.get("video"):
            return
        try:
            content = base64.b64decode(vals["video"])
        except (binascii.Error, ValueError, TypeError):
            content = b""
        if len(content) > VIDEO_BYTES or not any(content[at : at + 4] == mark for at, mark in VIDEO_MARKS):
            raise UserError(
                self.env._("“%(point)s”: send a film as MP4, MOV or WebM of at most 50 MB.", point=self[:1].name)
            )

    def _prepare_proposed_job(self):
        """Return the job by which what was found is proposed to the customer.

        :return: dict for ``repair.order._propose_job``
        """
        self.ensure_one()
        return {
            "name": self.name,
            "cause": " · ".join(filter(None, [self._get_measure(), self.note])) or False,
            "urgency": "now" if self.result == "red" else "soon",
            "line_ids": [Command.create({"operation_id": self.operation_id.id})] if self.operation_id else [],
            "picture_ids": [
                Command.create({"name": self.name, "image_1920": picture.image_1920}) for picture in self.picture_ids
            ],
        }


class DealerInspectionPicture(models.Model):
    """A photo of what was found at a point."""

    _name = "dealer.inspection.picture"
    _description = "Photo of an Inspected Point"
    _inherit = ["dealer.picture.mixin"]
    _order = "id"

    name = fields.Char("Text")
    line_id = fields.Many2one("dealer.inspection.line", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="line_id.company_id", store=True, index=True, precompute=True)
    user_id = fields.Many2one("res.users", "Taken by", readonly=True, default=lambda self: self.env.user)
    image_1920 = fields.Image("Photo", required=True)

    @api.model_create_multi
    def create(self, vals_list):
        pictures = super().create(vals_list)
        pictures._check_open()
        return pictures

    def write(self, vals):
        self._check_open()
        result = super().write(vals)
        self._check_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_proof(self):
        self._check_open()

    def _check_open(self):
        """Photos of a finished inspection are proof and stay."""
        if not self.env.su:
            self.line_id.inspection_id._check_may_inspect()
