from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.fingerprint import amount, fingerprint

AMOUNTS = {"amount_untaxed", "amount_tax", "amount_total"}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    dealer_contract_ids = fields.One2many("dealer.contract", "sale_order_id", string="Contracts")
    dealer_contract_id = fields.Many2one(
        "dealer.contract",
        string="Contract",
        compute="_compute_dealer_contract_id",
        compute_sudo=True,
        store=True,
        index="btree_not_null",
        copy=False,
    )

    @api.depends("dealer_contract_ids")
    def _compute_dealer_contract_id(self):
        for order in self:
            order.dealer_contract_id = order.dealer_contract_ids[:1]

    def _get_dealer_contract(self):
        """Return the contract whose price these orders are, as superuser.

        Guards ask the contract itself (``dealer_contract_ids``): the stored
        ``dealer_contract_id`` is for lists and filters.

        :return: ``dealer.contract``, may be empty
        """
        return self.sudo().dealer_contract_ids

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_contract_not_typed(vals)
            self._check_not_derived(vals, AMOUNTS)
        context = dict(self.env.context)
        context.pop("default_dealer_contract_id", None)
        self = self.with_context(context)  # noqa: PLW0642
        orders = super().create(vals_list)
        orders.filtered(lambda o: o.state == "sale")._check_dealer_binding()
        return orders

    def _prepare_create_values(self, vals_list):
        # A default from a context or a user's saved default must not become a figure
        result = super()._prepare_create_values(vals_list)
        return [{key: value for key, value in vals.items() if key not in AMOUNTS} for vals in result]

    def write(self, vals):
        self._check_contract_not_typed(vals)
        self._check_not_derived(vals, AMOUNTS)
        if vals.get("state") == "sale":
            # Here and not on the button alone: a client may write the state itself
            self._check_dealer_binding()
        if vals.get("state") == "cancel":
            self._check_dealer_cancel()
        res = super().write(vals)
        if vals.keys() & {"partner_id", "partner_invoice_id", "order_line", "currency_id"}:
            self._get_dealer_contract()._gates_changed()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_dealer_contract(self):
        for order in self:
            contract = order._get_dealer_contract()
            if contract:
                raise UserError(
                    self.env._(
                        "Order %(order)s is the price of contract %(contract)s: cancel the "
                        "contract in Deals / Contracts.",
                        order=order.name,
                        contract=contract.name,
                    )
                )

    @api.model
    def _check_contract_not_typed(self, vals):
        """Refuse to hang an order on a signed contract by typing it."""
        if not self.env.su and vals.keys() & {"dealer_contract_id", "dealer_contract_ids"}:
            raise AccessError(
                self.env._(
                    "The contract of an order cannot be typed: contracts make their orders "
                    "themselves, in Deals / Contracts."
                )
            )

    @api.model
    def _check_not_derived(self, vals, derived):
        """Refuse typed figures of an order or its lines: a written one stays until it is computed anew.

        :param dict vals: as written or created by a user
        :param set derived: names of the fields that follow from others
        :raises AccessError: a user types one of them
        """
        typed = vals.keys() & derived
        if typed and not self.env.su:
            raise AccessError(
                self.env._(
                    "%(fields)s of an order cannot be typed: they follow from its products, prices and invoices.",
                    fields=", ".join(sorted(typed)),
                )
            )

    # === Guards ===
    def _confirmation_error_message(self):
        message = super()._confirmation_error_message()
        refusal = not message and self._get_dealer_refusal()
        if refusal:
            # Core raises it: there is no exception here to see
            order = self.sudo()
            self.env["dealer.refused.attempt"]._note("confirm", order, order.order_line.dealer_vehicle_id[:1], refusal)
        return message or refusal

    def _is_vehicle_order(self):
        """Tell whether this order sells a car (or is the order of a contract)."""
        self.ensure_one()
        return bool(self._get_dealer_contract()) or any(line.product_id.is_vehicle for line in self.order_line)

    def _get_dealer_refusal(self, any_car=False):
        """Return why this order may not become real, or False.

        :param bool any_car: see ``dealer.contract._get_binding_refusal``
        :return: str for a person, naming order and contract, or False
        """
        self.ensure_one()
        order = self.sudo()
        if not order._is_vehicle_order():
            return False
        contract = order._get_dealer_contract()
        if not contract and order.dealer_trade_purchase_id:
            # Between companies of the group: both orders were made together, and only the system links them
            return order._get_trade_refusal()
        if not contract:
            return self.env._(
                "Order %(order)s sells a car: cars are sold by a contract only. Make it in "
                "Deals / Contracts, or with the Contract button of the enquiry.",
                order=order.name,
            )
        return contract._get_binding_refusal(any_car=any_car)

    def _check_dealer_binding(self, any_car=False):
        """Refuse to make orders of cars real without their signed contract.

        :param bool any_car: see ``dealer.contract._get_binding_refusal``
        :raises UserError: naming the order or contract and where to go
        """
        for order in self:
            with self.env["dealer.refused.attempt"]._noting("confirm", order, lambda o: o.order_line.dealer_vehicle_id):
                refusal = order._get_dealer_refusal(any_car=any_car)
                if refusal:
                    raise UserError(refusal)

    def _check_dealer_cancel(self):
        """Refuse to cancel the order of a living contract around the contract (P22)."""
        for order in self:
            contract = order._get_dealer_contract()
            if contract and contract.state != "cancelled":
                raise UserError(
                    self.env._(
                        "Order %(order)s belongs to contract %(contract)s: cancel the contract "
                        "in Deals / Contracts, so that car and money are settled too.",
                        order=order.name,
                        contract=contract.name,
                    )
                )

    def _has_to_be_signed(self):
        # The customer signs the contract's frozen text, never the quotation
        return not self.sudo()._is_vehicle_order() and super()._has_to_be_signed()

    def _has_to_be_paid(self):
        # Deposits hang on the contract: core drops one whose order refuses confirmation
        return not self.sudo()._is_vehicle_order() and super()._has_to_be_paid()

    def _is_confirmation_amount_reached(self):
        # Money never confirms the sale of a car; the payment itself is booked all the same
        return not self.sudo()._is_vehicle_order() and super()._is_confirmation_amount_reached()

    # === The agreement ===
    def _get_dealer_fingerprint(self):
        """Return one word for what the customer agrees to: people, currency, lines, terms.

        The car is not in it: it is named later (see ``dealer.contract.version``). Advances
        and headings are no price.

        :return: str, 64 hexadecimal digits
        """
        self.ensure_one()
        contract = self._get_dealer_contract()
        lines = self.order_line.filtered(lambda line: not line.display_type and not line.is_downpayment)
        return fingerprint(
            {
                "buyer": self.partner_id.id,
                "invoice_to": self.partner_invoice_id.id,
                "registered_owner": contract.registered_owner_id.id,
                "currency": self.currency_id.name,
                "lines": sorted((line._get_dealer_facts() for line in lines), key=str),
                "total": amount(sum(lines.mapped("price_total")), 2),
                "terms": contract._get_dealer_terms(),
            }
        )
