import base64

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.dealer_vehicle.tools import table_writer


class DealerClaimBatch(models.Model):
    """Claims submitted together: the file the maker or insurer gets."""

    _name = "dealer.claim.batch"
    _description = "Submission of Claims"
    _inherit = ["dealer.protected.mixin"]
    _order = "id desc"
    _check_company_auto = True

    _protected_fields = frozenset({"name", "partner_id", "company_id", "date", "user_id", "file", "file_name"})

    name = fields.Char("Number", required=True, readonly=True, copy=False)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner", "Maker or Insurer", required=True, readonly=True, index=True, check_company=True
    )
    date = fields.Date("Submitted on", required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Submitted by", required=True, readonly=True)
    claim_ids = fields.One2many("dealer.claim", "batch_id", "Claims", readonly=True)
    claim_count = fields.Integer("Number of Claims", compute="_compute_totals")
    amount_claimed = fields.Monetary("Claimed", compute="_compute_totals")
    file = fields.Binary("Submission File", readonly=True, attachment=True)
    file_name = fields.Char(readonly=True)

    _name_uniq = models.UniqueIndex("(company_id, name)", "There is a submission of this number already.")

    @api.depends("claim_ids.amount_claimed")
    def _compute_totals(self):
        for batch in self:
            batch.claim_count = len(batch.claim_ids)
            batch.amount_claimed = sum(batch.claim_ids.mapped("amount_claimed"))

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("Choose the claims and press “Submit Claim”: that makes the submission."))
        return super().create(vals_list)

    # --- business -----------------------------------------------------------------------

    @api.model
    def _make(self, claims):
        """Submit checked claims, one submission for each company and payer.

        :param claims: ``dealer.claim`` to be submitted
        :return: ``dealer.claim.batch``
        """
        claims._lock()
        claims._check_state("draft")
        batches = self
        for (company, partner), group in claims.grouped(lambda claim: (claim.company_id, claim.partner_id)).items():
            # Narrow sudo: role, state and completeness of the claims are checked; users make no submissions by hand.
            batch = self.sudo().create(self._prepare_batch(company, partner, group))
            group._send(batch)
            batch._write_file()
            batches |= batch
        return batches.with_env(self.env)

    @api.model
    def _prepare_batch(self, company, partner, claims):
        return {
            "name": self.env["ir.sequence"].sudo().next_by_code("dealer.claim.batch"),
            "company_id": company.id,
            "partner_id": partner.id,
            "date": fields.Date.context_today(self),
            "user_id": self.env.uid,
        }

    def _write_file(self):
        """Write the file the payer gets, in his columns when a policy tells them."""
        for batch in self:
            policy = self.env["dealer.claim.policy"]._get_policy(batch.company_id, batch.partner_id, batch.date)
            columns = self.env["dealer.claim.policy"].browse(policy.get("id", ())).column_ids
            known = self._get_columns()
            names = columns.mapped("field_name") or list(known)
            headings = columns.mapped("heading") or list(known.values())
            rows = [[row[name] for name in names] for row in batch._get_rows()]
            write = table_writer.write_csv if policy["file_type"] == "csv" else table_writer.write_xlsx
            name = f"{batch.name.replace('/', '-')}.{policy['file_type']}"
            batch.write({"file": base64.b64encode(write(headings, rows)), "file_name": name})

    @api.model
    def _get_columns(self):
        """Return what a submission file can tell, in its usual order.

        :return: {name: heading in the user's language}
        """
        _ = self.env._
        return {
            "claim": _("Claim"),
            "line": _("Claim line"),
            "kind": _("Kind"),
            "vin": _("VIN"),
            "plate": _("Plate"),
            "order": _("Repair order"),
            "date": _("Repair date"),
            "km": _("Mileage (km)"),
            "concern": _("Concern"),
            "cause": _("Cause"),
            "correction": _("Correction"),
            "campaign": _("Campaign"),
            "report": _("Report number"),
            "code": _("Part or labour code"),
            "description": _("Description"),
            "quantity": _("Quantity"),
            "amount": _("Amount claimed"),
            "currency": _("Currency"),
        }

    def _get_rows(self):
        """Return a row for each line of the claims.

        :return: list of {name: text or number}
        """
        self.ensure_one()
        kinds = dict(self.env["dealer.claim"]._fields["kind"]._description_selection(self.env))
        return [
            {**head, **self._get_line_row(line)}
            for claim in self.claim_ids.sorted("id")
            for head in [self._get_claim_row(claim, kinds)]
            for line in claim.line_ids
        ]

    def _get_claim_row(self, claim, kinds):
        return {
            "claim": claim.name,
            "kind": kinds[claim.kind],
            "vin": claim.vin or "",
            "plate": claim.plate or "",
            "order": claim.order_id.name,
            "date": fields.Date.to_string(claim.repair_date),
            "km": claim.odometer_km,
            "concern": claim.concern or "",
            "cause": claim.cause or "",
            "correction": claim.correction or "",
            "campaign": claim.campaign_id.code or "",
            "report": claim.case_id.report_no or "",
            "currency": claim.currency_id.name,
        }

    def _get_line_row(self, line):
        return {
            "line": line.number,
            "code": line.product_id.default_code or "",
            "description": line.name or "",
            "quantity": line.quantity,
            "amount": line.currency_id.round(line.amount_claimed),
        }

    def _get_open_action(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_workshop.dealer_claim_batch_action")
        if len(self) == 1:
            return {**action, "views": [(False, "form")], "res_id": self.id}
        return {**action, "domain": [("id", "in", self.ids)]}
