from odoo import api, fields, models
from odoo.tools import SQL


class DealerVinAnswer(models.Model):
    """What an outside service said of a VIN. A car does not change: one answer is enough for ever."""

    _name = "dealer.vin.answer"
    _description = "Answer on a VIN"
    _rec_name = "vin"
    _order = "id desc"

    provider = fields.Char(required=True, readonly=True, help="Technical name of the provider that answered.")
    vin = fields.Char("VIN", required=True, readonly=True)
    content = fields.Json(readonly=True)

    _vin_provider_uniq = models.UniqueIndex("(vin, provider)", "This answer is kept already.")

    @api.model
    def _get_answer(self, provider, vin):
        """Return what a provider said earlier, or ``None``."""
        return self.sudo().search([("vin", "=", vin), ("provider", "=", provider)], limit=1).content or None

    @api.model
    def _keep_answer(self, provider, vin, content):
        """Keep an answer; another process may have kept the same one meanwhile.

        :param dict content: of JSON types
        """
        field = self._fields["content"]
        self.env.execute_query(
            SQL(
                """
                INSERT INTO dealer_vin_answer (provider, vin, content, create_uid, write_uid, create_date, write_date)
                VALUES (%(provider)s, %(vin)s, %(content)s, %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC',
                        now() AT TIME ZONE 'UTC')
                ON CONFLICT DO NOTHING RETURNING id
                """,
                provider=provider,
                vin=vin,
                content=field.convert_to_column(content, self),
                uid=self.env.uid,
            )
        )
