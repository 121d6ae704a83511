from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import price_cut
from .dealer_contract import INSIDE
from .dealer_discount_limit import LEVELS


class DealerContract(models.Model):
    """What is given away on a deal, whose limit that is within, why, and what is sold on credit."""

    _inherit = "dealer.contract"

    cut_reason_id = fields.Many2one(
        "dealer.discount.reason",
        string="Why cheaper",
        copy=False,
        tracking=True,
        groups=INSIDE,
        domain="[('company_id', 'in', (False, company_id))]",
        help="Asked when the deal is submitted with a price below the one the house asks, or with gifts.",
    )
    cut_note = fields.Char(string="Said about it", copy=False, groups=INSIDE)
    credit_amount = fields.Monetary(
        string="On credit",
        copy=False,
        tracking=True,
        help="What the customer may still owe when he takes the car. Part of the agreement: it is approved and signed.",
    )
    credit_date = fields.Date(string="Paid until", copy=False, tracking=True)
    discount_amount = fields.Monetary(
        string="Discount",
        compute="_compute_discount",
        groups=INSIDE,
        help="Below the price the house asks: the car, and accessories and services below their list price.",
    )
    has_gifts = fields.Boolean(compute="_compute_discount", groups=INSIDE)
    # Compared with costs and rows of policy whoever opens the deal; only the answer is told
    limit_text = fields.Char(
        string="Your limit",
        compute="_compute_limit",
        compute_sudo=True,
        groups=INSIDE,
        help="Price cut, gifts and trade-in together.",
    )
    limit_level = fields.Selection(LEVELS, string="Limit", compute="_compute_limit", compute_sudo=True, groups=INSIDE)

    _credit_check = models.Constraint("CHECK (credit_amount >= 0)", "What is on credit is not negative.")

    # === What is given away ===
    @api.depends("order_line_ids.price_total", "order_line_ids.is_gift", "vehicle_id")
    def _compute_discount(self):
        for contract in self:
            contract.discount_amount = contract._get_cut()
            contract.has_gifts = any(contract.order_line_ids.mapped("is_gift"))

    @api.depends("order_line_ids.price_total", "order_line_ids.is_gift", "vehicle_id")
    @api.depends_context("uid")
    def _compute_limit(self):
        role = "manager" if self.env.user.has_group("dealer_sales.group_sales_manager") else "advisor"
        limits = self.env["dealer.discount.limit"]
        today = fields.Date.context_today(self)
        for contract in self:
            row = limits._find(contract.company_id, role, contract.product_id, today)
            contract.limit_text = row._get_words() if row else False
            contract.limit_level = limits._get_level(
                contract.company_id,
                contract.product_id,
                today,
                contract._get_given_away(),
                contract._get_house_price(),
            )

    def _get_guide_price(self):
        """Return the maker's price of the cars, in the terms of the price tags."""
        return sum(line.product_id.guide_price * line.product_uom_qty for line in self._get_car_lines())

    def _get_asking_price(self):
        """Return what the tags of the named cars ask, 0.0 while one has no tag of its own."""
        prices = [line.dealer_vehicle_id.asking_price for line in self._get_car_lines()]
        return sum(prices) if all(prices) else 0.0

    def _get_house_price(self):
        """Return what the house asks for the cars: their own tags, else the maker's price."""
        return self._get_asking_price() or self._get_guide_price()

    def _get_cut(self):
        """Return how far the deal is below what the house asks: for the cars and for all else of our own.

        :return: float, contract currency, never negative
        """
        return self._round_money(self._get_car_cut() + self._get_extras_cut())

    def _get_car_cut(self):
        cut = price_cut.get_cut(self._get_guide_price(), self._get_asking_price(), self._get_tag_price())
        return self._round_money(cut)

    def _get_extras_cut(self):
        """Return how far accessories and services are below what the house asks, in the terms of the price tags.

        A gift is none of them: it counts at cost. All that has a price, were it a cent, counts with what is missing.

        :return: float, contract currency, never negative
        """
        with_tax = self.company_id.sudo().dealer_price_with_tax
        return self._round_money(sum(self._get_extra_cuts(with_tax).values()))

    def _get_extra_cuts(self, with_tax):
        """Return the cut of each line beside the cars, only those that have one.

        :param bool with_tax: what a cut is counted in
        :return: dict of ``sale.order.line`` to float
        """
        lines = self.sudo()._get_gross_lines().filtered(lambda line: not line.is_gift)  # whoever reads the deal
        cuts = {line: line._get_list_cut(with_tax) for line in lines}
        return {line: cut for line, cut in cuts.items() if cut > 0}

    def _get_given_away(self):
        """Return price cut, gifts at cost and over-allowance together.

        :return: float, contract currency, never negative; not to be shown to who sees no costs
        Source: P24, P29
        """
        self.ensure_one()
        return self._get_cut() + self._get_gift_cost() + self._get_over_allowance()

    def _get_given_margin(self):
        """Return what cut, gifts and over-allowance take from the gross; as superuser.

        :return: float, contract currency, without tax, never negative
        """
        tag = self._get_tag_price()
        # The price tag may hold tax: only what is without it was ours
        own = sum(self._get_car_lines().mapped("price_subtotal")) / tag if tag else 1.0
        over = -sum(part["amount"] for part in self._get_gross_parts() if part["code"] == "over_allowance")
        extras = sum(self._get_extra_cuts(with_tax=False).values())
        return self._round_money(self._get_car_cut() * own + extras + self._get_gift_cost() + over)

    # === Submission ===
    def action_submit(self, reason_id=None, note=None):
        """Freeze the deal as it stands and ask for its approval; a cut asks for its reason first.

        :param int reason_id: ``dealer.discount.reason`` id; None opens the window that asks, where one is needed
        :param str note: said about it
        :return: True, or the action of the window
        :raises UserError: see ``_check_can_submit``; the reason does not exist
        """
        self.check_access("write")
        for contract in self:
            contract._check_can_submit()
        if reason_id:
            self._set_cut_reason(reason_id, note)
        elif any(contract._needs_cut_reason() for contract in self):
            return self._get_submit_window()
        return super().action_submit()

    def _check_can_submit(self):
        """Refuse lines below zero: they would lower the price without counting as given away."""
        super()._check_can_submit()
        for line in self.sudo().order_line_ids - self.sudo()._get_car_lines():  # whoever submits it
            is_below = line.product_uom_qty < 0 or (line.nature == "pass_through" and line.price_total < 0)
            if is_below and not line.is_downpayment:
                raise UserError(
                    self.env._(
                        "Contract %(name)s: “%(line)s” is below zero. Take it off and lower the price of what is sold "
                        "cheaper, so that it is approved as such.",
                        name=self.name,
                        line=line.product_id.display_name or line.name,
                    )
                )

    def _set_cut_reason(self, reason_id, note):
        reason = self._read_record("dealer.discount.reason", reason_id)
        self._check_text("note", note or "")
        self.write({"cut_reason_id": reason.id, "cut_note": note or False})

    def _needs_cut_reason(self):
        """Tell whether something is given away, or more than a reason was told for."""
        self.ensure_one()
        given = self.sudo()._get_given_away()  # compared only, never shown
        if self.currency_id.compare_amounts(given, 0.0) <= 0:
            return False
        told = self.sudo().current_version_id  # what was told before, whoever submitted it
        is_more = bool(told) and self.currency_id.compare_amounts(given, told.given_away) > 0
        return not self.cut_reason_id or (is_more and told.reason_id == self.cut_reason_id)

    def _get_submit_window(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why cheaper?"),
            "res_model": "dealer.contract.submit",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_contract_ids": self.ids},
        }

    def _prepare_version(self):
        """Freeze what is given away and earned beside what was agreed."""
        contract = self.sudo()  # frozen whole, whatever the user may see
        return {
            **super()._prepare_version(),
            **contract._prepare_gross(),
            "asking_price": contract._get_asking_price(),
            "amount_car_untaxed": sum(contract._get_car_lines().mapped("price_subtotal")),
            "extras_cut": contract._get_extras_cut(),
            "gift_cost": contract._get_gift_cost(),
            "over_allowance": contract._get_over_allowance(),
            "margin_effect": -contract._get_given_margin(),
            "credit_amount": contract.credit_amount,
            "days_waited": contract.vehicle_id.days_in_stock,
            "reason_id": contract.cut_reason_id.id,
            "reason_note": contract.cut_note,
            "picture": contract._get_picture(),
        }

    # === The deal as a person reads it, to be compared with the next version ===
    def _get_picture(self):
        """Return the deal in words, see ``tools.version_diff``. Names and prices, never a cost.

        Facts are told apart by their code: two versions may be submitted in two languages.

        :return: dict, plain values
        """
        contract = self.with_context(lang=self.company_id.partner_id.lang or self.env.lang)
        lines = contract.sale_order_id.order_line.filtered(lambda line: line.product_id and not line.is_downpayment)
        return {
            "facts": [[code, contract._get_fact(code)] for code in contract._get_fact_labels()],
            "lines": [[str(line.id), line.product_id.display_name, line._get_price_words()] for line in lines],
        }

    @api.model
    def _get_fact_labels(self):
        """Return {code: label} of what two versions are compared by, in the reader's language. Hook."""
        return {
            "buyer": self.env._("Buyer"),
            "invoice": self.env._("Invoice to"),
            "owner": self.env._("Registered owner"),
            "payer": self.env._("Payer"),
            "car": self.env._("Car"),
            "deposit": self.env._("Deposit"),
            "credit": self.env._("On credit"),
            "note": self.env._("Agreed besides"),
            "total": self.env._("On-the-road price"),
        }

    def _get_fact(self, code):
        """Return one fact of the deal as a person reads it, "" for nothing. Hook: see ``_get_fact_labels``."""
        money = self.currency_id.format
        facts = {
            "buyer": lambda: self.partner_id.name,
            "invoice": lambda: self.sale_order_id.partner_invoice_id.name,
            "owner": lambda: self.registered_owner_id.name,
            "payer": lambda: self.payer_id.name,
            "car": lambda: self.vehicle_id.display_name,
            "deposit": lambda: self.deposit_amount and f"{money(self.deposit_amount)} {self._get_deposit_name()}",
            "credit": lambda: self.credit_amount and money(self.credit_amount),
            "note": lambda: self.note,
            "total": lambda: money(self.amount_total),
        }
        return facts[code]() or ""

    # === Credit ===
    def _get_dealer_terms(self):
        terms = super()._get_dealer_terms()
        if not self.credit_amount:
            return terms
        return [*terms, f"credit {self.credit_amount:.2f}", str(self.credit_date or "")]

    def _payment_gates(self):
        """The car leaves when all is paid but what was approved and signed as credit (P19)."""
        gates = super()._payment_gates()
        if self.credit_amount:
            for gate in gates:
                if gate["code"] == "paid" and self._is_paid_but_credit():
                    gate.update(done=True, hint="")
        return gates

    def _is_paid_but_credit(self):
        credit = self.sudo().signed_version_id.credit_amount  # approved and signed, not what is typed since
        return self.currency_id.compare_amounts(self._get_customer_open(), credit) <= 0

    # === Who must approve ===
    def _gate_approved(self):
        """While it is with somebody above the sales manager, the step says so."""
        gate = super()._gate_approved()
        version = self.sudo().current_version_id
        if version.state == "under_review" and not gate["done"] and gate["action"] == "action_open_version":
            group = version._get_next_review().reviewer_group_id
            gate["role"] = group.get_external_id().get(group.id) or gate["role"]
        return gate
