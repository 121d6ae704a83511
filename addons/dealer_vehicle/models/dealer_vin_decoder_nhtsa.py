from urllib.parse import quote

from odoo import api, models

from ..tools import vin as vin_tools
from ..tools import vpic
from .dealer_provider_mixin import ProviderError

URL = "https://vpic.nhtsa.dot.gov/api/vehicles"
# Error codes of vPIC: 0 clean, 1 wrong check digit (fully decoded all the same), 6 incomplete,
# 12 and 14 partly unknown.
CLEAN = {"0"}
HARMLESS = {"0", "6", "12", "14"}
CONFIDENCE_HARMLESS, CONFIDENCE_DOUBTFUL = 0.9, 0.5
LONGEST = 120  # signs of one fact


class DealerVinDecoderNhtsa(models.AbstractModel):
    """NHTSA's vPIC service: cars for the market of the United States. Free, without a key.

    A VIN leaves the house, therefore each company decides. A good answer is kept for ever.
    """

    _name = "dealer.vin.decoder.nhtsa"
    _description = "VIN Decoder: NHTSA"
    _inherit = "dealer.provider.mixin"

    _provider_kind = "vin"
    _provider_label = "NHTSA"
    _provider_sequence = 50
    _provider_is_remote = True

    @api.model
    def _is_provider_enabled(self):
        return self.env.company.sudo().dealer_vin_online

    @api.model
    def _decode_vin(self, vin):
        """Return the facts of a possible VIN, ``{}`` when NHTSA does not know the car.

        :raises ProviderError: no answer, none to be believed, or no time to wait for one
        """
        kept = self.env["dealer.vin.answer"]._get_answer(self._name, vin)
        if kept:
            return self._get_facts(vin, kept)
        if not self._is_transaction_idle():
            raise ProviderError(self.env._("NHTSA was not asked: this work keeps records locked. Ask again later."))
        row = self._get_row(vin, self._get_json(self._get_url(vin)))
        facts = self._get_facts(vin, row)
        if facts:
            self.env["dealer.vin.answer"]._keep_answer(self._name, vin, row)
        return facts

    @api.model
    def _get_url(self, vin):
        base = self.env["ir.config_parameter"].sudo().get_param("dealer_vehicle.vpic_url", URL)
        return f"{base.rstrip('/')}/DecodeVinValuesExtended/{quote(vin, safe='')}?format=json"

    @api.model
    def _get_row(self, vin, payload):
        """Return the filled values of an answer, by lower-case name (NHTSA's own spelling varies).

        :raises ProviderError: the answer has another form, or is for another VIN
        """
        rows = payload.get("Results") if isinstance(payload, dict) else None
        if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
            raise ProviderError(f"{self._provider_label}: an answer without results")
        row = {
            str(name).lower(): value.strip()[:LONGEST]
            for name, value in rows[0].items()
            if isinstance(value, str) and value.strip() not in ("", "Not Applicable")
        }
        if row.get("vin", "").upper() != vin:
            raise ProviderError(f"{self._provider_label}: an answer for another VIN")
        return row

    @api.model
    def _get_facts(self, vin, row):
        """Return the facts of one row of values, ``{}`` when it names no make."""
        if not row.get("make"):
            return {}
        year = row.get("modelyear", "")
        told = {code: row.get(code.lower(), "") for code in vpic.FACTS}
        facts = {
            "make": row["make"],
            "model": row.get("model") or False,
            "model_year": int(year) if year.isdecimal() and len(year) == 4 else False,
            "body": row.get("bodyclass") or False,
            "engine": vpic.engine_text(told),
            "confidence": self._get_confidence(row),
        }
        self._check_believable(vin, facts)
        return facts

    @api.model
    def _get_confidence(self, row):
        codes = {code.strip() for code in row.get("errorcode", "0").split(",")}
        if codes <= CLEAN:
            return vpic.CONFIDENCE_MODEL
        return CONFIDENCE_HARMLESS if codes <= HARMLESS else CONFIDENCE_DOUBTFUL

    @api.model
    def _check_believable(self, vin, facts):
        """Refuse an answer that the VIN itself contradicts.

        :raises ProviderError: the year or the make cannot be
        """
        year, possible = facts["model_year"], vin_tools.model_years(vin)
        # Heavy trucks do not follow position 7: the other cycle is no lie.
        same_code = {(one - other) % vin_tools.CYCLE for one in possible for other in [year]} if year else {0}
        latest = self.env["dealer.vin.decoder"]._get_latest_year()
        if year and (not vin_tools.FIRST_YEAR <= year <= latest or (possible and 0 not in same_code)):
            raise ProviderError(f"{self._provider_label}: the year {year} cannot be")
        makes = self.env["dealer.vin.decoder.offline"]._get_listed_makes(vin)
        if makes and facts["make"].lower() not in makes:
            raise ProviderError(f"{self._provider_label}: the make {facts['make']} does not use this VIN")
