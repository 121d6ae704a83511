import base64
import io
import zipfile

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..models.dealer_import import KINDS
from ..tools import table_writer

BATCH = 1000  # records in memory at a time
# What has no import of its own goes along for whoever leaves: (model, fields).
FURTHER = {
    "dealer.vehicle.plate": (
        "vehicle_id.vin",
        "plate",
        "is_temporary",
        "date_from",
        "date_to",
        "partner_id.display_name",
    ),
    "dealer.vehicle.odometer": ("vehicle_id.vin", "date", "km", "source", "note"),
    "dealer.vehicle.document": ("vehicle_id.vin", "kind", "number", "holder_id.display_name", "is_in_house"),
    "dealer.vehicle.task": ("vehicle_id.vin", "display_name", "state"),
}


class DealerExport(models.TransientModel):
    """Cars, models and owners as files with the columns the import reads."""

    _name = "dealer.export"
    _description = "Export"

    kind = fields.Selection(
        [("vehicle", "Cars"), ("model", "Models"), ("owner", "Owners"), ("all", "Everything")],
        required=True,
        default="vehicle",
    )
    file_format = fields.Selection([("csv", "CSV"), ("xlsx", "XLSX")], required=True, default="xlsx")
    file = fields.Binary(readonly=True, attachment=True)
    file_name = fields.Char(readonly=True)

    def action_export(self):
        """Make the file and download it.

        :raises AccessError: the user may not export
        """
        self.ensure_one()
        self._check_may_export()
        data, name = self._make_zip() if self.kind == "all" else self._make_file(self.kind)
        self.sudo().write({"file": base64.b64encode(data), "file_name": name})
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/file/{name}?download=true",
            "target": "self",
        }

    @api.model
    def action_export_everything(self):
        """Download everything of the company at once, as CSV files in a ZIP.

        :raises AccessError: the user may not export
        """
        self._check_may_export()
        return self.create({"kind": "all", "file_format": "csv"}).action_export()

    @api.model
    def _check_may_export(self):
        if not self.env.user.has_group("base.group_allow_export"):
            raise AccessError(
                self.env._("You may not export. Ask an administrator for the right “Access to export feature”.")
            )

    @api.model
    def _get_kinds(self):
        """Return the kinds that “everything” is. Hook: add yours to the list of super."""
        return list(KINDS)

    def _make_file(self, kind):
        """Return one kind as a file.

        :return: (bytes, file name)
        """
        model = self.env[f"dealer.import.{kind}"].with_context(allowed_company_ids=self.env.company.ids)
        names = model._export_names()
        labels = model._columns()
        rows = self._rows(model, names)
        return self._write([labels[name] for name in names], rows), f"{self._file_stems()[kind]}.{self.file_format}"

    def _file_stems(self):
        return {"vehicle": self.env._("cars"), "model": self.env._("models"), "owner": self.env._("owners")}

    def _rows(self, model, names):
        for records in self._batches(model._export_records()):
            for values in model._export_batch(records):
                yield [model._as_text(name, values.get(name, False)) for name in names]

    def _batches(self, records):
        ids = records.ids
        for start in range(0, len(ids), BATCH):
            yield records.browse(ids[start : start + BATCH])
            self.env.invalidate_all()

    def _write(self, headings, rows):
        return getattr(table_writer, f"write_{self.file_format}")(headings, rows)

    def _make_zip(self):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for kind in self._get_kinds():
                data, name = self._make_file(kind)
                archive.writestr(name, data)
            for model, names in FURTHER.items():
                if self.env[model].has_access("read"):
                    archive.writestr(f"{model}.{self.file_format}", self._make_plain_file(model, names))
        return stream.getvalue(), self.env._("dealership-%(date)s", date=fields.Date.context_today(self)) + ".zip"

    def _make_plain_file(self, model, names):
        records = self.env[model].with_context(active_test=False)
        records = records.search([("company_id", "=", self.env.company.id)], order="id")
        rows = (
            row
            for batch in self._batches(records)
            for row in ([self._plain(record, name) for name in names] for record in batch)
        )
        headings = [self._heading(model, name) for name in names]
        return self._write(headings, rows)

    def _plain(self, record, name):
        value = record
        for part in name.split("."):
            value = value[part]
        return "" if value is False or value is None else str(value)

    def _heading(self, model, name):
        first = self.env[model]._fields[name.split(".")[0]]
        return self.env._("VIN") if name.endswith(".vin") else first._description_string(self.env)
