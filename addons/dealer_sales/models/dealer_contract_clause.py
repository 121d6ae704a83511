from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools.translate import html_translate

from ..tools import contract_text
from .dealer_contract_template import KINDS


class DealerContractClause(models.Model):
    """A clause of the library: contracts whose text says {{clauses}} print those of their kind and of the car's state.

    Changing one changes no text that was frozen: a version keeps what it said.
    """

    _name = "dealer.contract.clause"
    _description = "Contract Clause"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char("Heading", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company of the group.")
    kind = fields.Selection(KINDS, index=True, help="Empty: contracts of every kind.")
    condition = fields.Selection(
        [("new", "New cars"), ("used", "Used cars")], help="Empty: new and used. A demonstrator counts as used."
    )
    body = fields.Html(
        "Text", required=True, translate=html_translate, help="Words in double braces are filled in, as in a template."
    )

    @api.constrains("body")
    def _check_placeholders(self):
        known = set(self.env["dealer.contract"]._get_placeholder_words()) - {"clauses"}
        for clause in self:
            unknown = contract_text.unknown_placeholders(clause.body, known)
            if unknown:
                raise ValidationError(
                    self.env._(
                        "Clause %(name)s asks for %(words)s, which nobody can fill in. Use only: %(known)s.",
                        name=clause.name,
                        words=", ".join(f"{{{{{word}}}}}" for word in unknown),
                        known=", ".join(f"{{{{{word}}}}}" for word in sorted(known)),
                    )
                )

    @api.model
    def _get_clauses(self, company, kind, condition):
        """Return the clauses of a kind of contract and a state of the car, in their order.

        :param company: ``res.company``
        :param str kind: of ``dealer.contract.kind``
        :param str condition: ``new`` or ``used``
        :return: ``dealer.contract.clause``
        Source: P25
        """
        domain = Domain("company_id", "in", (False, company.id))
        domain &= Domain("kind", "in", (False, kind)) & Domain("condition", "in", (False, condition))
        return self.search(domain)


class DealerContractTemplate(models.Model):
    _inherit = "dealer.contract.template"

    pricelist_id = fields.Many2one(
        "product.pricelist",
        "Price rule",
        check_company=True,
        help="Price list the contract's order starts with: staff, fleet, sub-dealers. Empty: the buyer's own.",
    )


class DealerContract(models.Model):
    _inherit = "dealer.contract"

    def _get_placeholder_words(self):
        return [*super()._get_placeholder_words(), "clauses"]

    def _get_placeholder_values(self):
        values = super()._get_placeholder_values()
        asked = contract_text.placeholders(self.template_id.body)
        return {**values, "clauses": self._render_clauses(values) if "clauses" in asked else ""}

    def _render_clauses(self, values):
        """Return the clauses of this contract, numbered, their words filled in.

        :param dict values: of the other words
        :return: Markup
        """
        condition = "new" if (self.vehicle_id.condition or self._get_sold_condition()) == "new" else "used"
        clauses = self.env["dealer.contract.clause"]._get_clauses(self.company_id, self.kind, condition)
        return Markup("").join(
            Markup("<h5>%s. %s</h5>%s") % (number, clause.name, contract_text.fill(clause.body, values))
            for number, clause in enumerate(clauses, 1)
        )

    def _get_gate_rules(self):
        """A kind of contract may have gates of its own: rules for ``dealer.contract/fleet`` come before common ones.

        Source: P25
        """
        rules = self.env["dealer.gate.rule"]._get_required(f"{self._name}/{self.kind}", self.company_id.id)
        return {**super()._get_gate_rules(), **rules}

    def _get_sold_condition(self):
        """Return the state of the car before one is named: used trims have their own products. Hook."""
        return "new"

    @api.model
    def _prepare_order(self, vals, vehicle, product):
        order = super()._prepare_order(vals, vehicle, product)
        pricelist = self.env["dealer.contract.template"].browse(vals["template_id"]).pricelist_id
        if pricelist:
            order["pricelist_id"] = pricelist.id
            # The price rule of the kind says what the car costs, not its price tag
            for command in order["order_line"]:
                if command[2].get("dealer_vehicle_id"):
                    for name in ("price_with_tax", "price_unit", "technical_price_unit"):
                        command[2].pop(name, None)
        return order
