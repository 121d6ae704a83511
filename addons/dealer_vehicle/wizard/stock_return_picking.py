from odoo import models


class StockReturnPicking(models.TransientModel):
    _inherit = "stock.return.picking"

    def _create_return(self):
        # A lorry that turns round brings the car back: the receipt that waits for it must let it go.
        self.product_return_moves.filtered("quantity").move_id._release_from_sister()
        return super()._create_return()
