from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

ROLES = [("advisor", "Sales advisor"), ("manager", "Sales manager"), ("fni", "F&I manager")]


class DealerContractSeller(models.Model):
    """Another person's share in a deal; the rest of the 100 percent belongs to the person in charge."""

    _name = "dealer.contract.seller"
    _description = "Share in a Deal"
    _order = "role, share desc, id"
    _rec_name = "user_id"

    contract_id = fields.Many2one("dealer.contract", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    role = fields.Selection(ROLES, required=True, default="advisor")
    user_id = fields.Many2one(
        "res.users", "Person", required=True, domain="[('share', '=', False), ('company_ids', 'in', company_id)]"
    )
    share = fields.Float(
        "Share (%)",
        digits=(5, 2),
        required=True,
        default=50.0,
        aggregator=None,
        help="Of units and commission in this role. What is left of 100 % is the person's in charge: the sales advisor "
        "of the contract, the leader of his sales team.",
    )

    _person_uniq = models.UniqueIndex("(contract_id, role, user_id)", "This person has a share in this role already.")
    _share_range = models.Constraint(
        "CHECK (share > 0 AND share <= 100)", "A share is above 0 and at most 100 percent."
    )

    @api.constrains("share", "role", "contract_id")
    def _check_sum(self):
        for contract in self.contract_id:
            # The row is written: of two people who add shares at once the later one sees the earlier
            self.env.cr.execute("UPDATE dealer_contract SET write_date = write_date WHERE id = %s", [contract.id])
            for role, name in self._fields["role"]._description_selection(self.env):
                total = sum(contract.seller_ids.filtered(lambda line, role=role: line.role == role).mapped("share"))
                if total > 100:
                    raise ValidationError(
                        self.env._(
                            "%(contract)s: the shares as %(role)s are %(total)s %%, more than 100 %%.",
                            contract=contract.name,
                            role=name,
                            total=round(total, 2),
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        contracts = self.env["dealer.contract"].browse(
            {vals["contract_id"] for vals in vals_list if vals.get("contract_id")}
        )
        self._check_may_share(contracts)
        lines = super().create(vals_list)
        lines._check_may_share()  # a default of the context names a contract too
        return lines

    def write(self, vals):
        self._check_may_share()
        if vals.get("contract_id"):
            self._check_may_share(self.env["dealer.contract"].browse(vals["contract_id"]))
        res = super().write(vals)
        self._check_may_share()  # the role may be another one now
        return res

    def unlink(self):
        self._check_may_share()
        return super().unlink()

    def _check_may_share(self, contracts=None):
        """Refuse another division of the pay after the signature, or of the manager's, by anybody else (P14, P29).

        :param contracts: ``dealer.contract``, those of the lines by default
        :raises AccessError: a share of the manager's pay
        :raises UserError: naming the contract
        """
        if self.env.su or self.env.user.has_group("dealer_sales.group_sales_manager"):
            return
        if "manager" in self.mapped("role"):
            raise AccessError(self.env._("The sales manager's pay is divided by a sales manager."))
        for contract in self.contract_id if contracts is None else contracts:
            contract.check_access("write")
            if contract.state != "draft":
                raise UserError(
                    self.env._(
                        "Contract %(name)s is signed: its shares are changed by a sales manager.", name=contract.name
                    )
                )
