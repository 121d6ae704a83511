import base64

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DealerWorkshopCommon
from .common_order import OrderMixin, photo


@tagged("post_install", "-at_install", "dealer")
class TestReception(OrderMixin, DealerWorkshopCommon):
    """What was seen when the car came in, what the customer signed."""

    def test_walk_round_stays_as_it_was_signed(self):
        order = self._make_order().with_user(self.advisor)
        damage = self.env["repair.order.damage"].browse(order.add_damage(30, 40, "dent"))
        order.add_photo(photo())
        self.assertEqual([point["x"] for point in order.damage_sketch], [30])
        self._pad(order).action_confirm()
        mine = damage.with_user(self.advisor)
        for act in (
            lambda: order.add_damage(1, 1),
            lambda: order.add_photo(photo()),
            lambda: mine.write({"note": "was there before"}),
            mine.unlink,
            order.picture_ids.unlink,
        ):
            with self.assertRaisesRegex(UserError, "walk-round is closed"):
                act()

    @mute_logger("odoo.sql_db")
    def test_damage_lies_on_the_sketch(self):
        order = self._make_order().with_user(self.advisor)
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            order.add_damage(130, 10)
        self.env.cr.execute("SELECT 1 FROM pg_constraint WHERE conname = 'repair_order_damage_on_the_sketch'")
        self.assertTrue(self.env.cr.fetchone())

    def test_only_pictures_of_a_sane_size(self):
        order = self._make_order().with_user(self.advisor)
        with self.assertRaisesRegex(UserError, "not a picture"):
            order.add_photo(base64.b64encode(b"%PDF-1.4 no photo").decode())
        with self.assertRaisesRegex(UserError, "not a picture"):
            order.add_photo("A" * (30 * 1024 * 1024))
        self.assertFalse(order.picture_ids)
        self.assertEqual(order.odometer_km, 42000)

    def test_what_was_signed_is_frozen(self):
        order = self._make_order(concern="Squeals when cold")
        order.with_user(self.advisor).add_damage(10, 10)
        pad = self._pad(order)
        self.assertIn("Squeals when cold", pad.agreement_text)
        pad.action_sign_and_check_in()
        self.assertEqual(order.stage, "received")
        self.assertTrue(order.is_agreement_intact)
        self.assertIn("Squeals when cold", order.agreement_text)
        text = order.agreement_text
        order.with_user(self.advisor).concern = "Nothing at all"
        self.assertEqual(order.agreement_text, text)
        html = self.env["ir.actions.report"]._render_qweb_html("dealer_workshop.report_repair_agreement", order.ids)[0]
        self.assertIn("Squeals when cold", html.decode())
        self.assertNotIn("Nothing at all", html.decode())
        for name in ("agreement_text", "agreement_hash", "access_token"):
            with self.assertRaises(AccessError):
                order.with_user(self.advisor).write({name: "forged"})
        self.env.cr.execute("UPDATE repair_order SET agreement_text = 'forged' WHERE id = %s", [order.id])
        order.invalidate_recordset()
        self.assertFalse(order.is_agreement_intact)

    def test_nothing_is_kept_when_check_in_is_refused(self):
        order = self._make_order(odometer_km=0)
        with self.assertRaisesRegex(UserError, "mileage"), self.env.cr.savepoint():
            self._pad(order).action_sign_and_check_in()
        order.invalidate_recordset()
        self.assertFalse(order.signed_on)

    def test_the_promised_time_comes_from_the_hours(self):
        order = self._make_order().with_user(self.advisor)
        self.assertTrue(order.promised_proposal)
        calendar = self.company.resource_calendar_id
        planned = calendar.get_work_hours_count(order.promised_proposal, order.promised_proposal)
        self.assertEqual(planned, 0)
        order.action_sign()
        self.assertTrue(order.promised_date)
        other = self._make_order(job_ids=[Command.create({"name": "Look at it"})]).with_user(self.advisor)
        self.assertFalse(other.promised_proposal)

    def test_the_car_file(self):
        self.env["dealer.vehicle.task"].create(
            [
                {"vehicle_id": self.car.id, "kind": "recall", "name": "Airbag module"},
                {"vehicle_id": self.car.id, "kind": "refused", "name": "Rear discs", "price": 900},
                {"vehicle_id": self.car.id, "kind": "promise", "name": "Floor mats"},
            ]
        )
        self._signed(odometer_km=41000)
        order = self._make_order().with_user(self.advisor)
        for words in ("Airbag module", "Rear discs", "Floor mats", "41000", "Recall"):
            self.assertIn(words, order.car_file)

    def test_a_car_nobody_knows(self):
        orders = self.env["repair.order"].with_user(self.advisor)
        order = orders.create({"vehicle_text": "京A88888", "partner_id": self.customer.id, "odometer_km": 10})
        self.assertEqual(order.dealer_vehicle_id.owner_id, self.customer)
        self.assertIn("First visit", order.car_file)

    def test_rights(self):
        order = self._make_order()
        damage = order.with_user(self.advisor).add_damage(1, 1)
        with self.assertRaises(AccessError):
            self.env["repair.order.damage"].with_user(self.technician).browse(damage).write({"note": "x"})
        with self.assertRaises(AccessError):
            self._pad(order, user=self.technician)
        with self.assertRaises(AccessError):
            order.with_user(self.technician).add_photo(photo())
        auditor = self._make_user("r_auditor", "dealer_vehicle.group_auditor")
        self.assertEqual(self.env["repair.order.damage"].with_user(auditor).browse(damage).x, 1)

    def test_forms_do_not_ask_more_for_more_orders(self):
        orders = self.env["repair.order"].concat(*(self._make_order() for _number in range(6)))
        counts = []
        for some in (orders[:1], orders):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.mapped("proposed_count")
            some.mapped("damage_sketch")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)
