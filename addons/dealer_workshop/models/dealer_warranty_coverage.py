from odoo import api, fields, models

from ..tools import warranty


class DealerWarrantyCoverage(models.Model):
    """What a maker covers for how long: a brand, perhaps a series, perhaps a part of the car."""

    _name = "dealer.warranty.coverage"
    _description = "Warranty Coverage"
    _order = "brand_id, series_id, operation_prefix, date_from desc"
    _rec_name = "name"
    _check_company_auto = True

    name = fields.Char("Part of the Car", required=True, translate=True, help="For instance: brake pads, paint.")
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    brand_id = fields.Many2one("fleet.vehicle.model.brand", required=True, index=True, ondelete="cascade")
    series_id = fields.Many2one(
        "fleet.vehicle.model", index=True, ondelete="cascade", domain="[('brand_id', '=', brand_id)]"
    )
    operation_prefix = fields.Char(
        "Operations Beginning with",
        help="Codes of operations on this part of the car begin so. Empty: every operation.",
    )
    date_from = fields.Date("From", help="For cars whose warranty began on this day or later. Empty: all.")
    months = fields.Integer(help="0: without a limit of time.")
    km = fields.Integer("Up to (km)", aggregator=None, help="0: without a limit of kilometres.")
    note = fields.Char(help="Where the maker says so.")

    _numbers_sane = models.Constraint(
        "CHECK (COALESCE(months, 0) >= 0 AND COALESCE(km, 0) >= 0)", "Months and kilometres cannot be negative."
    )

    @api.model
    def _get_gap(self, rows, vehicle, code, day, km):
        """Tell why the maker does not cover an operation.

        The row that names the longest beginning of the code and the series wins; without any, the maker's warranty
        written on the car decides.

        :param rows: ``dealer.warranty.coverage`` of the car's brand and company, see :meth:`_get_candidates`
        :param vehicle: ``dealer.vehicle``
        :param str code: of the operation, may be ""
        :param date day: the car came in
        :param int km: reading that day
        :return: (gap of ``tools.warranty.cover_gap``, the row or an empty recordset)
        """
        own = vehicle.warranty_ids.filtered(lambda one: one.kind == "maker")[:1]
        start = own.date_start or None
        fitting = rows.filtered(lambda row: row._fits(vehicle, code, start))
        row = max(
            fitting,
            key=lambda row: (len(row.operation_prefix or ""), bool(row.series_id), row.date_from or own.date_start),
            default=rows.browse(),
        )
        limits = (row.months, row.km) if row else (own.months, own.km)
        return warranty.cover_gap(start, *limits, day, km), row

    def _fits(self, vehicle, code, start):
        self.ensure_one()
        return (
            (not self.series_id or self.series_id == vehicle.series_id)
            and (code or "").startswith(self.operation_prefix or "")
            and bool(start)
            and (not self.date_from or self.date_from <= start)
        )

    @api.model
    def _get_candidates(self, vehicles):
        """Return the rows of some cars' brands.

        :param vehicles: ``dealer.vehicle`` of one company
        :return: {``fleet.vehicle.model.brand``: ``dealer.warranty.coverage`` (superuser)}
        """
        # Narrow sudo: what the maker covers is no secret of its clerk.
        rows = self.sudo().search(
            [("brand_id", "in", vehicles.brand_id.ids), ("company_id", "in", [False, *vehicles.company_id.ids])]
        )
        return rows.grouped("brand_id")
