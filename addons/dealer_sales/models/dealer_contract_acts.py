from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class DealerContract(models.Model):
    """The four acts that change or end a deal (P22): each has its own button, rights and consequences."""

    _inherit = "dealer.contract"

    act_ids = fields.One2many("dealer.contract.act", "contract_id", "Changes and returns", groups="base.group_user")
    end_kind = fields.Selection(
        [("cancel", "Cancelled"), ("return", "Returned"), ("unwind", "Unwound")],
        "How it ended",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Cancelled before the invoice, returned after it, or a spot delivery that was unwound.",
    )

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"end_kind", "act_ids"}

    # === Another car ===
    def action_change_car(self, product_id=None, vehicle_id=None, price=None, fee=0.0, reason=None):
        """Sell another car or trim on this contract: the hold moves, a new version asks for approval and signature.

        :param int product_id: trim, default the one agreed
        :param int vehicle_id: ``dealer.vehicle``, may be none yet
        :param float price: of the car with tax; None: its asking or list price, the price agreed for the same trim
        :param float fee: charge for the change with tax, a line of its own
        :param str reason: why; None opens the window that asks
        :return: True, or the action of the window that asks for what is missing
        :raises UserError: handed over, invoiced or cancelled; the car is somebody else's; no such trim or car, a car
            of another trim than named
        Source: P22
        """
        self.ensure_one()
        self.check_access("write")
        if not reason:
            return self._get_act_window("dealer.contract.change", self.env._("Another car"))
        self._check_text("reason", reason)
        self._check_can_change_car()
        vehicle = self._read_record("dealer.vehicle", vehicle_id)
        product = self._get_other_trim(self._read_record("product.product", product_id), vehicle)
        self._check_number("fee", fee)
        if price is not None:
            self._check_number("price", price)
        # Order lines, deliveries and holds of this one contract, after the checks above: what is agreed by it is
        # approved and signed anew
        self.sudo()._action_change_car(product, vehicle, price, fee, reason, self.env.user)
        if self.state == "signed" and not self.sudo().current_version_id._matches_order():
            self.invalidate_recordset(["is_changed"])
            return self.action_submit()  # a cut asks for its reason in a window
        return True

    def _get_other_trim(self, product, vehicle):
        """Return the trim sold from now on: the one named, else the car's, else the one agreed.

        :param product: ``product.product`` or empty
        :param vehicle: ``dealer.vehicle`` or empty
        :raises UserError: no trim on sale here, or the car is of another one
        """
        if product and vehicle and product != vehicle.product_id:
            raise UserError(
                self.env._(
                    "%(car)s is a %(trim)s, not a %(named)s: another trim is an amendment, name its own car or none.",
                    car=vehicle.display_name,
                    trim=vehicle.product_id.display_name,
                    named=product.display_name,
                )
            )
        trim = product or vehicle.product_id or self.product_id
        if trim == self.product_id:
            return trim
        is_ours = not trim.company_id or trim.company_id == self.company_id
        if not (trim.is_vehicle and trim.sale_ok and is_ours):
            raise UserError(self.env._("%(trim)s is no trim on sale here.", trim=trim.display_name))
        return trim

    def _get_act_window(self, model, name, **context):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_contract_id": self.id, **context},
        }

    def _check_can_change_car(self):
        """Refuse another car on a deal that is over, invoiced or handed over.

        :raises UserError: naming the contract and the way out
        """
        if self.state == "cancelled":
            raise UserError(self.env._("Contract %(name)s is cancelled.", name=self.name))
        contract = self.sudo()  # asked whatever the user sees of deliveries and invoices
        contract._check_not_handed_over()
        contract._check_not_invoiced()
        if len(self._get_car_lines()) != 1:
            raise UserError(
                self.env._("Contract %(name)s sells several cars: change its price lines instead.", name=self.name)
            )

    def _check_not_invoiced(self):
        invoices = self._get_standing_invoices()
        if invoices:
            raise UserError(
                self.env._(
                    "Contract %(name)s is invoiced (%(invoices)s): a car is changed before the invoice. Return it, or "
                    "credit the invoice first.",
                    name=self.name,
                    invoices=", ".join(invoices.mapped("name")),
                )
            )

    def _get_standing_invoices(self):
        """Return the posted invoices of these contracts that are not credited in full, matched with it or not."""
        return self._get_posted_invoices().filtered(
            lambda move: (
                move.payment_state != "reversed"
                and move.currency_id.compare_amounts(self._get_credited(move), move.amount_total) < 0
            )
        )

    def _get_posted_invoices(self):
        return self.invoice_ids.filtered(lambda move: move.state == "posted" and move.move_type == "out_invoice")

    @api.model
    def _get_credited(self, invoice):
        """Return how much of an invoice posted credit notes take back.

        :param invoice: posted ``account.move``
        :return: float, in its currency, tax included
        """
        return sum(invoice.reversal_move_ids.filtered(lambda move: move.state == "posted").mapped("amount_total"))

    def _action_change_car(self, product, vehicle, price, fee, reason, user):
        """Change the car without asking. Superuser, after the checks.

        :param product: ``product.product`` sold from now on
        :param vehicle: ``dealer.vehicle`` or empty
        :param user: ``res.users`` who changes it
        """
        former = self.vehicle_id
        line = self._get_car_lines().with_company(self.company_id)
        kind = "change" if product == line.product_id else "amend"
        self._draft_invoices().button_cancel()
        self.delivery_ids.filtered(lambda delivery: delivery.state == "draft").write({"state": "cancelled"})
        if price is None:
            same = product == line.product_id
            price = line.price_with_tax if same else self._get_proposed_price(product, vehicle)
        is_other_price = bool(self.currency_id.compare_amounts(price, line.price_with_tax))
        if is_other_price or product != line.product_id or not self._is_signed(any_car=True):
            self._call_off_delivery(line)
        line.dealer_vehicle_id = False
        if product != line.product_id:
            line.write({"product_id": product.id, "name": product.display_name})
        if vehicle:
            self._check_vehicle_fits(vehicle)
            self._action_allocate(vehicle, firm=self.state == "signed")
        else:
            self._release_holds()
        if self.currency_id.compare_amounts(price, line.price_with_tax):
            line.price_with_tax = price
        if self.currency_id.compare_amounts(fee, 0.0) > 0:
            self._add_fee_line(fee, self.env._("Change of car"))
        self._note_change(kind, former, vehicle, fee, reason, user)
        self._gates_changed()

    def _call_off_delivery(self, line):
        """Call the line's stock moves off: they are made anew when the new version is signed."""
        moves = line.move_ids
        moves |= moves.browse(moves._rollup_move_origs())
        moves.filtered(lambda move: move.state not in ("done", "cancel"))._action_cancel()

    def _get_proposed_price(self, product, vehicle):
        """Return the price of a car with tax: its own asking price, else its trim's list price.

        :param product: ``product.product``
        :param vehicle: ``dealer.vehicle`` or empty
        :return: float
        """
        self.ensure_one()
        asking = vehicle.asking_price
        if asking and self.company_id.sudo().dealer_price_with_tax:
            return asking
        taxes = product.taxes_id.filtered(lambda tax: tax.company_id == self.company_id)
        taxes = self.sale_order_id.fiscal_position_id.map_tax(taxes)
        price = taxes.compute_all(asking or product.lst_price, currency=self.currency_id, product=product)
        return price["total_included"]

    def _add_fee_line(self, amount, text):
        """Add a charge to the order.

        :param float amount: with tax
        :param str text: what for
        :return: ``sale.order.line``
        """
        product = self.env.ref("dealer_sales.product_contract_fee")
        values = {"order_id": self.sale_order_id.id, "product_id": product.id, "product_uom_qty": 1.0, "sequence": 90}
        lines = self.env["sale.order.line"]._with_clean_context().with_company(self.company_id)
        line = lines.create(values)
        line.write({"price_with_tax": amount, "name": f"{product.display_name}: {text}"})
        return line

    def _note_change(self, kind, former, vehicle, fee, reason, user):
        now = fields.Datetime.now()
        self.env["dealer.contract.act"].create(
            {
                "contract_id": self.id,
                "kind": kind,
                "state": "done",
                "reason": reason,
                "vehicle_id": former.id,
                "new_vehicle_id": vehicle.id,
                "amount_fee": fee,
                "requested_by_id": user.id,
                "decided_by_id": user.id,
                "date_decided": now,
            }
        )
        self.message_post(
            body=self.env._(
                "%(new)s instead of %(former)s: %(reason)s",
                new=vehicle.display_name or self.product_id.display_name,
                former=former.display_name or self.env._("a car to be allocated"),
                reason=reason,
            ),
            author_id=user.partner_id.id,
        )

    def _action_signed(self):
        """A car changed after the first signature gets its delivery now."""
        super()._action_signed()
        if len(self.version_ids) == 1:
            return
        changed = self._get_car_lines().filtered(
            lambda line: (
                line.state == "sale"
                and not line.qty_delivered
                and all(move.state == "cancel" for move in line.move_ids)
            )
        )
        if changed:
            changed.with_company(self.company_id)._action_launch_stock_rule()

    # === The car comes back ===
    def action_return(self):
        """Ask that a car invoiced or handed over comes back.

        :return: action on the ``dealer.contract.act`` to be filled in and decided
        :raises UserError: neither invoiced nor handed over, or over already
        """
        return self._ask_to_come_back("return")

    def action_unwind(self):
        """Ask to unwind a spot delivery: handed over before it was paid for, and it falls through.

        :return: action on the ``dealer.contract.act`` to be filled in and decided
        :raises UserError: not handed over, or paid in full
        """
        return self._ask_to_come_back("unwind")

    def _ask_to_come_back(self, kind):
        self.ensure_one()
        self.check_access("write")
        act = self.sudo().act_ids.filtered(lambda act: act.state == "draft")  # opened with the user's own rights
        if not act:
            self.sudo()._check_can_come_back(kind)
            act = act.create(self.sudo()._prepare_act(kind, self.env.user))
        action = act.sudo(False)._get_records_action()
        return {**action, "views": [(False, "form")], "context": {}}

    def _prepare_act(self, kind, user):
        delivery = self.delivery_ids.filtered(lambda delivery: delivery.state == "done")[:1]
        car = delivery.vehicle_id or self.vehicle_id
        papers = car.document_ids.filtered(lambda paper: not paper.is_in_house and not paper.is_pledged)
        return {
            "contract_id": self.id,
            "kind": kind,
            "vehicle_id": car.id,
            "delivery_id": delivery.id,
            "document_ids": [Command.set(papers.ids)] if delivery else False,
            "plates": False if delivery else "none",
            "tax": False if delivery else "none",
            "requested_by_id": user.id,
        }

    def _check_can_come_back(self, kind):
        """Refuse to take back what never left, or to unwind what is paid.

        :param str kind: ``return`` or ``unwind``
        :raises UserError: naming the contract and the act that fits
        """
        if self.state != "signed":
            raise UserError(self.env._("Contract %(name)s is not in force: nothing can come back.", name=self.name))
        is_gone = self._is_handed_over()
        if kind == "return" and not is_gone and not self._get_standing_invoices():
            raise UserError(
                self.env._("Contract %(name)s is neither invoiced nor handed over: cancel it.", name=self.name)
            )
        if kind == "unwind" and not is_gone:
            raise UserError(
                self.env._("The car of contract %(name)s was not handed over: nothing to unwind.", name=self.name)
            )
        if kind == "unwind" and not self.currency_id.compare_amounts(self.amount_open, 0.0) > 0:
            raise UserError(
                self.env._("Contract %(name)s is paid in full: the car comes back by a return.", name=self.name)
            )

    def _unwind_hooks(self, act):
        """Undo what hangs on a deal whose car comes back: products, loan, incentives, trade-in, commission.

        Hook: superuser, called before the invoices are credited; call super.

        :param act: ``dealer.contract.act``, kind ``return`` or ``unwind``
        """
        self.ensure_one()

    def _end_deal(self, act):
        """End the deal whose car came back: no hold, no order, nothing owed."""
        self.end_kind = act.kind
        self._action_cancel(act.reason)
        self._tell_event("returned")

    def _action_cancel(self, reason):
        self.filtered(lambda contract: not contract.end_kind).end_kind = "cancel"
        return super()._action_cancel(reason)

    def _get_amount_due(self):
        """Of a deal that is over only its charges are owed."""
        if self.state == "cancelled":
            posted = self.invoice_ids.filtered(lambda move: move.state == "posted")
            total = sum(self._in_my_currency(m.amount_total_in_currency_signed, m.currency_id, m.date) for m in posted)
            return max(self._round_money(total), 0.0)
        return super()._get_amount_due()


