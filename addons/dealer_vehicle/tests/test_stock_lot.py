from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import VINS
from .common_stock import DealerStockCommon


@tagged("post_install", "-at_install", "dealer")
class TestStockLot(DealerStockCommon):
    """The serial number of a car is its VIN: one for life, tied to its identity."""

    def _lot(self, name, product=None):
        return (
            self.env["stock.lot"]
            .with_user(self.user_keeper)
            .create({"name": name, "product_id": (product or self.product).id})
        )

    def test_normalised_and_tied(self):
        lot = self._lot(f" {VINS[0][:9].lower()} {VINS[0][9:]} ")
        self.assertEqual(lot.name, VINS[0])
        identity = self.env["dealer.vin"].search([("vin", "=", VINS[0])])
        self.assertEqual(identity.lot_id, lot)

    def test_tied_to_the_known_identity(self):
        car = self.make_car(VINS[0], product_id=self.product.id)
        lot = self._lot(VINS[0])
        self.assertEqual(car.lot_id, lot)

    def test_impossible_vin(self):
        for name in ("SN0001", "1HGCM82633A00435O", VINS[0] + "1"):
            with self.assertRaises(ValidationError):
                self._lot(name)
        with self.assertRaises(UserError):
            self._lot(" ")

    def test_imported(self):
        result = (
            self.env["stock.lot"]
            .with_user(self.user_keeper)
            .load(["name", "product_id/.id"], [[VINS[0].lower(), str(self.product.id)], ["XX", str(self.product.id)]])
        )
        self.assertFalse(result["ids"])
        self.assertIn("cannot be a VIN", result["messages"][0]["message"])

    def test_same_vin_under_another_product(self):
        self._lot(VINS[0])
        with self.assertRefused("Touring"):
            self._lot(VINS[0], self.product_top)
        with self.assertRefused(VINS[0]):
            self._lot(VINS[0].lower())

    def test_renaming(self):
        lot = self._lot(VINS[0])
        lot.name = VINS[1].lower()
        self.assertEqual(lot.name, VINS[1])
        self.assertEqual(lot.dealer_vin_ids.vin, VINS[1])
        car = self.buy_car(10000.0)
        with self.assertRefused("has moved under this VIN"):
            car.lot_id.name = VINS[2]

    def test_unused_serial_number_may_go(self):
        lot = self._lot(VINS[0])
        identity = lot.dealer_vin_ids
        lot.sudo().unlink()
        self.assertFalse(identity.lot_id)
        self.assertEqual(identity.vin, VINS[0])

    def test_other_products_keep_their_numbers(self):
        battery = self.env["product.product"].create(
            {"name": "Battery", "type": "consu", "is_storable": True, "tracking": "serial"}
        )
        self.assertEqual(self._lot("b-17", battery).name, "b-17")

    def test_guarded_by_the_database(self):
        names = ("dealer_vin__vin_uniq", "dealer_vin__lot_uniq", "dealer_vehicle_inspection__move_uniq")
        self.env.cr.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename IN ('dealer_vin', 'dealer_vehicle_inspection', "
            "'stock_move_line')"
        )
        found = {row[0] for row in self.env.cr.fetchall()}
        for name in names:
            self.assertTrue({name, name.replace("__", "_")} & found, name)
        self.assertIn("stock_move_line_lot_idx", found)
