from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_compare

from ..tools import labour
from .repair_kind import COMEBACKS
from .repair_order_flow import ADVISOR

# Fields by which the house bears another part of a job.
BEARER_FIELDS = {"pay_type", "split_ids", "entitlement_id", "repair_kind", "earlier_order_id"}
SPLIT_FIELDS = {"pay_type", "share", "cap_amount", "takes_rest", "job_id", "entitlement_id"}
# An object of our own in the context says that the step around weighs: no client can send it.
WEIGHING = object()


class DealerJob(models.Model):
    """Goodwill (善意承担): work on a customer's car that the house pays because somebody chose so.

    It is given away as a discount is, with the same reason, limits, approval and log (P36). None is: work on our own
    cars, what an entitlement pays (its terms were approved when it was issued), what an insurer did not approve and
    was written off with the accident's own approval, and a comeback that names the order we answer for.
    """

    _inherit = "dealer.job"

    earlier_order_id = fields.Many2one(
        "repair.order",
        string="Comeback Of",
        copy=False,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        domain="[('dealer_vehicle_id', '=', vehicle_id), ('settled_on', '!=', False), ('id', '!=', order_id)]",
        help="The settled order of this car whose work is done again. A comeback that names none and that the house "
        "pays counts as goodwill.",
    )

    @api.constrains("earlier_order_id")
    def _check_earlier_order(self):
        for job in self.filtered("earlier_order_id"):
            if not job._has_earlier_order():
                raise ValidationError(
                    job.env._(
                        "“%(job)s” is no comeback of %(order)s: choose another order of the same car that is settled.",
                        job=job.display_name,
                        order=job.earlier_order_id.display_name,
                    )
                )

    def write(self, vals):
        if not BEARER_FIELDS.intersection(vals) or self._is_weighing():
            return super().write(vals)
        before = self._get_gifts()
        result = super(DealerJob, self.with_context(dealer_weighing_gifts=WEIGHING)).write(vals)
        self._note_givers(before)
        return result

    # --- what is goodwill -----------------------------------------------------------------

    def _has_earlier_order(self):
        """Tell whether this job names a settled order of the same car that is not its own."""
        self.ensure_one()
        # Narrow sudo: which car it was about and whether it is settled, for whoever reads this order.
        earlier = self.sudo().earlier_order_id
        same_car = earlier.dealer_vehicle_id == self.sudo().order_id.dealer_vehicle_id
        return bool(earlier.settled_on and same_car and earlier != self.sudo().order_id)

    def _get_goodwill_splits(self):
        """Return the payers of this job by which the house bears what the customer would have paid.

        :return: ``dealer.job.split``
        """
        self.ensure_one()
        splits = self.split_ids.filtered(lambda split: split.pay_type == "internal" and not split.entitlement_id)
        if splits and self.repair_kind in COMEBACKS and self._has_earlier_order():
            return splits.browse()
        return splits

    def _get_goodwill_share(self, splits, amounts):
        """Return the part of this job that is goodwill, 0.0 to 1.0.

        :param splits: ``dealer.job.split`` the house bears
        :param dict amounts: what each payer pays, see ``_get_payer_amounts``
        """
        price = self._get_price()
        share = self._get_share_of(splits, amounts)
        if self.currency_id.is_zero(price):
            return share
        return max(share - self._get_written_off() / price, 0.0)

    def _get_written_off(self):
        """Return what of this job insurers did not approve and a write-off of the accident covers, without tax.

        Source: practice P40
        """
        insured = self.split_ids.filtered(lambda split: split.pay_type == "insurance" and split.cap_amount)
        if not insured:
            return 0.0
        cases = self.order_id._get_approved_cases().filtered(lambda case: case.rest_state == "written_off")
        price = self._get_price()
        return sum(
            max(price * split.share / 100 - split.cap_amount, 0.0)
            for split in insured
            if split.partner_id in cases.insurer_id
        )

    def _get_customer_price(self):
        """Return what the customer would pay for this job by the lists, before discounts and without tax."""
        self.ensure_one()
        rates = self.env["dealer.labour.rate"]
        candidates = rates._candidates(self.company_id) if self.pay_type != "customer" and self.line_ids else []
        labours = sum(line._get_customer_price(candidates) for line in self.line_ids)
        return self.currency_id.round(labours + self.order_id._get_parts_price(self))

    # --- who gave it ----------------------------------------------------------------------

    def _is_weighing(self):
        return self.env.context.get("dealer_weighing_gifts") is WEIGHING

    def _get_gifts(self):
        """Return the part of each of these jobs that is goodwill, proposed work too.

        :return: {``dealer.job``: 0.0 to 1.0}, without the jobs that have none
        """
        # Narrow sudo: who pays what, compared and not shown.
        gifts = {}
        for order, jobs in self.sudo().grouped("order_id").items():
            gifts.update(order._get_goodwill_shares(jobs))
        return gifts

    def _note_givers(self, before):
        """Note who let the house bear more; forget the givers of what nobody gives any more.

        :param dict before: see ``_get_gifts``
        """
        jobs = self.sudo()  # narrow: see _get_gifts()
        after = jobs._get_gifts()
        for order, some in jobs.grouped("order_id").items():
            more = any(float_compare(after.get(job, 0.0), before.get(job, 0.0), 6) > 0 for job in some)
            gone = any(job in before for job in some) and not order._has_discount()
            if more or gone:
                order._on_discount_given()

    def _on_gift_grown(self):
        """Note who adds work or parts to jobs that are given away: he gives a part of it."""
        if not self.env.user.has_group(ADVISOR):
            return
        given = self.filtered(lambda job: job.order_id.discount_by_id)
        given.browse([job.id for job in given._get_gifts()]).order_id._on_discount_given()

    def _restore_payers(self):
        # Whoever gave it is still noted, see repair.order._has_discount().
        return super(DealerJob, self.with_context(dealer_weighing_gifts=WEIGHING))._restore_payers()


