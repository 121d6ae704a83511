from odoo import api, fields, models

STEPS = [
    ("temporary_plate", "Temporary plate"),
    ("purchase_tax", "Purchase tax"),
    ("inspection", "Inspection"),
    ("plate", "Plate"),
    ("lien", "Lien registration"),
    ("title", "Vehicle title"),
    ("other", "Other"),
]


class DealerRegistrationTemplate(models.Model):
    """A step of the registration of cars; each country and company has its own (P27)."""

    _name = "dealer.registration.template"
    _description = "Registration Step of a Country"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char("Step", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    code = fields.Selection(STEPS, "Kind", required=True, default="other")
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company.")
    country_id = fields.Many2one("res.country", help="Only for companies of this country; empty: every country.")
    condition = fields.Selection(
        [("new", "New"), ("used", "Used"), ("demo", "Demonstrator")],
        help="Only for cars in this condition; empty: every car.",
    )
    days = fields.Integer(default=7, help="After the start of the registration. To be confirmed by the house.")
    is_required = fields.Boolean("Required", default=True, help="The registration is not closed while it is open.")
    product_id = fields.Many2one(
        "product.product",
        "Collected with",
        domain="[('dealer_line_nature', '=', 'pass_through')]",
        help="The price line with which the customer gave us the money for this step.",
    )

    _days_sane = models.Constraint("CHECK (days >= 0)", "A step cannot be due before the registration starts.")

    @api.model
    def _get_rows(self, company, vehicle):
        """Return the steps of a car.

        :param company: ``res.company``
        :param vehicle: ``dealer.vehicle``
        """
        rows = self.search([("company_id", "in", (False, company.id))])
        return rows.filtered(
            lambda row: (
                row.country_id in (row.country_id.browse(), company.country_id)
                and row.condition in (False, vehicle.condition)
            )
        )

    def _prepare_step(self, start):
        """Return the values of this step of a registration.

        :param date start: day the registration starts
        """
        self.ensure_one()
        return {
            "template_id": self.id,
            "name": self.name,
            "sequence": self.sequence,
            "code": self.code,
            "is_required": self.is_required,
            "product_id": self.product_id.id,
            "date_due": fields.Date.add(start, days=self.days),
        }
