from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_origin import OriginCommon


@tagged("post_install", "-at_install", "dealer")
class TestUsedCar(OriginCommon):
    """Buying a used car: any make, a known VIN comes back on its own car, the regime stays as bought in (P7)."""

    def test_bought_from_a_private_person(self):
        self.company_a.country_id = self.env.ref("base.cn")
        order = self.take_in(
            price=82000.0, asking_price=98000.0, floor_price=93000.0, odometer_km=45000, has_title=True
        )
        car = order.order_line.dealer_vehicle_id
        self.assertEqual(order.state, "purchase")
        self.assertTrue(order.is_reverse_issued)
        self.assertRecordValues(
            car,
            [
                {
                    "source": "private",
                    "tax_regime": "margin",
                    "condition": "used",
                    "asking_price": 98000.0,
                    "floor_price": 93000.0,
                    "odometer_km": 45000,
                    "owner_id": self.seller.id,
                    "place": "ordered",
                }
            ],
        )
        self.assertEqual(car.document_ids.kind, "title")
        self.assertTrue(car.document_ids.is_in_house)
        self.receive_picking(order.picking_ids)
        self.assertEqual((car.place, car.claim), ("at_site", "free"))
        self.assertFalse(car.owner_id)
        self.assertEqual(car.with_user(self.user_buyer).cost, 82000.0)
        bill = self.bill(car, 82000.0)
        self.assertTrue(bill.is_reverse_issued)
        self.assertEqual(self.balance(self.account_stock), 82000.0)

    def test_bought_from_the_trade(self):
        self.assertFalse(self.take_in().is_reverse_issued)
        self.company_a.country_id = self.env.ref("base.cn")
        order = self.take_in(partner_id=self.dealer.id)
        self.assertFalse(order.is_reverse_issued)
        car = order.order_line.dealer_vehicle_id
        self.assertEqual((car.source, car.tax_regime), ("trade", "standard"))

    def test_one_template_per_series(self):
        first, second = self.take_in(), self.take_in()
        product = first.order_line.product_id
        self.assertEqual(second.order_line.product_id, product)
        self.assertTrue(product.is_used_template)
        self.assertEqual(product.series_id, self.series)
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'product_template_used_template_uniq'")
        self.assertIn("UNIQUE", self.env.cr.fetchone()[0])

    def test_a_new_series_of_any_make(self):
        form = Form(self.env["dealer.vehicle.intake"].with_user(self.user_buyer).with_context(default_kind="buy"))
        form.vin = "1HGCM82633A004352"
        self.assertEqual(form.model_year, 2003)
        self.assertIn("HONDA", form.decoded.upper())
        form.brand_id = self.env["fleet.vehicle.model.brand"].with_user(self.user_buyer).create({"name": "Honda X"})
        series = (
            self.env["fleet.vehicle.model"].with_user(self.user_buyer).with_context(default_brand_id=form.brand_id.id)
        )
        form.series_id = series.browse(series.name_create("Accord")[0])
        form.partner_id = self.seller
        form.price = 30000.0
        intake = form.save()
        action = intake.action_apply()
        car = self.env["purchase.order"].browse(action["res_id"]).order_line.dealer_vehicle_id
        self.assertEqual(car.series_id.name, "Accord")
        self.assertFalse(car.trim_name)
        self.assertEqual(car.model_year, 2003)

    def test_a_car_we_sold_comes_back_on_its_own_record(self):
        car = self.buy_car(100000.0, bill=100000.0)
        order = self.sell(car, partner=self.seller)
        self.deliver(order)
        product, lot, vin = car.product_id, car.lot_id, car.vin
        purchase = self.take_in(vin=vin, price=70000.0)
        self.assertEqual(purchase.order_line.dealer_vehicle_id, car)
        self.assertEqual(purchase.order_line.product_id, product)
        self.receive_picking(purchase.picking_ids)
        self.assertEqual((car.place, car.claim, car.condition, car.lot_id), ("at_site", "free", "used", lot))
        self.assertEqual(car._exact_cost()[car.id], 70000.0)

    def test_a_customers_car_is_bought(self):
        car = self.make_car(self.new_vin(), owner_id=self.seller.id, series_id=self.series.id)
        bought = self.buy_used(vin=car.vin)
        self.assertEqual(bought, car)
        self.assertEqual(car.place, "at_site")

    def test_a_purchase_that_is_called_off_leaves_the_customers_car(self):
        owner = self.env["res.partner"].create({"name": "Chen Jing"})
        car = self.make_car(self.new_vin(), owner_id=owner.id, asking_price=91000.0, floor_price=88000.0)
        names = ["product_id", "place", "claim", "title", "condition", "source", "tax_regime", "owner_id"]
        names += ["asking_price", "floor_price", "purchase_line_id"]
        before = car.read(names)
        order = self.take_in(vin=car.vin, asking_price=99000.0)
        self.assertEqual((car.place, car.owner_id, car.source), ("ordered", self.seller, "private"))
        self.assertEqual((car.asking_price, car.floor_price), (99000.0, 88000.0))
        order.with_user(self.user_buyer).button_cancel()
        self.assertEqual(car.read(names), before)
        self.assertTrue(car.active)
        order.with_user(self.user_buyer).button_draft()
        order.with_user(self.user_buyer).button_confirm()
        self.assertEqual((car.place, car.owner_id, car.source), ("ordered", self.seller, "private"))
        self.assertEqual((car.tax_regime, car.condition), ("margin", "used"))
        # What somebody changed meanwhile stays.
        car.asking_price = 95000.0
        order.order_line.with_user(self.user_buyer).product_qty = 0.0
        self.assertEqual((car.place, car.owner_id, car.asking_price), ("with_customer", owner, 95000.0))

    def test_a_purchase_that_is_called_off_leaves_a_car_we_sold(self):
        car = self.buy_car(100000.0, bill=100000.0)
        line = car.purchase_line_id
        self.deliver(self.sell(car, partner=self.seller))
        order = self.take_in(vin=car.vin, price=70000.0)
        order.button_cancel()
        self.assertEqual((car.purchase_line_id, car.source, car.condition), (line, "maker", "new"))
        self.assertEqual(car.place, "with_customer")

    def test_facts_of_a_known_car_cannot_be_typed(self):
        order = self.take_in()
        with self.assertRaises(AccessError):
            order.order_line.with_user(self.user_admin).write({"dealer_car_facts": {}})
        with self.assertRaises(AccessError):
            order.order_line.with_user(self.user_buyer).read(["dealer_car_facts"])

    def test_a_car_in_stock_is_refused_with_its_place(self):
        car = self.buy_used()
        with self.assertRefused(rf"{car.vin[-8:]}.*in our stock already.*Stock"):
            self.take_in(vin=car.vin)
        expected = self.take_in()
        with self.assertRefused("already: Ordered"):
            self.take_in(vin=expected.order_line.dealer_vehicle_id.vin)

    def test_a_car_in_a_sister_companys_stock_is_refused(self):
        vin = self.new_vin()
        self.stock_car(vin, company=self.company_b)
        with self.assertRefused("another company of your group"):
            self.take_in(vin=vin)

    def test_what_is_missing_is_said(self):
        with self.assertRefused("choose the brand and the series"):
            self.take_in(series_id=False)
        with self.assertRefused("what we pay"):
            self.take_in(price=0.0)
        with self.assertRefused("from ourselves"):
            self.take_in(partner_id=self.company_a.partner_id.id)

    def test_not_for_another_company(self):
        theirs = self.make_car(self.new_vin(), company=self.company_b)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.take_in(vin=theirs.vin, company_id=self.company_b.id, site_id=self.site_b.id)
        self.assertFalse(theirs.source)
        Intake = self.env["dealer.vehicle.intake"].with_user(self.user_buyer)
        vals = {"vin": theirs.vin, "company_id": self.company_b.id, "partner_id": self.seller.id}
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            Intake.create({**vals, "site_id": self.site_b.id})
        intake = Intake.create({"vin": theirs.vin, "partner_id": self.seller.id, "site_id": self.site_a.id})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            intake.write({"company_id": self.company_b.id, "site_id": self.site_b.id})
        self.assertFalse(intake.vehicle_id)
        answer = Intake.onchange(vals, ["vin"], {"vin": {}, "vehicle_id": {"fields": {}}, "company_id": {}})
        self.assertFalse(answer["value"].get("vehicle_id"))

    def test_only_buyers_buy(self):
        for user in (self.user_keeper, self.user_seller, self.user_auditor, self.user_biller):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.take_in(user=user)


