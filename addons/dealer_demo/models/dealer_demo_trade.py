from odoo import Command, api, models

SUBDEALER = "富阳顺达汽车贸易有限公司"
# Days since the cars went to the sub-dealer; it may keep them for 30.
DAYS_OUT = (38, 21, 6)


class DealerDemo(models.AbstractModel):
    """Trade of the Chinese shop: cars on consignment, one car for a sister company, next month's orders."""

    _inherit = "dealer.demo"

    @api.model
    def _build_trade(self):
        if self._find("subdealer_cn") is None:
            self._in("cn")._build_subdealer()
        if self._find("trade_cn_ev") is None:
            self._in("cn")._build_car_for_sister()
        if self._find("plan_order_cn") is None:
            self._in("cn")._build_order_plan()

    @api.model
    def _free_cars(self, limit, days):
        """Return free new cars of the Chinese shop's main site, the youngest that are so old first.

        :param int limit: how many
        :param int days: in stock at least
        """
        cars = self.env["dealer.vehicle"].search(
            [
                ("company_id", "=", self._company("cn").id),
                ("site_id", "=", self._find("site_cn_main").id),
                ("is_available", "=", True),
                ("condition", "=", "new"),
                ("days_in_stock", ">", days),
            ],
            order="age_date desc, id",
        )
        return cars[:limit]

    @api.model
    def _build_subdealer(self):
        partner = self._ensure(
            "partner_subdealer_cn",
            "res.partner",
            {
                "name": SUBDEALER,
                "is_company": True,
                "city": "杭州",
                "phone": "0571-6330 2288",
                "country_id": self.env.ref("base.cn").id,
            },
        )
        cars, site = self._free_cars(len(DAYS_OUT), max(DAYS_OUT)), self._find("site_cn_main")
        subdealer = self._ensure(
            "subdealer_cn",
            self._as("cn.gm").env["dealer.subdealer"],
            {"partner_id": partner.id, "site_id": site.id, "days_max": 30, "cars_max": 4},
        )
        transfer = (
            self._as("cn.keeper")
            .env["dealer.vehicle.transfer"]
            .create(
                {
                    "site_from_id": site.id,
                    "subdealer_to_id": subdealer.id,
                    "with_papers": True,
                    "carrier": "代驾",
                    "line_ids": [Command.create({"vehicle_id": car.id}) for car in cars],
                }
            )
        )
        transfer.action_send()
        transfer.action_arrived()
        # Nobody may type since when a car is there: for a history it is written as the stock move would.
        for car, days in zip(cars, DAYS_OUT, strict=False):
            car.sudo().subdealer_since = self._today(-days)
        self.env["dealer.subdealer"]._cron_alert_overdue()

    @api.model
    def _build_car_for_sister(self):
        """Sell one car to the electric-brand company: shipped, invoiced, received, inspected, billed."""
        self._company("cn").dealer_trade_percent = 1.5
        car, site = self._free_cars(1, 45), self._find("site_ev_main")
        Wizard = self._as("cn.buyer").env["dealer.vehicle.trade"].with_context(dealer_trade_vehicle_ids=car.ids)
        wizard = Wizard.create({**Wizard.default_get(["line_ids"]), "buyer": str(site.id)})
        wizard.action_sell()
        sale = self._remember("trade_cn_ev", car.sale_line_ids.order_id[-1:])
        sale.picking_ids.with_user(self._user("cn.keeper")).with_context(skip_sms=True).button_validate()
        sale.order_line.product_id.invoice_policy = "order"
        sale._create_invoices().with_user(self._user("cn.accountant")).action_post()
        self._receive_in_sister(sale.dealer_trade_purchase_id)
        sale.dealer_trade_purchase_id.order_line.dealer_vehicle_id.write(
            {"asking_price": car.asking_price, "floor_price": car.floor_price}
        )

    @api.model
    def _receive_in_sister(self, purchase):
        keeper = self._as("ev.keeper")
        keeper.env["stock.picking"].browse(purchase.picking_ids.ids).action_receive_shipped_cars()
        inspections = keeper.env["dealer.vehicle.inspection"].search(
            [("vehicle_id", "in", purchase.order_line.dealer_vehicle_id.ids)]
        )
        inspections.write({"key_count": 2})
        inspections.action_all_well()
        bills = self._as("ev.accountant").env["account.move"].browse(purchase.invoice_ids.ids)
        bills.action_post()

    @api.model
    def _build_order_plan(self):
        """Fill the plan and order one row of next month; the rest is the buyer's to decide."""
        self._company("cn").write({"dealer_plan_months": 2, "dealer_plan_weeks": 8})
        Plan = self._as("cn.buyer").env["dealer.vehicle.order.plan"]
        Plan.action_fill()
        rows = Plan.search([("company_id", "=", self._company("cn").id)])
        row = rows.filtered("to_order")[:1] or rows[:1]
        if not row.to_order:
            row.planned = 1
        row.action_order()
        self._remember("plan_order_cn", row.sudo().purchase_line_ids.order_id)
