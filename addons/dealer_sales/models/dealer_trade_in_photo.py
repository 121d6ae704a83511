from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .dealer_trade_in import LIVE


class DealerTradeInPhoto(models.Model):
    """What a customer's car looked like when it was appraised and when it was received."""

    _name = "dealer.trade.in.photo"
    _description = "Photo of a Trade-in"
    _inherit = ["dealer.picture.mixin"]
    _order = "id"

    name = fields.Char("Text")
    trade_in_id = fields.Many2one("dealer.trade.in", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="trade_in_id.company_id", store=True, index=True)
    is_recheck = fields.Boolean("At the Re-check", readonly=True)
    image_1920 = fields.Image("Photo", required=True)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_not_typed(vals)
            trade_in = self.env["dealer.trade.in"].browse(vals.get("trade_in_id"))
            vals["is_recheck"] = trade_in.state == "committed"
        photos = super().create(vals_list)
        photos._check_state(LIVE)
        return photos

    def write(self, vals):
        self._check_not_typed(vals)
        self._check_state(("draft",))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_proof(self):
        self._check_state(("draft",))

    @api.model
    def _check_not_typed(self, vals):
        """Refuse facts that follow from the trade-in.

        :raises AccessError: a user types one of them
        """
        if not self.env.su and vals.keys() & {"is_recheck", "company_id"}:
            raise AccessError(self.env._("When it was found and for which company follows from the trade-in."))

    def _check_state(self, states):
        """Refuse to change photos that are proof.

        :param states: in which the trade-in must be
        :raises UserError: naming the trade-in
        """
        for photo in self.filtered(lambda photo: photo.trade_in_id.state not in states):
            raise UserError(
                self.env._(
                    "%(trade_in)s: photos are added until the car is received and stay as they were.",
                    trade_in=photo.trade_in_id.display_name,
                )
            )
