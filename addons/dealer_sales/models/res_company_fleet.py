from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def _set_up_dealer_sales(self):
        """Give companies the numbers of their fleet agreements too."""
        result = super()._set_up_dealer_sales()
        numbered = self.env["ir.sequence"]._read_group(
            [("code", "=", "dealer.fleet.agreement"), ("company_id", "in", self.ids)], ["company_id"]
        )
        lacking = self - self.browse([company.id for (company,) in numbered])
        self.env["ir.sequence"].create([c._in_own_language()._prepare_fleet_sequence() for c in lacking])
        return result

    def _prepare_fleet_sequence(self):
        """Return the values of this company's agreement numbers.

        :return: dict for ``ir.sequence.create``
        """
        return {
            "name": self.env._("Fleet agreements of %(company)s", company=self.name),
            "code": "dealer.fleet.agreement",
            "company_id": self.id,
            "prefix": "FA%(range_year)s-",
            "padding": 4,
            "use_date_range": True,
        }
