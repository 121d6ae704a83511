from odoo import Command, models

from ..tools import payers
from .dealer_job_split import NOT_BILLED


class DealerJob(models.Model):
    """What a job costs whom: amounts and lines of payers, cost of what nobody is billed for."""

    _inherit = "dealer.job"

    # --- payers -------------------------------------------------------------------------

    def _get_payer_amounts(self, deductibles=None):
        """Return what each payer of these jobs pays, without tax, exact in the sum.

        :param dict deductibles: of the order, see ``repair.order._get_deductibles``; taken off the insurers' amounts
            job by job until used up
        :return: {``dealer.job.split``: amount in company currency}
        Source: practice P37
        """
        result = {}
        left = dict(deductibles or {})
        for job in self:
            digits = job.currency_id.decimal_places or 2
            splits = job.split_ids
            amounts = payers.payer_amounts(job._get_price(), [split._to_payer() for split in splits], digits)
            for insurer, deductible in left.items():
                amounts, left[insurer] = job._take_deductible(amounts, insurer, deductible, digits)
            result.update(zip(splits, amounts, strict=True))
        return result

    def _take_deductible(self, amounts, insurer, deductible, digits):
        taker = self._get_deductible_payer()
        insured = self._get_insured_by(insurer)
        bearers = [index for index, split in enumerate(self.split_ids) if split in insured]
        if not taker or not bearers:
            return amounts, deductible
        return payers.take_deductible(amounts, bearers, list(self.split_ids).index(taker), deductible, digits)

    def _get_insured_by(self, insurer):
        """Return the payers of these jobs that are an insurer.

        :param insurer: ``res.partner``; empty: any
        :return: ``dealer.job.split``
        """
        return self.split_ids.filtered(
            lambda split: split.pay_type == "insurance" and (not insurer or split.partner_id == insurer)
        )

    def _get_deductible_payer(self):
        """Return the payer of this job who bears the order's deductible: a customer, first who takes the rest.

        :return: ``dealer.job.split``, maybe none
        """
        customers = self.split_ids.filtered(lambda split: split.pay_type == "customer")
        return customers.filtered("takes_rest") or customers[:1]

    def _get_price(self):
        """Return the price of this job without tax: the sum of its items, each rounded as it is billed."""
        self.ensure_one()
        return self.labour_amount + self.parts_amount

    def _get_payers(self):
        """Return the payers who get a bill for this job: neither ourselves nor prepaid.

        :return: ``dealer.job.split``
        """
        self.ensure_one()
        return self.split_ids.filtered(lambda split: split.pay_type not in NOT_BILLED)

    def _get_share(self, pay_type):
        """Return the part of this job of one pay type by what it pays, 0.0 to 1.0.

        :param str pay_type: code of ``PAY_TYPES``
        """
        self.ensure_one()
        splits = self.split_ids.filtered(lambda split: split.pay_type == pay_type)
        return self._get_share_of(splits, self.order_id._get_payer_amounts()) if splits else 0.0

    def _get_share_of(self, splits, amounts):
        """Return the part of this job that some of its payers pay, 0.0 to 1.0.

        :param splits: ``dealer.job.split`` of this job
        :param dict amounts: what each payer pays, see ``_get_payer_amounts``
        """
        total = self._get_price()
        if self.currency_id.is_zero(total):
            return sum(splits.mapped("share")) / 100
        return sum(amounts[split] for split in splits) / total

    def _prepare_payer_lines(self, amounts):
        """Return the order lines of this job by payer.

        :param dict amounts: what each payer pays, see ``_get_payer_amounts``
        :return: {(pay type, ``res.partner``): list of dicts for ``sale.order.line``}; empty for internal jobs
        Source: practice P37
        """
        self.ensure_one()
        lines = {}
        billed = self._get_payers()
        if not billed:
            return lines
        items = [*self.line_ids, *self._get_used_parts()]
        if len(self.split_ids) == 1:
            whole = [self._prepare_whole_line(item) for item in items]
            return {(billed.pay_type, billed.partner_id): whole} if whole else lines
        prices = [self._get_item_price(item) for item in items]
        splits = self.split_ids
        digits = self.currency_id.decimal_places
        rows = payers.cut_items(prices, [amounts[split] for split in splits], digits)
        for item, row in zip(items, rows, strict=True):
            parts = [(split, part) for split, part in zip(splits, row, strict=True) if split in billed and part]
            if item._name == "stock.move" and not any(row):
                # Given away, but used up: it stands on a bill for nothing, so that its cost leaves the stock account.
                parts = [(split, 0.0) for split in billed if amounts[split] or not any(prices)][:1]
            for split, part in parts:
                key = (split.pay_type, split.partner_id)
                lines.setdefault(key, []).extend(self._prepare_share_lines(item, split, part, split == parts[0][0]))
        return lines

    def _get_used_parts(self):
        """Return the parts this job used up.

        :return: ``stock.move``, done
        """
        return self.move_ids.filtered(lambda move: move._is_workshop_part() and move.state == "done")

    def _get_item_price(self, item):
        """Return the price of an operation or part without tax, in company currency, rounded as it is billed."""
        return item.price if item._name == "dealer.job.line" else item._get_dealer_price()

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
        # and the invoice books that move's value as cost of goods sold, once. The price is the one on the job, never
        # that of a price list of the payer: the bill is what was agreed.
        return {
            "product_id": move.product_id.id,
            "product_uom_qty": move.quantity,
            "product_uom_id": move.product_uom.id,
            "qty_delivered": move.quantity,
            "price_unit": move.dealer_price_unit,
            "discount": move.dealer_discount,
            "move_ids": [Command.link(move.id)],
        }

    def _prepare_share_lines(self, item, split, amount, is_first):
        """Return the order lines of one payer's share of an operation or part.

        The part itself is on the first payer's bill, with its cost; the others pay a share as a service.

        :param split: ``dealer.job.split``
        :param float amount: the share in money, without tax
        :param bool is_first: this payer's bill carries the part
        :return: list of dicts; a part whose amount is no multiple of its quantity has a second line of cents
        """
        if item._name != "stock.move":
            return [self._prepare_share_line(item.product_id, item.name, split, amount)]
        share = self.env.ref("dealer_workshop.product_product_share")
        name = item.product_id.display_name
        if not is_first:
            return [self._prepare_share_line(share, name, split, amount)]
        digits = self.env["decimal.precision"].precision_get("Product Price")
        unit, rest = payers.unit_and_rest(amount, item.quantity, digits)
        lines = [self._prepare_part_line(item) | {"price_unit": unit, "discount": 0.0}]
        if rest:
            lines.append(self._prepare_share_line(share, name, split, rest))
        return lines

    def _prepare_share_line(self, product, name, split, amount):
        return {
            "product_id": product.id,
            "name": self.env._("%(item)s (share of %(share)s %%)", item=name, share=f"{split.share:g}"),
            "product_uom_qty": 1.0,
            "qty_delivered": 1.0,
            "price_unit": amount,
        }

    def _prepare_cost_lines(self, share):
        """Return the cost of the parts that are on nobody's bill: cost of goods sold against the stock account.

        :param float share: part of the job, 0.0 to 1.0
        :return: list of dicts for ``account.move.line``, balanced
        """
        self.ensure_one()
        lines = []
        for move in self._get_used_parts().filtered(lambda move: not move.sale_line_id):
            accounts = move.product_id.product_tmpl_id.get_product_accounts()
            value = self.currency_id.round(move.value * share)
            lines += [
                {"account_id": accounts["expense"].id, "balance": value},
                {"account_id": accounts["stock_valuation"].id, "balance": -value},
            ]
        return lines

    # --- ourselves ----------------------------------------------------------------------

    def _get_internal_share(self):
        """Return the part of this job we pay ourselves, 0.0 to 1.0."""
        return self._get_share("internal")

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
