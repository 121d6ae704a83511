from odoo import api, fields, models
from odoo.exceptions import ValidationError

COST_GROUP = "dealer_vehicle.group_vehicle_cost"
KINDS = [
    ("warranty", "Extended warranty"),
    ("maintenance", "Prepaid maintenance"),
    ("gap", "GAP cover"),
    ("tyre", "Tyres and glass"),
    ("care", "Paint and interior care"),
    ("other", "Other"),
]


class DealerProtectionProduct(models.Model):
    """Something sold around the car that a provider carries out: extended warranty, prepaid maintenance, GAP."""

    _name = "dealer.protection.product"
    _description = "F&I Product"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(KINDS, required=True, default="warranty")
    description = fields.Text("What the customer gets", translate=True)
    product_id = fields.Many2one(
        "product.product",
        "Sold as",
        required=True,
        ondelete="restrict",
        check_company=True,
        domain="[('type', '=', 'service'), ('is_vehicle', '=', False)]",
        help="Product of the order line and of the provider's bill: its accounts and taxes.",
    )
    provider_id = fields.Many2one("res.partner", required=True, index=True, ondelete="restrict", check_company=True)
    retail_price = fields.Monetary("Price with Tax", required=True, help="What the menu asks for.")
    floor_price = fields.Monetary(
        "Lowest Price with Tax", help="Below it only a sales manager sells. Empty: nobody is limited."
    )
    term_months = fields.Integer("Months", default=12, help="From the hand-over.")
    term_km = fields.Integer("Distance (km)", help="Covered distance from the hand-over; 0: unlimited.")
    is_cancellable = fields.Boolean(
        "Can be Cancelled", default=True, help="The unused part, by days or distance whichever is more, is given back."
    )
    chargeback_days = fields.Integer(
        "Charge-back (days)",
        default=180,
        help="Cancelled within so many days, what is given back counts against the deal; to be confirmed.",
    )
    cost_ids = fields.One2many("dealer.protection.cost", "protection_id", "Costs", groups=COST_GROUP, copy=True)
    cost = fields.Monetary(
        "Cost Today", compute="_compute_cost", groups=COST_GROUP, help="What the provider asks, without tax."
    )

    _amounts_sane = models.Constraint(
        "CHECK (retail_price >= 0 AND floor_price >= 0 AND floor_price <= retail_price)",
        "The lowest price is between nothing and the price of the menu.",
    )
    _terms_sane = models.Constraint(
        "CHECK (term_months BETWEEN 0 AND 180 AND term_km >= 0 AND chargeback_days >= 0"
        " AND (term_months > 0 OR term_km > 0))",
        "A product runs for some months (at most 180) or some distance.",
    )
    _name_uniq = models.UniqueIndex(
        "(company_id, provider_id, (name->>'en_US'))", "This provider has a product of this name already."
    )

    @api.constrains("product_id")
    def _check_product(self):
        for protection in self:
            product = protection.product_id
            if product.type != "service" or product.dealer_line_nature != "own":
                raise ValidationError(
                    self.env._(
                        "%(name)s must be sold as a service that is our own revenue: %(product)s is not.",
                        name=protection.name,
                        product=product.display_name,
                    )
                )

    def _compute_cost(self):
        today = fields.Date.context_today(self)
        for protection in self:
            protection.cost = protection._get_cost(today)

    def _get_cost(self, day):
        """Return what the provider asks on a day, 0.0 when no cost is known.

        :param date day: company-timezone date
        :return: float, company currency, without tax
        """
        self.ensure_one()
        costs = self.sudo().cost_ids.filtered(lambda cost: cost.date_from <= day)  # asked by the system's own acts
        return costs.sorted("date_from")[-1:].amount


class DealerProtectionCost(models.Model):
    """What a provider asks for a product, from a day on."""

    _name = "dealer.protection.cost"
    _description = "Cost of an F&I Product"
    _order = "protection_id, date_from desc"
    _rec_name = "date_from"

    protection_id = fields.Many2one("dealer.protection.product", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="protection_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="protection_id.currency_id")
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    amount = fields.Monetary(required=True, help="Without tax.")
    note = fields.Char(help="Where the cost comes from, who confirmed it.")

    _date_uniq = models.UniqueIndex("(protection_id, date_from)", "A cost from this day exists already.")
    _amount_positive = models.Constraint("CHECK (amount >= 0)", "A cost cannot be negative.")


class DealerProtectionPackage(models.Model):
    """Products that are offered together, a column of the menu."""

    _name = "dealer.protection.package"
    _description = "Package of F&I Products"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    protection_ids = fields.Many2many("dealer.protection.product", string="Products", check_company=True)
    price = fields.Monetary("Price with Tax", compute="_compute_price")

    _name_uniq = models.UniqueIndex("(company_id, (name->>'en_US'))", "There is a package of this name already.")

    @api.depends("protection_ids.retail_price")
    def _compute_price(self):
        for package in self:
            package.price = sum(package.protection_ids.mapped("retail_price"))

    def action_take(self):
        """Accept the products of this package on the menu named in the context, and decline the others.

        :raises UserError: the menu is signed
        """
        self.ensure_one()
        menu = self.env["dealer.protection.menu"].browse(self.env.context.get("protection_menu_id")).exists()
        if menu:
            menu._take_package(self)
        return True
