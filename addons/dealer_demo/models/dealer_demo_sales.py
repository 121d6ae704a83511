import base64
import io

from PIL import Image, ImageDraw

from odoo import Command, api, models

# Contracts by company: (customer, trim as (make, series, trim, year), price with tax, how far it got)
DEALS = {
    "cn": [
        (0, ("Honda", "Accord", "EX", 2026), 171900, "allocated"),
        (1, ("Honda", "CR-V", "EX", 2026), 184900, "draft"),
        (2, ("Honda", "Civic", "Sport", 2026), 129900, "review"),
        (3, ("Honda", "CR-V", "Sport Touring", 2026), 232900, "review"),
        (4, ("Honda", "Accord", "Sport Hybrid", 2026), 196800, "approved"),
        (5, ("Honda", "HR-V", "Sport", 2026), 139900, "signed"),
        (6, ("Honda", "Odyssey", "Elite", 2026), 268800, "deposit"),
        (7, ("Honda", "Civic", "Touring", 2026), 152900, "invoiced"),
        (8, ("Honda", "Accord", "Touring Hybrid", 2026), 219800, "paid"),
        (9, ("Honda", "CR-V", "EX", 2026), 186900, "delivered"),
        (10, ("Honda", "Fit", "Sport", 2026), 91800, "delivered"),
        (11, ("Honda", "Civic", "Sport", 2026), 131900, "cancelled"),
    ],
    "ev": [
        (12, ("Genesis", "Electrified G80", "Advanced", 2024), 469800, "deposit"),
        (13, ("Genesis", "Electrified G80", "Advanced", 2024), 479800, "review"),
    ],
    "en": [
        (0, ("Kia", "Sportage", "EX", 2026), 34800, "draft"),
        (1, ("Kia", "Telluride", "S", 2026), 44900, "review"),
        (2, ("Kia", "EV6", "GT-Line", 2026), 57200, "allocated"),
        (3, ("Kia", "Carnival", "EX", 2026), 46400, "invoiced"),
        (4, ("Kia", "Sportage", "LX", 2026), 31900, "delivered"),
    ],
}
STEPS = ("draft", "review", "approved", "signed", "deposit", "allocated", "invoiced", "paid", "delivered")
DEPOSITS = {"cn": 5000, "ev": 20000, "en": 1000}
# The offer everybody in the trade can check by head: 194,152.39 on the road.
PASS_THROUGH = {
    "dealer_sales.product_purchase_tax": 15212.39,
    "dealer_sales.product_insurance_compulsory": 950,
    "dealer_sales.product_insurance_voluntary": 5230,
    "dealer_sales.product_vehicle_tax": 360,
}
LEADS = {
    "cn": [
        ("h", "Honda", "Accord"),
        ("h", "Honda", "CR-V"),
        ("a", "Honda", "Civic"),
        ("a", "Honda", "Odyssey"),
        ("a", "Honda", "HR-V"),
        ("b", "Honda", "Accord"),
        ("b", "Honda", "CR-V"),
        ("b", "Honda", "Fit"),
        ("c", "Honda", "Civic"),
        ("c", "Honda", "e:NP2"),
        ("lost", "Honda", "Accord"),
        ("lost", "Honda", "CR-V"),
    ],
    "ev": [("h", "Genesis", "Electrified G80"), ("b", "Genesis", "GV60")],
    "en": [
        ("h", "Kia", "Sportage"),
        ("a", "Kia", "EV9"),
        ("b", "Kia", "Telluride"),
        ("c", "Kia", "Carnival"),
        ("lost", "Kia", "Sorento"),
    ],
}
RIVALS = {"cn": ["战败：选择丰田凯美瑞", "战败：选择比亚迪宋 PLUS"], "en": ["Bought a Toyota RAV4"]}


