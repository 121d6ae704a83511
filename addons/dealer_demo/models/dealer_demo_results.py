from odoo import Command, api, fields, models

MONTHS = 36
# New cars a month on average, by company: {(make, series): by site}
PACE = {
    "cn": {
        ("Honda", "Accord"): {"main": 17, "west": 7},
        ("Honda", "CR-V"): {"main": 15, "west": 8},
        ("Honda", "Civic"): {"main": 10, "west": 5},
        ("Honda", "HR-V"): {"main": 6, "west": 3},
        ("Honda", "Odyssey"): {"main": 4},
        ("Honda", "Fit"): {"main": 5, "west": 2},
    },
    "en": {
        ("Kia", "Sportage"): {"main": 9, "north": 4},
        ("Kia", "Telluride"): {"main": 5, "north": 3},
        ("Kia", "Carnival"): {"main": 3},
        ("Kia", "EV6"): {"main": 2, "north": 1},
    },
}
# Percent of an average month. China: quiet at the Spring Festival, strong at the year's end
SEASON = {
    "cn": [112, 58, 96, 92, 94, 98, 90, 95, 108, 110, 118, 129],
    "en": [82, 86, 112, 104, 106, 103, 101, 104, 98, 97, 96, 111],
}
# Maker's quarter: day 83 of 90, 231 of 240 cars
QUARTER = {"cn": ("Honda", 231, 240), "en": ("Kia", 68, 75)}
DAY, DAYS = 83, 90
TIERS = {"cn": [(1, 300), (6, 400), (10, 550)], "en": [(1, 150), (8, 200), (12, 275)]}
DESK = {"cn": 80, "en": 60}
# Each advisor, a month
PERSONAL = {
    "cn": (("units", 4), ("captured", 120), ("test_drives", 60)),
    "en": (("units", 4), ("captured", 12), ("test_drives", 6)),
}


