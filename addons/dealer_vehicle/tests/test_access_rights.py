from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import VINS, DealerVehicleCommon

OWN_MODELS = (
    "dealer.vin",
    "dealer.vehicle",
    "dealer.vehicle.plate",
    "dealer.vehicle.odometer",
    "dealer.vehicle.document",
    "dealer.vehicle.document.custody",
    "dealer.vehicle.document.rule",
    "dealer.vehicle.task",
    "dealer.vehicle.hold",
    "dealer.gate.rule",
)
CORE_READ_BY_AUDITOR = (
    "sale.order",
    "sale.order.line",
    "purchase.order",
    "purchase.order.line",
    "stock.picking",
    "stock.move",
    "stock.move.line",
    "stock.quant",
    "stock.lot",
    "stock.landed.cost",
    "account.move",
    "account.move.line",
    "account.payment",
    "product.template",
    "fleet.vehicle.model",
)


@tagged("post_install", "-at_install", "dealer")
class TestAccessRights(DealerVehicleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.standard_price = 150000.0
        cls.car = cls.stock_car(VINS[0], asking_price=180000.0)

    def test_who_may_write(self):
        writers = {
            "dealer.vehicle": self.user_keeper | self.user_buyer | self.user_admin,
            "dealer.vehicle.document": self.user_keeper | self.user_admin,
            "dealer.vehicle.document.custody": self.env["res.users"],
            "dealer.vehicle.document.rule": self.user_admin,
            "dealer.gate.rule": self.user_admin,
        }
        everybody = (
            self.user_staff | self.user_keeper | self.user_buyer | self.user_auditor | self.user_manager
        ) | self.user_admin
        for model, allowed in writers.items():
            for user in everybody:
                self.assertTrue(self.env[model].with_user(user).has_access("read"), f"{model} {user.login}")
                self.assertEqual(
                    self.env[model].with_user(user).has_access("write"), user in allowed, f"{model} {user.login}"
                )

    def test_nobody_without_a_role(self):
        outsider = self.make_user("outsider", "base.group_user")
        for model in OWN_MODELS:
            self.assertFalse(self.env[model].with_user(outsider).has_access("read"), model)

    def test_auditor_reads_all_and_writes_nothing(self):
        for model in OWN_MODELS + CORE_READ_BY_AUDITOR:
            Model = self.env[model].with_user(self.user_auditor)
            # Some core models have a field whose rows are in an add-on the reader has no right in.
            Model.search([], limit=3).read(None if model in OWN_MODELS else ["display_name"])
            if model == "stock.move.line":
                continue  # core gives it to every employee, see the next test
            for operation in ("write", "create", "unlink"):
                self.assertFalse(Model.has_access(operation), f"{model} {operation}")

    def test_auditor_leaves_move_lines_alone(self):
        line = self.env["stock.move.line"].search([("lot_id", "=", self.car.lot_id.id)], limit=1)
        for user in (self.user_auditor, self.user_manager):
            self.assertTrue(line.with_user(user).has_access("read"))
            with self.assertRaises(AccessError):
                line.with_user(user).write({"quantity": 5})
            with self.assertRaises(AccessError):
                line.with_user(user).unlink()
        self.assertTrue(line.with_user(self.user_keeper).has_access("write"))
        both = self.make_user("both", "dealer_vehicle.group_general_manager,stock.group_stock_user")
        self.assertTrue(line.with_user(both).has_access("write"))

    def test_companies_are_apart(self):
        car = self.car.with_user(self.user_b)
        for operation in ("read", "write"):
            with self.assertRaises(AccessError):
                car.check_access(operation)
        self.assertFalse(self.env["dealer.vehicle"].with_user(self.user_b).search([("id", "=", self.car.id)]))

    def test_cost_is_for_the_cost_group(self):
        self.assertEqual(self.car.with_user(self.user_keeper).cost, 150000.0)
        self.assertEqual(self.car.with_user(self.user_auditor).cost, 150000.0)
        move = self.env["stock.move"].search([("dealer_vehicle_id", "=", self.car.id)], limit=1)
        salesman = self.make_user("reader", "sales_team.group_sale_salesman,base.group_allow_export")
        salesman.group_ids += self.env.ref("dealer_vehicle.group_vehicle_user")
        for record, names in (
            (self.car, ["cost"]),
            (self.env["dealer.vehicle.task"], ["cost"]),
            (self.product, ["standard_price", "avg_cost", "total_value"]),
            (self.trim, ["standard_price"]),
            (self.car.lot_id, ["standard_price", "avg_cost", "total_value"]),
            (move, ["price_unit", "value", "value_manual", "standard_price", "remaining_value"]),
            (self.env["account.invoice.report"], ["inventory_value", "price_margin"]),
        ):
            reader = record.with_user(salesman)
            self.assertFalse(reader.fields_get(names), record._name)
            for name in names:
                self._assert_hidden(reader, name)

    def _assert_hidden(self, reader, name):
        searchable = reader._fields[name]._description_searchable
        for attempt in (
            lambda: reader.read([name]),
            lambda: reader.export_data([name]) if reader else reader.read([name]),
            lambda: reader.search([(name, ">", 0)]) if searchable else reader.read([name]),
            lambda: reader.search([], order=name) if reader._fields[name].store else reader.read([name]),
        ):
            with self.assertRaises(AccessError, msg=f"{reader._name}.{name}"):
                attempt()

    def test_vendor_prices_and_cost_of_goods_are_out_of_reach(self):
        salesman = self.make_user("salesman", "sales_team.group_sale_salesman_all_leads")
        price = self.env["product.supplierinfo"].create(
            {"partner_id": self.bank.id, "product_tmpl_id": self.trim.id, "price": 140000}
        )
        Price = self.env["product.supplierinfo"]
        self.assertFalse(Price.with_user(salesman).search([("id", "=", price.id)]))
        self.assertTrue(Price.with_user(self.user_buyer).search([("id", "=", price.id)]))
        rule = self.env.ref("dealer_vehicle.account_move_line_rule_cost_of_goods")
        domain = self.env["ir.rule"].with_user(salesman)._compute_domain("account.move.line", "read")
        self.assertIn("cogs", str(domain))
        self.assertIn(rule, self.env["ir.rule"].with_user(salesman)._get_rules("account.move.line"))

    def test_cost_of_stock_is_out_of_reach(self):
        staff = self.user_staff
        for model in ("stock.lot", "stock.move", "purchase.order.line", "product.value", "stock.avco.report"):
            self.assertFalse(self.env[model].with_user(staff).has_access("read"), model)
        with self.assertRaises(AccessError):
            self.env["stock.quant"].with_user(staff).search([], limit=1).read(["value"])

    def test_core_roles_work_without_cost(self):
        salesman = self.make_user("salesman", "sales_team.group_sale_salesman")
        self.assertFalse(salesman.has_group("dealer_vehicle.group_vehicle_cost"))
        goods = self.env["product.product"].create(
            {"name": "Mat", "type": "consu", "is_storable": True, "standard_price": 7.0, "list_price": 20.0}
        )
        self.env["stock.quant"]._update_available_quantity(goods, self.site_a.lot_stock_id, 5)
        with Form(self.env["sale.order"].with_user(salesman)) as form:
            form.partner_id = self.customer
            with form.order_line.new() as line:
                line.product_id = goods
                line.product_uom_qty = 2
        order = form.record
        order.action_confirm()
        order.order_line.product_uom_qty = 1
        picking = order.sudo().picking_ids.with_user(self.make_user("stock", "stock.group_stock_user"))
        picking.move_ids.quantity = 1
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        invoice = order.with_user(self.make_user("billing", "account.group_account_invoice"))._create_invoices()
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")
        self.assertTrue(order.with_user(salesman).invoice_ids.read(["amount_total"]))
        self.assertTrue(order.with_user(salesman).picking_ids.move_ids.read(["quantity", "state"]))

    def test_core_roles_have_the_cost_group(self):
        for group in (
            "stock.group_stock_user",
            "purchase.group_purchase_user",
            "account.group_account_invoice",
            "account.group_account_readonly",
            "base.group_system",
        ):
            self.assertIn(self.env.ref("dealer_vehicle.group_vehicle_cost"), self.env.ref(group).all_implied_ids)

    def test_sites_of_a_user_take_effect_at_once(self):
        rule = self.env["ir.rule"].create(
            {
                "name": "Task: own sites",
                "model_id": self.env["ir.model"]._get_id("dealer.vehicle"),
                "domain_force": "[('site_id', 'in', user.dealer_site_ids.ids + [False])] "
                "if user.dealer_site_ids else [(1, '=', 1)]",
            }
        )
        other_site = self.env["stock.warehouse"].create({"name": "Harbour", "code": "HB"})
        keeper = self.user_keeper
        self.assertTrue(self.env["dealer.vehicle"].with_user(keeper).search([("id", "=", self.car.id)]))
        keeper.dealer_site_ids = other_site
        self.assertFalse(self.env["dealer.vehicle"].with_user(keeper).search([("id", "=", self.car.id)]))
        keeper.dealer_site_ids = self.site_a
        self.assertTrue(self.env["dealer.vehicle"].with_user(keeper).search([("id", "=", self.car.id)]))
        rule.unlink()
