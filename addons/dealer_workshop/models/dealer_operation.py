from odoo import api, fields, models

from .repair_kind import REPAIR_KINDS


class DealerOperation(models.Model):
    """A piece of work with its standard hours."""

    _name = "dealer.operation"
    _description = "Operation"
    _order = "code, id"
    _rec_names_search = ["code", "name"]
    _check_company_auto = True

    code = fields.Char(required=True, index="trigram")
    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: shared by all companies.")
    level_id = fields.Many2one("dealer.labour.level", string="Trade")
    section_id = fields.Many2one("dealer.car.section", string="Part of the Car", index="btree_not_null")
    repair_kind = fields.Selection(REPAIR_KINDS, help="Kind of visit this work usually belongs to.")
    hours = fields.Float(
        string="Standard Hours",
        default=1.0,
        help="Standard hours as decimals (1.5 = 1 h 30), for every series without a row of its own.",
    )
    hours_ids = fields.One2many("dealer.operation.hours", "operation_id", string="Hours by Series")
    skill_ids = fields.Many2many(
        "dealer.skill",
        "dealer_operation_skill_rel",
        "operation_id",
        "skill_id",
        string="Skills Needed",
        help="Only technicians who have all of them are given this work.",
    )
    needs_skill = fields.Boolean(compute="_compute_needs_skill", store=True)
    product_id = fields.Many2one(
        "product.product",
        string="Invoiced As",
        domain=[("type", "=", "service")],
        required=True,
        check_company=True,
        default=lambda self: self._default_product_id(),
        help="Service that stands on the invoice; it decides revenue account and taxes.",
    )

    _code_uniq = models.UniqueIndex("(code, COALESCE(company_id, 0))", "An operation with this code exists already.")
    _hours_positive = models.Constraint("CHECK(hours >= 0)", "Standard hours cannot be negative.")

    @api.model
    def _default_product_id(self):
        return self.env.ref("dealer_workshop.product_product_labour", raise_if_not_found=False)

    @api.depends("skill_ids")
    def _compute_needs_skill(self):
        for operation in self:
            operation.needs_skill = bool(operation.skill_ids)

    @api.depends("code", "name")
    def _compute_display_name(self):
        for operation in self:
            operation.display_name = " ".join(filter(None, [operation.code, operation.name]))

    def _get_skills(self):
        """Return all skills these operations need together; asks the database only when one needs any.

        :return: ``dealer.skill``
        """
        # Iterated: most operations need none, which is stored on them.
        return self.browse([operation.id for operation in self if operation.needs_skill]).skill_ids

    def _get_hours(self, series):
        """Return the standard hours of this operation on a series.

        :param fleet.vehicle.model series: series of the car, may be empty
        :return: float, decimal hours
        """
        self.ensure_one()
        row = self.hours_ids.filtered(lambda hours: hours.series_id == series)[:1]
        return row.hours if row else self.hours


class DealerOperationHours(models.Model):
    """Standard hours of an operation on one series."""

    _name = "dealer.operation.hours"
    _description = "Standard Hours by Series"
    _order = "operation_id, series_id"

    operation_id = fields.Many2one("dealer.operation", required=True, ondelete="cascade", index=True)
    series_id = fields.Many2one("fleet.vehicle.model", required=True, ondelete="cascade", index=True)
    hours = fields.Float(string="Standard Hours", required=True, help="Decimal hours (1.5 = 1 h 30).")

    _series_uniq = models.Constraint("UNIQUE(operation_id, series_id)", "This series has its hours already.")
    _hours_positive = models.Constraint("CHECK(hours >= 0)", "Standard hours cannot be negative.")
