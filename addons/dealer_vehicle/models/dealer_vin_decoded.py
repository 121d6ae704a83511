from odoo import api, fields, models

from ..tools import vin as vin_tools

# What a VIN tells of a car beside brand, series and year, and who said so.
DECODED_FIELDS = (
    "body",
    "engine",
    "decoded_make",
    "decoded_model",
    "decode_source",
    "decode_confidence",
    "decode_date",
)
ORIGIN_FIELDS = tuple(name for name in DECODED_FIELDS if name.startswith("decode"))


class DealerVin(models.Model):
    """What the VIN itself says of the car, with its source."""

    _inherit = "dealer.vin"

    body = fields.Char(help="Kind of body, as sedan or van.")
    engine = fields.Char(help="Engine or motor in words: displacement, cylinders, model, fuel.")
    decoded_make = fields.Char("Make by VIN", help="Make the VIN names, in the words of the source.")
    decoded_model = fields.Char("Model by VIN", help="Model the VIN names, in the words of the source.")
    decode_source = fields.Char("Decoded by", help="Who told what the VIN means.")
    decode_confidence = fields.Float(
        "Confidence",
        digits=(3, 2),
        aggregator=None,
        help="How far the decoded facts may be trusted, as a share of 1. A judgement: "
        "below 60 %, compare with the car.",
    )
    decode_date = fields.Datetime("Decoded on", help="When the decoded facts were taken over (UTC).")

    def write(self, vals):
        # Facts of another VIN are not this one's: their source must not vouch for them.
        if "vin" in vals and any((record.vin or "") != vin_tools.normalise(vals["vin"]) for record in self):
            vals = {**dict.fromkeys(ORIGIN_FIELDS, False), **vals}
        return super().write(vals)

    @api.model
    def _prepare_decoded_vals(self, answer):
        """Return the values that say what was decoded, and by whom.

        :param dict answer: of ``dealer.vin.decoder``
        :return: dict, empty when nothing is known
        """
        if not answer["confidence"]:
            return {}
        return {
            "decoded_make": answer["make"],
            "decoded_model": answer["model"],
            "decode_source": answer["source"],
            "decode_confidence": answer["confidence"],
            "decode_date": fields.Datetime.now(),
        }
