from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerJobProposedPart(models.Model):
    """A part of work the customer has not agreed to: priced, but nothing is taken from the shelf for it.

    When he accepts, it becomes a part of the job (``dealer.job.part``) and goes to the store as any other.
    """

    _name = "dealer.job.proposed.part"
    _description = "Part of Proposed Work"
    _inherit = ["dealer.job.child.mixin"]
    _order = "job_id, id"
    _check_company_auto = True

    product_id = fields.Many2one(
        "product.product",
        string="Part",
        required=True,
        domain=[("is_part", "=", True)],
        check_company=True,
        index=True,
    )
    quantity = fields.Float(default=1.0, digits="Product Unit", required=True)
    price_unit = fields.Float(
        string="Unit Price", compute="_compute_price_unit", digits="Product Price", help="List price, without tax."
    )
    price = fields.Monetary(compute="_compute_price", help="Quantity × list price, without tax.")

    _quantity_positive = models.Constraint("CHECK(quantity > 0)", "Propose a quantity above 0.")

    @api.depends("product_id.lst_price", "product_id.taxes_id", "job_id")
    def _compute_price_unit(self):
        for part in self:
            company = part.company_id or self.env.company
            part.price_unit = part.product_id._get_net_price(company) if part.product_id else 0.0

    @api.depends("price_unit", "quantity")
    def _compute_price(self):
        for part in self:
            part.price = part.price_unit * part.quantity

    @api.constrains("product_id", "quantity")
    def _check_part(self):
        for part in self:
            part.env["dealer.job.part"]._check_quantity(part.product_id, part.quantity)

    @api.constrains("job_id")
    def _check_job(self):
        for part in self:
            if part.job_id.approval_state != "proposed":
                raise UserError(
                    self.env._(
                        "Job “%(job)s” is ordered already: add the part under Parts.", job=part.job_id.display_name
                    )
                )
