import logging

from odoo import api, fields, models

from ..tools import vin as vin_tools
from ..tools import vpic
from .dealer_provider_mixin import ProviderError

_logger = logging.getLogger(__name__)

# Two providers that contradict each other: none of them may be trusted far.
CONFIDENCE_CONTRADICTED = 0.5
FACTS = ("make", "model", "model_year", "body", "engine")


class DealerVinDecoder(models.AbstractModel):
    """Tells what a VIN says of its car, by asking the providers of the kind ``vin`` in turn."""

    _name = "dealer.vin.decoder"
    _description = "VIN Decoder"

    @api.model
    def decode(self, vin):
        """Return what the providers of the user's company know of a VIN.

        The shipped data answer first. An outside service is asked only where the company wants it, when
        something is still unknown, and never in a transaction that holds locks.

        :param str vin: in any spelling
        :return: dict with ``make``, ``model``, ``model_year`` (int), ``body``, ``engine``, ``source`` (who said
            so), ``confidence`` (share of 1); each ``False`` where unknown, all for what cannot be a VIN
        :raises AccessError: the user may not see VINs
        """
        return self._decode(vin)

    @api.model
    def _decode(self, vin, offline=False, troubles=None):
        """Like :meth:`decode`.

        :param bool offline: ask no outside service, as while somebody types
        :param list troubles: takes a text for each provider that could not answer
        """
        self.env["dealer.vin"].check_access("read")
        vin = vin_tools.normalise(vin)
        result = dict(vpic.EMPTY)
        if not vin_tools.is_possible(vin):
            return result
        for provider in self.env["dealer.provider.mixin"]._get_providers("vin"):
            if offline and provider._provider_is_remote:
                continue
            if result["make"] and result["model"] and result["model_year"]:
                break
            try:
                result = self._merge(result, self._ask(provider, vin))
            except ProviderError as error:
                # The others still answer, and a car can be entered without any of them.
                _logger.warning("VIN %s: %s", vin, error)
                if troubles is not None:
                    troubles.append(str(error))
        return result

    @api.model
    def _ask(self, provider, vin):
        answer = provider._decode_vin(vin)
        return {**vpic.EMPTY, "source": provider._provider_label, **answer} if answer else dict(vpic.EMPTY)

    @api.model
    def _merge(self, one, other):
        """Return two answers as one: the surer one, its gaps filled by the other where they speak of one car.

        :param dict one: earlier answers, may be empty
        :param dict other: the next one
        """
        if not other["confidence"] or not one["confidence"]:
            return one if one["confidence"] else other
        first, second = sorted((one, other), key=lambda answer: -answer["confidence"])
        if any(self._differ(first[name], second[name]) for name in ("make", "model_year")):
            return {**first, "confidence": min(first["confidence"], CONFIDENCE_CONTRADICTED)}
        gaps = {name: second[name] for name in FACTS if not first[name] and second[name]}
        source = f"{first['source']}, {second['source']}" if gaps else first["source"]
        return {**first, **gaps, "source": source}

    @staticmethod
    def _differ(one, other):
        return bool(one and other) and str(one).casefold() != str(other).casefold()

    @api.model
    def _get_latest_year(self):
        """Return the newest model year a car can have today: makers sell next year's from January on."""
        return fields.Date.context_today(self).year + 1
