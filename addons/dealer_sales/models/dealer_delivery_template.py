from odoo import fields, models

from .dealer_contract_template import KINDS


class DealerDeliveryTemplate(models.Model):
    """A point every hand-over checks; a company adds, drops and rewords them."""

    _name = "dealer.delivery.template"
    _description = "Delivery Checklist Point"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char("What to check", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: every company.")
    kind = fields.Selection(KINDS, help="Only for this kind of contract; empty: every kind.")
    condition = fields.Selection(
        [("new", "New"), ("used", "Used"), ("demo", "Demonstrator")],
        help="Only for cars in this condition; empty: every car.",
    )
    is_required = fields.Boolean("Required", default=True, help="The car is not handed over while it is open.")

    def _prepare_lines(self, contract, vehicle):
        """Return the checklist of one delivery.

        :param contract: ``dealer.contract``
        :param vehicle: ``dealer.vehicle``
        :return: list of dict for ``dealer.delivery.line.create``, in the user's language
        """
        points = self.search([("company_id", "in", (False, contract.company_id.id))])
        return [
            {"name": point.name, "sequence": point.sequence, "is_required": point.is_required}
            for point in points
            if point.kind in (False, contract.kind) and point.condition in (False, vehicle.condition)
        ]
