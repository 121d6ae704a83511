from odoo import Command, api, models

# Company: (first advisor, second advisor, words of the second one)
CLASHES = {
    "cn": ("cn.advisor", "cn.advisor2", "展厅再次到店"),
    "en": ("en.advisor", "en.advisor2", "Came in again"),
}
BORN = 1979  # the oldest customer; the others are younger, a few have their birthday this week


class DealerDemo(models.AbstractModel):
    """Two double-claimed enquiries, birthdays, wishes in detail, a web visitor, scores (P14, R22)."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        steps = super()._get_steps()
        return [*steps[: steps.index("deals") + 1], "customers_in_detail", *steps[steps.index("deals") + 1 :]]

    @api.model
    def _build_customers_in_detail(self):
        if self._find("lead_clash_cn_0") is None:
            for key in CLASHES:
                self._in(key)._build_clashes(key)
            self._build_birthdays()
            self._in("en")._build_web_enquiry()
        self.env["dealer.customer.score"]._score_all_stale()

    @api.model
    def _build_clashes(self, key):
        """One customer written down twice within the days (the first keeps him), one after them (taken over)."""
        first, second, words = CLASHES[key]
        for index, days in enumerate((3, 40)):
            lead = self._as(first).env["crm.lead"].create(self._prepare_clash_lead(key, index, days))
            self._remember(f"lead_clash_{key}_{index}", lead)
            vals = {"contact_name": words, "phone": lead.phone, "type": "opportunity"}
            self._remember(f"lead_clash_second_{key}_{index}", self._as(second).env["crm.lead"].create(vals))

    @api.model
    def _prepare_clash_lead(self, key, index, days):
        name = ("朱建国", "秦玉梅")[index] if key == "cn" else ("Grace Newton", "Peter Lane")[index]
        series = self._find(self._series_xmlid("Honda", "Accord" if key == "cn" else "CR-V"))
        level = self.env.ref(f"dealer_sales.dealer_intent_level_{'ha'[index]}")
        return {
            "contact_name": name,
            "phone": f"1395710{index}008" if key == "cn" else f"+1 617-555-77{index}8",
            "type": "opportunity",
            "date_last_contact": self._today(-days),
            "intent_level_id": level.id,
            "wanted_series_ids": [Command.set(series.ids)],
            "budget": 180000 if key == "cn" else 32000,
        }

    @api.model
    def _build_birthdays(self):
        for key, count in (("cn", 30), ("en", 20)):
            for index in range(count):
                # Three this week, the others all over the year
                day = self._today(index * 3 if index < 3 else index * 13 % 365)
                leap = (day.month, day.day) == (2, 29)
                born = day.replace(year=BORN + index % 24, day=28 if leap else day.day)
                self._find(f"customer_{key}_{index}").birthdate = born

    @api.model
    def _build_web_enquiry(self):
        """A visitor asked on the page of the store and waits in the pool."""
        leads = self.env["crm.lead"].sudo()
        site = leads._get_web_sites().filtered(lambda site: site.company_id == self.env.company)[:1]
        form = {
            "name": "Nora Webster",
            "phone": "+1 617-555-4821",
            "email": "nora.webster@example.com",
            "wish": "Is the hybrid there for a test drive on Saturday?",
            "consent": "1",
        }
        if site:
            self._remember("lead_web_en", leads._take_web_form(form, site, leads._get_web_series()[:1]))
