import base64
import io
from datetime import timedelta

from PIL import Image
from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_stock import DealerStockCommon


def make_photo(colour="red"):
    """Return a small JPEG in base64, str."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, "JPEG")
    return base64.b64encode(buffer.getvalue()).decode()


@tagged("post_install", "-at_install", "dealer")
class TestCarrierClaim(DealerStockCommon):
    """Damage at the arrival becomes a claim with its deadline, beside the car's own way into stock (P4)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.carrier = cls.env["res.partner"].create({"name": "Long Road Logistics", "is_company": True})
        cls.terms = cls.env["dealer.carrier.deadline"].create(
            {"carrier_id": cls.carrier.id, "date_from": "2020-01-01", "hours": 24, "hours_warning": 6}
        )

    def damaged(self, count=1, carrier=True):
        """Receive cars and report damage on all; return their inspections as the keeper."""
        order = self.order_cars(*[10000.0] * count)
        cars = self.announce(order)
        if carrier:
            cars.carrier_id = self.carrier
        inspections = self.receive(order, well=False).with_user(self.user_keeper)
        inspections.damage = "Scratch on the left door"
        inspections.action_report_damage()
        return inspections

    def test_damage_opens_the_claim(self):
        inspection = self.damaged()
        claim = inspection.claim_ids
        self.assertEqual((claim.state, claim.carrier_id, claim.damage), ("draft", self.carrier, inspection.damage))
        self.assertEqual(claim.date_deadline, inspection.date_arrival + timedelta(hours=24))
        self.assertEqual(claim.date_warning, inspection.date_arrival + timedelta(hours=18))
        inspection.action_report_damage()
        self.assertEqual(inspection.claim_ids, claim, "one claim an inspection")
        self.assertEqual(inspection.action_open_claim()["res_id"], claim.id)

    def test_all_well_opens_none(self):
        self.buy_car(10000.0)
        self.assertFalse(self.env["dealer.carrier.claim"].search([("company_id", "=", self.company_a.id)]))

    def test_terms_by_carrier_company_and_day(self):
        Deadline = self.env["dealer.carrier.deadline"]
        day = fields.Date.to_date("2026-03-01")
        self.env.ref("dealer_vehicle.dealer_carrier_deadline_common").write({"hours": 48, "hours_warning": 12})
        self.assertEqual(Deadline._get_hours(self.company_a, self.carrier, day), (24, 6))
        self.assertEqual(Deadline._get_hours(self.company_a, self.maker, day), (48, 12))
        driver = self.env["res.partner"].create({"name": "Driver", "parent_id": self.carrier.id})
        self.assertEqual(Deadline._get_hours(self.company_a, driver, day), (24, 6), "the carrier's people too")
        self.terms.copy({"date_from": "2026-02-01", "hours": 12})
        self.assertEqual(Deadline._get_hours(self.company_a, self.carrier, day), (12, 6))
        self.assertEqual(Deadline._get_hours(self.company_a, self.carrier, day.replace(month=1)), (24, 6))
        self.terms.copy({"company_id": self.company_b.id, "carrier_id": False, "hours": 72})
        self.assertEqual(Deadline._get_hours(self.company_b, self.carrier, day), (72, 6), "its own terms alone")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.terms.copy()

    def test_carrier_learned_later_moves_the_deadline(self):
        inspection = self.damaged(carrier=False)
        claim = inspection.claim_ids
        with self.assertRefused("who brought the car"):
            claim.action_send()
        inspection.carrier_id = self.carrier
        self.assertEqual(claim.carrier_id, self.carrier)
        self.assertEqual(claim.date_deadline, inspection.date_arrival + timedelta(hours=24))
        claim.action_send()
        inspection.carrier_id = self.maker
        self.assertEqual(claim.carrier_id, self.carrier, "what was sent stays")

    def test_accepted_and_charged_once(self):
        claim = self.damaged().claim_ids
        claim.write({"amount_claimed": 1200, "repair_cost": 800})
        with self.assertRefused("not possible now"):
            claim.action_accept()
        claim.action_send()
        with self.assertRefused("the amount the carrier accepts"):
            claim.action_accept()
        claim.amount_accepted = 1000
        with self.assertRefused("not possible now"):
            claim.action_create_invoice()
        claim.action_accept()
        self.assertEqual(claim.settlement, "to_invoice")
        self.assertEqual(claim.action_create_invoice()["tag"], "display_notification", "a keeper reads no invoices")
        invoice = claim.sudo().invoice_ids
        self.assertEqual(
            (invoice.move_type, invoice.state, invoice.partner_id, invoice.amount_total, invoice.amount_tax),
            ("out_invoice", "draft", self.carrier, 1000, 0),
        )
        self.assertEqual(invoice.company_id, self.company_a)
        self.assertIn(claim.vin, invoice.invoice_line_ids.name)
        self.assertEqual(claim.settlement, "invoiced")
        with self.assertRefused("charged already"):
            claim.action_create_invoice()
        with self.assertRefused("is charged"):
            claim.action_reopen()
        opened = claim.with_user(self.user_biller).action_open_invoices()
        self.assertEqual(opened["res_id"], invoice.id)
        invoice.with_user(self.user_biller).action_post()
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create(
            {}
        )._create_payments()
        claim.invalidate_recordset()
        self.assertEqual(claim.settlement, "paid")
        found = claim.search([("settlement", "=", "paid")])
        self.assertIn(claim, found)
        self.assertNotIn(claim, claim.search([("settlement", "in", ("to_invoice", "invoiced"))]))

    def test_cancelled_invoice_may_be_made_again(self):
        claim = self.damaged().claim_ids
        claim.action_send()
        claim.amount_accepted = 100
        claim.action_accept()
        claim.action_create_invoice()
        claim.sudo().invoice_ids.button_cancel()
        self.assertEqual(claim.settlement, "to_invoice")
        claim.action_create_invoice()
        self.assertEqual(len(claim.sudo().invoice_ids), 2)

    def test_credited_invoice_may_be_made_again(self):
        """A credit note takes the charge back: the claim waits for its invoice again, or for another answer."""
        claim = self.damaged().claim_ids
        claim.action_send()
        claim.amount_accepted = 100
        claim.action_accept()
        claim.action_create_invoice()
        first = claim.sudo().invoice_ids
        first.action_post()
        first._reverse_moves([{"invoice_date": first.invoice_date}], cancel=True)
        self.assertEqual(first.payment_state, "reversed")
        claim.invalidate_recordset()
        self.assertEqual(claim.settlement, "to_invoice")
        self.assertIn(claim, claim.search([("settlement", "=", "to_invoice")]))
        self.assertNotIn(claim, claim.search([("settlement", "in", ("invoiced", "paid"))]))
        claim.action_reopen()
        claim.amount_accepted = 80
        claim.action_accept()
        claim.action_create_invoice()
        self.assertEqual((claim.sudo().invoice_ids - first).amount_total, 80)
        self.assertEqual(claim.settlement, "invoiced")
        self.assertIn(claim, claim.search([("settlement", "=", "invoiced")]))

    def test_no_more_is_accepted_than_claimed(self):
        claim = self.damaged().claim_ids
        claim.write({"amount_claimed": 100})
        claim.action_send()
        claim.amount_accepted = 5000
        with self.assertRefused("is more than the"):
            claim.action_accept()
        claim.amount_claimed = 5000
        claim.action_accept()
        self.assertEqual(claim.state, "accepted")

    def test_terms_of_the_companys_day(self):
        """23:00 UTC is the next day in Brussels already, whoever looks."""
        self.company_a.partner_id.tz = "Europe/Brussels"
        self.terms.copy({"date_from": "2026-03-01", "hours": 12})
        claim = self.damaged().claim_ids
        arrival = fields.Datetime.to_datetime("2026-02-28 23:30:00")
        claim.sudo().inspection_id.date_arrival = arrival
        self.assertEqual(claim.date_deadline, arrival + timedelta(hours=12))

    def test_the_database_keeps_it_single(self):
        claim = self.damaged().claim_ids
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            claim.sudo().create({"inspection_id": claim.inspection_id.id})
        claim.action_send()
        claim.amount_accepted = 100
        claim.action_accept()
        claim.action_create_invoice()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["account.move"].create(claim.sudo()._prepare_invoice())
            self.env.flush_all()
        self.env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname IN %s",
            [("dealer_carrier_claim_inspection_uniq", "account_move_dealer_carrier_claim_uniq")],
        )
        found = [row[0] for row in self.env.cr.fetchall()]
        self.assertEqual(len(found), 2)
        self.assertTrue(all("UNIQUE" in definition for definition in found))

    def test_refused_then_taken_up_again(self):
        claim = self.damaged().claim_ids
        claim.action_send()
        with self.assertRefused("the reason"):
            claim.action_refuse()
        claim.reason = "Not on the consignment note"
        claim.action_refuse()
        with self.assertRefused("is answered"):
            claim.amount_accepted = 5
        claim.action_reopen()
        self.assertEqual(claim.state, "sent")
        with self.assertRefused("was sent"):
            claim.damage = "More"

    def test_nothing_claimed(self):
        claim = self.damaged().claim_ids
        with self.assertRefused("the reason"):
            claim.action_drop()
        claim.reason = "Our own forklift"
        claim.action_drop()
        self.assertEqual((claim.state, claim.urgency), ("dropped", False))
        claim.action_reopen()
        self.assertEqual(claim.state, "draft")

    def test_car_and_claim_go_their_own_ways(self):
        inspection = self.damaged()
        inspection.release_note = "Polished on 3 March"
        inspection.action_release()
        car = inspection.vehicle_id
        self.assertTrue(car.is_available)
        self.assertEqual(inspection.claim_ids.state, "draft")
        self.assertEqual(car.transport_damage_note, "Scratch on the left door (Polished on 3 March)")
        self.assertIn(car, car.search([("inspection_ids", "any", [("damage", "not in", (False, ""))])]))
        inspection.claim_ids.action_send()
        self.assertEqual(inspection.claim_ids.state, "sent")

    def test_undamaged_car_tells_nothing(self):
        self.assertFalse(self.buy_car(10000.0).transport_damage_note)

    def test_photos(self):
        inspection = self.damaged()
        inspection.add_photo(make_photo())
        claim = inspection.claim_ids
        claim.add_photo(make_photo("blue"))
        self.assertEqual(claim.picture_count, 2)
        self.assertEqual(set(inspection.picture_ids.mapped("kind")), {"damage"})
        self.assertEqual(inspection.picture_ids.vehicle_id, inspection.vehicle_id)
        for content in (base64.b64encode(b"no picture").decode(), ""):
            with self.assertRefused("picture|photo"):
                inspection.add_photo(content)
        claim.action_send()
        with self.assertRefused("stays as it is"):
            inspection.picture_ids[0].unlink()
        with self.assertRefused("stays as it is"):
            inspection.picture_ids[0].image_1920 = make_photo()
        inspection.add_photo(make_photo())
        other = self.damaged()
        with self.assertRefused("stays with the inspection"):
            other.picture_ids.create(
                {"inspection_id": other.id, "image_1920": make_photo(), "vehicle_id": inspection.vehicle_id.id}
            ).inspection_id = inspection
        with self.assertRaises(AccessError):
            other.with_user(self.user_staff).add_photo(make_photo())

    def test_claim_is_printed_with_its_photos(self):
        inspections = self.damaged(3)
        for inspection in inspections:
            inspection.add_photo(make_photo())
        report = self.env["ir.actions.report"].with_user(self.user_keeper)
        html = report._render_qweb_html("dealer_vehicle.dealer_carrier_claim_report", inspections.claim_ids.ids)[0]
        text = html.decode()
        for claim in inspections.claim_ids:
            self.assertIn(claim.vin, text)
        self.assertEqual(text.count("data:image"), 3)

    # ------------------------------------------------------------------ urgency and reminders

    def late(self, claim, hours):
        """Let the car have arrived some hours ago."""
        claim.sudo().inspection_id.date_arrival = fields.Datetime.now() - timedelta(hours=hours)
        self.env.flush_all()

    def run_cron(self):
        """Run the hourly job as the scheduler does."""
        with self.enter_registry_test_mode():
            self.env.ref("dealer_vehicle.ir_cron_remind_carrier_claims").method_direct_trigger()
        self.env.invalidate_all()

    def test_urgency(self):
        claim = self.damaged().claim_ids
        for hours, urgency in ((1, "open"), (20, "urgent"), (30, "overdue")):
            self.late(claim, hours)
            self.assertEqual(claim.urgency, urgency)
            self.assertIn(claim, claim.search([("urgency", "=", urgency)]))
            others = {"open", "urgent", "overdue"} - {urgency}
            self.assertNotIn(claim, claim.search([("urgency", "in", list(others))]))
        claim.action_send()
        self.assertFalse(claim.urgency)
        self.assertIn(claim, claim.search([("urgency", "=", False)]))

    def test_reminder_before_the_deadline_once(self):
        claims = self.damaged(3).claim_ids
        self.late(claims[0], 1)
        for claim in claims[1:]:
            self.late(claim, 20)
        keeper = self.user_keeper
        self.run_cron()
        self.assertFalse(claims[0].activity_ids)
        for claim in claims[1:]:
            activity = claim.sudo().activity_ids
            self.assertEqual(len(activity), 1)
            self.assertTrue(activity.user_id.has_group("dealer_vehicle.group_stock_keeper"))
        self.run_cron()
        self.assertEqual(len(claims[1:].sudo().activity_ids), 2, "no second one")
        claims[1].with_user(keeper).action_send()
        self.assertFalse(claims[1].sudo().activity_ids, "done with the claim")
        self.run_cron()
        self.assertFalse(claims[1].sudo().activity_ids)

    def test_reopened_claim_is_reminded_again(self):
        claim = self.damaged().claim_ids
        self.late(claim, 20)
        self.run_cron()
        claim.reason = "Our own forklift"
        claim.action_drop()
        self.assertFalse(claim.sudo().activity_ids)
        claim.action_reopen()
        for _hour in range(2):
            self.run_cron()
        self.assertEqual(len(claim.sudo().activity_ids), 1)
        # Done without sending it: whoever did so knows, nobody is told every hour.
        claim.sudo().activity_ids.action_feedback()
        self.run_cron()
        self.assertFalse(claim.sudo().activity_ids)

    def test_reminders_cost_the_same_for_many(self):
        def reminded(count):
            claims = self.damaged(count).claim_ids.sudo()
            for claim in claims:
                self.late(claim, 20)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            claims._remind()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        reminded(1)
        few, many = reminded(2), reminded(12)
        self.assertLessEqual(many, few + 30)  # core writes each activity's follower and counter apart

    # ------------------------------------------------------------------ rights

    def test_who_may_what(self):
        claim = self.damaged().claim_ids
        for user in (self.user_staff, self.user_buyer, self.user_auditor, self.user_manager):
            self.assertTrue(claim.with_user(user).damage)
            with self.assertRaises(AccessError):
                claim.with_user(user).amount_claimed = 1
            with self.assertRaises(AccessError):
                claim.with_user(user).action_send()
        with self.assertRaises(AccessError):
            self.env["dealer.carrier.claim"].with_user(self.user_keeper).create(
                {"inspection_id": claim.inspection_id.id}
            )
        with self.assertRaises(AccessError):
            claim.with_user(self.user_staff).read(["repair_cost"])
        claim.with_user(self.user_auditor).read(["repair_cost"])
        for name, value in (
            ("state", "accepted"),
            ("date_deadline", "2030-01-01"),
            ("name", "x"),
            ("date_sent", False),
        ):
            with self.assertRefused("cannot be typed"):
                claim.with_user(self.user_keeper).write({name: value})
        with self.assertRefused("evidence"):
            claim.sudo().unlink()
        with self.assertRaises(AccessError):
            self.terms.with_user(self.user_keeper).hours = 1
        self.terms.with_user(self.user_admin).hours = 30

    def test_another_company_sees_nothing(self):
        claim = self.damaged().claim_ids
        self.assertFalse(self.env["dealer.carrier.claim"].with_user(self.user_b).search([("id", "=", claim.id)]))
        with self.assertRaises(AccessError):
            claim.with_user(self.user_b).action_send()
        own = self.terms.copy({"company_id": self.company_a.id})
        self.assertFalse(own.with_user(self.user_b).search([("id", "=", own.id)]))

    def test_notice_names_the_carrier(self):
        order = self.order_cars(10000.0)
        line = order.order_line
        self.env["dealer.vehicle.shipping.notice"].with_user(self.user_buyer).create(
            {
                "purchase_id": order.id,
                "carrier_id": self.carrier.id,
                "text": f"{line.maker_order_no};{self.new_vin()}",
            }
        ).action_apply()
        inspection = self.receive(order, well=False)
        self.assertEqual(inspection.carrier_id, self.carrier)

    def test_damage_on_a_transfer_claims_too(self):
        car = self.buy_car(10000.0)
        other = self.env["stock.warehouse"].create({"name": "North", "code": "NO", "company_id": self.company_a.id})
        transfer = (
            self.env["dealer.vehicle.transfer"]
            .with_user(self.user_keeper)
            .create(
                {
                    "site_from_id": self.site_a.id,
                    "site_to_id": other.id,
                    "line_ids": [Command.create({"vehicle_id": car.id})],
                }
            )
        )
        transfer.action_send()
        transfer.line_ids.damage = "Broken mirror"
        transfer.action_arrived()
        claim = self.env["dealer.carrier.claim"].search([("vehicle_id", "=", car.id)])
        self.assertEqual((claim.damage, claim.site_id), ("Broken mirror", other))
