import json

from odoo.tests import tagged

from odoo.addons.spreadsheet.utils.validate_data import fields_in_spreadsheet, menus_xml_ids_in_spreadsheet

from .common_results import DealerResultsCommon


@tagged("post_install", "-at_install", "dealer")
class TestSalesDashboard(DealerResultsCommon):
    """The month: names only what exists, answers its readers, and shows gross to nobody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dashboard = cls.env.ref("dealer_sales.spreadsheet_dashboard_sales")
        cls.data = json.loads(cls.dashboard.spreadsheet_data)

    def charts(self):
        for sheet in self.data["sheets"]:
            for figure in sheet["figures"]:
                if figure["data"]["type"].startswith("odoo_"):
                    yield figure["data"]

    def test_every_field_and_menu_exists(self):
        for model, chains in fields_in_spreadsheet(self.data).items():
            for chain in chains:
                record = self.env[model]
                for name in chain.split("."):
                    self.assertIn(name, record._fields, f"{model}.{chain}")
                    field = record._fields[name]
                    record = self.env[field.comodel_name] if field.relational else record
        menus = menus_xml_ids_in_spreadsheet(self.data)
        self.assertTrue(menus)
        visible = self.env["ir.ui.menu"].with_user(self.manager)._visible_menu_ids()
        for xmlid in menus:
            self.assertTrue(self.env.ref(xmlid).action, xmlid)
            self.assertIn(self.env.ref(xmlid).id, visible, f"{xmlid}: a tile that opens nothing")

    def test_its_readers_get_every_figure(self):
        self._sell()
        self.env["dealer.sales.result"]._cron_count()
        for user in (self.manager, self.general_manager):
            self.assertIn(self.dashboard, self.dashboard.with_user(user).search([]))
            for pivot in self.data["pivots"].values():
                groups = [row["fieldName"] for row in pivot["rows"] + pivot["columns"]]
                Model = self.env[pivot["model"]].with_user(user)
                Model.formatted_read_group(pivot["domain"], groups, [measure["id"] for measure in pivot["measures"]])
            for entry in self.data["lists"].values():
                Model = self.env[entry["model"]].with_user(user)
                order = ", ".join(f"{item['name']} {'asc' if item['asc'] else 'desc'}" for item in entry["orderBy"])
                Model.search_read(entry["domain"], entry["columns"], limit=15, order=order)
            for chart in self.charts():
                meta = chart["metaData"]
                measure = meta["measure"] if meta["measure"] == "__count" else f"{meta['measure']}:sum"
                self.env[meta["resModel"]].with_user(user).formatted_read_group(
                    chart["searchParams"]["domain"], meta["groupBy"], [measure]
                )

    def test_only_for_those_who_see_costs(self):
        for user in self.dashboard.group_ids.all_user_ids:
            self.assertTrue(user.has_group("dealer_vehicle.group_vehicle_cost"), user.login)
        for user in (self.advisor, self.fni, self.receptionist):
            self.assertNotIn(self.dashboard, self.dashboard.with_user(user).search([]))

    def test_filters_reach_every_source(self):
        wanted = {entry["id"] for entry in self.data["globalFilters"]}
        for source in [*self.data["pivots"].values(), *self.data["lists"].values(), *self.charts()]:
            self.assertEqual(set(source["fieldMatching"]), wanted)
            for match in source["fieldMatching"].values():
                model = source.get("model") or source["metaData"]["resModel"]
                self.assertIn(match["chain"], self.env[model]._fields)

    def test_cars_of_the_month_are_counted(self):
        pivot = self.data["pivots"]["1"]
        before = self._units(pivot)
        contract = self._create_paid(car=self._new_car())
        self._hand_over(contract)
        self.assertEqual(self._units(pivot), before + 1)

    def _units(self, pivot):
        Model = self.env[pivot["model"]].with_user(self.manager)
        return Model._read_group(pivot["domain"], [], ["units:sum"])[0][0] or 0
