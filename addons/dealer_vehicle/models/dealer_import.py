import base64
import logging

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError

from ..tools import column_names, table_file, table_writer
from .dealer_import_kind import ImportRow

_logger = logging.getLogger(__name__)

KINDS = ("vehicle", "model", "owner")
BATCH = 2000  # rows checked or written together, and committed together in the background
MAX_ROWS = 250_000
FOREGROUND_BYTES = 100_000  # a bigger file is worked on in the background
# Follow from the work itself: nobody types them, not even through the API.
SYSTEM_FIELDS = {
    "state",
    "next_row",
    "total_count",
    "created_count",
    "known_count",
    "refused_count",
    "message",
    "user_id",
}
PROBLEMS_SHOWN = 20


class DealerImport(models.Model):
    """A file of cars, models or owners on its way in: checked first, then written batch by batch.

    A batch is one transaction in the background, together with the number of the row reached: after an interruption
    the next run goes on there. What is there already is left alone, so that a file read twice doubles nothing.
    """

    _name = "dealer.import"
    _description = "Import"
    _inherit = ["mail.thread", "dealer.file.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    kind = fields.Selection(
        [("vehicle", "Cars"), ("model", "Models"), ("owner", "Owners")], required=True, default="vehicle"
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, readonly=True
    )
    user_id = fields.Many2one(
        "res.users", "Imported by", required=True, default=lambda self: self.env.user, readonly=True
    )
    file = fields.Binary(required=True, attachment=True, help="CSV or XLSX. Formulas are not calculated.")
    file_name = fields.Char()
    mode = fields.Selection(
        [("good", "Good Rows Are Kept"), ("all", "All or Nothing")],
        required=True,
        default="good",
        help="What happens when some rows cannot be taken.",
    )
    known = fields.Selection(
        [("leave", "Leave Them as They Are"), ("refuse", "Refuse the Row")],
        "What Is There Already",
        required=True,
        default="leave",
        help="A file never changes what is there: it is passed over, or its row is reported.",
    )
    column_ids = fields.One2many(
        "dealer.import.column", "import_id", "Columns", compute="_compute_column_ids", store=True, readonly=False
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("checking", "Being Checked"),
            ("checked", "Checked"),
            ("running", "Running"),
            ("done", "Done"),
            ("failed", "Interrupted"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    message = fields.Char("Remark", readonly=True, copy=False)
    next_row = fields.Integer("Row Reached", readonly=True, copy=False, help="Last row of the file dealt with.")
    total_count = fields.Integer("Rows", readonly=True, copy=False)
    created_count = fields.Integer("New", readonly=True, copy=False)
    known_count = fields.Integer("There Already", readonly=True, copy=False)
    refused_count = fields.Integer("Refused", readonly=True, copy=False)
    progress = fields.Float(compute="_compute_progress", help="Percent of the rows dealt with.")
    problem_ids = fields.One2many("dealer.import.problem", "import_id", "Refused Rows", readonly=True, copy=False)
    problem_first_ids = fields.Many2many(
        "dealer.import.problem", string="First Refused Rows", compute="_compute_problem_first_ids"
    )

    @api.depends("file_name", "kind")
    def _compute_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for job in self:
            job.name = ": ".join(filter(None, [labels.get(job.kind), job.file_name]))

    @api.depends("total_count", "created_count", "known_count", "refused_count", "state")
    def _compute_progress(self):
        for job in self:
            dealt = job.created_count + job.known_count + job.refused_count
            job.progress = 100.0 * dealt / job.total_count if job.total_count else 0.0

    @api.depends("refused_count")
    def _compute_problem_first_ids(self):
        for job in self:
            job.problem_first_ids = self.env["dealer.import.problem"].search(
                [("import_id", "=", job._origin.id)], limit=PROBLEMS_SHOWN
            )

    @api.depends("file", "kind")
    def _compute_column_ids(self):
        for job in self:
            headings = []
            if job.file and job.kind:
                try:
                    headings = job._open_table().headings
                except table_file.TableFileError as error:
                    self._raise_file_error(error)
            names = job._get_kind()._import_names() if headings else []
            job.column_ids = self._prepare_columns(headings, job._propose_columns(headings, names))

    # ------------------------------------------------------------------ CRUD

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [{name: vals[name] for name in vals if name not in SYSTEM_FIELDS} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and SYSTEM_FIELDS & vals.keys():
            raise UserError(self.env._("How far an import is cannot be typed. Use its buttons."))
        if {"file", "kind", "known", "column_ids", "company_id"} & vals.keys():
            self._check_not_begun()
            self.sudo()._start_again()
        if "mode" in vals:
            self._check_not_begun()
        return super().write(vals)

    def _prepare_create_values(self, vals_list):
        # Neither may a default from a context.
        result = super()._prepare_create_values(vals_list)
        for vals in result:
            vals.update({"state": "draft", "user_id": self.env.uid, "message": False})
            vals.update({name: 0 for name in SYSTEM_FIELDS - {"state", "user_id", "message"}})
        return result

    def _check_not_begun(self):
        for job in self.filtered(
            lambda job: job.state in ("checking", "running", "done") or (job.state == "failed" and job.created_count)
        ):
            raise UserError(
                self.env._("%(name)s was read already. Make a new import for another file.", name=job.display_name)
            )

    def _start_again(self):
        for job in self.filtered(lambda job: job.state != "draft"):
            job.problem_ids.unlink()
            job.write({"state": "draft", "total_count": 0, "next_row": 0, "known_count": 0, "refused_count": 0})

    # ------------------------------------------------------------------ columns

    @api.model
    def _get_kinds(self):
        """Return the kinds there are; add-ons add theirs to the field ``kind``."""
        return self._fields["kind"].get_values(self.env)

    @api.model
    def _get_kind_model(self, kind):
        return self.env[f"dealer.import.{kind}"]

    def _get_kind(self):
        """Return the model that knows this kind, in the name and the company of who imports."""
        kind = self._get_kind_model(self.kind)
        company = self.company_id or self.env.company
        user = self.user_id or self.env.user
        return kind.with_user(user).with_context(allowed_company_ids=company.ids, lang=user.lang)

    def _propose_columns(self, headings, names):
        # The user's own headings first: an export of this system always comes in again.
        labels = {column_names.key(label): name for name, label in self._get_kind()._columns().items()}
        own = {key: name for heading in headings if (name := labels.get(key := column_names.key(heading))) in names}
        return column_names.propose(headings, names, own)

    def _open_table(self):
        names = self._get_kind()._import_names()
        labels = {column_names.key(label) for label in self._get_kind()._columns().values()}

        def recognise(texts):
            known = sum(column_names.key(text) in labels for text in texts if text)
            return max(known, column_names.recognise(names)(texts))

        data = base64.b64decode(self.with_context(bin_size=False).file or b"")
        return table_file.read_table(data, recognise, MAX_ROWS)

    def _check_columns(self):
        kind = self._get_kind()
        given = [column.field_name for column in self.column_ids if column.field_name]
        labels = kind._columns()
        missing = [kind._get_labels(names) for names in kind._get_required() if not set(names) & set(given)]
        if missing:
            raise UserError(self.env._("Say which column of the file holds: %(columns)s.", columns=", ".join(missing)))
        for name in given:
            if name not in kind._import_names():
                raise UserError(self.env._("“%(column)s” is no column of this kind. Leave it out.", column=name))
            if given.count(name) > 1:
                raise UserError(self.env._("Two columns of the file are “%(column)s”.", column=labels[name]))

    # ------------------------------------------------------------------ actions

    def action_check(self):
        """Check every row; nothing is written but the list of what is wrong."""
        self.ensure_one()
        self.check_access("write")
        self._check_not_begun()
        self._get_kind_model(self.kind)._check_may_import()
        self._check_columns()
        self.sudo()._start_again()
        self.sudo().write({"state": "checking", "user_id": self.env.uid, "message": False})
        self._begin()

    def action_run(self):
        """Write the rows, or go on where an interruption stopped.

        :raises UserError: not checked, or rows are refused and the import is all or nothing
        """
        self.ensure_one()
        self.check_access("write")
        self._get_kind_model(self.kind)._check_may_import()
        if self.state not in ("checked", "failed"):
            raise UserError(self.env._("Check %(name)s first.", name=self.display_name))
        if self.mode == "all" and self.refused_count:
            raise UserError(
                self.env._(
                    "%(count)s rows of %(name)s are refused, so that none is taken. Download the refused rows, correct "
                    "the file and choose it again.",
                    count=self.refused_count,
                    name=self.display_name,
                )
            )
        values = {"state": "running", "message": False, "user_id": self.env.uid}
        if self.state == "checked":
            values.update(next_row=0, created_count=0, known_count=0, refused_count=0)
        self.sudo().write(values)
        self._begin()

    def action_stop(self):
        """Interrupt; what is written stays, and “Go On” takes the rest."""
        self.check_access("write")
        for job in self.sudo().filtered(lambda job: job.state in ("checking", "running")):
            message = self.env._("Stopped by %(user)s.", user=self.env.user.name)
            job.write({"state": "failed" if job.state == "running" else "draft", "message": message})

    def action_view_problems(self):
        """Open the refused rows with their reasons."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Refused Rows"),
            "res_model": "dealer.import.problem",
            "view_mode": "list",
            "domain": [("import_id", "=", self.id)],
        }

    def action_download_problems(self):
        """Download the refused rows as a file like the one that came, with what is wrong beside them."""
        self.ensure_one()
        self.check_access("read")
        attachment = self.env["ir.attachment"].create(self._prepare_problem_file())
        return {"type": "ir.actions.act_url", "url": f"/web/content/{attachment.id}?download=true", "target": "self"}

    def _prepare_problem_file(self):
        problems = self.problem_ids.grouped("row")
        table = self._open_table()
        headings = [*table.headings, self.env._("Row"), self.env._("Column"), self.env._("Reason")]
        rows = (
            [*row.cells, row.number, ", ".join(found.mapped("column")), " ".join(found.mapped("reason"))]
            for row in table.rows
            if (found := problems.get(row.number))
        )
        stem, _dot, ending = (self.file_name or "import.csv").rpartition(".")
        name = self.env._("%(file)s – refused rows", file=stem or ending)
        if ending.lower() == "xlsx":
            return {"name": f"{name}.xlsx", "raw": table_writer.write_xlsx(headings, rows), **self._attached()}
        return {"name": f"{name}.csv", "raw": table_writer.write_csv(headings, rows), **self._attached()}

    def _attached(self):
        # Not to the auditor's import: who may read it downloads a copy of his own.
        return {"res_model": self._name, "res_id": self.id} if self.has_access("write") else {}

    # ------------------------------------------------------------------ work

    def _begin(self):
        """Work now on a small file, in the background on a big one."""
        data = self.with_context(bin_size=False).file or b""
        if len(data) * 3 // 4 > FOREGROUND_BYTES:
            self.env.ref("dealer_vehicle.ir_cron_dealer_import").sudo()._trigger()
            return
        self.sudo()._work()

    @api.model
    def _cron_work(self):
        """Work on imports that are being checked or run, the oldest first, a batch per transaction."""
        for job in self.search([("state", "in", ("checking", "running"))], order="id"):
            if not job._work_in_background():
                return

    def _work_in_background(self):
        """Return whether the job came to its end in the time the cron has."""
        cron = self.env["ir.cron"]
        if self.state == "running" and self.mode == "all":
            try:
                with self.env.cr.savepoint():
                    self._work()
            except (OperationalError, ConcurrencyError):
                raise
            except Exception as error:  # noqa: BLE001
                # Nothing was kept; the reason is for whoever imports.
                _logger.info("Import %s took nothing", self.id, exc_info=True)
                self._fail(str(error))
            return bool(cron._commit_progress(1, remaining=0))

        def commit(count):
            remaining = max(self.total_count - self.created_count - self.known_count - self.refused_count, 0)
            return cron._commit_progress(count, remaining=remaining)

        return self._work(commit)

    def _work(self, commit=None):
        """Deal with the rows after ``next_row``; runs as superuser, the rows in the name of who imports.

        :param commit: function called after each batch with its number of rows; returns the seconds left
        :return: bool, whether the end was reached
        """
        self.ensure_one()
        cache, batches = {}, self._batches()
        try:
            while True:
                with self.env.cr.savepoint():
                    rows = next(batches, None)
                    if rows is None:
                        break
                    self._deal_with(rows, cache)
                if commit and not commit(len(rows)):
                    return False
                if self.state not in ("checking", "running"):
                    return True  # somebody stopped it
            self._finish()
        except (OperationalError, ConcurrencyError):
            raise
        except table_file.TableFileError as error:
            self._fail(self._get_file_message(error))
        except Exception as error:
            # A batch edge: the batch is undone, the rows before stay, the user reads why and goes on.
            if not isinstance(error, UserError):
                _logger.warning("Import %s stopped after row %s", self.id, self.next_row, exc_info=True)
            if self.mode == "all" and not commit and self.state == "running":
                raise
            self._fail(str(error))
        return True

    def _fail(self, reason):
        state = "failed" if self.state == "running" else "draft"
        self.write({"state": state, "message": reason})
        self._tell(self.env._("The import stopped after row %(row)s: %(reason)s", row=self.next_row, reason=reason))

    def _finish(self):
        if self.state == "checking":
            total = self.created_count + self.known_count + self.refused_count
            message = False if total else self.env._("The file has headings and no rows.")
            self.write({"state": "checked" if total else "draft", "message": message, "total_count": total})
            return
        self.write({"state": "done"})
        self._tell(
            self.env._(
                "Imported: %(created)s new, %(known)s there already, %(refused)s refused.",
                created=self.created_count,
                known=self.known_count,
                refused=self.refused_count,
            )
        )

    def _tell(self, body):
        self.message_post(body=body, partner_ids=self.user_id.partner_id.ids)

    def _batches(self):
        """Yield lists of :class:`ImportRow` after the row reached; earlier rows only say which keys are taken."""
        kind, start = self._get_kind(), self.next_row
        labels = kind._columns()
        columns = [(column.position, column.field_name) for column in self.column_ids if column.field_name]
        seen = {} if self.state == "checking" else None
        batch = []
        for source in self._open_table().rows:
            row = self._read_row(source, columns, labels)
            if seen is not None:
                self._refuse_twice(kind, row, seen)
            if source.number > start:
                batch.append(row)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def _read_row(self, source, columns, labels):
        texts = {name: source.cells[position] for position, name in columns if position < len(source.cells)}
        row = ImportRow(source.number, {name: text for name, text in texts.items() if text})
        for position, name in columns:
            if position in source.faults:
                row.refuse(name, self._get_fault_message(labels[name], source.faults[position]))
        return row

    def _refuse_twice(self, kind, row, seen):
        for name, key in kind._keys(row.texts):
            if not key:
                continue
            first = seen.setdefault(key, row.number)
            if first != row.number:
                row.refuse(name, self.env._("Row %(row)s of the file has the same.", row=first))

    def _deal_with(self, rows, cache):
        kind = self._get_kind()
        running = self.state == "running"
        last = rows[-1].number
        refused_before = self._get_refused_rows(rows) if running else set()
        kind._take(rows, cache)
        if self.known == "refuse":
            for row in rows:
                if row.is_known:
                    name = next(name for name in kind._get_required()[0] if row.texts.get(name))
                    row.refuse(name, self.env._("This is there already."))
        bad = [row for row in rows if row.problems]
        new = [row for row in rows if not row.problems and not row.is_known and row.number not in refused_before]
        self._note_problems([row for row in bad if row.number not in refused_before], kind)
        refused = {row.number for row in bad} | refused_before
        if running and self.mode == "all" and refused:
            raise UserError(self.env._("Rows are refused that were right when the file was checked. Check it again."))
        count = kind._store(new, cache) if running and new else len(new)
        self._count(last, count, len(rows) - len(new) - len(refused), len(refused))

    def _get_refused_rows(self, rows):
        return {
            row
            for (row,) in self.env["dealer.import.problem"]._read_group(
                [("import_id", "=", self.id), ("row", ">=", rows[0].number), ("row", "<=", rows[-1].number)], ["row"]
            )
        }

    def _note_problems(self, rows, kind):
        labels = kind._columns()
        self.env["dealer.import.problem"].create(
            [
                {
                    "import_id": self.id,
                    "row": row.number,
                    "column": labels.get(name, name),
                    "value": text,
                    "reason": reason,
                }
                for row in rows
                for name, text, reason in row.problems
            ]
        )

    def _count(self, last, created, known, refused):
        self.write(
            {
                "next_row": last,
                "created_count": self.created_count + created,
                "known_count": self.known_count + known,
                "refused_count": self.refused_count + refused,
            }
        )
        # The next batch starts with an empty memory: 100,000 cars cost no more than 2,000.
        self.env.flush_all()
        self.env.invalidate_all()


class DealerImportColumn(models.Model):
    _name = "dealer.import.column"
    _description = "Column of an Import"
    _order = "position, id"
    _rec_name = "heading"

    import_id = fields.Many2one("dealer.import", required=True, index=True, ondelete="cascade")
    position = fields.Integer(readonly=True, help="Counted from 0.")
    heading = fields.Char("Column of the File", readonly=True)
    field_name = fields.Selection("_selection_field_name", "Means", help="Empty: the column is left out.")

    def _selection_field_name(self):
        labels = {}
        for kind in self.env["dealer.import"]._get_kinds():
            model = self.env[f"dealer.import.{kind}"]
            columns = model._columns()
            labels.update({name: columns[name] for name in model._import_names()})
        return list(labels.items())

    def write(self, vals):
        if "field_name" in vals:
            self.import_id._check_not_begun()
            self.import_id.sudo()._start_again()
        return super().write(vals)


class DealerImportProblem(models.Model):
    _name = "dealer.import.problem"
    _description = "Refused Row of an Import"
    _order = "row, id"
    _rec_name = "reason"

    import_id = fields.Many2one("dealer.import", required=True, index=True, ondelete="cascade")
    row = fields.Integer(
        readonly=True, aggregator=None, help="As a spreadsheet counts: the first row of the file is 1."
    )
    column = fields.Char(readonly=True)
    value = fields.Char(readonly=True)
    reason = fields.Char(readonly=True)
