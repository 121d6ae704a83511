import base64
import io

from PIL import Image

from odoo import api, models
from odoo.exceptions import UserError

# What the server scales; core shuts the readers of other formats off, and stores WebP unread.
FORMATS = ("JPEG", "PNG", "GIF")
MAX_BYTES = 20 * 1024 * 1024  # of the file: a phone's best photo has about 12 MB
MAX_PIXELS = 50_000_000  # core's own limit (odoo.tools.image.IMAGE_MAX_RESOLUTION)


class DealerPictureMixin(models.AbstractModel):
    """A row that is a picture: what is not one is refused in words, before it is stored."""

    _name = "dealer.picture.mixin"
    _description = "Picture"
    _inherit = ["image.mixin"]

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._prepare_picture_vals(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._prepare_picture_vals(vals))

    def _prepare_picture_vals(self, vals):
        """Return ``vals`` with their picture proved to be one.

        :param dict vals: of ``create`` or ``write``
        :raises UserError: the file cannot be shown
        """
        if not vals.get("image_1920"):
            return vals
        name = vals.get("name") or self[:1].display_name or self.env._("The file")
        self._check_picture(vals["image_1920"], name)
        return vals

    @api.model
    def _check_picture(self, content, name):
        """Prove that core's image fields can scale and show a picture.

        :param content: base64, bytes or str
        :param str name: what the message calls the file
        :raises UserError: no picture, too large or of another format
        """
        try:
            # Base64 is a third longer than the file: measured before anything is decoded.
            if len(content) * 3 // 4 > MAX_BYTES:
                raise self._get_no_picture_error(name)
            picture = Image.open(io.BytesIO(base64.b64decode(content)))
            if picture.format not in FORMATS or picture.width * picture.height > MAX_PIXELS:
                raise self._get_no_picture_error(name)
            picture.load()
        except (ValueError, TypeError, OSError, SyntaxError, Image.DecompressionBombError) as error:
            raise self._get_no_picture_error(name) from error

    @api.model
    def _get_no_picture_error(self, name):
        return UserError(
            self.env._(
                "“%(name)s” is not a picture that can be shown. Save it as JPEG or PNG, of at most 50 million pixels "
                "and 20 MB, and add it again.",
                name=name,
            )
        )
