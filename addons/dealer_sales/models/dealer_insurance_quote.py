from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

STATES = [("open", "Open"), ("chosen", "Chosen"), ("issued", "Policies issued")]
DAYS_VALID = 14


class DealerInsuranceQuote(models.Model):
    """What several insurers ask for the cover of one car, side by side; the customer takes one of them."""

    _name = "dealer.insurance.quote"
    _description = "Insurance Quote"
    _inherit = ["dealer.numbered.mixin", "mail.thread", "mail.activity.mixin", "dealer.system.link.mixin"]
    _order = "id desc"
    _rec_names_search = ["name", "partner_id.name", "partner_id.phone", "vehicle_id"]
    _check_company_auto = True

    name = fields.Char(default="/", readonly=True, copy=False, index="trigram")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    contract_id = fields.Many2one(
        "dealer.contract",
        check_company=True,
        index="btree_not_null",
        ondelete="cascade",
        help="With a new car: what is chosen becomes the premium lines of this contract.",
    )
    renewal_id = fields.Many2one(
        "dealer.insurance.renewal", index="btree_not_null", check_company=True, readonly=True, copy=False
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Customer",
        required=True,
        index=True,
        compute="_compute_from_contract",
        store=True,
        readonly=False,
        precompute=True,
    )
    phone = fields.Char(related="partner_id.phone")
    vehicle_id = fields.Many2one(
        "dealer.vehicle",
        "Car",
        check_company=True,
        index="btree_not_null",
        compute="_compute_from_contract",
        store=True,
        readonly=False,
        precompute=True,
    )
    product_id = fields.Many2one(related="contract_id.product_id", string="Trim")
    user_id = fields.Many2one(
        "res.users",
        "Handled by",
        index=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        tracking=True,
    )
    date_valid = fields.Date(
        "Valid until", default=lambda self: fields.Date.context_today(self) + timedelta(days=DAYS_VALID), required=True
    )
    date_cover = fields.Date("Cover from", help="First day of the new cover; the day of the hand-over when empty.")
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id", store=True, precompute=True)
    offer_ids = fields.One2many("dealer.insurance.offer", "quote_id", "Insurers", copy=True)
    chosen_offer_id = fields.Many2one(
        "dealer.insurance.offer", "Chosen", compute="_compute_chosen", store=True, readonly=True, copy=False
    )
    insurer_id = fields.Many2one(related="chosen_offer_id.insurer_id", store=True, string="Chosen Insurer")
    amount_total = fields.Monetary("Chosen Total", compute="_compute_chosen", store=True)
    policy_ids = fields.One2many("dealer.insurance.policy", "quote_id", "Policies", copy=False)
    state = fields.Selection(STATES, compute="_compute_chosen", store=True, index=True, readonly=True)
    note = fields.Text("Words to the customer")

    _open_idx = models.Index("(user_id, date_valid) WHERE state = 'open'")

    @api.depends("contract_id.partner_id", "contract_id.registered_owner_id", "contract_id.vehicle_id")
    def _compute_from_contract(self):
        for quote in self:
            contract = quote.contract_id
            quote.partner_id = contract.registered_owner_id or contract.partner_id or quote.partner_id
            quote.vehicle_id = contract.vehicle_id or quote.vehicle_id

    @api.depends("company_id", "contract_id.currency_id")
    def _compute_currency_id(self):
        for quote in self:
            quote.currency_id = quote.contract_id.currency_id or quote.company_id.currency_id

    @api.depends("offer_ids.is_chosen", "offer_ids.amount_total", "policy_ids")
    def _compute_chosen(self):
        for quote in self:
            chosen = quote.offer_ids.filtered("is_chosen")[:1]
            quote.chosen_offer_id = chosen
            quote.amount_total = chosen.amount_total
            # A policy may be seen by fewer people than the quote that became it
            issued = chosen and quote.sudo().policy_ids
            quote.state = "issued" if issued else "chosen" if chosen else "open"

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        quotes = super().create(vals_list)
        # Everybody who quotes needs a number, few may read sequences
        for quote in quotes.sudo():
            quote.name = self.env["ir.sequence"].sudo().next_by_code("dealer.insurance.quote")
        return quotes

    def write(self, vals):
        if vals.keys() & {"contract_id", "vehicle_id", "partner_id", "company_id"} and not self.env.su:
            for quote in self.filtered("chosen_offer_id"):
                raise UserError(self._get_chosen_refusal(quote))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_chosen(self):
        for quote in self.filtered("chosen_offer_id"):
            raise UserError(self._get_chosen_refusal(quote))

    def _get_chosen_refusal(self, quote):
        return self.env._(
            "%(quote)s: the customer chose %(insurer)s. Take the choice back first.",
            quote=quote.name,
            insurer=quote.chosen_offer_id.insurer_id.name,
        )

    @api.model
    def _get_system_links(self):
        refusal = self.env._("The chosen insurer of a quote follows from its “Choose” button, never typed.")
        names = ("name", "chosen_offer_id", "insurer_id", "amount_total", "state", "renewal_id", "currency_id")
        return {**super()._get_system_links(), **dict.fromkeys(names, refusal)}

    # === Actions ===
    def action_take_back(self):
        """Take the choice back, so that another insurer can be chosen.

        :raises UserError: policies are issued, or the contract is signed
        """
        for quote in self:
            quote.check_access("write")
            if quote.state == "issued":
                raise UserError(
                    self.env._("%(quote)s: its policies are issued. Cancel the policies instead.", quote=quote.name)
                )
            contract = quote.contract_id
            if contract and contract.state != "draft":
                raise UserError(
                    self.env._(
                        "Contract %(contract)s is signed with the premiums of %(insurer)s: they are changed by a new "
                        "version of the contract.",
                        contract=contract.name,
                        insurer=quote.insurer_id.name,
                    )
                )
            offer = quote.sudo().chosen_offer_id  # the choice is a fact of these buttons alone
            offer.is_chosen = False
            offer.flush_recordset()  # before the next choice meets the index that allows one
        return True

    def action_open_issue(self):
        """Open the window where numbers and days of the issued policies are entered.

        :return: act_window on ``dealer.insurance.issue``
        :raises UserError: nothing chosen, issued already, no car known, contract not signed
        """
        self.ensure_one()
        self._check_can_issue()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Issue the policies"),
            "res_model": "dealer.insurance.issue",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_quote_id": self.id},
        }

    def _check_can_issue(self):
        self.ensure_one()
        self.check_access("write")
        if self.state != "chosen":
            raise UserError(
                self.env._("%(quote)s: choose an insurer first; policies are issued once.", quote=self.name)
            )
        contract = self.contract_id
        refusal = contract.sudo()._get_binding_refusal() if contract else False
        if refusal:
            raise UserError(refusal)
        if not self.vehicle_id:
            raise UserError(self.env._("%(quote)s names no car yet: a policy insures one car.", quote=self.name))

    def _in_company_currency(self, amount):
        """Return an amount of this quote in its company's currency, at today's rate."""
        self.ensure_one()
        company = self.company_id
        return self.currency_id._convert(amount, company.currency_id, company, fields.Date.context_today(self))

    def action_print(self):
        """Print the comparison in the customer's language."""
        return self.env.ref("dealer_sales.action_report_dealer_insurance_quote").report_action(self)

    def action_view_contract(self):
        """Open the contract this cover is for."""
        self.ensure_one()
        return self.contract_id._get_records_action()

    def _get_kinds(self):
        """Return the kinds of cover any insurer of these quotes offers, in their order, for a table."""
        return self.offer_ids.line_ids.kind_id.sorted("sequence")


