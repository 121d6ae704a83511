from odoo import api, fields, models
from odoo.tools import ormcache

from .dealer_vehicle_document import KINDS


class DealerVehicleDocumentRule(models.Model):
    """Which papers must be in house before a step; policy of a company or of all (P3)."""

    _name = "dealer.vehicle.document.rule"
    _inherit = ["dealer.cached.policy.mixin"]
    _description = "Paper Required before a Step"
    _order = "company_id, condition, kind"
    _rec_name = "kind"

    company_id = fields.Many2one("res.company", index=True, help="Empty: all companies.")
    kind = fields.Selection(KINDS, required=True)
    condition = fields.Selection([("new", "New"), ("used", "Used"), ("demo", "Demonstrator")], help="Empty: every car.")
    required_before_invoice = fields.Boolean("Before Invoice")
    required_before_delivery = fields.Boolean("Before Hand-over")
    active = fields.Boolean(default=True)

    _policy_uniq = models.UniqueIndex(
        "(coalesce(company_id, 0), kind, coalesce(condition, ''))", "There is a rule for this paper already."
    )

    @api.model
    @ormcache("step")
    def _get_policies(self, step):
        """Return what a step needs, for all companies; asked at each gate, so it is cached.

        :param str step: ``"invoice"`` or ``"delivery"``
        :return: tuple of (company id or False, condition or False, kind), in the order of the rules
        """
        rules = self.sudo().search([(f"required_before_{step}", "=", True)])
        return tuple((rule.company_id.id, rule.condition, rule.kind) for rule in rules)

    @api.model
    def _get_missing(self, vehicles, step):
        """Return the papers that are not in house though ``step`` needs them.

        :param vehicles: ``dealer.vehicle`` recordset
        :param str step: ``"invoice"`` or ``"delivery"``
        :return: {vehicle: list of kinds (str)}; a car without gaps is not a key
        """
        policies = self._get_policies(step)
        missing = {}
        for vehicle in vehicles.sudo():
            present = set(vehicle.document_ids.filtered("is_in_house").mapped("kind"))
            needed = [
                kind
                for company_id, condition, kind in policies
                if company_id in (False, vehicle.company_id.id) and condition in (False, vehicle.condition)
            ]
            gaps = [kind for kind in dict.fromkeys(needed) if kind not in present]
            if gaps:
                missing[vehicle.with_env(vehicles.env)] = gaps
        return missing


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    def _get_missing_papers(self, step):
        """Return the papers a step still misses, as people call them, and who has them.

        :param str step: ``"invoice"`` or ``"delivery"``
        :return: list of str (translated), empty when the car may pass
        """
        self.ensure_one()
        missing = self.env["dealer.vehicle.document.rule"]._get_missing(self, step).get(self)
        if not missing:
            return []
        labels = dict(self.env["dealer.vehicle.document"]._fields["kind"]._description_selection(self.env))
        # Missing are those that are in nobody's house and those that are in somebody else's: say in whose
        holders = {paper.kind: paper.holder_id.name for paper in self.sudo().document_ids}
        return [
            self.env._("%(paper)s (at %(holder)s)", paper=labels[kind], holder=holders[kind])
            if holders.get(kind)
            else labels[kind]
            for kind in missing
        ]
