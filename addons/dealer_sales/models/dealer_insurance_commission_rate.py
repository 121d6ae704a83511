from odoo import api, fields, models

from .dealer_insurance_policy import ORIGINS

CLAWBACKS = [("pro_rata", "For the days not covered"), ("full", "All of it"), ("none", "Nothing")]


class DealerInsuranceCommissionRate(models.Model):
    """What an insurer pays for a policy, from a day on: the most particular row that fits counts."""

    _name = "dealer.insurance.commission.rate"
    _description = "Commission Rate of an Insurer"
    _order = "insurer_id, kind_id, origin, date_from desc"
    _rec_name = "insurer_id"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    insurer_id = fields.Many2one("res.partner", required=True, index=True, ondelete="restrict", check_company=True)
    kind_id = fields.Many2one("dealer.insurance.kind", "Kind", help="Empty: every kind.", ondelete="restrict")
    origin = fields.Selection(ORIGINS, help="Empty: wherever the business comes from.")
    date_from = fields.Date("From", required=True, default=fields.Date.context_today, help="First day of cover.")
    percent = fields.Float(
        digits=(6, 3), required=True, aggregator=None, help="Percent of the premium, without tax on the commission."
    )
    clawback = fields.Selection(
        CLAWBACKS,
        "Taken Back",
        default="pro_rata",
        required=True,
        help="What the insurer takes back of the commission when the policy is cancelled. To be confirmed with him.",
    )
    clawback_days = fields.Integer(
        "Within Days", help="From the first day of cover; 0: whenever the policy is cancelled.", aggregator=None
    )
    note = fields.Char(help="Where the rate comes from, who confirmed it.")

    _row_uniq = models.UniqueIndex(
        "(company_id, insurer_id, coalesce(kind_id, 0), coalesce(origin, ''), date_from)",
        "This insurer has a rate for this kind and origin from this day already.",
    )
    _clawback_sane = models.Constraint("CHECK (clawback_days >= 0)", "Days are counted from the first day of cover on.")
    _percent_sane = models.Constraint(
        "CHECK (percent >= 0 AND percent <= 100)", "A commission is between 0 and 100 percent of the premium."
    )

    @api.model_create_multi
    def create(self, vals_list):
        rates = super().create(vals_list)
        rates._rates_changed(rates._search_policies())
        return rates

    def write(self, vals):
        before = self._search_policies()
        result = super().write(vals)
        self._rates_changed(before | self._search_policies())
        return result

    def unlink(self):
        policies = self._search_policies()
        result = super().unlink()
        self._rates_changed(policies)
        return result

    def _search_policies(self):
        """Return the policies these rows may count for and that are not settled: what was charged or credited stays."""
        policies = self.env["dealer.insurance.policy"].sudo()  # whoever keeps the rates, all policies follow them
        return policies.search(
            [
                ("company_id", "in", self.company_id.ids),
                ("insurer_id", "in", self.insurer_id.ids),
                ("is_ours", "=", True),
                "|",
                ("commission_state", "in", ("none", "expected")),
                ("date_cancelled", "!=", False),
            ]
        )

    @api.model
    def _rates_changed(self, policies):
        policies._commission_changed()
        policies.contract_id._fni_changed()

    @api.model
    def _read_rates(self, companies, insurers):
        """Return all rates of these insurers with one query, for ``_find_rate``."""
        if not insurers:
            return self.browse()
        return self.sudo().search([("company_id", "in", companies.ids), ("insurer_id", "in", insurers.ids)])

    def _find_rate(self, policy):
        """Return the row of these that counts for a policy: kind before origin, the newest of those.

        :param policy: ``dealer.insurance.policy``
        :return: one row, or none
        """
        fitting = self.filtered(
            lambda rate: (
                rate.company_id == policy.company_id
                and rate.insurer_id == policy.insurer_id
                and rate.kind_id in (policy.kind_id, rate.kind_id.browse())
                and rate.origin in (policy.origin, False)
                and policy.date_from
                and rate.date_from <= policy.date_from
            )
        )
        return fitting.sorted(lambda rate: (bool(rate.kind_id), bool(rate.origin), rate.date_from))[-1:]
