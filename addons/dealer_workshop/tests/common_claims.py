from odoo import Command, fields

from .common import WORKSHOP
from .common_billing import DealerWorkshopBillingCommon


class DealerClaimCommon(DealerWorkshopBillingCommon):
    """A maker who pays warranty of our customer's car, an insurer, a warranty administrator, a policy."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls._make_user("w_clerk", WORKSHOP + "warranty_clerk")
        cls.maker = cls.env["res.partner"].create({"name": "Maker Motors", "is_company": True})
        cls.insurer = cls.env["res.partner"].create({"name": "Ping Insurance", "is_company": True})
        cls.brand = cls.env["fleet.vehicle.model.brand"].create({"name": "Claimed Brand", "maker_id": cls.maker.id})
        cls.car.brand_id = cls.brand
        cls._warrant(cls.car)
        cls.policy = cls.env["dealer.claim.policy"].create(
            {
                "company_id": cls.company.id,
                "partner_id": cls.maker.id,
                "date_from": "2020-01-01",
                "tolerance": 5.0,
                "write_off_limit": 100.0,
                "days_to_answer": 20,
                "days_to_keep": 60,
            }
        )

    @classmethod
    def _warrant(cls, car, months=36, km=100000, ago=100):
        """Start the maker's warranty of a car some days ago."""
        return cls.env["dealer.vehicle.warranty"].create(
            {
                "vehicle_id": car.id,
                "kind": "maker",
                "date_start": fields.Date.add(fields.Date.today(), days=-ago),
                "months": months,
                "km": km,
            }
        )

    def _warranty_order(self, parts=1.0, splits=None, **job):
        """Return a settled order whose one job the maker pays: labour of 300, brake pads of 480 each."""
        order = self._make_order()
        order.job_ids.write(
            {
                "cause": "Pads glazed",
                "correction": "Pads replaced",
                "pay_type": "warranty",
                "split_ids": [Command.clear(), *(Command.create(split) for split in splits or [self._split()])],
                **job,
            }
        )
        if parts:
            self._ask(order, parts)
        order.action_check_in()
        return self._settle(order)

    def _split(self, pay_type="warranty", partner=None, share=100.0):
        return {"pay_type": pay_type, "partner_id": (partner or self.maker).id, "share": share}

    def _claim(self, **values):
        """Return the one claim of a new order, as its administrator sees it."""
        claim = self._warranty_order(**values).sudo().claim_ids
        self.assertEqual(len(claim), 1)
        return claim.with_user(self.clerk)

    def _sent(self, **values):
        claim = self._claim(**values)
        claim.action_submit()
        return claim

    def _answer(self, claim, *accepted, reason="Not our fault"):
        """Type the payer's answer: what he accepts of each line, in their order."""
        for line, amount in zip(claim.line_ids, accepted, strict=True):
            whole = amount == line.amount_claimed
            line.write(
                {
                    "answer": "accepted" if whole else ("short" if amount else "refused"),
                    "amount_accepted": amount,
                    "answer_reason": False if whole else reason,
                }
            )
        claim.action_answer()
        return claim
