from odoo import api, models


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    @api.model
    def _load_module_terms(self, modules, langs, overwrite=False):
        res = super()._load_module_terms(modules, langs, overwrite=overwrite)
        # Core's stages are core's records: its translations of them are loaded like ours
        self.env["crm.stage"]._name_won_stages(langs)
        return res
