from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged

from .common import DealerWorkshopCommon

BOARD = {
    "plate": {},
    "stage": {},
    "is_late": {},
    "technician_names": {},
    "promised_date": {},
    "estimate_amount": {},
    "dealer_vehicle_id": {"fields": {"display_name": {}}},
    "partner_id": {"fields": {"display_name": {}}},
    "user_id": {"fields": {"display_name": {}}},
    "waiting_role_name": {},
}
READERS = (
    "dealer_workshop.group_service_advisor",
    "dealer_workshop.group_technician",
    "dealer_workshop.group_quality_inspector",
    "dealer_workshop.group_dispatcher",
    "dealer_workshop.group_warranty_clerk",
    "dealer_workshop.group_workshop_manager",
    "dealer_vehicle.group_auditor",
    "dealer_parts.group_parts_keeper",
)
MY_JOBS = {
    "plate": {},
    "display_name": {},
    "state": {},
    "order_stage": {},
    "promised_date": {},
    "labour_hours": {},
    "parts_open": {},
    "is_clock_running": {},
    "is_my_clock_running": {},
    "vehicle_id": {"fields": {"display_name": {}}},
}


@tagged("post_install", "-at_install", "dealer")
class TestRepairOrderScreens(DealerWorkshopCommon):
    def test_a_page_loaded_again_is_the_workshop_s(self):
        form = self.env.ref("dealer_workshop.repair_order_view_form")
        view = self.env["repair.order"].with_user(self.advisor).get_view(view_type="form")
        self.assertEqual(view["id"], form.id)

    def test_a_part_not_chosen_is_told_in_a_sentence(self):
        order = self._make_order()
        job = order.job_ids.with_user(self.advisor)
        part = Form(
            self.env["dealer.job.part"].with_user(self.advisor).with_context(default_job_id=job.id),
            view="dealer_workshop.dealer_job_part_view_form",
        )
        with self.assertRaisesRegex(UserError, "choose the job and the part"):
            part.save()

    def test_an_order_in_the_form(self):
        view = "dealer_workshop.repair_order_view_form"
        with Form(self.env["repair.order"].with_user(self.advisor), view=view) as form:
            form.vehicle_text = "沪T12345"
            self.assertEqual(form.dealer_vehicle_id, self.car)
            self.assertEqual(form.partner_id, self.customer)
            form.odometer_km = 42000
            with form.job_ids.new() as job:
                job.name = "Brakes squeal"
                with job.line_ids.new() as line:
                    line.operation_id = self.operation
                    self.assertEqual((line.hours, line.rate), (1.5, 200.0))
                with job.part_ids.new() as part:
                    part.product_id = self.part
        order = form.record
        self.assertEqual((order.labour_amount, order.parts_amount, order.site_id), (300.0, 480.0, self.site))
        self.assertEqual(order.job_ids.split_ids.share, 100.0)
        self.assertEqual(order.get_formview_id(), self.env.ref(view).id)

    def test_who_reads_an_order_may_read_all_of_its_form(self):
        order = self._make_order(with_part=True)
        for role in READERS:
            user = new_test_user(self.env, f"reader of {role}", groups=role, company_id=self.company.id)
            with self.subTest(role), Form(order.with_user(user), view="dealer_workshop.repair_order_view_form") as form:
                self.assertEqual(form.dealer_vehicle_id, self.car)

    def test_a_copy_begins_anew(self):
        order = self._make_order(with_part=True)
        order.action_check_in()
        copy = order.copy()
        self.assertEqual((copy.stage, copy.state, copy.reception_date), ("reception", "draft", False))
        self.assertEqual(copy.job_ids.line_ids.operation_id, self.operation)
        self.assertEqual((copy.job_ids.state, copy.job_ids.number), ("open", 1))
        self.assertFalse(copy.part_ids)
        self.assertNotEqual(copy.name, order.name)

    def test_late(self):
        late, due = self._make_order(), self._make_order()
        late.promised_date = fields.Datetime.now() - timedelta(hours=1)
        due.promised_date = fields.Datetime.now() + timedelta(hours=1)
        self.assertEqual((late.is_late, due.is_late), (True, False))
        domain = [("id", "in", (late | due).ids), ("is_late", "=", True)]
        self.assertEqual(self.env["repair.order"].with_user(self.advisor).search(domain), late)

    def test_prints(self):
        order = self._make_order(with_part=True)
        for report in ("report_repair_agreement", "report_repair_estimate"):
            reports = self.env["ir.actions.report"].with_user(self.advisor)
            content = reports._render_qweb_html(f"dealer_workshop.{report}", order.ids)[0].decode()
            with self.subTest(report=report):
                for text in ("沪T12345", self.car.vin, "Brakes squeal", "Brake pad set", "780.00", self.company.name):
                    self.assertIn(text, content)

    def test_visits_on_the_car(self):
        self._make_order()
        self._make_order().action_check_in()
        car = self.car.with_user(self.advisor)
        self.assertEqual(car.repair_order_count, 2)
        action = car.action_view_repair_orders()
        self.assertEqual(self.env["repair.order"].search_count(action["domain"]), 2)

    def _count_queries(self, user, model, specification, domain):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        result = self.env[model].with_user(user).web_search_read(domain, specification, limit=200)
        return len(result["records"]), self.cr.sql_log_count - before

    def test_query_count_is_flat(self):
        orders = self.env["repair.order"]
        for _index in range(12):
            order = self._make_order(with_part=True)
            order.action_check_in()
            order.job_ids.action_assign(self.technician_employee.id)
            orders |= order
        for user, model, specification, records in (
            (self.advisor, "repair.order", BOARD, orders),
            (self.technician, "dealer.job", MY_JOBS, orders.job_ids),
        ):
            self._count_queries(user, model, specification, [("id", "in", records.ids)])  # warm the caches
            one = self._count_queries(user, model, specification, [("id", "in", records[:1].ids)])
            many = self._count_queries(user, model, specification, [("id", "in", records.ids)])
            with self.subTest(model=model):
                self.assertEqual((one[0], many[0]), (1, 12))
                self.assertLessEqual(many[1], one[1] + 1)