class DealerDemo(models.AbstractModel):
    """What the house sold before it had this system, its targets, and what its people earn (P15, P29, P52)."""

    _inherit = "dealer.demo"

    @api.model
    def _build(self):
        super()._build()
        # After every step of every file: it looks at what was sold
        self.sudo().with_context(tracking_disable=True)._build_results()

    @api.model
    def _build_results(self):
        for key in PACE:
            if self._find(f"commission_rule_{key}") is None:
                shop = self._in(key)
                shop._build_commission_rules(key)
                shop._build_sales_history(key)
                shop._build_targets(key)
        # What the job does, but in one piece with the rest of the demonstration
        self.env["dealer.contract"]._search_missed_results()._count_missed_results()
        self.env["dealer.sales.result"].search([("is_gross_due", "=", True)])._refresh_gross()
        for key in PACE:
            company = self._company(key)
            period = self.env["dealer.period"]._get(company, "month", company._get_day())
            period.with_user(self._user(f"{key}.manager")).with_context(
                allowed_company_ids=company.ids
            ).action_compute_commission()
            self.env["dealer.sales.forecast"]._compute_company(company)

    # ------------------------------------------------------------------ before this system

    @api.model
    def _build_sales_history(self, key):
        """Whole months until the maker's quarter began, then weeks that make its total with the cars that count."""
        start = self._today(1 - DAY)
        rows = [
            self._prepare_history(key, make, series, site, day, self._get_month_sales(key, pace, day, index))
            for index, ((make, series), sites) in enumerate(PACE[key].items())
            for site, pace in sites.items()
            for day in self._get_month_ends(start)
        ]
        make, reached, _target = QUARTER[key]
        counted = self.env["dealer.sales.result"].search(
            [("company_id", "=", self.env.company.id), ("date", ">=", start), ("brand_id.name", "=", make)]
        )
        rows += self._prepare_weeks(key, start, reached - sum(counted.mapped("units")))
        # Numbers an administrator took over from the old system
        self.env["dealer.sales.history"].create([row for row in rows if row["units"]])

    @api.model
    def _get_month_ends(self, until):
        """Return the last days of the months before the one a day lies in, newest first."""
        days, day = [], until
        for _month in range(MONTHS):
            day = fields.Date.subtract(day.replace(day=1), days=1)
            days.append(day)
        return days

    @api.model
    def _get_month_sales(self, key, pace, day, index):
        # The same numbers on every machine: a season, slow growth and a little unrest
        unrest = (day.month * 7 + day.year * 3 + index * 11) % 13 - 6
        growth = 100 + (day.year - self._today().year) * 4
        return round(pace * SEASON[key][day.month - 1] * growth / 10000 * (1 + unrest / 60))

    @api.model
    def _prepare_weeks(self, key, start, cars):
        """Return rows that divide so many cars among the weeks of the maker's quarter.

        :param date start: of the quarter
        :param int cars: in all
        """
        shares = [(series, site, pace) for series, sites in PACE[key].items() for site, pace in sites.items()]
        weeks = [fields.Date.add(start, days=7 * week) for week in range(DAY // 7)]
        total = sum(pace for _series, _site, pace in shares) * len(weeks)
        rows, passed, given = [], 0, 0
        for day in weeks:
            for (make, series), site, pace in shares:
                passed += pace
                units = cars * passed // total - given
                given += units
                rows.append(self._prepare_history(key, make, series, site, day, units))
        return rows

    @api.model
    def _prepare_history(self, key, make, series, site, day, units):
        return {
            "company_id": self.env.company.id,
            "site_id": self._find(f"site_{key}_{site}").id,
            "series_id": self._find(self._series_xmlid(make, series)).id,
            "date": day,
            "units": units,
        }

    # ------------------------------------------------------------------ targets

    @api.model
    def _build_targets(self, key):
        make, _reached, number = QUARTER[key]
        brand = self._find(self._series_xmlid(*next(iter(PACE[key])))).brand_id
        start = self._today(1 - DAY)
        manager = self._as(f"{key}.manager")
        quarter = manager._ensure(
            f"period_maker_{key}",
            manager.env["dealer.period"],
            {
                "company_id": self.env.company.id,
                "kind": "maker",
                "brand_id": brand.id,
                "date_start": start,
                "date_end": fields.Date.add(start, days=DAYS - 1),
            },
        )
        month = self.env["dealer.period"]._get(self.env.company, "month", self._today())
        advisors = [user for user in (self._user(f"{key}.advisor"), self._user(f"{key}.advisor2")) if user]
        targets = [{"period_id": quarter.id, "target": number}, {"period_id": month.id, "target": number // 3}]
        targets.append({"period_id": month.id, "measure": "gross", "target": 350000 if key == "cn" else 60000})
        for user in advisors:
            targets += [
                {"period_id": month.id, "user_id": user.id, "measure": measure, "target": target}
                for measure, target in PERSONAL[key]
            ]
        manager.env["dealer.sales.target"].create(targets)

    # ------------------------------------------------------------------ commission

    @api.model
    def _build_commission_rules(self, key):
        """Rules are agreed above those they pay."""
        start = fields.Date.subtract(self._today().replace(day=1), months=12)
        common = {"company_id": self.env.company.id, "date_from": start}
        chinese = key == "cn"
        self._ensure(
            f"commission_rule_{key}",
            "dealer.commission.rule",
            {
                **common,
                "name": "销售顾问单车提成" if chinese else "Advisors, by the car",
                "tier_ids": [Command.create({"from_units": units, "amount": amount}) for units, amount in TIERS[key]],
                "note": "待人力资源部确认" if chinese else "To be confirmed by human resources",
            },
        )
        self._ensure(
            f"commission_rule_{key}_gross",
            "dealer.commission.rule",
            {
                **common,
                "name": "销售顾问毛利提成" if chinese else "Advisors, part of gross",
                "basis": "gross",
                "percent": 5.0,
                "pack_amount": 1000.0 if chinese else 300.0,
            },
        )
        self._ensure(
            f"commission_rule_{key}_desk",
            "dealer.commission.rule",
            {
                **common,
                "name": "销售经理团队提成" if chinese else "Desk, by the car",
                "role": "manager",
                "tier_ids": [Command.create({"from_units": 0, "amount": DESK[key]})],
            },
        )
