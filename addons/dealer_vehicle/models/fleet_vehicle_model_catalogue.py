from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import catalogue


class FleetVehicleModel(models.Model):
    """What the catalogue shows of a series."""

    _inherit = "fleet.vehicle.model"

    body_id = fields.Many2one("dealer.vehicle.body", "Body", index="btree_not_null", ondelete="restrict")
    description = fields.Text(translate=True, help="What a salesperson says about it.")
    video_url = fields.Char("Video Link", help="A film about this series.")
    picture_ids = fields.One2many("dealer.catalogue.picture", "series_id", "Pictures")
    brochure_ids = fields.One2many("dealer.catalogue.brochure", "series_id", "Brochures")
    cover_url = fields.Char(compute="_compute_cover_url", help="Address of the picture shown on cards.")

    @api.depends("picture_ids.sequence", "image_128")
    def _compute_cover_url(self):
        pictures = self.env["dealer.catalogue.picture"].search_fetch(
            [("series_id", "in", self.ids), ("kind", "!=", "video")], ["series_id", "write_date"]
        )
        first = {}
        for picture in pictures:
            first.setdefault(picture.series_id.id, picture)
        for series in self:
            known = series._origin.with_context(bin_size=True)
            if known.id in first:
                series.cover_url = first[known.id]._get_url()
            else:
                series.cover_url = known.image_128 and f"/web/image/fleet.vehicle.model/{known.id}/image_128"

    @api.constrains("video_url")
    def _check_video_url(self):
        for series in self:
            if series.video_url and not catalogue.is_web_link(series.video_url):
                raise ValidationError(
                    self.env._(
                        "The video link of “%(name)s” must start with https:// or http://. Copy it from your browser.",
                        name=series.display_name,
                    )
                )

    def action_open_trims(self):
        """Open the trims of the series."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.product_template_action_trim")
        action["display_name"] = self.display_name
        action["domain"] = [("series_id", "=", self.id), ("is_vehicle", "=", True)]
        action["context"] = {"default_is_vehicle": True, "default_series_id": self.id}
        return action
