from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError

from ..tools import package
from .repair_kind import REPAIR_KINDS


class DealerJobMenu(models.Model):
    """A package (套餐): work that is sold as one, with its operations, its parts and maybe one price for all of it."""

    _name = "dealer.job.menu"
    _description = "Package"
    _order = "sequence, code, id"
    _rec_names_search = ["code", "name"]
    _check_company_auto = True

    code = fields.Char(required=True, index="trigram")
    name = fields.Char(required=True, translate=True, help="Becomes the concern of the job.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: shared by all companies.")
    repair_kind = fields.Selection(REPAIR_KINDS, required=True, default="maintenance")
    series_ids = fields.Many2many("fleet.vehicle.model", string="Series", help="Empty: fits every series.")
    line_ids = fields.One2many("dealer.job.menu.line", "menu_id", string="Operations", copy=True)
    part_ids = fields.One2many("dealer.job.menu.part", "menu_id", string="Parts", copy=True)
    price_ids = fields.One2many("dealer.job.menu.price", "menu_id", string="Prices", copy=True)

    _code_uniq = models.UniqueIndex("(code, COALESCE(company_id, 0))", "A package with this code exists already.")

    @api.depends("code", "name")
    def _compute_display_name(self):
        for menu in self:
            menu.display_name = " ".join(filter(None, [menu.code, menu.name]))

    @api.constrains("price_ids", "line_ids")
    def _check_price_has_labour(self):
        # Rounding of the parts ends in the labour, so that a package costs exactly its price.
        for menu in self:
            if menu.price_ids and not menu.line_ids:
                raise ValidationError(
                    self.env._("“%(menu)s” has a price: it needs at least one operation.", menu=menu.display_name)
                )

    def _get_price(self, company, day):
        """Return the package price that is valid on a day.

        :param res.company company: whose workshop sells it
        :param date day: the day the car came in
        :return: float in company currency without tax, or None: sold at the prices of its operations and parts
        """
        self.ensure_one()
        rows = self.price_ids.filtered(
            lambda row: row.company_id in (company, company.browse()) and (not row.date_from or row.date_from <= day)
        )
        row = rows.sorted(lambda row: (bool(row.company_id), row.date_from or day.min))[-1:]
        return row.price if row else None

    def _prepare_job(self, order):
        """Return the job this package becomes on an order.

        :param repair.order order: one order
        :return: dict for ``dealer.job.create``
        """
        self.ensure_one()
        series = order.dealer_vehicle_id.series_id
        # Narrow sudo: the hours of a shared operation must not depend on who picks the package.
        lines = [
            {"operation_id": line.operation_id.id, "hours": line.hours or line.operation_id._get_hours(series)}
            for line in self.sudo().line_ids
        ]
        parts = [{"product_id": part.product_id.id, "quantity": part.quantity} for part in self.part_ids]
        return {
            "order_id": order.id,
            "name": self.name,
            "repair_kind": self.repair_kind,
            "menu_id": self.id,
            "line_ids": [Command.create(values) for values in lines],
            "part_ids": [Command.create(values) for values in parts],
        }


class DealerJobMenuLine(models.Model):
    """An operation of a package."""

    _name = "dealer.job.menu.line"
    _description = "Operation of a Package"
    _order = "menu_id, id"

    menu_id = fields.Many2one("dealer.job.menu", required=True, ondelete="cascade", index=True)
    operation_id = fields.Many2one("dealer.operation", required=True, ondelete="restrict", index=True)
    hours = fields.Float(string="Standard Hours", help="0: the operation's hours for the series of the car.")

    _hours_positive = models.Constraint("CHECK(hours >= 0)", "Standard hours cannot be negative.")


class DealerJobMenuPart(models.Model):
    """A part of a package."""

    _name = "dealer.job.menu.part"
    _description = "Part of a Package"
    _order = "menu_id, id"

    menu_id = fields.Many2one("dealer.job.menu", required=True, ondelete="cascade", index=True)
    product_id = fields.Many2one(
        "product.product",
        string="Part",
        required=True,
        ondelete="restrict",
        index=True,
        domain=[("is_part", "=", True)],
    )
    quantity = fields.Float(default=1.0, digits="Product Unit", required=True)

    _quantity_positive = models.Constraint("CHECK(quantity > 0)", "A package holds a quantity above 0.")


