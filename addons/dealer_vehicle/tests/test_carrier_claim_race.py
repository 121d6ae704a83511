from odoo.tests import tagged

from . import test_dealer_vehicle_hold_race as races


@tagged("post_install", "-at_install", "dealer")
class TestCarrierClaimRace(races.TestRaces):
    """Two people charge one claim, or report one damage, at the same moment."""

    # Of the class whose two connections are used here; they run there.
    test_two_people_take_one_car = None
    test_two_people_register_one_vin = None

    def _make_inspection(self, env):
        car = env["dealer.vehicle"].browse(self._make_car(env))
        site = env["stock.warehouse"].search([("company_id", "=", car.company_id.id)], limit=1)
        move = env["stock.move"].create(
            {
                "product_id": car.product_id.id,
                "product_uom_qty": 1,
                "location_id": env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": site.lot_stock_id.id,
            }
        )
        return (
            env["dealer.vehicle.inspection"]
            .create({"vehicle_id": car.id, "move_id": move.id, "damage": "Dent", "site_id": site.id})
            .id
        )

    def _make_claim(self, env):
        inspection = env["dealer.vehicle.inspection"].browse(self._make_inspection(env))
        inspection.action_report_damage()
        claim = inspection.claim_ids
        claim.write({"carrier_id": env.company.partner_id.id, "amount_accepted": 100, "state": "accepted"})
        return claim.id

    def _remove(self):
        def remove(env):
            cars = env["dealer.vehicle"].search([("maker_order_no", "=", "RACE")])
            inspections = cars.inspection_ids
            claims, moves = inspections.claim_ids, inspections.move_id
            claims.invoice_ids.unlink()
            for records in (claims, inspections, moves):
                # What is evidence cannot be unlinked.
                env.cr.execute(f"DELETE FROM {records._table} WHERE id = ANY(%s)", (records.ids,))  # noqa: S608
            env.invalidate_all()

        self._committed(remove)
        super()._remove()

    def test_two_people_charge_one_claim(self):
        claim_id = self._committed(self._make_claim)

        def charge(env):
            env["dealer.carrier.claim"].browse(claim_id).action_create_invoice()

        self.assertTrue(self._race(charge, charge))
        count = self._committed(
            lambda env: env["account.move"].search_count([("dealer_carrier_claim_id", "=", claim_id)])
        )
        self.assertEqual(count, 1)

    def test_two_people_report_one_damage(self):
        inspection_id = self._committed(self._make_inspection)

        def report(env):
            env["dealer.vehicle.inspection"].browse(inspection_id).action_report_damage()

        self._race(report, report)
        count = self._committed(
            lambda env: env["dealer.carrier.claim"].search_count([("inspection_id", "=", inspection_id)])
        )
        self.assertEqual(count, 1)
