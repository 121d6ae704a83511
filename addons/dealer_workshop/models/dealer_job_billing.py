from odoo import Command, models

from ..tools import labour


class DealerJob(models.Model):
    """What a job costs whom: lines for payers, cost of what we pay ourselves."""

    _inherit = "dealer.job"

    # --- payers -------------------------------------------------------------------------

    def _get_payers(self):
        """Return the payers who get a bill for this job: everybody but ourselves.

        :return: ``dealer.job.split``
        """
        self.ensure_one()
        return self.split_ids.filtered(lambda split: split.pay_type != "internal")

    def _prepare_payer_lines(self):
        """Return the order lines of this job by payer.

        :return: {(pay type, ``res.partner``): list of dicts for ``sale.order.line``}; empty for internal jobs
        Source: practice P37
        """
        self.ensure_one()
        lines = {}
        for item in [*self.line_ids, *self._get_used_parts()]:
            for split, values in self._prepare_item_lines(item):
                lines.setdefault((split.pay_type, split.partner_id), []).append(values)
        return lines

    def _get_used_parts(self):
        """Return the parts this job used up.

        :return: ``stock.move``, done
        """
        return self.move_ids.filtered(lambda move: move._is_workshop_part() and move.state == "done")

    def _prepare_item_lines(self, item):
        """Return one operation or part cut among the payers of this job.

        :param item: ``dealer.job.line`` or part line (``stock.move``)
        :return: list of (split, dict for ``sale.order.line``), ourselves left out
        """
        payers = self._get_payers()
        if len(self.split_ids) == 1:
            return [(split, self._prepare_whole_line(item)) for split in payers]
        digits = self.currency_id.decimal_places
        amounts = labour.share_amounts(self._get_item_price(item), self.split_ids.mapped("share"), digits)
        by_split = dict(zip(self.split_ids, amounts, strict=True))
        return [
            (split, self._prepare_share_line(item, split, by_split[split], split == payers[:1])) for split in payers
        ]

    def _get_item_price(self, item):
        """Return the price of an operation or part without tax, in company currency."""
        return item.price if item._name == "dealer.job.line" else item.product_id.lst_price * item.quantity

    def _prepare_whole_line(self, item):
        """Return the order line of an operation or part that one payer pays in full."""
        if item._name == "dealer.job.line":
            return {
                "product_id": item.product_id.id,
                "name": item.name,
                "product_uom_qty": item.hours,
                "qty_delivered": item.hours,
                "price_unit": item.rate,
                "discount": item.discount,
            }
        return self._prepare_part_line(item)

    def _prepare_part_line(self, move):
        # Linked to the move that used the part up: core then knows it is delivered and makes no second delivery,
        # and the invoice books that move's value as cost of goods sold, once.
        return {
            "product_id": move.product_id.id,
            "product_uom_qty": move.quantity,
            "product_uom_id": move.product_uom.id,
            "qty_delivered": move.quantity,
            "move_ids": [Command.link(move.id)],
        }

    def _prepare_share_line(self, item, split, amount, is_first):
        """Return the order line of one payer's share of an operation or part.

        The part itself is on the first payer's bill, with its cost; the others pay a share as a service.

        :param split: ``dealer.job.split``
        :param float amount: the share in money, without tax
        :param bool is_first: this payer's bill carries the part
        """
        is_part = item._name == "stock.move"
        if is_part and is_first:
            return self._prepare_part_line(item) | {"price_unit": amount / item.quantity}
        share = self.env.ref("dealer_workshop.product_product_share")
        name = item.product_id.display_name if is_part else item.name
        return {
            "product_id": (share if is_part else item.product_id).id,
            "name": self.env._("%(item)s (share of %(share)s %%)", item=name, share=f"{split.share:g}"),
            "product_uom_qty": 1.0,
            "qty_delivered": 1.0,
            "price_unit": amount,
        }

    # --- ourselves ----------------------------------------------------------------------

    def _get_internal_share(self):
        """Return the part of this job we pay ourselves, 0.0 to 1.0."""
        self.ensure_one()
        return sum(self.split_ids.filtered(lambda split: split.pay_type == "internal").mapped("share")) / 100

    def _get_internal_costs(self, policy):
        """Return what our share of this job cost, by the account that gives it up.

        A part comes out of the stock account it was valued in; one that is on a payer's bill as well already left
        it, so our share comes out of its cost of goods sold. Labour comes out of the policy's absorption account.

        :param policy: ``dealer.internal.policy``
        :return: {``account.account``: amount in company currency}, zero amounts left out
        Source: practice P42
        """
        self.ensure_one()
        share = self._get_internal_share()
        costs = {}
        for move in self._get_used_parts():
            accounts = move.product_id.product_tmpl_id.get_product_accounts()
            account = accounts["expense"] if move.sale_line_id else accounts["stock_valuation"]
            costs[account] = costs.get(account, 0.0) + move.value * share
        if policy.labour_cost and self.labour_hours:
            account = policy.labour_account_id
            costs[account] = costs.get(account, 0.0) + policy.labour_cost * self.labour_hours * share
        rounded = {account: self.currency_id.round(amount) for account, amount in costs.items()}
        return {account: amount for account, amount in rounded.items() if not self.currency_id.is_zero(amount)}
