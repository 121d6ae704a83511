from odoo import fields, models

# What a column can hold: dotted paths of the report
PATHS = {
    "vin": "vehicle_id.vin",
    "engine_no": "vehicle_id.engine_no",
    "trim": "vehicle_id.product_id.display_name",
    "contract": "contract_id.name",
    "customer": "contract_id.partner_id.name",
    "phone": "contract_id.partner_id.phone",
    "city": "contract_id.partner_id.city",
    "owner": "contract_id.registered_owner_id.name",
    "handed_over": "date_handed_over",
    "price": "contract_id.amount_car",
    "plate": "vehicle_id.plate",
    "site": "site_id.name",
    "advisor": "contract_id.user_id.name",
}


class DealerRetailReportColumn(models.Model):
    """A column of the file one maker wants his retail reports in."""

    _name = "dealer.retail.report.column"
    _description = "Column of a Retail Report File"
    _order = "sequence, id"
    _rec_name = "heading"

    brand_id = fields.Many2one("fleet.vehicle.model.brand", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    heading = fields.Char(required=True, help="As the maker spells it.")
    content = fields.Selection(
        [
            ("vin", "VIN"),
            ("engine_no", "Engine number"),
            ("trim", "Trim"),
            ("contract", "Contract"),
            ("customer", "Buyer"),
            ("phone", "Phone"),
            ("city", "City"),
            ("owner", "Registered owner"),
            ("handed_over", "Handed over on"),
            ("price", "Car-only price"),
            ("plate", "Plate"),
            ("site", "Site"),
            ("advisor", "Sales advisor"),
        ],
        required=True,
    )

    def _get_text(self, report):
        """Return what this column holds for a report.

        :param report: ``dealer.retail.report``
        :return: str
        """
        self.ensure_one()
        value = report.sudo()  # the maker's columns, of a report the user may read
        for name in PATHS[self.content].split("."):
            value = value[name]
        return "" if value is False else str(value)
