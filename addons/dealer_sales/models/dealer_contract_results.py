from datetime import datetime

import pytz

from odoo import api, fields, models

from .dealer_sales_result import AMOUNTS


class DealerContract(models.Model):
    """When a deal counts as a result, for whom, and what it earned (P15)."""

    _inherit = "dealer.contract"

    result_ids = fields.One2many("dealer.sales.result", "contract_id", "Results", groups="base.group_user")
    result_count = fields.Integer(
        "Rows of Results",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="0: never counted. Lets every step before the hand-over pass without a query.",
    )
    seller_ids = fields.One2many(
        "dealer.contract.seller", "contract_id", "Shares in the Deal", groups="base.group_user"
    )

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"result_ids", "result_count"}

    # === Counting ===
    def _gates_changed(self):
        super()._gates_changed()
        self.sudo()._count_results()  # a result is a fact, whoever's act made it true

    def _count_results(self):
        """Make the rows of cars that count from now on, and take back those that do no longer. Superuser."""
        for contract in self:
            contract._count_result()

    def _count_result(self):
        """Make the rows of cars that count from now on, and take back those that do no longer.

        Before the hand-over this reads and writes nothing. The contract's row is written first: of two acts that make
        the facts true at once the later one is run again and sees the earlier.
        """
        self.ensure_one()
        cars = self._get_counting_cars()
        if not cars and not self.result_count:
            return
        last = self._get_last_results()
        standing = self.env["dealer.vehicle"].union(*(car for car, row in last.items() if row.units > 0))
        vals_list = [self._prepare_result(car, last.get(car)) for car in cars - standing]
        vals_list += [self._prepare_reversal(last[car]) for car in standing - cars]
        if vals_list:
            self.write({"result_count": self.result_count + len(vals_list)})
            self.flush_recordset(["result_count"])
            self.env["dealer.sales.result"].create(vals_list)

    def _get_last_results(self):
        """Return the newest row of each car of this contract.

        :return: {``dealer.vehicle``: ``dealer.sales.result``}
        """
        if not self.result_count:
            return {}
        return {row.vehicle_id: row for row in self.result_ids.sorted("number")}

    def _get_counting_cars(self):
        """Return the cars of this contract for which all three facts hold now.

        :return: ``dealer.vehicle``
        Source: P15.
        """
        self.ensure_one()
        none = self.env["dealer.vehicle"]
        if self.state != "signed":
            return none
        cars = self._get_cars_handed_over()
        return cars if cars and self._is_paid_or_funded() and self._is_reported() else none

    def _get_cars_handed_over(self):
        """Return the cars of this contract that are with the customer. Hook: what came back is not."""
        gone = self.delivery_ids.filtered(lambda delivery: delivery.state == "done").vehicle_id
        return gone & self._get_car_lines().dealer_vehicle_id

    def _is_paid_or_funded(self):
        """Return whether the customer paid his part and the lenders theirs."""
        if not self._is_paid():
            return False
        loans = [share for share in self._get_shares_of_others() if share["code"] == "loan"]
        return all(self.currency_id.compare_amounts(loan["received"], loan["expected"]) >= 0 for loan in loans)

    @api.model
    def _search_missed_results(self):
        """Return the deals handed over that do not count yet, superuser, newest first: old ones seldom change."""
        domain = [("state", "=", "signed"), ("result_count", "=", 0), ("delivery_ids.state", "=", "done")]
        return self.sudo().search(domain, order="id desc")

    def _count_missed_results(self):
        """Count those of these deals whose last fact came true without telling the contract (bank file, other system).

        A net under ``_gates_changed``: one failing deal is logged and stops no other.
        """
        # Superuser: results are the system's rows
        self.sudo()._try_in_batches("_count_results", "The result of %s could not be counted")

    def _prepare_result(self, vehicle, before):
        """Return the values of the row that counts a car.

        :param vehicle: ``dealer.vehicle``
        :param before: its newest row, a return, or None
        """
        line = self._get_car_lines().filtered(lambda line: line.dealer_vehicle_id == vehicle)[:1]
        others = self.amount_total - self.amount_car
        cars = len(self._get_car_lines().dealer_vehicle_id)
        return {
            "contract_id": self.id,
            "vehicle_id": vehicle.id,
            "number": before.number + 1 if before else 1,
            "units": 1,
            "date": self._get_site_today(),
            "amount_car": self._to_company_currency(line.price_total),
            "amount_total": self._to_company_currency(line.price_total + others / cars),
            **self._prepare_result_dimensions(vehicle),
        }

    def _prepare_result_dimensions(self, vehicle):
        """Return by what a result is looked at, as it is today. Hook."""
        return {
            "company_id": self.company_id.id,
            "site_id": self.site_id.id,
            "user_id": self.user_id.id,
            "team_id": self.sale_order_id.team_id.id,
            "partner_id": self.partner_id.id,
            "region_id": self.partner_id.state_id.id,
            "source_id": self.lead_id.source_id.id,
            "brand_id": vehicle.brand_id.id,
            "series_id": vehicle.series_id.id,
            "product_id": vehicle.product_id.id,
            "condition": vehicle.condition,
            "kind": self.kind,
        }

    def _prepare_reversal(self, sale):
        """Return the values of the row that takes a sale back.

        :param sale: ``dealer.sales.result`` that counted
        """
        return {
            **sale.copy_data()[0],
            **{name: -sale[name] for name in AMOUNTS},
            "number": sale.number + 1,
            "units": -1,
            "origin_id": sale.id,
            "date": self._get_site_today(),
        }

    def _get_site_today(self):
        """Return the day at the site of this contract (not UTC).

        :return: date
        """
        zone = self.site_id.partner_id.tz or self.company_id.partner_id.tz or "UTC"
        now = pytz.utc.localize(fields.Datetime.now())
        return datetime.date(now.astimezone(pytz.timezone(zone)))

    def _to_company_currency(self, amount):
        company = self.company_id.currency_id
        if self.currency_id == company:
            return company.round(amount)
        return self.currency_id._convert(amount, company, self.company_id, self._get_site_today())

    def _get_result_gross(self, cars):
        """Return what one car of the deal earned, part by part.

        :param int cars: of the contract; each bears the same part
        :return: list of [code, side, amount in company currency], each code and side once
        """
        self.ensure_one()
        parts = {}
        for part in self._get_gross_parts():
            key = part["code"], part["side"]
            parts[key] = parts.get(key, 0.0) + self._to_company_currency(part["amount"] / cars)
        return [[code, side, self.company_id.currency_id.round(amount)] for (code, side), amount in parts.items()]

    # === For whom ===
    def _get_sellers(self, role):
        """Return who shares this deal in a role, the shares together 100 when anybody does.

        Others than the person in charge stand on their own lines; the rest is his.

        :param str role: ``advisor``, ``manager`` or ``fni``
        :return: {``res.users``: percent (float)}
        """
        self.ensure_one()
        shares = {line.user_id: line.share for line in self.seller_ids if line.role == role}
        rest = 100.0 - sum(shares.values())
        person = self._get_person_in_charge(role)
        if person and rest > 0:
            shares[person] = shares.get(person, 0.0) + rest
        return shares

    def _get_person_in_charge(self, role):
        """Return who has a role in this deal when nobody is named. Hook.

        :return: ``res.users``, may be empty
        """
        if role == "advisor":
            return self.user_id
        return self.sale_order_id.team_id.user_id if role == "manager" else self.env["res.users"]

    def action_view_results(self):
        """Open the rows of results of these contracts."""
        return self.result_ids._get_records_action(name=self.env._("Results"), context={"create": False})
