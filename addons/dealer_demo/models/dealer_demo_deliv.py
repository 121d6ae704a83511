from datetime import timedelta

from odoo import Command, api, fields, models

# What was promised in signed deals: (deal, what, days from today, role, before the keys)
PROMISES = {
    "cn": [
        (7, "加装全景行车记录仪", -2, "dealer_vehicle.group_stock_keeper", True),
        (8, "赠送一次保养券，交车后寄出", 5, "dealer_sales.group_sales_advisor", False),
    ],
    "en": [(3, "All-weather mats, second set", -1, "dealer_vehicle.group_stock_keeper", False)],
}
# Deals whose cars are being registered, with the steps done so far
REGISTRATIONS = {"cn": [(8, 1), (9, 4)], "en": [(4, 1)]}
REPORTING = {"cn": ("Honda", "cn"), "en": ("Kia", "en")}
COLUMNS = {
    "cn": [("车架号", "vin"), ("客户姓名", "customer"), ("联系电话", "phone"), ("交车日期", "handed_over")],
    "en": [("VIN", "vin"), ("Customer", "customer"), ("Delivery date", "handed_over"), ("Contract", "contract")],
}
NOTES = ("ready", "delivered")


class DealerDemo(models.AbstractModel):
    """Promises, registrations, retail reports and messages of the demonstration's deals."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        return [*super()._get_steps(), "deliv"]

    @api.model
    def _build_deliv(self):
        for key in PROMISES:
            if self._find(f"promise_{key}_0") is None:
                shop = self._in(key)
                shop._build_retail_brand(key)
                shop._build_promises(key)
                shop._build_registrations(key)
                shop._build_messages(key)
            if self._find(f"handover_{key}_0") is None:
                self._in(key)._build_handover_hours(key)

    @api.model
    def _build_retail_brand(self, key):
        brand = self.env["fleet.vehicle.model.brand"].search([("name", "=", REPORTING[key][0])], limit=1)
        brand.write(
            {
                "has_retail_report": True,
                "retail_report_column_ids": [
                    Command.create({"heading": heading, "content": content}) for heading, content in COLUMNS[key]
                ],
            }
        )
        # Handed over before the maker asked: they are reported now
        deliveries = self.env["dealer.delivery"].search(
            [("state", "=", "done"), ("company_id", "=", self.env.company.id)], order="id"
        )
        for delivery in deliveries:
            contract = delivery.contract_id
            cars = contract._get_cars_to_report() & delivery.vehicle_id
            reports = contract._make_reports(cars, fields.Date.context_today(delivery, delivery.date_done))
            if reports:
                reports.with_user(self._user(f"{key}.manager")).action_reported()
                reports.number = f"RDR-{delivery.id:06d}"
            if reports and delivery != deliveries[-1]:  # for the newest the maker's answer is awaited
                reports.with_user(self._user(f"{key}.manager")).action_accept()

    @api.model
    def _build_handover_hours(self, key):
        """Each site of the shop hands over two cars at once in its working hours."""
        company = self.env.company
        sites = self.env["stock.warehouse"].search([("company_id", "=", company.id)], order="id")
        for number, site in enumerate(sites):
            hours = {"company_id": company.id, "calendar_id": company.resource_calendar_id.id, "capacity": 2}
            self._ensure(f"handover_{key}_{number}", "dealer.handover.rule", {**hours, "site_id": site.id})

    @api.model
    def _build_promises(self, key):
        for index, (deal, what, days, role, is_before) in enumerate(PROMISES[key]):
            contract = self._find(f"contract_{key}_{deal}")
            self._ensure(
                f"promise_{key}_{index}",
                "dealer.contract.promise",
                {
                    "contract_id": contract.id,
                    "name": what,
                    "date_due": self._today(days),
                    "role_id": self.env.ref(role).id,
                    "is_before_delivery": is_before,
                },
            )

    @api.model
    def _build_registrations(self, key):
        clerk = self._user(f"{key}.clerk")
        for deal, done in REGISTRATIONS[key]:
            contract = self._find(f"contract_{key}_{deal}")
            contract.with_context(allowed_company_ids=self.env.company.ids).action_register()
            registration = contract.registration_ids
            registration.user_id = clerk
            steps = registration.step_ids.with_user(clerk).with_context(allowed_company_ids=self.env.company.ids)
            for step in steps[:done]:
                if step.code == "temporary_plate" and contract.vehicle_id.plate:
                    step.action_skip()  # it left with its own plate
                    continue
                step.number = (contract.vehicle_id.plate if step.code == "plate" else False) or f"L{step.id:06d}"
                if step == registration.step_ids.filtered("product_id")[:1]:
                    # What the customer gave is paid on today
                    step.fee = registration.fee_collected
                step.action_done()

    @api.model
    def _build_messages(self, key):
        """Notes on the customer's page are on; mail and SMS wait until a manager has read their texts."""
        for event in NOTES:
            common = self.env.ref(f"dealer_sales.dealer_event_message_{event}")
            self._ensure(
                f"message_{key}_{event}",
                "dealer.event.message",
                {**common.copy_data()[0], "channel": "portal", "company_id": self.env.company.id, "active": True},
            )
        planned = self.env["dealer.delivery"].search(
            [("state", "=", "draft"), ("company_id", "=", self.env.company.id)], limit=3
        )
        for hour, delivery in enumerate(planned):
            day = fields.Datetime.now().replace(hour=2 + hour, minute=0, second=0, microsecond=0) + timedelta(days=1)
            delivery.date_planned = day
            delivery.action_confirm_appointment()
