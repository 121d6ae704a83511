from odoo import api, fields, models


class DealerOverdueMixin(models.AbstractModel):
    """Something is to be done by a day: whether that day has passed, on the screen and in a search.

    The heir has a ``state`` and a day; it names the day's field and the states in which it still waits.
    """

    _name = "dealer.overdue.mixin"
    _description = "Has a Day by Which It Is Done"

    _overdue_date = "date_due"
    _overdue_states = ("open",)

    is_overdue = fields.Boolean(compute="_compute_is_overdue", search="_search_is_overdue")

    @api.depends(lambda self: ("state", self._overdue_date))
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for record in self:
            day = record[self._overdue_date]
            record.is_overdue = record.state in self._overdue_states and bool(day) and day < today

    @api.model
    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        return [("state", "in", self._overdue_states), (self._overdue_date, "<", today)]
