"""Rows into the database by the thousand, for imports.

``create`` spends most of its time per record. Here a batch is one COPY. What the ORM would have guarded is guarded
still: defaults, conversion of values, unique indexes, foreign keys, Python constraints, stored fields of other add-ons.
The caller answers for the rest: rights, and that linked records belong to the company. Overrides of ``create`` and
automation rules are not run.
"""

import io

from odoo import fields
from odoo.models import LOG_ACCESS_COLUMNS
from odoo.tools import SQL

# What COPY's text format takes literally only when escaped.
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
# Fields whose values need no conversion but to text.
PLAIN_TYPES = {"char", "text", "selection", "integer", "boolean", "date", "datetime", "many2one"}


def bulk_insert(model, vals_list, derived=(), validate=True):
    """Insert prepared values and return the records, in the order of the values.

    :param model: empty recordset, its user becomes the creator
    :param list vals_list: dicts of stored fields, all with the same keys
    :param derived: names of stored computed fields whose value is in ``vals_list`` or is empty for a new record
    :param bool validate: run the Python constraints; ``False`` where the caller knows them kept
    :return: recordset; stored computed fields not in ``derived`` are scheduled
    :raises IntegrityError: a unique index, a foreign key or a check of the database refuses a row
    """
    if not vals_list:
        return model.browse()
    given = list(vals_list[0])
    shared = {**_get_defaults(model, given, derived), **_get_stamp(model)}
    tail = "".join(f"\t{_as_text(value)}" for value in shared.values()) + "\n"
    converters = [_get_converter(model, name) for name in given]
    ids = _reserve_ids(model, len(vals_list))
    lines = [
        "\t".join([str(number), *(convert(vals[name]) for name, convert in zip(given, converters, strict=True))]) + tail
        for number, vals in zip(ids, vals_list, strict=True)
    ]
    columns = ", ".join(f'"{name}"' for name in ("id", *given, *shared))
    model.env.cr.copy_expert(f'COPY "{model._table}" ({columns}) FROM STDIN', io.StringIO("".join(lines)))
    records = model.browse(ids)
    _schedule(records, given, derived)
    if validate:
        records._validate_fields(given)
    return records


def _reserve_ids(model, count):
    rows = model.env.execute_query(
        SQL(
            "SELECT nextval(name) FROM generate_series(1, %s),"
            " (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name OFFSET 0) AS sequence",
            count,
            model._table,
        )
    )
    return [number for (number,) in rows]


def _as_text(value):
    """Return a column's value as COPY reads it."""
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    return str(value).translate(ESCAPES)


def _get_converter(model, name):
    """Return the function that makes a field's value a text of COPY."""
    field = model._fields[name]
    if field.type == "boolean":
        return lambda value: "t" if value else "f"
    if field.type == "integer":
        return lambda value: str(value or 0)
    if field.type in PLAIN_TYPES:
        return lambda value: _as_text(value) if value else "\\N"
    if field.type in ("float", "monetary"):
        return lambda value: _as_text(field.convert_to_column_insert(value, model)) if value else "0"
    return lambda value: _as_text(field.convert_to_column_insert(value, model))


def _get_stamp(model):
    now = fields.Datetime.to_string(model.env.cr.now())
    return {"create_uid": model.env.uid, "write_uid": model.env.uid, "create_date": now, "write_date": now}


def _get_defaults(model, given, derived):
    """Return the column values of the fields nobody named."""
    left_out = {*given, *derived, *LOG_ACCESS_COLUMNS, "id"}
    names = [
        name
        for name, field in model._fields.items()
        if name not in left_out and field.store and field.column_type and not field.compute
    ]
    defaults = model.default_get(names)
    return {name: model._fields[name].convert_to_column_insert(value, model) for name, value in defaults.items()}


def _schedule(records, given, derived):
    # What hangs on the new rows is derived anew, but for what the rows carry already.
    ready = {*given, *derived}
    for name, field in records._fields.items():
        if field.store and field.compute and name not in ready:
            records.env.add_to_compute(field, records)
