from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command


class DealerFileMixin(models.AbstractModel):
    """Sentences for whoever sends a file that is no table."""

    _name = "dealer.file.mixin"
    _description = "Reads Tables"

    @api.model
    def _get_file_message(self, error):
        """Return why a file cannot be read and what to do.

        :param TableFileError error: of ``tools.table_file``
        :return: str
        """
        _ = self.env._
        messages = {
            "type": _(
                "The file is neither CSV nor XLSX, or it is damaged. Save the list as CSV or XLSX and choose it again."
            ),
            "old": _(
                "The file is in the old Excel format (or protected by a password). Save it as XLSX without password."
            ),
            "encoding": _("The letters of the file cannot be read. Save it as CSV in UTF-8 or as XLSX."),
            "empty": _("The file is empty. Choose the file with the list."),
            "headings": _("The file has no headings. The first row must name the columns."),
            "big": _("The file is too big to be unpacked. Split it into smaller ones."),
        }
        if error.code == "limit":
            return _("The file has more than %(limit)s rows. Split it into smaller ones.", limit=f"{error.limit:,}")
        return messages[error.code]

    @api.model
    def _get_fault_message(self, heading, fault):
        """Return why a cell cannot be read.

        :param str fault: ``formula`` or ``error``, see ``tools.table_file.Row``
        """
        if fault == "formula":
            return self.env._(
                "“%(column)s” is a formula without a saved value. Open the file in a spreadsheet program and save it, "
                "or put the value there.",
                column=heading,
            )
        return self.env._("“%(column)s” holds an error instead of a value. Correct the file.", column=heading)

    @api.model
    def _prepare_columns(self, headings, names):
        """Return the commands that put a file's columns, with what each is proposed to mean, in place of the old ones.

        :param list headings: of the file; an empty one is no column
        :param list names: field name, or nothing, for each heading
        """
        pairs = enumerate(zip(headings, names, strict=True))
        return [
            Command.clear(),
            *(
                Command.create({"position": position, "heading": heading, "field_name": name or False})
                for position, (heading, name) in pairs
                if heading
            ),
        ]

    @api.model
    def _raise_file_error(self, error):
        raise UserError(self._get_file_message(error)) from error
