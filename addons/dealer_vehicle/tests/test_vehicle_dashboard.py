import json

from odoo.tests import tagged

from odoo.addons.spreadsheet.utils.validate_data import fields_in_spreadsheet, menus_xml_ids_in_spreadsheet

from .common import VINS, DealerVehicleCommon

COSTS = ("cost", "stock_value", "holding_cost", "holding_cost_day")


@tagged("post_install", "-at_install", "dealer")
class TestVehicleDashboard(DealerVehicleCommon):
    """The dashboards name only what exists, and costs only where they may be seen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stock = cls.env.ref("dealer_vehicle.spreadsheet_dashboard_vehicle_stock")
        cls.cost = cls.env.ref("dealer_vehicle.spreadsheet_dashboard_vehicle_stock_cost")

    def sources(self, dashboard):
        """Return every pivot and list of a dashboard as (model, domain, groups, measures or columns)."""
        data = json.loads(dashboard.spreadsheet_data)
        for pivot in data["pivots"].values():
            groups = [row["fieldName"] for row in pivot["rows"] + pivot["columns"]]
            measures = [measure["fieldName"] for measure in pivot["measures"]]
            yield pivot["model"], pivot["domain"], groups, measures
        for entry in data["lists"].values():
            yield entry["model"], entry["domain"], [], entry["columns"] + [order["name"] for order in entry["orderBy"]]

    def test_every_model_field_and_menu_exists(self):
        for dashboard in (self.stock, self.cost):
            data = json.loads(dashboard.spreadsheet_data)
            named = fields_in_spreadsheet(data)
            self.assertTrue(named)
            for model, chains in named.items():
                for chain in chains:
                    record = self.env[model]
                    for name in chain.split("."):
                        self.assertIn(name, record._fields, f"{dashboard.name}: {model}.{chain}")
                        field = record._fields[name]
                        record = self.env[field.comodel_name] if field.relational else record
            for chart in self.charts(data):
                for name in chart["metaData"]["groupBy"]:
                    self.assertIn(name, self.env[chart["metaData"]["resModel"]]._fields)
            for entry in data["globalFilters"]:
                self.assertIn(entry["modelName"], self.env)
            menus = menus_xml_ids_in_spreadsheet(data)
            self.assertTrue(menus)
            for xmlid in menus:
                self.assertTrue(self.env.ref(xmlid).action, xmlid)

    def charts(self, data):
        for sheet in data["sheets"]:
            for figure in sheet["figures"]:
                if figure["data"]["type"].startswith("odoo_"):
                    yield figure["data"]

    def test_filters_reach_every_source(self):
        for dashboard in (self.stock, self.cost):
            data = json.loads(dashboard.spreadsheet_data)
            wanted = {entry["id"] for entry in data["globalFilters"]}
            for source in [*data["pivots"].values(), *data["lists"].values(), *self.charts(data)]:
                self.assertEqual(set(source["fieldMatching"]), wanted)
                for match in source["fieldMatching"].values():
                    model = source.get("model") or source["metaData"]["resModel"]
                    self.assertIn(match["chain"], self.env[model]._fields)

    def test_the_servers_answers(self):
        self.stock_car(VINS[0])
        for dashboard, users in (
            (self.stock, (self.user_staff, self.user_keeper, self.user_buyer, self.user_manager, self.user_admin)),
            (self.cost, (self.user_keeper, self.user_buyer, self.user_auditor, self.user_manager, self.user_admin)),
        ):
            for user in users:
                self.assertIn(dashboard, dashboard.with_user(user).search([]))
                for model, domain, groups, names in self.sources(dashboard):
                    Model = self.env[model].with_user(user)
                    if groups or "__count" in names:
                        Model.formatted_read_group(domain, groups, [self.aggregate(Model, name) for name in names])
                    else:
                        Model.search_read(domain, names, limit=15)

    def aggregate(self, Model, name):
        return name if name == "__count" else f"{name}:{Model._fields[name].aggregator}"

    def test_costs_are_in_one_currency(self):
        """Sums over companies of several currencies are converted, and the server answers them."""
        self.stock_car(VINS[0])
        for pivot in json.loads(self.cost.spreadsheet_data)["pivots"].values():
            costs = [measure for measure in pivot["measures"] if measure["fieldName"] in COSTS]
            self.assertEqual({measure.get("aggregator") for measure in costs} - {"sum_currency"}, set())
            if costs:
                self.env["dealer.vehicle"].with_user(self.user_buyer).formatted_read_group(
                    pivot["domain"],
                    [row["fieldName"] for row in pivot["rows"]],
                    [f"{measure['fieldName']}:{measure['aggregator']}" for measure in costs],
                )

    def test_costs_only_for_those_who_see_them(self):
        for model, _domain, _groups, names in self.sources(self.stock):
            self.assertEqual(model, "dealer.vehicle")
            self.assertFalse(set(names) & set(COSTS))
        for user in self.cost.group_ids.all_user_ids:
            self.assertTrue(user.has_group("dealer_vehicle.group_vehicle_cost"), user.login)
        self.assertNotIn(self.cost, self.cost.with_user(self.user_staff).search([]))

    def test_numbers_of_the_house(self):
        before = self.count_in_stock()
        self.stock_car(VINS[0])
        self.stock_car(VINS[1], company=self.company_b)
        self.assertEqual(self.count_in_stock(), before + 1, "another company's car is not counted")

    def count_in_stock(self):
        data = json.loads(self.stock.spreadsheet_data)
        return self.env["dealer.vehicle"].with_user(self.user_staff).search_count(data["pivots"]["1"]["domain"])
