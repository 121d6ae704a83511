from odoo import Command, api, fields, models
from odoo.tools import SQL

from .dealer_demo_company import COMPANIES

COLOURS = {
    "cn": (["星月白", "幻夜黑", "彗星蓝", "烈焰红", "云岩灰"], ["黑色", "米色"]),
    "ev": (["哈瓦那红", "乌尤尼白", "维克黑"], ["黑曜石", "沙丘棕"]),
    "en": (["Snow White", "Gravity Gray", "Wave Blue", "Dawning Red"], ["Black", "Light Gray"]),
}
# Days since the cars of each truck came, oldest first. Sum of cars: 48 + 16 + 20 = 84.
TRUCKS = {
    "cn": [
        (213, 3),
        (176, 3),
        (141, 4),
        (118, 4),
        (93, 5),
        (71, 5),
        (58, 5),
        (41, 5),
        (26, 5),
        (12, 4),
        (4, 4),
        (0, 1),
    ],
    "ev": [(152, 3), (88, 4), (47, 4), (19, 4), (2, 1)],
    "en": [(164, 3), (97, 4), (62, 4), (33, 5), (8, 3), (0, 1)],
}
MAKERS = {
    "cn": ("Honda", "东风本田销售中心", "maker_cn"),
    "ev": ("Genesis", "捷尼赛思（中国）整车销售中心", "maker_ev"),
    "en": ("Kia", "Kia Vehicle Distribution", "maker_en"),
}
BANKS = {"cn": "江南银行 杭州分行", "ev": "江南银行 新能源支行", "en": "Seaboard Auto Finance"}

DAMAGES = {
    "cn": "右前门运输划伤 12 cm，承运商已签字确认",
    "en": "Scratch on the right front door, 5 inches, driver signed",
}


