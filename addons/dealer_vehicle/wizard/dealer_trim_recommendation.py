from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_amount

from ..tools import recommendation

SHOWN = 12  # results a customer can take in


class DealerTrimRecommendation(models.TransientModel):
    """A customer's needs, and the trims that meet them best, each with its reasons."""

    _name = "dealer.trim.recommendation"
    _description = "Recommendation"

    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, required=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    budget = fields.Monetary(help="What the car may cost, by its maker's guide price. 0: does not matter.")
    use_id = fields.Many2one("dealer.vehicle.use", "Used for")
    seats = fields.Integer("Seats at least", help="0: does not matter.")
    energy = fields.Selection("_selection_energy")
    range_km = fields.Integer("Electric Range at least (km)", help="0: does not matter.")
    body_ids = fields.Many2many("dealer.vehicle.body", string="Bodies", help="Empty: any.")
    brand_ids = fields.Many2many("fleet.vehicle.model.brand", string="Brands", help="Empty: any.")
    is_in_stock = fields.Boolean("Wanted at Once", help="A car that is here counts more.")
    is_on_sale_only = fields.Boolean("Only What We Sell", default=True)
    is_done = fields.Boolean()
    line_ids = fields.One2many("dealer.trim.recommendation.line", "recommendation_id", "Recommended")

    @api.model
    def _selection_energy(self):
        return self.env["product.template"]._fields["energy"]._description_selection(self.env)

    @api.depends("is_done")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for record in self:
            record.display_name = self.env._("Recommendation")

    # ------------------------------------------------------------------ actions

    def action_recommend(self):
        """Find the trims that meet the needs best.

        :raises UserError: no need was named
        :return: True: the page shows them
        """
        self.ensure_one()
        needs = self._get_needs()
        if not any(value is not None and value for name, value in needs.items() if name != "use_name"):
            raise UserError(self.env._("Enter at least one need of the customer: a budget, seats, an energy."))
        self.line_ids = [Command.clear(), *map(Command.create, self._prepare_lines(needs))]
        self.is_done = True
        return True

    def action_compare(self):
        """Compare the trims that were ticked side by side.

        :raises UserError: fewer than two, or more than four
        """
        self.ensure_one()
        return self.line_ids.filtered("is_chosen").trim_id.action_compare()

    # ------------------------------------------------------------------ scoring

    def _get_needs(self):
        """Return the needs as ``tools.recommendation.recommend`` takes them."""
        return {
            "budget": self.budget,
            "seats": self.seats,
            "energy": self.energy,
            "range_km": self.range_km,
            "bodies": set(self.body_ids.ids),
            "use": self.use_id._get_needs() if self.use_id else None,
            "use_name": self.use_id.name,
            "in_stock": self.is_in_stock,
        }

    def _prepare_lines(self, needs):
        """Return the values of the best trims' lines, best first; as many queries for ten trims as for a thousand."""
        weights = self.env["dealer.recommendation.weight"]._get_weights(
            self.company_id, fields.Date.context_today(self)
        )
        trims = self._search_trims()
        rates = self._get_rates(trims.guide_currency_id)
        scored = []
        for trim in trims:
            score, reasons = recommendation.recommend(needs, self._get_facts(trim, rates), weights)
            if score:
                scored.append((score, trim, reasons))
        # Of equals the one that is here, then the cheaper.
        scored.sort(key=lambda item: (-item[0], -item[1].car_available_count, item[1].price_tag, item[1].id))
        bodies = {body.id: body.name for body in trims.body_id}
        return [
            {"trim_id": trim.id, "score": score, "reasons": self._get_reason_texts(reasons, bodies)}
            for score, trim, reasons in scored[:SHOWN]
        ]

    def _search_trims(self):
        domain = Domain("is_vehicle", "=", True) & Domain("is_used_template", "=", False)
        if self.is_on_sale_only:
            domain &= Domain("sale_ok", "=", True)
        if self.brand_ids:
            domain &= Domain("brand_id", "in", self.brand_ids.ids)
        return self.env["product.template"].search(domain)

    def _get_rates(self, currencies):
        """Return what one unit of each currency is worth in the budget's.

        :return: {currency id: float}
        """
        today = fields.Date.context_today(self)
        return {
            currency.id: currency._convert(1.0, self.currency_id, self.company_id, today, round=False)
            for currency in currencies
        }

    def _get_facts(self, trim, rates):
        return {
            "price": trim.price_tag * rates.get(trim.guide_currency_id.id, 1.0),
            "seats": trim.seats,
            "energy": trim.energy,
            "range_km": trim.range_km,
            "body": trim.body_id.id,
            "available": trim.car_available_count,
        }

    # ------------------------------------------------------------------ words

    def _get_reason_texts(self, reasons, bodies):
        """Return the reasons as people read them, with a sign for met, nearly and missed.

        :param list reasons: ``tools.recommendation.Reason``
        :param dict bodies: {body id: name}
        :return: ``Markup``
        """
        signs = {
            True: ("text-success", "✓"),
            None: ("text-warning", "≈"),
            False: ("text-danger", "✗"),
        }
        rows = []
        for reason in reasons:
            colour, sign = signs[True if reason.degree == 1 else None if reason.degree else False]
            text = self._get_reason_text(reason, bodies)
            rows.append(Markup('<div><span class="%s">%s</span> %s</div>') % (colour, sign, text))
        return Markup("").join(rows)

    def _get_reason_text(self, reason, bodies):
        texts = {
            "budget": self._get_budget_text,
            "seats": lambda reason: self.env._(
                "%(found)s seats, %(wanted)s wanted", found=reason.found, wanted=reason.wanted
            ),
            "energy": lambda reason: self._get_choice_text(reason, self._get_energies()),
            "range": lambda reason: self.env._(
                "Range %(found)s km, %(wanted)s km wanted", found=reason.found, wanted=reason.wanted
            ),
            "body": lambda reason: bodies.get(reason.found),
            "use": self._get_use_text,
            "stock": self._get_stock_text,
        }
        if reason.found is None and reason.criterion not in ("use", "stock"):
            words = dict(self.env["dealer.recommendation.weight"]._fields["criterion"]._description_selection(self.env))
            return self.env._("%(need)s: not known", need=words[reason.criterion])
        return texts[reason.criterion](reason)

    def _get_budget_text(self, reason):
        amount = format_amount(self.env, abs(reason.wanted - reason.found), self.currency_id)
        if reason.found <= reason.wanted:
            return self.env._("Within the budget, %(amount)s to spare", amount=amount)
        return self.env._("%(amount)s over the budget", amount=amount)

    def _get_energies(self):
        return dict(self._fields["energy"]._description_selection(self.env))

    def _get_choice_text(self, reason, words):
        if reason.found == reason.wanted:
            return words[reason.found]
        return self.env._("%(found)s, %(wanted)s wanted", found=words[reason.found], wanted=words[reason.wanted])

    def _get_use_text(self, reason):
        if reason.degree == 1:
            return self.env._("Fits “%(use)s”", use=reason.wanted)
        if reason.degree:
            return self.env._("Fits “%(use)s” in part", use=reason.wanted)
        return self.env._("Does not fit “%(use)s”", use=reason.wanted)

    def _get_stock_text(self, reason):
        if reason.found:
            return self.env._("%(count)s available now", count=reason.found)
        return self.env._("None available now")


class DealerTrimRecommendationLine(models.TransientModel):
    _name = "dealer.trim.recommendation.line"
    _description = "Recommended Trim"
    _order = "score desc, id"

    recommendation_id = fields.Many2one("dealer.trim.recommendation", required=True, index=True, ondelete="cascade")
    trim_id = fields.Many2one("product.template", "Trim", required=True, ondelete="cascade")
    score = fields.Float(digits=(5, 1), help="0 to 100: the share of the needs that the trim meets, by their weights.")
    reasons = fields.Html("Why", readonly=True)
    is_chosen = fields.Boolean("Compare")
    cover_url = fields.Char(related="trim_id.cover_url")
    guide_currency_id = fields.Many2one(related="trim_id.guide_currency_id")
    price_tag = fields.Monetary(related="trim_id.price_tag", currency_field="guide_currency_id")
    car_available_count = fields.Integer(related="trim_id.car_available_count")
    car_coming_count = fields.Integer(related="trim_id.car_coming_count")

    def action_open_cars(self):
        """Open the cars of the trim."""
        return self.trim_id.action_open_cars()

    def action_open_trim(self):
        """Open the trim in the catalogue."""
        return self.trim_id._get_trim_action(self.trim_id.display_name)
