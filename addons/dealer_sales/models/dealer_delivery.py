from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import SQL

# Printed above the customer's signature
PROTOCOL_FIELDS = {"plate", "odometer_km", "document_ids", "line_ids", "is_temporary_plate", "note"}


class DealerDelivery(models.Model):
    """A hand-over: the checklist, the customer's signature, and exactly one car that leaves."""

    _name = "dealer.delivery"
    _description = "Delivery"
    _inherit = [
        "dealer.protected.mixin",
        "dealer.numbered.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "dealer.gate.mixin",
        "dealer.signature.mixin",
    ]
    _order = "date_planned desc, id desc"
    _rec_names_search = ["name", "contract_id.name", "partner_id.name", "vehicle_id"]
    _check_company_auto = True

    # Facts of a hand-over: they follow from its own acts
    _protected_fields = frozenset(
        {
            "name",
            "contract_id",
            "company_id",
            "site_id",
            "partner_id",
            "vehicle_id",
            "state",
            "date_done",
            "done_by_id",
            "signature",
            "signed_by",
            "signed_on",
            "signed_from",
            "waiting_gate",
            "waiting_role_id",
            "waiting_since",
        }
    )

    name = fields.Char(default="/", readonly=True, copy=False, index="trigram")
    contract_id = fields.Many2one("dealer.contract", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    site_id = fields.Many2one(related="contract_id.site_id", store=True, index=True)
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, string="Customer")
    phone = fields.Char(related="partner_id.phone")
    user_id = fields.Many2one(
        "res.users",
        "Sales advisor",
        index=True,
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    vehicle_id = fields.Many2one(
        "dealer.vehicle",
        "Car",
        required=True,
        readonly=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        help="The contract's car when the delivery was prepared; no other car can be handed over on it.",
    )
    vin = fields.Char(related="vehicle_id.vin", string="VIN")
    state = fields.Selection(
        [("draft", "Being prepared"), ("done", "Handed over"), ("cancelled", "Cancelled")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    date_planned = fields.Datetime("Planned for", tracking=True, help="When the customer comes for the car.")
    date_done = fields.Datetime("Handed over on", readonly=True, copy=False)
    done_by_id = fields.Many2one("res.users", "Handed over by", readonly=True, copy=False)
    line_ids = fields.One2many("dealer.delivery.line", "delivery_id", "Checklist")
    checklist_progress = fields.Char(compute="_compute_checklist_progress", string="Checked")
    plate = fields.Char(help="Plate the car leaves with; written on the car and the gate pass.")
    is_temporary_plate = fields.Boolean("Temporary plate")
    odometer_km = fields.Integer("Mileage (km)", help="Read when the car is handed over.")
    document_ids = fields.Many2many(
        "dealer.vehicle.document",
        string="Papers and keys handed over",
        domain="[('vehicle_id', '=', vehicle_id), ('is_in_house', '=', True)]",
        help="They change hands with the car: the chain of custody names the customer.",
    )
    photo_ids = fields.Many2many("ir.attachment", string="Photos", copy=False)
    note = fields.Text("Remarks")

    _live_uniq = models.UniqueIndex(
        "(contract_id, vehicle_id) WHERE state != 'cancelled'",
        "This car of the contract has a delivery already.",
    )
    _plan_idx = models.Index("(site_id, date_planned) WHERE state = 'draft'")

    @api.depends("line_ids.is_done")
    def _compute_checklist_progress(self):
        for delivery in self:
            done = delivery.line_ids.filtered("is_done")
            delivery.checklist_progress = f"{len(done)} / {len(delivery.line_ids)}"

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        deliveries = super().create(vals_list)
        deliveries._check_own_papers()
        deliveries._gates_changed()
        return deliveries

    def _prepare_create_values(self, vals_list):
        result = super()._prepare_create_values(vals_list)
        for vals in result:
            # Everybody who prepares a delivery needs a number, few may read sequences
            vals["name"] = self.env["ir.sequence"].sudo().next_by_code("dealer.delivery")
        return result

    def write(self, vals):
        self._check_not_closed(vals)
        result = super().write(vals)
        if "document_ids" in vals:
            self._check_own_papers()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        for delivery in self:
            if delivery.state == "done":
                raise UserError(
                    self.env._(
                        "%(delivery)s is a car that left: it stays on file.",
                        delivery=delivery.display_name,
                    )
                )

    def _check_own_papers(self):
        """Refuse papers of another car: they would change hands with this one.

        :raises UserError: names the delivery and the paper
        """
        if self.env.su:
            return  # the buttons list the car's own papers
        for delivery in self:
            if delivery.sudo().document_ids.vehicle_id - delivery.vehicle_id:
                raise UserError(
                    self.env._(
                        "%(delivery)s: only papers and keys of %(car)s are handed over with it.",
                        delivery=delivery.display_name,
                        car=delivery.vehicle_id.display_name,
                    )
                )

    def _check_not_closed(self, vals):
        """Refuse to change the protocol once the customer signed it; chatter and photos may grow."""
        frozen = vals.keys() & PROTOCOL_FIELDS
        if frozen and not self.env.su:
            for delivery in self.filtered(lambda d: d.state != "draft" or d.signed_on):
                raise UserError(
                    self.env._("%(delivery)s is closed: its protocol is what was signed.", delivery=delivery.name)
                )

    # === Gates ===
    def _gates(self):
        """Yield what must be true before the car leaves; see ``dealer.gate.mixin``.

        Contract, money and papers are asked from their owners; nothing is ticked by hand that
        the system knows (P19, P23).
        """
        self.ensure_one()
        # Whoever may read the delivery may read what it waits for, not the documents behind it
        delivery = self.sudo()
        yield delivery._gate_contract()
        yield delivery._gate_car()
        yield from delivery._gates_of_contract()
        yield delivery._gate_papers()
        yield delivery._gate_tasks()
        yield delivery._gate_checklist()
        yield delivery._gate_protocol()

    def _prepare_gate(self, code, label, done, role, action=False, hint=""):
        return {
            "code": code,
            "label": label,
            "stage": "hand_over",
            "done": self.state == "done" or bool(done),
            "role": role,
            "action": action,
            "hint": hint or "",
        }

    def _gate_contract(self):
        refusal = self.contract_id._get_binding_refusal()
        return self._prepare_gate(
            "signed",
            self.env._("Contract signed"),
            not refusal,
            "dealer_sales.group_sales_advisor",
            "action_view_contract",
            refusal,
        )

    def _gate_car(self):
        hold = self.vehicle_id.sudo().hold_id  # a hold is shown, not edited
        named = self.vehicle_id in self.contract_id._get_car_lines().dealer_vehicle_id
        return self._prepare_gate(
            "allocated",
            self.env._("Car held for this contract"),
            named and hold.is_firm and hold.contract_id == self.contract_id,
            "dealer_sales.group_sales_advisor",
            "action_view_contract",
            "" if named else self.env._("The contract sells another car now: cancel this delivery."),
        )

    def _gates_of_contract(self):
        """Return the contract's own gates before delivery: invoice, money, what add-ons put there.

        The contract's rules say which are required (a company may let a car go unpaid).
        """
        contract = self.contract_id
        # Only these, not all of the contract's: a delivery asks for them at each tick of its checklist.
        gates = contract._get_gates([*contract._invoice_gates(), *contract._payment_gates()])
        return [
            {
                **self._prepare_gate(
                    gate["code"], gate["label"], gate["done"], gate["role"], "action_view_contract", gate["hint"]
                ),
                "required": gate["required"],
            }
            for gate in gates
            if gate["stage"] == "delivery"
        ]

    def _gate_papers(self):
        # Who may read the papers is not who waits for them
        missing = self.vehicle_id.sudo()._get_missing_papers("delivery")
        return self._prepare_gate(
            "papers",
            self.env._("Papers in house"),
            not missing,
            "dealer_vehicle.group_stock_keeper",
            "action_view_vehicle",
            ", ".join(missing),
        )

    def _gate_tasks(self):
        # Names of what is open, also tasks of roles this user does not see
        tasks = self.vehicle_id.sudo().task_ids.filtered(lambda task: task.is_before_delivery and task.state == "open")
        return self._prepare_gate(
            "tasks",
            self.env._("Promises and checks on the car done"),
            not tasks,
            self._get_tasks_role(tasks),
            "action_view_vehicle",
            ", ".join(tasks.mapped("name")),
        )

    def _get_tasks_role(self, tasks):
        """Return the xmlid of the role that owes the first open task."""
        role = tasks.role_id[:1]
        return role.get_external_id().get(role.id) or "dealer_sales.group_sales_advisor"

    def _gate_checklist(self):
        missing = self.line_ids.filtered(lambda line: line.is_required and not line.is_done)
        return self._prepare_gate(
            "checklist",
            self.env._("Checklist done"),
            not missing,
            "dealer_sales.group_sales_advisor",
            False,
            self.env._("%(count)s points still to check.", count=len(missing)) if missing else "",
        )

    def _gate_protocol(self):
        return self._prepare_gate(
            "protocol",
            self.env._("Hand-over form signed by the customer"),
            self.signed_on,
            "dealer_sales.group_sales_advisor",
            "action_open_sign",
        )

    # === Actions ===
    def action_open_sign(self):
        """Open the window where the customer signs the hand-over form on this screen.

        :return: act_window on ``dealer.delivery.sign``
        :raises UserError: the checklist is not done: he signs what was checked
        """
        self.ensure_one()
        self._check_may_sign()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Customer signs"),
            "res_model": "dealer.delivery.sign",
            "view_mode": "form",
            "target": "new",
            "context": {"default_delivery_id": self.id, "default_signer": self.partner_id.name},
        }

    def action_hand_over(self):
        """Hand the car over: exactly the contract's car leaves stock, and its owner changes.

        :return: True
        :raises AccessError: the user does not hand cars over
        :raises UserError: handed over already; a required gate is open (who must act is named);
            the car cannot be moved
        Source: P3, P15, P19, P23.
        """
        self._check_hand_over_rights()
        for delivery in self:
            delivery._lock()
            delivery._check_may_hand_over()
            # Sales advisors have no rights on stock documents: the superuser moves the one car
            # whose gates were just checked, and nothing else
            delivery.sudo()._action_hand_over(self.env.user)
        return True

    def action_cancel(self):
        """Cancel deliveries that are being prepared (another car, another day, no deal).

        :raises UserError: the car left already
        """
        self.check_access("write")
        for delivery in self:
            if delivery.state == "done":
                raise UserError(
                    self.env._(
                        "%(delivery)s: the car was handed over; it comes back by a return.",
                        delivery=delivery.display_name,
                    )
                )
        self.sudo().write({"state": "cancelled"})  # the state is written by these acts alone
        return True

    def action_print_gate_pass(self):
        """Print the gate pass of cars that were handed over.

        :return: report action
        :raises UserError: a car was not handed over yet
        """
        for delivery in self:
            if delivery.state != "done":
                raise UserError(
                    self.env._(
                        "%(delivery)s: no gate pass before the car is handed over.",
                        delivery=delivery.display_name,
                    )
                )
        return self.env.ref("dealer_sales.dealer_delivery_report_gate_pass").report_action(self)

    def action_print_protocol(self):
        """Print the hand-over form.

        :return: report action
        """
        return self.env.ref("dealer_sales.dealer_delivery_report_protocol").report_action(self)

    def action_view_contract(self):
        """Open the contract."""
        self.ensure_one()
        return self._get_form_action(self.contract_id)

    def action_view_vehicle(self):
        """Open the car."""
        self.ensure_one()
        return self._get_form_action(self.vehicle_id)

    @staticmethod
    def _get_form_action(record):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    # === Signature ===
    def _check_may_sign(self):
        self.ensure_one()
        self.check_access("write")
        missing = self.line_ids.filtered(lambda line: line.is_required and not line.is_done)
        if self.state != "draft" or missing:
            raise UserError(
                self.env._(
                    "%(delivery)s cannot be signed: it is closed, or its checklist is not done (%(missing)s).",
                    delivery=self.display_name,
                    missing=", ".join(missing.mapped("name")) or "-",
                )
            )

    def _sign_protocol(self, name, signature):
        """Put the customer's signature under the hand-over form.

        :param str name: who signs
        :param signature: PNG, base64
        :raises UserError: the checklist is open, nothing drawn, signed already
        """
        self._check_may_sign()
        # The signature is written by this act alone; the check above is the right to it
        self.sudo()._sign(name, signature)
        self._gates_changed()

    # === Hand-over ===
    def _check_hand_over_rights(self):
        self.check_access("write")
        if self.env.su or self.env.user.has_groups("dealer_sales.group_sales_advisor,dealer_sales.group_sales_manager"):
            return
        raise AccessError(self.env._("Cars are handed over by the sales advisor or the sales manager."))

    def _lock(self):
        """Let one of two people hand the car over; the other is told it is gone.

        The row is written, not only locked: the later transaction is run again and sees the
        earlier one.
        """
        self.flush_recordset()
        self.env.cr.execute(SQL("UPDATE dealer_delivery SET write_date = write_date WHERE id IN %s", tuple(self.ids)))
        self.invalidate_recordset()

    def _check_may_hand_over(self):
        self.ensure_one()
        if self.state != "draft":
            raise UserError(
                self.env._(
                    "%(delivery)s is closed already (%(who)s).",
                    delivery=self.display_name,
                    who=self.done_by_id.name or self.env._("cancelled"),
                )
            )
        self._check_gates("hand_over")

    def _action_hand_over(self, user):
        """Move the car and write down that it changed hands. Hook: superuser, call super.

        :param user: ``res.users`` who hands over
        """
        self.ensure_one()
        self._move_car()
        self.write({"state": "done", "date_done": fields.Datetime.now(), "done_by_id": user.id})
        self._write_car_facts(user)
        self.contract_id._message_log(  # a note in the file: whom to tell is said by the messages of the house
            body=self.env._(
                "%(car)s handed over to %(customer)s by %(user)s.",
                car=self.vehicle_id.display_name,
                customer=self.partner_id.name,
                user=user.name,
            ),
            author_id=user.partner_id.id,
        )

    def _move_car(self):
        """Take exactly this car out of stock, through every step of the site's delivery route.

        :raises UserError: no stock move waits for this car, or a step cannot be done
        """
        # A step may make the next one only when it is done: looked up anew each time
        while move := self._get_next_move():
            self._validate_move(move)
        left = self._get_car_moves().filtered(
            lambda move: move.state == "done" and move.location_dest_id.usage == "customer"
        )
        if not left:
            raise UserError(
                self.env._(
                    "%(delivery)s: no delivery order waits for %(car)s. Ask the stock keeper to look "
                    "at order %(order)s.",
                    delivery=self.display_name,
                    car=self.vehicle_id.display_name,
                    order=self.contract_id.sale_order_id.name,
                )
            )

    def _get_car_moves(self):
        """Return the stock moves that take this car to the customer, done ones too."""
        lines = self.contract_id.order_line_ids.filtered(lambda line: line.dealer_vehicle_id == self.vehicle_id)
        moves = lines.move_ids
        moves |= moves.browse(moves._rollup_move_dests())
        return moves.filtered(lambda move: move.dealer_vehicle_id == self.vehicle_id).with_company(self.company_id)

    def _get_next_move(self):
        """Return the open move of this car whose earlier steps are done; empty at the end."""
        moves = self._get_car_moves().filtered(lambda move: move.state not in ("done", "cancel"))
        ready = moves.filtered(lambda move: all(before.state in ("done", "cancel") for before in move.move_orig_ids))
        return (ready or moves)[:1]

    def _validate_move(self, move):
        """Do one stock move of this car through core, and nothing else of its picking.

        :param move: one open ``stock.move``, superuser
        :raises UserError: another car is reserved, or core did not do the move
        """
        lot = self.vehicle_id._lot_or_raise()
        if move.state not in ("assigned", "partially_available"):
            move._action_assign()
        if move.move_line_ids.lot_id != lot:
            raise UserError(
                self.env._(
                    "%(car)s is not reserved on %(picking)s: it is not in stock there. Ask the stock "
                    "keeper where the car is.",
                    car=self.vehicle_id.display_name,
                    picking=move.picking_id.name or move.reference,
                )
            )
        picking = move.picking_id
        (picking.move_ids - move).filtered(lambda other: other.state != "done").picked = False
        move.picked = True
        # The customer gets no text message about a stock move; what is left of the picking
        # (mats, a second car) waits in a backorder
        result = picking.with_context(skip_sms=True, skip_backorder=True).button_validate()
        if result is not True or move.state != "done":
            raise UserError(
                self.env._(
                    "%(picking)s could not be completed: Odoo asks a question on that screen. Ask the "
                    "stock keeper to look at it.",
                    picking=picking.name,
                )
            )

    def _write_car_facts(self, user):
        """Write the new owner, plate, mileage and custody of papers on the car."""
        vehicle, contract = self.vehicle_id, self.contract_id
        owner = contract.registered_owner_id or self.partner_id
        values = {"owner_id": owner.id, "keeper_id": self.partner_id.id}
        if self.plate and self.plate != vehicle.plate:
            values["plate_ids"] = [Command.create(self._prepare_plate(owner))]
        if self.odometer_km:
            values["odometer_ids"] = [Command.create({"km": self.odometer_km, "source": "delivery", "note": self.name})]
        vehicle.write(values)
        vehicle._start_warranty(fields.Date.context_today(self))
        if not vehicle._release_hold(contract_id=contract.id):
            contract._gates_changed()  # a hold that is released tells its contract itself
        vehicle._facts_changed()
        papers = self.document_ids.filtered(lambda paper: paper.holder_id != self.partner_id)
        if papers:
            # The chain of custody names who handed over; sellers have no right to write it elsewhere
            papers.with_user(user).sudo().action_hand_over(self.partner_id.id, note=self.name)

    def _prepare_plate(self, owner):
        return {
            "plate": self.plate,
            "is_temporary": self.is_temporary_plate,
            "partner_id": owner.id,
            "date_from": fields.Date.context_today(self),
        }