class DealerDemo(models.AbstractModel):
    """Cars come in as they do in life: ordered, announced, received, inspected, billed."""

    _inherit = "dealer.demo"

    @api.model
    def _build_partners(self):
        for key, (brand, name, xmlid) in MAKERS.items():
            company = self._company(key)
            values = {
                "name": name,
                "is_company": True,
                "country_id": company.country_id.id,
                "lang": COMPANIES[key][4],
                "supplier_rank": 1,
            }
            maker = self._ensure(xmlid, "res.partner", values)
            self._find(self._brand_xmlid(brand)).maker_id = maker
            self._ensure(
                f"bank_{key}",
                "res.partner",
                {
                    "name": BANKS[key],
                    "is_company": True,
                    "country_id": company.country_id.id,
                    "is_vehicle_financier": True,
                },
            )
        self._ensure("registration_office", "res.partner", {"name": "车辆管理所代办窗口", "is_company": True})

    @api.model
    def _build_stock(self):
        for key in TRUCKS:
            builder = self._in(key)
            rows = self._mix([row for row in self._rows("vins.tsv") if row["use"] == key])
            for number, (days, count) in enumerate(TRUCKS[key]):
                truck, rows = rows[:count], rows[count:]
                if self._find(f"truck_{key}_{number}") is None:
                    builder._build_truck(key, number, days, truck)
            builder._build_pipeline(key, rows)

    @api.model
    def _mix(self, rows):
        """Return the rows shuffled the same way each time, so that a truck carries several series."""
        step = 7
        return [row for start in range(step) for row in rows[start::step]]

    @api.model
    def _build_truck(self, key, number, days, rows):
        """Order, announce, receive, inspect and bill the cars of one truck.

        :param str key: company
        :param int number: of the truck, names its order
        :param int days: since it came
        :param list rows: of ``vins.tsv``
        """
        order = self._order_cars(key, rows, days + 35)
        self._remember(f"truck_{key}_{number}", order)
        self._announce(order, rows, days + 6)
        order.picking_ids.action_receive_shipped_cars()
        cars = order.order_line.dealer_vehicle_id
        for car, row in zip(cars, rows, strict=True):
            car.trim_name = row["trim"]
        self._inspect(key, cars, number)
        self._bill(order, days)
        self._date_back(cars, days)

    @api.model
    def _order_cars(self, key, rows, days):
        """Return a confirmed maker order, one line per row.

        :param int days: since it was placed
        """
        exterior, interior = COLOURS[key]
        order = (
            self.env["purchase.order"]
            .with_user(self._user(f"{key}.buyer") or self.env.user)
            .with_company(self.env.company)
            .create(
                {
                    "partner_id": self._find(MAKERS[key][2]).id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self._get_trim(row).product_variant_id.id,
                                "product_qty": 1,
                                "price_unit": self._get_cost(row),
                                "colour_exterior": exterior[index % len(exterior)],
                                "colour_interior": interior[index % len(interior)],
                            }
                        )
                        for index, row in enumerate(rows)
                    ],
                }
            )
        )
        order.button_confirm()
        placed = fields.Datetime.subtract(fields.Datetime.now(), days=days)
        order.sudo().write({"date_order": placed, "date_approve": placed})
        return order.sudo()

    @api.model
    def _announce(self, order, rows, days):
        """Tell the VINs by the maker's shipping notice.

        :param int days: since the cars were shipped
        """
        lines = order.order_line
        notice = self.env["dealer.vehicle.shipping.notice"].create(
            {
                "purchase_id": order.id,
                "date_shipped": self._today(-days),
                "text": "\n".join(
                    f"{line.maker_order_no};{row['vin']};E{row['vin'][-6:]};HG{row['vin'][-8:]}"
                    for line, row in zip(lines, rows, strict=False)
                ),
            }
        )
        notice.action_apply()

    @api.model
    def _inspect(self, key, cars, number):
        """Pass the receiving inspection; one truck of the Chinese and one of the English shop brought a damaged car.

        The English one is repaired and for sale.
        """
        inspections = self.env["dealer.vehicle.inspection"].search([("vehicle_id", "in", cars.ids)], order="id")
        damaged = inspections[:1] if (key, number) in (("cn", 10), ("en", 3)) else inspections.browse()
        for index, inspection in enumerate(inspections):
            inspection.write(
                {
                    "odometer_km": 6 + index,
                    "key_count": 2,
                    "has_conformity": key != "en",
                    "has_certificate": self._is_certificate_in_safe(inspection.vehicle_id),
                }
            )
        bank = self._find(f"bank_{key}")
        pledged = cars.filtered(lambda car: not self._is_certificate_in_safe(car))
        self.env["dealer.vehicle.document"].create(
            [
                {"vehicle_id": car.id, "kind": "certificate", "number": car.certificate_no, "holder_id": bank.id}
                for car in pledged
            ]
        )
        (inspections - damaged).action_all_well()
        if damaged:
            damaged.damage = DAMAGES[key]
            damaged.action_report_damage()
            if key == "en":
                damaged.release_note = "Polished and repainted by our body shop"
                damaged.action_release()

    @api.model
    def _is_certificate_in_safe(self, car):
        # Three in five cars are paid for by the bank, which keeps their certificates.
        return int(car.vin[-2:]) % 5 < 2

    @api.model
    def _bill(self, order, days):
        """Post the maker's bill, dated some days before the cars came (the latest month stays open for a new one)."""
        order.action_create_invoice()
        bill = order.invoice_ids
        bill.write({"invoice_date": self._today(-days - 3), "ref": f"{order.name}-F", "date": self._today(-days - 3)})
        bill.action_post()

    @api.model
    def _date_back(self, cars, days):
        """Let the cars of a truck have come some days ago.

        Odoo stamps stock moves with the time of posting and nobody may type ageing dates: for a history they are
        written into the tables, all of them, to the same day.
        """
        moment = fields.Datetime.subtract(fields.Datetime.now(), days=days, hours=2)
        self.env.flush_all()
        moves = cars.stock_move_ids.filtered(lambda move: move.state == "done")
        for table, column, ids in [
            ("stock_move", "date", moves.ids),
            ("stock_move_line", "date", moves.move_line_ids.ids),
            ("stock_picking", "date_done", moves.picking_id.ids),
            ("stock_quant", "in_date", cars.lot_id.quant_ids.ids),
            ("dealer_vehicle_inspection", "date_arrival", self._get_inspections(cars).ids),
            ("dealer_vehicle_document_custody", "date", cars.document_ids.custody_ids.ids),
            ("dealer_vehicle", "arrival_date", cars.ids),
            ("dealer_vehicle", "age_date", cars.ids),
        ]:
            if ids:
                self.env.cr.execute(
                    SQL(
                        "UPDATE %s SET %s = %s WHERE id IN %s",
                        SQL.identifier(table),
                        SQL.identifier(column),
                        moment,
                        tuple(ids),
                    )
                )
        self.env.invalidate_all()
        cars.document_ids.modified(["custody_ids"])

    @api.model
    def _get_inspections(self, cars):
        return self.env["dealer.vehicle.inspection"].search([("vehicle_id", "in", cars.ids)])

    @api.model
    def _build_pipeline(self, key, rows):
        """A maker order of three cars under way: two are shipped and have their VIN, the third has none yet."""
        if self._find(f"pipeline_{key}") is not None or key == "ev":
            return
        order = self._remember(f"pipeline_{key}", self._order_cars(key, rows[:3], 21))
        self._announce(order, rows[:2], 2)

    @api.model
    def _get_trim(self, row):
        return self._find(self._trim_xmlid(row["make"], row["model"], row["trim"], int(row["model_year"])))

    @api.model
    def _build_prices(self):
        """Price tags: guide price while young, cut by steps as the car ages; who decided is a task on the car."""
        cars = self.env["dealer.vehicle"].search([("place", "=", "at_site"), ("condition", "=", "new")])
        cars = cars.filtered(lambda car: not car.asking_price)
        tasks = []
        for car in cars:
            guide = car.product_id.guide_price
            cut = 0.0 if car.days_in_stock < 60 else guide * (0.03 if car.days_in_stock < 120 else 0.07)
            step = 500 if guide > 90000 else 100
            asking = guide - round(cut / step) * step
            car.write({"asking_price": asking, "floor_price": round(asking * 0.94 / step) * step})
            if car.days_in_stock >= 120:
                tasks.append(self._prepare_price_cut(car, guide - asking))
        self.env["dealer.vehicle.task"].create(tasks)

    @api.model
    def _prepare_price_cut(self, car, amount):
        key = next(key for key in TRUCKS if self._company(key) == car.company_id)
        owner = self._user(f"{key}.manager")
        amount = car.currency_id.format(amount)
        chinese = owner.lang == "zh_CN"
        return {
            "vehicle_id": car.id,
            "kind": "other",
            "name": f"库龄 {car.days_in_stock} 天，降价 {amount}，一周内成交"
            if chinese
            else f"{car.days_in_stock} days in stock: cut by {amount}, sell within a week",
            "user_id": owner.id,
            "date_due": self._today(7),
        }
