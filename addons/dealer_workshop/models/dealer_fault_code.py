import csv
import gzip
import io

from odoo import api, fields, models
from odoo.tools import file_open

from odoo.addons.dealer_vehicle.models.bulk_insert import bulk_insert

FAULT_CODES = "dealer_workshop/data/files/fault_codes.csv.gz"
SOURCE = "github.com/Wal33D/dtc-database (MIT)"


class DealerFaultCode(models.Model):
    """What a trouble code usually means: a hint beside the maker's own documents, never a diagnosis."""

    _name = "dealer.fault.code"
    _description = "Fault Code"
    _order = "code, maker, id"
    _rec_names_search = ["code", "description"]

    code = fields.Char(required=True, index="trigram")
    maker = fields.Char(help="Empty: the same for all makers.")
    description = fields.Char(string="Hint", required=True, index="trigram")
    source = fields.Char(readonly=True, default=SOURCE)

    _code_uniq = models.UniqueIndex("(code, COALESCE(maker, ''))", "This code of the maker has its text already.")

    @api.depends("code", "maker", "description")
    def _compute_display_name(self):
        for fault in self:
            maker = f"({fault.maker})" if fault.maker else ""
            fault.display_name = " ".join(filter(None, [fault.code, maker, fault.description]))

    @api.model
    def _load_codes(self):
        """Load the texts that ship with the add-on; what is there already stays as it is.

        Source: `data/files/README.md`
        """
        known = {(code, maker or "") for code, maker in self._read_group([], ["code", "maker"])}
        with file_open(FAULT_CODES, "rb") as packed:
            rows = csv.DictReader(io.StringIO(gzip.decompress(packed.read()).decode()))
            new = [row for row in rows if (row["code"], row["maker"]) not in known]
        bulk_insert(self, new)


class DealerJob(models.Model):
    _inherit = "dealer.job"

    fault_code_id = fields.Many2one(
        "dealer.fault.code",
        string="Fault Code",
        index="btree_not_null",
        ondelete="restrict",
        help="Read from the car. The text is a hint: the maker's documents decide.",
    )
