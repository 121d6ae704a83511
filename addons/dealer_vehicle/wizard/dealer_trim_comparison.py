from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from ..tools import comparison


class DealerTrimComparison(models.TransientModel):
    """Two to four trims side by side, on the screen and on paper for the customer."""

    _name = "dealer.trim.comparison"
    _description = "Comparison of Trims"

    trim_ids = fields.Many2many(
        "product.template",
        string="Trims",
        domain="[('is_vehicle', '=', True), ('is_used_template', '=', False)]",
        help="Two to four trims of any brand.",
    )
    partner_id = fields.Many2one("res.partner", "Prepared for", help="The print is in this customer's language.")
    is_differences_only = fields.Boolean("Only Differences")
    message = fields.Char(compute="_compute_table")
    table = fields.Html(compute="_compute_table", sanitize=False)

    @api.depends("trim_ids")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for record in self:
            record.display_name = self.env._("Comparison: %(trims)s", trims=", ".join(record.trim_ids.mapped("name")))

    @api.depends("trim_ids", "is_differences_only")
    @api.depends_context("lang", "company")
    def _compute_table(self):
        for record in self:
            record.message = record._get_problem()
            record.table = False if record.message else record._render_table()

    def _get_problem(self):
        """Return why these trims cannot be compared, in words, or False."""
        count = len(self.trim_ids)
        if count < comparison.LEAST:
            return self.env._("A comparison needs at least two trims: add one more.")
        if count > comparison.MOST:
            return self.env._("%(count)s trims are too many to read side by side: choose four at most.", count=count)
        return False

    def _check_trims(self):
        for record in self:
            record.trim_ids._check_trims()
            if message := record._get_problem():
                raise UserError(message)

    def _render_table(self):
        return self.env["ir.qweb"]._render(
            "dealer_vehicle.trim_comparison_table", {"comparison": self._get_comparison(), "is_print": False}
        )

    # ------------------------------------------------------------------ what is compared

    def _get_comparison(self):
        """Return what the table shows, in the language of the context.

        :return: {"trims": ``product.template``, "groups": list of (name, list of ``tools.comparison.Row``)}
        """
        self.ensure_one()
        # Real records: the form hands over copies of them while somebody edits it.
        trims = self.trim_ids._origin
        rows = comparison.compare(
            [
                *self._get_price_rows(trims),
                *self._get_basic_rows(trims),
                *self._get_specification_rows(trims),
                *self._get_option_rows(trims),
                *self._get_colour_rows(trims),
            ]
        )
        rows = [row for row in rows if any(row.texts)]
        if self.is_differences_only:
            rows = [row for row in rows if row.differs]
        return {"trims": trims, "groups": comparison.by_group(rows)}

    def _get_price_rows(self, trims):
        group = self.env._("Price")
        prices = [trim.price_tag or None for trim in trims]
        same_money = len(trims.guide_currency_id) == 1
        return [
            comparison.Row(
                group,
                self.env._("Maker's guide price"),
                [self._format_price(trim, trim.price_tag) for trim in trims],
                prices if same_money else [],
                "less" if same_money else "",
            ),
            comparison.Row(
                group,
                self.env._("Cars available"),
                [str(trim.car_available_count or "") for trim in trims],
                [trim.car_available_count for trim in trims],
                "more",
            ),
        ]

    def _get_basic_rows(self, trims):
        group = self.env._("Car")

        def row(label, get_text, numbers=(), better="", unit=""):
            return comparison.Row(group, label, [get_text(trim) or "" for trim in trims], list(numbers), better, unit)

        def choice(name):
            words = dict(trims._fields[name]._description_selection(self.env))
            return lambda trim: words.get(trim[name])

        ranges = [trim.range_km or None for trim in trims]
        return [
            row(self.env._("Brand"), lambda trim: trim.brand_id.name),
            row(self.env._("Series"), lambda trim: trim.series_id.name),
            row(self.env._("Model year"), lambda trim: str(trim.model_year or "")),
            row(self.env._("Body"), lambda trim: trim.body_id.name),
            row(self.env._("Seats"), lambda trim: str(trim.seats or "")),
            row(self.env._("Energy"), choice("energy")),
            row(self.env._("Drive"), choice("drive")),
            row(self.env._("Electric range"), lambda trim: str(trim.range_km or ""), ranges, "more", "km"),
        ]

    def _get_specification_rows(self, trims):
        lines = trims.specification_ids
        rows = []
        for specification, same in sorted(
            lines.grouped("specification_id").items(), key=lambda item: self._get_specification_order(item[0])
        ):
            by_trim = same.grouped("product_tmpl_id")
            values = [by_trim.get(trim, lines.browse()) for trim in trims]
            rows.append(
                comparison.Row(
                    specification.group_id.name,
                    specification.name,
                    [self._join_values(value) for value in values],
                    [self._get_best_number(specification, value) for value in values],
                    specification.better or "",
                    specification.unit or "",
                )
            )
        return rows

    @api.model
    def _get_specification_order(self, specification):
        return (specification.group_sequence, specification.group_id.id, specification.sequence, specification.id)

    @api.model
    def _join_values(self, lines):
        """Return the values of one specification of one trim; those of its powertrains carry their name."""
        return " / ".join(
            f"{line.powertrain_id.name}: {line.value}" if line.powertrain_id else line.value for line in lines
        )

    @api.model
    def _get_best_number(self, specification, lines):
        numbers = lines.mapped("value_number") if specification.value_type == "number" else []
        if not numbers:
            return None
        return min(numbers) if specification.better == "less" else max(numbers)

    def _get_option_rows(self, trims):
        group, standard = self.env._("Options"), self.env._("Standard")
        rows = []
        for name, options in trims.option_ids.grouped("name").items():
            by_trim = options.grouped("product_tmpl_id")
            texts = []
            for trim in trims:
                option = by_trim.get(trim, options.browse())[:1]
                price = self._format_price(trim, option.price) or self.env._("At no extra price")
                texts.append(option and (standard if option.is_standard else price) or "")
            rows.append(comparison.Row(group, name, texts))
        return rows

    def _get_colour_rows(self, trims):
        kinds = dict(self.env["dealer.trim.colour"]._fields["kind"]._description_selection(self.env))
        rows = []
        for kind, colours in trims.colour_ids.grouped("kind").items():
            by_trim = colours.grouped("product_tmpl_id")
            names = [", ".join(by_trim.get(trim, colours.browse()).mapped("name")) for trim in trims]
            rows.append(comparison.Row(self.env._("Colours"), kinds[kind], names))
        return rows

    def _format_price(self, trim, price):
        return format_amount(self.env, price, trim.guide_currency_id) if price else ""

    # ------------------------------------------------------------------ actions

    def action_print(self):
        """Print the comparison.

        :raises UserError: fewer than two trims, or more than four
        """
        self._check_trims()
        return self.env.ref("dealer_vehicle.dealer_trim_comparison_report").report_action(self)

    def _get_screen_action(self):
        """Return an action that opens the comparison as a page."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Comparison"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def _get_print_lang(self):
        """Return the language of the print: the customer's, else the reader's."""
        return self.partner_id.lang or self.env.user.lang or self.env.lang
