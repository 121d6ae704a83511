from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerGateMixin(models.AbstractModel):
    """Gates say what is missing before a document may go on, and who must act.

    A document implements ``_gates()``; rules per company say which gates are required
    (``dealer.gate.rule``). What happened is told by ``_gates_changed()``.
    """

    _name = "dealer.gate.mixin"
    _description = "Gates"

    gate_status = fields.Json("Gates", compute="_compute_gate_status")
    waiting_role_id = fields.Many2one(
        "res.groups", "Waits for", readonly=True, copy=False, index="btree_not_null", help="Role that must act next."
    )
    waiting_role_name = fields.Char("Who must act", compute="_compute_waiting_role_name")
    waiting_gate = fields.Char("Missing", readonly=True, copy=False, help="Code of the first open gate.")
    waiting_since = fields.Datetime(readonly=True, copy=False, help="Since when this role is waited for (UTC).")

    def _gates(self):
        """Return the gates of one document, in the order they are passed. Pure: writes nothing.

        A generator, where gates are costly: who only asks for the next step does not pay for those behind it.

        :return: iterable of dicts: ``code`` (str, unique), ``label`` (translated), ``stage`` (str, the
            step it guards), ``done`` (bool), ``role`` (xmlid of ``res.groups``), ``action`` (name of
            a public method, or False), ``hint`` (translated, or ""), ``required`` (default True)
        """
        self.ensure_one()
        return []

    @api.depends("waiting_role_id")
    @api.depends_context("lang")
    def _compute_waiting_role_name(self):
        for record in self:
            record.waiting_role_name = record._get_role_name(record.waiting_role_id)

    @api.depends_context("uid", "lang", "company")
    def _compute_gate_status(self):
        for record in self:
            record.gate_status = record._get_gate_status()

    def _get_gate_status(self):
        """Return what the ``dealer_gates`` widget shows.

        :return: list of dicts of ``_gates()`` with ``required``, ``role_name`` and ``may_act``
        """
        self.ensure_one()
        return [
            {
                **gate,
                "hint": gate.get("hint") or "",
                "action": gate.get("action") or False,
                "role_name": self._get_role_name(self._get_gate_role(gate)),
                "may_act": bool(gate.get("role")) and self.env.user.has_group(gate["role"]),
            }
            for gate in self._get_gates()
        ]

    def _get_gates(self, gates=None):
        """Yield gates with the company's rules applied to ``required``.

        :param list gates: some of ``_gates()``; default all of them
        """
        self.ensure_one()
        rules = self._get_gate_rules()
        for gate in self._gates() if gates is None else gates:
            yield {**gate, "required": rules.get(gate["code"], gate.get("required", True))}

    def _get_gate_rules(self):
        """Return the company's word on gates of this document: {code (str): required (bool)}. Hook."""
        return self.env["dealer.gate.rule"]._get_required(self._name, self._get_gate_company().id)

    def _get_gate_company(self):
        """Return the company whose rules hold; override where the document has no ``company_id``."""
        return self["company_id"]

    def _get_gate_role(self, gate):
        role = gate.get("role")
        # Not env.ref(), which asks the database each time whether the group still exists.
        role_id = role and self.env["ir.model.data"]._xmlid_to_res_id(role)
        return self.env["res.groups"].browse(role_id or ())

    def _get_role_name(self, role):
        """Return what a role is called in the shop; core's word for who invoices is no person.

        :param role: ``res.groups``, may be empty
        :return: str
        """
        # Not env.ref(), which asks the database each time whether the group still exists.
        if role and role.id == self.env["ir.model.data"]._xmlid_to_res_id("account.group_account_invoice"):
            return self.env._("Cashier or accountant")
        return role.sudo().name or ""

    def _gates_open(self, stage=None):
        """Return the required gates that are still open.

        :param str stage: step they guard, ``None`` = every step
        :return: list of dicts as ``_gates()``
        """
        return [
            gate
            for gate in self._get_gates()
            if gate["required"] and not gate["done"] and stage in (None, gate["stage"])
        ]

    def _get_next_gate(self):
        """Return the first required gate that is still open, or None."""
        return next((gate for gate in self._get_gates() if gate["required"] and not gate["done"]), None)

    def _check_gates(self, stage):
        """Refuse a step while a required gate of it is open.

        :param str stage: step
        :raises UserError: names the document, each open gate and who must act
        """
        for record in self:
            missing = record._gates_open(stage)
            if missing:
                raise UserError(record._get_gates_message(missing))

    def _get_gates_message(self, missing):
        lines = [" ".join(filter(None, ["•", self._get_gate_line(gate), gate.get("hint")])) for gate in missing]
        return self.env._(
            "%(document)s cannot go on. Still missing:\n%(gates)s",
            document=self.display_name,
            gates="\n".join(lines),
        )

    def _get_gate_line(self, gate):
        role = self._get_role_name(self._get_gate_role(gate))
        if not role:
            return gate["label"]
        return self.env._("%(gate)s (to be done by: %(role)s)", gate=gate["label"], role=role)

    def _gates_changed(self):
        """Store who must act next and since when, for worklists.

        Called by whatever may open or close a gate. Writes only what changed, as superuser:
        the caller's rights were checked for what he did.
        """
        if not self:
            return
        now = fields.Datetime.now()
        for record in self.sudo():
            gate = record._get_next_gate()
            role = record._get_gate_role(gate) if gate else self.env["res.groups"]
            code = gate["code"] if gate else False
            if role == record.waiting_role_id and code == (record.waiting_gate or False):
                continue
            vals = {"waiting_gate": code}
            if role != record.waiting_role_id or not code:
                vals.update(waiting_role_id=role.id, waiting_since=now if gate else False)
            record.write(vals)
