import base64
import doctest
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import errors

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from ..models import dealer_vehicle_booking
from ..tools import slots
from .common import VINS, make_vin
from .common_booking import DealerBookingCommon
from .common_system_fields import SystemFieldsMixin


@tagged("post_install", "-at_install", "dealer")
class TestVehicleBooking(SystemFieldsMixin, DealerBookingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.demo = cls.stock_car(VINS[0])
        cls.for_sale = cls.stock_car(VINS[1])
        cls.put_into_service(cls.demo)

    def _is_ours(self, record, name):
        field = record._fields[name]
        return field.readonly and field.type != "image"

    def run_cron(self):
        """Let the job that looks for late cars run, two cars between commits."""
        with self.enter_registry_test_mode(), patch.object(dealer_vehicle_booking, "BATCH", 2):
            self.env.ref("dealer_vehicle.ir_cron_alert_overdue").method_direct_trigger()
        self.env.invalidate_all()

    def test_doctests(self):
        result = doctest.testmod(slots)
        self.assertTrue(result.attempted)
        self.assertFalse(result.failed)

    # ------------------------------------------------------------------ slots

    def test_defaults_take_the_free_demonstrator_now(self):
        with freeze_time(self.now):
            form = Form(self.env["dealer.vehicle.booking"].with_user(self.user_booker))
            self.assertEqual(form.kind_id, self.test_drive)
            self.assertEqual(form.vehicle_id, self.demo)
            self.assertEqual(form.date_to - form.date_from, timedelta(minutes=45))
            form.partner_id = self.customer
            booking = form.save()
        self.assertEqual(booking.date_from, self.now)
        self.assertEqual(booking.state, "booked")
        self.assertEqual(booking.user_id, self.user_booker)
        self.assertEqual(booking.site_id, self.site_a)
        self.assertTrue(booking.name.startswith("BK/"))

    def test_the_next_free_time_and_car_are_proposed(self):
        self.book(self.demo, 0, 60)
        Booking = self.env["dealer.vehicle.booking"].with_user(self.user_booker)
        car, start = Booking._propose(self.test_drive)
        self.assertEqual((car, start), (self.demo, self.now + timedelta(minutes=60)))
        second = self.stock_car(make_vin(1))
        self.put_into_service(second)
        car, start = Booking._propose(self.test_drive)
        self.assertEqual(car, second)
        self.assertLess(start, self.now + timedelta(minutes=5))
        self.assertFalse(Booking._propose(self.courtesy)[0])

    def test_the_form_of_a_car_begins_when_it_is_free(self):
        self.book(self.demo, 0, 60)
        action = self.demo.with_user(self.user_booker).action_book()
        form = Form(self.env["dealer.vehicle.booking"].with_user(self.user_booker).with_context(**action["context"]))
        self.assertEqual(form.vehicle_id, self.demo)
        self.assertEqual(form.date_from, self.now + timedelta(minutes=60))

    def test_overlap_names_who_has_it_and_when_it_is_free(self):
        first = self.book(self.demo, 1, 60)
        with self.assertRaisesRegex(UserError, "is with Li Wei .*It is free again from"):
            self.book(self.demo, 1.5, 45, partner=self.other_customer)
        self.book(self.demo, 2, 45)
        first.action_cancel()
        self.book(self.demo, 1, 45)

    def test_moving_a_booking_is_checked_too(self):
        self.book(self.demo, 1, 60)
        later = self.book(self.demo, 3, 60)
        with self.assertRaisesRegex(UserError, "is with Li Wei"):
            later.date_from = self.now + timedelta(minutes=90)
        later.write({"date_from": self.now + timedelta(hours=4), "date_to": self.now + timedelta(hours=5)})
        self.assertEqual(later.date_from, self.now + timedelta(hours=4))

    def test_a_car_is_named(self):
        with self.assertRaisesRegex(UserError, "Choose the car"):
            self.env["dealer.vehicle.booking"].with_user(self.user_booker).create({"partner_id": self.customer.id})

    def test_twice_in_one_batch(self):
        vals = {"kind_id": self.test_drive.id, "vehicle_id": self.demo.id, "partner_id": self.customer.id}
        with self.assertRaisesRegex(UserError, "is with Li Wei"):
            self.env["dealer.vehicle.booking"].with_user(self.user_booker).create([vals, dict(vals)])

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_an_overlap(self):
        self.env.cr.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'dealer_vehicle_booking_no_overlap'"
        )
        definition = self.env.cr.fetchone()[0]
        self.assertIn("EXCLUDE USING gist", definition)
        self.assertIn("tsrange(date_from, date_to) WITH &&", definition)
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'dealer_vehicle_booking_one_out'")
        self.assertIn("UNIQUE", self.env.cr.fetchone()[0])
        self.book(self.demo, 1, 60)
        other = self.book(self.demo, 3, 60)
        with self.assertRaises(errors.ExclusionViolation), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE dealer_vehicle_booking SET date_from = %s WHERE id = %s",
                (self.now + timedelta(hours=1), other.id),
            )

    # ------------------------------------------------------------------ which cars

    def test_only_stock_people_book_cars_for_sale(self):
        with self.assertRaisesRegex(UserError, "is a car for sale"):
            self.book(self.for_sale)
        booking = self.book(self.for_sale, user=self.user_keeper)
        self.assertEqual(booking.vehicle_id, self.for_sale)

    def test_held_car_is_not_driven(self):
        self.for_sale._take_hold(self.other_customer)
        with self.assertRaisesRegex(UserError, "is held or sold"):
            self.book(self.for_sale, user=self.user_keeper)

    def test_stop_sale(self):
        booking = self.book(self.demo)
        self.demo.vin_id.has_stop_sale = True
        with self.assertRaisesRegex(UserError, "is under a stop-sale"):
            self.book(self.demo, 5)
        with self.assertRaisesRegex(UserError, "is under a stop-sale"):
            self.hand_out(booking)

    def test_car_that_left(self):
        booking = self.book(self.demo)
        self.move_out(self.demo)
        with self.assertRaisesRegex(UserError, "does not stand at one of our sites"):
            self.hand_out(booking)

    # ------------------------------------------------------------------ licence

    def test_no_key_without_a_licence(self):
        booking = self.book(self.demo)
        with self.assertRaisesRegex(UserError, "note its number or take a photo"):
            booking._hand_out(100, 80, "Li Wei", self.png)
        with self.assertRaisesRegex(UserError, "it has expired"):
            self.hand_out(booking, licence_valid_until=fields.Date.today() - timedelta(days=1))
        booking.sudo().licence_checked_by_id = False
        booking.licence_valid_until = fields.Date.today()
        with self.assertRaisesRegex(UserError, "confirm that you have seen it"):
            booking._hand_out(100, 80, "Li Wei", self.png)
        booking._note_licence_seen()
        booking.licence_number = "forged afterwards"
        with self.assertRaisesRegex(UserError, "confirm that you have seen it"):
            booking._hand_out(100, 80, "Li Wei", self.png)
        self.hand_out(booking, licence_number=False, image_1920=self.png)
        self.assertEqual(booking.state, "out")
        self.assertEqual(booking.licence_checked_by_id, self.user_booker)

    def test_a_file_that_is_no_photo(self):
        booking = self.book(self.demo)
        with self.assertRaisesRegex(UserError, "is not a picture"):
            booking.image_1920 = base64.b64encode(b"%PDF-1.7")

    def test_errand_needs_no_licence(self):
        booking = self.book(self.demo, kind=self.errand)
        booking._hand_out(100, 80)
        self.assertEqual(booking.state, "out")

    def test_known_licence_is_not_asked_again(self):
        self.hand_out(self.book(self.demo))
        form = Form(self.env["dealer.vehicle.booking"].with_user(self.user_booker))
        form.partner_id = self.customer
        form.date_from = self.now + timedelta(days=1)
        form.vehicle_id = self.demo
        self.assertEqual(form.save().licence_number, "510100199001011234")

    def test_licence_is_not_for_every_eye(self):
        booking = self.book(self.demo)
        booking.licence_number = "51010019900101"
        self.assertTrue(booking.with_user(self.user_auditor).licence_number)
        with self.assertRaises(AccessError):
            booking.with_user(self.user_staff).read(["licence_number"])
        with self.assertRaises(AccessError):
            booking.with_user(self.user_staff).read(["image_128"])
        self.assertEqual(booking.with_user(self.user_staff).read(["partner_id"])[0]["partner_id"][1], "Li Wei")

    # ------------------------------------------------------------------ out and back

    def test_out_and_back_by_the_dialogues(self):
        booking = self.book(self.demo)
        dialogue = Form(
            self.env["dealer.vehicle.hand.out"].with_user(self.user_booker).with_context(default_booking_id=booking.id)
        )
        self.assertEqual(dialogue.signer, "Li Wei")
        dialogue.licence_valid_until = fields.Date.today() + timedelta(days=30)
        dialogue.licence_photo = self.png
        dialogue.km = 1200
        dialogue.signature = self.png
        dialogue.save().action_hand_out()
        self.assertEqual((booking.state, booking.km_out, booking.fuel_out), ("out", 1200, 100))
        self.assertEqual(booking.signed_by, "Li Wei")
        self.assertTrue(booking.image_1920)
        self.assertEqual(self.demo.odometer_km, 1200)
        back = Form(
            self.env["dealer.vehicle.take.back"].with_user(self.user_booker).with_context(default_booking_id=booking.id)
        )
        back.km = 1225
        back.fuel = 60
        back.damage = "Scratch"
        wizard = back.save()
        wizard.picture_ids = (
            self.env["ir.attachment"]
            .with_user(self.user_booker)
            .create({"name": "scratch.png", "datas": self.png, "res_model": wizard._name, "res_id": wizard.id})
        )
        wizard.action_take_back()
        self.assertEqual((booking.state, booking.km_driven, booking.fuel_in), ("returned", 25, 60))
        self.assertEqual(booking.picture_ids.moment, "in")
        self.assertEqual(self.demo.odometer_km, 1225)
        self.assertIn("Scratch", self.demo.message_ids[:1].body)

    def test_photos_prove_their_moment(self):
        booking = self.book(self.demo)
        Picture = self.env["dealer.vehicle.booking.picture"].with_user(self.user_booker)

        def take(moment):
            return Picture.create({"booking_id": booking.id, "moment": moment, "image_1920": self.png})

        before = take("out")
        with self.assertRaisesRegex(UserError, "photos are added when"):
            take("in")
        self.hand_out(booking)
        with self.assertRaisesRegex(UserError, "photos are added when"):
            take("out")
        after = take("in")
        with self.assertRaisesRegex(UserError, "stay as they were"):
            after.sudo().moment = "out"
        booking._take_back(120, 70)
        for moment in ("out", "in"):
            with self.assertRaisesRegex(UserError, "photos are added when"):
                take(moment)
        for picture in before | after:
            with self.assertRaisesRegex(UserError, "stay as they were"):
                picture.sudo().name = "Was there before"
            with self.assertRaisesRegex(UserError, "stay as they were"):
                picture.sudo().unlink()

    def test_mileage_that_went_back_is_explained_and_kept(self):
        booking = self.book(self.demo)
        self.hand_out(booking, km=500)
        with self.assertRaisesRegex(UserError, "had 500 km before and comes back with 50 km"):
            booking._take_back(50, 70)
        booking._take_back(50, 70, km_note="New instrument")
        self.env.invalidate_all()
        self.assertEqual(self.demo.odometer_ids[:1].note, "New instrument")
        self.assertEqual(booking.km_in, 50)

    def test_car_that_is_out(self):
        booking = self.book(self.demo)
        self.hand_out(booking)
        with freeze_time(self.now + timedelta(hours=2)):
            with self.assertRaisesRegex(UserError, "is with Li Wei"):
                self.book(self.demo, 2, partner=self.other_customer)
            later = self.book(self.demo, 3, partner=self.other_customer)
        with self.assertRaisesRegex(UserError, "is out with Li Wei"):
            self.hand_out(later)
        with self.assertRaisesRegex(UserError, "over. A car that is out is taken back"):
            booking.action_cancel()
        with self.assertRaisesRegex(UserError, "was handed out or the booking is over"):
            booking.partner_id = self.other_customer
        booking.date_to = self.now + timedelta(hours=1)

    def test_no_show_and_cancel_several(self):
        first, second = self.book(self.demo), self.book(self.demo, 2)
        with self.assertRaisesRegex(UserError, "has not begun"):
            (first | second).action_no_show()
        first.action_no_show()
        second.action_cancel()
        self.assertEqual((first | second).mapped("state"), ["no_show", "cancelled"])
        with self.assertRaisesRegex(UserError, "kept"):
            first.sudo().unlink()

    def test_leaving_early_and_late(self):
        booking = self.book(self.demo, 1)
        self.hand_out(booking)
        self.assertLessEqual(booking.date_from, fields.Datetime.now())
        booking._take_back(110, 80)
        late = self.book(self.demo, 2, 45)
        with freeze_time(self.now + timedelta(hours=4)):
            self.hand_out(late, km=120)
            self.assertGreater(late.date_to, fields.Datetime.now())

    # ------------------------------------------------------------------ late

    def test_late_cars(self):
        cars = self.demo
        for number in range(3):
            car = self.stock_car(make_vin(100 + number))
            self.put_into_service(car)
            cars |= car
        bookings = self.env["dealer.vehicle.booking"]
        for car in cars:
            booking = self.book(car)
            self.hand_out(booking)
            bookings |= booking
        Booking = self.env["dealer.vehicle.booking"]
        self.run_cron()
        self.assertFalse(bookings.activity_ids)
        with freeze_time(self.now + timedelta(hours=2)):
            self.assertEqual(Booking.search([("is_overdue", "=", True)]), bookings.sorted("id", reverse=True))
            self.assertTrue(all(bookings.mapped("is_overdue")))
            self.run_cron()
            self.run_cron()
            self.assertEqual(len(bookings.activity_ids), 4)
            self.assertEqual(bookings.activity_ids.user_id, self.user_booker)
            self.assertIn("13800138000", bookings[0].activity_ids.note)
            bookings[0]._take_back(150, 50)
            self.assertFalse(bookings[0].activity_ids)
            bookings[1].date_to = self.now + timedelta(hours=3)
            self.assertFalse(bookings[1].activity_ids)
        with freeze_time(self.now + timedelta(hours=4)):
            self.run_cron()
            self.assertEqual(len(bookings[1].activity_ids), 1)

    # ------------------------------------------------------------------ rights

    def test_rights(self):
        booking = self.book(self.demo)
        for user in (self.user_staff, self.user_auditor, self.user_manager, self.user_buyer):
            with self.subTest(user=user.login):
                self.assertTrue(booking.with_user(user).name)
                with self.assertRaises(AccessError):
                    self.book(self.demo, 5, user=user)
                with self.assertRaises(AccessError):
                    booking.with_user(user).action_cancel()
                with self.assertRaises(AccessError):
                    booking.with_user(user)._hand_out(1, 1, "X", self.png)
                with self.assertRaises(AccessError):
                    booking.with_user(user).date_to = self.now + timedelta(hours=9)
        with self.assertRaises(AccessError):
            booking.with_user(self.user_b).read(["name"])
        with self.assertRaises(AccessError):
            self.book(self.demo, 5, user=self.user_b)

    def test_system_fields(self):
        booking = self.book(self.demo)
        self.assertNobodyTypes(
            [booking],
            [self.user_booker, self.user_keeper, self.user_admin],
            {(booking._name, "state"), (booking._name, "km_out"), (booking._name, "user_id")},
        )
        forged = (
            self.env["dealer.vehicle.booking"]
            .with_user(self.user_booker)
            .with_context(default_state="returned", default_km_in=5, default_signed_by="x")
            .create(
                {
                    "kind_id": self.test_drive.id,
                    "vehicle_id": self.demo.id,
                    "partner_id": self.customer.id,
                    "date_from": self.now + timedelta(days=2),
                    "state": "out",
                    "user_id": self.user_keeper.id,
                }
            )
        )
        self.assertEqual((forged.state, forged.km_in, forged.signed_by), ("booked", 0, False))
        self.assertEqual(forged.user_id, self.user_booker)

    def test_query_count(self):
        def count(func):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            func()
            return self.env.cr.sql_log_count - before

        bookings = self.env["dealer.vehicle.booking"]
        for number in range(20):
            bookings |= self.book(self.demo, 1 + number)
        names = ["name", "vehicle_id", "partner_id", "partner_phone", "kind_id", "state", "is_overdue", "site_id"]
        spec = {name: {"fields": {"display_name": {}}} if name.endswith("_id") else {} for name in names}
        bookings[:1].web_read(spec)
        one = count(lambda: bookings[:1].web_read(spec))
        self.assertLessEqual(count(lambda: bookings.web_read(spec)), one + 2)

    def test_print(self):
        booking = self.book(self.demo)
        self.hand_out(booking, km=777)
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "dealer_vehicle.dealer_vehicle_booking_report", booking.ids
        )
        text = html.decode()
        for expected in (booking.name, "Li Wei", self.demo.vin, "777", "510100199001011234", "data:image/png"):
            self.assertIn(expected, text)
