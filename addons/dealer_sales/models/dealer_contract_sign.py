from odoo import fields, models
from odoo.exceptions import UserError

from ..tools.fingerprint import amount


class DealerContract(models.Model):
    """What was agreed: versions are submitted, approved and signed here, and nowhere else."""

    _inherit = "dealer.contract"

    def action_submit(self):
        """Freeze the deal as it stands as a new version and ask for its approval.

        :return: True
        :raises UserError: no car on the order, or the deal as it stands is with the
            approver, approved or signed already
        """
        self.check_access("write")
        for contract in self:
            contract._check_can_submit()
            contract._action_submit()
        return True

    def _check_can_submit(self):
        if self.state == "cancelled":
            raise UserError(self.env._("Contract %(name)s is cancelled.", name=self.name))
        cars = self._get_car_lines()
        if not cars:
            raise UserError(
                self.env._(
                    "Contract %(name)s sells no car yet: add the trim in its price lines first.",
                    name=self.name,
                )
            )
        if self.kind == "retail" and (len(cars) > 1 or cars.product_uom_qty != 1):
            raise UserError(
                self.env._(
                    "Contract %(name)s is retail: one contract, one car. Make a contract for each car.",
                    name=self.name,
                )
            )
        version = self.current_version_id
        if version.state in ("under_review", "approved", "signed") and not self.is_changed:
            raise UserError(
                self.env._(
                    "Version %(number)s of contract %(name)s already says exactly this (%(state)s).",
                    number=version.number,
                    name=self.name,
                    state=dict(version._fields["state"]._description_selection(self.env))[version.state],
                )
            )

    def _action_submit(self):
        # Versions are made by the system alone: users have no right to create or write one
        versions = self.env["dealer.contract.version"].sudo()
        self.sudo().version_ids.filtered(
            lambda v: v.state in ("under_review", "approved", "sent_back")
        )._set_superseded()
        version = versions.create(self._prepare_version())
        version._ask_approval()
        self._gates_changed()

    def _prepare_version(self):
        """Return the values of a version of the deal as it stands now.

        :return: dict for ``dealer.contract.version.create``
        """
        self.ensure_one()
        # Frozen whole: every line and every earlier number, whatever the user may read
        order = self.sudo().sale_order_id
        return {
            "contract_id": self.id,
            "number": max(self.sudo().version_ids.mapped("number"), default=0) + 1,
            "requested_by_id": self.env.uid,
            "body": self._render_body(),
            "order_fingerprint": order._get_dealer_fingerprint(),
            "vehicle_id": self.vehicle_id.id,
            "payer_id": self.payer_id.id,
            "amount_car": self.amount_car,
            "amount_total": self.amount_total,
            "tag_price": self._get_tag_price(),
            "guide_price": self._get_guide_price(),
        }

    def _get_tag_price(self):
        """Return what the cars are sold for in the terms of their price tags, to be compared with the guide price.

        :return: float; with tax where the company's price tags include it
        """
        field = "price_total" if self.company_id.sudo().dealer_price_with_tax else "price_subtotal"
        return sum(self._get_car_lines().mapped(field))

    def _get_dealer_terms(self):
        """Return what is agreed beside people and price as plain values for a fingerprint.

        :return: list of str and int, or False; also for no contract
        """
        return [
            self.kind,
            self.template_id.id,
            self.site_id.id,
            self.note or "",
            amount(self.deposit_amount, 2),
            self.deposit_kind,
        ]

    def action_withdraw(self):
        """Take a version under review back, to mend the deal.

        :return: True
        :raises UserError: nothing is under review
        """
        self.check_access("write")
        for contract in self:
            # Versions are written by the system alone: after the check of the contract above
            version = contract.sudo().current_version_id
            if version.state != "under_review":
                raise UserError(
                    self.env._(
                        "Contract %(name)s has nothing under review to withdraw.",
                        name=contract.name,
                    )
                )
            version._set_superseded()
            contract._gates_changed()
        return True

    def action_open_version(self):
        """Open the newest version, where it is approved."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "dealer.contract.version",
            "res_id": self.current_version_id.id,
            "views": [(False, "form")],
        }

    def action_view_order(self):
        """Open the order of the contract."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.sale_order_id.id,
            "views": [(False, "form")],
        }

    def action_view_vehicle(self):
        """Open the car of the contract."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "dealer.vehicle",
            "res_id": self.vehicle_id.id,
            "views": [(False, "form")],
        }

    def action_send_to_sign(self):
        """Send the customer the link where he reads and signs the approved version.

        :return: action of the composer, ready to send
        :raises UserError: nothing approved to sign
        """
        self.ensure_one()
        self.check_access("write")
        self._check_can_sign()
        self._portal_ensure_token()
        template = self.env.ref("dealer_sales.mail_template_contract_sign")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send for signature"),
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_template_id": template.id,
                "default_composition_mode": "comment",
                "default_email_layout_xmlid": "mail.mail_notification_layout_with_responsible_signature",
            },
        }

    def action_sign_paper(self):
        """Open the window that records a contract signed on paper."""
        self.ensure_one()
        self._check_can_sign()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Signed on paper"),
            "res_model": "dealer.contract.sign.paper",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_contract_id": self.id},
        }

    def _check_can_sign(self):
        """Refuse a signature under anything but an approved text that is still true.

        :raises UserError: cancelled, not approved, changed since, or signed already
        """
        self.ensure_one()
        version = self.sudo().current_version_id  # read only, to say why not
        if self.state == "cancelled":
            raise UserError(self.env._("Contract %(name)s is cancelled.", name=self.name))
        if version.state == "signed" and version._matches_order():
            raise UserError(self.env._("Contract %(name)s is signed already.", name=self.name))
        if not self._is_approved():
            raise UserError(
                self.env._(
                    "Contract %(name)s cannot be signed: %(reason)s",
                    name=self.name,
                    reason=self._get_approval_hint(),
                )
            )

    def _sign(self, name, signature, ip=None):
        """Put the customer's signature under the approved version and make the deal binding.

        The caller has checked the person (portal token, or the advisor with the paper in
        his hand). The order is confirmed here, by the system, and nowhere else.

        :param str name: the signatory as he writes himself
        :param signature: base64 image or scan of the signature
        :param str ip: where the signature came from, or None
        :return: the signed version
        :raises UserError: see ``_check_can_sign``
        """
        self.ensure_one()
        self._check_can_sign()
        contract = self.sudo()  # versions and contract state are written by the system alone
        version = contract.current_version_id
        earlier = contract.version_ids.filtered(lambda v: v.state == "signed")
        version._sign(name, signature, ip=ip)
        earlier._set_superseded()
        version.write({"state": "signed"})
        contract.write({"state": "signed", "date_signed": fields.Datetime.now()})
        contract._confirm_order()
        contract._action_signed()
        contract._gates_changed()
        return version

    def _confirm_order(self):
        """Confirm the order of a signed contract; an amended one is confirmed already."""
        order = self.sale_order_id.with_company(self.company_id)
        if order.state in ("draft", "sent"):
            order.action_confirm()

    def _action_signed(self):
        """Do what follows a signature. Hook: call super."""
        self._message_log(  # a note in the file: whom to tell is said by the messages of the house
            body=self.env._(
                "Version %(number)s signed by %(name)s.",
                number=self.current_version_id.number,
                name=self.current_version_id.signed_by,
            )
        )
