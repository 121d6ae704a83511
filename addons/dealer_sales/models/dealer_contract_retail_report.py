from odoo import api, fields, models
from odoo.exceptions import UserError

from .dealer_retail_report import REPORTED


class DealerContract(models.Model):
    """What the maker is told of a sale (P28)."""

    _inherit = "dealer.contract"

    retail_report_ids = fields.One2many(
        "dealer.retail.report", "contract_id", "Retail reports", groups="base.group_user"
    )

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"retail_report_ids"}

    def _get_cars_to_report(self):
        """Return the cars whose maker wants to know of the sale: new ones of his brand."""
        self.ensure_one()
        cars = self._get_car_lines().dealer_vehicle_id
        return cars.filtered(lambda car: car.condition == "new" and car.brand_id.has_retail_report)

    def _is_reported(self):
        """Return whether the maker knows of every car he wants to know of; others pass without a query."""
        wanted = self._get_cars_to_report()
        if not wanted:
            return super()._is_reported()
        # A yes or no, also for who sees no report
        known = self.sudo().retail_report_ids.filtered(lambda report: report.state in REPORTED).vehicle_id
        return wanted <= known and super()._is_reported()

    def action_report_sale(self):
        """Open the reports of this sale, made before the hand-over where the house reports early.

        :return: action on the reports
        :raises UserError: the maker wants no report, or the contract is not signed
        """
        self.ensure_one()
        self.env["dealer.retail.report"].check_access("write")
        refusal = self._get_binding_refusal()
        cars = self._get_cars_to_report()
        if refusal or not cars:
            raise UserError(
                refusal or self.env._("%(contract)s: no maker wants a report of this sale.", contract=self.display_name)
            )
        reports = self.sudo()._make_reports(cars)  # through this button only, after the checks above
        return reports.sudo(False)._get_records_action(name=self.env._("Retail reports"), context={"create": False})

    def _make_reports(self, cars, date=False):
        """Make the reports of cars that have none, and say when they were handed over. Superuser.

        :param cars: ``dealer.vehicle`` of this contract
        :param date date: of the hand-over, or False before it
        :return: all live ``dealer.retail.report`` of the cars
        """
        live = self.retail_report_ids.filtered(lambda r: r.state != "reversed" and r.vehicle_id in cars)
        today = fields.Date.context_today(self)
        live |= live.create(
            [
                {
                    "contract_id": self.id,
                    "vehicle_id": car.id,
                    "date_due": fields.Date.add(date or today, days=car.brand_id.retail_report_days),
                }
                for car in cars - live.vehicle_id
            ]
        )
        if date:
            live.write({"date_handed_over": date})
        return live

    def _action_cancel(self, reason):
        result = super()._action_cancel(reason)
        for contract in self:
            contract._reverse_reports()
        return result

    def _reverse_reports(self, cars=None):
        """Take back what the maker was told: the sale is no sale any more. Superuser.

        :param cars: ``dealer.vehicle`` that came back; default every car of the contract
        """
        live = self.retail_report_ids.filtered(lambda r: r.state != "reversed")
        for report in live.filtered(lambda r: not cars or r.vehicle_id in cars):
            report._action_reverse(self.env.user)