class DealerDelivery(models.Model):
    _inherit = "dealer.delivery"

    state = fields.Selection(selection_add=[("returned", "Came back")], ondelete={"returned": "set default"})


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    def _bring_back(self, move):
        """Return this car by core's return of the move that took it to its customer.

        :param move: done ``stock.move`` to the customer, superuser
        :return: the done ``stock.picking``
        :raises UserError: the move is not known, or the car is not with its customer any more
        """
        self.ensure_one()
        if not move or self.place != "with_customer":
            raise UserError(
                self.env._(
                    "%(car)s is not with its customer (%(place)s): its stock moves are to be looked at first.",
                    car=self.display_name,
                    place=self._get_place_text(),
                )
            )
        out = move.picking_id
        line = {"product_id": move.product_id.id, "quantity": 1, "move_id": move.id, "to_refund": True}
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=out.id, active_ids=out.ids, active_model="stock.picking")
            .create({"picking_id": out.id, "product_return_moves": [Command.clear(), Command.create(line)]})
        )
        picking = wizard._create_return()
        stock = move.warehouse_id.lot_stock_id or self.site_id.lot_stock_id
        moves = picking.move_ids
        if stock and moves.location_dest_id != stock:
            picking.location_dest_id = stock
            moves.location_dest_id = stock
        moves.picked = True
        picking.with_context(skip_sms=True)._action_done()
        return picking
