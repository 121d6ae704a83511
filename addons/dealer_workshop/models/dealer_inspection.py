from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from .dealer_inspection_template import PURPOSES

INSPECTOR = "dealer_workshop.group_quality_inspector"
DISPATCHER = "dealer_workshop.group_dispatcher"


class DealerInspection(models.Model):
    """A car looked at point by point: green, yellow or red. What is not green is proposed to the customer."""

    _name = "dealer.inspection"
    _description = "Inspection"
    _inherit = ["dealer.protected.mixin"]
    _order = "id desc"
    _check_company_auto = True

    _protected_fields = frozenset(
        {"order_id", "template_id", "purpose", "company_id", "site_id", "vehicle_id", "state", "done_on", "user_id"}
        | {"is_required", "green_count", "yellow_count", "red_count", "open_count", "job_ids"}
    )

    name = fields.Char(related="template_id.name")
    order_id = fields.Many2one("repair.order", required=True, ondelete="cascade", index=True, check_company=True)
    template_id = fields.Many2one("dealer.inspection.template", required=True, ondelete="restrict", index=True)
    purpose = fields.Selection(PURPOSES, required=True, readonly=True)
    is_required = fields.Boolean(string="Required", readonly=True)
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True, precompute=True)
    site_id = fields.Many2one(related="order_id.site_id", store=True, precompute=True)
    vehicle_id = fields.Many2one(related="order_id.dealer_vehicle_id", store=True, precompute=True, index=True)
    plate = fields.Char(related="vehicle_id.plate")
    state = fields.Selection(
        [("open", "Open"), ("done", "Finished")], default="open", required=True, readonly=True, copy=False
    )
    done_on = fields.Datetime(string="Finished On", readonly=True, copy=False)
    user_id = fields.Many2one("res.users", string="Inspected By", readonly=True, copy=False)
    line_ids = fields.One2many("dealer.inspection.line", "inspection_id", string="Points")
    job_ids = fields.Many2many("dealer.job", string="Proposed Jobs", readonly=True, copy=False)
    green_count = fields.Integer(compute="_compute_counts", store=True)
    yellow_count = fields.Integer(compute="_compute_counts", store=True)
    red_count = fields.Integer(compute="_compute_counts", store=True)
    open_count = fields.Integer(string="Points Left", compute="_compute_counts", store=True)

    _template_uniq = models.Constraint(
        "UNIQUE(order_id, template_id)", "The car has this inspection on this visit already: open that one."
    )
    _done_complete = models.Constraint(
        "CHECK(state != 'done' OR (open_count = 0 AND done_on IS NOT NULL AND user_id IS NOT NULL))",
        "A finished inspection has a result for every point, and who looked.",
    )
    _history_idx = models.Index("(vehicle_id, done_on DESC) WHERE state = 'done'")

    @api.depends("line_ids.result")
    def _compute_counts(self):
        for inspection in self:
            results = [line.result for line in inspection.line_ids]
            inspection.green_count = results.count("green")
            inspection.yellow_count = results.count("yellow")
            inspection.red_count = results.count("red")
            inspection.open_count = results.count(False)

    @api.depends("template_id.name", "vehicle_id.plate")
    def _compute_display_name(self):
        for inspection in self:
            inspection.display_name = " · ".join(filter(None, [inspection.name, inspection.plate]))

    # --- actions ------------------------------------------------------------------------

    def action_rest_green(self):
        """Mark every point nobody has judged yet as green, in one tap."""
        self._check_may_inspect()
        lines = self.line_ids.filtered(lambda line: not line.result)
        lines._write_result("green")
        return True

    def action_finish(self):
        """Finish the inspection: what is yellow or red is proposed to the customer with its work and price.

        :raises AccessError: neither inspector, dispatcher nor technician on this order
        :raises UserError: points are left, or the order is closed
        Source: product B29, R51
        """
        self._check_may_inspect()
        for inspection in self:
            inspection._check_complete()
            inspection._action_finish()
        return True

    def action_reopen(self):
        """Take a finished inspection up again, as long as nothing of it was proposed."""
        self._check_may_inspect(state="done")
        for inspection in self:
            if inspection.job_ids:
                raise UserError(
                    inspection.env._(
                        "Work was proposed from %(inspection)s already: note further findings on the order.",
                        inspection=inspection.display_name,
                    )
                )
        # Narrow sudo: role and state are checked, the fields are protected from typing.
        self.sudo().write({"state": "open", "done_on": False, "user_id": False})
        self.order_id._on_inspections_changed()
        return True

    # --- checks -------------------------------------------------------------------------

    def _check_may_inspect(self, state="open"):
        """Refuse what is not this person's to look at, and inspections that are over.

        :param str state: the state in which the step is allowed
        """
        self.check_access("read")
        for inspection in self:
            inspection._check_role()
            inspection.order_id._check_open_for_work()
            if inspection.state != state:
                raise UserError(
                    inspection.env._(
                        "%(inspection)s is finished: take it up again to change it.",
                        inspection=inspection.display_name,
                    )
                    if state == "open"
                    else inspection.env._("%(inspection)s is not finished.", inspection=inspection.display_name)
                )

    def _check_role(self):
        self.ensure_one()
        if self.env.su:
            return
        user = self.env.user
        if self.purpose == "quality":
            self.order_id._check_role(INSPECTOR)
            self.order_id._check_inspector_did_not_work()
        elif not any(user.has_group(group) for group in (INSPECTOR, DISPATCHER)) and not self._works_here():
            raise AccessError(
                self.env._(
                    "%(inspection)s belongs to who works on the car: clock on to one of its jobs first.",
                    inspection=self.display_name,
                )
            )

    def _works_here(self):
        self.ensure_one()
        # Narrow sudo: nobody of the workshop may read who is whose user.
        return self.env.uid in self.sudo().order_id.job_ids.assignment_ids.employee_id.user_id.ids

    def _check_complete(self):
        self.ensure_one()
        left = self.line_ids.filtered(lambda line: not line.result)
        if left or not self.line_ids:
            raise UserError(
                self.env._(
                    "%(inspection)s cannot be finished. Still to look at: %(points)s.",
                    inspection=self.display_name,
                    points=", ".join(left.mapped("name")) or self.env._("every point"),
                )
            )

    # --- business -----------------------------------------------------------------------

    @api.model
    def _prepare_inspection(self, order, template, purpose, is_required):
        """Return the values of an inspection of a car, with a line for each point of the template.

        :param repair.order order: one order
        :param dealer.inspection.template template: one template, readable
        :param str purpose: of the template
        :param bool is_required: the car is not ready without it
        :return: dict for ``create``
        """
        return {
            "order_id": order.id,
            "template_id": template.id,
            "purpose": purpose,
            "is_required": is_required,
            "line_ids": [Command.create(point._prepare_line()) for point in template.point_ids],
        }

    def _action_finish(self):
        self.ensure_one()
        # Narrow sudo: role and completeness are checked, the fields are protected from typing.
        self.sudo().write({"state": "done", "done_on": fields.Datetime.now(), "user_id": self.env.uid})
        found = self.line_ids.filtered(lambda line: line.result in ("yellow", "red"))
        if found and self.purpose == "inspection":
            jobs = self.order_id._propose_job([line._prepare_proposed_job() for line in found])
            self.sudo().job_ids = jobs
            for line, job in zip(found, jobs, strict=True):
                line.sudo().job_id = job
        self.order_id._on_inspections_changed()
