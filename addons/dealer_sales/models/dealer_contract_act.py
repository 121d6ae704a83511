from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, clean_context

COMES_BACK = ("return", "unwind")


class DealerContractAct(models.Model):
    """One of the four acts that change or end a deal (P22): another car, cancelled, returned, unwound.

    Another car and a cancellation are done at once and stand here as their record. A car that comes back is asked for
    by one person and decided by another; the decision does all of it, so that car and money always agree.
    """

    _name = "dealer.contract.act"
    _description = "Change or End of a Contract"
    _inherit = ["dealer.protected.mixin", "mail.thread"]
    _order = "id desc"
    _check_company_auto = True
    _rec_names_search = ["contract_id.name", "contract_id.partner_id.name", "vehicle_id"]

    # What follows from the act itself: nobody types it
    _protected_fields = frozenset(
        {
            "state",
            "contract_id",
            "company_id",
            "kind",
            "withdrawn_by",
            "vehicle_id",
            "new_vehicle_id",
            "requested_by_id",
            "decided_by_id",
            "date_decided",
            "picking_id",
            "delivery_id",
        }
    )

    contract_id = fields.Many2one("dealer.contract", required=True, index=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    partner_id = fields.Many2one(related="contract_id.partner_id", string="Customer")
    user_id = fields.Many2one(related="contract_id.user_id", string="Sales advisor")
    kind = fields.Selection(
        [
            ("change", "Change of car"),
            ("amend", "Amendment: another trim"),
            ("cancel", "Cancelled before the invoice"),
            ("return", "Return"),
            ("unwind", "Unwind of a spot delivery"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [("draft", "To be decided"), ("done", "Done"), ("refused", "Refused")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    reason = fields.Char(tracking=True)
    withdrawn_by = fields.Selection(
        [("customer", "The customer"), ("dealer", "We, the dealer"), ("agreed", "Both, by agreement")],
        "Who withdraws",
        help="Decides what becomes of earnest money.",
    )
    requested_by_id = fields.Many2one("res.users", "Asked by", required=True, readonly=True)
    decided_by_id = fields.Many2one("res.users", "Decided by", readonly=True, copy=False)
    date_decided = fields.Datetime("Decided on", readonly=True, copy=False)
    vehicle_id = fields.Many2one("dealer.vehicle", "Car", readonly=True, index="btree_not_null", check_company=True)
    new_vehicle_id = fields.Many2one("dealer.vehicle", "New car", readonly=True, check_company=True)
    amount_fee = fields.Monetary(
        "Charge",
        compute="_compute_amount_fee",
        store=True,
        readonly=False,
        help="With tax. What the customer pays for the change, or for the use of a car that comes back. Invoiced.",
    )

    # A car that comes back
    delivery_id = fields.Many2one("dealer.delivery", "Hand-over", readonly=True)
    picking_id = fields.Many2one("stock.picking", "Return transfer", readonly=True, copy=False)
    odometer_km = fields.Integer("Mileage now (km)")
    km_driven = fields.Integer("Driven (km)", compute="_compute_km_driven")
    plates = fields.Selection(
        [
            ("none", "Never registered"),
            ("returned", "Plates handed back to the authority"),
            ("transferred", "Registration transferred back to us"),
        ],
        help="A red-letter invoice needs proof of what became of the registration.",
    )
    plates_proof = fields.Binary("Proof about the plates", attachment=True, copy=False)
    plates_proof_name = fields.Char()
    tax = fields.Selection(
        [
            ("none", "No purchase tax was paid"),
            ("refunded", "Refunded by the tax office"),
            ("customer", "The customer applies for the refund himself"),
        ],
        "Purchase tax",
        help="A red-letter invoice needs proof of what became of the purchase tax.",
    )
    tax_proof = fields.Binary("Proof about the tax", attachment=True, copy=False)
    tax_proof_name = fields.Char()
    document_ids = fields.Many2many(
        "dealer.vehicle.document",
        string="Papers and keys that come back",
        domain="[('vehicle_id', '=', vehicle_id), ('is_in_house', '=', False)]",
    )
    condition_note = fields.Text("Condition of the car", help="Damage, wear, what is missing.")
    condition_after = fields.Selection(
        [("new", "New"), ("demo", "Demonstrator"), ("used", "Used")],
        "The car is then",
        compute="_compute_condition_after",
        store=True,
        readonly=False,
        help="A car that was registered or driven is not new any more.",
    )
    trade_in_note = fields.Char("Said about the trade-in")

    _open_uniq = models.UniqueIndex(
        "(contract_id) WHERE state = 'draft'", "This contract has a change or return to be decided already."
    )
    _end_uniq = models.UniqueIndex(
        "(contract_id) WHERE state = 'done' AND kind NOT IN ('change', 'amend')", "A deal ends once."
    )
    _worklist_idx = models.Index("(company_id, id) WHERE state = 'draft'")
    _numbers_sane = models.Constraint(
        "CHECK (amount_fee >= 0 AND COALESCE(odometer_km, 0) >= 0)", "A charge and a mileage cannot be negative."
    )

    @api.depends("kind", "contract_id.name")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for act in self:
            act.display_name = f"{act.contract_id.name}: {labels.get(act.kind, '')}"

    @api.depends("odometer_km", "delivery_id.odometer_km")
    def _compute_km_driven(self):
        for act in self:
            act.km_driven = max(act.odometer_km - act.delivery_id.odometer_km, 0) if act.odometer_km else 0

    @api.depends("odometer_km", "plates")
    def _compute_condition_after(self):
        for act in self.filtered(lambda act: act.kind in COMES_BACK and act.state == "draft"):
            rule = act._get_policy()
            was = act.vehicle_id.condition
            is_worn = act.plates in ("returned", "transferred") or act.km_driven > rule.new_km
            act.condition_after = "used" if is_worn or was == "used" else was

    @api.depends("odometer_km")
    def _compute_amount_fee(self):
        for act in self.filtered(lambda act: act.kind in COMES_BACK and act.state == "draft"):
            act.amount_fee = act.currency_id.round(act.km_driven * act._get_policy().km_rate)

    def _get_policy(self):
        return self.env["dealer.contract.policy"]._get_rule(self.company_id, fields.Date.context_today(self))

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Returns are asked for with the buttons of the contract."))
        # Made as superuser: a default of the client's context must not decide it
        self = self.with_context(clean_context(self.env.context))  # noqa: PLW0642
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._refuse(self._get_protected_fields().intersection(vals))
            for act in self.filtered(lambda act: act.state != "draft"):
                raise UserError(self.env._("%(act)s is decided and stays as it is.", act=act.display_name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What became of a deal stays on file."))

    # === Deciding on a car that comes back ===
    def action_decide(self):
        """Take the car back as asked: credit, stock, people and papers of the car, end of the deal.

        A cancellation that needed a second person is done likewise.

        :return: True
        :raises AccessError: no sales manager, or who asked or sells decides himself
        :raises UserError: decided already, proof is missing, the car is not where it should be
        Source: P22
        """
        for act in self:
            act._check_may_decide()
            act._lock()
            act._check_complete()
            # Credit notes and stock moves are not a sales manager's: only those of this deal, after the checks above
            if act.kind == "cancel":
                act.sudo()._action_call_off(self.env.user)
            else:
                act.sudo()._action_take_back(self.env.user)
        return True

    def action_refuse(self):
        """Refuse: the deal stays as it is.

        :raises AccessError: no sales manager, or who asked or sells decides himself
        :raises UserError: decided already
        """
        for act in self:
            act._check_may_decide()
            act._lock()
            act._check_open()
            act.sudo()._set_decided("refused", self.env.user)  # written by this act alone
        return True

    def _check_may_decide(self):
        """Refuse anybody but a second person who may decide."""
        self.ensure_one()
        self.check_access("read")
        # Where there is one sales manager only, the general manager is the second person
        if not self.env.user.has_groups("dealer_sales.group_sales_manager,dealer_vehicle.group_general_manager"):
            raise AccessError(self.env._("%(act)s is decided by a sales manager.", act=self.display_name))
        if self.env.user in self.requested_by_id | self.sudo().contract_id._get_own_people():
            raise AccessError(
                self.env._("%(act)s is your own deal or request: a second person decides.", act=self.display_name)
            )

    def _lock(self):
        """Let two who decide at once come one after the other; the later one starts again and sees it."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL("UPDATE dealer_contract_act SET write_date = write_date WHERE id IN %s", tuple(self.ids))
        )
        self.invalidate_recordset()

    def _check_open(self):
        if self.state != "draft":
            raise UserError(
                self.env._("%(act)s was decided by %(user)s.", act=self.display_name, user=self.decided_by_id.name)
            )

    def _check_complete(self):
        """Refuse a red-letter invoice without its proofs, and a car nobody looked at."""
        self._check_open()
        missing = self._get_missing()
        if missing:
            raise UserError(
                self.env._(
                    "%(act)s cannot be decided. Still missing: %(missing)s.",
                    act=self.display_name,
                    missing=", ".join(missing),
                )
            )
        contract = self.sudo().contract_id  # whose decision it is was asked before
        if self.kind == "cancel":
            return contract._check_can_cancel()
        return contract._check_can_come_back(self.kind)

    def _get_missing(self):
        """Return what is still to be said or proved. Hook: call super.

        :return: list of str, translated
        """
        self.ensure_one()
        missing = [] if self.reason else [self.env._("the reason")]
        return missing + self._get_missing_of_car() if self.kind in COMES_BACK else missing

    def _get_missing_of_car(self):
        """Return what is still to be said or proved of a car that comes back.

        :return: list of str, translated
        """
        _ = self.env._
        missing = []
        if not self.plates:
            missing.append(_("what became of the plates"))
        if not self.tax:
            missing.append(_("what became of the purchase tax"))
        if self.plates in ("returned", "transferred") and not self.plates_proof:
            missing.append(_("the proof about the plates"))
        if self.tax in ("refunded", "customer") and not self.tax_proof:
            missing.append(_("the proof about the tax"))
        if self.delivery_id and not self.odometer_km:
            missing.append(_("the mileage now"))
        if self.delivery_id and self.odometer_km < self.delivery_id.odometer_km:
            missing.append(_("a mileage not below %(km)s km, read at the hand-over", km=self.delivery_id.odometer_km))
        if not self.condition_after:
            missing.append(_("what the car is then"))
        return missing

    def _set_decided(self, state, user):
        self.write({"state": state, "decided_by_id": user.id, "date_decided": fields.Datetime.now()})
        self.contract_id.message_post(
            body=self.env._(
                "%(act)s: %(state)s by %(user)s. %(reason)s",
                act=self.display_name,
                state=dict(self._fields["state"]._description_selection(self.env))[state],
                user=user.name,
                reason=self.reason,
            ),
            author_id=user.partner_id.id,
        )

    def _action_call_off(self, user):
        """Cancel the deal as asked. Superuser, after the checks.

        :param user: ``res.users`` who decided
        """
        self.contract_id._action_cancel(self.reason)
        self._set_decided("done", user)

    # === Taking the car back ===
    def _action_take_back(self, user):
        """Do all a car's coming back means. Superuser, after the checks.

        :param user: ``res.users`` who decided
        """
        self = self.with_company(self.company_id)  # noqa: PLW0642
        contract = self.contract_id
        contract._unwind_hooks(self)
        self._credit_invoices()
        self._return_car()
        self._set_decided("done", user)
        self._charge_fee()
        contract._end_deal(self)
        self._write_car_facts()

    def _credit_invoices(self):
        """Credit every invoice of the deal in full by red-letter invoices; the money goes back on account."""
        contract = self.contract_id
        contract._draft_invoices().button_cancel()
        today = fields.Date.context_today(self)
        for invoice in contract._get_standing_invoices():
            self._check_not_credited_in_part(invoice)
            ref = self.env._("Red-letter invoice of %(invoice)s: %(reason)s", invoice=invoice.name, reason=self.reason)
            credit = invoice._reverse_moves([{"invoice_date": today, "date": today, "ref": ref}], cancel=True)
            credit.message_post(body=self._get_proof_text())
        # The credits stand with the advances again, not with the receivable
        contract.payment_ids._release_idle_advances()

    def _check_not_credited_in_part(self, invoice):
        """Refuse to credit an invoice whole that was credited in part by hand: the part would be given back twice.

        :raises UserError: names the invoice, what was credited and what to do
        """
        credited = self.contract_id._get_credited(invoice)
        if credited:
            raise UserError(
                self.env._(
                    "%(amount)s of invoice %(invoice)s is credited already: let the accountant credit the rest, then "
                    "take the car back.",
                    amount=invoice.currency_id.format(credited),
                    invoice=invoice.name,
                )
            )

    def _get_proof_text(self):
        plates = dict(self._fields["plates"]._description_selection(self.env)).get(self.plates, "")
        tax = dict(self._fields["tax"]._description_selection(self.env)).get(self.tax, "")
        return self.env._("Plates: %(plates)s. Purchase tax: %(tax)s.", plates=plates, tax=tax)

    def _return_car(self):
        """Bring the car back into stock of its site by core's return of what took it out: its cost comes back too."""
        if not self.delivery_id:
            return
        move = self.delivery_id._get_car_moves().filtered(
            lambda move: move.state == "done" and move.location_dest_id.usage == "customer"
        )[-1:]
        picking = self.vehicle_id._bring_back(move)
        self.picking_id = picking
        self.delivery_id.write({"state": "returned"})

    def _charge_fee(self):
        """Invoice what the customer pays for the use of the car; money on account pays it at once."""
        if self.currency_id.compare_amounts(self.amount_fee, 0.0) <= 0:
            return
        contract = self.contract_id
        order = contract.sale_order_id.with_context(mail_auto_subscribe_no_notify=True)
        fee = contract._add_fee_line(self.amount_fee, self.reason)
        # Nothing else of the order is charged any more
        (order.order_line - fee).qty_to_invoice = 0.0
        fee.qty_to_invoice = 1.0
        order._create_invoices(final=False).action_post()

    def _write_car_facts(self):
        """Write on the car that it is ours again: people, plates, mileage, papers, condition."""
        if not self.delivery_id:
            return
        car, today = self.vehicle_id, fields.Date.context_today(self)
        values = {"owner_id": False, "keeper_id": False, "condition": self.condition_after}
        if self.odometer_km:
            note = {"km": self.odometer_km, "source": "other", "note": self.display_name}
            values["odometer_ids"] = [Command.create(note)]
        car.write(values)
        car.plate_ids.filtered(lambda plate: not plate.date_to)._end_on(today)
        if self.condition_after == "new":
            # Its first owner had it for nothing: the warranties begin with the next one
            started = fields.Datetime.context_timestamp(self, self.delivery_id.date_done).date()
            car.warranty_ids.filtered(lambda warranty: warranty.date_start >= started).unlink()
        # Who asked chose the papers: those of another car stay where they are
        papers = self.document_ids.filtered(lambda paper: paper.vehicle_id == car and not paper.is_in_house)
        if papers:
            papers.action_hand_over(self.company_id.partner_id.id, note=self.display_name)
        car._facts_changed()
