from odoo import models


class DealerEventMixin(models.AbstractModel):
    """A document whose events a customer is told of.

    The heir adds ``event_log_ids`` and names the models of its messages and of what was told.
    """

    _name = "dealer.event.mixin"
    _description = "Tells Customers What Happened"

    _event_message_model = None
    _event_log_model = None

    def _wants_event(self, code):
        """Tell whether a message of this company waits for an event. Cached: asks no database.

        :param str code: code of an event
        """
        self.ensure_one()
        return bool(self.env[self._event_message_model]._get_ids(self.company_id.id, code))

    def _tell_event(self, code, key="-", date=None):
        """Tell the customer what happened to his document, after the commit, in his language, once.

        :param str code: code of an event
        :param str key: another key, another event of the same kind (a new appointment)
        :param datetime date: when it happened (UTC); default now
        Source: R40, B19.
        """
        for document in self:
            messages = self.env[self._event_message_model]._get_ids(document.company_id.id, code)
            if messages:
                # Whoever's act it was: what is told is the house's
                self.env[self._event_log_model].sudo()._note(document, messages, key, date)
