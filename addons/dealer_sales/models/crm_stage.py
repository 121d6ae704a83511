from odoo import api, models

# What core calls a won enquiry, and what a dealership says
WON = {"zh_CN": ("赢得", "成交")}


class CrmStage(models.Model):
    _inherit = "crm.stage"

    @api.model
    def _name_won_stages(self, langs):
        """Name won stages as dealerships do, where they still bear core's word.

        :param list langs: codes of the languages whose translations were just loaded
        """
        for lang in WON.keys() & set(langs):
            core, ours = WON[lang]
            for stage in self.with_context(lang=lang).search([("is_won", "=", True)]):
                if stage.name == core:
                    stage.name = ours
