from odoo import Command, api, fields, models

from .repair_kind import PAY_TYPES, REPAIR_KINDS


class DealerAppointmentLine(models.Model):
    """One piece of work the customer wants; becomes a job when the car arrives."""

    _name = "dealer.appointment.line"
    _description = "Wanted Work"
    _inherit = ["dealer.protected.mixin"]
    _order = "appointment_id, sequence, id"
    _check_company_auto = True

    _protected_fields = frozenset({"company_id", "site_id"})

    appointment_id = fields.Many2one("dealer.appointment", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="appointment_id.company_id", store=True, precompute=True)
    site_id = fields.Many2one(related="appointment_id.site_id", store=True, precompute=True)
    sequence = fields.Integer(default=10)
    operation_id = fields.Many2one("dealer.operation", check_company=True)
    name = fields.Char(
        string="Wanted Work", required=True, compute="_compute_name", store=True, readonly=False, precompute=True
    )
    hours = fields.Float(string="Standard Hours", compute="_compute_hours", store=True, readonly=False, precompute=True)
    repair_kind = fields.Selection(REPAIR_KINDS, default="maintenance", required=True)
    pay_type = fields.Selection(PAY_TYPES, default="customer", required=True)

    @api.depends("operation_id")
    def _compute_name(self):
        for line in self:
            line.name = line.operation_id.name or line.name

    @api.depends("operation_id", "appointment_id.vehicle_id")
    def _compute_hours(self):
        for line in self:
            if line.operation_id:
                line.hours = line.operation_id._get_hours(line.appointment_id.vehicle_id.series_id)

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.appointment_id._check_may_change()
        return lines

    def write(self, vals):
        (self.appointment_id | self.appointment_id.browse(vals.get("appointment_id")))._check_may_change()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_over(self):
        self.appointment_id._check_may_change()

    def _prepare_job_vals(self):
        """Return the values of the job this wanted work becomes.

        :return: dict for ``dealer.job.create`` without its order
        """
        self.ensure_one()
        operation = self.operation_id
        commands = [Command.create({"operation_id": operation.id, "hours": self.hours})] if operation else []
        return {
            "name": self.name,
            "repair_kind": self.repair_kind,
            "pay_type": "internal" if self._is_for_ourselves() else self.pay_type,
            "line_ids": commands,
        }

    def _is_for_ourselves(self):
        """Tell whether the customer of this work is our own company: nobody gets a bill for it."""
        self.ensure_one()
        # Narrow sudo: which partner the company is.
        return self.pay_type == "customer" and self.appointment_id.partner_id == self.company_id.sudo().partner_id
