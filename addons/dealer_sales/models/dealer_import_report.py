from odoo import api, fields, models

from odoo.addons.dealer_vehicle.tools import vin as vin_tools

ANSWERS = ("accepted", "refused")


class DealerImport(models.Model):
    _inherit = "dealer.import"

    kind = fields.Selection(selection_add=[("report", "Answers of Makers")], ondelete={"report": "cascade"})


class DealerImportReport(models.AbstractModel):
    """What a maker answered to retail reports, by VIN: accepted, or refused for a reason (P28).

    A file read twice changes nothing: an answer that is written down already is passed over.
    """

    _name = "dealer.import.report"
    _inherit = "dealer.import.kind"
    _description = "Import of Makers' Answers"

    _types = {"answer": ("selection", "dealer.retail.report", "state"), "date_reported": "date"}
    _required = ("vin", "answer")
    _export_only = ("contract", "customer", "date_reported")

    @api.model
    def _columns(self):
        _ = self.env._
        return {
            "vin": _("VIN"),
            "answer": _("Answer"),
            "number": _("Number at the maker"),
            "reason": _("Reason of refusal"),
            "contract": _("Contract"),
            "customer": _("Customer"),
            "date_reported": _("Reported on"),
        }

    @api.model
    def _check_may_import(self):
        self.env["dealer.retail.report"].check_access("write")

    @api.model
    def _keys(self, texts):
        vin = texts.get("vin")
        return [("vin", vin and ("vin", vin_tools.normalise(vin)))]

    # ------------------------------------------------------------------ import

    @api.model
    def _prepare(self, rows, cache):
        reports = self._read_reports(rows)
        for row in rows:
            report = reports.get(vin_tools.normalise(row.texts.get("vin", "")))
            if not report:
                row.refuse("vin", self.env._("No sale of this car was reported by us."))
            elif row.vals.get("answer"):
                self._prepare_answer(row, report)

    @api.model
    def _read_reports(self, rows):
        """Return the live report of each car, the one that waits for an answer before older ones: one query.

        :return: {VIN: ``dealer.retail.report``}
        """
        vins = [vin_tools.normalise(row.texts["vin"]) for row in rows if row.texts.get("vin")]
        reports = self.env["dealer.retail.report"].search(
            [
                ("vehicle_id.vin_id.vin", "in", vins),
                ("company_id", "=", self.env.company.id),
                ("state", "!=", "reversed"),
            ]
        )
        ordered = reports.sorted(lambda report: (report.state == "reported", report.id))
        return {report.vin: report for report in ordered}

    def _prepare_answer(self, row, report):
        answer, reason = row.vals["answer"], row.texts.get("reason", "")
        row.vals["report"] = report
        if answer not in ANSWERS:
            row.refuse("answer", self.env._("A maker accepts or refuses: write “accepted” or “refused”."))
        elif answer == "refused" and not reason:
            row.refuse("reason", self.env._("Why did the maker refuse it? Without a reason nobody can mend it."))
        elif report.state == answer:
            row.is_known = True
        elif report.state not in ("reported", "accepted"):
            self._refuse_state(row, report)

    def _refuse_state(self, row, report):
        labels = dict(report._fields["state"]._description_selection(self.env))
        row.refuse(
            "answer",
            self.env._(
                "%(contract)s: the report is “%(state)s”. Press Reported first, then read the answer.",
                contract=report.contract_id.name,
                state=labels[report.state],
            ),
        )

    @api.model
    def _store(self, rows, cache):
        self._check_may_import()
        accepted = self.env["dealer.retail.report"]
        for row in rows:
            report = row.vals["report"].with_env(self.env)
            if row.texts.get("number"):
                report.number = row.texts["number"]
            if row.vals["answer"] == "accepted":
                accepted |= report
            else:
                report.answer = row.texts["reason"]
                report.action_refuse()
        accepted.action_accept()
        return len(rows)

    # ------------------------------------------------------------------ export

    @api.model
    def _export_records(self):
        return self.env["dealer.retail.report"].search([("company_id", "=", self.env.company.id)], order="id")

    @api.model
    def _export_batch(self, records):
        for report in records:
            yield {
                "vin": report.vin,
                "answer": report.state,
                "number": report.number,
                "reason": report.refuse_reason,
                "contract": report.contract_id.name,
                "customer": report.partner_id.complete_name,
                "date_reported": report.date_reported,
            }
