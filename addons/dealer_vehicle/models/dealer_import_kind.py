from dataclasses import dataclass, field

from odoo import api, models
from odoo.tools import SQL

from ..tools import table_file


@dataclass
class ImportRow:
    """A row of a file on its way.

    :ivar int number: in the file, from 1
    :ivar dict texts: {field name: text}, empty ones left out
    :ivar dict vals: what will be written
    :ivar list problems: (field name, text, reason); a row with any is refused
    :ivar bool is_known: there already, nothing is written
    """

    number: int
    texts: dict
    vals: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)
    is_known: bool = False

    def refuse(self, name, reason):
        """Note why the row is refused."""
        self.problems.append((name, self.texts.get(name, ""), reason))

    def get_refused(self):
        """Return the names of the fields the row is refused for so far."""
        return {problem[0] for problem in self.problems}


class DealerImportKind(models.AbstractModel):
    """What can be imported and exported; one concrete model per kind of record.

    Works in the name of a user and in one company (``env.user``, ``env.company``). Whatever is small and asked again
    for each row (the catalogue) is read once into the dict ``cache`` the job keeps for a run.
    """

    _name = "dealer.import.kind"
    _description = "Kind of Import"

    # {column: "text", "integer", "number", "date", "boolean" or ("selection", model, field)}
    _types = {}
    # What every row must say: a column, or several of which one is enough.
    _required = ()
    # Exported for who reads the file, never imported.
    _export_only = ()
    # Exported to people who see costs only.
    _cost_columns = ()

    @api.model
    def _columns(self):
        """Return the columns in the order of a file.

        :return: {column: heading in the user's language}
        """
        raise NotImplementedError

    @api.model
    def _check_may_import(self):
        """Refuse users who may not make such records.

        :raises AccessError: names the model
        """
        raise NotImplementedError

    @api.model
    def _keys(self, texts):
        """Return what no two rows may have in common.

        :param dict texts: of a row
        :return: list of (column, hashable)
        """
        raise NotImplementedError

    @api.model
    def _prepare(self, rows, cache):
        """Fill ``vals``, ``problems`` and ``is_known`` of converted rows, with a fixed number of queries.

        :param list rows: of :class:`ImportRow`
        :param dict cache: kept for the run
        """
        raise NotImplementedError

    @api.model
    def _store(self, rows, cache):
        """Write rows that have no problem and are not known.

        :return: int, records made
        """
        raise NotImplementedError

    @api.model
    def _export_records(self):
        """Return the recordset to export: what the user may see of the company."""
        raise NotImplementedError

    @api.model
    def _export_batch(self, records):
        """Yield a dict {column: value} per row."""
        raise NotImplementedError

    # ------------------------------------------------------------------ reading

    @api.model
    def _import_names(self):
        return [name for name in self._columns() if name not in self._export_only]

    @api.model
    def _take(self, rows, cache):
        """Check a batch of rows.

        :param list rows: of :class:`ImportRow`
        """
        for row in rows:
            row.vals = {
                name: self._convert(row, name, text) if name in self._types else text
                for name, text in row.texts.items()
            }
            for names in self._get_required():
                if not any(row.texts.get(name) or name in row.get_refused() for name in names):
                    row.refuse(names[0], self.env._("“%(column)s” is missing.", column=self._get_labels(names)))
        self._prepare(rows, cache)

    @api.model
    def _get_required(self):
        """Return what every row must say.

        :return: list of tuples of columns, of each tuple one is enough
        """
        return [(names,) if isinstance(names, str) else names for names in self._required]

    @api.model
    def _get_labels(self, names):
        labels = self._columns()
        return " / ".join(labels[name] for name in names)

    def _convert(self, row, name, text):
        kind = self._types[name]
        if isinstance(kind, tuple):
            value = self._convert_selection(kind[1], kind[2], text)
        else:
            value = getattr(self, f"_convert_{kind}")(text)
        if value is None:
            row.refuse(name, self._get_value_message(kind))
            return False
        return value

    @api.model
    def _convert_integer(self, text):
        number = table_file.parse_number(text)
        return int(number) if number is not None and number == int(number) and 0 <= number < 2**31 else None

    @api.model
    def _convert_number(self, text):
        number = table_file.parse_number(text)
        return number if number is not None and 0 <= number < 1e15 else None

    @api.model
    def _convert_date(self, text):
        return table_file.parse_date(text)

    @api.model
    def _convert_boolean(self, text):
        return table_file.parse_bool(text)

    @api.model
    def _convert_selection(self, model, name, text):
        """Return the value of a selection from its value or label, in English or the user's language."""
        described = self.env[model]._fields[name]
        for lang in (self.env.lang, "en_US"):
            for value, label in described._description_selection(self.with_context(lang=lang).env):
                if text.lower() in (value.lower(), label.lower()):
                    return value
        return None

    def _get_value_message(self, kind):
        _ = self.env._
        if isinstance(kind, tuple):
            selection = self.env[kind[1]]._fields[kind[2]]._description_selection(self.env)
            return _("Write one of: %(labels)s.", labels=", ".join(label for _value, label in selection))
        return {
            "integer": _("This is no whole number of 0 or more."),
            "number": _("This is no number of 0 or more."),
            "date": _("This is no date, or it may mean two. Write it as 2026-12-31."),
            "boolean": _("Write yes or no."),
        }[kind]

    # ------------------------------------------------------------------ what rows of several kinds name

    @api.model
    def _get_brands(self, cache):
        """Return {name in lower case: ``fleet.vehicle.model.brand`` id}."""
        if "brands" not in cache:
            brands = self.env["fleet.vehicle.model.brand"].search_fetch([], ["name"], order="id desc")
            cache["brands"] = {brand.name.lower(): brand.id for brand in brands}
        return cache["brands"]

    @api.model
    def _get_series(self, cache):
        """Return {(brand id, name in lower case): ``fleet.vehicle.model`` id}."""
        if "series" not in cache:
            series = self.env["fleet.vehicle.model"].search_fetch([], ["name", "brand_id"], order="id desc")
            cache["series"] = {(record.brand_id.id, record.name.lower()): record.id for record in series}
        return cache["series"]

    @api.model
    def _phone_digits(self, phone):
        """Return the signs of a phone number that count.

        Same as core's index on the phone of contacts: no spaces, points, slashes, brackets, hyphens.
        """
        return phone.translate({ord(sign): None for sign in " \t\u00a0\\./()-"})

    @api.model
    def _phone_spellings(self, phone):
        # With and without the country, however it was typed.
        digits = self._phone_digits(phone)
        code = str(self.env.company.country_id.phone_code or "")
        bare = digits.removeprefix("+").removeprefix("00")
        if code and bare.startswith(code) and (digits != bare or len(bare) > 11):
            bare = bare.removeprefix(code)
        return {digits, bare, f"+{code}{bare}", f"{code}{bare}", f"00{code}{bare}"} if code else {digits, bare}

    @api.model
    def _find_people(self, wanted):
        """Find the contacts rows mean: by phone, else by name.

        :param wanted: iterable of (name, phone), either may be ""
        :return: {(name, phone): (``res.partner`` id or False, reason or False)}; nobody: (False, False)
        """
        by_phone = self._read_people_by_phone({phone for _name, phone in wanted if phone})
        by_name = self._read_people_by_name({name for name, _phone in wanted if name})
        return {pair: self._choose_person(*pair, by_phone, by_name) for pair in wanted}

    def _choose_person(self, name, phone, by_phone, by_name):
        if phone:
            people = by_phone.get(phone, ())
            for person_id, *names, _phone in people:
                if not name or name in names:
                    return person_id, False
            if people:
                known = people[0][1]
                return False, self.env._("%(phone)s is the phone number of %(person)s.", phone=phone, person=known)
            # Somebody of that name whose phone nobody wrote down.
            people = [person for person in by_name.get(name, ()) if not person[3]]
        else:
            people = by_name.get(name, ())
        if len(people) > 1:
            return False, self.env._("%(count)s contacts have this name: add the phone number.", count=len(people))
        return (people[0][0], False) if people else (False, False)

    def _read_people_by_phone(self, phones):
        """Return {phone as the file has it: [(id, name, complete name, phone)]}."""
        spellings = {phone: self._phone_spellings(phone) for phone in phones}
        wanted = tuple(set().union(*spellings.values()))
        by_digits = {}
        # Core's own expression: where its index exists (phone_validation) it answers.
        condition = SQL(
            r"phone IS NOT NULL AND regexp_replace(phone::text, '[\s\\./\(\)\-]'::text, ''::text, 'g'::text) IN %s",
            wanted,
        )
        for person in self._read_people(condition) if wanted else ():
            by_digits.setdefault(self._phone_digits(person[3]), []).append(person)
        return {
            phone: sorted(person for text in texts for person in by_digits.get(text, ()))
            for phone, texts in spellings.items()
        }

    def _read_people_by_name(self, names):
        """Return {name: [(id, name, complete name, phone)]}."""
        by_name = {}
        for person in self._read_people(SQL("complete_name IN %s", tuple(names))) if names else ():
            by_name.setdefault(person[2], []).append(person)
        return by_name

    def _read_people(self, condition):
        """Return (id, name, complete name, phone) of the company's contacts that the user may see, oldest first."""
        Partner = self.env["res.partner"]
        Partner.flush_model(["phone", "name", "complete_name", "active", "company_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT id, name, complete_name, phone FROM res_partner WHERE active AND %s"
                " AND (company_id IS NULL OR company_id = %s) ORDER BY id",
                condition,
                self.env.company.id,
            )
        )
        visible = set(Partner.search([("id", "in", [row[0] for row in rows])])._ids)
        return [(*row[:3], row[3] or "") for row in rows if row[0] in visible]

    # ------------------------------------------------------------------ writing

    @api.model
    def _export_names(self):
        sees_costs = self.env.user.has_group("dealer_vehicle.group_vehicle_cost")
        return [name for name in self._columns() if sees_costs or name not in self._cost_columns]

    @api.model
    def _as_text(self, name, value):
        """Return a value as a file writes it and the import reads it."""
        kind = self._types.get(name, "text")
        if isinstance(kind, tuple):
            return dict(self.env[kind[1]]._fields[kind[2]]._description_selection(self.env)).get(value, "")
        if kind == "boolean":
            return "1" if value else "0"
        if kind == "integer":
            return str(value or "")
        if kind == "number":
            return table_file.cell_text(float(value)) if value else ""
        return table_file.harmless(str(value)) if value else ""
