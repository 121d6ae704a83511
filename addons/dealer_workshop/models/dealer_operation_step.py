from odoo import api, fields, models

from ..tools import warranty


class DealerOperationStep(models.Model):
    """A piece of work inside an operation that other operations contain as well: draining coolant, taking a wheel off."""

    _name = "dealer.operation.step"
    _description = "Step of an Operation"
    _order = "operation_id, code"
    _rec_name = "code"

    operation_id = fields.Many2one("dealer.operation", required=True, ondelete="cascade", index=True)
    code = fields.Char(required=True, help="The same code in two operations is the same work.")
    name = fields.Char(translate=True)
    hours = fields.Float(
        "Standard Hours", required=True, help="Decimal hours (0.3 = 18 minutes), contained in the operation's own."
    )

    _code_uniq = models.Constraint("UNIQUE(operation_id, code)", "This operation has the step already.")
    _hours_positive = models.Constraint("CHECK(hours > 0)", "A step takes some time.")


class DealerOperation(models.Model):
    _inherit = "dealer.operation"

    step_ids = fields.One2many("dealer.operation.step", "operation_id", "Steps Shared with Other Operations")


class DealerJobLine(models.Model):
    _inherit = "dealer.job.line"

    _protected_fields = frozenset({"overlap_hours"})

    overlap_hours = fields.Float(
        "Counted Elsewhere",
        readonly=True,
        copy=False,
        help="Hours left out of this operation because another one of the same claim contains the same step.",
    )

    @api.model
    def _count_steps_once(self, lines):
        """Leave steps that an earlier operation of a claim contains out of the later ones.

        Harmless when repeated: what was left out before is given back first.

        :param lines: ``dealer.job.line`` of one order, superuser
        Source: product.md B26
        """
        claimed = lines.filtered(lambda line: "warranty" in line.job_id.split_ids.mapped("pay_type"))
        left_out = warranty.counted_before(
            [{step.code: step.hours for step in line.operation_id.step_ids} for line in claimed]
        )
        by_line = dict(zip(claimed, left_out, strict=True))
        for line in lines:
            overlap = min(by_line.get(line, 0.0), line.hours + line.overlap_hours)
            if overlap != line.overlap_hours:
                line.write({"hours": line.hours + line.overlap_hours - overlap, "overlap_hours": overlap})
