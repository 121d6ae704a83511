import base64

from odoo import models
from odoo.exceptions import UserError
from odoo.tools.image import image_data_uri

from ..tools import label


class DealerVehicle(models.Model):
    """What the label and the stock card of a car print."""

    _inherit = "dealer.vehicle"

    # The codes are in the page itself: the printer fetches nothing.

    def _get_qr_data_uri(self):
        """Return the QR code of the car as a data URI: its page, with its VIN in the address."""
        self.ensure_one()
        link = label.label_link(self.get_base_url(), self.id, self.vin or "")
        return image_data_uri(base64.b64encode(label.qr_png(link)))

    def _get_vin_barcode_data_uri(self):
        """Return the VIN as a bar code for hand scanners, or '' while there is none."""
        self.ensure_one()
        return image_data_uri(base64.b64encode(label.code128_png(self.vin))) if self.vin else ""

    def _get_print_lang(self):
        """Return the language of papers for the house: the reader's."""
        return self.env.user.lang or self.env.lang

    def _get_print_model(self):
        """Return what the label calls the car: trim, else series."""
        self.ensure_one()
        return self.product_id.product_tmpl_id.name or self.trim_name or self.series_id.name or self.display_name

    def action_print_labels(self):
        """Print the labels of these cars, one on a page.

        :raises UserError: no car was chosen
        """
        return self._print("dealer_vehicle.dealer_vehicle_report_label")

    def action_print_stock_cards(self):
        """Print the stock cards of these cars, one on a page.

        :raises UserError: no car was chosen
        """
        return self._print("dealer_vehicle.dealer_vehicle_report_stock_card")

    def _print(self, xmlid):
        if not self:
            raise UserError(self.env._("Choose the cars to print first."))
        return self.env.ref(xmlid).report_action(self)
