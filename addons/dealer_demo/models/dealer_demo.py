import csv
import logging
import time

from odoo import api, fields, models
from odoo.tools import file_open

_logger = logging.getLogger(__name__)

# Not the add-on's own name: what the demonstration made stays when the add-on is uninstalled,
# because posted entries and done transfers cannot be deleted with it.
DEMO = "__dealer_demo__"
TO_BUILD = "dealer_demo.to_build"


class DealerDemo(models.AbstractModel):
    """Builds a dealership that looks alive, the same one every time.

    The steps are methods ``_build_<topic>`` spread over the files of this add-on. Every record has an external
    identifier: a second run finds it and makes nothing twice.
    """

    _name = "dealer.demo"
    _description = "Demonstration Dealership"

    def _register_hook(self):
        """Build what was ordered once the registry is complete, as core loads charts of accounts.

        The order is a row: a build that was interrupted goes on with the next start.
        """
        super()._register_hook()
        parameters = self.env["ir.config_parameter"].sudo()
        if parameters.get_param(TO_BUILD):
            # Another process may start at the same time: it waits here and finds the order gone.
            self.env.cr.execute("SELECT 1 FROM ir_config_parameter WHERE key = %s FOR UPDATE", [TO_BUILD])
            if self.env.cr.rowcount:
                self._build()
                parameters.set_param(TO_BUILD, False)

    @api.model
    def _order_build(self):
        self.env["ir.config_parameter"].sudo().set_param(TO_BUILD, "1")

    @api.model
    def _build(self):
        """Build the whole demonstration dealership; harmless when it is there already.

        Dates count back from today, everything else is the same on every machine. Documents are made by the add-ons'
        own methods as the user whose work it is; no row is written behind Odoo's back.
        """
        # Chatter and mails of the build would be noise, and a third of its time.
        self = self.sudo().with_context(tracking_disable=True, mail_create_nolog=True, mail_notrack=True)
        start = time.monotonic()
        for step in self._get_steps():
            began = time.monotonic()
            getattr(self, f"_build_{step}")()
            self.env.flush_all()
            _logger.info("Demonstration dealership: %s in %.1f s", step, time.monotonic() - began)
        _logger.info("Demonstration dealership: built in %.1f s", time.monotonic() - start)

    @api.model
    def _get_steps(self):
        """Return the names of the steps in their order; each is a method ``_build_<name>``.

        :return: list of str
        """
        return [
            "languages",
            "companies",
            "accounting",
            "users",
            "catalogue",
            "warranties",
            "partners",
            "customers",
            "employees",
            "customer_cars",
            "parts",
            "stock",
            "prices",
            "leads",
            "deals",
            "trade",
            "workshop",
            "own_cars",
        ]

    @api.model
    def _build_languages(self):
        chinese = self.env["res.lang"].with_context(active_test=False).search([("code", "=", "zh_CN")])
        loaded = chinese.active
        for code in ("en_US", "zh_CN"):
            self.env["res.lang"]._activate_lang(code)
        if not loaded:
            self.env["ir.module.module"].search([("state", "=", "installed")])._update_translations(["zh_CN"])

    # ------------------------------------------------------------------ helpers

    @api.model
    def _find(self, name):
        """Return the record the build named so, or None.

        :param str name: external identifier without its module part
        """
        return self.env.ref(f"{DEMO}.{name}", raise_if_not_found=False)

    @api.model
    def _remember(self, name, record):
        """Remember a record under a name, so that a second run finds it.

        :param str name: external identifier without its module part
        :return: the record
        """
        self.env["ir.model.data"]._update_xmlids(
            [{"xml_id": f"{DEMO}.{name}", "record": record.browse(record.id), "noupdate": True}]
        )
        return record

    @api.model
    def _ensure(self, name, model, vals):
        """Return the named record, created from ``vals`` when it is not there.

        :param str name: external identifier without its module part
        :param model: model name, or an empty recordset that carries user and company
        :param dict vals: of ``create``
        """
        records = self.env[model] if isinstance(model, str) else model
        found = self._find(name)
        if found is not None:
            return records.browse(found.id)
        return self._remember(name, records.create(vals))

    @api.model
    def _ensure_all(self, model, vals_by_name):
        """As :meth:`_ensure` for many, created by one call.

        :param dict vals_by_name: {external identifier: values of ``create``}
        :return: {external identifier: record}
        """
        records = self.env[model] if isinstance(model, str) else model
        result = {name: self._find(name) for name in vals_by_name}
        missing = [name for name, record in result.items() if record is None]
        for name, record in zip(missing, records.create([vals_by_name[name] for name in missing]), strict=True):
            result[name] = record
        self.env["ir.model.data"]._update_xmlids(
            [
                {"xml_id": f"{DEMO}.{name}", "record": result[name].browse(result[name].id), "noupdate": True}
                for name in missing
            ]
        )
        return {name: records.browse(record.id) for name, record in result.items()}

    @api.model
    def _rows(self, file_name):
        """Return the rows of a table (tab-separated) of this add-on.

        :param str file_name: in ``data/``
        :return: list of dict
        """
        with file_open(f"dealer_demo/data/{file_name}") as stream:
            return list(csv.DictReader(stream, dialect="excel-tab"))

    @api.model
    def _today(self, days=0):
        """Return a date counted from today, the company's.

        :param int days: negative for the past
        """
        return fields.Date.add(self.env.company._get_day(), days=days)

    @api.model
    def _as(self, login, company=None):
        """Return this builder in the shoes of a demonstration user.

        :param str login: of a demonstration user
        :param company: ``res.company`` the user works in, his own by default
        """
        user = self.env["res.users"].search([("login", "=", login)])
        company = company or user.company_id
        return self.with_user(user).with_context(allowed_company_ids=company.ids, lang=user.lang, tz=user.tz)
