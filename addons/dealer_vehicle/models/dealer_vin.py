from psycopg2 import errors

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError, ValidationError

from ..tools import vin as vin_tools


class DealerVin(models.Model):
    """Identity of a car, shared by every company of the database.

    It carries nothing a company may want to keep to itself: what one company knows of
    the car is on ``dealer.vehicle``.
    """

    _name = "dealer.vin"
    _description = "VIN"
    _rec_name = "vin"
    _order = "id desc"

    vin = fields.Char(
        "VIN",
        copy=False,
        help="Vehicle identification number of 17 signs, without spaces. "
        "Empty until the maker's shipping notice tells it.",
    )
    vin_typed = fields.Char(
        "VIN as Typed", readonly=True, copy=False, help="The spelling somebody typed or a file held."
    )
    is_check_digit_ok = fields.Boolean(
        "Check Digit Right",
        compute="_compute_is_check_digit_ok",
        store=True,
        help="Position 9 is the check digit. Makers in Europe do not use it.",
    )
    lot_id = fields.Many2one(
        "stock.lot",
        "Serial Number",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="The car in stock. One serial number for the life of the car, whoever trades it.",
    )
    engine_no = fields.Char("Engine or Motor Number")
    battery_no = fields.Char("Battery Number", help="Number of the traction battery of an electric car.")
    brand_id = fields.Many2one("fleet.vehicle.model.brand", "Brand", index="btree_not_null")
    series_id = fields.Many2one("fleet.vehicle.model", "Series", index="btree_not_null")
    model_year = fields.Integer(aggregator=None)
    trim_name = fields.Char("Trim")
    spec_note = fields.Text("Specification")
    announcement_model = fields.Char(help="Model code of the public announcement, as the invoice prints it.")
    certificate_no = fields.Char("Quality Certificate Number")
    has_stop_sale = fields.Boolean(
        "Stop-sale", help="A recall forbids invoice, hand-over and lending of this car (whoever owns it)."
    )
    vehicle_ids = fields.One2many("dealer.vehicle", "vin_id", "Cars")

    _vin_uniq = models.UniqueIndex(
        "(vin)",
        "This VIN is registered already. Search for the car instead of creating it again.",
    )
    _lot_uniq = models.UniqueIndex("(lot_id) WHERE lot_id IS NOT NULL", "This serial number belongs to another VIN.")
    # People know a car by the end of its VIN: the last eight, often only the last six.
    # Of all rows: PostgreSQL uses what it knows of an expression only from an index without a condition, and guesses
    # five thousand cars to one end otherwise.
    _vin_last8_idx = models.Index("(right(vin, 8) text_pattern_ops)")
    _vin_reverse_idx = models.Index("(reverse(vin) text_pattern_ops)")
    _vin_prefix_idx = models.Index("(vin text_pattern_ops) WHERE vin IS NOT NULL")

    @api.depends("vin")
    def _compute_is_check_digit_ok(self):
        for record in self:
            record.is_check_digit_ok = vin_tools.check_digit_ok(record.vin or "")

    @api.depends("vin")
    def _compute_display_name(self):
        for record in self:
            record.display_name = record.vin or self.env._("VIN to come")

    @api.constrains("vin", "lot_id")
    def _check_lot(self):
        for record in self.sudo().filtered("lot_id"):
            if record.lot_id.name != record.vin:
                raise ValidationError(
                    self.env._(
                        "The serial number %(lot)s cannot stand for the VIN %(vin)s: both must read the same.",
                        lot=record.lot_id.name,
                        vin=record.vin or "-",
                    )
                )

    @api.onchange("series_id")
    def _onchange_series_id(self):
        if self.series_id:
            self.brand_id = self.series_id.brand_id

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._prepare_vin_vals(vals) for vals in vals_list]
        self._check_lot_is_system(*vals_list)
        self._check_vins_unknown([vals["vin"] for vals in vals_list if vals.get("vin")])
        try:
            return super().create(vals_list)
        except errors.UniqueViolation as error:
            if error.diag.constraint_name != "dealer_vin_vin_uniq":
                raise
            # Another transaction registered the VIN after ours began, we cannot see its row: the
            # request is run again, then finds the row, and links it or says so.
            raise ConcurrencyError(str(error)) from error

    def write(self, vals):
        vals = self._prepare_vin_vals(vals)
        self._check_lot_is_system(vals)
        if vals.get("vin"):
            self._rename_lots(vals["vin"])
        return super().write(vals)

    @api.model
    def _prepare_vin_vals(self, vals):
        """Return ``vals`` with the VIN normalised and proved possible.

        :param dict vals: of ``create`` or ``write``
        :raises ValidationError: the VIN cannot be one
        """
        if "vin" not in vals:
            return vals
        typed = vals["vin"] or ""
        vin = vin_tools.normalise(typed)
        if vin and not vin_tools.is_possible(vin):
            raise ValidationError(self._get_impossible_message(typed, vin))
        return {"vin_typed": typed or False, **vals, "vin": vin or False}

    @api.model
    def _get_impossible_message(self, typed, vin):
        offered = vin_tools.suggest(vin)
        if offered:
            return self.env._(
                "“%(typed)s” cannot be a VIN: the letters I, O and Q do not occur. Did you mean %(vin)s?",
                typed=typed,
                vin=offered,
            )
        return self.env._(
            "“%(typed)s” cannot be a VIN: it has %(count)s signs instead of 17 or a sign that no VIN has. "
            "Read it again from the windscreen or the papers.",
            typed=typed,
            count=len(vin),
        )

    @api.model
    def _check_lot_is_system(self, *vals_list):
        if not self.env.su and any("lot_id" in vals for vals in vals_list):
            raise UserError(
                self.env._("The serial number of a car is tied to its VIN by its receipt. Receive the car.")
            )

    def _rename_lots(self, vin):
        # The serial number is the VIN: a corrected VIN is corrected there first. Stock rights are
        # not asked for, the right to write the VIN is; the serial number's own guards hold.
        self.check_access("write")
        lots = self.sudo().lot_id.filtered(lambda lot: lot.name != vin)
        if lots:
            lots.write({"name": vin})

    @api.model
    def _check_vins_unknown(self, vins):
        """Refuse VINs that are registered already or are there twice.

        :param list vins: normalised
        :raises ValidationError: names one of them
        """
        twice = {vin for vin in vins if vins.count(vin) > 1} if len(set(vins)) < len(vins) else set()
        twice |= set(self.sudo()._get_by_vin(vins).mapped("vin"))
        if twice:
            raise ValidationError(
                self.env._("The VIN %(vin)s is registered already. Search for the car.", vin=min(twice))
            )

    @api.model
    def _get_by_vin(self, vins):
        """Return the registered ``dealer.vin`` among normalised texts.

        :param list vins: of str
        :return: recordset
        """
        return self.search([("vin", "in", vins)]) if vins else self.browse()

    @api.model
    def _get_or_create(self, vins):
        """Return the identities of VINs, registering those nobody knew.

        Works in every company and for users who may create cars, the caller has checked that.

        :param vins: one VIN or a list of VINs, in any spelling
        :return: ``dealer.vin`` recordset in the order asked, one record per entry
        :raises ValidationError: one of them cannot be a VIN
        """
        typed = [vins] if isinstance(vins, str) else list(vins)
        normal = [self._prepare_vin_vals({"vin": text})["vin"] for text in typed]
        known = {record.vin: record for record in self.sudo()._get_by_vin(normal)}
        new = {vin: text for vin, text in zip(normal, typed, strict=True) if vin not in known}
        created = self.sudo().create([{"vin": vin, "vin_typed": text} for vin, text in new.items()])
        known.update({record.vin: record for record in created})
        return self.browse([known[vin].id for vin in normal])
