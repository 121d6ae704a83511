from odoo.tests import tagged

from .common import DealerDemoCommon


@tagged("post_install", "-at_install", "dealer", "dealer_demo")
class TestDealerDemo(DealerDemoCommon):
    """What practitioners will look for is there."""

    def test_built_once(self):
        """Building again makes nothing twice."""
        models = ["res.users", "res.partner", "dealer.vehicle", "product.template", "dealer.contract"]
        models += ["repair.order", "account.move", "stock.move", "dealer.vehicle.task", "crm.lead"]
        before = {model: self.env[model].sudo().with_context(active_test=False).search_count([]) for model in models}
        self.demo._build()
        after = {model: self.env[model].sudo().with_context(active_test=False).search_count([]) for model in models}
        self.assertEqual(after, before)

    def test_logins(self):
        """Every role can log in, sees its menus and only its company."""
        logins = self.demo._logins()
        self.assertEqual(len(logins), len({login for _label, login, _password, _company in logins}))
        main = [label for label, login, _password, _company in logins if login.startswith("cn.")]
        self.assertEqual(len(main), 20)
        for _label, login, password, company in logins:
            user = self.env["res.users"].search([("login", "=", login)])
            self.assertEqual(user.company_ids.mapped("name"), [company])
            if login.endswith(".gm"):  # checking a password is slow on purpose: once per company
                credential = {"type": "password", "login": login, "password": password}
                user.with_user(user)._check_credentials(credential, {"interactive": False})
            self.assertTrue(self.env["ir.ui.menu"].with_user(user)._visible_menu_ids(), login)
            self.assertEqual(user.lang, "en_US" if login.startswith("en.") else "zh_CN")

    def test_cars(self):
        """84 new cars came in, aged 0 to 213 days, papers at bank and safe, one damaged, two of three shipped."""
        domain = [("condition", "in", ("new", "demo")), ("arrival_date", "!=", False), ("source", "!=", "agency")]
        cars = self.env["dealer.vehicle"].search(domain)
        # One was sold to a sister company: two companies know it.
        self.assertEqual(len(cars.vin_id), 84)
        here = cars.filtered(lambda car: car.place == "at_site")
        self.assertGreaterEqual(max(here.mapped("days_in_stock")), 213)
        self.assertLessEqual(min(here.mapped("days_in_stock")), 1)
        self.assertTrue(all(car.asking_price >= car.floor_price > 0 for car in here))
        cuts = self.env["dealer.vehicle.task"].search([("kind", "=", "other"), ("user_id", "!=", False)])
        self.assertTrue(cuts)
        certificates = cars.document_ids.filtered(lambda document: document.kind == "certificate")
        self.assertTrue(certificates.filtered("is_pledged"))
        self.assertTrue(certificates.filtered("is_in_house"))
        self.assertTrue(certificates.filtered(lambda paper: paper.holder_id == self.demo._find("registration_office")))
        sold = certificates.filtered(lambda paper: paper.is_pledged and paper.vehicle_id.claim in ("held", "sold"))
        self.assertTrue(sold, "sold and not redeemed")
        damaged = self.env["dealer.vehicle.inspection"].search([("state", "=", "damaged")])
        self.assertEqual(len(damaged), 1)
        pipeline = self.demo._find("pipeline_cn").order_line.dealer_vehicle_id
        self.assertEqual(sorted(pipeline.mapped("place")), ["in_transit", "in_transit", "ordered"])
        self.assertEqual(len(pipeline.filtered("vin")), 2)

    def test_showroom(self):
        """A month of parties: 312 counted, 241 captured, 118 test drives, losses with rival models."""
        parties = self.env["dealer.traffic"].search([])
        self.assertEqual(len(parties), 312)
        self.assertEqual(len(parties.filtered("lead_id")), 241)
        self.assertEqual(len(parties.filtered("has_test_drive")), 118)
        lost = self.env["crm.lead"].with_context(active_test=False).search([("lost_to", "!=", False)])
        self.assertEqual((len(lost), set(lost.mapped("won_status"))), (40, {"lost"}))

    def test_two_advisors_on_one_customer(self):
        """In both shops one customer is kept by the first advisor and one is taken over."""
        for key in ("cn", "en"):
            clashes = self.env["dealer.lead.clash"].search([("company_id", "=", self.demo._company(key).id)])
            self.assertEqual(sorted(clashes.mapped("result")), ["kept", "taken_over"])
        waiting = self.demo._find("lead_web_en")
        self.assertTrue(waiting.has_consent and not waiting.user_id)
        self.assertTrue(self.env["dealer.care.segment"].search([("kind", "=", "birthday")]).filtered("customer_count"))

    def test_own_cars(self):
        """Demonstrators and courtesy cars; one has eleven bookings this week, one courtesy car is late."""
        uses = self.env["dealer.vehicle.own.use"].search([("company_id", "=", self.demo._company("cn").id)])
        self.assertEqual(sorted(uses.mapped("kind")), ["courtesy", "courtesy", "demo", "demo"])
        self.assertEqual(len(uses.vehicle_id._get_fleet_vehicles()), 4)
        demo = self.demo._find("own_use_cn_0").vehicle_id
        self.assertEqual(len(demo.booking_ids), 11)
        self.assertEqual(set(demo.booking_ids.mapped("state")), {"booked", "returned"})
        self.assertTrue(self.demo._find("booking_late").is_overdue)
        self.assertTrue(demo.warranty_ids)
        month_end = uses._get_last_month_end()
        self.assertTrue(any(uses._get_write_downs_due(month_end).values()))

    def test_trade(self):
        """Cars on consignment, one overdue; a car received by a sister company; one row of the plan ordered."""
        subdealer = self.demo._find("subdealer_cn")
        self.assertEqual((subdealer.vehicle_count, subdealer.overdue_count), (3, 1))
        sale = self.demo._find("trade_cn_ev")
        twin = sale.dealer_trade_purchase_id.order_line.dealer_vehicle_id
        self.assertEqual((twin.place, twin.is_inspected, twin.company_id), ("at_site", True, self.demo._company("ev")))
        self.assertGreater(twin.days_in_stock, 45)
        self.assertEqual(sale.invoice_ids._get_sister_bills().mapped("state"), ["posted"])
        plan = self.env["dealer.vehicle.order.plan"].search([("company_id", "=", self.demo._company("cn").id)])
        self.assertTrue(plan.filtered("demand"))
        self.assertEqual(len(plan.filtered("ordered")), 1)

    def test_catalogue(self):
        """Every trim is described; those that are sold have options, colours and a price in their maker's money."""
        trims = self.env["product.template"].search([("is_vehicle", "=", True), ("series_id", "!=", False)])
        known = trims.filtered("specification_ids")
        self.assertGreaterEqual(len(known), 150)
        self.assertGreaterEqual(len(known.specification_ids), 1200)
        sold = known.filtered("guide_price")
        self.assertEqual(len(sold), 18)
        self.assertTrue(all(trim.option_ids and trim.colour_ids and trim.body_id and trim.seats for trim in sold))
        self.assertEqual(set(sold.guide_currency_id.mapped("name")), {"CNY", "USD"})
        accord = self.demo._find("trim_honda_accord_ex_2026")
        self.assertEqual(accord.colour_ids.with_context(lang="zh_CN")[0].name, "星月白")

    def test_every_car_has_its_own_cost(self):
        cars = self.env["dealer.vehicle"].search(
            [("condition", "=", "new"), ("arrival_date", "!=", False), ("source", "!=", "agency")]
        )
        for car in cars:
            self.assertGreaterEqual(car.cost, car.purchase_line_id.price_unit)

    def test_the_offer(self):
        """The numbers everybody in the trade checks by head."""
        contract = self.demo._find("contract_cn_0")
        self.assertEqual(contract.product_id.guide_price, 189900)
        self.assertEqual(round(contract.amount_car, 2), 171900.0)
        line = contract.order_line_ids.filtered("product_id.is_vehicle")
        self.assertEqual((round(line.price_subtotal, 2), round(line.price_tax, 2)), (152123.89, 19776.11))
        self.assertEqual(round(contract.amount_total, 2), 194152.39)
        self.assertEqual(contract.amount_received, 5000.0)

    def test_deals_stand_at_every_step(self):
        contracts = self.env["dealer.contract"].search([("company_id", "=", self.demo._company("cn").id)])
        waits = set(contracts.mapped("waiting_gate"))
        self.assertLessEqual({"approved", "signed", "deposit", "allocated", "papers", "paid", False}, waits)
        self.assertTrue(
            contracts.filtered(lambda contract: contract.state == "cancelled" and contract.amount_on_account)
        )
        delivered = self.demo._find("contract_cn_9")
        self.assertEqual(delivered.vehicle_id.place, "with_customer")
        self.assertEqual(delivered.amount_open, 0.0)

    def test_workshop_stands_at_every_stage(self):
        orders = self.env["repair.order"].search([("company_id", "=", self.demo._company("cn").id)])
        stages = set(orders.mapped("stage"))
        self.assertLessEqual(
            {"reception", "received", "in_work", "waiting_parts", "quality", "ready", "settled", "delivered"}, stages
        )
        self.assertTrue(self.env["dealer.appointment"].search_count([("state", "=", "booked")]))

    def test_yesterday(self):
        """47 visits of the kinds a shop knows, technicians at 186 % and 71 %, and four payers on one order."""
        orders = self.env["repair.order"].union(*(self.demo._find(f"yesterday_{index}") for index in range(47)))
        kinds = [kind for _order, kind in sorted((order.id, order.repair_kind) for order in orders)]
        expected = {
            "maintenance": 21,
            "first_service": 6,
            "accident": 9,
            "general": 5,
            "recall": 3,
            "comeback_internal": 2,
            "pdi": 1,
        }
        self.assertEqual({kind: kinds.count(kind) for kind in set(kinds)}, expected)
        self.assertEqual(len(set(orders.dealer_vehicle_id.ids)), 47)
        for login, rate in (("cn.technician", 186), ("cn.technician2", 71)):
            jobs = orders.job_ids.filtered(lambda job, login=login: job.clock_ids.user_id.login == login)
            efficiency = sum(jobs.mapped("labour_hours")) * 60 / sum(jobs.mapped("worked_minutes"))
            self.assertAlmostEqual(efficiency * 100, rate, delta=2)
        four = self.demo._find("visit_four_payers")
        self.assertEqual(four.stage, "settled")
        self.assertEqual(len(four.job_ids.split_ids.partner_id), 4)
        given = four.discount_ids
        self.assertEqual((given.state, given.approved_by_id.login), ("approved", "cn.workshop"))
        self.assertEqual(given.amount, given.amount_goodwill)
        self.assertGreater(given.amount_goodwill, 300)

    def test_approved_below_the_estimate(self):
        """Somebody has to say who bears what an insurer did not approve."""
        cases = self.demo._find("visit_approved_sum_en") | self.demo._find("visit_approved_sum_cn")
        chinese, english = cases.accident_case_ids.sorted("id")
        self.assertEqual((english.rest_state, english.amount_rest), ("open", 140))
        self.assertEqual((chinese.rest_state, chinese.amount_rest), ("requested", 480))
        self.assertFalse(any(case.order_id.settled_on for case in cases.accident_case_ids))

    def test_second_company_serves_the_sold_car_blindly(self):
        advisor = self.demo._user("ev.service")
        twin = self.demo._find("car_ev_0").with_user(advisor).with_context(allowed_company_ids=advisor.company_ids.ids)
        self.assertEqual(twin.vin, self.demo._find("contract_cn_9").vehicle_id.vin)
        cars = twin.search([("vin_id", "=", twin.vin_id.id)])
        self.assertEqual(cars, twin)

    def test_parts_to_order(self):
        """Some parts lie under their minimum: today's proposals are not empty."""
        limits = self.env["stock.warehouse.orderpoint"].search([("company_id", "=", self.demo._company("cn").id)])
        self.assertTrue(limits.filtered(lambda limit: limit.qty_to_order > 0))
