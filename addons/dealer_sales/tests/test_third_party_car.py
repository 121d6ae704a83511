from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_dealer_delivery import DealerDeliveryCommon


@tagged("post_install", "-at_install", "dealer")
class TestThirdPartyCar(DealerDeliveryCommon):
    """Consigned and agency cars are sold by the same contract; only their money goes other ways."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.owner = cls.env["res.partner"].create({"name": "Olga Owner"})
        cls.account_owed = cls.env["account.account"].create(
            {
                "name": "Owed to owners of cars",
                "code": "244900",
                "account_type": "liability_current",
                "company_ids": cls.company.ids,
            }
        )
        cls.company.dealer_consignment_account_id = cls.account_owed

    @classmethod
    def _create_foreign_car(cls, vin, kind, **terms):
        """Put a car of somebody else into stock.

        :return: ``dealer.vehicle.consignment``
        """
        car = cls._create_car(vin)
        quant = car.lot_id.quant_ids.filtered(lambda quant: quant.location_id.usage == "internal")
        quant.owner_id = cls.owner
        car._facts_changed()
        return cls.env["dealer.vehicle.consignment"].create(
            {"vehicle_id": car.id, "kind": kind, "partner_id": cls.owner.id, **terms}
        )

    def assertGross(self, contract, amount):
        """Check what the manager reads as front gross, although the trim has an average cost of cars we bought."""
        contract.sudo().product_id.with_company(self.company).standard_price = 16000.0
        self.assertTrue(contract.sudo().is_gross_stale)
        self._run_gross_job()
        self.assertAlmostEqual(contract.with_user(self.manager).front_gross, amount)

    def test_consigned_car_through_a_contract(self):
        terms = self._create_foreign_car("ZZSDSA1E1TT000003", "consignment", commission_percent=10.0)
        self.assertEqual(terms.vehicle_id.title, "third")
        contract = self._create_paid(car=terms.vehicle_id)
        line = contract.sudo().order_line_ids.filtered("is_vehicle")
        self.assertEqual(line.dealer_consignment_id, terms)
        self.assertGross(contract, line.price_subtotal * 0.1)
        self.assertEqual(line.invoice_lines.account_id, self.account_owed)
        delivery = self._prepare(contract)
        self._check_and_sign(delivery)
        delivery.action_hand_over()
        self.assertEqual(terms.vehicle_id.place, "with_customer")
        terms.with_user(self.biller).action_settle()
        bill = terms.settlement_ids
        self.assertEqual(bill.amount_total, line.price_subtotal * 0.9)
        bill.action_post()
        entries = self.env["account.move.line"].search(
            [("account_id", "=", self.account_owed.id), ("parent_state", "=", "posted")]
        )
        self.assertAlmostEqual(sum(entries.mapped("balance")), 0.0)

    def test_the_owners_minimum_holds_in_a_contract(self):
        terms = self._create_foreign_car("ZZSDSA1E1TT000003", "consignment", minimum_price=999999.0)
        with self.assertRaisesRegex(UserError, "Olga Owner agreed to no less than"):
            self._create_signed(car=terms.vehicle_id)

    def test_agency_car_through_a_contract(self):
        terms = self._create_foreign_car("ZZSDSA1E1TT000003", "agency", commission_amount=500.0)
        contract = self._create_sold(car=terms.vehicle_id)
        car_line = contract.sudo().order_line_ids.filtered("is_vehicle")
        self.assertGross(contract, 500.0)
        self.assertAlmostEqual(contract.amount_open, contract.amount_total - car_line.price_total)
        self._invoice(contract)
        self._receive(contract, kind="balance")
        self.assertFalse(car_line.invoice_lines)
        self.assertTrue(contract.invoice_ids)
        self.assertTrue(contract._is_invoiced())
        self.assertTrue(contract._is_paid())
        delivery = self._prepare(contract)
        self._check_and_sign(delivery)
        delivery.action_hand_over()
        self.assertEqual(terms.vehicle_id.place, "with_customer")
        terms.with_user(self.biller).action_settle()
        self.assertEqual(terms.settlement_ids.amount_untaxed, 500.0)

    def test_who_sells_insurance_writes_policies(self):
        kind = self.env.ref("dealer_vehicle.dealer_insurance_kind_compulsory")
        for number, user in enumerate((self.advisor, self.fni, self.manager)):
            policy = self.env["dealer.insurance.policy"].with_user(user)
            policy.create(
                {
                    "vehicle_id": self._create_car(f"ZZSDSA1E{'902'[number]}TT00001{number}").id,
                    "kind_id": kind.id,
                    "insurer_id": self.owner.id,
                    "partner_id": self.customer.id,
                    "number": f"P{number}",
                }
            ).premium = 950.0
