from datetime import timedelta

from odoo import api, fields, models

COST_GROUP = "dealer_vehicle.group_vehicle_cost"
GROSS_FIELDS = {"front_gross", "back_gross", "total_gross", "is_gross_stale"}
# Bills and freight of a car come after it was sold; later ones are corrections of the books, not of the deal
DAYS_REFRESHED = 365
BATCH = 500  # contracts refreshed between two commits of the job


class DealerContract(models.Model):
    """What a deal earns: front (the car and what is fitted to it) and back (services around it)."""

    _inherit = "dealer.contract"

    front_gross = fields.Monetary(
        readonly=True,
        copy=False,
        groups=COST_GROUP,
        help="Car without tax less what that very car cost (the average of its trim while none is named; of somebody "
        "else's car our commission), accessories, gifts at cost, incentives to the dealer.",
    )
    back_gross = fields.Monetary(
        readonly=True, copy=False, groups=COST_GROUP, help="Services, loan, insurance and products around the car."
    )
    total_gross = fields.Monetary(string="Gross", readonly=True, copy=False, groups=COST_GROUP)
    is_gross_stale = fields.Boolean(readonly=True, copy=False, groups=COST_GROUP)
    adjustment_ids = fields.One2many(
        "dealer.contract.adjustment", "contract_id", string="Adjustments", groups=COST_GROUP, copy=False
    )
    recap = fields.Html(compute="_compute_recap", compute_sudo=True, groups=COST_GROUP)

    _gross_stale_idx = models.Index("(id) WHERE is_gross_stale IS TRUE")

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | GROSS_FIELDS

    def _compute_recap(self):
        for contract in self:
            contract.recap = contract._render_recap() if contract._origin else False

    def _render_recap(self):
        parts = self._get_gross_parts()
        values = {
            "contract": self,
            "sides": [
                (side, [part for part in parts if part["side"] == side], self._sum_gross(parts, side))
                for side in ("front", "back")
            ],
            "total": self._sum_gross(parts, "front") + self._sum_gross(parts, "back"),
        }
        return self.env["ir.qweb"]._render("dealer_sales.dealer_contract_recap", values)

    # === Parts ===
    def _get_gross_parts(self):
        """Return what the deal earns; see the hook in ``dealer_contract_shares``.

        Other topics add theirs (commission of lender and insurer, over-allowance of a trade-in).
        Source: P24, B10
        """
        parts = super()._get_gross_parts()
        contract = self.sudo().with_company(self.company_id)  # costs are added up, the fields are for the cost group
        return [
            *parts,
            contract._get_car_part(),
            *contract._get_line_parts(),
            *(
                {"code": "adjustment", "label": row.name, "side": row.side, "amount": row.amount}
                for row in contract.adjustment_ids
            ),
        ]

    def _get_car_part(self):
        lines = self._get_car_lines()
        return {
            "code": "car",
            "label": self.env._("Car"),
            "side": "front",
            "amount": sum(self._get_car_gross(line) for line in lines),
        }

    def _get_car_gross(self, line):
        """Return what one car earns: of somebody else's car only the commission is ours (P7)."""
        if line.dealer_consignment_id:
            return line.dealer_consignment_id._get_gross(line.price_subtotal)
        return line.price_subtotal - self._get_car_cost(line)

    def _get_car_cost(self, line):
        """Return what the car of a line cost us: the named car itself, else the average of its trim."""
        cost = line.dealer_vehicle_id.cost or line.product_id.standard_price * line.product_uom_qty
        return self._from_company_money(cost)

    def _from_company_money(self, amount):
        """Return an amount of the company's currency in the contract's, at today's rate."""
        return self._in_my_currency(amount, self.company_id.currency_id, fields.Date.context_today(self))

    def _get_gross_lines(self):
        """Return the order lines beside the cars whose margin is counted from price and cost. Hook.

        An add-on that counts a line's earnings in its own way takes the line out here.

        :return: ``sale.order.line``
        """
        return self.order_line_ids.filtered(
            lambda line: (
                line.product_id
                and not line.display_type
                and not line.is_downpayment
                and line.nature != "pass_through"
                and not line.product_id.is_vehicle
            )
        )

    def _get_line_parts(self):
        lines = self._get_gross_lines()
        gifts = lines.filtered("is_gift")
        fitted = (lines - gifts).filtered(lambda line: line.is_accessory or line.product_id.type != "service")
        groups = [
            ("accessories", self.env._("Accessories"), "front", fitted),
            ("gifts", self.env._("Gifts at cost"), "front", gifts),
            ("services", self.env._("Services"), "back", lines - gifts - fitted),
        ]
        return [
            {
                "code": code,
                "label": label,
                "side": side,
                "amount": sum(line.price_subtotal - self._get_line_cost(line) for line in group),
            }
            for code, label, side, group in groups
            if group
        ]

    def _get_line_cost(self, line):
        quantity = line.product_uom_id._compute_quantity(line.product_uom_qty, line.product_id.uom_id)
        return self._from_company_money(line.product_id.standard_price * quantity)

    def _get_gift_cost(self):
        """Return what the gifts of the deal cost us, in contract currency; as superuser.

        What has no list price to be below of is given away as far as its price does not pay its cost.
        """
        contract = self.sudo().with_company(self.company_id)
        lines = contract._get_gross_lines()
        gifts = lines.filtered("is_gift")
        cost = sum(contract._get_line_cost(line) for line in gifts)
        for line in (lines - gifts).filtered(lambda line: not line._get_house_price()):
            cost += max(contract._get_line_cost(line) - line.price_subtotal, 0.0)
        return contract._round_money(cost)

    # === Totals ===
    def _sum_gross(self, parts, side):
        return self._round_money(sum(part["amount"] for part in parts if part["side"] == side))

    def _prepare_gross(self):
        """Return the totals of the deal as it stands now.

        :return: dict of ``front_gross``, ``back_gross`` (float, contract currency, without tax)
        """
        parts = self._get_gross_parts()
        return {f"{side}_gross": self._sum_gross(parts, side) for side in ("front", "back")}

    def _gross_changed(self):
        """Store what these deals earn now, for lists and sums; called by whatever changes a part of it."""
        for contract in self.sudo():  # a consequence, whoever caused it
            gross = contract._prepare_gross()
            gross.update(total_gross=sum(gross.values()), is_gross_stale=False)
            changed = {name: value for name, value in gross.items() if contract[name] != value}
            if changed:
                contract.write(changed)

    def _gross_outdated(self):
        """Have the job store what these deals earn: on the way to the keys nobody waits for sums."""
        self.sudo().filtered(lambda contract: not contract.is_gross_stale).is_gross_stale = True

    def _action_submit(self):
        res = super()._action_submit()
        self._gross_changed()
        return res

    def _action_allocate(self, vehicle, firm):
        """Another car, another cost."""
        res = super()._action_allocate(vehicle, firm)
        self._gross_outdated()
        return res

    # === Jobs ===
    @api.model
    def _cron_refresh_gross(self):
        """Store the gross of deals whose parts changed on the way to the keys."""
        contracts = self.search([("is_gross_stale", "=", True)], order="id")
        self.env["ir.cron"]._commit_progress(remaining=len(contracts))
        for start in range(0, len(contracts), BATCH):
            batch = contracts[start : start + BATCH]
            batch._refresh_gross()
            if not self.env["ir.cron"]._commit_progress(len(batch)):
                return

    def _refresh_gross(self):
        """Store the gross of these deals, all at once; one that cannot be read is logged and stops no other."""
        failed = self._try_in_batches("_gross_changed", "The gross of %s could not be read")
        # Tried again when the nightly job outdates it: until then it stands in nobody's way
        failed.is_gross_stale = False

    @api.model
    def _cron_outdate_gross(self):
        """Have the gross of the year's deals stored anew: bills and freight of a car come after its sale."""
        since = fields.Datetime.now() - timedelta(days=DAYS_REFRESHED)
        self.search([("state", "=", "signed"), ("date_signed", ">=", since)])._gross_outdated()
