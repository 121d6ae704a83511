from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.fingerprint import amount
from .product_template import NATURES

AGREED_FIELDS = {
    "product_id",
    "product_uom_qty",
    "product_uom_id",
    "price_unit",
    "discount",
    "tax_ids",
    "nature",
    "dealer_vehicle_id",
}


# A price that is not what it is made of, revenue called pass-through money, somebody else's invoice
DERIVED_FIELDS = {"nature", "price_subtotal", "price_tax", "price_total", "invoice_lines"}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    dealer_contract_id = fields.Many2one(
        related="order_id.dealer_contract_id",
        string="Contract",
        store=True,
        index="btree_not_null",
    )
    nature = fields.Selection(
        NATURES,
        compute="_compute_nature",
        store=True,
        precompute=True,
        help="Pass-through money belongs to somebody else: no tax, no revenue.",
    )

    price_with_tax = fields.Monetary(
        compute="_compute_price_with_tax",
        inverse="_inverse_price_with_tax",
        help="Price of one with tax, as it is negotiated. Setting it sets the price without "
        "tax and takes the discount off.",
    )

    @api.depends("price_total", "product_uom_qty")
    def _compute_price_with_tax(self):
        for line in self:
            quantity = line.product_uom_qty
            line.price_with_tax = line.price_total / quantity if quantity else 0.0

    def _inverse_price_with_tax(self):
        for line in self:
            price = line._get_price_unit_from_total(line.price_with_tax)
            line.write({"price_unit": price, "technical_price_unit": price, "discount": 0.0})

    @api.onchange("price_with_tax")
    def _onchange_price_with_tax(self):
        price = self._get_price_unit_from_total(self.price_with_tax)
        self.update({"price_unit": price, "discount": 0.0})

    def _get_price_unit_from_total(self, total):
        """Return the unit price whose total with this line's taxes is ``total``.

        :param float total: price of one, tax included, in the order's currency
        :return: float, unit price as ``price_unit`` means it (not rounded)
        """
        self.ensure_one()
        taxes = self.tax_ids
        if not taxes or all(tax.price_include for tax in taxes):
            return total
        # Not rounded to the cent before tax is put on again: the total would miss the agreed one by a cent.
        details = taxes._get_tax_details(
            total, 1.0, special_mode="total_included", rounding_method="round_globally", precision_rounding=1e-9
        )
        return details["total_excluded"]

    @api.depends("product_id")
    def _compute_nature(self):
        for line in self:
            line.nature = line.product_id.dealer_line_nature or "own"

    @api.depends("nature")
    def _compute_tax_ids(self):
        passed = self.filtered(lambda line: line.product_id.dealer_line_nature == "pass_through")
        passed.tax_ids = False
        return super(SaleOrderLine, self - passed)._compute_tax_ids()

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        # A line typed in the contract's own list is a line of its order
        for vals in vals_list:
            self.env["sale.order"]._check_not_derived(vals, DERIVED_FIELDS)
            contract_id = vals.pop("dealer_contract_id", False)
            if contract_id and not vals.get("order_id"):
                contract = self.env["dealer.contract"].browse(contract_id)
                vals["order_id"] = contract.sale_order_id.id
        context = dict(self.env.context)
        context.pop("default_dealer_contract_id", None)
        self = self.with_context(context)  # noqa: PLW0642
        lines = super().create(vals_list)
        lines._check_not_handed_over()
        lines._agreement_changed()
        return lines

    def _prepare_create_values(self, vals_list):
        # A default from a context or a user's saved default must not become a figure
        result = super()._prepare_create_values(vals_list)
        return [{key: value for key, value in vals.items() if key not in DERIVED_FIELDS} for vals in result]

    def write(self, vals):
        self.order_id._check_contract_not_typed(vals)
        self.order_id._check_not_derived(vals, DERIVED_FIELDS)
        self._check_dealer_vehicle_change(vals)
        if vals.keys() & AGREED_FIELDS:
            self._check_not_handed_over()
        res = super().write(vals)
        if vals.keys() & AGREED_FIELDS:
            self._agreement_changed()
        return res

    def unlink(self):
        self._check_not_handed_over()
        contracts = self.order_id._get_dealer_contract()
        res = super().unlink()
        contracts._gates_changed()
        return res

    def _check_not_handed_over(self):
        if not self.env.su:
            self.order_id._get_dealer_contract()._check_not_handed_over()

    def _agreement_changed(self):
        contracts = self.order_id._get_dealer_contract()
        if contracts:
            contracts._gates_changed()

    def _check_dealer_vehicle_change(self, vals):
        """Refuse another car on a contract's line around the hold.

        :raises UserError: a user names another car than the one held for the contract
        """
        if "dealer_vehicle_id" not in vals or self.env.su:
            return
        for line in self.sudo():  # only compared; the hold is the contract's
            contract = line.order_id._get_dealer_contract()
            if contract and line.dealer_vehicle_id.id != vals["dealer_vehicle_id"]:
                raise UserError(
                    self.env._(
                        "The car of contract %(contract)s is chosen with its Reserve or "
                        "Allocate button, so that nobody else sells it.",
                        contract=contract.name,
                    )
                )

    # === Agreement, invoice, procurement ===
    def _get_dealer_facts(self):
        """Return what is agreed on this line as plain values for a fingerprint.

        :return: list of str and int
        """
        self.ensure_one()
        return [
            self.product_id.id,
            amount(self.product_uom_qty, 4),
            self.product_uom_id.id,
            amount(self.price_unit),
            amount(self.discount, 4),
            sorted(self.tax_ids.ids),
            self.nature or "own",
        ]

    def _is_own_hold(self, hold):
        if hold.contract_id:
            return hold.contract_id == self.order_id._get_dealer_contract()
        return super()._is_own_hold(hold)

    def _prepare_invoice_line(self, **optional_values):
        res = super()._prepare_invoice_line(**optional_values)
        if self.nature == "pass_through" and not self.display_type:
            account = self.company_id._get_pass_through_account()
            res.update(account_id=account.id, tax_ids=[fields.Command.clear()])
        return res

    def _check_vehicles_may_be_procured(self):
        """Refuse to procure a car without its signed contract; see ``dealer_vehicle``.

        :raises UserError: naming the order and where to go
        """
        res = super()._check_vehicles_may_be_procured()
        # Another car may be named: the delivery follows it, and waits for the new version
        self.filtered("product_id.is_vehicle").order_id._check_dealer_binding(any_car=True)
        return res
