from odoo import api, models

# Of yesterday's visits: stars for service and work, words; (English, Chinese) by company
ANSWERS = {
    "cn": [
        (5, 5, "接待很热情，交车准时。"),
        (5, 4, ""),
        (4, 5, "等待区的咖啡不错。"),
        (5, 5, ""),
        (3, 4, "等了二十分钟才有人接待。"),
        (5, 2, "刹车还有异响，希望再检查一次。"),
        (4, 4, ""),
    ],
    "en": [(5, 5, "In and out in an hour."), (4, 5, "")],
}


class DealerDemo(models.AbstractModel):
    """The days after a visit: who is called today, what customers said, which cars are due."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        return [*super()._get_steps(), "aftercare", "reminders"]

    @api.model
    def _build_aftercare(self):
        """Plan calls and surveys of the visits that ended; some answer, one complains, one is not reached."""
        visits = self.env["repair.order"].search(self.env["repair.order"]._get_aftercare_domain(), order="id")
        visits._begin_aftercare()
        for key, answers in ANSWERS.items():
            company = self._company(key)
            surveys = visits.satisfaction_ids.filtered(lambda row, of=company: row.company_id == of).sorted("id")
            for survey, answer in zip(surveys, answers, strict=False):
                survey._answer(*answer, "page")
            calls = visits.call_back_ids.filtered(lambda row, of=company: row.company_id == of).sorted("id")
            calls[:6].date_due = company._get_day()
            calls[:1].action_not_reached()
            calls[1:2].action_content()

    @api.model
    def _build_reminders(self):
        """Look through all cars once, as the nightly job does."""
        run = self.env["dealer.service.reminder.run"]._get_run(self._today())
        while run._find_batch():
            pass
