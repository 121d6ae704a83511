from odoo import api, fields, models
from odoo.exceptions import AccessError

from .dealer_claim import CLERK


class DealerImport(models.Model):
    _inherit = "dealer.import"

    kind = fields.Selection(
        selection_add=[("claim_answer", "Answers to Claims")], ondelete={"claim_answer": "cascade"}
    )


class DealerImportClaimAnswer(models.AbstractModel):
    """A maker's or insurer's answers, a row for each line or for a whole claim. An answer counts once."""

    _name = "dealer.import.claim_answer"
    _inherit = "dealer.import.kind"
    _description = "Import of Answers to Claims"

    _types = {"claim_line": "integer", "amount_accepted": "number"}
    _required = ("claim", "amount_accepted")
    _export_only = ()

    @api.model
    def _columns(self):
        _ = self.env._
        return {
            "claim": _("Claim"),
            "claim_line": _("Claim line"),
            "amount_accepted": _("Amount accepted"),
            "answer_reason": _("Payer's reason"),
            "payer_reference": _("Payer's number"),
        }

    @api.model
    def _check_may_import(self):
        if not self.env.user.has_group(CLERK):
            raise AccessError(self.env._("You may not record answers to claims."))
        self.env["dealer.claim"].check_access("write")

    @api.model
    def _keys(self, texts):
        claim = texts.get("claim")
        return [("claim", claim and ("claim", claim, texts.get("claim_line", "")))]

    # ------------------------------------------------------------------ checking

    @api.model
    def _prepare(self, rows, cache):
        names = [row.texts["claim"] for row in rows if row.texts.get("claim")]
        claims = self.env["dealer.claim"].search([("name", "in", names), ("company_id", "=", self.env.company.id)])
        by_name = {claim.name: claim for claim in claims}
        by_line = {row.texts.get("claim") for row in rows if row.texts.get("claim_line")}
        for row in rows:
            claim = by_name.get(row.texts.get("claim"))
            if claim is None:
                row.refuse("claim", self.env._("No claim of ours has this number."))
            elif not row.texts.get("claim_line") and claim.name in by_line:
                row.refuse("claim", self.env._("Other rows answer the lines of this claim: leave this one out."))
            else:
                self._prepare_row(row, claim)

    def _prepare_row(self, row, claim):
        row.vals["claim"] = claim
        if claim.state == "answered":
            row.refuse(
                "claim",
                self.env._(
                    "This claim was answered on %(date)s already.", date=fields.Date.to_string(claim.date_answered)
                ),
            )
            return
        if claim.state != "sent":
            row.refuse("claim", self.env._("This claim was not submitted."))
            return
        lines = claim.line_ids
        if row.texts.get("claim_line"):
            lines = lines.filtered(lambda line: line.number == row.vals.get("claim_line"))
            if not lines:
                row.refuse("claim_line", self.env._("The claim has no such line."))
                return
        row.vals["lines"] = lines
        self._check_amount(row, claim, lines)

    def _check_amount(self, row, claim, lines):
        claimed = sum(lines.mapped("amount_claimed"))
        compared = claim.currency_id.compare_amounts(row.vals.get("amount_accepted") or 0.0, claimed)
        if compared > 0:
            row.refuse(
                "amount_accepted",
                self.env._("More than the %(claimed)s claimed.", claimed=claim.currency_id.format(claimed)),
            )
        elif compared < 0 and not row.texts.get("answer_reason"):
            row.refuse("answer_reason", self.env._("A cut needs the payer's reason."))

    # ------------------------------------------------------------------ writing

    @api.model
    def _store(self, rows, cache):
        answered = self.env["dealer.claim"]
        for row in rows:
            claim = row.vals["claim"]
            claim._take_row(row.vals["lines"], row.vals["amount_accepted"], row.texts.get("answer_reason"))
            if row.texts.get("payer_reference"):
                claim.payer_reference = row.texts["payer_reference"]
            answered |= claim
        # A claim whose other lines come in a later row waits for them.
        answered.filtered(lambda claim: all(line.answer for line in claim.line_ids)).action_answer()
        return len(rows)

    @api.model
    def _export_records(self):
        claims = self.env["dealer.claim"]
        if not claims.has_access("read"):
            return claims
        return claims.search([("company_id", "=", self.env.company.id), ("state", "in", ("sent", "answered"))])

    @api.model
    def _export_batch(self, records):
        for line in records.line_ids:
            yield {
                "claim": line.claim_id.name,
                "claim_line": line.number,
                "amount_accepted": line.amount_accepted,
                "answer_reason": line.answer_reason,
                "payer_reference": line.claim_id.payer_reference,
            }


class DealerClaim(models.Model):
    _inherit = "dealer.claim"

    def _take_row(self, lines, amount, reason):
        """Write the answer of a file's row on lines of a claim; one sum for several lines is cut off from the end.

        :param lines: ``dealer.claim.line`` of this claim
        :param float amount: accepted of them together, never more than claimed
        :param str reason: the payer's, may be ""
        """
        self.ensure_one()
        left = amount
        for line in lines:
            part = min(left, line.amount_claimed)
            left = self.currency_id.round(left - part)
            whole = self.currency_id.compare_amounts(part, line.amount_claimed) >= 0
            answer = "accepted" if whole else ("short" if part else "refused")
            line.write({"answer": answer, "amount_accepted": part, "answer_reason": reason or False})


class DealerExport(models.TransientModel):
    _inherit = "dealer.export"

    kind = fields.Selection(
        selection_add=[("claim_answer", "Answers to Claims")], ondelete={"claim_answer": "cascade"}
    )

    def _file_stems(self):
        return {**super()._file_stems(), "claim_answer": self.env._("claim answers")}

    @api.model
    def _get_kinds(self):
        kinds = super()._get_kinds()
        return [*kinds, "claim_answer"] if self.env["dealer.claim"].has_access("read") else kinds
