"""What changed between two versions of a deal. Pure Python, no ``env``."""


def compare(old, new):
    """Return what is different in two pictures of a deal, part by part.

    A picture is ``{"facts": [[label, text], ...], "lines": [[key, label, text], ...]}``: facts are compared by their
    label, price lines by their key. Texts are already as a person reads them.

    :param dict old: picture of the earlier version
    :param dict new: picture of the later version
    :return: list of (label, text before, text after) in the order of the later picture; "" is "was not there"

    >>> old = {"facts": [["Buyer", "Anna"], ["Note", ""]], "lines": [["1", "Car", "1 x 100"], ["2", "Mats", "1 x 9"]]}
    >>> new = {"facts": [["Buyer", "Anna"], ["Note", "Free"]], "lines": [["1", "Car", "1 x 90"], ["3", "Film", "0"]]}
    >>> for row in compare(old, new): print(row)
    ('Note', '', 'Free')
    ('Car', '1 x 100', '1 x 90')
    ('Film', '', '0')
    ('Mats', '1 x 9', '')
    >>> compare(old, old)
    []
    """
    return [
        *_changes([(label, label, text) for label, text in old["facts"]], [(n, n, t) for n, t in new["facts"]]),
        *_changes(old["lines"], new["lines"]),
    ]


def _changes(old, new):
    before = {key: text for key, _label, text in old}
    kept = {key for key, _label, _text in new}
    changed = [(label, before.get(key, ""), text) for key, label, text in new if before.get(key, "") != text]
    gone = [(label, text, "") for key, label, text in old if key not in kept and text]
    return [*changed, *gone]
