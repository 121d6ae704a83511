"""Rows into the database by the thousand, for imports.

``create`` spends most of its time per record. Here a batch is one INSERT. What the ORM would have guarded is guarded
still: defaults, conversion of values, unique indexes, constraints, the company check, stored fields of other add-ons.
Overrides of ``create`` and automation rules are not run; the caller checks rights before.
"""

from odoo import fields
from odoo.models import LOG_ACCESS_COLUMNS
from odoo.tools import SQL

PAGE = 1000  # rows per statement


def bulk_insert(model, vals_list, derived=()):
    """Insert prepared values and return the records, in the order of the values.

    :param model: empty recordset, its user becomes the creator
    :param list vals_list: dicts of stored fields, all with the same keys
    :param derived: names of stored computed fields whose value is in ``vals_list`` or is empty for a new record
    :return: recordset; stored computed fields not in ``derived`` are scheduled
    :raises IntegrityError: a unique index or check of the database refuses a row
    """
    if not vals_list:
        return model.browse()
    given = list(vals_list[0])
    filled = _get_defaults(model, given, derived)
    stamp = {"create_uid": model.env.uid, "write_uid": model.env.uid}
    now = fields.Datetime.to_string(model.env.cr.now())
    stamp.update(create_date=now, write_date=now)
    rows = [
        (*(model._fields[name].convert_to_column_insert(vals[name], model) for name in given), *filled.values(), *stamp.values())
        for vals in vals_list
    ]
    query = SQL(
        "INSERT INTO %s (%s) VALUES %%s RETURNING id",
        SQL.identifier(model._table),
        SQL(", ").join(SQL.identifier(name) for name in (*given, *filled, *stamp)),
    )
    # The one %s left is the place of the rows.
    created = model.env.cr.execute_values(query.code.replace("%%", "%"), rows, page_size=PAGE, fetch=True)
    records = model.browse([row[0] for row in created])
    _schedule(records, given, derived)
    records._validate_fields(given)
    records._check_company(given)
    return records


def _get_defaults(model, given, derived):
    """Return the column values of the fields nobody named."""
    names = [
        name
        for name, field in model._fields.items()
        if field.store and field.column_type and name not in given and name not in derived
        and name not in LOG_ACCESS_COLUMNS and name != "id" and not field.compute
    ]
    defaults = model.default_get(names)
    return {name: model._fields[name].convert_to_column_insert(value, model) for name, value in defaults.items()}


def _schedule(records, given, derived):
    # What hangs on the new rows is derived anew, but for what the rows carry already.
    ready = [records._fields[name] for name in {*given, *derived}]
    for field in records._fields.values():
        if field.store and field.compute and field not in ready:
            records.env.add_to_compute(field, records)
    for field in ready:
        if field.compute and field.store:
            records.env.remove_to_compute(field, records)
