import base64

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.mimetypes import guess_mimetype

# Nothing that a browser would run.
MIMETYPES = ("application/pdf", "image/jpeg", "image/png")


class DealerCatalogueBrochure(models.Model):
    """A brochure of a series or of one trim, to download or to send."""

    _name = "dealer.catalogue.brochure"
    _description = "Brochure"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    product_tmpl_id = fields.Many2one("product.template", "Trim", index="btree_not_null", ondelete="cascade")
    series_id = fields.Many2one("fleet.vehicle.model", "Series", index="btree_not_null", ondelete="cascade")
    file = fields.Binary(attachment=True, required=True)
    file_name = fields.Char()

    _one_owner = models.Constraint(
        "CHECK ((product_tmpl_id IS NULL) <> (series_id IS NULL))",
        "A brochure belongs to a series or to a trim, not to both and not to neither.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_file(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_file(vals)
        return super().write(vals)

    @api.model
    def _check_file(self, vals):
        if not vals.get("file"):
            return
        try:
            mimetype = guess_mimetype(base64.b64decode(vals["file"]))
        except ValueError:
            mimetype = None
        if mimetype not in MIMETYPES:
            raise UserError(
                self.env._(
                    "“%(name)s” cannot be a brochure: it must be a PDF, JPEG or PNG file. Save it as PDF and add it "
                    "again.",
                    name=vals.get("file_name") or vals.get("name") or self[:1].display_name,
                )
            )
