from odoo import api, fields, models


class DealerPurchaseTaxRate(models.Model):
    """What a buyer owes the state for a car, by country, kind of energy and date (P27).

    Laws change these rates and their reliefs: they are dated rows, never constants.
    """

    _name = "dealer.purchase.tax.rate"
    _description = "Purchase Tax Rate"
    _order = "country_id, date_from desc, id"

    country_id = fields.Many2one("res.country", required=True, index=True)
    date_from = fields.Date(string="In force from", required=True)
    energy = fields.Selection(
        selection=lambda self: self.env["product.template"]._fields["energy"]._description_selection(self.env),
        help="Empty: every car this country has no special row for.",
    )
    percent = fields.Float(required=True, digits=(6, 3), help="Percent of the price of the car without VAT.")
    relief_percent = fields.Float(digits=(6, 3), help="Percent of the tax that is let off.")
    relief_limit = fields.Float(help="At most so much is let off per car, in the country's currency. 0: no limit.")
    note = fields.Char(translate=True, help="The law or announcement, and who confirmed it.")

    _percent_check = models.Constraint(
        "CHECK (percent >= 0 AND percent <= 100 AND relief_percent >= 0 AND relief_percent <= 100)",
        "A rate is between 0 and 100 percent.",
    )
    _row_uniq = models.UniqueIndex(
        "(country_id, date_from, COALESCE(energy, ''))",
        "There is a rate of this country, energy and date already.",
    )

    @api.model
    def _get_tax(self, country, energy, day, untaxed):
        """Return the purchase tax of a car.

        :param country: ``res.country`` of the shop
        :param energy: of ``product.template.energy``, or False
        :param date day: when the car is invoiced
        :param float untaxed: price of the car without VAT, in the country's currency
        :return: float, 0.0 where no rate is in force
        Source: practice P17, P27; the rows say which law
        """
        rate = self._find(country, energy, day)
        tax = untaxed * rate.percent / 100
        relief = tax * rate.relief_percent / 100
        return tax - (min(relief, rate.relief_limit) if rate.relief_limit else relief)

    @api.model
    def _find(self, country, energy, day):
        rows = self.sudo().search([("country_id", "=", country.id), ("date_from", "<=", day)])  # the law is no secret
        own = rows.filtered(lambda row: row.energy == energy) if energy else rows.browse()
        return own[:1] or rows.filtered(lambda row: not row.energy)[:1]