class DealerInsuranceOffer(models.Model):
    """What one insurer asks for one car."""

    _name = "dealer.insurance.offer"
    _description = "Insurer's Offer"
    _inherit = ["dealer.system.link.mixin"]
    _order = "quote_id desc, amount_total, id"
    _rec_name = "insurer_id"
    _check_company_auto = True

    quote_id = fields.Many2one(
        "dealer.insurance.quote", "Insurance quote", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="quote_id.company_id", store=True, index=True)
    contract_id = fields.Many2one(related="quote_id.contract_id", store=True, index="btree_not_null")
    currency_id = fields.Many2one(related="quote_id.currency_id")
    insurer_id = fields.Many2one("res.partner", required=True, index=True, ondelete="restrict", check_company=True)
    line_ids = fields.One2many(
        "dealer.insurance.offer.line", "offer_id", "Cover", copy=True, default=lambda self: self._default_line_ids()
    )
    vehicle_tax = fields.Monetary(help="Collected with the compulsory policy for the tax office; never a premium.")
    premium_compulsory = fields.Monetary("Compulsory", compute="_compute_amounts", store=True)
    premium_voluntary = fields.Monetary("Voluntary", compute="_compute_amounts", store=True)
    amount_total = fields.Monetary("Total", compute="_compute_amounts", store=True)
    cover_text = fields.Text("Cover at a Glance", compute="_compute_cover_text")
    is_chosen = fields.Boolean("Chosen", readonly=True, copy=False)
    note = fields.Char("Remark", help="Gifts, deductible, conditions.")

    _insurer_uniq = models.UniqueIndex("(quote_id, insurer_id)", "This insurer is in the comparison already.")
    _chosen_uniq = models.UniqueIndex("(quote_id) WHERE is_chosen", "Another insurer of this quote is chosen already.")
    _contract_uniq = models.UniqueIndex(
        "(contract_id) WHERE is_chosen AND contract_id IS NOT NULL",
        "An insurer is chosen for this contract already, in another quote.",
    )
    _tax_positive = models.Constraint("CHECK (vehicle_tax >= 0)", "The vehicle tax cannot be negative.")

    @api.model
    def _default_line_ids(self):
        """Begin with what nearly everybody takes, so that only the premiums are typed."""
        kinds = ("dealer_insurance_kind_compulsory", "dealer_insurance_kind_package")
        refs = [self.env.ref(f"dealer_vehicle.{kind}", raise_if_not_found=False) for kind in kinds]
        return [Command.create({"kind_id": kind.id}) for kind in refs if kind]

    @api.depends("line_ids.premium", "line_ids.kind_id.is_compulsory", "vehicle_tax")
    def _compute_amounts(self):
        for offer in self:
            compulsory = offer.line_ids.filtered("kind_id.is_compulsory")
            offer.premium_compulsory = sum(compulsory.mapped("premium"))
            offer.premium_voluntary = sum((offer.line_ids - compulsory).mapped("premium"))
            offer.amount_total = offer.premium_compulsory + offer.premium_voluntary + offer.vehicle_tax

    @api.depends("line_ids.kind_id", "line_ids.sum_insured", "line_ids.premium")
    def _compute_cover_text(self):
        for offer in self:
            offer.cover_text = "\n".join(line._get_text() for line in offer.line_ids if line.kind_id)

    # === CRUD ===
    def write(self, vals):
        if vals.keys() - {"note"} and not self.env.su:
            self._check_not_chosen()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_chosen(self):
        self._check_not_chosen()

    def _check_not_chosen(self):
        for offer in self.filtered("is_chosen"):
            raise UserError(offer.quote_id._get_chosen_refusal(offer.quote_id))

    @api.model
    def _get_system_links(self):
        refusal = self.env._("The chosen insurer and the sums of an offer follow from its lines and its button.")
        names = ("is_chosen", "premium_compulsory", "premium_voluntary", "amount_total", "contract_id", "company_id")
        return {**super()._get_system_links(), **dict.fromkeys(names, refusal)}

    # === Choice ===
    def action_choose(self):
        """Take this insurer: on a contract its premiums become the contract's price lines.

        :return: True
        :raises UserError: another one is chosen, the offer is empty or too old, or the contract is signed with others
        """
        self.ensure_one()
        quote = self.quote_id
        quote.check_access("write")
        self._check_can_choose()
        if quote.contract_id:
            self._fill_contract(quote.contract_id)
        self.sudo().is_chosen = True  # the choice is a fact of this button alone
        quote.message_post(
            body=self.env._(
                "%(insurer)s chosen: %(amount)s.",
                insurer=self.insurer_id.name,
                amount=self.currency_id.format(self.amount_total),
            )
        )
        return True

    def _check_can_choose(self):
        quote = self.quote_id
        if quote.chosen_offer_id:
            raise UserError(quote._get_chosen_refusal(quote))
        if not self.amount_total:
            raise UserError(self.env._("%(insurer)s: enter the premiums first.", insurer=self.insurer_id.name))
        if quote.date_valid < fields.Date.context_today(self):
            raise UserError(
                self.env._(
                    "%(quote)s was valid until %(date)s: ask the insurers again and set a new day.",
                    quote=quote.name,
                    date=quote.date_valid,
                )
            )

    def _fill_contract(self, contract):
        """Make the premium lines of a contract what this offer says.

        Through the ordinary order lines, in the user's own name: versions and approval see them.

        :raises UserError: the contract is signed with other premiums, or cancelled
        """
        contract.check_access("write")
        wanted = self._get_contract_amounts()
        lines = {product: self._get_contract_line(contract, product) for product in wanted}
        same = all(not contract.currency_id.compare_amounts(lines[key].price_total, wanted[key]) for key in wanted)
        if same:
            return
        if contract.state != "draft":
            raise UserError(
                self.env._(
                    "Contract %(contract)s is no draft any more and its premiums are others: change its price lines "
                    "there, with a new version, then choose again.",
                    contract=contract.name,
                )
            )
        for product, line in lines.items():
            self._write_contract_line(contract, product, line, wanted[product])

    def _get_contract_line(self, contract, product):
        return contract.order_line_ids.filtered(lambda line: line.product_id == product)[:1]

    @api.model
    def _write_contract_line(self, contract, product, line, amount):
        if not amount:
            return line.unlink()
        if not line:
            line = self.env["sale.order.line"].create({"order_id": contract.sale_order_id.id, "product_id": product.id})
        return line.write({"product_uom_qty": 1.0, "price_with_tax": amount})

    def _get_contract_amounts(self):
        """Return what the customer pays through us for this cover.

        :return: {``product.product``: float in the quote's currency}
        """
        self.ensure_one()
        return {
            self.env.ref("dealer_sales.product_insurance_compulsory"): self.premium_compulsory,
            self.env.ref("dealer_sales.product_insurance_voluntary"): self.premium_voluntary,
            self.env.ref("dealer_sales.product_vehicle_tax"): self.vehicle_tax,
        }

    def _prepare_policies(self):
        """Return what is issued: the compulsory policy and one for all voluntary cover together.

        :return: list of dict with ``kind_id``, ``premium`` and ``note``
        """
        self.ensure_one()
        compulsory = self.line_ids.filtered(lambda line: line.kind_id.is_compulsory and line.premium)
        voluntary = self.line_ids.filtered(lambda line: not line.kind_id.is_compulsory and line.premium)
        package = self.env.ref("dealer_vehicle.dealer_insurance_kind_package", raise_if_not_found=False)
        kinds = voluntary.kind_id
        voluntary_kind = kinds if len(kinds) == 1 else package or kinds[:1]
        return [
            {"kind_id": kind.id, "premium": sum(lines.mapped("premium")), "note": lines._get_note()}
            for kind, lines in ((compulsory.kind_id, compulsory), (voluntary_kind, voluntary))
            if lines
        ]


