from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..tools import write_down
from .cost_rights import COST_GROUP


class DealerVehicleWriteDown(models.Model):
    """What one month of own use took off the cost of a car; posted, once a month (P6)."""

    _name = "dealer.vehicle.write.down"
    _description = "Write-down of a Car"
    _order = "month desc, id desc"
    _rec_name = "vehicle_id"
    _check_company_auto = True

    own_use_id = fields.Many2one(
        "dealer.vehicle.own.use", "Own Use", required=True, readonly=True, index=True, ondelete="restrict"
    )
    vehicle_id = fields.Many2one(related="own_use_id.vehicle_id", store=True, index=True)
    company_id = fields.Many2one(related="own_use_id.company_id", store=True, index=True)
    arrival_id = fields.Many2one(related="own_use_id.arrival_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    month = fields.Date(required=True, readonly=True, help="Its first day.")
    amount = fields.Monetary(required=True, readonly=True, help="Positive: taken off the cost of the car.")
    landed_cost_id = fields.Many2one(
        "stock.landed.cost", "Posted with", required=True, readonly=True, check_company=True
    )

    undone_cost_id = fields.Many2one(
        "stock.landed.cost", "Taken Back with", readonly=True, check_company=True, help="The car went back."
    )

    # A second use of the same car repeats no month; a car bought back begins anew.
    _month_uniq = models.UniqueIndex(
        "(vehicle_id, month, coalesce(arrival_id, 0))", "This car was written down for that month already."
    )
    _amount_positive = models.Constraint("CHECK (amount > 0)", "A write-down takes something off.")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_posted(self):
        raise UserError(self.env._("A write-down is posted. Correct it by an entry on the car's cost."))

    def action_open_write_down(self):
        """Open the proposal of what to write down for all cars here."""
        return self.env["dealer.vehicle.own.use"].action_open_write_down()


class DealerVehicleOwnUse(models.Model):
    _inherit = "dealer.vehicle.own.use"

    is_write_down_due = fields.Boolean(
        compute="_compute_is_write_down_due",
        search="_search_is_write_down_due",
        compute_sudo=True,
        groups=COST_GROUP,
        help="A month that ended is not written down yet.",
    )

    @api.depends("write_down_ids", "date_to", "vehicle_id.place")
    def _compute_is_write_down_due(self):
        due = self._get_write_downs_due(self._get_last_month_end())
        for use in self:
            use.is_write_down_due = bool(due.get(use.id))

    @api.model
    def _search_is_write_down_due(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("id", "in", self._search_write_downs_due(self._get_last_month_end()).ids)

    @api.model
    def _search_write_downs_due(self, date):
        """Return the own uses of cars still here with something to write down up to a day.

        What a sold car was not written down for is in its cost of goods sold: it is written down when somebody
        chooses it, not proposed.

        :param date date: last day that counts
        """
        here = self.search(
            Domain("vehicle_id.place", "in", ("at_site", "in_transit"))
            & Domain("company_id", "in", self.env.companies.ids)
            & Domain("date_from", "<=", date)
        )
        due = here._get_write_downs_due(date)
        return here.filtered(lambda use: due[use.id])

    def _get_write_downs_due(self, date):
        """Return what is still to be written down up to a day, from the rates that hold in each month.

        Nothing is due for a car that went back or was lost, nor for one that has come in anew since.

        :param date date: last day that counts; a month counts once it has ended
        :return: {own use id: list of (first day of the month, amount in company currency)}
        Source: P6
        """
        result = {}
        Policy = self.env["dealer.vehicle.own.use.policy"].sudo()
        arrivals = self.sudo().vehicle_id._get_arrivals()
        for use in self.sudo():
            written, due = sum(use.write_down_ids.mapped("amount")), []
            until = min(date, use.date_to or date)
            if use.vehicle_id.place == "gone" or use.arrival_id != arrivals[use.vehicle_id.id]:
                until = use.date_from
            for month in write_down.months_due(use.date_from, until, use._get_written_months()):
                rule = Policy._get_rule(use.company_id, use.vehicle_id.brand_id, use.kind, month)
                amount = use.currency_id.round(
                    write_down.amount_due(use.cost_from, rule.write_down_percent, written, rule.lowest_percent)
                )
                if amount > 0:
                    due.append((month, amount))
                    written += amount
            result[use.id] = due
        return result

    def _get_written_months(self):
        """Return the first days of the months the car was written down for since it came in, in whatever use."""
        self.ensure_one()
        rows = self.vehicle_id.own_use_ids.filtered(lambda use: use.arrival_id == self.arrival_id).write_down_ids
        return set(rows.mapped("month"))

    def _post_write_downs(self, date):
        """Take the write-downs due up to a day off the cost of the cars; posts nothing the second time.

        :param date date: accounting date and last day that counts
        :return: the new ``dealer.vehicle.write.down``
        :raises AccessError: the user does not post entries or sees no costs
        :raises UserError: the company has no account for it, or the day is to come
        """
        if not self.env.user.has_group(COST_GROUP) or not self.env.user.has_groups(
            "account.group_account_invoice,dealer_vehicle.group_dealer_admin"
        ):
            raise AccessError(self.env._("Cars are written down by the accountant."))
        if date > fields.Date.context_today(self):
            raise UserError(self.env._("Cars are written down for months that have ended: choose a day up to today."))
        self.check_access("read")
        self.vehicle_id.sudo()._lock_for_hold()
        self.vehicle_id.own_use_ids.invalidate_recordset(["write_down_ids"])
        due = self._get_write_downs_due(date)
        created = self.env["dealer.vehicle.write.down"].sudo()
        for use in self.sudo().filtered(lambda use: due[use.id]):
            created += use._post_months(due[use.id], date)
        return created.with_env(self.env)

    def _post_months(self, months, date):
        account = self.company_id.dealer_write_down_account_id
        if not account:
            raise UserError(
                self.env._(
                    "%(company)s has no account for write-downs of demonstrators. Name it in the settings of Vehicles.",
                    company=self.company_id.name,
                )
            )
        total = sum(amount for _month, amount in months)
        name = self.env._("Write-down of %(car)s", car=self.vehicle_id.display_name)
        cost = self.vehicle_id._capitalise(-total, name, account, date)
        return self.env["dealer.vehicle.write.down"].create(
            [
                {"own_use_id": self.id, "month": month, "amount": amount, "landed_cost_id": cost.id}
                for month, amount in months
            ]
        )

    @api.model
    def _get_last_month_end(self):
        """Return the last day of the month before this one, in the user's timezone."""
        return fields.Date.context_today(self).replace(day=1) - relativedelta(days=1)

    def action_open_write_down(self):
        """Open the proposal of what to write down, for these cars; without any for all here with something due."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write Down"),
            "res_model": "dealer.vehicle.write.down.plan",
            "view_mode": "form",
            "target": "new",
            "context": {"default_own_use_ids": self.ids},
        }