class DealerDemo(models.AbstractModel):
    """Enquiries and contracts, each taken to where it stands by the people whose work it is."""

    _inherit = "dealer.demo"

    # ------------------------------------------------------------------ enquiries

    @api.model
    def _build_leads(self):
        for key, leads in LEADS.items():
            if self._find(f"lead_{key}_0") is None:
                for index, lead in enumerate(leads):
                    self._in(key)._build_lead(key, index, *lead)

    @api.model
    def _build_lead(self, key, index, level, make, series):
        people = "en" if key == "en" else "cn"
        partner = self._customer(people, 14 + index)
        advisors = [user for user in (self._user(f"{key}.advisor"), self._user(f"{key}.advisor2")) if user]
        level_record = self.env.ref(f"dealer_sales.dealer_intent_level_{'a' if level == 'lost' else level}")
        record = self._find(self._series_xmlid(make, series))
        lead = self._ensure(
            f"lead_{key}_{index}",
            "crm.lead",
            {
                "name": f"{partner.name} · {record.name}",
                "type": "opportunity",
                "partner_id": partner.id,
                "phone": partner.phone,
                "user_id": advisors[index % len(advisors)].id,
                "company_id": self.env.company.id,
                "intent_level_id": level_record.id,
                "date_last_contact": self._today(-(index * 2 % 9) - 1),
                "wanted_series_ids": [Command.set(record.ids)],
                "budget": (30000 if key == "en" else 180000) + index * (1500 if key == "en" else 10000),
            },
        )
        if level == "lost":
            reasons = RIVALS[key]
            reason = self.env["crm.lost.reason"].create({"name": reasons[index % len(reasons)]})
            lead.action_set_lost(lost_reason_id=reason.id)

    # ------------------------------------------------------------------ contracts

    @api.model
    def _build_deals(self):
        for key, deals in DEALS.items():
            for index, deal in enumerate(deals):
                if self._find(f"contract_{key}_{index}") is None:
                    self._build_deal(key, index, *deal)

    @api.model
    def _build_deal(self, key, index, customer, trim, price, goal):
        """Take one deal step by step to its goal.

        :param str key: company
        :param int customer: index of the customer
        :param tuple trim: key of ``PRICES``
        :param float price: of the car, with tax
        :param str goal: one of ``STEPS``, or ``cancelled`` (after the deposit)
        """
        partner = self._customer("en" if key == "en" else "cn", customer)
        product = self._find(self._trim_xmlid(*trim)).product_variant_id
        advisor = f"{key}.advisor2" if index % 3 == 2 and self._user(f"{key}.advisor2") else f"{key}.advisor"
        contract = (
            self._as(advisor)
            .env["dealer.contract"]
            .create(
                {
                    "partner_id": partner.id,
                    "product_id": product.id,
                    "deposit_amount": DEPOSITS[key],
                    "site_id": self._find(f"site_{key}_main").id,
                }
            )
        )
        self._remember(f"contract_{key}_{index}", contract)
        self._price(contract, key, index, price)
        reached = STEPS[: STEPS.index("deposit" if goal == "cancelled" else goal) + 1]
        for step in reached[1:]:
            getattr(self, f"_deal_{step}")(key, contract)
        if goal == "paid":
            self._send_to_registration(key, contract)
        if goal == "cancelled":
            contract.with_user(self._user(f"{key}.manager")).action_cancel("客户贷款未获批准")

    @api.model
    def _price(self, contract, key, index, price):
        car_line = contract.order_line_ids.filtered("product_id.is_vehicle")
        car_line.price_with_tax = price
        if key == "cn":
            for xmlid, amount in PASS_THROUGH.items():
                product = self.env.ref(xmlid)
                amount = amount if index == 0 else round(amount * price / 171900, 2)
                line = contract.order_line_ids.filtered(lambda line, product=product: line.product_id == product)
                if line:
                    line.price_unit = amount
                else:
                    contract.order_line_ids = [
                        Command.create({"product_id": product.id, "product_uom_qty": 1, "price_unit": amount})
                    ]
            agency = contract.order_line_ids.filtered(
                lambda line: line.product_id == self.env.ref("dealer_sales.product_registration_service")
            )
            agency.price_with_tax = 500

    @api.model
    def _deal_review(self, key, contract):
        contract.action_submit(*self._get_cut_reason(key, contract))

    @api.model
    def _deal_approved(self, key, contract):
        contract.current_version_id.with_user(self._user(f"{key}.manager")).action_approve()

    @api.model
    def _deal_signed(self, key, contract):
        # The customer signs on his page, which runs as the system after checking his link.
        contract.sudo()._sign(contract.partner_id.name, self._draw_signature(contract.id), ip="192.0.2.10")

    @api.model
    def _deal_deposit(self, key, contract):
        self._take_money(
            key, contract, "cash" if key != "en" else "card", contract.deposit_kind, contract.deposit_amount
        )

    @api.model
    def _deal_allocated(self, key, contract):
        car = self._pick_car(contract)
        contract.action_allocate(car.id)

    @api.model
    def _deal_invoiced(self, key, contract):
        # No invoice before the stock keeper has redeemed the certificate from the bank (P3).
        papers = contract.vehicle_id.document_ids.with_user(self._user(f"{key}.keeper"))
        papers.filtered(lambda paper: not paper.is_in_house).action_take_in()
        self._with_cashier(key, contract).action_invoice()

    @api.model
    def _deal_paid(self, key, contract):
        self._take_money(key, contract, "card", "balance", contract.amount_open)

    @api.model
    def _deal_delivered(self, key, contract):
        contract.action_prepare_delivery()
        delivery = contract.delivery_ids
        delivery.line_ids.action_toggle()
        delivery.write({"odometer_km": delivery.vehicle_id.odometer_km + 3, "plate": self._get_plate(key, delivery)})
        delivery._sign_protocol(contract.partner_id.name, self._draw_signature(contract.id + 1))
        delivery.action_hand_over()

    @api.model
    def _send_to_registration(self, key, contract):
        """The car is paid: its certificate goes to the registration office for the plates."""
        papers = contract.vehicle_id.document_ids.with_user(self._user(f"{key}.keeper"))
        certificate = papers.filtered(lambda paper: paper.kind == "certificate" and paper.is_in_house)
        certificate.action_hand_over(self._find("registration_office").id, note="上牌")

    @api.model
    def _get_plate(self, key, delivery):
        return f"浙A·D{7000 + delivery.id % 1000:04d}" if key == "cn" else f"7KV{100 + delivery.id % 900}"

    @api.model
    def _with_cashier(self, key, record):
        """Return a record in the shoes of who takes the money of a company."""
        user = self._user(f"{key}.cashier") or self._user(f"{key}.accountant")
        return record.with_user(user).with_context(allowed_company_ids=self._company(key).ids)

    @api.model
    def _take_money(self, key, contract, journal, kind, amount, day=None):
        desk = self._with_cashier(key, contract).env["dealer.contract.payment"]
        desk.create(
            {
                "contract_id": contract.id,
                "deposit_kind": kind,
                "amount": amount,
                "journal_id": self._find(f"journal_{journal}_{key}").id,
                "date": day or self._today(),
            }
        ).action_receive()
        contract.invalidate_recordset()

    @api.model
    def _pick_car(self, contract):
        """Return the oldest free new car of the contract's trim."""
        return contract.env["dealer.vehicle"].search(
            [
                ("condition", "=", "new"),
                ("product_id", "=", contract.product_id.id),
                ("company_id", "=", contract.company_id.id),
                ("is_available", "=", True),
            ],
            order="age_date, id",
            limit=1,
        )

    @api.model
    def _draw_signature(self, seed):
        """Return a drawn signature.

        :param int seed: another number, another hand
        :return: PNG, base64
        """
        image = Image.new("RGB", (300, 100), "white")
        pen = ImageDraw.Draw(image)
        points = [(20 + step * 9, 50 + ((seed * 37 + step * step * 11) % 53) - 26) for step in range(29)]
        pen.line(points, fill="navy", width=3, joint="curve")
        stream = io.BytesIO()
        image.save(stream, "PNG")
        return base64.b64encode(stream.getvalue())
