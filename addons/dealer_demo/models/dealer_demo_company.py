from odoo import api, models

# key: (name, country, currency, chart of accounts, language, timezone, phone, street, city)
COMPANIES = {
    "cn": (
        "云海汽车销售服务有限公司",
        "base.cn",
        "CNY",
        "cn",
        "zh_CN",
        "Asia/Shanghai",
        "0571-8600 1200",
        "江南大道 1218 号",
        "杭州",
    ),
    "ev": (
        "星澜新能源汽车有限公司",
        "base.cn",
        "CNY",
        "cn",
        "zh_CN",
        "Asia/Shanghai",
        "0571-8600 3400",
        "文一西路 966 号",
        "杭州",
    ),
    "en": (
        "Harbor View Motors",
        "base.us",
        "USD",
        "generic_coa",
        "en_US",
        "America/New_York",
        "+1 617-555-0140",
        "48 Seaport Boulevard",
        "Boston",
    ),
}
# key: [(external identifier, name, short name)], the first is the company's own warehouse
SITES = {
    "cn": [("site_cn_main", "滨江店", "BJ"), ("site_cn_west", "城西店", "CX")],
    "ev": [("site_ev_main", "星澜旗舰店", "XL")],
    "en": [("site_en_main", "Seaport", "SEA"), ("site_en_north", "Northgate", "NOR")],
}
# (key, type, names by language, code)
JOURNALS = [
    ("cash", "cash", {"zh_CN": "现金", "en_US": "Cash"}, "CASH"),
    ("card", "bank", {"zh_CN": "刷卡（POS）", "en_US": "Card Terminal"}, "CARD"),
]


class DealerDemo(models.AbstractModel):
    _inherit = "dealer.demo"

    @api.model
    def _company(self, key):
        """Return a company of the demonstration: ``cn``, ``ev`` or ``en``."""
        return self._find(f"company_{key}")

    @api.model
    def _in(self, key):
        """Return this builder working in one company.

        :param str key: ``cn``, ``ev`` or ``en``
        """
        company = self._company(key)
        return self.with_company(company).with_context(allowed_company_ids=company.ids, lang=COMPANIES[key][4])

    @api.model
    def _build_companies(self):
        # The database's first company becomes the English-speaking store: it has the generic chart already.
        if self._find("company_en") is None:
            self._remember("company_en", self.env.ref("base.main_company"))
        for key, (name, country, currency, _chart, _lang, tz, phone, street, city) in COMPANIES.items():
            currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", currency)])
            currency.active = True
            vals = {
                "name": name,
                "phone": phone,
                "street": street,
                "city": city,
                "country_id": self.env.ref(country).id,
            }
            company = self._find(f"company_{key}")
            if company is None:
                company = self._ensure(f"company_{key}", "res.company", {**vals, "currency_id": currency.id})
            elif not company.street:
                company.write(vals)
            company.partner_id.tz = tz
            self._build_sites(key, company)
        # Whoever installed this sees all three companies.
        admin = self.env.ref("base.user_admin")
        admin.company_ids |= self._company("cn") | self._company("ev") | self._company("en")

    @api.model
    def _build_sites(self, key, company):
        Warehouse = self.env["stock.warehouse"].with_company(company)
        first, *others = SITES[key]
        first_xmlid, first_name, first_code = first
        if self._find(first_xmlid) is None:
            # Odoo gives the first company of a database a warehouse, the others none.
            site = Warehouse.search([("company_id", "=", company.id)], limit=1, order="id")
            if site:
                site.write({"name": first_name, "code": first_code})
                self._remember(first_xmlid, site)
        for xmlid, name, code in [first, *others]:
            self._ensure(xmlid, Warehouse, {"name": name, "code": code, "company_id": company.id})

    # ------------------------------------------------------------------ accounting

    @api.model
    def _build_accounting(self):
        for key in COMPANIES:
            company = self._company(key)
            if not company.chart_template:
                self.env["account.chart.template"].try_loading(COMPANIES[key][3], company=company, install_demo=False)
            builder = self._in(key)
            builder._build_journals(key)
            builder._build_online_payment()

    @api.model
    def _build_online_payment(self):
        # The customer's page offers a payment that asks for no card: a provider Odoo has for demonstrations.
        company = self.env.company
        domain = [("code", "=", "demo"), ("company_id", "=", company.id)]
        shipped = self.env.ref("payment.payment_provider_demo")
        provider = self.env["payment.provider"].search(domain, limit=1) or shipped.copy({"company_id": company.id})
        if provider.state == "disabled":
            provider.write({"name": shipped.name, "state": "test", "is_published": True})

    @api.model
    def _build_journals(self, key):
        company = self.env.company
        lang = COMPANIES[key][4]
        for code, journal_type, names, short in JOURNALS:
            self._ensure(
                f"journal_{code}_{key}",
                "account.journal",
                {"name": names[lang], "type": journal_type, "code": short, "company_id": company.id},
            )
        # Cash in the drawer and a card slip are money at once: no outstanding account in between, a receipt is paid.
        for code in ("cash", "card"):
            journal = self._find(f"journal_{code}_{key}")
            lines = journal.inbound_payment_method_line_ids | journal.outbound_payment_method_line_ids
            lines.payment_account_id = journal.default_account_id
