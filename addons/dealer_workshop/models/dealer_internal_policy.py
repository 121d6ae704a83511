from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import labour
from .repair_kind import REPAIR_KINDS


class DealerInternalPolicy(models.Model):
    """Where the cost of work we pay ourselves goes: kind of work × condition of the car, with dates of effect."""

    _name = "dealer.internal.policy"
    _description = "Policy for Internal Work"
    _order = "company_id, repair_kind, condition, date_from desc, id"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    repair_kind = fields.Selection(REPAIR_KINDS, string="Kind of Work", help="Empty: every kind.")
    condition = fields.Selection(
        [
            ("new", "Our new cars"),
            ("used", "Our used cars"),
            ("demo", "Our demonstrators"),
            ("customer", "Customers' cars"),
        ],
        string="Cars",
        help="Empty: every car. A car we sold stays ours until it is handed over.",
    )
    treatment = fields.Selection(
        [("stock_cost", "Cost of the Car"), ("expense", "Expense")],
        required=True,
        default="expense",
        help="Cost of the car: a landed cost on exactly this car, by which its stock value (or, once sold, its cost "
        "of goods sold) grows. Expense: a journal entry.",
    )
    expense_account_id = fields.Many2one("account.account", check_company=True, ondelete="restrict")
    labour_cost = fields.Monetary(
        string="Labour Cost per Hour", help="What one standard hour costs us. 0: internal work carries parts only."
    )
    labour_account_id = fields.Many2one(
        "account.account",
        string="Absorbed From",
        check_company=True,
        ondelete="restrict",
        help="Credited for internal labour: the workshop's wages or an absorption account.",
    )
    date_from = fields.Date(string="Valid From", help="First day of effect. Empty: since ever.")
    date_to = fields.Date(string="Valid Until", help="Last day of effect. Empty: until further notice.")
    active = fields.Boolean(default=True)

    _expense_has_account = models.Constraint(
        "CHECK (treatment != 'expense' OR expense_account_id IS NOT NULL)", "Choose the expense account."
    )
    _labour_has_account = models.Constraint(
        "CHECK (labour_cost = 0 OR labour_account_id IS NOT NULL)",
        "Choose the account that internal labour is absorbed from.",
    )
    _labour_positive = models.Constraint("CHECK (labour_cost >= 0)", "Labour cost cannot be negative.")
    _dates_in_order = models.Constraint(
        "CHECK (date_from IS NULL OR date_to IS NULL OR date_from <= date_to)",
        "The last day of a policy cannot be before its first day.",
    )
    _no_customer_stock = models.Constraint(
        "CHECK (treatment != 'stock_cost' OR condition IS NULL OR condition != 'customer')",
        "A customer's car is not our stock: its internal work is expense.",
    )

    @api.depends("repair_kind", "condition", "treatment")
    def _compute_display_name(self):
        for policy in self:
            names = [
                policy._get_label("repair_kind") or self.env._("Any work"),
                policy._get_label("condition") or self.env._("any car"),
            ]
            policy.display_name = f"{', '.join(names)} → {policy._get_label('treatment')}"

    def _get_label(self, name):
        return dict(self._fields[name]._description_selection(self.env)).get(self[name])

    @api.model
    def _get_policies(self, jobs):
        """Return the policy of each internal job, valid on the day its car came in.

        :param dealer.job jobs: jobs of any companies; none gives {}
        :return: {``dealer.job``: ``dealer.internal.policy``}, in the order of the jobs
        :raises UserError: no row serves a job; says what to enter where
        Source: practice P42
        """
        # Narrow sudo: policies are the accountant's; settling reads them for everybody.
        rows = self.sudo().search([("company_id", "in", jobs.company_id.ids)])
        candidates = {
            company: [policy._to_candidate() for policy in policies]
            for company, policies in rows.grouped("company_id").items()
        }
        return {job: self._pick_policy(job, candidates.get(job.company_id, [])) for job in jobs}

    @api.model
    def _pick_policy(self, job, candidates):
        """Return the policy of one job: the row that names most of kind and condition, then the last to begin.

        :param dealer.job job: one job
        :param list candidates: policies of its company as dicts, see :meth:`_to_candidate`
        :return: ``dealer.internal.policy``, as superuser
        :raises UserError: no row serves; says what to enter where
        """
        condition = self._get_car_condition(job.vehicle_id)
        day = job.order_id._day_of_reception()
        picked = labour.pick_rate(candidates, day, repair_kind=job.repair_kind, condition=condition)
        if not picked:
            raise UserError(
                self.env._(
                    "No policy says where the cost of “%(job)s” goes (%(kind)s, %(cars)s). The accountant enters it "
                    "under Workshop / Configuration / Internal Work.",
                    job=job.display_name,
                    kind=dict(job._fields["repair_kind"]._description_selection(self.env))[job.repair_kind],
                    cars=dict(self._fields["condition"]._description_selection(self.env))[condition],
                )
            )
        # Narrow sudo: see _get_policies().
        return self.sudo().browse(picked["id"])

    @api.model
    def _get_car_condition(self, vehicle):
        """Return which cars a car belongs to, as policies see it.

        :param dealer.vehicle vehicle: one car
        :return: ``new``, ``used``, ``demo``, or ``customer`` when it is neither in our stock nor on its way there
        """
        ours = vehicle.claim and vehicle.place in ("ordered", "in_transit", "at_site")
        return (vehicle.condition or "new") if ours else "customer"

    def _to_candidate(self):
        self.ensure_one()
        return {
            "id": self.id,
            "repair_kind": self.repair_kind,
            "condition": self.condition,
            "date_from": self.date_from,
            "date_to": self.date_to,
        }
