from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import freeze_time

from odoo.addons.dealer_vehicle.tools.vin import check_digit

from .test_dealer_delivery import DealerDeliveryCommon

NOON = "2026-03-10 11:00:00"


class DealerResultsCommon(DealerDeliveryCommon):
    """Deals that count, on days the test chooses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team = cls.env["crm.team"].create(
            {"name": "New Cars", "user_id": cls.manager.id, "company_id": cls.company.id, "member_ids": cls.advisor.ids}
        )
        cls.general_manager = cls._create_user("results_gm", "dealer_vehicle.group_general_manager")
        cls.vin_count = 0

    @classmethod
    def _new_car(cls):
        """Put one more car of the trim into stock."""
        cls.vin_count += 1
        vin = f"LSVZZZ0D0RN{100000 + cls.vin_count}"
        return cls._create_car(f"{vin[:8]}{check_digit(vin)}{vin[9:]}")

    def _sell(self, day=NOON, car=None, **vals):
        """Take a deal through all its steps on a day (UTC).

        :return: ``dealer.contract``
        """
        with freeze_time(day):
            contract = self._create_paid(car=car or self._new_car(), **vals)
            contract.sudo().sale_order_id.team_id = self.team
            self._hand_over(contract)
        return contract.sudo()

    def _read_gross_again(self):
        """Mark the gross of the last months, as each night, and read what is marked."""
        self.env["dealer.sales.result"]._cron_refresh_gross()
        self.env["dealer.sales.result"]._cron_count()

    def _hand_over(self, contract):
        delivery = self._prepare(contract, user=contract.user_id)
        self._check_and_sign(delivery)
        delivery.action_hand_over()
        return delivery

    @contextmanager
    def _gross(self, front, back=0.0):
        """Let every deal earn so much, whatever the cars cost."""
        parts = [
            {"code": "car", "label": "Car", "side": "front", "amount": front},
            {"code": "loan", "label": "Loan", "side": "back", "amount": back},
        ]
        with patch.object(self.registry["dealer.contract"], "_get_gross_parts", lambda contract: parts):
            yield
