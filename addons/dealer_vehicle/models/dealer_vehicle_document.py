from odoo import api, fields, models
from odoo.exceptions import UserError

KINDS = [
    ("certificate", "Quality Certificate"),
    ("conformity", "Certificate of Conformity"),
    ("import", "Import Papers"),
    ("title", "Vehicle Title"),
    ("keys", "Keys"),
]

# Follow from who holds the paper; nobody writes them.
DERIVED_FIELDS = {"is_in_house", "is_pledged", "holder_since"}


class DealerVehicleDocument(models.Model):
    """A paper of a car, or its keys: who holds it, since when, handed over by whom (P3)."""

    _name = "dealer.vehicle.document"
    _description = "Paper of a Car"
    _inherit = ["mail.thread"]
    _order = "vehicle_id, kind, id"
    _rec_names_search = ["number"]
    _check_company_auto = True

    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True, index=True)
    kind = fields.Selection(KINDS, required=True, index=True)
    number = fields.Char(help="Number printed on the paper; for keys: how many.")
    holder_id = fields.Many2one(
        "res.partner",
        "Holder",
        required=True,
        index=True,
        default=lambda self: self.env.company.partner_id,
        help="Who has it in hand. Our company means: in our safe.",
    )
    holder_since = fields.Datetime("Since", compute="_compute_holder_since", store=True)
    is_in_house = fields.Boolean(
        "In House", compute="_compute_is_in_house", store=True, help="Our own company holds it."
    )
    is_pledged = fields.Boolean(
        "At a Bank", compute="_compute_is_in_house", store=True, help="A bank keeps it until its loan is repaid."
    )
    custody_ids = fields.One2many("dealer.vehicle.document.custody", "document_id", "Chain of Custody")
    place_note = fields.Char("Kept at", help="Shelf, drawer or file.")

    _kind_number_uniq = models.UniqueIndex(
        "(vehicle_id, kind, coalesce(number, ''))", "This paper of the car is registered already."
    )

    @api.depends("kind", "number", "vehicle_id.name")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for document in self:
            parts = [labels.get(document.kind), document.number, document.vehicle_id.name]
            document.display_name = " · ".join(filter(None, parts))

    @api.depends("custody_ids.date")
    def _compute_holder_since(self):
        for document in self:
            document.holder_since = max(document.custody_ids.mapped("date"), default=False)

    @api.depends("holder_id", "holder_id.is_vehicle_financier", "company_id.partner_id")
    def _compute_is_in_house(self):
        for document in self:
            house = document.company_id.partner_id
            holder = document.holder_id
            document.is_in_house = holder == house or holder.commercial_partner_id == house
            document.is_pledged = not document.is_in_house and holder.is_vehicle_financier

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_not_derived(vals)
        documents = super().create(vals_list)
        documents._log_custody({document.id: False for document in documents}, self.env._("Registered"))
        return documents

    def write(self, vals):
        self._check_not_derived(vals)
        before = {document.id: document.holder_id.id for document in self}
        result = super().write(vals)
        if "holder_id" in vals:
            moved = self.filtered(lambda document: before[document.id] != document.holder_id.id)
            moved._log_custody(before, self.env.context.get("custody_note"))
        return result

    @api.model
    def _check_not_derived(self, vals):
        if DERIVED_FIELDS & vals.keys():
            raise UserError(
                self.env._("Whether a paper is in house follows from who holds it. Use “Hand Over” or “Take In”.")
            )

    def action_hand_over(self, partner_id=False, note=False):
        """Hand the papers to somebody and write it into the chain.

        :param int partner_id: ``res.partner`` who takes them; without it a dialogue asks
        :param str note: why, shown in the chain
        :return: True, or the dialogue's action
        :raises UserError: the person has it already
        """
        if not partner_id:
            return self._get_hand_over_action()
        partner = self.env["res.partner"].browse(partner_id).exists()
        for document in self:
            if document.holder_id == partner:
                raise UserError(
                    self.env._("%(holder)s has %(paper)s already.", holder=partner.name, paper=document.display_name)
                )
        self.with_context(custody_note=note or False).write({"holder_id": partner.id})
        return True

    def action_take_in(self):
        """Take the papers back into our own safe (redeemed, returned, found)."""
        for company, documents in self.grouped("company_id").items():
            documents.filtered(lambda d: not d.is_in_house).action_hand_over(company.partner_id.id)
        return True

    def _get_hand_over_action(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Hand Over"),
            "res_model": "dealer.vehicle.document.handover",
            "view_mode": "form",
            "target": "new",
            "context": {"default_document_ids": self.ids},
        }

    def _log_custody(self, before, note):
        # The chain is evidence: written by the system, nobody edits it.
        self.env["dealer.vehicle.document.custody"].sudo().create(
            [
                {
                    "document_id": document.id,
                    "from_id": before[document.id],
                    "to_id": document.holder_id.id,
                    "user_id": self.env.uid,
                    "note": note,
                }
                for document in self
            ]
        )
