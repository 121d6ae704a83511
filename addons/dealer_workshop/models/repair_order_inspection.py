from odoo import api, fields, models
from odoo.exceptions import UserError

INSPECTION_STATES = [("none", "None"), ("open", "Open"), ("done", "Finished")]


class RepairOrder(models.Model):
    """Inspections of the car, and the list of the final check."""

    _inherit = "repair.order"

    _protected_fields = frozenset({"inspection_state", "quality_list_state"})

    inspection_ids = fields.One2many("dealer.inspection", "order_id", string="Inspections", copy=False)
    # Stored, so that a visit without an inspection asks the database nothing at its gates
    inspection_state = fields.Selection(
        INSPECTION_STATES,
        string="Required Inspection",
        default="none",
        required=True,
        readonly=True,
        copy=False,
    )
    quality_list_state = fields.Selection(
        INSPECTION_STATES,
        string="List of the Final Check",
        default="none",
        required=True,
        readonly=True,
        copy=False,
    )
    template_count = fields.Integer(compute="_compute_template_count")

    @api.depends("repair_kind", "dealer_vehicle_id")
    def _compute_template_count(self):
        templates = self.env["dealer.inspection.template"]
        for order in self:
            order.template_count = len(order.dealer_vehicle_id and templates._get_fitting(order))

    # --- actions ------------------------------------------------------------------------

    def action_inspect(self):
        """Open the inspection of the car; starts the one that fits best when there is none.

        :raises UserError: no template fits, or the car is not checked in
        """
        self.ensure_one()
        self.check_access("read")
        inspection = self.inspection_ids.filtered(lambda inspection: inspection.purpose == "inspection")[:1]
        return self._open_inspection(inspection or self._start_inspection("inspection"))

    def action_quality_list(self):
        """Open the list of the final check."""
        self.ensure_one()
        self.check_access("read")
        inspection = self.inspection_ids.filtered(lambda inspection: inspection.purpose == "quality")[:1]
        return self._open_inspection(inspection or self._start_inspection("quality"))

    def action_view_inspections(self):
        """Open every inspection of the car, also of earlier visits."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_workshop.dealer_inspection_action")
        return action | {"domain": [("vehicle_id", "=", self.dealer_vehicle_id.id)], "context": {}}

    def action_quality_pass(self):
        """Pass the final check when the inspector has filled in its list, where the workshop keeps one."""
        for order in self:
            if order.quality_list_state == "open":
                raise UserError(
                    self.env._("%(order)s: fill in the list of the final check first.", order=order.display_name)
                )
        return super().action_quality_pass()

    # --- business -----------------------------------------------------------------------

    def _action_check_in(self):
        """Give the car the inspections that its kind of visit asks for."""
        res = super()._action_check_in()
        fitting = self.env["dealer.inspection.template"]._get_fitting(self)
        wanted = {}
        for template, purpose, required in fitting:
            if required:
                wanted.setdefault(purpose, template)
        for purpose, template in wanted.items():
            self._create_inspection(template, purpose, True)
        if wanted:
            self._on_inspections_changed()
        return res

    def _start_inspection(self, purpose):
        self.ensure_one()
        self._check_open_for_work()
        if self.stage == "reception":
            raise UserError(self.env._("Check %(order)s in first: the car is inspected after that.", order=self.name))
        fitting = self.env["dealer.inspection.template"]._get_fitting(self)
        template = next((row for row in fitting if row[1] == purpose), None)
        if template is None:
            raise UserError(
                self.env._(
                    "No inspection template fits %(order)s: the workshop manager enters one under Configuration.",
                    order=self.display_name,
                )
            )
        inspection = self._create_inspection(template[0], purpose, template[2])
        self._on_inspections_changed()
        return inspection

    def _create_inspection(self, template_id, purpose, is_required):
        # Narrow sudo: points come from the template, people cannot type them; who reads the order may look at the car.
        inspections = self.env["dealer.inspection"].sudo()
        template = inspections.env["dealer.inspection.template"].browse(template_id)
        template = template.with_context(lang=self.env.user.lang)
        inspection = inspections.create(inspections._prepare_inspection(self, template, purpose, is_required))
        return inspection.sudo(False)

    def _open_inspection(self, inspection):
        return {
            "type": "ir.actions.act_window",
            "name": inspection.display_name,
            "res_model": "dealer.inspection",
            "res_id": inspection.id,
            "views": [(False, "form")],
        }

    def _on_inspections_changed(self):
        """Store whether a required list is open, for the gates."""
        for order in self.sudo():  # narrow: the callers checked the step; the two fields only follow
            states = {}
            for purpose in ("inspection", "quality"):
                lists = [row for row in order.inspection_ids if row.purpose == purpose and row.is_required]
                is_open = any(row.state == "open" for row in lists)
                states[purpose] = "open" if is_open else ("done" if lists else "none")
            order.write({"inspection_state": states["inspection"], "quality_list_state": states["quality"]})
        self._gates_changed()

    def _gates_of_work(self):
        gates = super()._gates_of_work()
        if self.inspection_state != "none":
            gates.insert(
                -1,
                self._gate(
                    "inspection",
                    self.env._("Car inspected"),
                    "ready",
                    self.inspection_state == "done",
                    "dealer_workshop.group_technician",
                    action=self.inspection_state == "open" and "action_inspect",
                    action_label=self.env._("Inspect"),
                ),
            )
        return gates
