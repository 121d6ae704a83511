from odoo import Command, api, fields, models

from .dealer_demo_workshop import TO_SETTLED

# Texts: (English, Chinese)
PACKAGE = ("3 oil services", "三次小保养套餐")
CARD = ("Service card", "维修储值卡")
FIRST = ("First service, maker pays", "首保（厂家承担）")
COUPON = ("Coupon for a missed promise", "交车延误补偿券")
ACCOUNTS = {
    "liability": ("Prepaid Services", "预收维修套餐款", "liability_current"),
    "revenue": ("Prepaid Services Used", "套餐核销收入", "income"),
    "breakage": ("Prepaid Services Expired", "套餐过期收入", "income_other"),
}


class DealerDemo(models.AbstractModel):
    """What customers may have done without paying at the desk, a visit on it, and a settlement that was reversed."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        return [*super()._get_steps(), "settlement"]

    @api.model
    def _build_settlement(self):
        for key in ("cn", "en"):
            builder = self._in(key)
            builder._build_entitlement_policy(key)
            builder._build_entitlements(key)
            if self._find(f"visit_package_{key}") is None:
                builder._build_package_visit(key)
                builder._build_reversed_visit(key)

    @api.model
    def _text(self, key, texts):
        return texts[0 if key == "en" else 1]

    @api.model
    def _build_entitlement_policy(self, key):
        accounts = self._ensure_all(
            self.env["account.account"].with_company(self.env.company),
            {
                f"account_{name}_{key}": {
                    "name": self._text(key, texts),
                    "code": f"{code}",
                    "account_type": texts[2],
                    "company_ids": [Command.set(self.env.company.ids)],
                }
                for code, (name, texts) in zip((249950, 499950, 499951), ACCOUNTS.items(), strict=True)
            },
        )
        journals = self.env["account.journal"]
        domain = [*journals._check_company_domain(self.env.company), ("type", "=", "general")]
        self._ensure(
            f"entitlement_policy_{key}",
            "dealer.entitlement.policy",
            {
                "company_id": self.env.company.id,
                "date_from": "2020-01-01",
                "liability_account_id": accounts[f"account_liability_{key}"].id,
                "revenue_account_id": accounts[f"account_revenue_{key}"].id,
                "breakage_account_id": accounts[f"account_breakage_{key}"].id,
                "tax_id": self.env.company.account_sale_tax_id.id,
                "journal_id": journals.search(domain, limit=1).id,
            },
        )

    @api.model
    def _build_entitlements(self, key):
        """One of each kind; prepaid ones are sold and paid at the desk."""
        today = fields.Date.today()
        # Since yesterday: where it is still yesterday it holds already.
        year = {"date_from": fields.Date.subtract(today, days=1), "date_to": fields.Date.add(today, years=1)}
        maker = self._ensure(f"maker_{key}", "res.partner", {"name": "Maker", "is_company": True})
        wanted = {
            "package": {"kind": "package", "description": PACKAGE, "count_total": 3, "amount_total": 1180, **year},
            "stored": {"kind": "stored_value", "description": CARD, "count_total": 0, "amount_total": 2000, **year},
            "first": {
                "kind": "first_service",
                "description": FIRST,
                "maker_id": maker.id,
                "amount_total": 260,
                "km_to": 7500,
                **year,
            },
            "coupon": {"kind": "coupon", "description": COUPON, "amount_total": 100, **year},
        }
        plan = self._ensure(
            f"entitlement_plan_{key}",
            "dealer.entitlement.plan",
            {
                "company_id": self.env.company.id,
                "description": self._text(key, PACKAGE),
                "count_total": 3,
                "amount_total": 1180,
                "months": 12,
            },
        )
        wanted["package"]["plan_id"] = plan.id
        for index, (name, values) in enumerate(wanted.items()):
            if self._find(f"entitlement_{name}_{key}") is None:
                self._build_entitlement(key, name, 14 + index, values)

    @api.model
    def _build_entitlement(self, key, name, car, values):
        car = self._find(f"car_{key}_{car}")
        manager = self._as(f"{key}.workshop", self._company(key))
        entitlement = manager.env["dealer.entitlement"].create(
            {
                **values,
                "description": self._text(key, values["description"]),
                "partner_id": car.owner_id.id,
                "vehicle_id": values["kind"] != "stored_value" and car.id,
            }
        )
        self._remember(f"entitlement_{name}_{key}", entitlement)
        entitlement.action_issue()
        if entitlement.bearer == "prepaid":
            bills = self._with_cashier(key, entitlement.sudo().sale_order_id.invoice_ids)
            context = {"active_model": "account.move", "active_ids": bills.ids}
            register = bills.env["account.payment.register"].with_context(**context)
            register.create({"journal_id": self._find(f"journal_card_{key}").id})._create_payments()
            entitlement.invalidate_recordset()

    @api.model
    def _build_package_visit(self, key):
        """The first of three services of a package."""
        car = self._find(f"car_{key}_14")
        order = self._open_order(key, car, ["PM-05"], "maintenance", car.odometer_km + 5100)
        self._remember(f"visit_package_{key}", order)
        order.job_ids.entitlement_id = self._find(f"entitlement_package_{key}").id
        self._take_steps(key, order, TO_SETTLED, technician=f"{key}.technician2", minutes=40)

    @api.model
    def _build_reversed_visit(self, key):
        """Settled with the wrong customer's discount, taken back by the workshop manager, settled again."""
        car = self._find(f"car_{key}_15")
        order = self._open_order(key, car, ["BR-FL"], "maintenance", car.odometer_km + 800)
        self._remember(f"visit_reversed_{key}", order)
        self._take_steps(key, order, TO_SETTLED, technician=f"{key}.technician2", minutes=35)
        manager = self._user(f"{key}.workshop")
        reason = self._text(key, ("Agreed discount was forgotten", "漏计已约定优惠"))
        order.with_user(manager).with_context(allowed_company_ids=order.company_id.ids).action_reverse_settlement(
            reason
        )
        order.job_ids.line_ids.discount = 8
        order.discount_reason_id = self.env.ref("dealer_workshop.dealer_discount_reason_loyal").id
        order.action_settle()