class DealerInsuranceOfferLine(models.Model):
    """One kind of cover an insurer offers."""

    _name = "dealer.insurance.offer.line"
    _description = "Offered Cover"
    _order = "offer_id desc, id"

    offer_id = fields.Many2one(
        "dealer.insurance.offer", "Insurer's offer", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="offer_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="offer_id.currency_id")
    kind_id = fields.Many2one("dealer.insurance.kind", "Kind", required=True, index=True, ondelete="restrict")
    sum_insured = fields.Monetary(help="The most the insurer pays; empty where the law says it.")
    premium = fields.Monetary()

    _kind_uniq = models.UniqueIndex("(offer_id, kind_id)", "This kind of cover is in the insurer's offer already.")
    _amounts_positive = models.Constraint(
        "CHECK (premium >= 0 AND sum_insured >= 0)", "Premiums and sums insured cannot be negative."
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if not self.env.su:
            lines.offer_id._check_not_chosen()
        return lines

    def write(self, vals):
        if not self.env.su:
            self.offer_id._check_not_chosen()
        res = super().write(vals)
        if not self.env.su and "offer_id" in vals:
            self.offer_id._check_not_chosen()  # nor does a line come to a chosen insurer from another
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_chosen(self):
        self.offer_id._check_not_chosen()

    def _get_text(self):
        self.ensure_one()
        currency = self.currency_id or self.env.company.currency_id
        cover = f" ({currency.format(self.sum_insured)})" if self.sum_insured else ""
        return f"{self.kind_id.name}{cover}: {currency.format(self.premium)}"

    def _get_note(self):
        return "\n".join(line._get_text() for line in self)
