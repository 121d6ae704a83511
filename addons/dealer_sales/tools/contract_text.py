"""Fill a contract's text. Pure: a fixed list of words is replaced, nothing is evaluated."""

import re

from markupsafe import Markup, escape

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_.]*)\s*\}\}")


def placeholders(body):
    """Return the words a text asks for, in order of first use.

    :param str body: HTML with ``{{word}}`` marks; empty or None gives []
    :return: list of str, each once

    >>> placeholders("<p>{{buyer}} buys {{ car }} for {{total}}, {{buyer}}</p>")
    ['buyer', 'car', 'total']
    >>> placeholders(None)
    []
    """
    return list(dict.fromkeys(_PLACEHOLDER.findall(body or "")))


def unknown_placeholders(body, known):
    """Return the words of a text that nobody will fill.

    :param str body: HTML with ``{{word}}`` marks
    :param known: container of the words that may be used
    :return: list of str

    >>> unknown_placeholders("{{buyer}} {{object.env}} {{}}", {"buyer"})
    ['object.env', '']
    """
    return [word for word in placeholders(body) if word not in known]


def fill(body, values):
    """Replace the words of a text; plain values are escaped, Markup is kept.

    :param str body: HTML that was sanitised when the template was saved
    :param dict values: word -> str or Markup; a missing word stays as typed
    :return: Markup

    >>> fill("<p>{{buyer}}</p>", {"buyer": "A & <b>"})
    Markup('<p>A &amp; &lt;b&gt;</p>')
    >>> fill("{{lines}}", {"lines": Markup("<table></table>")})
    Markup('<table></table>')
    >>> fill("{{nobody}}", {})
    Markup('{{nobody}}')
    """

    def value(match):
        word = match.group(1)
        return str(escape(values[word])) if word in values else match.group(0)

    # A template is HTML by right of the manager who wrote it (sanitised on saving)
    return Markup(_PLACEHOLDER.sub(value, body or ""))  # noqa: S704
