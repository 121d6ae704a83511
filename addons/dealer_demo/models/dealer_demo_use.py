from datetime import timedelta

from odoo import api, fields, models

# company: (kind, days in service, plate)
OWN_CARS = {
    "cn": [
        ("demo", 118, "浙AD1206"),
        ("demo", 47, "浙AD3519"),
        ("courtesy", 160, "浙AD8862"),
        ("courtesy", 71, "浙AD7715"),
    ],
    "en": [("demo", 96, "8DM 214"), ("courtesy", 61, "8CC 377")],
}
# Bookings of the Chinese shop's first demonstrator this week: (days from today, hour, minutes); past ones were driven.
WEEK = [
    (-3, 10, 45),
    (-2, 9, 45),
    (-2, 14, 60),
    (-1, 10, 45),
    (-1, 16, 45),
    (0, 10, 45),
    (0, 17, 45),
    (1, 9, 45),
    (1, 11, 45),
    (3, 14, 45),
    (3, 16, 45),
]
BATTERY = (96, 120000)
WARRANTY = (36, 100000)


class DealerDemo(models.AbstractModel):
    """Demonstrators and courtesy cars, and who drives them."""

    _inherit = "dealer.demo"

    @api.model
    def _build_warranties(self):
        """Give every series that is sold its maker's warranty."""
        series = self.env["fleet.vehicle.model"].search([("trim_ids", "!=", False), ("warranty_months", "=", 0)])
        months, km = WARRANTY
        battery_months, battery_km = BATTERY
        series.write(
            {
                "warranty_months": months,
                "warranty_km": km,
                "battery_warranty_months": battery_months,
                "battery_warranty_km": battery_km,
            }
        )

    @api.model
    def _build_own_cars(self):
        for key, rows in OWN_CARS.items():
            company = self._company(key)
            if not company.dealer_write_down_account_id:
                company.dealer_write_down_account_id = self._find_expense(company)
            company.dealer_fleet_sync = True
            for number, (kind, days, plate) in enumerate(rows):
                name = f"own_use_{key}_{number}"
                if self._find(name) is None:
                    car = self._pick_own_car(key, days)
                    builder = self._as(f"{key}.keeper")
                    use = builder.env["dealer.vehicle"].browse(car.id)
                    # No car was in service before it came.
                    day = max(self._today(-days), car.arrival_date)
                    use = use._put_into_service(kind, day, plate, f"{days:04d}7719", day)
                    self._remember(name, use)
        self._build_drives()

    @api.model
    def _find_expense(self, company):
        """Return the account that takes write-downs: impairment of assets in China, else the company's expenses."""
        accounts = self.env["account.account"].with_company(company)
        domain = [("company_ids", "in", company.ids), ("account_type", "=", "expense")]
        return accounts.search([*domain, ("code", "=like", "6701%")], limit=1) or accounts.search(domain, limit=1)

    @api.model
    def _pick_own_car(self, key, days):
        """Return the youngest free new car that has been here for that long, else the oldest."""
        domain = [("company_id", "=", self._company(key).id), ("is_available", "=", True), ("condition", "=", "new")]
        domain += [("title", "!=", "third")]
        cars = self.env["dealer.vehicle"].search(domain, order="age_date, id")
        return cars.filtered(lambda car: car.days_in_stock >= days)[-1:] or cars[:1]

    @api.model
    def _build_drives(self):
        """Eleven bookings of one demonstrator this week, a late courtesy car, one that comes tomorrow."""
        demo, courtesy = (self._find(f"own_use_cn_{number}").vehicle_id for number in (0, 2))
        for number, (days, hour, minutes) in enumerate(WEEK):
            start = self._at("cn", hour) + timedelta(days=days)
            self._build_drive(f"booking_cn_{number}", "cn.advisor", demo, "test_drive", number, start, minutes)
        late = self._at("cn", 0) - timedelta(hours=6)
        self._build_drive("booking_late", "cn.service", courtesy, "courtesy", 12, late - timedelta(hours=24), 1440)
        second = self._find("own_use_cn_3").vehicle_id
        start = self._at("cn", 9) + timedelta(days=1)
        self._build_drive("booking_courtesy", "cn.service", second, "courtesy", 13, start, 1440)

    @api.model
    def _build_drive(self, name, login, car, kind, customer, start, minutes):
        """Book a car; drive it when that time is past, but for the one that is late.

        :param str name: external identifier
        :param str login: who books
        :param str kind: end of the kind's external identifier
        :param int customer: number
        :param datetime start: UTC
        :param int minutes: length
        """
        if self._find(name) is not None:
            return
        booking = (
            self._as(login)
            .env["dealer.vehicle.booking"]
            .create(
                {
                    "kind_id": self.env.ref(f"dealer_vehicle.dealer_vehicle_booking_kind_{kind}").id,
                    "vehicle_id": car.id,
                    "partner_id": self._customer("cn", customer).id,
                    "date_from": start,
                    "date_to": start + timedelta(minutes=minutes),
                    "licence_number": f"3301{customer:02d}19900101{customer:04d}",
                    "licence_valid_until": self._today(400 + customer),
                }
            )
        )
        self._remember(name, booking)
        if start < fields.Datetime.now():
            self._drive(booking, back=name != "booking_late")

    @api.model
    def _drive(self, booking, back):
        """Hand a car out and take it back at the times it was booked for."""
        start, end = booking.date_from, booking.date_to
        booking._note_licence_seen()
        km = booking.vehicle_id.odometer_km
        booking._hand_out(km, 80, booking.partner_id.name, self._draw_signature(booking.id))
        vals = {"date_from": start, "date_to": end, "date_out": start}
        if back:
            booking._take_back(km + 14, 76)
            vals["date_in"] = end
        # A history: the steps stamp the time they are done.
        booking.sudo().write(vals)
