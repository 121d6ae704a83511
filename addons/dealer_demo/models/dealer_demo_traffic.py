from datetime import datetime, time, timedelta

from odoo import api, models

PARTIES, CAPTURED, TEST_DRIVES, LOST = 312, 241, 118, 40
DAYS = 30
# What they bought instead, the usual ones more often.
RIVALS = ["丰田 凯美瑞", "比亚迪 宋 PLUS", "丰田 凯美瑞", "大众 帕萨特", "比亚迪 汉", "日产 天籁", "丰田 RAV4 荣放"]
KINDS = ["first", "first", "appointment", "again", "first", "again"]


class DealerDemo(models.AbstractModel):
    """A month in the showroom of the Chinese shop: parties, those captured, test drives, losses with rivals (P13)."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        steps = super()._get_steps()
        steps.insert(steps.index("leads") + 1, "traffic")
        return steps

    @api.model
    def _build_traffic(self):
        if self._find("traffic_0") is None:
            shop = self._in("cn")
            leads = shop._lost_leads()
            shop._ensure_all(
                "dealer.traffic", {f"traffic_{index}": shop._prepare_party(index, leads) for index in range(PARTIES)}
            )

    @api.model
    def _prepare_party(self, index, leads):
        """Return the values of one party: spread over the days and hours, every advisor his share.

        :param leads: ``crm.lead`` of that month; the captured parties are theirs, some came more than once
        """
        lead = leads[index % len(leads)] if index * CAPTURED % PARTIES < CAPTURED else leads.browse()
        # Nine to seventeen o'clock in China.
        came = datetime.combine(self._today(-1 - index % DAYS), time(1 + index * 3 // 7 % 8, index * 17 % 60))
        return {
            "date": came,
            "date_left": came + timedelta(minutes=25 + index % 50),
            "people_count": 1 + index * 5 // 3 % 3,
            "kind": KINDS[index // 5 % len(KINDS)],
            "user_id": (lead.user_id or self._user(("cn.advisor", "cn.advisor2")[index // 3 % 2])).id,
            "lead_id": lead.id,
            "has_test_drive": index * TEST_DRIVES % PARTIES < TEST_DRIVES,
        }

    @api.model
    def _lost_leads(self):
        """Return the enquiries of the month that went to rivals."""
        reason = self._ensure("lost_reason_rival", "crm.lost.reason", {"name": "战败：选择竞品"})
        vals = {f"lead_lost_{index}": self._prepare_lost_lead(index) for index in range(LOST)}
        leads = self.env["crm.lead"].union(*self._ensure_all("crm.lead", vals).values())
        leads.action_set_lost(lost_reason_id=reason.id)
        return leads

    @api.model
    def _prepare_lost_lead(self, index):
        rival = RIVALS[index % len(RIVALS)]
        return {
            "name": f"展厅客户 {index + 1}",
            "type": "opportunity",
            "contact_name": f"展厅客户 {index + 1}",
            "user_id": self._user(("cn.advisor", "cn.advisor2")[index // 3 % 2]).id,
            "company_id": self.env.company.id,
            "intent_level_id": self.env.ref("dealer_sales.dealer_intent_level_b").id,
            "lost_to": rival,
        }
