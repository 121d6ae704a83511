from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger, sql

from .common import DealerPartsCommon


@tagged("post_install", "-at_install", "dealer")
class TestProductTemplate(DealerPartsCommon):
    def test_a_part_is_storable_shared_and_classed(self):
        self.assertRecordValues(
            self.part,
            [
                {
                    "type": "consu",
                    "is_storable": True,
                    "company_id": False,
                    "categ_id": self.env.ref("dealer_parts.product_category_part").id,
                    "part_key": "0446533480",
                }
            ],
        )

    def test_any_spelling_finds_the_part(self):
        Product = self.env["product.product"].with_user(self.keeper)
        Template = self.env["product.template"].with_user(self.keeper)
        for typed in ("04465-33480", "0446533480", "04465 33480", "04465.334", "０４４６５３３"):
            with self.subTest(typed=typed):
                variants = [found for found, _name in Product.name_search(typed)]
                self.assertIn(self.part.product_variant_id.id, variants)
                templates = [found for found, _name in Template.name_search(typed)]
                self.assertIn(self.part.id, templates)
                self.assertIn(self.part, Template.search([("display_name", "ilike", typed)]))

    def test_name_search_keeps_its_limit_and_its_domain(self):
        others = self.create_part("04465-33481") | self.create_part("04465-33482")
        Product = self.env["product.product"]
        self.assertEqual(len(Product.name_search("0446533", limit=2)), 2)
        found = Product.name_search("0446533", domain=[("product_tmpl_id", "in", others.ids)])
        self.assertEqual({product_id for product_id, _name in found}, set(others.product_variant_ids.ids))
        self.assertTrue(
            Product.name_search("zz", operator="not ilike", domain=[("id", "in", others.product_variant_ids.ids)])
        )

    def test_two_characters_search_names_only(self):
        found = self.env["product.product"].name_search("4-4")
        self.assertNotIn(self.part.product_variant_id.id, [product_id for product_id, _n in found])

    def test_one_number_one_part(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            with self.env.cr.savepoint():
                self.create_part("0446533480")
        self.part.active = False
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            with self.env.cr.savepoint():
                self.create_part("04465 334-80")

    def test_another_maker_may_use_the_number(self):
        other = self.env["fleet.vehicle.model.brand"].create({"name": "Other maker T"})
        self.assertTrue(self.create_part("04465-33480", part_maker_id=other.id))

    def test_two_parts_without_maker_clash(self):
        self.create_part("NN 1", part_maker_id=False)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            with self.env.cr.savepoint():
                self.create_part("NN-1", part_maker_id=False)

    def test_the_promise_stands_in_the_database(self):
        self.assertTrue(sql.index_exists(self.env.cr, "product_template_part_key_uniq"))
        self.env.cr.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'product_template'::regclass")
        names = {name for (name,) in self.env.cr.fetchall()}
        self.assertLessEqual(
            {
                "product_template_part_shared",
                "product_template_part_storable",
                "product_template_part_not_vehicle",
            },
            names,
        )

    def test_a_part_needs_a_number(self):
        with self.assertRaisesRegex(ValidationError, "has no part number"):
            self.create_part("--")
        with self.assertRaisesRegex(ValidationError, "has no part number"):
            self.part.default_code = False

    def test_a_part_made_as_a_variant_is_one_too(self):
        part = self.env["product.product"].create({"name": "Bolt", "default_code": "B 1-2", "is_part": True})
        self.assertRecordValues(part, [{"is_storable": True, "type": "consu"}])
        self.assertEqual(part.product_tmpl_id.part_key, "B12")
        with self.assertRaisesRegex(ValidationError, "has no part number"):
            self.env["product.product"].create({"name": "Nut", "is_part": True})

    def test_its_class_is_valued_at_average_perpetually(self):
        category = self.part.categ_id.with_company(self.company)
        self.assertRecordValues(category, [{"property_valuation": "real_time", "property_cost_method": "average"}])
        self.assertTrue(category.property_stock_valuation_account_id)
        self.assertTrue(self.part.product_variant_id._get_product_accounts()["expense"])

    def test_other_products_stay_free(self):
        goods = self.env["product.template"].create(
            [{"name": "Cup", "default_code": "X-1"}, {"name": "Mug", "default_code": "X1"}]
        )
        self.assertEqual(goods.mapped("part_key"), [False, False])

    def test_a_copy_gets_a_number_of_its_own(self):
        copy = self.part.copy()
        self.assertTrue(copy.is_part)
        self.assertNotEqual(copy.part_key, self.part.part_key)

    def test_a_part_cannot_belong_to_one_company(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            with self.env.cr.savepoint():
                self.part.company_id = self.company
                self.env.flush_all()

    def test_the_keeper_enters_a_part_on_screen(self):
        context = {"default_is_part": True, "default_type": "consu", "default_is_storable": True}
        model = self.env["product.template"].with_user(self.keeper).with_context(**context)
        with Form(model, view="dealer_parts.product_template_view_form") as form:
            form.default_code = "90915-YZZD4"
            form.name = "Oil filter"
            form.list_price = 58
        part = form.record
        self.assertEqual(part.part_key, "90915YZZD4")
        self.assertEqual(part.product_variant_id.default_code, "90915-YZZD4")

    def test_the_keeper_leaves_other_products_alone(self):
        cup = self.env["product.template"].create({"name": "Cup"})
        with self.assertRaises(AccessError):
            cup.with_user(self.keeper).list_price = 3
        with self.assertRaises(AccessError):
            self.env["product.template"].with_user(self.keeper).create({"name": "Mug"})
        self.part.with_user(self.keeper).list_price = 330

    def test_a_keeper_who_is_buyer_too_keeps_the_whole_catalogue(self):
        both = new_test_user(
            self.env,
            "parts_both_t",
            groups="dealer_parts.group_parts_keeper,dealer_vehicle.group_buyer",
        )
        cup = self.env["product.template"].create({"name": "Cup"})
        cup.with_user(both).list_price = 3
        self.assertEqual(cup.list_price, 3)

    def test_the_buyer_keeps_supplier_prices(self):
        self.part.with_user(self.buyer).write(
            {"seller_ids": [Command.create({"partner_id": self.supplier.id, "price": 190, "min_qty": 10})]}
        )
        seller = self.part.product_variant_id.with_user(self.buyer)._select_seller(quantity=10)
        self.assertEqual(seller.price, 190)
        with self.assertRaises(AccessError):
            self.part.seller_ids[:1].with_user(self.keeper).price = 1

    def test_a_plain_user_reads_and_does_not_write(self):
        user = new_test_user(self.env, "parts_reader_t", groups="dealer_vehicle.group_vehicle_user")
        self.assertEqual(self.part.with_user(user).default_code, "04465-33480")
        with self.assertRaises(AccessError):
            self.part.with_user(user).list_price = 1

    def test_the_search_costs_the_same_for_one_and_for_fifty(self):
        Product = self.env["product.product"]
        Product.name_search("0446533")
        with self.assertQueryCount(10):
            Product.name_search("0446533")
        for number in range(50):
            self.create_part(f"04465-4{number:04}")
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(10):
            Product.name_search("0446534", limit=None)
