from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import insurance

ORIGINS = [
    ("new", "With the new car"),
    ("from_new", "Renewal of a new car"),
    ("own_renewal", "Renewal of a renewal"),
    ("gap", "Back after a gap"),
    ("won", "Won from outside"),
]
# What the insurer pays us: not for everybody who reads policies
COMMISSION_READERS = (
    "dealer_sales.group_fni,dealer_sales.group_sales_manager,dealer_vehicle.group_auditor,"
    "dealer_vehicle.group_general_manager,account.group_account_invoice,account.group_account_readonly"
)


class DealerInsurancePolicy(models.Model):
    """The sales side of a policy: where it comes from and what the insurer owes us for it."""

    _name = "dealer.insurance.policy"
    _inherit = ["dealer.insurance.policy", "dealer.system.link.mixin"]

    is_ours = fields.Boolean("Sold by Us", tracking=True, help="We sold this policy; the insurer owes us a commission.")
    quote_id = fields.Many2one(
        "dealer.insurance.quote",
        "Insurance quote",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
    )
    contract_id = fields.Many2one(
        "dealer.contract", readonly=True, copy=False, index="btree_not_null", check_company=True
    )
    user_id = fields.Many2one(
        "res.users",
        "Sold by",
        index="btree_not_null",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    phone = fields.Char(related="partner_id.phone")
    origin = fields.Selection(
        ORIGINS,
        compute="_compute_origin",
        compute_sudo=True,
        store=True,
        help="From where this business comes; empty for policies others sold.",
    )
    renewal_id = fields.Many2one("dealer.insurance.renewal", readonly=True, copy=False, index="btree_not_null")

    commission_expected = fields.Monetary(
        "Expected Commission",
        compute="_compute_commission_expected",
        compute_sudo=True,
        store=True,
        groups=COMMISSION_READERS,
        help="Premium by the insurer's rate on the first day of cover, without tax. It stays as it is once invoiced.",
    )
    commission_line_id = fields.Many2one(
        "account.move.line",
        "Commission Invoice Line",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups=COMMISSION_READERS,
    )
    commission_move_id = fields.Many2one(related="commission_line_id.move_id", groups=COMMISSION_READERS)
    commission_invoiced = fields.Monetary(
        compute="_compute_commission_money", compute_sudo=True, store=True, groups=COMMISSION_READERS
    )
    commission_received = fields.Monetary(
        compute="_compute_commission_money",
        compute_sudo=True,
        store=True,
        groups=COMMISSION_READERS,
        help="The part of the invoiced commission that the insurer has paid.",
    )
    commission_open = fields.Monetary(
        "Commission to Come",
        compute="_compute_commission_money",
        compute_sudo=True,
        store=True,
        groups=COMMISSION_READERS,
        help="Expected, or invoiced, and not received yet. Below zero: the insurer gets it back.",
    )
    commission_state = fields.Selection(
        [
            ("none", "None"),
            ("expected", "To invoice"),
            ("invoiced", "Invoiced"),
            ("received", "Received"),
            ("to_return", "To give back"),
            ("returned", "Given back"),
        ],
        compute="_compute_commission_money",
        compute_sudo=True,
        store=True,
        groups=COMMISSION_READERS,
    )

    _commission_line_uniq = models.UniqueIndex(
        "(commission_line_id) WHERE commission_line_id IS NOT NULL", "A line of an invoice settles one policy."
    )
    _ending_idx = models.Index("(company_id, date_to) WHERE date_cancelled IS NULL AND renewal_id IS NULL")
    _commission_idx = models.Index("(insurer_id, date_from) WHERE commission_state = 'expected'")
    _quote_kind_uniq = models.UniqueIndex(
        "(quote_id, kind_id) WHERE quote_id IS NOT NULL", "This policy of the quote is issued already."
    )

    # === Computes ===
    @api.depends("is_ours", "vehicle_id", "kind_id.is_compulsory", "date_from", "contract_id")
    def _compute_origin(self):
        ours = self.filtered("is_ours")
        (self - ours).origin = False
        history = ours._read_history()
        for policy in ours.sorted("date_from"):
            earlier = history.get((policy.vehicle_id.id, policy.kind_id.is_compulsory), [])
            rows = [
                (other.date_from, other.date_to, other.is_ours, other.origin)
                for other in earlier
                if other != policy and other.date_from < policy.date_from
            ]
            policy.origin = policy._get_origin(rows, policy.date_from, bool(policy.contract_id))

    @api.model
    def _get_origin(self, rows, date_from, is_new_car=False):
        gap = self.company_id[:1].dealer_renewal_gap_days or self.env.company.dealer_renewal_gap_days
        return insurance.get_origin(rows, date_from, gap, is_new_car=is_new_car)

    def _read_history(self):
        """Return the policies of these policies' cars with one query.

        :return: {(car id, compulsory): ``dealer.insurance.policy``}
        """
        cars = self.vehicle_id
        policies = self.search([("vehicle_id", "in", cars.ids), ("date_cancelled", "=", False)]) if cars else self
        return (policies | self).grouped(lambda policy: (policy.vehicle_id.id, policy.kind_id.is_compulsory))

    @api.depends("is_ours", "premium", "insurer_id", "kind_id", "origin", "date_from", "date_to", "date_cancelled")
    def _compute_commission_expected(self):
        rates = self.env["dealer.insurance.commission.rate"]._read_rates(self.company_id, self.insurer_id)
        for policy in self:
            if policy._is_commission_live():
                continue  # what the insurer was charged for stays
            rate = rates._find_rate(policy) if policy.is_ours else rates.browse()
            amount = float(insurance.get_commission(policy.premium, rate.percent))
            amount *= 1 - policy._get_taken_back_share(rate)
            policy.commission_expected = policy.currency_id.round(amount) if policy.currency_id else amount

    @api.depends(
        "commission_expected", "commission_line_id", "clawback_line_id", "date_from", "date_to", "date_cancelled"
    )
    def _compute_commission_money(self):
        # The invoice tells when it changes: see account_move_fni.py
        shares = self.commission_line_id.move_id._get_commission_shares()
        for policy in self:
            line = policy.commission_line_id
            share = shares.get(line.move_id, {"standing": 1.0, "paid": 0.0})
            is_live = policy._is_commission_live()
            invoiced = policy.currency_id.round(line.price_subtotal * share["standing"]) if is_live else 0.0
            taken_back = policy._get_clawback(invoiced)
            due = invoiced - taken_back if policy._is_clawback_live() else invoiced
            received = policy.currency_id.round(max(due, 0.0) * share["paid"])
            policy.commission_invoiced = invoiced
            policy.commission_clawback = taken_back
            policy.commission_received = received
            policy.commission_open = (invoiced or policy.commission_expected) - taken_back - received
            policy.commission_state = policy._get_commission_state(invoiced, received)

    def _is_commission_live(self):
        """Return whether the commission stands on an invoice that counts.

        What our own credit note gives back was invoiced all the same, though core calls the invoice reversed.
        """
        move = self.commission_line_id.move_id
        is_reversed = move.payment_state == "reversed" and not self._is_clawback_live()
        return bool(move) and move.state != "cancel" and not is_reversed

    def _get_commission_state(self, invoiced, received):
        if self._is_clawback_live():
            return "returned"
        if not self.currency_id.is_zero(self.commission_clawback):
            return "to_return"
        if invoiced:
            is_received = not self.currency_id.compare_amounts(received, invoiced)
            return "received" if is_received else "invoiced"
        return "expected" if self.commission_expected else "none"

    @api.model
    def _search_charged(self, lines):
        """Return the policies whose commission stands on the documents of these lines, or is given back there.

        With them come those that share an invoice: what the insurer pays is spread over all of them.

        :param lines: ``account.move.line``
        """
        charged = ["|", ("commission_line_id", "in", lines.ids), ("clawback_line_id", "in", lines.ids)]
        policies = self.search(charged) if lines else self.browse()
        others = policies.commission_line_id.move_id.line_ids - lines
        return policies | self.search([("commission_line_id", "in", others.ids)]) if others else policies

    def _commission_changed(self):
        """Derive anew what is expected, invoiced, received and taken back for these policies."""
        for field in self._fields.values():
            if field.compute in ("_compute_commission_expected", "_compute_commission_money"):
                self.env.add_to_compute(field, self)

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        policies = super().create(vals_list)
        policies._follow_up()
        return policies

    def write(self, vals):
        res = super().write(vals)
        if vals.keys() & {"is_ours", "date_to", "date_cancelled", "vehicle_id"}:
            self._follow_up()
        return res

    def _follow_up(self):
        """Close the renewals these policies answer and count their commission in the deal."""
        self.env["dealer.insurance.renewal"].sudo()._close_by_policies(self.sudo())
        self.sudo().contract_id._fni_changed()

    @api.model
    def _get_system_links(self):
        refusal = self.env._(
            "Quote, contract, renewal and commission of a policy follow from its quote, its renewal and the insurer's "
            "rates, never typed."
        )
        names = (
            "quote_id",
            "contract_id",
            "renewal_id",
            "origin",
            "commission_expected",
            "commission_line_id",
            "commission_invoiced",
            "commission_received",
            "commission_open",
            "commission_state",
            "commission_clawback",
            "commission_kept",
            "clawback_line_id",
        )
        return {**super()._get_system_links(), **dict.fromkeys(names, refusal)}

    # === Commission ===
    def action_invoice_commission(self):
        """Charge the insurers: one draft invoice for each of them, with a line for each policy.

        :return: action on the invoices
        :raises AccessError: the user may not make invoices
        :raises UserError: nothing to charge
        """
        self.env["account.move"].check_access("create")
        due = self.filtered(lambda policy: policy.commission_state == "expected")
        if not due:
            raise UserError(
                self.env._("Nothing to charge: the chosen policies have no expected commission, or it is invoiced.")
            )
        # A policy belongs to whoever sells it; that it is charged is written by this act alone
        moves = self.env["account.move"]
        for (company, insurer), policies in due.sudo().grouped(lambda p: (p.company_id, p.insurer_id)).items():
            moves |= policies.with_company(company)._create_commission_invoice(company, insurer)
        return moves.sudo(False)._get_records_action(name=self.env._("Commission invoices"), context={"create": False})

    def _create_commission_invoice(self, company, insurer):
        policies = self.sorted("id")
        rows = [{**policy._prepare_commission_line(), "sequence": number} for number, policy in enumerate(policies)]
        move = self._create_commission_move(company, insurer, "out_invoice", rows)
        for policy, line in zip(policies, move.invoice_line_ids.sorted("sequence"), strict=True):
            # What the early end took off already is not taken back a second time
            policy.write({"commission_line_id": line.id, "commission_kept": policy._get_kept_share()})
        return move

    @api.model
    def _create_commission_move(self, company, insurer, move_type, rows):
        """Draft the document that charges an insurer, or gives him back.

        :param str move_type: of the invoice or credit note
        :param list rows: values of its lines
        """
        moves = self.env["account.move"]._with_clean_context()
        return moves.create(
            {
                "is_dealer_fni": True,
                "move_type": move_type,
                "company_id": company.id,
                "partner_id": insurer.id,
                "currency_id": company.currency_id.id,
                "invoice_line_ids": [fields.Command.create(row) for row in rows],
            }
        )

    def _prepare_commission_line(self):
        """Return the values of the invoice line that charges the commission of one policy."""
        self.ensure_one()
        product = self.env.ref("dealer_sales.product_insurance_commission")
        return {
            "product_id": product.id,
            "name": " · ".join(filter(None, (self.display_name, self.partner_id.name, self.vehicle_id.vin))),
            "quantity": 1.0,
            "price_unit": self.commission_expected,
        }

    def action_view_commission_invoice(self):
        """Open the invoice that charges the commission."""
        return self.commission_move_id._get_records_action()
