from odoo import fields, models


class DealerBay(models.Model):
    """A place in the workshop where one car stands at a time."""

    _name = "dealer.bay"
    _description = "Bay"
    _order = "site_id, sequence, name"
    _check_company_auto = True

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    site_id = fields.Many2one(
        "stock.warehouse",
        required=True,
        check_company=True,
        index=True,
        default=lambda self: self.env.user._get_default_site(),
    )
    level_id = fields.Many2one("dealer.labour.level", string="Trade", help="Empty: every trade can work here.")
    color = fields.Integer()

    _name_uniq = models.Constraint("UNIQUE(site_id, name)", "This site has a bay of this name already.")
