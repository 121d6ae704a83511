from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import price_cut, version_diff
from .dealer_discount_limit import LEVELS

COST_GROUP = "dealer_vehicle.group_vehicle_cost"
DEAL_FIELDS = {
    "front_gross",
    "back_gross",
    "asking_price",
    "amount_car_untaxed",
    "extras_cut",
    "gift_cost",
    "over_allowance",
    "margin_effect",
    "credit_amount",
    "funded_amount",
    "days_waited",
    "reason_id",
    "reason_note",
    "picture",
}


class DealerContractVersion(models.Model):
    """What whoever approves must know: what is given away, why, what it does to the gross, what changed."""

    _inherit = "dealer.contract.version"

    # Frozen when it was submitted
    front_gross = fields.Monetary(
        readonly=True, groups=COST_GROUP, help="As it was when this version was submitted: car, accessories and gifts."
    )
    back_gross = fields.Monetary(readonly=True, groups=COST_GROUP, help="As it was when this version was submitted.")
    asking_price = fields.Monetary(readonly=True, help="Price of the car's own tag, 0 where it had none.")
    amount_car_untaxed = fields.Monetary(string="Car without tax", readonly=True)
    extras_cut = fields.Monetary(
        string="Cut of accessories and services", readonly=True, help="Below their list prices; gifts count at cost."
    )
    gift_cost = fields.Monetary(string="Gifts at cost", readonly=True, groups=COST_GROUP)
    margin_effect = fields.Monetary(
        readonly=True,
        groups=COST_GROUP,
        help="What the cut, the gifts and the over-allowance take from the gross, without tax.",
    )
    over_allowance = fields.Monetary(readonly=True, groups=COST_GROUP, help="Given for the trade-in above its value.")
    credit_amount = fields.Monetary(string="On credit", readonly=True)
    funded_amount = fields.Monetary(string="Paid by incentives", readonly=True)
    days_waited = fields.Integer(string="Car's age", readonly=True, help="Days in stock when it was submitted.")
    reason_id = fields.Many2one("dealer.discount.reason", string="Reason", readonly=True, index="btree_not_null")
    reason_note = fields.Char(string="Said about it", readonly=True)
    picture = fields.Json(readonly=True)

    # What follows from it
    cut_amount = fields.Monetary(
        string="Price cut", compute="_compute_cut", store=True, help="Below the price the house asks for the car."
    )
    cut_percent = fields.Float(string="Price cut %", compute="_compute_cut", store=True, aggregator="avg")
    given_away = fields.Monetary(
        compute="_compute_given_away",
        store=True,
        groups=COST_GROUP,
        help="Price cuts of car, accessories and services, gifts at cost and over-allowance together.",
    )
    limit_level = fields.Selection(LEVELS, string="Limit", compute="_compute_given_away", store=True)
    gross_before = fields.Monetary(
        compute="_compute_gross_before",
        store=True,
        groups=COST_GROUP,
        help="Front gross at the price the house asks, without gifts.",
    )
    approved_by_id = fields.Many2one("res.users", string="Approved by", readonly=True, index="btree_not_null")
    changes = fields.Html(compute="_compute_changes", help="What is different from the version before.")

    _cut_idx = models.Index("(create_date) WHERE cut_amount > 0")

    @api.depends("guide_price", "asking_price", "tag_price")
    def _compute_cut(self):
        for version in self:
            cut = price_cut.get_cut(version.guide_price, version.asking_price, version.tag_price)
            base = version.asking_price or version.guide_price
            version.cut_amount = cut
            version.cut_percent = cut / base if base else 0.0

    @api.depends("cut_amount", "extras_cut", "gift_cost", "over_allowance")
    def _compute_given_away(self):
        today = fields.Date.context_today(self)
        for version in self:
            given = version.cut_amount + version.extras_cut + version.gift_cost + version.over_allowance
            version.given_away = given
            version.limit_level = self.env["dealer.discount.limit"]._get_level(
                version.company_id,
                version.product_id,
                today,
                given,
                version.asking_price or version.guide_price,
            )

    @api.depends("front_gross", "margin_effect")
    def _compute_gross_before(self):
        for version in self:
            version.gross_before = version.front_gross - version.margin_effect

    @api.depends("picture", "contract_id.version_ids.picture")
    @api.depends_context("lang")
    def _compute_changes(self):
        for version in self:
            before = version.contract_id.version_ids.filtered(lambda v, n=version.number: v.number < n)
            version.changes = version._render_changes(before.sorted("number")[-1:])

    def _render_changes(self, before):
        """Return the differences to the version before as a table, False where there is none."""
        if not before.picture or not self.picture:
            return False
        labels = self.env["dealer.contract"]._get_fact_labels()
        rows = version_diff.compare(before.picture, self.picture) or [(self.env._("Nothing"), "", "")]
        cells = [
            Markup("<tr><td>%s</td><td class='text-muted'>%s</td><td>%s</td></tr>")
            % (labels.get(label, label), old, new)
            for label, old, new in rows
        ]
        head = Markup("<tr><th>%s</th><th>v%s</th><th>v%s</th></tr>") % (
            self.env._("Changed"),
            before.number,
            self.number,
        )
        return Markup("<table class='table table-sm'>%s%s</table>") % (head, Markup("").join(cells))

    # === CRUD ===
    def write(self, vals):
        if vals.keys() & DEAL_FIELDS:
            self._check_system()
            raise UserError(
                self.env._(
                    "Version %(version)s is what was agreed and never changes: submit the "
                    "contract again to make another.",
                    version=self[:1].display_name,
                )
            )
        return super().write(vals)

    # === Approval ===
    def _get_next_review(self):
        """Return the review that is asked for now, the first of those that are open."""
        return self._get_open_reviews().sorted("sequence")[:1]

    def _ask_approval(self):
        """Refuse rules whose approver is nobody: the deal would wait for ever."""
        res = super()._ask_approval()
        lonely = self._get_open_reviews().filtered(lambda review: not review._get_reviewers())
        if lonely:
            raise UserError(
                self.env._(
                    "Nobody may approve: the rule “%(rule)s” asks %(who)s, and nobody else has that role. "
                    "An administrator gives somebody the role or changes the rule.",
                    rule=lonely[0].name,
                    who=lonely[0].reviewer_group_id.sudo().name or lonely[0].todo_by,
                )
            )
        return res

    def _check_can_review(self, is_change_allowed=False):
        """Refuse who would be asked only after somebody else."""
        super()._check_can_review(is_change_allowed=is_change_allowed)
        version = self.sudo()  # after the check of the person
        if not version._get_sequences_to_approve(self.env.user):
            raise UserError(
                self.env._(
                    "%(version)s waits for %(who)s first.",
                    version=self.display_name,
                    who=version._get_next_review().todo_by,
                )
            )

    def _set_approved(self):
        res = super()._set_approved()
        for version in self:
            last = version.review_ids.sorted("sequence")[-1:]
            version.approved_by_id = last.done_by
        return res
