"""Decoding a VIN with the makers' own patterns, as they file them with NHTSA (vPIC).

A maker files, for each of its identifiers (WMI) and model years, a *schema*: patterns over positions 4 to 8 and
10 to 17 and what each tells (model, body, engine, ...). Plain Python and SQLite without ``env``; the database is the
extract described in ``data/vin/SOURCES.md``, opened by :mod:`.vin_store`; nothing of it is held in memory.
"""

import re

from .vin import FIRST_YEAR, is_doubtful, is_possible, model_years, wmi

# How far an answer may be trusted, as a share of 1: a judgement, to rank answers and to warn people. A maker's
# identifier may stand for a brand not listed; a wrong check digit may mean that a sign is misread.
CONFIDENCE_MODEL = 0.95
CONFIDENCE_MAKE = 0.7
CONFIDENCE_WRONG_DIGIT = 0.5
SOURCE_PATTERNS, SOURCE_MAKERS = "vPIC 2026-03", "WMI"
FACTS = (
    "BodyClass",
    "DisplacementL",
    "EngineCylinders",
    "EngineModel",
    "FuelTypePrimary",
    "FuelTypeSecondary",
    "Model",
)
# A maker's pattern: * any sign, # any digit, [..] one of several; positions 4 to 8, "|", then from position 10 on;
# what it leaves out at its end may be anything. SQLite matches it at a tenth of the time of Python.
MATCHING = """
    SELECT schema_id, keys, element_id, val_id FROM pattern
     WHERE schema_id IN (SELECT schema_id FROM schema_year WHERE wmi_id = ? AND ? BETWEEN y0 AND y1)
       AND ? GLOB replace(replace(replace(keys, '*', '?'), '_', '?'), '#', '[0-9]') || '*'
"""
MODEL = 28  # element id of the model
EMPTY = {
    "make": False,
    "model": False,
    "model_year": False,
    "body": False,
    "engine": False,
    "source": False,
    "confidence": False,
}


def keys_length(keys):
    """Return how many positions a pattern names, which is how much it proves.

    >>> keys_length("****[CDEJ]"), keys_length("ABC**|*G"), keys_length("*****")
    (1, 4, 0)
    """
    return len(re.sub(r"\[[^]]*\]", "#", keys).replace("*", "").replace("|", ""))


def subject(vin):
    """Return the part of a VIN patterns speak of.

    >>> subject("1HGCM82633A004352")
    'CM826|3A004352'
    """
    return f"{vin[3:8]}|{vin[9:]}"


def decode(connection, vin, latest):
    """Return what a VIN tells.

    :param connection: ``sqlite3.Connection`` to the extract
    :param str vin: normalised
    :param int latest: the newest model year a car can have today; decides between two cycles of thirty years
    :return: dict with the keys of ``EMPTY``, each ``False`` where unknown. ``make`` and ``model`` are NHTSA's
        words, ``model_year`` is an int, ``confidence`` a share of 1, ``source`` the pattern or the list of makers
    Source: 49 CFR 565; the choice among schemas follows the makers' filings: most matching patterns, then the most
    positions named by one of them.
    """
    result = dict(EMPTY)
    if not is_possible(vin):
        return result
    years = _candidate_years(vin, latest)
    maker = connection.execute("SELECT id, make FROM wmi WHERE wmi = ?", (wmi(vin),)).fetchone()
    best = _best_schema(connection, maker[0], vin, years) if maker else None
    if best:
        result.update(_facts(connection, best))
        result["make"] = result["make"] or maker[1] or False
    else:
        # Without a maker's pattern two cycles of thirty years stay possible.
        result["model_year"] = years[0] if len(years) == 1 else False
    result["make"] = result["make"] or _listed_make(connection, vin)
    result["confidence"] = _confidence(vin, result)
    result["source"] = result["confidence"] and (SOURCE_PATTERNS if best else SOURCE_MAKERS)
    return result


def listed_makes(connection, vin):
    """Return the makes registered for the maker identifier of a VIN, in lower case.

    :return: set of str, empty when the identifier is unknown

    An answer from elsewhere that names another make than these is not believed.
    """
    rows = connection.execute("SELECT makes FROM wmi_list WHERE wmi = ?", (wmi(vin),)).fetchall()
    makes = {make.strip().lower() for (text,) in rows for make in text.split(",") if make.strip()}
    rows = connection.execute(
        "SELECT DISTINCT model.make FROM wmi JOIN schema_year ON wmi_id = wmi.id "
        "JOIN pattern ON pattern.schema_id = schema_year.schema_id AND pattern.element_id = ? "
        "JOIN val ON val.id = pattern.val_id JOIN model ON model.id = CAST(substr(val.v, 2) AS integer) "
        "WHERE wmi.wmi = ?",
        (MODEL, wmi(vin)),
    )
    return makes | {make.lower() for (make,) in rows}