@tagged("post_install", "-at_install", "dealer")
class TestBuyIn(OriginCommon):
    """Source and tax regime are what they were when the car was received."""

    def test_open_until_received(self):
        car = self.take_in().order_line.dealer_vehicle_id
        car.with_user(self.user_buyer).write({"tax_regime": "standard", "source": "auction"})
        self.assertEqual((car.tax_regime, car.source), ("standard", "auction"))

    def test_frozen_for_everybody_once_received(self):
        car = self.buy_used()
        for user in (self.user_buyer, self.user_keeper, self.user_admin):
            for vals in ({"tax_regime": "standard"}, {"source": "trade"}, {"tax_regime": "none", "note": "x"}):
                with self.assertRefused("stay as they were bought in"):
                    car.with_user(user).write(vals)
        # The same value again is no change: forms send it.
        car.with_user(self.user_buyer).write({"tax_regime": "margin", "source": "private"})

    def test_a_manager_corrects_with_a_reason(self):
        car = self.buy_used()
        with self.assertRaises(UserError):
            car.with_user(self.user_manager).write({"tax_regime": "standard"})
        correct = self.env["dealer.vehicle.buy.in.correct"].with_user(self.user_manager)
        correct.create({"vehicle_id": car.id, "tax_regime": "standard", "reason": "Seller trades cars"}).action_apply()
        self.assertEqual((car.tax_regime, car.source), ("standard", "private"))
        self.assertIn("Seller trades cars", car.message_ids[0].body)
        for user in (self.user_buyer, self.user_admin):
            with self.assertRaises(UserError):
                car.with_user(user)._correct_buy_in("trade", "none", "x")

    def test_an_ordered_car_comes_from_the_maker(self):
        self.assertEqual(self.order_cars(100000.0).order_line.dealer_vehicle_id.source, "maker")
