from datetime import timedelta

from odoo import fields
from odoo.fields import Command

from .test_dealer_contract_money import DealerMoneyCommon

SIGNATURE = b"aGVsbG8="
TRADED_VIN = "ZZSDSA1E3TT000101"


class TradeInCommon(DealerMoneyCommon):
    """An appraiser, a bank with a lien, and the deal everybody can check by head: 46,000 worth, 50,000 allowed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.appraiser = cls._create_user("s2_appraiser", "dealer_sales.group_appraiser")
        cls.bank = cls.env["res.partner"].create({"name": "Car Bank", "is_company": True})
        cls.old_series = cls.env["fleet.vehicle.model"].create({"name": "Lavida", "brand_id": cls.brand.id})
        policy = cls.env.ref("dealer_sales.dealer_trade_in_policy_default")
        policy.write({"valid_days": 7, "tolerance_km": 1000, "tolerance_amount": 500.0, "key_amount": 300.0})
        cls.tomorrow = fields.Date.today() + timedelta(days=1)

    @classmethod
    def _new_trade_in(cls, vin=TRADED_VIN, user=None, **vals):
        values = {
            "partner_id": cls.customer.id,
            "vin": vin,
            "vin_confirmed": True,
            "brand_id": cls.brand.id,
            "series_id": cls.old_series.id,
            "model_year": 2019,
            "odometer_km": 60000,
            **vals,
        }
        return cls.env["dealer.trade.in"].with_user(user or cls.advisor).create(values)

    @classmethod
    def _appraise(cls, trade_in, value=46000.0, limit=50000.0, allowance=50000.0, lien=0.0):
        judged = trade_in.with_user(cls.appraiser)
        judged.write({"value": value, "allowance_limit": limit, "allowance": allowance})
        if lien:
            judged.write({"lien_amount": lien, "lien_partner_id": cls.bank.id, "lien_date": cls.tomorrow})
        judged.action_appraise()
        return trade_in

    @classmethod
    def _appraised(cls, vin=TRADED_VIN, value=46000.0, limit=50000.0, allowance=50000.0, lien=0.0, **vals):
        return cls._appraise(cls._new_trade_in(vin, **vals), value, limit, allowance, lien)

    @classmethod
    def _dear_contract(cls, price=100000.0, **vals):
        """Make a draft contract whose car costs ``price`` with tax."""
        contract = cls._create_contract(**vals)
        (contract.order_line_ids - contract._get_car_lines()).unlink()
        contract._get_car_lines().price_with_tax = price
        return contract

    @classmethod
    def _commit(cls, contract, car=None):
        cls._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE, ip="192.0.2.1")
        contract.action_allocate((car or cls.car).id)
        return contract

    @classmethod
    def _deal(cls, *trade_ins, price=100000.0, car=None, **vals):
        """Make a signed contract with a car and these trade-ins."""
        contract = cls._dear_contract(price, **vals)
        for trade_in in trade_ins:
            trade_in.with_user(cls.advisor)._attach(contract)
        return cls._commit(contract, car)

    @classmethod
    def _recheck(cls, trade_in, **vals):
        values = {"recheck_km": trade_in.odometer_km + 500, "recheck_keys": 2}
        if trade_in.lien_amount:
            values["recheck_lien_amount"] = trade_in.lien_amount
        trade_in.with_user(cls.appraiser).write({**values, **vals})
        return trade_in.with_user(cls.appraiser)

    @classmethod
    def _receive_car(cls, trade_in, **vals):
        cls._recheck(trade_in, **vals).action_receive()
        trade_in.invalidate_recordset()
        return trade_in.sudo()

    @classmethod
    def _hand_over(cls, contract):
        contract.action_prepare_delivery()
        delivery = contract.delivery_ids
        delivery.line_ids.action_toggle()
        delivery._sign_protocol("Anna Buyer", SIGNATURE)
        delivery.action_hand_over()
        return delivery

    def balance(self, account, partner=None):
        domain = [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        if partner:
            domain.append(("partner_id", "=", partner.id))
        lines = self.env["account.move.line"].search(domain)
        return round(sum(lines.mapped("balance")), 2)

    def open_balance(self, lines):
        return round(sum(lines.mapped("amount_residual")), 2)

    def stock_value(self, car):
        return round(car.sudo().cost, 2)

    @classmethod
    def _another_company(cls):
        company = cls.env["res.company"].create({"name": "Other House"})
        user = cls._create_user("s2_other_manager", "dealer_sales.group_sales_manager", company)
        user.company_ids = [Command.set(company.ids)]
        return company, user
