from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import loan
from .dealer_desking_preset import KINDS, METHODS

SOLVE = [("price", "Price"), ("rate", "Rate"), ("deposit", "Deposit"), ("term", "Term")]


def decimal(value):
    """Return a float of the database as the decimal number it was typed as."""
    return Decimal(str(value or 0.0))


class DealerDeskingScenario(models.Model):
    """One way to buy the car: its price, what is passed through, what is financed, what is left to pay."""

    _name = "dealer.desking.scenario"
    _description = "Offer Scenario"
    _inherit = ["dealer.caller.mixin"]
    _order = "sequence, id"

    quote_id = fields.Many2one("dealer.desking.quote", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="quote_id.company_id")
    currency_id = fields.Many2one(related="quote_id.currency_id")
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True)
    kind = fields.Selection(KINDS, required=True, default="cash")
    is_chosen = fields.Boolean(compute="_compute_is_chosen")

    # Price
    guide_price = fields.Monetary(related="quote_id.guide_price")
    car_price = fields.Monetary(
        string="Car-only price",
        compute="_compute_car_price",
        store=True,
        readonly=False,
        precompute=True,
        help="The price of the car alone, tax included; first the pricelist's, or the asking price of the car.",
    )
    car_untaxed = fields.Monetary(string="Car without tax", compute="_compute_car_untaxed")
    car_tax = fields.Monetary(string="VAT in the price", compute="_compute_car_untaxed")
    purchase_tax = fields.Monetary(
        compute="_compute_purchase_tax",
        store=True,
        readonly=False,
        precompute=True,
        help="The customer's tax to the state, by the rate in force today. It is passed through, never our revenue.",
    )
    amount_extras = fields.Monetary(string="Accessories and services", compute="_compute_amounts")
    amount_passed = fields.Monetary(
        string="Collected for others", compute="_compute_amounts", help="Insurance, taxes and plates, purchase tax too."
    )
    amount_total = fields.Monetary(
        string="On-the-road price",
        compute="_compute_amounts",
        help="Everything the customer pays: car, services and money passed through to others.",
    )

    # What pays it
    trade_in_amount = fields.Monetary(
        string="Trade-in", help="What is allowed for the customer's old car, set against the price."
    )
    trade_in_text = fields.Char(string="Car traded in", help="Model, year or plate, as the customer calls it.")
    deposit_amount = fields.Monetary(string="Deposit", help="Earnest money or deposit when the contract is signed.")
    balance = fields.Monetary(
        compute="_compute_amounts",
        help="What the customer still pays himself: on-the-road price less financed amount, trade-in and deposit.",
    )

    # Loan or lease
    financed_percent = fields.Float(digits=(6, 2))
    financed_amount = fields.Monetary(
        compute="_compute_financed_amount",
        store=True,
        readonly=False,
        precompute=True,
        help="What the lender pays; for a lease the price less what the customer pays first.",
    )
    method = fields.Selection(METHODS, required=True, default="payment")
    months = fields.Integer(string="Term in months", default=36)
    annual_rate = fields.Float(digits=(6, 4), help="Nominal percent a year.")
    balloon_percent = fields.Float(digits=(6, 2))
    balloon_amount = fields.Monetary(
        string="Balloon or residual value",
        compute="_compute_balloon_amount",
        store=True,
        readonly=False,
        precompute=True,
        help="Left for the end: with the last payment of a loan, a month after the last rent of a lease.",
    )
    fee = fields.Monetary(string="Lender's fee", help="Paid once to the lender, beside the balance.")
    date_paid_out = fields.Date(string="Paid out on", help="Only when known: the schedule then has dates.")
    date_first_payment = fields.Date(
        string="First payment on", help="Days beyond one month after paying out bear interest by the day."
    )
    day_basis = fields.Selection([("360", "360 days"), ("365", "365 days")], required=True, default="365")
    payment = fields.Monetary(
        string="Monthly payment", compute="_compute_payment", help="The first one when the principal is equal."
    )
    amount_interest = fields.Monetary(string="Interest in all", compute="_compute_payment")
    amount_cost = fields.Monetary(
        string="Paid in all",
        compute="_compute_payment",
        help="Everything that leaves the customer's purse: on-the-road price, interest and fee.",
    )
    real_rate = fields.Float(
        string="Real annual rate",
        compute="_compute_payment",
        digits=(6, 2),
        help="Effective percent a year of all payments, the lender's fee included.",
    )
    schedule = fields.Json(compute="_compute_payment", help="Number, date, payment, interest, principal, balance.")

    # The way back: not stored, the form solves while it is typed
    target_payment = fields.Monetary(string="Wanted payment", store=False)
    solve_for = fields.Selection(SOLVE, string="Find the", store=False)

    _amounts_check = models.Constraint(
        "CHECK (car_price >= 0 AND purchase_tax >= 0 AND trade_in_amount >= 0 AND deposit_amount >= 0"
        " AND financed_amount >= 0 AND balloon_amount >= 0 AND fee >= 0)",
        "Amounts of an offer are not below zero.",
    )

    # === Computes ===
    @api.depends("quote_id.chosen_scenario_id")
    def _compute_is_chosen(self):
        for scenario in self:
            scenario.is_chosen = bool(scenario._origin) and scenario.quote_id.chosen_scenario_id == scenario._origin

    @api.depends("quote_id.product_id", "quote_id.vehicle_id", "quote_id.partner_id")
    def _compute_car_price(self):
        for scenario in self:
            scenario.car_price = scenario.quote_id._get_car_price()

    @api.depends("car_price", "quote_id.product_id", "quote_id.partner_id")
    def _compute_car_untaxed(self):
        for scenario in self:
            scenario.car_untaxed = scenario.quote_id._get_untaxed(scenario.quote_id.product_id, scenario.car_price)
            scenario.car_tax = scenario._round(scenario.car_price - scenario.car_untaxed)

    @api.depends("car_price", "quote_id.product_id", "quote_id.partner_id")
    def _compute_purchase_tax(self):
        for scenario in self:
            scenario.purchase_tax = scenario.quote_id._get_purchase_tax(scenario.car_price)

    @api.depends(
        "car_price",
        "purchase_tax",
        "financed_amount",
        "trade_in_amount",
        "deposit_amount",
        "kind",
        "quote_id.line_ids.amount",
        "quote_id.line_ids.nature",
        "quote_id.line_ids.scenario_id",
    )
    def _compute_amounts(self):
        for scenario in self:
            lines = scenario._get_lines()
            passed = lines.filtered(lambda line: line.nature == "pass_through")
            extras = sum((lines - passed).mapped("amount"))
            collected = sum(passed.mapped("amount")) + scenario.purchase_tax
            total = scenario.car_price + extras + collected
            financed = scenario.financed_amount if scenario.kind != "cash" else 0.0
            scenario.amount_extras, scenario.amount_passed = scenario._round(extras), scenario._round(collected)
            scenario.amount_total = scenario._round(total)
            scenario.balance = scenario._round(total - financed - scenario.trade_in_amount - scenario.deposit_amount)

    @api.depends("kind", "car_price", "financed_percent")
    def _compute_financed_amount(self):
        for scenario in self:
            share = scenario.financed_percent / 100 if scenario.kind != "cash" else 0.0
            scenario.financed_amount = scenario._round(scenario.car_price * share)

    @api.depends("kind", "car_price", "balloon_percent")
    def _compute_balloon_amount(self):
        for scenario in self:
            share = scenario.balloon_percent / 100 if scenario.kind != "cash" else 0.0
            scenario.balloon_amount = scenario._round(scenario.car_price * share)

    @api.depends(
        "kind",
        "method",
        "months",
        "annual_rate",
        "financed_amount",
        "balloon_amount",
        "fee",
        "date_paid_out",
        "date_first_payment",
        "day_basis",
        "amount_total",
    )
    def _compute_payment(self):
        for scenario in self:
            terms = scenario._get_terms()
            rows = loan.schedule(terms) if terms else []
            interest = float(sum(row.interest for row in rows))
            scenario.payment = float(rows[0].payment) if rows else 0.0
            scenario.amount_interest = interest
            scenario.amount_cost = scenario._round(scenario.amount_total + interest + (scenario.fee if rows else 0.0))
            scenario.real_rate = scenario._get_real_rate(terms)
            scenario.schedule = [scenario._prepare_row(row) for row in rows]

    def _round(self, amount):
        """Round in the offer's currency; while a new form is opened it has none yet."""
        return (self.currency_id or self.env.company.currency_id).round(amount)

    @api.model
    def _format_percent(self, value):
        return f"{value:.2f} %"

    def _get_real_rate(self, terms):
        try:
            return float(loan.real_annual_rate(terms)) if terms else 0.0
        except loan.NoSolution:
            return 0.0  # the fee eats the loan: no rate says that

    @api.model
    def _prepare_row(self, row):
        amounts = [float(amount) for amount in (row.payment, row.interest, row.principal, row.balance)]
        return [row.number, fields.Date.to_string(row.date) if row.date else False, *amounts]

    def _get_lines(self):
        """Return the lines beside the car that are in this scenario."""
        self.ensure_one()
        own = self._origin
        return self.quote_id.line_ids.filtered(lambda line: not line.scenario_id or line.scenario_id._origin == own)

    def _get_terms(self, **values):
        """Return the loan or lease as pure terms.

        :param values: terms to take instead of this scenario's
        :return: ``tools.loan.Terms``, or None for cash and while figures are missing or impossible
        """
        self.ensure_one()
        if self.kind == "cash":
            return None
        is_lease = self.kind == "lease"
        dates = {"date_start": self.date_paid_out or None, "date_first": self.date_first_payment or None}
        if is_lease:
            dates["date_first"] = dates["date_start"]
        try:
            return loan.Terms(
                **{
                    "principal": decimal(self.financed_amount),
                    "annual_rate": decimal(self.annual_rate),
                    "months": self.months,
                    "method": "payment" if is_lease else self.method,
                    "balloon": decimal(self.balloon_amount),
                    "in_advance": is_lease,
                    "fee": decimal(self.fee),
                    "day_basis": int(self.day_basis),
                    **dates,
                    **values,
                }
            )
        except ValueError:
            return None

    # === Constraints, onchange ===
    @api.constrains("kind", "months", "annual_rate", "financed_amount", "balloon_amount", "date_first_payment")
    def _check_terms(self):
        for scenario in self:
            paid_out, first = scenario.date_paid_out, scenario.date_first_payment
            if scenario.kind != "cash" and (not scenario._get_terms() or (paid_out and first and first < paid_out)):
                raise ValidationError(
                    self.env._(
                        "Scenario %(scenario)s cannot be calculated: the financed amount is more than 0, the term 1 to "
                        "180 months, the rate 0 to 100 %%, the balloon at most the financed amount, the first payment "
                        "not before the money is paid out.",
                        scenario=scenario.name,
                    )
                )

    @api.constrains("quote_id")
    def _check_count(self):
        for quote in self.quote_id:
            if len(quote.scenario_ids) > 4:
                raise ValidationError(
                    self.env._(
                        "Offer %(offer)s has more than four scenarios: nobody can compare them.", offer=quote.name
                    )
                )

    @api.onchange("solve_for", "target_payment")
    def _onchange_solve(self):
        if self.solve_for and self.target_payment and self.kind != "cash":
            try:
                self.update(self._solve(self.solve_for, self.target_payment))
            except UserError as error:
                self.solve_for = False
                return {"warning": {"title": self.env._("Not possible"), "message": str(error)}}
        return None

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        scenarios = super().create(vals_list)
        scenarios.quote_id._check_open()
        return scenarios

    def write(self, vals):
        self.quote_id._check_open()
        res = super().write(vals)
        self.quote_id._check_open()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        self.quote_id._check_open()

    # === Actions ===
    def action_choose(self):
        """Take this scenario: fill the contract with its price; see ``dealer.desking.quote``.

        :return: action of the contract's form
        """
        self.ensure_one()
        return self.quote_id._choose(self)

    def action_solve(self, solve_for, target_payment):
        """Change this scenario so that its payment becomes the wanted one.

        :param str solve_for: ``price``, ``rate``, ``deposit`` or ``term``
        :param float target_payment: wanted monthly payment, in the offer's currency
        :return: True
        :raises UserError: nothing gives this payment, or the offer was sent
        """
        self.ensure_one()
        self._check_text("solve_for", solve_for)
        self._check_number("target_payment", target_payment)
        self.write(self._solve(solve_for, target_payment))
        return True

    # === The way back ===
    def _solve(self, solve_for, target_payment):
        """Return what gives the wanted payment.

        :param str solve_for: ``price`` and ``deposit`` change what is financed: the price with the customer's own money
            as it is, or the customer's own money with the price as it is; ``rate``; ``term`` (the shortest one)
        :param float target_payment: wanted payment
        :return: dict of this scenario's fields
        :raises UserError: naming the scenario and what may be changed instead
        """
        terms = self._get_terms()
        if not terms or solve_for not in dict(SOLVE) or target_payment <= 0:
            raise UserError(self._get_solve_refusal())
        try:
            return getattr(self, f"_solve_{solve_for}")(terms, decimal(target_payment))
        except (loan.NoSolution, ValueError) as error:
            raise UserError(self._get_solve_refusal()) from error

    def _get_solve_refusal(self):
        return self.env._(
            "Scenario %(scenario)s: nothing gives this payment. Take another payment, another balloon or rate, or look "
            "for something else (price, rate, deposit, term).",
            scenario=self.name,
        )

    def _solve_rate(self, terms, target):
        return {"annual_rate": float(loan.solve_rate(terms, target))}

    def _solve_term(self, terms, target):
        return {"months": loan.solve_months(terms, target)}

    def _solve_deposit(self, terms, target):
        amount = loan.solve_principal(terms, target)
        if amount > decimal(self.amount_total):
            raise loan.NoSolution("deposit")
        return {"financed_amount": float(amount), "balloon_amount": self.balloon_amount}

    def _solve_price(self, terms, target):
        """The customer's own money stays: price and purchase tax together move with what is financed."""
        wanted = loan.solve_principal(terms, target)
        own = decimal(self.amount_total) - decimal(self.financed_amount)
        rest = decimal(self.amount_total) - decimal(self.car_price) - decimal(self.purchase_tax)
        price = self._find_price(wanted + own - rest)
        tax = decimal(self.quote_id._get_purchase_tax(float(price)))
        return {
            "car_price": float(price),
            "purchase_tax": float(tax),
            # What a cent of rounding in the tax left over
            "financed_amount": float(price + tax + rest - own),
            "balloon_amount": self.balloon_amount,
        }

    def _find_price(self, total):
        """Return the price of the car that is ``total`` together with its purchase tax.

        :raises loan.NoSolution: there is nothing left for the car
        """
        price = total
        for _step in range(40):
            tax = decimal(self.quote_id._get_purchase_tax(float(price)))
            better = loan.cents(total - tax)
            if better == price:
                break
            price = better
        if price <= 0:
            raise loan.NoSolution("price")
        return price

    # === Contract ===
    def _prepare_contract_lines(self):
        """Return what the contract's order sells beside the car.

        :return: dict of product -> (quantity, price of one with tax); the same product twice is one line
        """
        self.ensure_one()
        found = {}
        for line in self._get_lines():
            quantity, amount = found.get(line.product_id, (0.0, 0.0))
            found[line.product_id] = (quantity + line.quantity, amount + line.amount)
        if self.purchase_tax:
            tax = self.env.ref("dealer_sales.product_purchase_tax")
            quantity, amount = found.get(tax, (1.0, 0.0))
            found[tax] = (quantity, amount + self.purchase_tax)
        return {product: (quantity, amount / quantity) for product, (quantity, amount) in found.items()}

    def _get_summary(self):
        """Return what is agreed beside the price, in one sentence for the contract's note.

        :return: str, empty for cash without trade-in
        """
        money, parts = self.currency_id.format, []
        if self.kind != "cash":
            kind = dict(self._fields["kind"]._description_selection(self.env))[self.kind]
            parts.append(
                self.env._(
                    "%(kind)s: %(amount)s over %(months)s months, %(payment)s a month, real annual rate %(rate)s %%",
                    kind=kind,
                    amount=money(self.financed_amount),
                    months=self.months,
                    payment=money(self.payment),
                    rate=f"{self.real_rate:.2f}",
                )
            )
        if self.trade_in_amount:
            old = self.trade_in_text or self.env._("the customer's old car")
            parts.append(self.env._("Trade-in of %(car)s for %(amount)s", car=old, amount=money(self.trade_in_amount)))
        return "; ".join(parts)
