from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import catalogue


class DealerCataloguePicture(models.Model):
    """A picture or a film of a series or of one trim."""

    _name = "dealer.catalogue.picture"
    _description = "Catalogue Picture"
    _inherit = ["dealer.picture.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, default=lambda self: self.env._("Picture"), translate=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [("exterior", "Outside"), ("interior", "Inside"), ("detail", "Detail"), ("video", "Video")],
        default="exterior",
        required=True,
    )
    product_tmpl_id = fields.Many2one("product.template", "Trim", index="btree_not_null", ondelete="cascade")
    series_id = fields.Many2one("fleet.vehicle.model", "Series", index="btree_not_null", ondelete="cascade")
    video_url = fields.Char("Video Link", help="Where the film can be watched. The picture is its cover then.")

    _one_owner = models.Constraint(
        "CHECK ((product_tmpl_id IS NULL) <> (series_id IS NULL))",
        "A picture belongs to a series or to a trim, not to both and not to neither.",
    )

    @api.constrains("kind", "video_url", "image_1920")
    def _check_content(self):
        for picture in self.with_context(bin_size=True):
            if picture.video_url and not catalogue.is_web_link(picture.video_url):
                raise ValidationError(
                    self.env._(
                        "The video link of “%(name)s” must start with https:// or http://. Copy it from your browser.",
                        name=picture.name,
                    )
                )
            if picture.kind == "video" and not picture.video_url:
                raise ValidationError(self.env._("“%(name)s” is a video: paste its link.", name=picture.name))
            if picture.kind != "video" and not picture.image_1920:
                raise ValidationError(
                    self.env._("“%(name)s” has no picture yet: add the file, or say it is a video.", name=picture.name)
                )

    @api.model
    def _get_covers(self, templates):
        """Return the first picture of each trim, else of its series, in one query.

        :param templates: ``product.template``
        :return: {template id: ``dealer.catalogue.picture``}; a missing id means there is none
        """
        pictures = self.search_fetch(
            [
                ("kind", "!=", "video"),
                "|",
                ("product_tmpl_id", "in", templates.ids),
                ("series_id", "in", templates.series_id.ids),
            ],
            ["product_tmpl_id", "series_id", "write_date"],
        )
        own, common = {}, {}
        for picture in pictures:
            if picture.product_tmpl_id:
                own.setdefault(picture.product_tmpl_id.id, picture)
            else:
                common.setdefault(picture.series_id.id, picture)
        covers = {template.id: own.get(template.id) or common.get(template.series_id.id) for template in templates}
        return {template_id: picture for template_id, picture in covers.items() if picture}

    def _get_url(self):
        """Return the address of the picture in a size for cards; it changes with the picture."""
        self.ensure_one()
        return f"/web/image/{self._name}/{self.id}/image_512?unique={self.write_date.timestamp():.0f}"

    def action_watch(self):
        """Open the film in a new tab."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.video_url, "target": "new"}
