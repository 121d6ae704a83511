from odoo import Command, api, fields, models


class DealerVehicleWriteDownPlan(models.TransientModel):
    """Proposes what demonstrators and courtesy cars lose up to a day, and posts it."""

    _name = "dealer.vehicle.write.down.plan"
    _description = "Write Down Cars in Own Use"

    date_to = fields.Date(
        "Up to", required=True, default=lambda self: self.env["dealer.vehicle.own.use"]._get_last_month_end()
    )
    own_use_ids = fields.Many2many(
        "dealer.vehicle.own.use", string="Selected Cars", help="Empty: all cars here with something due."
    )
    line_ids = fields.One2many(
        "dealer.vehicle.write.down.plan.line",
        "plan_id",
        "Cars",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    currency_id = fields.Many2one("res.currency", default=lambda self: self.env.company.currency_id)
    total = fields.Monetary(compute="_compute_total")

    @api.depends("date_to", "own_use_ids")
    def _compute_line_ids(self):
        for plan in self:
            due = plan._get_uses()._get_write_downs_due(plan.date_to) if plan.date_to else {}
            plan.line_ids = [Command.clear()] + [
                Command.create(
                    {
                        "own_use_id": use_id,
                        "month_count": len(months),
                        "amount": sum(amount for _month, amount in months),
                    }
                )
                for use_id, months in due.items()
                if months
            ]

    @api.depends("line_ids.amount")
    def _compute_total(self):
        for plan in self:
            plan.total = sum(plan.line_ids.mapped("amount"))

    def _get_uses(self):
        """Return the chosen cars' own uses, or all with something due in the user's company."""
        self.ensure_one()
        due = self.own_use_ids._origin or self.own_use_ids._search_write_downs_due(self.date_to)
        # The total is in one currency.
        return due.filtered(lambda use: self.own_use_ids or use.company_id == self.env.company)

    def action_post(self):
        """Post the write-downs and show them.

        :raises UserError: the company has no account for it
        """
        self.ensure_one()
        created = self._get_uses()._post_write_downs(self.date_to)
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_write_down_action")
        return {**action, "domain": [("id", "in", created.ids)], "context": {}}


class DealerVehicleWriteDownPlanLine(models.TransientModel):
    _name = "dealer.vehicle.write.down.plan.line"
    _description = "Car to Write Down"

    plan_id = fields.Many2one("dealer.vehicle.write.down.plan", required=True, ondelete="cascade")
    own_use_id = fields.Many2one("dealer.vehicle.own.use", "Car", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="own_use_id.currency_id")
    month_count = fields.Integer("Months", readonly=True)
    amount = fields.Monetary(readonly=True)
