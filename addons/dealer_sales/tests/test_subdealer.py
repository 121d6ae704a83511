from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestSubdealerSale(DealerSalesCommon):
    """What a sub-dealer sold of our cars is sold to it by a wholesale contract (P11, P25)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create({"name": "Hilltop Cars", "is_company": True})
        cls.subdealer = cls.env["dealer.subdealer"].create({"partner_id": cls.partner.id, "site_id": cls.site.id})
        transfer = (
            cls.env["dealer.vehicle.transfer"]
            .with_user(cls.stock_keeper)
            .create(
                {
                    "site_from_id": cls.site.id,
                    "subdealer_to_id": cls.subdealer.id,
                    "line_ids": [Command.create({"vehicle_id": car.id}) for car in (cls.car, cls.car_2)],
                }
            )
        )
        transfer.action_send()
        transfer.action_arrived()

    def test_one_car_opens_its_contract(self):
        action = self.car.with_user(self.manager).action_sold_by_subdealer()
        Contract = self.env["dealer.contract"].with_user(self.manager).with_context(**action["context"])
        with Form(Contract) as form:
            self.assertEqual((form.kind, form.partner_id), ("wholesale", self.partner))
        contract = Contract.browse(form.id)
        self.assertEqual((contract.kind, contract.vehicle_id, contract.site_id), ("wholesale", self.car, self.site))

    def test_several_cars_make_drafts(self):
        cars = self.car | self.car_2
        action = cars.with_user(self.manager).action_sold_by_subdealer()
        contracts = self.env["dealer.contract"].search(action["domain"])
        self.assertEqual(contracts.vehicle_id, cars)
        self.assertEqual(set(contracts.mapped("kind")), {"wholesale"})
        self.assertEqual(set(contracts.mapped("state")), {"draft"})

    def test_nobody_else_gets_it(self):
        with self.assertRaisesRegex(UserError, "stands at the sub-dealer"):
            self._create_signed(car=self.car)
