import json
import time

import requests
from urllib3.exceptions import HTTPError

from odoo import api, models

MAX_BYTES = 1 << 20


class ProviderError(Exception):
    """An outside service did not answer, or with nonsense. The text is for the log and the user."""


class DealerProviderMixin(models.AbstractModel):
    """Somebody who answers questions of one kind: a file of facts, a web service.

    A provider is one class that inherits this mixin, names its kind and answers that kind's
    question; nothing has to be registered. Who asks takes them from ``_get_providers``.
    """

    _name = "dealer.provider.mixin"
    _description = "Provider of Outside Facts"

    _provider_kind = ""
    _provider_label = ""
    _provider_sequence = 10
    _provider_is_remote = False
    # Seconds from the first byte sent to the last byte read.
    _provider_seconds = 6.0

    @api.model
    def _get_providers(self, kind):
        """Return the providers of a kind that the current company uses.

        :param str kind: ``vin``, ...
        :return: list of empty recordsets, by sequence
        """
        names = self.env.registry.descendants(["dealer.provider.mixin"], "_inherit")
        providers = [self.env[name] for name in names]
        return sorted(
            (one for one in providers if one._provider_kind == kind and one._is_provider_enabled()),
            key=lambda one: (one._provider_sequence, one._name),
        )

    @api.model
    def _is_provider_enabled(self):
        """Return whether the current company wants this provider; an outside service asks for a setting."""
        return not self._provider_is_remote

    @api.model
    def _is_transaction_idle(self):
        """Return whether waiting for somebody outside keeps nobody waiting inside.

        A transaction that wrote or locked a row has an id: other users may wait for it.
        """
        self.env.cr.execute("SELECT pg_current_xact_id_if_assigned() IS NULL")
        return self.env.cr.fetchone()[0]

    @api.model
    def _get_json(self, url):
        """Return the JSON of an outside address.

        :param str url: complete
        :return: what the JSON holds
        :raises ProviderError: no answer in time, another status than 200, too much, no JSON
        """
        deadline = time.monotonic() + self._provider_seconds
        try:
            with requests.get(
                url,
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
                timeout=self._provider_seconds,
                stream=True,
                allow_redirects=False,
            ) as response:
                if response.status_code != 200:
                    raise ProviderError(f"{self._provider_label}: HTTP {response.status_code}")
                return json.loads(self._read(response, deadline))
        except (requests.RequestException, HTTPError) as error:
            raise ProviderError(f"{self._provider_label}: {type(error).__name__}") from error
        except ValueError as error:
            raise ProviderError(f"{self._provider_label}: not JSON") from error

    def _read(self, response, deadline):
        # The timeout of ``requests`` starts anew with every byte: a service that drips would hold us for ever.
        # ``read1`` gives what has arrived instead of waiting for a whole piece.
        body = bytearray()
        while chunk := response.raw.read1(8192, decode_content=False):
            body += chunk
            if len(body) > MAX_BYTES:
                raise ProviderError(f"{self._provider_label}: more than {MAX_BYTES} bytes")
            if time.monotonic() > deadline:
                raise ProviderError(f"{self._provider_label}: no whole answer in {self._provider_seconds:g} s")
        return bytes(body)
