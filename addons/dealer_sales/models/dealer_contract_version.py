import base64

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.fingerprint import text_hash
from .dealer_contract import AGREED_PATHS

# What was agreed. Not even the system changes it: it makes another version
FROZEN_FIELDS = {
    "contract_id",
    "number",
    "requested_by_id",
    "body",
    "body_hash",
    "order_fingerprint",
    "vehicle_id",
    "payer_id",
    "amount_car",
    "amount_total",
    "tag_price",
    "guide_price",
}


class DealerContractVersion(models.Model):
    """What was agreed, once and for all: approval and signature attach here.

    Users have no right to create or change a version; the contract's actions do it in
    superuser mode after their own checks. A context key opens nothing.
    """

    _name = "dealer.contract.version"
    _description = "Contract Version"
    _inherit = ["tier.validation", "dealer.signature.mixin", "dealer.caller.mixin"]
    _order = "contract_id desc, number desc"
    _check_company_auto = True

    _tier_validation_manual_config = True
    _state_from = ["under_review"]
    _state_to = ["approved"]
    # A version has no way back: its reviews stay on file in every state
    _cancel_state = "-"

    contract_id = fields.Many2one(
        "dealer.contract",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    partner_id = fields.Many2one(related="contract_id.partner_id", string="Buyer")
    user_id = fields.Many2one(related="contract_id.user_id", string="Sales advisor")
    number = fields.Integer(required=True, readonly=True)
    requested_by_id = fields.Many2one(
        "res.users",
        string="Submitted by",
        required=True,
        readonly=True,
        help="Never approves this version.",
    )
    state = fields.Selection(
        [
            ("under_review", "Under review"),
            ("sent_back", "Sent back"),
            ("approved", "Approved"),
            ("signed", "Signed"),
            ("superseded", "Superseded"),
        ],
        default="under_review",
        required=True,
        readonly=True,
        index=True,
    )
    body = fields.Html(string="Text", sanitize=False, readonly=True)
    body_hash = fields.Char(string="Text SHA-256", readonly=True, help="Proves that the text is as it was frozen.")
    order_fingerprint = fields.Char(
        required=True,
        readonly=True,
        help="SHA-256 of the people, currency, lines and terms of the deal when it was submitted.",
    )
    send_back_reason = fields.Char(readonly=True)
    date_approved = fields.Datetime(readonly=True)

    # The deal at a glance, for whoever approves it
    vehicle_id = fields.Many2one("dealer.vehicle", string="Car", readonly=True)
    product_id = fields.Many2one(related="contract_id.product_id", string="Trim")
    payer_id = fields.Many2one("res.partner", readonly=True)
    amount_car = fields.Monetary(string="Car-only price", readonly=True)
    amount_total = fields.Monetary(string="On-the-road price", readonly=True)
    guide_price = fields.Monetary(readonly=True, help="With tax where the company's price tags include it.")
    tag_price = fields.Monetary(readonly=True, help="Price of the cars, with tax or without as the guide price is.")
    discount_amount = fields.Monetary(string="Discount", compute="_compute_discount")
    discount_percent = fields.Float(string="Discount %", compute="_compute_discount")
    days_in_stock = fields.Integer(related="vehicle_id.days_in_stock")
    is_changed = fields.Boolean(string="Changed since submission", compute="_compute_is_changed", compute_sudo=True)
    rule_names = fields.Char(string="Rules", compute="_compute_rule_names", help="The approval rules that ask.")

    _number_uniq = models.UniqueIndex("(contract_id, number)", "This contract has a version of this number already.")
    _signed_uniq = models.UniqueIndex(
        "(contract_id) WHERE state = 'signed'", "A contract has one signed version at a time."
    )

    @api.depends("contract_id.name", "number")
    def _compute_display_name(self):
        for version in self:
            version.display_name = f"{version.contract_id.name} v{version.number}"

    @api.depends("guide_price", "tag_price")
    def _compute_discount(self):
        for version in self:
            discount = version.guide_price - version.tag_price if version.guide_price else 0.0
            version.discount_amount = discount
            version.discount_percent = discount / version.guide_price if discount else 0.0

    @api.depends("order_fingerprint", *(f"contract_id.{path}" for path in AGREED_PATHS))
    def _compute_is_changed(self):
        for version in self:
            version.is_changed = not version._matches_order()

    @api.depends("review_ids")
    def _compute_rule_names(self):
        for version in self:
            version.rule_names = ", ".join(version.review_ids.mapped("name"))

    def _compute_has_comment(self):
        # The word that sends a version back is asked by our own window
        self.has_comment = False

    # === CRUD ===
    @api.model_create_multi
    def create(self, vals_list):
        self._check_system()
        for vals in vals_list:
            vals["body_hash"] = text_hash(vals.get("body"))
        return super().create(vals_list)

    def write(self, vals):
        self._check_system()
        if vals.keys() & FROZEN_FIELDS:
            raise UserError(
                self.env._(
                    "Version %(version)s is what was agreed and never changes: submit the "
                    "contract again to make another.",
                    version=self[:1].display_name,
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Version %(version)s stays on file.", version=self[:1].display_name))

    def _check_system(self):
        """Refuse typed versions: they are made by the contract's actions alone."""
        if not self.env.su:
            raise AccessError(
                self.env._("Versions of a contract are made by submitting, approving and signing it, never typed.")
            )

    def _matches_order(self):
        """Tell whether the order still says what this version froze.

        A car named after the version was made is no change; another one is (P22). Nor is another
        payer once it is signed: the sales manager changes him (P18).

        :return: bool
        """
        self.ensure_one()
        named, contract = self.vehicle_id, self.contract_id
        is_same_car = not named or named == contract.vehicle_id
        is_same_payer = self.state == "signed" or self.payer_id == contract.payer_id
        return is_same_car and is_same_payer and self._matches_price()

    def _matches_price(self):
        """Tell whether buyer, currency, lines and terms are still those of this version."""
        self.ensure_one()
        order = self.contract_id.sale_order_id
        return order._get_dealer_fingerprint() == self.order_fingerprint

    def _has_signature_image(self):
        """Tell whether the signature is a picture to print (a scan may be a PDF)."""
        self.ensure_one()
        head = base64.b64decode(self.signature or b"")[:4]
        return head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"))

    # === Approval ===
    def _ask_approval(self):
        """Ask the rules of the company who must approve; none fitting means within limits.

        :raises UserError: the company has no rule at all (nobody meant to approve nothing)
        """
        self.ensure_one()
        definitions = self.env["tier.definition"].search_count(
            [("model", "=", self._name), ("company_id", "in", (False, self.company_id.id))],
            limit=1,
        )
        if not definitions:
            raise UserError(
                self.env._(
                    "%(company)s has no approval rule for contracts: an administrator adds one "
                    "in Deals / Configuration / Approval Rules.",
                    company=self.company_id.name,
                )
            )
        if not self.request_validation():
            self._set_approved()

    def validate_tier(self):
        """Approve: as OCA's, but only by a rightful second person, and recorded by the system.

        :raises AccessError: not a reviewer, or submitter or advisor of this very contract
        :raises UserError: not under review, or the order changed since
        """
        self.ensure_one()
        self._check_can_review()
        # tier.review of our documents is closed to users: after the check above
        version = self.sudo()
        res = super(DealerContractVersion, version).validate_tier()
        if version.validation_status == "validated":
            version._set_approved()
        version.contract_id._gates_changed()
        return res

    def _validate_tier(self, tiers=False):
        """As OCA's, by the act above alone: its comment window calls this too, for whoever opens it.

        :raises AccessError: called for a user
        """
        self._check_system()
        return super()._validate_tier(tiers)

    def _rejected_tier(self, tiers=False):
        """As OCA's, by ``action_send_back`` alone; see ``_validate_tier``.

        :raises AccessError: called for a user
        """
        self._check_system()
        return super()._rejected_tier(tiers)

    def reject_tier(self):
        """Send back; asks for the word first."""
        return self.action_send_back()

    def restart_validation(self):
        """Refused: a contract is submitted again, its reviews stay on file."""
        raise UserError(self.env._("Submit the contract again instead: what was reviewed stays on file."))

    def request_validation(self):
        """Ask for reviews; by submitting the contract only.

        :raises AccessError: called by a user
        """
        self._check_system()
        return super().request_validation()

    def action_approve(self):
        """Approve these versions as the second person.

        :return: True
        :raises AccessError: not a reviewer, or submitter or advisor of this very contract
        :raises UserError: not under review, or the order changed since
        """
        for version in self:
            version.validate_tier()
        return True

    def action_send_back(self, reason=None):
        """Send the version back to its advisor with a word.

        :param str reason: what to mend; None opens the window that asks
        :return: True, or the action of the window
        :raises AccessError: not a reviewer, or submitter or advisor of this very contract
        """
        if not reason:
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Send back"),
                "res_model": "dealer.contract.version.send.back",
                "views": [(False, "form")],
                "target": "new",
                "context": {"default_version_ids": self.ids},
            }
        self._check_text("reason", reason)
        for version in self:
            version._check_can_review(is_change_allowed=True)
            # tier.review of our documents is closed to users: after the check above
            version.sudo()._action_send_back(reason)
        return True

    def _action_send_back(self, reason):
        reviews = self._get_open_reviews()
        self._rejected_tier(reviews)
        reviews.write({"comment": reason})
        self.write({"state": "sent_back", "send_back_reason": reason})
        self.contract_id.message_post(
            body=self.env._(
                "Version %(number)s sent back by %(user)s: %(reason)s",
                number=self.number,
                user=self.env.user.name,
                reason=reason,
            ),
            partner_ids=self.contract_id.user_id.partner_id.ids,
        )
        self.contract_id._gates_changed()

    def _get_open_reviews(self):
        return self.review_ids.filtered(lambda review: review.status in ("waiting", "pending"))

    def _check_can_review(self, is_change_allowed=False):
        """Refuse anybody but a rightful second person, judged afresh from the rules.

        :param bool is_change_allowed: also when the order changed since (to send it back)
        :raises AccessError: not a reviewer, or submitter or advisor of this very contract
        :raises UserError: not under review, or the order changed since
        """
        self.ensure_one()
        self.check_access("read")
        version, user = self.sudo(), self.env.user
        if version.state != "under_review":
            raise UserError(self.env._("%(version)s is not under review.", version=self.display_name))
        reviews = version._get_open_reviews()
        # Whoever ever sold it: handing the deal to a colleague makes nobody the second person
        if user in version.contract_id._get_sales_people() | version.requested_by_id | reviews.requested_by:
            raise AccessError(
                self.env._(
                    "%(version)s is your own deal: a second person approves it.",
                    version=self.display_name,
                )
            )
        if not any(user in review._get_reviewers() for review in reviews):
            raise AccessError(
                self.env._(
                    "%(version)s is approved by %(reviewers)s, not by you.",
                    version=self.display_name,
                    reviewers=", ".join(filter(None, reviews.mapped("todo_by"))),
                )
            )
        if not is_change_allowed and not version._matches_order():
            raise UserError(
                self.env._(
                    "%(version)s is no longer what the order says: send it back.",
                    version=self.display_name,
                )
            )

    def _set_approved(self):
        # OCA's flag is not told of reviews made since it was asked
        self.invalidate_recordset(["need_validation"])
        self.write({"state": "approved", "date_approved": fields.Datetime.now()})
        for version in self:
            version.contract_id.message_post(
                body=self.env._(
                    "Version %(number)s approved by %(user)s.",
                    number=version.number,
                    user=self.env.user.name,
                ),
                partner_ids=version.contract_id.user_id.partner_id.ids,
            )
            version.contract_id._tell_event("approved", key=str(version.number))

    def _set_superseded(self):
        """Close these versions: another one, or none, takes their place."""
        self.write({"state": "superseded"})
        self._get_open_reviews().write({"status": "cancel"})

    def _tier_validation_check_state_on_write(self, vals):
        # OCA asks for reviews while writing; ours are asked for by submitting. What is left of
        # its rule: no version is approved while one of its reviews is not
        if vals.get("state") != "approved":
            return
        for version in self:
            if any(review.status != "approved" for review in version.review_ids):
                raise UserError(
                    self.env._(
                        "%(version)s has reviews that are not approved.",
                        version=version.display_name,
                    )
                )

    def _tier_validation_check_write_allowed(self, vals):
        # Users write no version at all (see write), so there is no field to allow them, and no
        # skip_validation_check to open it
        return

    def _allow_to_remove_reviews(self, values):
        # OCA forgets the reviews when a document goes back: ours are evidence
        return False
