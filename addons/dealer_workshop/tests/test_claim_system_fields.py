from odoo import Command
from odoo.tests import tagged

from odoo.addons.dealer_vehicle.tests.common_system_fields import SystemFieldsMixin

from .test_claim_payment import ClaimMoneyCommon

ROLES = (
    "dealer_workshop.group_warranty_clerk",
    "dealer_workshop.group_service_advisor",
    "dealer_workshop.group_workshop_manager",
    "dealer_parts.group_parts_keeper",
    "dealer_vehicle.group_dealer_admin",
    "account.group_account_manager",
)


@tagged("post_install", "-at_install", "dealer")
class TestClaimSystemFields(SystemFieldsMixin, ClaimMoneyCommon):
    """What claims compute or write by their steps is refused, or computed again, when a role types it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = [cls._make_user(f"cs_{role.split('.')[1]}", f"base.group_user,{role}") for role in ROLES]

    def _is_ours(self, record, name):
        field = record._fields[name]
        is_protected = hasattr(record, "_get_protected_fields") and name in record._get_protected_fields()
        return is_protected or (field.readonly and "dealer_workshop" in field._modules)

    def _records(self):
        draft, answered, insured = self._claim(), self._sent(), self._insured()
        answered.action_accept_all()
        insured.action_accept_all()
        back = self.env["dealer.claim.chargeback"].with_user(self.clerk)
        back = back.create({"claim_id": answered.id, "amount": 5.0, "reason": "Audit"})
        campaign = self.env["dealer.campaign"].create(
            {"code": "SF-1", "name": "X", "brand_id": self.brand.id, "company_id": self.company.id}
        )
        campaign._add_vins([self.car.vin])
        campaign.action_start()
        accident = self.env["dealer.accident"].create({"company_id": self.company.id})
        case = self.env["dealer.accident.case"].create(
            {
                "accident_id": accident.id,
                "vehicle_id": self.car.id,
                "insurer_id": self.insurer.id,
                "line_ids": [Command.create({"name": "Bonnet", "amount_estimated": 10.0})],
            }
        )
        payment = self._payment([(insured, insured.amount_open, "open")])
        sent = self._sent()
        return [
            record.sudo()
            for record in (
                *(draft, sent, answered, sent.line_ids[0], draft.part_ids, back, answered.batch_id),
                *(campaign, campaign.car_ids, case, case.line_ids, payment),
            )
        ]

    def test_no_role_types_what_the_system_writes(self):
        expected = {
            ("dealer.claim", "state"),
            ("dealer.claim", "variance_state"),
            ("dealer.claim", "override_user_id"),
            ("dealer.claim.line", "amount_claimed"),
            ("dealer.claim.line", "amount_decided"),
            ("dealer.claim.part", "state"),
            ("dealer.claim.chargeback", "announced_by_id"),
            ("dealer.campaign", "state"),
            ("dealer.accident.case", "state"),
            ("dealer.claim.payment", "state"),
        }
        self.assertNobodyTypes(self._records(), self.users, expected)
