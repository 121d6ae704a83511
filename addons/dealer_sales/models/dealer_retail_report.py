import base64

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.dealer_vehicle.tools import table_writer

REPORTED = ("reported", "accepted")


class DealerRetailReport(models.Model):
    """The report of one sale to the maker (RDR): it starts his warranty and rebates (P28)."""

    _name = "dealer.retail.report"
    _description = "Retail Report"
    _inherit = ["dealer.protected.mixin", "dealer.overdue.mixin", "mail.thread"]
    _order = "date_due, id"
    _rec_name = "vehicle_id"
    _rec_names_search = ["contract_id.name", "vehicle_id", "number"]
    _check_company_auto = True

    _overdue_states = ("due", "refused")
    _protected_fields = frozenset(
        {
            "contract_id",
            "vehicle_id",
            "company_id",
            "site_id",
            "brand_id",
            "state",
            "date_due",
            "date_reported",
            "date_answered",
            "date_handed_over",
            "date_reversed",
            "refuse_reason",
            "reported_by_id",
        }
    )

    contract_id = fields.Many2one("dealer.contract", required=True, readonly=True, index=True, ondelete="restrict")
    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, readonly=True, index=True, check_company=True, ondelete="restrict"
    )
    vin = fields.Char(related="vehicle_id.vin", string="VIN")
    brand_id = fields.Many2one(related="vehicle_id.brand_id", store=True)
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    site_id = fields.Many2one(related="contract_id.site_id", store=True, index=True)
    partner_id = fields.Many2one(related="contract_id.partner_id", string="Customer")
    state = fields.Selection(
        [
            ("due", "To be reported"),
            ("reported", "Reported"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("reversed", "Taken back"),
        ],
        default="due",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
        copy=False,
    )
    date_due = fields.Date("Due on", readonly=True)
    date_handed_over = fields.Date("Handed over", readonly=True, copy=False)
    date_reported = fields.Date("Reported on", readonly=True, copy=False, tracking=True)
    reported_by_id = fields.Many2one("res.users", "Reported by", readonly=True, copy=False)
    number = fields.Char("Number at the maker", copy=False, tracking=True)
    date_answered = fields.Date("Answered on", readonly=True, copy=False)
    answer = fields.Char("Reason of refusal", copy=False, help="What the maker wrote; typed before Refused is pressed.")
    refuse_reason = fields.Char("Refused because", readonly=True, copy=False, tracking=True)
    date_reversed = fields.Date("Taken back on", readonly=True, copy=False)

    _live_uniq = models.UniqueIndex(
        "(contract_id, vehicle_id) WHERE state != 'reversed'", "This sale has a report already."
    )
    _due_idx = models.Index("(company_id, date_due) WHERE state IN ('due', 'refused')")

    # === Actions ===
    def action_reported(self):
        """Say that these sales were reported to the maker today.

        :raises UserError: reported already, taken back, or the contract is not signed
        """
        return self._act(("due", "refused"), "_action_reported")

    def action_accept(self):
        """Write down that the maker accepted the reports.

        :raises UserError: not reported
        """
        return self._act(("reported",), "_action_accept")

    def action_refuse(self):
        """Write down that the maker refused the reports, for the reason typed.

        :raises UserError: not reported, or no reason typed
        """
        for report in self:
            if not report.answer:
                raise UserError(
                    self.env._("%(car)s: type the maker's reason first.", car=report.vehicle_id.display_name)
                )
        return self._act(("reported", "accepted"), "_action_refuse")

    def action_reverse(self):
        """Take reports back at the maker: the sale fell through.

        :raises AccessError: the user may not change one of them; what he may not see is not named to him either
        :raises UserError: the car is still with its customer
        """
        self.check_access("write")
        for report in self.sudo():
            if report.contract_id.state != "cancelled" and report.vehicle_id.place == "with_customer":
                raise UserError(
                    self.env._(
                        "%(car)s is with its customer: the report is true. It is taken back after a return.",
                        car=report.vehicle_id.display_name,
                    )
                )
        return self._act(("due", "reported", "accepted", "refused"), "_action_reverse")

    def _act(self, states, method):
        """Run one act on reports that are in the right state, one after another even for two people at once."""
        self.check_access("write")
        self._lock()
        for report in self:
            if report.state not in states:
                raise UserError(
                    self.env._(
                        "%(car)s: the report is “%(state)s” already.",
                        car=report.vehicle_id.display_name,
                        state=dict(report._fields["state"]._description_selection(self.env))[report.state],
                    )
                )
            # States are written by these acts alone, after the check above
            getattr(report.sudo(), method)(self.env.user)
        self.sudo().contract_id._gates_changed()
        return True

    def _lock(self):
        """Let one of two people act; the later transaction is run again and sees the earlier one."""
        self.flush_recordset()
        if self:
            self.env.cr.execute(
                SQL("UPDATE dealer_retail_report SET write_date = write_date WHERE id IN %s", tuple(self.ids))
            )
        self.invalidate_recordset()

    def _action_reported(self, user):
        refusal = self.contract_id._get_binding_refusal()
        if refusal:
            raise UserError(refusal)
        today = fields.Date.context_today(self)
        self.write(
            {
                "state": "reported",
                "date_reported": today,
                "reported_by_id": user.id,
                "date_answered": False,
                "refuse_reason": False,
            }
        )
        # What runs already is left alone: whichever of report and hand-over comes first starts it
        self.vehicle_id._start_warranty(today)

    def _action_accept(self, user):
        self.write({"state": "accepted", "date_answered": fields.Date.context_today(self)})

    def _action_refuse(self, user):
        self.write(
            {
                "state": "refused",
                "date_answered": fields.Date.context_today(self),
                "refuse_reason": self.answer,
                "date_reported": False,
                "answer": False,
            }
        )

    def _action_reverse(self, user):
        if self.state == "due":
            self.unlink()  # nothing was reported: nothing to take back
        else:
            self.write({"state": "reversed", "date_reversed": fields.Date.context_today(self)})

    # === File for the maker ===
    def action_export(self):
        """Write these reports into a file with the columns their brand asks for.

        :return: action that downloads the CSV file
        :raises UserError: several brands, or the brand has no columns yet
        """
        self.check_access("read")
        brand = self.brand_id
        columns = brand.retail_report_column_ids
        if len(brand) != 1 or not columns:
            raise UserError(
                self.env._("Choose reports of one brand, and say in Configuration / Brands which columns its file has.")
            )
        rows = [[column._get_text(report) for column in columns] for report in self]
        attachment = self.env["ir.attachment"].create(
            {
                "name": f"{brand.name}-{fields.Date.context_today(self)}.csv",
                "datas": base64.b64encode(table_writer.write_csv(columns.mapped("heading"), rows)),
            }
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "self",
        }