class DealerJobLine(models.Model):
    _inherit = "dealer.job.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.job_id._on_gift_grown()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if {"job_id", "operation_id"} & vals.keys():
            self.job_id._on_gift_grown()
        return result

    def _get_customer_price(self, candidates):
        """Return what the customer would pay for this operation by the list.

        :param list candidates: hourly rates of the company, see ``dealer.labour.rate``
        """
        self.ensure_one()
        if self.price_kind != "hours" or self.job_id.pay_type == "customer":
            return self._get_list_price()
        rates, day = self.env["dealer.labour.rate"], self.job_id.order_id._day_of_reception()
        rate = rates._get_rate(candidates, self.site_id, "customer", self.operation_id.level_id, day)
        hours = max(self.hours, self.list_hours - self.overlap_hours)
        return labour.labour_price(hours, rate, 0, self.currency_id.decimal_places or 2) or self._get_list_price()


class DealerJobPart(models.Model):
    _inherit = "dealer.job.part"

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts.job_id._on_gift_grown()
        return parts

    def write(self, vals):
        result = super().write(vals)
        if "quantity" in vals:
            self.job_id._on_gift_grown()
        return result


class DealerJobSplit(models.Model):
    _inherit = "dealer.job.split"

    @api.model_create_multi
    def create(self, vals_list):
        splits = super().create(vals_list)
        if not splits.job_id._is_weighing():
            # Nothing of a job without payers was given; beside others, whoever adds one gives what is borne now.
            splits.job_id._note_givers({})
        return splits

    def write(self, vals):
        jobs = self.job_id
        if not SPLIT_FIELDS.intersection(vals) or jobs._is_weighing():
            return super().write(vals)
        before = jobs._get_gifts()
        result = super(DealerJobSplit, self.with_context(dealer_weighing_gifts=WEIGHING)).write(vals)
        (jobs | self.job_id)._note_givers(before)
        return result

    def unlink(self):
        jobs = self.job_id
        if jobs._is_weighing():
            return super().unlink()
        before = jobs._get_gifts()
        result = super(DealerJobSplit, self.with_context(dealer_weighing_gifts=WEIGHING)).unlink()
        jobs.exists()._note_givers(before)
        return result


class RepairOrder(models.Model):
    _inherit = "repair.order"

    def write(self, vals):
        result = super().write(vals)
        if "dealer_vehicle_id" in vals and self.job_ids._get_gifts():
            self._on_discount_given()
        return result

    def _has_discount(self):
        if super()._has_discount() or self._get_goodwill_shares(self.job_ids):
            return True
        # While the customer is asked about a new payer, the house may bear it again when he refuses.
        kept = [split for job in self.job_ids for split in (job.payers_before or {}).get("splits", ())]
        return any(split["pay_type"] == "internal" and not split["entitlement_id"] for split in kept)

    def _get_goodwill_shares(self, jobs):
        """Return the part of each job that the house gives to its customer.

        :param jobs: ``dealer.job`` of this order
        :return: {``dealer.job``: 0.0 to 1.0}, without the jobs that have none
        """
        self.ensure_one()
        gifts = {job: splits for job in jobs if (splits := job._get_goodwill_splits())}
        if not gifts or not self._is_customer_car():
            return {}
        amounts = jobs._get_payer_amounts(self._get_deductibles())
        shares = {job: job._get_goodwill_share(splits, amounts) for job, splits in gifts.items()}
        return {job: share for job, share in shares.items() if share}

    def _is_customer_car(self):
        """Tell whether the car is neither in our stock nor on its way there; one we sold is ours until handed over."""
        car = self.sudo().dealer_vehicle_id  # narrow: whose car it is, not what it cost
        return self.env["dealer.internal.policy"]._get_car_condition(car) == "customer"

    def _check_payers(self):
        res = super()._check_payers()
        if self._is_insured() and self._get_discounts()["goodwill"]:
            # Payers followed the accident: the house may bear more than the gates saw.
            self._check_gates("settle")
        return res
