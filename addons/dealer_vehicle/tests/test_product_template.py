from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import DealerVehicleCommon


@tagged("post_install", "-at_install", "dealer")
class TestProductTemplate(DealerVehicleCommon):
    def test_a_trim_is_stocked_and_valued_by_serial_number(self):
        self.assertRecordValues(
            self.trim | self.trim_top,
            [
                {
                    "type": "consu",
                    "is_storable": True,
                    "tracking": "serial",
                    "lot_valuated": True,
                    "lot_sequence_id": False,
                }
            ]
            * 2,
        )

    def test_a_variant_made_directly_knows_it_at_once(self):
        product = self.env["product.product"].create({"name": "Direct", "is_vehicle": True})
        self.assertTrue(product.is_storable and product.lot_valuated)
        self.assertEqual(product.tracking, "serial")

    def test_it_stays_so(self):
        for vals in ({"tracking": "lot"}, {"lot_valuated": False}, {"is_storable": False}):
            with self.assertRaisesRegex(ValidationError, "is a car"):
                self.trim.write(vals)

    def test_goods_become_a_trim(self):
        template = self.env["product.template"].create({"name": "Old", "type": "consu"})
        template.is_vehicle = True
        self.assertTrue(template.lot_valuated)
        self.assertEqual(template.tracking, "serial")

    def test_administrator_adds_a_trim_on_its_screen(self):
        Template = self.env["product.template"].with_user(self.user_admin).with_context(default_is_vehicle=True)
        with Form(Template, view="dealer_vehicle.product_template_view_form_trim") as form:
            form.name = "Sport"
            form.series_id = self.series
            form.guide_price = 199900
        self.assertEqual(form.record.brand_id, self.brand)
        self.assertEqual(form.record.tracking, "serial")
        self.assertEqual(self.series.trim_count, 3)
