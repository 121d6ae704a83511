from odoo import api, fields, models

from odoo.addons.dealer_vehicle.tools import vin as vin_tools

ADVISOR = "dealer_workshop.group_service_advisor"


class DealerCampaignCar(models.Model):
    """A VIN of a campaign, and the task on the car once we know it."""

    _name = "dealer.campaign.car"
    _description = "Car of a Campaign"
    _inherit = ["dealer.protected.mixin"]
    _order = "id"
    _rec_name = "vin"
    _check_company_auto = True

    _protected_fields = frozenset(
        {"campaign_id", "vin", "vehicle_id", "task_id", "company_id", "state", "is_vin_doubtful"}
    )

    campaign_id = fields.Many2one("dealer.campaign", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="campaign_id.company_id", store=True, index=True, precompute=True)
    vin = fields.Char("VIN", required=True, readonly=True)
    vehicle_id = fields.Many2one("dealer.vehicle", "Car", readonly=True, index="btree_not_null", ondelete="set null")
    plate = fields.Char(related="vehicle_id.plate")
    owner_id = fields.Many2one(related="vehicle_id.owner_id")
    owner_phone = fields.Char(related="vehicle_id.owner_id.phone", string="Phone")
    task_id = fields.Many2one("dealer.vehicle.task", "Task", readonly=True, index="btree_not_null", ondelete="set null")
    state = fields.Selection(
        [("waiting", "Car Not Known"), ("open", "Open"), ("done", "Done"), ("cancelled", "Cancelled")],
        compute="_compute_state",
        store=True,
        index=True,
    )

    is_vin_doubtful = fields.Boolean(
        "Doubtful VIN",
        compute="_compute_is_vin_doubtful",
        store=True,
        precompute=True,
        help="Its check digit is wrong where the market of the car prescribes one, and no car of ours bears it.",
    )
    vin_warning = fields.Char("Remark", compute="_compute_vin_warning")

    _vin_uniq = models.UniqueIndex("(campaign_id, vin)", "This VIN is in the campaign already.")
    _waiting_idx = models.Index("(vin) WHERE vehicle_id IS NULL")

    @api.depends("vehicle_id", "task_id.state")
    def _compute_state(self):
        for row in self:
            if not row.vehicle_id:
                row.state = "waiting"
            else:
                row.state = row.task_id.state or "open"

    @api.depends("vin", "vehicle_id")
    def _compute_is_vin_doubtful(self):
        # A car we have was compared with its papers when it got its VIN.
        for row in self:
            row.is_vin_doubtful = not row.vehicle_id and vin_tools.is_doubtful(row.vin or "")

    @api.depends("is_vin_doubtful", "vin")
    def _compute_vin_warning(self):
        Vehicle = self.env["dealer.vehicle"]
        for row in self:
            row.vin_warning = row.is_vin_doubtful and Vehicle._get_vin_warning(row.vin)

    # --- business -----------------------------------------------------------------------

    def _open_tasks(self):
        """Write on the cars what the campaign wants done, and the stop-sale when it says so."""
        rows = self.filtered(lambda row: row.vehicle_id and not row.task_id)
        tasks = (
            self.env["dealer.vehicle.task"]
            .with_context(tracking_disable=True, mail_create_nolog=True, mail_create_nosubscribe=True)
            .create([row._prepare_task() for row in rows])
        )
        for row, task in zip(rows, tasks, strict=True):
            row.task_id = task
        rows.filtered("campaign_id.has_stop_sale").vehicle_id.vin_id.write({"has_stop_sale": True})

    def _prepare_task(self):
        campaign = self.campaign_id
        return {
            "vehicle_id": self.vehicle_id.id,
            "kind": "recall",
            "name": campaign.display_name,
            "date_due": campaign.date_due,
            # Not env.ref(), which asks the database each time whether the group still exists.
            "role_id": self.env["ir.model.data"]._xmlid_to_res_id(ADVISOR),
            "is_before_delivery": True,
            "note": campaign.description,
        }

    @api.model
    def _cars_appeared(self, cars):
        """Give cars that were made or got their VIN now the tasks that wait for them.

        :param cars: ``dealer.vehicle``
        """
        by_key = {(car.vin, car.company_id): car for car in cars if car.vin}
        if not by_key:
            return
        # Narrow sudo: a recall finds its car whoever registers it.
        waiting = self.sudo().search([("vehicle_id", "=", False), ("vin", "in", [vin for vin, _company in by_key])])
        for row in waiting:
            row.vehicle_id = by_key.get((row.vin, row.company_id), False)
        waiting.filtered(lambda row: row.campaign_id.state == "running")._open_tasks()
        for campaign in self.env["dealer.campaign"].sudo().search([("state", "=", "running")]):
            if campaign._has_criteria():
                fitting = cars.sudo().filtered_domain(campaign._get_criteria_domain())
                campaign._add_cars({car.vin: car for car in fitting})


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    @api.model_create_multi
    def create(self, vals_list):
        cars = super().create(vals_list)
        self.env["dealer.campaign.car"]._cars_appeared(cars)
        return cars

    def write(self, vals):
        result = super().write(vals)
        if vals.get("vin"):
            self.env["dealer.campaign.car"]._cars_appeared(self)
        return result

    @api.model
    def _bulk_create(self, vals_list):
        cars = super()._bulk_create(vals_list)
        self.env["dealer.campaign.car"]._cars_appeared(cars)
        return cars


class DealerVehicleTask(models.Model):
    _inherit = "dealer.vehicle.task"

    campaign_car_ids = fields.One2many("dealer.campaign.car", "task_id", "Campaigns", readonly=True)

    def _action_close(self, state):
        result = super()._action_close(state)
        self.filtered(lambda task: task.kind == "recall")._lift_stop_sales()
        return result

    def _lift_stop_sales(self):
        """Lift the stop-sale of cars on which no campaign that forbids the sale is open any more."""
        # Narrow sudo: the work was declared done, which was checked; the stop-sale belongs to every company.
        identities = self.sudo().campaign_car_ids.filtered("campaign_id.has_stop_sale").vehicle_id.vin_id
        if not identities:
            return
        still = (
            self.env["dealer.campaign.car"]
            .sudo()
            .search(
                [
                    ("vin", "in", identities.mapped("vin")),
                    ("campaign_id.has_stop_sale", "=", True),
                    ("campaign_id.state", "=", "running"),
                    ("state", "=", "open"),
                ]
            )
        )
        blocked = set(still.mapped("vin"))
        identities.filtered(lambda one: one.vin not in blocked).write({"has_stop_sale": False})
