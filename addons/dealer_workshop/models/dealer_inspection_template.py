from odoo import api, fields, models, tools

from .repair_kind import REPAIR_KINDS

PURPOSES = [("inspection", "Vehicle Inspection"), ("quality", "Quality Check")]


class DealerInspectionTemplate(models.Model):
    """A list of points to look at on a car (车辆健康检查), or to look at before it is ready (终检)."""

    _name = "dealer.inspection.template"
    _description = "Inspection Template"
    _inherit = ["dealer.cached.policy.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    purpose = fields.Selection(
        PURPOSES,
        required=True,
        default="inspection",
        help="A quality check is filled in by whoever makes the final check, not by who did the work.",
    )
    company_id = fields.Many2one("res.company", index=True, help="Empty: shared by all companies.")
    repair_kind = fields.Selection(REPAIR_KINDS, help="Empty: every kind of visit.")
    series_ids = fields.Many2many("fleet.vehicle.model", string="Series", help="Empty: every series.")
    is_required = fields.Boolean(
        string="Required",
        help="Cars that it fits get it when they are checked in, and are not ready before it is finished.",
    )
    point_ids = fields.One2many("dealer.inspection.point", "template_id", string="Points", copy=True)
    point_count = fields.Integer(compute="_compute_point_count")

    _name_uniq = models.UniqueIndex(
        "(name, COALESCE(company_id, 0)) WHERE active", "An inspection template of this name exists already."
    )

    @api.depends("point_ids")
    def _compute_point_count(self):
        for template in self:
            template.point_count = len(template.point_ids)

    @api.model
    @tools.ormcache("company_id")
    def _get_templates(self, company_id):
        """Return what decides which cars are inspected how, for all templates of a company.

        :param int company_id: ``res.company``
        :return: tuple of (template id, purpose, repair kind, frozenset of series ids, required), in their order
        """
        # Narrow sudo: which list fits a car must not depend on who checks it in.
        templates = self.sudo().search([("company_id", "in", (company_id, False))])
        return tuple(
            (
                template.id,
                template.purpose,
                template.repair_kind,
                frozenset(template.series_ids.ids),
                template.is_required,
            )
            for template in templates
        )

    @api.model
    def _get_fitting(self, order):
        """Return the templates that fit the car and the visit of an order.

        :param repair.order order: one workshop order
        :return: tuple of (template id, purpose, required); the most specific of a purpose first
        """
        templates = self._get_templates(order.company_id.id)
        if not templates:
            return ()
        series = order.dealer_vehicle_id.series_id.id
        fitting = [
            (bool(kind) + bool(series_ids), template, purpose, required)
            for template, purpose, kind, series_ids, required in templates
            if kind in (False, order.repair_kind) and (not series_ids or series in series_ids)
        ]
        return tuple(row[1:] for row in sorted(fitting, key=lambda row: -row[0]))


class DealerInspectionPoint(models.Model):
    """One thing to look at, with the limits at which it turns yellow or red."""

    _name = "dealer.inspection.point"
    _description = "Inspection Point"
    _order = "template_id, sequence, id"

    template_id = fields.Many2one("dealer.inspection.template", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    section = fields.Char(string="Part of the Car", translate=True, help="Points are shown under it, e.g. Brakes.")
    name = fields.Char(required=True, translate=True)
    unit = fields.Selection(
        [("mm", "mm"), ("percent", "%"), ("bar", "bar"), ("volt", "V")], help="Empty: nothing is measured."
    )
    yellow_from = fields.Float(string="Yellow up to", help="A measure of at most this is yellow. 0: no limit.")
    red_from = fields.Float(string="Red up to", help="A measure of at most this is red. 0: no limit.")
    operation_id = fields.Many2one(
        "dealer.operation", string="Work Proposed", help="Proposed to the customer when the point is yellow or red."
    )

    _limits_in_order = models.Constraint(
        "CHECK(yellow_from >= 0 AND red_from >= 0 AND (red_from = 0 OR yellow_from = 0 OR red_from <= yellow_from))",
        "A point turns yellow before it turns red: the red limit is the lower one.",
    )
