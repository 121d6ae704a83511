from odoo import api, fields, models
from odoo.tools import format_date

from ..tools import ageing
from .cost_rights import COST_GROUP

PROPOSAL_GROUPS = f"{COST_GROUP},dealer_vehicle.group_vehicle_pricing"


class DealerVehicle(models.Model):
    """What to do about a car that stands too long: send it where it is missed, or mark it down."""

    _inherit = "dealer.vehicle"

    proposed_action = fields.Selection(
        [("transfer", "Transfer"), ("markdown", "Mark Down"), ("planned", "Planned"), ("decide", "Decide")],
        compute="_compute_proposal",
        groups=PROPOSAL_GROUPS,
        help="What the policy of its age proposes for a free car.",
    )
    proposed_site_id = fields.Many2one(
        "stock.warehouse", "Proposed Site", compute="_compute_proposal", groups=PROPOSAL_GROUPS
    )
    proposed_price = fields.Monetary(
        compute="_compute_proposal",
        groups=PROPOSAL_GROUPS,
        aggregator=None,
        help="Asking price less the mark-down of its age, never below the lowest price.",
    )
    proposal = fields.Char(
        compute="_compute_proposal_text", groups=PROPOSAL_GROUPS, help="The proposed action in words."
    )

    @api.depends("place", "claim", "age_date", "asking_price", "floor_price", "site_id", "markdown_ids.state")
    def _compute_proposal(self):
        needy = self._get_needy_sites()
        planned = self._get_planned_markdowns()
        for vehicle in self:
            price = vehicle._get_markdown_price()
            sites = needy.get((vehicle.company_id.id, vehicle.product_id.id), [])
            site = next((site for site in sites if site != vehicle.site_id), self.env["stock.warehouse"])
            vehicle.proposed_action = vehicle._get_proposed_action(site, price, vehicle._origin.id in planned)
            vehicle.proposed_site_id = site if vehicle.proposed_action == "transfer" else False
            vehicle.proposed_price = price if vehicle.proposed_action in ("markdown", "transfer") else 0.0

    def _get_proposed_action(self, site, price, is_planned):
        """Return what is proposed for one car.

        :param site: ``stock.warehouse`` that has too few of these, or empty
        :param float price: the policy's price, 0 for none
        :param bool is_planned: a mark-down is planned already
        """
        if not self._is_in_stock() or self.claim != "free" or not self.age_bucket_id.markdown_percent:
            return False
        if is_planned:
            return "planned"
        if site and self.place == "at_site" and self.is_inspected:
            return "transfer"
        return "markdown" if price else "decide"

    def _get_markdown_price(self):
        """Return the asking price less the mark-down of the car's age.

        :return: float, never below the lowest price; 0 when there is nothing to mark down
        """
        self.ensure_one()
        percent = self.age_bucket_id.markdown_percent
        if not percent or not self.asking_price:
            return 0.0
        price = max(ageing.round_price(self.asking_price * (1 - percent / 100.0)), self.floor_price)
        return price if price < self.asking_price else 0.0

    @api.depends("proposed_action", "proposed_site_id", "proposed_price")
    @api.depends_context("lang")
    def _compute_proposal_text(self):
        planned = self._get_planned_markdowns()
        for vehicle in self:
            price = vehicle.currency_id.format(vehicle.proposed_price)
            markdown = planned.get(vehicle._origin.id)
            vehicle.proposal = {
                "transfer": lambda vehicle=vehicle: self.env._(
                    "Transfer to %(site)s", site=vehicle.proposed_site_id.sudo().name
                ),
                "markdown": lambda price=price: self.env._("Mark down to %(price)s", price=price),
                "planned": lambda markdown=markdown, vehicle=vehicle: self.env._(
                    "%(price)s from %(date)s",
                    price=vehicle.currency_id.format(markdown.price_to),
                    date=format_date(self.env, markdown.date_planned),
                ),
                "decide": lambda: self.env._("Decide: no price to cut"),
                False: lambda: False,
            }[vehicle.proposed_action]()

    def _get_planned_markdowns(self):
        """Return the planned mark-down of each car that has one: {vehicle id: ``dealer.vehicle.markdown``}."""
        domain = [("vehicle_id", "in", self._origin.ids), ("state", "=", "planned")]
        return {
            markdown.vehicle_id.id: markdown for markdown in self.env["dealer.vehicle.markdown"].sudo().search(domain)
        }

    def _get_needy_sites(self):
        """Return the sites that have fewer of the cars' products than they want.

        :return: {(company id, product id): list of ``stock.warehouse``}, the neediest first
        """
        products, companies = self.product_id, self.company_id
        levels = self.env["stock.warehouse.orderpoint"]._get_vehicle_levels(products, companies)
        if not levels:
            return {}
        expected = self._count_free_cars(products, companies, ("ordered", "in_transit", "at_site"))
        missing = sorted(
            ((minimum - expected.get(key, 0), key) for key, (minimum, _maximum) in levels.items()), reverse=True
        )
        sites = {}
        for count, (product_id, site_id) in missing:
            if count > 0:
                site = self.env["stock.warehouse"].browse(site_id)
                sites.setdefault((site.sudo().company_id.id, product_id), []).append(site)
        return sites

    @api.model
    def _count_free_cars(self, products, companies, places):
        """Count cars nobody has claimed.

        :param products: ``product.product``
        :param companies: ``res.company``
        :param tuple places: values of ``place``
        :return: {(product id, site id): number}
        """
        counts = self.sudo()._read_group(
            [
                ("product_id", "in", products.ids),
                ("company_id", "in", companies.ids),
                ("place", "in", places),
                ("claim", "=", "free"),
            ],
            ["product_id", "site_id"],
            ["__count"],
        )
        return {(product.id, site.id): count for product, site, count in counts}
