from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.image import image_data_uri

from ..tools import catalogue

# Energies with a battery that is charged: they have an electric range.
CHARGED = ("electric", "plug_in", "range_extender")


class ProductTemplate(models.Model):
    """What the catalogue says of a trim, and what is copied into its next model year."""

    _inherit = "product.template"

    # Trims are shared by companies of several countries: core calls every price of a shared product the
    # main company's money.
    guide_currency_id = fields.Many2one(
        "res.currency",
        "Currency of the Guide Price",
        compute="_compute_guide_currency_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    guide_price = fields.Monetary(currency_field="guide_currency_id")
    body_id = fields.Many2one(
        "dealer.vehicle.body",
        "Body",
        compute="_compute_body_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    seats = fields.Integer(aggregator=None)
    drive = fields.Selection([("fwd", "Front-wheel"), ("rwd", "Rear-wheel"), ("awd", "All-wheel")])
    video_url = fields.Char("Video Link", help="A film about this trim.")
    specification_ids = fields.One2many("dealer.trim.specification", "product_tmpl_id", "Specifications", copy=True)
    option_ids = fields.One2many("dealer.trim.option", "product_tmpl_id", "Options", copy=True)
    colour_ids = fields.One2many("dealer.trim.colour", "product_tmpl_id", "Colours", copy=True)
    picture_ids = fields.One2many("dealer.catalogue.picture", "product_tmpl_id", "Pictures", copy=True)
    series_picture_ids = fields.One2many(related="series_id.picture_ids", string="Pictures of the Series")
    brochure_ids = fields.One2many("dealer.catalogue.brochure", "product_tmpl_id", "Brochures", copy=True)
    series_brochure_ids = fields.One2many(related="series_id.brochure_ids", string="Brochures of the Series")
    previous_year_id = fields.Many2one(
        "product.template",
        "Previous Model Year",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The trim of the year before that this one was copied from.",
    )
    price_band_id = fields.Many2one(
        "dealer.price.band", compute="_compute_price_band_id", store=True, index="btree_not_null"
    )
    price_tag = fields.Monetary(
        "Price",
        compute="_compute_price_tag",
        currency_field="guide_currency_id",
        help="The maker's guide price; the sales price where there is none.",
    )
    cover_url = fields.Char(compute="_compute_cover_url", help="Address of the picture shown on cards.")
    car_available_count = fields.Integer(
        "Cars Available", compute="_compute_car_counts", help="At a site, inspected, promised to nobody."
    )
    car_coming_count = fields.Integer(
        "Cars Coming", compute="_compute_car_counts", help="Ordered or in transit, promised to nobody."
    )

    _previous_year_uniq = models.UniqueIndex(
        "(previous_year_id) WHERE previous_year_id IS NOT NULL",
        "This trim was copied to its next model year already. Open that trim.",
    )
    _seats_range = models.Constraint("CHECK (seats IS NULL OR seats BETWEEN 0 AND 99)", "A car has 0 to 99 seats.")

    # ------------------------------------------------------------------ computes

    @api.depends("is_vehicle", "company_id")
    def _compute_guide_currency_id(self):
        for template in self:
            if template.is_vehicle and not template.guide_currency_id:
                template.guide_currency_id = (template.company_id or self.env.company).currency_id
            else:
                template.guide_currency_id = template.guide_currency_id

    @api.depends("series_id")
    def _compute_body_id(self):
        for template in self:
            template.body_id = template.body_id or template.series_id.body_id

    @api.depends("guide_price", "list_price")
    def _compute_price_tag(self):
        for template in self:
            template.price_tag = template.guide_price or template.list_price

    @api.depends("is_vehicle", "guide_price", "list_price")
    def _compute_price_band_id(self):
        trims = self.filtered("is_vehicle")
        (self - trims).price_band_id = False
        # Parts change their prices by the ten thousand: bands are read for cars only.
        bands = self.env["dealer.price.band"].search([]) if trims else self.env["dealer.price.band"]
        for trim in trims:
            trim.price_band_id = bands._find(trim.guide_price or trim.list_price)

    @api.depends("image_128", "picture_ids.sequence", "series_id.picture_ids.sequence")
    def _compute_cover_url(self):
        records = self._origin.with_context(bin_size=True)
        covers = self.env["dealer.catalogue.picture"]._get_covers(records)
        for template in self:
            known = template._origin.with_context(bin_size=True)
            if known.image_128:
                stamp = f"?unique={known.write_date.timestamp():.0f}"
                template.cover_url = f"/web/image/product.template/{known.id}/image_512{stamp}"
            elif known.id in covers:
                template.cover_url = covers[known.id]._get_url()
            elif known.series_id.image_128:
                template.cover_url = f"/web/image/fleet.vehicle.model/{known.series_id.id}/image_128"
            else:
                template.cover_url = False

    def _get_cover_data_uri(self):
        """Return the cover as a data URI for paper, '' when there is none: no page is fetched while printing."""
        self.ensure_one()
        cover = self.env["dealer.catalogue.picture"]._get_covers(self).get(self.id)
        content = self.image_512 or (cover and cover.image_512) or self.series_id.image_128
        return image_data_uri(content) if content else ""

    def _compute_car_counts(self):
        free = [("product_id.product_tmpl_id", "in", self.ids), ("claim", "=", "free")]
        available = self._count_cars([*free, ("is_available", "=", True)])
        coming = self._count_cars([*free, ("place", "in", ("ordered", "in_transit"))])
        for template in self:
            template.car_available_count = available.get(template._origin.id, 0)
            template.car_coming_count = coming.get(template._origin.id, 0)

    @api.model
    def _count_cars(self, domain):
        """Return how many cars of the reader's companies each trim has.

        :param domain: of ``dealer.vehicle``
        :return: {template id: count}
        """
        counts = {}
        for product, count in self.env["dealer.vehicle"]._read_group(domain, ["product_id"], ["__count"]):
            template = product.product_tmpl_id.id
            counts[template] = counts.get(template, 0) + count
        return counts

    # ------------------------------------------------------------------ CRUD

    @api.constrains("video_url")
    def _check_video_url(self):
        if wrong := self.filtered(lambda record: record.video_url and not catalogue.is_web_link(record.video_url)):
            raise ValidationError(
                self.env._(
                    "The video link of “%(name)s” must start with https:// or http://. Copy it from your browser.",
                    name=wrong[:1].display_name,
                )
            )

    @api.model
    def _prepare_vehicle_vals(self, vals):
        vals = super()._prepare_vehicle_vals(vals)
        if vals.get("is_vehicle"):
            self._check_trim_picture(vals)
        return vals

    def write(self, vals):
        if vals.get("image_1920") and any(self.mapped("is_vehicle")):
            self._check_trim_picture(vals)
        return super().write(vals)

    def _check_trim_picture(self, vals):
        if vals.get("image_1920"):
            name = vals.get("name") or self[:1].display_name or self.env._("The file")
            self.env["dealer.picture.mixin"]._check_picture(vals["image_1920"], name)

    # ------------------------------------------------------------------ next model year

    def action_copy_to_next_year(self):
        """Enter next year's trims: specifications, options, colours, pictures and brochures come along.

        :raises UserError: a record is no trim, has no model year, or was copied before
        :return: an action on the new trims
        """
        self._check_may_copy_to_next_year()
        copies = self.browse()
        for trim in self:
            copies |= trim.copy(
                {
                    "name": catalogue.next_year_name(trim.name, trim.model_year),
                    "model_year": trim.model_year + 1,
                    "previous_year_id": trim.id,
                }
            )
        return copies._get_trim_action(self.env._("Next Model Year"))

    def _check_may_copy_to_next_year(self):
        self._check_trims()
        if without := self.filtered(lambda trim: not trim.model_year):
            raise UserError(self.env._("%(trim)s has no model year. Enter it first.", trim=without[:1].display_name))
        known = self.with_context(active_test=False).search([("previous_year_id", "in", self.ids)], limit=1)
        if known:
            raise UserError(
                self.env._(
                    "%(trim)s was copied to its next model year already: %(next)s. Open that trim.",
                    trim=known.previous_year_id.display_name,
                    next=known.display_name,
                )
            )

    def _check_trims(self):
        """Refuse products that are no cars.

        :raises UserError: names one of them
        """
        if others := self.filtered(lambda template: not template.is_vehicle):
            raise UserError(
                self.env._("%(product)s is not a car. Choose trims of cars.", product=others[:1].display_name)
            )

    # ------------------------------------------------------------------ actions

    def action_open_cars(self):
        """Open the cars of the trim that can be sold: here and on their way."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_vehicle_action")
        action["domain"] = [("product_id.product_tmpl_id", "=", self.id), ("claim", "!=", False)]
        action["context"] = {"search_default_free": 1, "create": False}
        action["display_name"] = self.display_name
        return action

    def action_watch_video(self):
        """Open the film of the trim, or of its series, in a new tab.

        :raises UserError: there is no link, or it is none
        """
        self.ensure_one()
        url = self.video_url or self.series_id.video_url
        if not catalogue.is_web_link(url):
            raise UserError(self.env._("%(trim)s has no video link.", trim=self.display_name))
        return {"type": "ir.actions.act_url", "url": url, "target": "new"}

    def action_compare(self):
        """Open these trims side by side.

        :raises UserError: fewer than two, more than four, or one is no car
        """
        record = self.env["dealer.trim.comparison"].create({"trim_ids": self.ids})
        record._check_trims()
        return record._get_screen_action()

    def action_compare_with(self):
        """Open a comparison that begins with this trim."""
        self._check_trims()
        return self.env["dealer.trim.comparison"].create({"trim_ids": self.ids})._get_screen_action()

    def _get_trim_action(self, name):
        """Return the catalogue's action on these trims: the form when it is one.

        :param str name: title
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.product_template_action_trim")
        action.update(display_name=name, domain=[("id", "in", self.ids)], context={"default_is_vehicle": True})
        if len(self) == 1:
            form = self.env.ref("dealer_vehicle.product_template_view_form_trim")
            action.update(views=[(form.id, "form")], res_id=self.id)
        return action
