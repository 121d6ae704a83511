from odoo import fields, models


class DealerContract(models.Model):
    """Products sold around the car of a contract."""

    _inherit = "dealer.contract"

    protection_menu_ids = fields.One2many(
        "dealer.protection.menu", "contract_id", string="F&I menus", groups="base.group_user", copy=False
    )
    protection_contract_ids = fields.One2many(
        "dealer.protection.contract", "contract_id", string="F&I products", groups="base.group_user", copy=False
    )

    def action_open_protection_menu(self):
        """Open the menu of products for this contract; a new one when the last is signed.

        :return: action of the menu's form
        """
        self.ensure_one()
        menu = self.protection_menu_ids.filtered(lambda one: one.state == "shown")[:1]
        if not menu:
            self.check_access("write")
            menu = self._create_protection_menu()
        return menu._get_records_action()

    def _create_protection_menu(self):
        packages = self.env["dealer.protection.package"].search([("company_id", "=", self.company_id.id)])
        menu = self.env["dealer.protection.menu"].create(
            {"contract_id": self.id, "package_ids": [fields.Command.set(packages.ids)]}
        )
        menu.line_ids = menu._prepare_lines()
        return menu

    def _action_cancel(self, reason):
        """Products of a deal that does not go on end with it."""
        self.filtered("has_fni").protection_contract_ids._drop(reason)
        return super()._action_cancel(reason)

    def _unwind_hooks(self, act):
        """Products of a car that comes back end with the deal."""
        super()._unwind_hooks(act)
        self.filtered("has_fni").protection_contract_ids._end_with_deal(act.odometer_km, act.reason)

    # === What it earns ===
    def _get_gross_lines(self):
        """Products are counted by their own cost."""
        lines, contract = super()._get_gross_lines(), self.sudo()  # which lines are products is no secret
        return lines - contract.protection_contract_ids.sale_line_id if contract.has_fni else lines

    def _get_gross_parts(self):
        """Add what the products of the deal earn, by what their providers ask."""
        parts = super()._get_gross_parts()
        contract = self.sudo()  # added up for who may see the gross
        sold = contract.protection_contract_ids if contract.has_fni else False
        if not sold:
            return parts
        amount = self._round_money(sum(one._get_margin() for one in sold))
        return [*parts, {"code": "protection", "label": self.env._("F&I products"), "side": "back", "amount": amount}]
