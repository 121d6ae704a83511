import hashlib

from odoo import api, fields, models
from odoo.tools import SQL


class DealerLeadKey(models.Model):
    """What tells customers of a company apart, so that two people who write one down at once meet.

    Each sees the database as it was when he began. Both touch the same row here: the later one is refused by the
    database, begins again and finds the first one's enquiry.
    """

    _name = "dealer.lead.key"
    _description = "Key of a Customer of an Enquiry"
    _rec_name = "key"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade", index=True)
    key = fields.Char(required=True, readonly=True, help="A digest: no number and no address is kept here.")
    touched = fields.Datetime(readonly=True)

    _key_uniq = models.UniqueIndex("(company_id, key)")

    @api.model
    @api.private
    def touch(self, keys):
        """Touch the rows of these keys.

        :param keys: iterable of (company id, str)
        """
        rows = sorted({(company_id, hashlib.sha256(text.encode()).hexdigest()[:32]) for company_id, text in keys})
        if not rows:
            return
        values = SQL(", ").join(SQL("(%s, %s, now() AT TIME ZONE 'UTC')", *row) for row in rows)
        self.env.cr.execute(
            SQL(
                "INSERT INTO dealer_lead_key (company_id, key, touched) VALUES %s"
                " ON CONFLICT (company_id, key) DO UPDATE SET touched = EXCLUDED.touched",
                values,
            )
        )
