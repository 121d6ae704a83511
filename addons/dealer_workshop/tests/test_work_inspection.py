import base64
from unittest.mock import patch

from psycopg2.errors import CheckViolation, UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.dealer_vehicle.models import dealer_picture_mixin

from .common import DealerWorkshopCommon

PHOTO = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install", "dealer")
class TestInspection(DealerWorkshopCommon):
    """A car looked at point by point; what is not green is proposed to the customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["dealer.inspection.template"].search([]).active = False
        cls.template = cls.env["dealer.inspection.template"].create(
            {
                "name": "Check",
                "point_ids": [
                    Command.create(
                        {
                            "name": "Front pads",
                            "section": "Brakes",
                            "unit": "mm",
                            "yellow_from": 4,
                            "red_from": 2,
                            "operation_id": cls.operation.id,
                        }
                    ),
                    Command.create({"name": "Lights"}),
                    Command.create({"name": "Wipers"}),
                ],
            }
        )

    def _at_work(self, **vals):
        order = self._make_order(**vals)
        order.action_check_in()
        order.job_ids.with_user(self.technician).action_clock_on()
        return order

    def _inspect(self, order, user=None):
        order = order.with_user(user or self.technician)
        action = order.action_inspect()
        return self.env["dealer.inspection"].with_user(user or self.technician).browse(action["res_id"])

    def test_the_measure_decides_the_colour(self):
        pads, lights, _wipers = self._inspect(self._at_work()).line_ids
        for measure, colour in ((4.1, "green"), (4.0, "yellow"), (2.1, "yellow"), (2.0, "red"), (0.0, "red")):
            pads.write({"measure": measure})
            self.assertEqual(pads.result, colour, measure)
        lights.write({"measure": 1.0})
        self.assertFalse(lights.result)
        pads.write({"measure": 3.0, "result": "red"})
        self.assertEqual(pads.result, "red")

    def test_what_is_found_is_proposed_with_price_and_photo(self):
        order = self._at_work()
        inspection = self._inspect(order)
        pads, lights, wipers = inspection.line_ids
        pads.write({"measure": 1.5, "note": "down to the metal"})
        pads.add_photo(PHOTO)
        lights.action_yellow()
        with self.assertRaisesRegex(UserError, "Still to look at: Wipers"):
            inspection.action_finish()
        inspection.action_rest_green()
        self.assertEqual(wipers.result, "green")
        inspection.action_finish()
        self.assertEqual((inspection.state, inspection.user_id), ("done", self.technician))
        first, second = inspection.job_ids.sudo().sorted("number")
        self.assertEqual((first.name, first.urgency, first.approval_state), ("Front pads", "now", "proposed"))
        self.assertEqual((first.line_ids.operation_id, first.labour_amount), (self.operation, 300.0))
        self.assertIn("1.5 mm", first.cause)
        self.assertEqual(len(first.picture_ids), 1)
        self.assertEqual((second.urgency, second.labour_amount), ("soon", 0.0))
        with self.assertRaisesRegex(UserError, "is finished"):
            lights.action_green()
        with self.assertRaisesRegex(UserError, "is finished"):
            pads.add_photo(PHOTO)
        with self.assertRaisesRegex(UserError, "proposed"):
            inspection.action_reopen()

    def test_nothing_found_proposes_nothing_and_may_be_taken_up_again(self):
        inspection = self._inspect(self._at_work())
        inspection.action_rest_green()
        inspection.action_finish()
        self.assertFalse(inspection.job_ids)
        inspection.action_reopen()
        self.assertEqual(inspection.state, "open")

    def test_what_was_yellow_last_time(self):
        first = self._inspect(self._at_work())
        first.line_ids[0].write({"measure": 3.5, "note": "soon"})
        first.action_rest_green()
        first.action_finish()
        self.assertFalse(first.line_ids[0].previous_result)
        self.technician_employee.user_id = self.technician
        order = self._make_order()
        order.action_check_in()
        second = self._inspect(order, self.manager)
        self.assertEqual(second.line_ids.mapped("previous_result"), ["yellow", "green", "green"])
        self.assertIn("3.5 mm · soon", second.line_ids[0].previous_note)

    def test_a_required_inspection_keeps_the_car(self):
        self.template.is_required = True
        order = self._at_work()
        self.assertEqual(order.inspection_state, "open")
        job = order.job_ids.with_user(self.technician)
        job.action_clock_off()
        job.action_done()
        order.with_user(self.inspector).action_quality_pass()
        with self.assertRaisesRegex(UserError, "Car inspected"):
            order.action_finish()
        inspection = self._inspect(order)
        inspection.action_rest_green()
        inspection.action_finish()
        self.assertEqual((order.inspection_state, order.stage), ("done", "quality"))
        order.action_finish()
        self.assertEqual(order.stage, "ready")

    def test_the_most_special_list_is_taken(self):
        special = self.template.copy({"name": "First service", "repair_kind": "first_service"})
        order = self._at_work(repair_kind="first_service")
        self.assertEqual(self._inspect(order).template_id, special)
        self.assertEqual(self._inspect(self._make_second()).template_id, self.template)

    def _make_second(self):
        order = self._make_order()
        order.action_check_in()
        order.job_ids.with_user(self.technician).action_switch_clock()
        return order

    def test_final_check_is_filled_in_by_somebody_else(self):
        self.env["dealer.inspection.template"].create(
            {
                "name": "Final",
                "purpose": "quality",
                "is_required": True,
                "point_ids": [Command.create({"name": "Wheel bolts"})],
            }
        )
        order = self._at_work()
        job = order.job_ids.with_user(self.technician)
        job.action_clock_off()
        job.action_done()
        inspector_order = order.with_user(self.inspector)
        with self.assertRaisesRegex(UserError, "list of the final check"):
            inspector_order.action_quality_pass()
        final = self.env["dealer.inspection"].browse(inspector_order.action_quality_list()["res_id"])
        with self.assertRaises(AccessError):
            final.with_user(self.technician).line_ids.action_green()
        self.technician.group_ids += self.env.ref("dealer_workshop.group_quality_inspector")
        with self.assertRaisesRegex(UserError, "worked on"):
            final.with_user(self.technician).line_ids.action_green()
        final.with_user(self.inspector).line_ids.action_green()
        final.with_user(self.inspector).action_finish()
        inspector_order.action_quality_pass()
        self.assertEqual(order.stage, "ready")

    def test_who_may_look_at_the_car(self):
        order = self._at_work()
        inspection = self._inspect(order)
        for user in (self.technician, self.inspector, self.advisor, self.manager):
            inspection.line_ids[1].with_user(user).action_green()
        for user in (self.second_technician, self.keeper):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                inspection.line_ids[1].with_user(user).action_red()

    def test_nobody_types_points_or_states(self):
        inspection = self._inspect(self._at_work())
        line = inspection.line_ids[0]
        for user in (self.technician, self.manager):
            with self.subTest(user=user.login):
                for vals in ({"state": "done"}, {"user_id": user.id}, {"order_id": self._make_order().id}):
                    with self.assertRaises(UserError):
                        inspection.with_user(user).write(vals)
                with self.assertRaises(UserError):
                    line.with_user(user).write({"name": "x"})
                with self.assertRaises(UserError):
                    line.with_user(user).unlink()
                with self.assertRaises(UserError):
                    line.with_user(user).create({"inspection_id": inspection.id, "name": "x"})
                with self.assertRaises(AccessError):
                    self.env["dealer.inspection"].with_user(user).create({"order_id": inspection.order_id.id})

    def test_photos_that_are_none(self):
        line = self._inspect(self._at_work()).line_ids[0]
        job = line.inspection_id.order_id.job_ids.with_user(self.technician)
        for record in (line, job):
            for content in (base64.b64encode(b"%PDF-1.4 no picture").decode(), "not base64 at all", "", 5):
                with self.subTest(record=record, content=content), self.assertRaises(UserError):
                    record.add_photo(content)
            with patch.object(dealer_picture_mixin, "MAX_BYTES", 10), self.assertRaisesRegex(UserError, "20 MB"):
                record.add_photo(PHOTO)
            self.assertTrue(record.add_photo(PHOTO))

    def test_films_that_are_none(self):
        line = self._inspect(self._at_work()).line_ids[0]
        with self.assertRaisesRegex(UserError, "MP4"):
            line.write({"video": base64.b64encode(b"MZ program")})
        line.write({"video": base64.b64encode(b"\0\0\0\x18ftypmp42 film"), "video_name": "wear.mp4"})
        self.assertTrue(line.video)

    def test_the_database_keeps_it(self):
        inspection = self._inspect(self._at_work()).sudo()
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            inspection.write({"state": "done", "done_on": "2026-01-01", "user_id": self.technician.id})
            inspection.flush_recordset()
        values = {"order_id": inspection.order_id.id, "template_id": self.template.id, "purpose": "inspection"}
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            inspection.create(values)
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.template.point_ids[0].write({"yellow_from": 1})
            self.template.flush_model()
            self.env.flush_all()

    def test_points_are_read_in_a_constant_number_of_queries(self):
        self.template.point_ids = [Command.create({"name": f"Point {number}"}) for number in range(40)]
        inspection = self._inspect(self._at_work())
        names = {"result": {}, "measure": {}, "note": {}, "previous_result": {}, "picture_count": {}, "name": {}}
        counts = []
        for lines in (inspection.line_ids[:1], inspection.line_ids[:1], inspection.line_ids):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            lines.browse(lines.ids).web_read(names)
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1] + 1)
