from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import part_number


class ProductTemplate(models.Model):
    _inherit = "product.template"

    is_part = fields.Boolean(
        string="Part",
        index=True,
        help="A spare part: kept in stock, found by its part number in any spelling, "
        "shared by all companies of the database.",
    )
    part_key = fields.Char(
        string="Part Number Key",
        compute="_compute_part_key",
        store=True,
        index="trigram",
        help="The part number without spaces and punctuation: every spelling of a number has the same key.",
    )
    part_maker_id = fields.Many2one(
        "fleet.vehicle.model.brand",
        string="Maker",
        index="btree_not_null",
        ondelete="restrict",
        help="Whose number it is. Two makers may use the same number, one maker may not.",
    )

    # A part number is a fact of its maker, like a VIN: one record in the whole database,
    # archived ones included, else two companies stock the same part twice.
    _part_key_uniq = models.UniqueIndex(
        "(part_key, COALESCE(part_maker_id, 0)) WHERE is_part AND part_key IS NOT NULL",
        "This part number exists already for this maker, maybe in another spelling or "
        "archived. Open that part instead of creating a second one.",
    )
    _part_shared = models.Constraint(
        "CHECK (NOT is_part OR company_id IS NULL)",
        "A part is shared by all companies: leave its company empty. "
        "Prices, costs and stock are kept per company all the same.",
    )
    _part_storable = models.Constraint(
        "CHECK (NOT is_part OR (is_storable AND type = 'consu'))",
        "A part is a storable product.",
    )
    _part_not_vehicle = models.Constraint(
        "CHECK (NOT (is_part AND is_vehicle))",
        "A product is a part or a vehicle, not both.",
    )

    # --- computes -----------------------------------------------------------------------

    @api.depends("default_code", "is_part")
    def _compute_part_key(self):
        for template in self:
            key = template.is_part and part_number.normalise(template.default_code)
            template.part_key = key or False

    # --- CRUD ---------------------------------------------------------------------------

    def copy_data(self, default=None):
        """Give the copy of a part a number of its own; core would leave it empty."""
        vals_list = super().copy_data(default=default)
        for template, vals in zip(self, vals_list, strict=True):
            if template.is_part and "default_code" not in (default or {}):
                vals["default_code"] = self.env._("%(number)s (copy)", number=template.default_code)
        return vals_list

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create([self._prepare_part_vals(vals) for vals in vals_list])
        # A template made for a variant (product.product.create) has none yet: the variant checks.
        templates.filtered("product_variant_ids")._check_part_number()
        return templates

    def write(self, vals):
        res = super().write(vals)
        if "is_part" in vals or "default_code" in vals:
            self._check_part_number()
        return res

    # --- actions ------------------------------------------------------------------------

    def action_part_orderpoints(self):
        """Open the minimum and maximum quantities of the selected parts, per site.

        :return: window action on ``stock.warehouse.orderpoint``
        :rtype: dict
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_parts.stock_warehouse_orderpoint_action_rules")
        action["domain"] = [("product_id", "in", self.product_variant_ids.ids)]
        if len(self.product_variant_ids) == 1:
            action["context"] = {"default_product_id": self.product_variant_ids.id}
        return action

    def action_part_stock(self):
        """Open where the selected parts lie, in every site the user may see.

        :return: window action on ``stock.quant``
        :rtype: dict
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_parts.stock_quant_action")
        action["domain"] = [
            ("product_id", "in", self.product_variant_ids.ids),
            ("location_id.usage", "in", ("internal", "transit")),
        ]
        action["context"] = {}
        return action

    # --- business -----------------------------------------------------------------------

    def _check_part_number(self):
        """Refuse parts without a number.

        No ``@api.constrains``: core writes the number on the variant, and a constraint would
        already fire while the template is inserted and the variant does not exist yet.

        :raises ValidationError: naming the first part without number
        """
        for template in self:
            if template.is_part and not template.part_key:
                raise ValidationError(
                    self.env._(
                        "The part %(part)s has no part number. Enter the number printed by its "
                        "maker: people find the part by it.",
                        part=template.name,
                    )
                )

    @api.model
    def _prepare_part_vals(self, vals):
        """Complete the values of a new part: what every part is, and its class if none is given.

        :param dict vals: values of one new template; returned unchanged when it is no part
        :return: dict for :meth:`create`
        """
        if not vals.get("is_part"):
            return vals
        category = self.env.ref("dealer_parts.product_category_part", raise_if_not_found=False)
        vals = {**vals, "type": "consu", "is_storable": True}
        if category and not vals.get("categ_id"):
            vals["categ_id"] = category.id
        return vals
