import logging
import sqlite3
from pathlib import Path

from odoo import api, models
from odoo.tools import config

from ..tools import vin_store, vpic
from .dealer_provider_mixin import ProviderError

_logger = logging.getLogger(__name__)


class DealerVinDecoderOffline(models.AbstractModel):
    """The data that come with this add-on (``data/vin/SOURCES.md``)."""

    _name = "dealer.vin.decoder.offline"
    _description = "VIN Decoder: Shipped Data"
    _inherit = "dealer.provider.mixin"

    _provider_kind = "vin"
    _provider_label = "vPIC"
    _provider_sequence = 10

    @api.model
    def _decode_vin(self, vin):
        """Return the facts of a possible VIN (see ``dealer.vin.decoder.decode``)."""
        return self._query(vpic.decode, vin, self.env["dealer.vin.decoder"]._get_latest_year())

    @api.model
    def _get_listed_makes(self, vin):
        """Return the makes registered for the maker's identifier of a VIN.

        :return: set of str in lower case, empty when unknown
        """
        return self._query(vpic.listed_makes, vin)

    @api.model
    def _query(self, function, *args):
        """Return ``function(connection, *args)``.

        :raises ProviderError: the disk is full, not ours to write on, or damaged
        """
        try:
            # Unpacking takes a second, once per machine: not in a folder that is emptied.
            with vin_store.opened(self._get_folder()) as connection:
                return function(connection, *args)
        except (OSError, sqlite3.Error) as error:
            raise ProviderError(f"{self._provider_label}: {error}") from error

    @api.model
    def _get_folder(self):
        return Path(config["data_dir"]) / "dealer_vehicle"
