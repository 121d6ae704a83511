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
            "dealer_specification_code_uniq",
            "dealer_trim_specification_value_uniq",
            "dealer_trim_option_code_uniq",
            "dealer_trim_colour_name_uniq",
            "dealer_vehicle_body_name_uniq",
        ):
            self.assertIn(name, unique)

    def test_exclusion(self):
        excluded = self._names("SELECT conname FROM pg_constraint WHERE contype = 'x'")
        self.assertIn("dealer_vehicle_hold_no_overlap", excluded)
        self.assertIn("dealer_price_band_no_overlap", excluded)

    def test_checks(self):
        checks = self._names("SELECT conname FROM pg_constraint WHERE contype = 'c'")
        for name in (
            "dealer_vehicle_hold_dates_ordered",
            "dealer_vehicle_plate_dates_ordered",
            "dealer_vehicle_odometer_km_positive",
            "res_company_dealer_hold_hours_positive",
            "dealer_catalogue_picture_one_owner",
            "dealer_catalogue_brochure_one_owner",
            "dealer_price_band_price_order",
            "dealer_trim_colour_swatch_format",
            "dealer_trim_option_standard_is_free",
        ):
            self.assertIn(name, checks)

    def test_search_indexes_exist(self):
        indexes = self._names(
            "SELECT indexname FROM pg_indexes WHERE tablename IN ('dealer_vin', 'dealer_vehicle', 'res_partner')"
        )
        for name in (
            "dealer_vin_vin_last8_idx",
            "dealer_vin_vin_reverse_idx",
            "dealer_vin_vin_prefix_idx",
            "dealer_vehicle_plate_idx",
            "dealer_vehicle_age_idx",
            "dealer_vehicle_days_idx",
            "dealer_vehicle_name_idx",
            "dealer_vehicle_place_idx",
            "dealer_vehicle_claim_idx",
            "dealer_vehicle_title_idx",
            "dealer_vehicle_colour_idx",
            "dealer_vehicle_price_idx",
            "dealer_vehicle_site_idx",
            "dealer_vehicle_group_idx",
            "res_partner_dealer_phone_end_idx",
        ):
            self.assertIn(name, indexes)
