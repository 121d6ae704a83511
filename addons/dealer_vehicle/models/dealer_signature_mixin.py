import base64
import binascii

from odoo import fields, models
from odoo.exceptions import UserError

LARGEST_SIGNATURE = 2 * 1024 * 1024


class DealerSignatureMixin(models.AbstractModel):
    """Something a person signs once, on a screen of ours or on the portal."""

    _name = "dealer.signature.mixin"
    _description = "Signature"

    signature = fields.Binary(attachment=True, readonly=True, copy=False)
    signed_by = fields.Char(readonly=True, copy=False, help="Name the signer gave.")
    signed_on = fields.Datetime(readonly=True, copy=False, help="UTC.")
    signed_from = fields.Char("Signed from", readonly=True, copy=False, help="Network address of the signer.")

    def _sign(self, name, signature_b64, ip=None):
        """Keep a signature. The caller has checked that this person may sign.

        :param str name: the signer's name, as typed
        :param signature_b64: PNG, base64 (str or bytes)
        :param str ip: network address, if known
        :raises UserError: nothing was drawn, no name, or it is signed already
        """
        self.ensure_one()
        if self.signed_on:
            raise UserError(
                self.env._(
                    "%(document)s was signed by %(name)s already.", document=self.display_name, name=self.signed_by
                )
            )
        # A public page passes on what a client sent: anything that is no text is no name
        if not isinstance(name, str) or not name.strip() or not self._is_drawn(signature_b64):
            raise UserError(self.env._("Draw a signature and type the signer's name."))
        self.write(
            {
                "signature": signature_b64,
                "signed_by": name.strip(),
                "signed_on": fields.Datetime.now(),
                "signed_from": ip,
            }
        )

    @staticmethod
    def _is_drawn(signature_b64):
        try:
            content = base64.b64decode(signature_b64 or b"", validate=True)
        except (binascii.Error, ValueError, TypeError):
            return False
        return 0 < len(content) <= LARGEST_SIGNATURE
