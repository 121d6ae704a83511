from odoo import fields, models
from odoo.fields import Command

from ..tools import column_names


class DealerVehicleFileMapping(models.Model):
    """How one maker writes its shipping files; remembered from the last file that was filled in."""

    _name = "dealer.vehicle.file.mapping"
    _description = "Columns of a Maker's File"
    _rec_name = "partner_id"
    _check_company_auto = True

    partner_id = fields.Many2one("res.partner", "Maker", required=True, ondelete="cascade", check_company=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    column_ids = fields.One2many("dealer.vehicle.file.column", "mapping_id", "Columns", copy=True)

    _maker_uniq = models.UniqueIndex(
        "(partner_id, company_id)", "The columns of this maker's files are known already. Change those."
    )

    def _get_remembered(self):
        """Return what this maker's columns mean.

        :return: {compared heading: field name, or "" for a column that is left out}
        """
        return {column_names.key(column.heading): column.field_name or "" for column in self.column_ids}

    def _remember(self, pairs):
        """Learn the columns of a file; those of other files of the maker stay known.

        :param list pairs: (heading, field name or "")
        """
        self.ensure_one()
        known = {column_names.key(column.heading): column for column in self.column_ids}
        commands = []
        for heading, name in pairs:
            column = known.get(column_names.key(heading))
            if not column:
                commands.append(Command.create({"heading": heading, "field_name": name or False}))
            elif (column.field_name or "") != name:
                commands.append(Command.update(column.id, {"field_name": name or False}))
        if commands:
            self.column_ids = commands


class DealerVehicleFileColumn(models.Model):
    _name = "dealer.vehicle.file.column"
    _description = "Column of a Maker's File"
    _order = "id"
    _rec_name = "heading"

    mapping_id = fields.Many2one("dealer.vehicle.file.mapping", required=True, index=True, ondelete="cascade")
    heading = fields.Char(required=True, help="As the file spells it; case, spaces and signs do not matter.")
    field_name = fields.Selection("_selection_field_name", "Means", help="Empty: the column is left out.")

    def _selection_field_name(self):
        return self.env["dealer.vehicle.shipping.notice"]._get_file_fields()
