from odoo import api, fields, models
from odoo.exceptions import UserError

from .dealer_claim import CLERK

OPEN = ("kept", "called")


class DealerClaimPart(models.Model):
    """An old part kept for the maker: tagged, in a bin, until a date; called, sent, scrapped (P39)."""

    _name = "dealer.claim.part"
    _description = "Old Part of a Claim"
    _inherit = ["dealer.protected.mixin"]
    _order = "date_keep, id"
    _rec_name = "tag"
    _rec_names_search = ["tag", "product_id"]
    _check_company_auto = True

    _protected_fields = frozenset(
        {
            "claim_id",
            "line_id",
            "company_id",
            "site_id",
            "vehicle_id",
            "partner_id",
            "product_id",
            "quantity",
            "tag",
            "state",
            "date_keep",
            "date_called",
            "date_closed",
            "closed_by_id",
        }
    )

    claim_id = fields.Many2one("dealer.claim", required=True, readonly=True, index=True, ondelete="cascade")
    line_id = fields.Many2one("dealer.claim.line", readonly=True, index="btree_not_null", ondelete="cascade")
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True)
    site_id = fields.Many2one(related="claim_id.site_id", store=True)
    vehicle_id = fields.Many2one(related="claim_id.vehicle_id", store=True)
    partner_id = fields.Many2one(related="claim_id.partner_id", store=True)
    product_id = fields.Many2one("product.product", "Part", required=True, readonly=True, ondelete="restrict")
    quantity = fields.Float(readonly=True, digits="Product Unit")
    tag = fields.Char(required=True, readonly=True, copy=False, index="trigram", help="On the label of the old part.")
    bin = fields.Char(help="Where the part lies.")
    date_keep = fields.Date("Keep Until", readonly=True, index=True)
    state = fields.Selection(
        [
            ("kept", "Kept"),
            ("called", "Called by the Maker"),
            ("shipped", "Sent to the Maker"),
            ("scrapped", "Scrapped"),
            ("missing", "Missing"),
            ("cancelled", "Not Needed"),
        ],
        required=True,
        default="kept",
        readonly=True,
        index=True,
    )
    is_due = fields.Boolean(
        "To Do", compute="_compute_is_due", search="_search_is_due", help="To be sent, or kept long enough."
    )
    date_called = fields.Date("Called on", readonly=True)
    date_closed = fields.Date("Sent or Scrapped on", readonly=True)
    closed_by_id = fields.Many2one("res.users", "Sent or Scrapped by", readonly=True)
    shipment = fields.Char("Parcel Number", help="By which the maker finds the parcel.")

    _tag_uniq = models.UniqueIndex("(company_id, tag)", "An old part carries this tag already.")
    _due_idx = models.Index("(company_id, state, date_keep) WHERE state IN ('kept', 'called')")

    @api.depends("state", "date_keep")
    def _compute_is_due(self):
        today = fields.Date.context_today(self)
        for part in self:
            over = part.state == "kept" and bool(part.date_keep) and part.date_keep < today
            part.is_due = part.state == "called" or over

    def _search_is_due(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        return ["|", ("state", "=", "called"), "&", ("state", "=", "kept"), ("date_keep", "<", today)]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_by_system(self):
        if not self.env.su:
            raise UserError(self.env._("An old part is not deleted: note what became of it."))

    # --- actions ------------------------------------------------------------------------

    def action_call(self):
        """Note that the maker wants to see these parts."""
        return self._step({"kept"}, {"state": "called", "date_called": fields.Date.context_today(self)})

    def action_ship(self):
        """Note that these parts were sent to the maker.

        :raises UserError: nobody wrote the parcel's number, or the part is not there any more
        """
        for part in self.filtered(lambda part: not (part.shipment or "").strip()):
            raise UserError(self.env._("Old part %(part)s: write the parcel number first.", part=part.tag))
        return self._close(set(OPEN), "shipped")

    def action_scrap(self):
        """Note that these parts were thrown away.

        :raises UserError: the maker called for it, or may still
        """
        today = fields.Date.context_today(self)
        for part in self.filtered(lambda part: part.state == "kept" and part.date_keep >= today):
            raise UserError(
                self.env._(
                    "Old part %(part)s is kept until %(date)s: the maker may still call for it.",
                    part=part.tag,
                    date=fields.Date.to_string(part.date_keep),
                )
            )
        return self._close({"kept"}, "scrapped")

    def action_missing(self):
        """Note that these parts cannot be found; the maker will refuse or charge back their claims."""
        return self._close(set(OPEN), "missing")

    def action_print_tags(self):
        """Print the labels of these parts."""
        return self.env.ref("dealer_workshop.dealer_claim_part_report").report_action(self)

    def _close(self, states, state):
        values = {"state": state, "date_closed": fields.Date.context_today(self), "closed_by_id": self.env.uid}
        return self._step(states, values)

    def _step(self, states, values):
        self.claim_id._check_role(CLERK)
        labels = dict(self._fields["state"]._description_selection(self.env))
        for part in self.filtered(lambda part: part.state not in states):
            raise UserError(
                self.env._(
                    "Old part %(part)s is “%(state)s”: this step is not possible now.",
                    part=part.tag,
                    state=labels[part.state],
                )
            )
        # Narrow sudo: role and step are checked; the fields are protected from typing.
        self.sudo().write(values)
        return True
