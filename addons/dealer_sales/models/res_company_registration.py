from odoo import api, fields, models
from odoo.exceptions import UserError


class ResCompany(models.Model):
    """From where the house pays plates and taxes for its customers, and what of their money is left."""

    _inherit = "res.company"

    dealer_fee_journal_id = fields.Many2one(
        "account.journal",
        string="Registration fees paid from",
        check_company=True,
        domain="[('type', 'in', ('cash', 'bank'))]",
        help="Cash box or bank the registration clerk pays plates and taxes from. Empty: the first cash box.",
    )

    def _get_fee_journal(self):
        """Return the journal registration fees are paid from.

        :return: ``account.journal``, cash or bank
        :raises UserError: there is none
        """
        self.ensure_one()
        journals = self.env["account.journal"]
        domain = [*journals._check_company_domain(self), ("type", "=", "cash")]
        journal = self.dealer_fee_journal_id or journals.search(domain, limit=1)
        if not journal:
            raise UserError(
                self.env._(
                    "%(company)s has no cash box: name the journal registration fees are paid from in the settings.",
                    company=self.name,
                )
            )
        return journal

    def _get_fee_credit_account(self, journal):
        """Return the account that pays a fee: the cash itself, or what waits for the bank statement.

        :param journal: ``account.journal``
        :raises UserError: a bank without an account for outstanding payments: the statement would book it again
        """
        waiting = journal.outbound_payment_method_line_ids.payment_account_id[:1]
        if journal.type == "bank" and not waiting:
            raise UserError(
                self.env._(
                    "%(journal)s has no account for outstanding payments: give its outgoing payments one, or pay "
                    "registration fees from a cash box.",
                    journal=journal.display_name,
                )
            )
        return waiting or journal.default_account_id

    @api.model
    def action_view_pass_through(self):
        """Open the money of customers that waits to be passed on, by customer: each goes to zero.

        :return: act_window on ``account.move.line``
        Source: P50
        """
        account = self.env.company._get_pass_through_account()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pass-through money"),
            "res_model": "account.move.line",
            "views": [(False, "list")],
            "domain": [("account_id", "=", account.id), ("parent_state", "=", "posted")],
            "context": {"search_default_group_by_partner": 1, "create": False},
        }


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dealer_fee_journal_id = fields.Many2one(related="company_id.dealer_fee_journal_id", readonly=False)
