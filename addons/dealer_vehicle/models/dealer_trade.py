from odoo import Command, fields, models
from odoo.exceptions import AccessError, UserError

from .cost_rights import COST_GROUP

TRADE_GROUPS = "dealer_vehicle.group_buyer,stock.group_stock_manager,dealer_vehicle.group_general_manager"


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_trade_percent = fields.Float(
        "Margin on Cars for Sister Companies (%)",
        digits=(5, 2),
        help="Added to a car's exact cost when its price for a company of the group is proposed.",
    )
    dealer_trade_limit_percent = fields.Float(
        "Approval above the Seller's Cost (%)",
        digits=(5, 2),
        default=10.0,
        help="A car a company of the group sells us for more than its cost and this waits for our purchasing manager.",
    )


class DealerVehicle(models.Model):
    """A car goes from one company of the group to another: a sale and a purchase made together (P11).

    Whoever may sell in one company need not see anything of the other: the other side is written by a narrow sudo
    after the checks of :meth:`_check_may_trade`.
    """

    _inherit = "dealer.vehicle"

    def action_sell_to_sister(self):
        """Open the dialogue that sells these cars to another company of the group.

        :raises UserError: a car cannot be sold so
        """
        self._check_may_trade()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_trade_action")
        action["context"] = {"dealer_trade_vehicle_ids": self.ids}
        return action

    def _check_may_trade(self):
        """Refuse cars that cannot be sold to a sister company, and people who may not do so.

        :raises AccessError: the user is neither buyer, stock manager nor general manager, or sees no costs
        :raises UserError: names the car, why and what to do
        """
        self.check_access("read")
        if not self.env.user.has_groups(TRADE_GROUPS) or not self.env.user.has_group(COST_GROUP):
            raise AccessError(
                self.env._(
                    "Cars are sold to a sister company by a buyer, a stock manager or the general manager. Ask one of "
                    "them."
                )
            )
        if len(self.company_id) != 1:
            raise UserError(self.env._("Choose cars of one company."))
        for car in self:
            refusal = car._get_trade_refusal()
            if refusal:
                raise UserError(refusal)

    def _get_trade_refusal(self):
        """Return why this car cannot be sold to a sister company now, or False."""
        self.ensure_one()
        car = self.display_name
        if self.place != "at_site" or not self.sudo().lot_id:
            return self.env._("%(car)s is not at a site: only a car in stock can be sold on.", car=car)
        if not self.is_inspected:
            return self.env._("%(car)s has not passed its receiving inspection: close the inspection first.", car=car)
        if self.claim != "free":
            return self.env._(
                "%(car)s is promised to somebody: release its hold or cancel its sale first, or choose another car.",
                car=car,
            )
        owner = self.product_id.sudo().company_id
        if owner:
            return self.env._(
                "%(car)s: its trim %(trim)s is for %(company)s alone. Empty the company of the trim, then sell the "
                "car.",
                car=car,
                trim=self.product_id.display_name,
                company=owner.name,
            )
        if self.title == "third":
            return self.env._("%(car)s belongs to a third party: buy it in before you sell it on.", car=car)
        return False

    def _sell_to_sister(self, site, prices):
        """Sell cars of one site to another company: a confirmed sale here and a confirmed purchase there.

        The caller has checked who does it, the cars and the site.

        :param site: ``stock.warehouse`` of the buying company
        :param dict prices: {``dealer.vehicle``: price without tax, in the selling company's currency}
        :return: ``sale.order`` in the user's rights
        """
        sale = self._create_trade_sale(site, prices)
        purchase = self._create_trade_purchase(site, prices, sale)
        sale.dealer_trade_purchase_id = purchase
        purchase.dealer_trade_sale_id = sale
        sale.action_confirm()
        purchase.button_confirm()
        purchase.message_post(
            body=self.env._(
                "%(company)s sold us these cars by %(sale)s.", company=self.company_id.sudo().name, sale=sale.name
            )
        )
        return sale.with_env(self.env)

    def _create_trade_sale(self, site, prices):
        company = self.company_id
        order = (
            self.env["sale.order"]
            .sudo()
            .with_company(company)
            .create(
                {
                    "company_id": company.id,
                    "partner_id": site.company_id.partner_id.id,
                    "warehouse_id": self.site_id.id,
                    "pricelist_id": False,
                    "user_id": self.env.uid,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": car.product_id.id,
                                "dealer_vehicle_id": car.id,
                                "product_uom_qty": 1,
                            }
                        )
                        for car in self
                    ],
                }
            )
        )
        for line in order.order_line:
            price = line.tax_ids._get_unit_price_without_tax(prices[line.dealer_vehicle_id.with_env(self.env)])
            line.write({"price_unit": price, "technical_price_unit": price, "discount": 0.0})
        return order

    def _create_trade_purchase(self, site, prices, sale):
        company = site.company_id
        twins = self._get_or_create_twins(company)
        order = (
            self.env["purchase.order"]
            .sudo()
            .with_company(company)
            .create(
                {
                    "company_id": company.id,
                    "partner_id": self.company_id.partner_id.id,
                    "partner_ref": sale.name,
                    "currency_id": sale.currency_id.id,
                    "picking_type_id": (site.vehicle_in_type_id or site.in_type_id).id,
                    "user_id": False,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": car.product_id.id,
                                "dealer_vehicle_id": twins[car].id,
                                "colour_exterior": car.colour_exterior,
                                "colour_interior": car.colour_interior,
                                "product_qty": 1,
                            }
                        )
                        for car in self
                    ],
                }
            )
        )
        cars = {twin: car for car, twin in twins.items()}
        for line in order.order_line:
            price = line.tax_ids._get_unit_price_without_tax(prices[cars[line.dealer_vehicle_id]])
            line.write({"price_unit": price, "discount": 0.0})
        return order

    def _get_or_create_twins(self, company):
        """Return the other company's own record of each car, made where it has none.

        :param company: ``res.company`` that buys
        :return: {``dealer.vehicle``: ``dealer.vehicle`` of the company, as superuser}
        """
        Twin = self.env["dealer.vehicle"].sudo().with_company(company).with_context(active_test=False)
        known = Twin.search([("vin_id", "in", self.vin_id.ids), ("company_id", "=", company.id)]).grouped("vin_id")
        missing = self.filtered(lambda car: car.vin_id.sudo() not in known)
        created = Twin.create([car._prepare_twin(company) for car in missing])
        twins = dict(zip(missing, created, strict=True))
        for car in self - missing:
            twins[car] = known[car.vin_id.sudo()]
            twins[car].write({"product_id": car.product_id.id, "condition": car.condition})
        return twins

    def _prepare_twin(self, company):
        """Return what the buying company knows of the car at once; its price tag is its own."""
        return {
            "vin": self.vin,
            "vin_confirmed": True,
            "company_id": company.id,
            "product_id": self.product_id.id,
            "condition": self.condition,
            "colour_exterior": self.colour_exterior,
            "colour_interior": self.colour_interior,
        }

    def _forget_trade(self):
        """Let cars that never came be again what they were to the company that wanted to buy them."""
        expected = self.filtered(lambda car: car.place in ("ordered", "in_transit", "gone"))
        expected.write({"purchase_line_id": False})
        expected.filtered(lambda car: not car.owner_id and not car.arrival_date).action_archive()


class AccountTax(models.Model):
    _inherit = "account.tax"

    def _get_unit_price_without_tax(self, price):
        """Return the unit price to type for a price that is meant without tax.

        :param float price: of one, without tax
        :return: float, the same unless a tax is included in prices
        """
        if not any(tax.price_include for tax in self.flatten_taxes_hierarchy()):
            return price
        details = self._get_tax_details(
            price, 1.0, special_mode="total_excluded", rounding_method="round_globally", precision_rounding=1e-9
        )
        included = [data["tax_amount"] for data in details["taxes_data"] if data["tax"].price_include]
        return details["total_excluded"] + sum(included)
