from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerJobPart(models.Model):
    """What the store did about a part of a job."""

    _inherit = "dealer.job.part"

    issued_qty = fields.Float(string="Issued", compute="_compute_issue", digits="Product Unit")
    shelf_qty = fields.Float(
        string="On the Shelf",
        compute="_compute_issue",
        digits="Product Unit",
        help="On hand in the store of this site and promised to nobody else.",
    )
    issue_state = fields.Selection(
        [
            ("requested", "Requested"),
            ("partial", "Partly Issued"),
            ("issued", "Issued"),
            ("used", "Used"),
        ],
        string="Store",
        compute="_compute_issue",
    )

    @api.depends("quantity", "state", "product_id")
    def _compute_issue(self):
        moves = {move.id: move for move in self._moves()}
        for part in self:
            # An empty one like the others (see _moves), so that its fields read as nothing.
            move = moves.get(part.id) or self.env["stock.move"].sudo()
            part.issued_qty = move.dealer_issued_qty
            part.issue_state = move and part._get_issue_state(move)
            part.shelf_qty = sum(
                request.dealer_shelf_qty
                for request in move.dealer_issue_move_ids.filtered(lambda request: request._is_part_request())[:1]
            )

    # --- actions ------------------------------------------------------------------------

    def action_issue(self):
        """Issue these parts from the shelf.

        :return: True, or a notification that names what is missing
        :raises AccessError: the user is no parts keeper
        :raises UserError: nothing of it is on the shelf
        Source: practice P35
        """
        self.check_access("read")
        return self.env["stock.move"].browse(self.ids).action_issue_parts()

    def action_return(self):
        """Take these parts back to the shelf; the jobs then do not need them any more.

        :raises AccessError: the user is no parts keeper
        :raises UserError: nothing is out, or it was used up
        Source: practice P35
        """
        self.check_access("read")
        return self.env["stock.move"].browse(self.ids).action_return_parts()

    # --- business -----------------------------------------------------------------------

    def _get_issue_state(self, move):
        """Return the issue state of one part line.

        :param move: ``stock.move`` behind this part, sudo
        :return: value of ``issue_state``
        """
        if move.state == "done":
            return "used"
        if not move.dealer_issued_qty:
            return "requested"
        return "issued" if move.product_uom.compare(move.dealer_issued_qty, move.product_uom_qty) >= 0 else "partial"

    def _is_to_issue(self):
        self.ensure_one()
        return super()._is_to_issue() and self.issue_state in ("requested", "partial")

    def _check_changeable(self):
        super()._check_changeable()
        for part in self.filtered(lambda part: part.issue_state == "partial"):
            raise UserError(
                self.env._(
                    "%(part)s was partly issued: add a second line for more, or let the store take it back.",
                    part=part.product_id.display_name,
                )
            )
