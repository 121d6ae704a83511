from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import mute_logger

LOG_FIELDS = {"id", "create_uid", "create_date", "write_uid", "write_date"}


class _UndoError(Exception):
    pass


class SystemFieldsMixin:
    """For tests that try to type, as every role, what the system computes or writes by its acts."""

    accepted = frozenset()  # (model, field) people may write although the screen shows it read only

    def _is_ours(self, record, name):
        """Tell whether a read-only stored field of a record is one the test tries. To be overridden.

        :param record: one record
        :param str name: of the field
        :return: bool
        """
        raise NotImplementedError

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def assertNobodyTypes(self, records, users, expected):
        """Fail when a value some user writes on a system field is still there once everything is computed.

        :param list records: one record of each model
        :param list users: each tried where he may write the record
        :param expected: (model, field) that must be among those tried
        """
        tried = set()
        for record in records:
            self.assertEqual(len(record), 1, record)
            for user in users:
                mine = record.with_user(user)
                for name in self._system_fields(record) if mine.has_access("write") else ():
                    with self.subTest(model=record._name, field=name, user=user.login):
                        tried.add((record._name, name))
                        self.assertFalse(self._sticks(mine, name, self._other_value(record, name)))
        self.assertLessEqual(set(expected), tried)

    def _system_fields(self, record):
        return sorted(
            name
            for name, field in record._fields.items()
            if field.store
            and field.type not in ("one2many", "many2many", "html", "binary")
            and name not in LOG_FIELDS
            and self._is_ours(record, name)
            and (record._name, name) not in self.accepted
        )

    def _other_value(self, record, name):
        """Return a value for a field that is not the record's own."""
        field, value = record._fields[name], record[name]
        if field.type == "many2one":
            return self.env[field.comodel_name].search([("id", "!=", value.id)], limit=1).id
        if field.type == "selection":
            return next(key for key in field.get_values(self.env) if key != value)
        if field.type == "boolean":
            return not value
        if field.type in ("date", "datetime"):
            now = fields.Date.today() if field.type == "date" else fields.Datetime.now()
            return (value or now) + timedelta(days=3)
        return value + 7 if field.type in ("integer", "float", "monetary") else "forged"

    def _sticks(self, record, name, value):
        """Tell whether a written value is still there once everything is computed; undo it."""
        sticks, before = False, record.sudo()[name]
        try:
            with self.env.cr.savepoint():
                record.write({name: value})
                self.env.flush_all()
                self.env.invalidate_all()
                sticks = record.sudo()[name] != before
                raise _UndoError
        except (UserError, IntegrityError, _UndoError):
            return sticks
