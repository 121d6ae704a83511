from odoo import fields, models


class DealerContract(models.Model):
    """Who else pays a part of the price, what the deal earns: hooks of the topics of a deal."""

    _inherit = "dealer.contract"

    amount_open_customer = fields.Monetary(
        "The customer himself",
        compute="_compute_amount_open_customer",
        compute_sudo=True,
        help="Of what is still to pay, the part that neither a lender nor an incentive nor a trade-in settles.",
    )

    def _compute_amount_open_customer(self):
        # Not stored, without dependencies: read on the form and the customer's page, from what each share says now
        for contract in self:
            contract.amount_open_customer = contract._get_customer_open()

    def _get_shares_of_others(self):
        """Return what others pay, or goods settle, instead of the customer's own money. Hook: call super, add yours.

        :return: list of dicts: ``code`` (``loan``, ``incentive``, ``trade_in``), ``label`` (translated), ``partner``
            (``res.partner`` who owes it, may be empty), ``expected`` (float, what was agreed) and ``received`` (float,
            the part of it that is in ``amount_received`` already); both in contract currency, never negative
        Source: P19, P20, P21.
        """
        self.ensure_one()
        return []

    def _get_customer_open(self):
        """Return what the customer himself still has to pay.

        :return: float, contract currency, tax included, never negative
        """
        self.ensure_one()
        outstanding = sum(max(share["expected"] - share["received"], 0.0) for share in self._get_shares_of_others())
        return max(self._round_money(self.amount_open - outstanding), 0.0)

    def _get_gross_parts(self):
        """Return what the deal earns or gives away, part by part. Hook: call super, add yours.

        :return: list of dicts: ``code`` (str), ``label`` (translated), ``side`` (``front`` or ``back``) and ``amount``
            (float, contract currency without tax; positive earns, negative gives away)
        """
        self.ensure_one()
        return []

    def _get_over_allowance(self):
        """Return how much more than its value is given for the trade-ins. Hook: add-ons with trade-ins say it.

        :return: float, contract currency, never negative
        """
        return 0.0

    def _is_reported(self):
        """Return whether the maker knows of this sale, as far as he wants to know (P28). Hook."""
        self.ensure_one()
        return True
