from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class DealerRegistration(models.Model):
    """The way of one sold car to its plates and papers; it may go on after the keys (P27)."""

    _name = "dealer.registration"
    _description = "Registration of a Car"
    _inherit = ["dealer.protected.mixin", "dealer.overdue.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_due, id"
    _rec_names_search = ["contract_id.name", "partner_id.name", "vehicle_id"]
    _check_company_auto = True

    _protected_fields = frozenset(
        {
            "contract_id",
            "vehicle_id",
            "company_id",
            "site_id",
            "partner_id",
            "state",
            "date_done",
            "next_step_id",
            "next_code",
            "date_due",
            "settlement_move_id",
        }
    )

    contract_id = fields.Many2one("dealer.contract", required=True, readonly=True, index=True, ondelete="restrict")
    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, readonly=True, index=True, check_company=True, ondelete="restrict"
    )
    vin = fields.Char(related="vehicle_id.vin", string="VIN")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    site_id = fields.Many2one(related="contract_id.site_id", store=True, index=True)
    partner_id = fields.Many2one("res.partner", "Registered owner", required=True, readonly=True, index=True)
    phone = fields.Char(related="partner_id.phone")
    user_id = fields.Many2one(
        "res.users",
        "Registration clerk",
        index=True,
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    state = fields.Selection(
        [("open", "In progress"), ("done", "Done"), ("cancelled", "Cancelled")],
        default="open",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
        copy=False,
    )
    step_ids = fields.One2many("dealer.registration.step", "registration_id", "Steps")
    next_step_id = fields.Many2one("dealer.registration.step", "Next step", compute="_compute_next", store=True)
    next_code = fields.Selection(related="next_step_id.code", store=True, index=True, string="Waits for")
    date_due = fields.Date("Due on", compute="_compute_next", store=True, index=True)
    date_done = fields.Date("Closed on", readonly=True, copy=False)
    fee_total = fields.Monetary("Fees paid", compute="_compute_fees", store=True)
    fee_collected = fields.Monetary(
        "Collected", compute="_compute_collected", compute_sudo=True, help="Pass-through lines of the steps' products."
    )
    fee_difference = fields.Monetary(
        "Left of the collected money",
        compute="_compute_collected",
        compute_sudo=True,
        help="Collected less paid: what is still to be paid to the authorities, or given back to the customer.",
    )
    note = fields.Text()

    _live_uniq = models.UniqueIndex(
        "(contract_id, vehicle_id) WHERE state != 'cancelled'", "This car of the contract has a registration already."
    )
    _worklist_idx = models.Index("(company_id, date_due) WHERE state = 'open'")

    @api.depends("vehicle_id.display_name", "partner_id.name")
    def _compute_display_name(self):
        for registration in self:
            parts = (registration.partner_id.name, registration.vehicle_id.display_name)
            registration.display_name = " · ".join(filter(None, parts))

    @api.depends("step_ids.state", "step_ids.date_due", "step_ids.sequence", "state")
    def _compute_next(self):
        for registration in self:
            steps = registration.step_ids.filtered(lambda step: step.state == "open").sorted("sequence")
            registration.next_step_id = steps[:1] if registration.state == "open" else False
            registration.date_due = registration.next_step_id.date_due

    @api.depends("step_ids.fee")
    def _compute_fees(self):
        for registration in self:
            registration.fee_total = sum(registration.step_ids.mapped("fee"))

    @api.depends("step_ids.product_id", "contract_id.order_line_ids.price_total", "fee_total")
    def _compute_collected(self):
        for registration in self:
            contract, company = registration.contract_id, registration.company_id
            collected = sum(registration._get_collected_lines().mapped("price_total"))
            cars = len(contract._get_car_lines().dealer_vehicle_id) or 1
            registration.fee_collected = company.currency_id.round(contract._to_company_currency(collected) / cars)
            registration.fee_difference = registration.fee_collected - registration.fee_total

    def _get_collected_lines(self):
        """Return the price lines with which the customer gave us the money for the steps; none of a deal that ended."""
        self.ensure_one()
        products, contract = self.step_ids.product_id, self.contract_id
        return contract.order_line_ids.filtered(
            lambda line: (
                line.product_id in products and line.nature == "pass_through" and contract.state != "cancelled"
            )
        )

    # === CRUD ===
    @api.model
    def _get_protected_hint(self):
        return self.env._("They follow from the contract and the steps.")

    # === Actions ===
    def action_take(self):
        """Make these registrations the current user's."""
        self.write({"user_id": self.env.uid})
        return True

    def action_close(self):
        """Close registrations whose required steps are done.

        :raises UserError: naming the steps that are open
        """
        self.check_access("write")
        for registration in self:
            missing = registration.step_ids.filtered(lambda step: step.state == "open" and step.is_required)
            if missing:
                raise UserError(
                    self.env._(
                        "%(registration)s still waits for: %(steps)s.",
                        registration=registration.display_name,
                        steps=", ".join(missing.mapped("name")),
                    )
                )
            registration._close()
        return True

    def _close(self):
        # The state follows from the steps: written by the system alone
        self.sudo().write({"state": "done", "date_done": fields.Date.context_today(self)})

    def action_view_vehicle(self):
        """Open the car."""
        self.ensure_one()
        return self.vehicle_id._get_records_action()

    @api.model
    def _prepare(self, contract, vehicle):
        """Return the values of the registration of one car of a contract.

        :param contract: ``dealer.contract``
        :param vehicle: ``dealer.vehicle``
        """
        today = fields.Date.context_today(self)
        rows = self.env["dealer.registration.template"]._get_rows(contract.company_id, vehicle)
        clerks = self.env.ref("dealer_sales.group_registration_clerk").sudo().all_user_ids
        clerks = clerks.filtered(
            lambda user: (
                user.active and contract.company_id in user.company_ids and not user.has_group("base.group_system")
            )
        )
        return {
            "contract_id": contract.id,
            "vehicle_id": vehicle.id,
            "partner_id": (contract.registered_owner_id or contract.partner_id).id,
            "user_id": self.env["dealer.vehicle"]._pick_alert_user(clerks, contract.site_id).id,
            "step_ids": [Command.create(row._prepare_step(today)) for row in rows],
        }