def _candidate_years(vin, latest):
    """Return the model years to try, the likelier cycle first.

    Position 7 tells the cycle of what is made for North America, wherever it is made: vPIC knows only such cars.
    """
    # China had no VIN before GB/T 16735-1996 came into force.
    first = 1997 if vin[0] in "LH" else FIRST_YEAR
    years = [year for year in model_years(vin) if first <= year <= latest]
    return sorted(years, key=lambda year: (year >= 2010) != vin[6].isalpha())


def _best_schema(connection, maker_id, vin, years):
    """Return (year, rows of ``MATCHING``) of the schema that fits best in the likeliest year, or ``None``."""
    for year in years:
        rows = connection.execute(MATCHING, (maker_id, year, subject(vin))).fetchall()
        schemas = {}
        for row in rows:
            schemas.setdefault(row[0], []).append(row)
        if schemas:
            return year, max(schemas.values(), key=_fit)
    return None


def _fit(rows):
    """Return how well a schema fits, to be compared; equal again, the newest filing wins."""
    tells_model = any(row[2] == MODEL for row in rows)
    return tells_model, len(rows), max(keys_length(row[1]) for row in rows), rows[0][0]


def _facts(connection, best):
    """Return the facts of the patterns that match; of two for one element the one that proves more."""
    year, found = best
    values = {}
    for _schema_id, _keys, element_id, value_id in sorted(found, key=lambda row: keys_length(row[1])):
        values[element_id] = value_id
    marks = ",".join("?" * len(values))
    codes = dict(connection.execute(f"SELECT id, code FROM element WHERE id IN ({marks})", list(values)))
    texts = dict(connection.execute(f"SELECT id, v FROM val WHERE id IN ({marks})", list(values.values())))
    told = {codes[element]: texts[value] for element, value in values.items() if codes[element] in FACTS}
    model, make = _model(connection, told.get("Model"))
    return {
        "make": make or False,
        "model": model or False,
        "model_year": year,
        "body": told.get("BodyClass") or False,
        "engine": engine_text(told),
    }


def _model(connection, code):
    row = connection.execute("SELECT name, make FROM model WHERE id = ?", (int(code[1:]),)).fetchone() if code else None
    return row or (None, None)


def _listed_make(connection, vin):
    """Return the make the maker's identifier alone tells, or ``False``."""
    row = connection.execute(
        "SELECT makes, maker_cn FROM wmi_list WHERE wmi IN (?, ?) ORDER BY length(wmi) DESC LIMIT 1",
        (wmi(vin), vin[:3]),
    ).fetchone()
    makes, maker_cn = row or ("", None)
    # A maker that registered several makes under one identifier does not tell which this car is.
    return maker_cn or (makes if makes and "," not in makes else False)


def engine_text(told):
    """Return the engine in words, or ``False``.

    :param dict told: NHTSA's element codes and values; values may be missing or ""

    >>> engine_text({"DisplacementL": "2.0", "EngineCylinders": "4", "FuelTypePrimary": "Gasoline"})
    '2.0 L, 4 cyl., Gasoline'
    >>> engine_text({"DisplacementL": "2.99800000", "EngineModel": "N55"}), engine_text({"FuelTypePrimary": ""})
    ('3.0 L, N55', False)
    """
    parts = []
    if re.fullmatch(r"\d+(\.\d+)?", told.get("DisplacementL") or ""):
        parts.append(f"{float(told['DisplacementL']):.1f} L")
    if (told.get("EngineCylinders") or "").isdigit():
        parts.append(f"{told['EngineCylinders']} cyl.")
    parts += [told[code] for code in ("EngineModel", "FuelTypePrimary", "FuelTypeSecondary") if told.get(code)]
    return ", ".join(parts) or False


def _confidence(vin, result):
    if not result["make"] and not result["model_year"]:
        return False
    if is_doubtful(vin):
        return CONFIDENCE_WRONG_DIGIT
    return CONFIDENCE_MODEL if result["model"] else CONFIDENCE_MAKE