class DealerJobMenuPrice(models.Model):
    """What a package costs from a day on."""

    _name = "dealer.job.menu.price"
    _description = "Price of a Package"
    _order = "menu_id, date_from desc, id"

    menu_id = fields.Many2one("dealer.job.menu", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, index=True, required=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(string="Valid From", help="First day of effect. Empty: since ever.")
    price = fields.Monetary(required=True, help="For all operations and parts of the package, without tax.")

    _price_positive = models.Constraint("CHECK(price >= 0)", "A package price cannot be negative.")
    _day_uniq = models.UniqueIndex(
        "(menu_id, company_id, COALESCE(date_from, '0001-01-01'))", "Two prices of a package begin on one day."
    )


class DealerJob(models.Model):
    _inherit = "dealer.job"

    _protected_fields = frozenset({"menu_id"})

    menu_id = fields.Many2one("dealer.job.menu", string="Package", copy=False, index="btree_not_null", readonly=True)

    def _apply_package_price(self, price):
        """Sell the operations and parts of this job for one price.

        Parts get their share by list price, rounded by unit; what is left is labour, to the cent.

        :param float price: company currency, without tax
        """
        self.ensure_one()
        # Narrow sudo: the price is the package's, whoever picks it.
        job = self.sudo()
        parts = [(part.price_unit, part.quantity) for part in job.part_ids]
        labour = job.line_ids.mapped("price")
        units, labour_prices = package.share_out(price, parts, labour, self.currency_id.decimal_places)
        for line, amount in zip(job.line_ids, labour_prices, strict=True):
            line.write({"price_kind": "package", "fixed_price": amount})
        job._write_part_prices(units)

    def _write_part_prices(self, units):
        # Narrow sudo: parts are core's moves; what they cost is the package's.
        moves = self.env["stock.move"].sudo().browse(self.part_ids.ids)
        for move, unit in zip(moves, units, strict=True):
            move.dealer_price_unit = unit
        self.part_ids._moves_changed(self)

    def write(self, vals):
        """Sell packages at the prices of their operations and parts when somebody else pays: the price was ours."""
        packaged = self.filtered("menu_id") if vals.get("pay_type", "customer") != "customer" else self.browse()
        result = super().write(vals)
        for job in packaged:
            job.sudo().line_ids.write({"price_kind": "hours"})
            job._write_part_prices([part.product_id._get_net_price(job.company_id) for part in job.part_ids])
        return result


class RepairOrder(models.Model):
    _inherit = "repair.order"

    menu_to_add_id = fields.Many2one(
        "dealer.job.menu",
        string="Add a Package",
        compute="_compute_menu_to_add_id",
        inverse="_inverse_menu_to_add_id",
        domain="['|', ('series_ids', '=', False), ('series_ids', 'in', [series_id])]",
        check_company=True,
        help="Adds a job with the operations and parts of the package.",
    )
    series_id = fields.Many2one(related="dealer_vehicle_id.series_id")

    def _compute_menu_to_add_id(self):
        self.menu_to_add_id = False

    def _inverse_menu_to_add_id(self):
        for order in self.filtered("menu_to_add_id"):
            order._add_menu(order.menu_to_add_id)
        # A pick, not a property: it is empty again at once.
        self.invalidate_recordset(["menu_to_add_id"], flush=False)

    def _add_menu(self, menu):
        """Add the job of a package to this order.

        :param dealer.job.menu menu: one package
        :return: ``dealer.job``
        :raises UserError: the order is finished
        """
        self.ensure_one()
        # The user's own right to make jobs decides. Narrow sudo for the link only, it is protected from typing.
        values = menu._prepare_job(self)
        menu_id = values.pop("menu_id")
        job = self.env["dealer.job"].create(values)
        job.sudo().menu_id = menu_id
        for line in job.sudo().line_ids:
            # The package's own hours are the list, not a discount.
            line.list_hours = line.hours
        price = menu._get_price(self.company_id, self._day_of_reception())
        if price is not None and job.approval_state == "accepted":
            job._apply_package_price(price)
        return job
