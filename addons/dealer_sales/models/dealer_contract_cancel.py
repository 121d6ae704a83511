from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from .dealer_contract import INSIDE


class DealerContract(models.Model):
    """The end of a deal that does not go on (P22)."""

    _name = "dealer.contract"
    _inherit = ["dealer.contract", "dealer.second.manager.mixin"]

    former_user_ids = fields.Many2many(
        "res.users",
        "dealer_contract_former_user_rel",
        string="Former sales advisors",
        readonly=True,
        copy=False,
        groups=INSIDE,
        help="Handing a deal to a colleague makes nobody the second person who decides on it.",
    )

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"former_user_ids"}

    def write(self, vals):
        """Remember who sold it before: only where the advisor changes, a plain deal writes nothing."""
        former = {contract: contract.user_id for contract in self} if "user_id" in vals else {}
        result = super().write(vals)
        for contract, user in former.items():
            if user and user != contract.user_id:
                contract.sudo().former_user_ids = [Command.link(user.id)]  # written by this act alone
        return result

    def action_cancel(self, reason=None, withdrawn_by="agreed"):
        """Cancel the deal: the car is free, the order cancelled, the money the customer's.

        :param str reason: why; None opens the window that asks for it
        :param str withdrawn_by: ``customer``, ``dealer`` or ``agreed``: decides what becomes of earnest money (P16)
        :return: True, or the action of the window, or of the act a second person decides
        :raises UserError: delivered, or invoiced and not credited; nobody withdraws like that
        :raises AccessError: a signed contract, by somebody who is no sales manager
        """
        self.check_access("write")
        if not reason:
            return self._get_cancel_window()
        self._check_text("reason", reason)
        self._check_withdrawn_by(withdrawn_by)
        for contract in self:
            contract._check_can_cancel()
        own = self.filtered(lambda contract: contract._needs_second_person(withdrawn_by))
        others = self - own
        # The order, its pickings and the hold are not the advisor's to write: after the check
        others.sudo()._action_cancel(reason)
        others.sudo()._note_cancel(reason, withdrawn_by, self.env.user)
        return own._ask_to_cancel(reason, withdrawn_by) if own else True

    @api.model
    def _check_withdrawn_by(self, withdrawn_by):
        kinds = dict(self.env["dealer.contract.act"]._fields["withdrawn_by"]._description_selection(self.env))
        if not isinstance(withdrawn_by, str) or withdrawn_by not in kinds:
            words = ", ".join(f"{kind} ({label})" for kind, label in kinds.items())
            raise UserError(self.env._("Who withdraws is one of: %(kinds)s.", kinds=words))

    # === A second pair of eyes ===
    def _get_own_people(self):
        """Return whose deal this is: who sells or ever sold it, made it or submitted any version. Superuser.

        :return: ``res.users``
        """
        return self._get_sales_people() | self.create_uid

    def _get_sales_people(self):
        """Return who sells or ever sold it, or submitted any of its versions. Superuser.

        :return: ``res.users``
        """
        return self.user_id | self.former_user_ids | self.version_ids.requested_by_id

    def _needs_second_person(self, withdrawn_by):
        """Tell whether somebody would give money of his own signed deal away alone.

        Earnest money that is settled is decided by a second person anyway; “agreed” forgoes it.
        """
        self.ensure_one()
        contract, user = self.sudo(), self.env.user  # a yes or no, also for who sees no payments
        return (
            not self.env.su
            and self.state == "signed"
            and withdrawn_by == "agreed"
            and user in contract._get_own_people()
            and self.currency_id.compare_amounts(contract.amount_received, 0.0) > 0
        )

    def _ask_to_cancel(self, reason, withdrawn_by):
        """Ask a second manager to cancel these deals.

        :return: action on the ``dealer.contract.act`` to be decided
        """
        acts = self.env["dealer.contract.act"].sudo()  # made by the buttons of contracts alone
        for contract in self:
            values = contract.sudo()._prepare_cancel_act(reason, withdrawn_by, self.env.user)
            asked = contract.sudo().act_ids.filtered(lambda act: act.state == "draft")
            asked.write(values)
            acts |= asked or acts.create(values)
            contract._tell_second_person(reason)
        return acts.sudo(False)._get_records_action(name=self.env._("To be decided by a second person"))

    def _prepare_cancel_act(self, reason, withdrawn_by, user):
        """Return the values of the record of a cancellation.

        :return: dict for ``dealer.contract.act.create``
        """
        return {
            "contract_id": self.id,
            "kind": "cancel",
            "reason": reason,
            "withdrawn_by": withdrawn_by,
            "vehicle_id": self.vehicle_id.id,
            "requested_by_id": user.id,
        }

    def _tell_second_person(self, reason):
        return self._ask_second_manager(
            self.sudo()._get_own_people(),
            self.env._("Cancel a deal"),
            self.env._(
                "%(user)s asks to cancel his own deal %(contract)s, money was paid: %(reason)s. Decide it "
                "under Changes and returns.",
                user=self.env.user.name,
                contract=self.display_name,
                reason=reason,
            ),
        )

    def _get_cancel_window(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel the contract"),
            "res_model": "dealer.contract.cancel",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_contract_ids": self.ids},
        }

    def _check_can_cancel(self):
        """Refuse to cancel what is cancelled, delivered or invoiced. Hook: call super.

        :raises UserError: naming the contract and the way out
        :raises AccessError: signed, and the user is no sales manager
        """
        self.ensure_one()
        if self.state == "cancelled":
            raise UserError(self.env._("Contract %(name)s is cancelled already.", name=self.name))
        if self.state == "signed" and not (self.env.su or self.env.user.has_group("dealer_sales.group_sales_manager")):
            raise AccessError(
                self.env._(
                    "Contract %(name)s is signed: only a sales manager cancels it.",
                    name=self.name,
                )
            )
        order = self.sudo().sale_order_id  # deliveries and invoices count, seen by the user or not
        if any(line.qty_delivered for line in order.order_line if line.product_id.is_vehicle):
            raise UserError(
                self.env._(
                    "The car of contract %(name)s is delivered: it comes back by a return, not by cancelling.",
                    name=self.name,
                )
            )
        invoices = self.sudo()._get_standing_invoices()
        if invoices:
            raise UserError(
                self.env._(
                    "Contract %(name)s is invoiced (%(invoices)s): credit the invoice first.",
                    name=self.name,
                    invoices=", ".join(invoices.mapped("name")),
                )
            )

    def _action_cancel(self, reason):
        """Cancel without asking. Hook: runs in superuser mode, call super.

        :param str reason: shown on the contract
        """
        self.version_ids.filtered(lambda v: v.state in ("under_review", "approved", "sent_back"))._set_superseded()
        self.write(
            {
                "state": "cancelled",
                "cancel_reason": reason,
                "date_cancelled": fields.Datetime.now(),
            }
        )
        self._release_holds()
        vehicles = self.vehicle_id
        self.sale_order_id._action_cancel()
        vehicles._facts_changed()
        self._gates_changed()
