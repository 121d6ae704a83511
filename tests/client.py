"""A client of ``/json/2``: what a person's program sees of the suite, and nothing more."""

import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

TIMEOUT = 120  # seconds; a conflict between two buyers is retried by the server for up to half a minute


class Refused(Exception):
    """The server refused a call.

    :ivar int status: HTTP status
    :ivar str name: the exception's full name on the server, e.g. ``odoo.exceptions.UserError``
    :ivar str message: the sentence a person would read
    """

    def __init__(self, status, name, message):
        super().__init__(f"{status} {name}: {message}")
        self.status, self.name, self.message = status, name, message


class Client:
    """Calls of one user, with that user's own key."""

    def __init__(self, url, database, login, key, lang="en_US"):
        self.url, self.database, self.login, self.key, self.lang = url, database, login, key, lang

    def call(self, model, method, ids=(), context=None, **arguments):
        """Call a public method and return what it returns.

        :param ids: one id or several; leave out for methods of the model
        :param dict context: joined to the user's language
        :raises Refused: the server answered with an error
        """
        body = dict(arguments, context={"lang": self.lang, **(context or {})})
        if ids:
            body["ids"] = [ids] if isinstance(ids, int) else list(ids)
        request = urllib.request.Request(
            f"{self.url}/json/2/{model}/{method}",
            data=json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.key}",
                "Content-Type": "application/json",
                "X-Odoo-Database": self.database,
            },
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise self._refusal(error) from None

    @staticmethod
    def _refusal(error):
        text = error.read().decode(errors="replace")
        try:
            told = json.loads(text)
        except ValueError:
            return Refused(error.code, "", text[:500])
        return Refused(error.code, told.get("name", ""), told.get("message", ""))

    def search(self, model, domain, **options):
        """Return the ids that match a domain."""
        return self.call(model, "search", domain=domain, **options)

    def read(self, model, ids, fields):
        """Return records as a list of dicts; a single id gives one dict."""
        rows = self.call(model, "read", ids=ids, fields=fields)
        return rows[0] if isinstance(ids, int) else rows

    def find(self, model, domain, fields, **options):
        """Return the matching records as a list of dicts."""
        return self.call(model, "search_read", domain=domain, fields=fields, **options)

    def create(self, model, values, context=None):
        """Make one record and return its id."""
        return self.call(model, "create", vals_list=[values], context=context)[0]

    def write(self, model, ids, values):
        """Write values and return True."""
        return self.call(model, "write", ids=ids, vals=values)


def outcome(call):
    """Return what a call did: ("done", result) or ("refused", sentence)."""
    try:
        return "done", call()
    except Refused as refused:
        assert refused.status in (403, 404, 409, 422), refused
        return "refused", refused.message


def at_once(*calls):
    """Run calls at the same instant, each on a connection of its own, and return their outcomes."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(outcome, calls))
