import math

from odoo import api, models
from odoo.exceptions import UserError

LONGEST_ID = 2**31 - 1  # what PostgreSQL calls an integer


class DealerCallerMixin(models.AbstractModel):
    """What callers over the API give a button: read with a plain answer, whatever they send."""

    _name = "dealer.caller.mixin"
    _description = "Values Callers Give a Button"

    @api.model
    def _read_record(self, model, record_id):
        """Return the record a caller names.

        :param str model: of the record
        :param record_id: what he sent; nothing (None, False, 0) is the empty record
        :return: record the user may read, or empty
        :raises UserError: no number of a record, or there is none
        :raises AccessError: not his to read
        """
        records = self.env[model]
        if record_id in (None, False, 0):
            return records
        if isinstance(record_id, bool) or not isinstance(record_id, int) or not 0 < record_id <= LONGEST_ID:
            raise UserError(
                self.env._("%(what)s: “%(given)s” is no number of one.", what=records._description, given=record_id)
            )
        record = records.browse(record_id).exists()
        if not record:
            raise UserError(
                self.env._(
                    "%(what)s: number %(given)s does not exist. Choose one of the list.",
                    what=records._description,
                    given=record_id,
                )
            )
        record.check_access("read")
        return record

    @api.model
    def _check_number(self, key, number):
        """Refuse what is no amount of money.

        :raises UserError: naming the key
        """
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        if not is_number or not math.isfinite(number) or not 0 <= number < 1e12:
            raise UserError(self.env._("“%(key)s” is no number of 0 or more.", key=key))

    @api.model
    def _check_text(self, key, text):
        """Refuse what is no text.

        :raises UserError: naming the key
        """
        if not isinstance(text, str):
            raise UserError(self.env._("“%(key)s” is no text.", key=key))
