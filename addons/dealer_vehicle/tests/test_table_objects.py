from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install", "dealer")
class TestTableObjects(TransactionCase):
    """Odoo only logs an index or constraint it cannot apply: look into the catalogue."""

    def _names(self, query, *params):
        self.env.cr.execute(query, params)
        return {row[0] for row in self.env.cr.fetchall()}

    def test_unique_indexes(self):
        unique = self._names(
            "SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
            "WHERE x.indisunique AND x.indisvalid AND i.relname LIKE 'dealer_%%'"
        )
        for name in (
            "dealer_vin_vin_uniq",
            "dealer_vin_lot_uniq",
            "dealer_vehicle_vin_company_uniq",
            "dealer_vehicle_maker_order_uniq",
            "dealer_vehicle_document_kind_number_uniq",
            "dealer_vehicle_file_mapping_maker_uniq",
            "dealer_vehicle_document_rule_policy_uniq",
            "dealer_gate_rule_rule_uniq",
        ):
            self.assertIn(name, unique)

    def test_exclusion(self):
        excluded = self._names("SELECT conname FROM pg_constraint WHERE contype = 'x'")
        self.assertIn("dealer_vehicle_hold_no_overlap", excluded)

    def test_checks(self):
        checks = self._names("SELECT conname FROM pg_constraint WHERE contype = 'c'")
        for name in (
            "dealer_vehicle_hold_dates_ordered",
            "dealer_vehicle_plate_dates_ordered",
            "dealer_vehicle_odometer_km_positive",
            "res_company_dealer_hold_hours_positive",
        ):
            self.assertIn(name, checks)

    def test_search_indexes_exist(self):
        indexes = self._names("SELECT indexname FROM pg_indexes WHERE tablename IN ('dealer_vin', 'dealer_vehicle')")
        for name in (
            "dealer_vin_vin_last8_idx",
            "dealer_vin_vin_reverse_idx",
            "dealer_vin_vin_prefix_idx",
            "dealer_vehicle_plate_idx",
        ):
            self.assertIn(name, indexes)
