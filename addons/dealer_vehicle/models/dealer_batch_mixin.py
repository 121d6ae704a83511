import logging

from odoo import models

_logger = logging.getLogger(__name__)


class DealerBatchMixin(models.AbstractModel):
    """Jobs over many records, of which one that fails stops no other."""

    _name = "dealer.batch.mixin"
    _description = "Worked on in Batches"

    def _try_in_batches(self, method, failure):
        """Call a method on these records together or, when one of them fails, on each by itself.

        :param str method: name of a method for many records, without parameters
        :param str failure: what is logged of one that fails, with ``%s`` for its name
        :return: those that failed; what the method did for them is undone
        """
        try:
            with self.env.cr.savepoint():
                getattr(self, method)()
            return self.browse()
        except Exception as error:  # noqa: BLE001 (the edge of a batch)
            if len(self) == 1:
                self._note_failure(error, failure)
                return self
        return self.browse().union(*(record._try_in_batches(method, failure) for record in self))

    def _note_failure(self, error, failure):
        """Tell that the method failed for this record. Hook.

        :param Exception error: what it raised
        :param str failure: what is logged, with ``%s`` for the record's name
        """
        _logger.warning(failure, self.display_name, exc_info=error)
