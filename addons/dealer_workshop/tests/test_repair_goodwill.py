from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.dealer_vehicle.tests.common import OpenGuards

from .common_order import OrderMixin
from .test_cases import ApprovedSumCommon
from .test_entitlement import EntitlementCommon
from .test_settlement_payers import SettlementMoneyCommon


class GoodwillCommon(SettlementMoneyCommon):
    """An order of a customer: 1.5 hours at 200 = 300, and one set of pads at 480. The house may bear some of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ourselves = cls.company.partner_id
        cls.gift = cls.env.ref("dealer_workshop.dealer_discount_reason_goodwill")
        cls.limits = {
            role: cls.env.ref(f"dealer_workshop.dealer_repair_discount_limit_{role}") for role in ("advisor", "manager")
        }
        cls.env["dealer.internal.policy"].create(
            {
                "company_id": cls.company.id,
                "treatment": "expense",
                "expense_account_id": cls.expense.id,
                "labour_cost": 80.0,
                "labour_account_id": cls.absorption.id,
            }
        )

    def _bear(self, order, share=100.0, user=None, reason=True):
        """Let the house bear a share of the order's job, as the user does on the job's page of payers."""
        mine = order.with_user(user or self.advisor)
        rest = Command.create({"pay_type": "customer", "partner_id": self.customer.id, "share": 100 - share})
        mine.job_ids.split_ids = [
            Command.clear(),
            Command.create({"pay_type": "internal", "partner_id": self.ourselves.id, "share": share}),
            *([rest] if share < 100 else []),
        ]
        if reason:
            mine.discount_reason_id = self.gift
        return order

    def _refused(self, order, words="Our goodwill approved"):
        with self.assertRaisesRegex(UserError, words), self.env.cr.savepoint():
            order.with_user(self.advisor).action_settle()


@tagged("post_install", "-at_install", "dealer")
class TestGoodwill(GoodwillCommon):
    """P36: what the house pays for a customer is given away as a discount is, and needs the same second person."""

    def test_within_the_advisor_s_limit(self):
        order = self._make_ready(self._bear(self._checked_in(0)))
        self.assertEqual((order.goodwill_amount, order.discount_amount), (300, 300))
        self.assertEqual((order.discount_by_id, order.discount_giver_ids), (self.advisor, self.advisor))
        order.with_user(self.advisor).action_settle()
        (row,) = order.discount_ids
        self.assertEqual((row.state, row.amount, row.amount_goodwill), ("within", 300, 300))
        self.assertEqual((row.reason_id, row.given_by_id), (self.gift, self.advisor))
        self.assertEqual((row.amount_labour, row.amount_parts, row.amount_rounding), (0, 0, 0))

    def test_a_reason_is_asked_for(self):
        order = self._make_ready(self._bear(self._checked_in(0), reason=False))
        self.assertEqual(order.waiting_gate, "discount")
        self._refused(order, "reason")
        order.with_user(self.advisor).discount_reason_id = self.gift
        order.with_user(self.advisor).action_settle()

    def test_beyond_it_the_manager_approves(self):
        order = self._make_ready(self._bear(self._checked_in(1)))
        (gate,) = (gate for gate in order.gate_status if gate["code"] == "discount")
        self.assertIn("780", gate["hint"])
        self.assertEqual(order.waiting_role_id, self.env.ref("dealer_workshop.group_workshop_manager"))
        self._refused(order)
        for user in (self.advisor, self.technician):
            with self.assertRaises(AccessError):
                order.with_user(user).action_approve_discount()
        order.with_user(self.manager).action_approve_discount()
        order.with_user(self.advisor).action_settle()
        self.assertRecordValues(
            order.discount_ids,
            [{"state": "approved", "amount_goodwill": 780, "approved_by_id": self.manager.id}],
        )
        self.assertEqual(self.balance(self.expense), 420)

    def test_nobody_approves_his_own(self):
        order = self._make_ready(self._bear(self._checked_in(1), user=self.manager))
        with self.assertRaisesRegex(AccessError, "somebody else"):
            order.with_user(self.manager).action_approve_discount()
        second = self._make_user("w_second_manager", "dealer_workshop.group_workshop_manager")
        order.with_user(second).action_approve_discount()

    def test_who_raised_the_share_does_not_approve(self):
        order = self._bear(self._checked_in(1), 50)
        self._bear(order, 100, user=self.manager)
        self.assertEqual(order.discount_giver_ids, self.advisor | self.manager)
        with self.assertRaisesRegex(AccessError, "somebody else"):
            order.with_user(self.manager).action_approve_discount()

    def test_who_lowered_it_may_approve(self):
        order = self._bear(self._checked_in(1), 100)
        self._bear(order, 50, user=self.manager)
        self.assertEqual(order.discount_giver_ids, self.advisor)
        order.with_user(self.manager).action_approve_discount()
        self._settle(order)

    def test_a_limit_on_the_customer_lets_the_house_bear_more(self):
        """The rest above what the customer pays at most is borne by the house, whoever wrote that limit gave it."""
        order = self._bear(self._checked_in(1), 10)
        house, customer = order.job_ids.split_ids
        house.with_user(self.advisor).takes_rest = True
        self.assertEqual(order.goodwill_amount, 78)
        customer.with_user(self.manager).cap_amount = 2
        self.assertEqual(order.goodwill_amount, 778)
        self.assertIn(self.manager, order.discount_giver_ids)

    def test_who_adds_to_it_does_not_approve(self):
        order = self._bear(self._checked_in(0))
        self._ask(order, 1, user=self.manager)
        self.assertEqual(order.goodwill_amount, 780)
        with self.assertRaisesRegex(AccessError, "somebody else"):
            order.with_user(self.manager).action_approve_discount()

    def test_a_technician_s_part_gives_nothing_away(self):
        order = self._bear(self._checked_in(0))
        order.job_ids.assignment_ids = [Command.create({"employee_id": self.technician.employee_id.id, "share": 100})]
        self._ask(order, 1, user=self.technician)
        self.assertEqual(order.discount_by_id, self.advisor)

    def test_beyond_the_manager_s_limit(self):
        self.limits["manager"].goodwill_amount = 700
        order = self._make_ready(self._bear(self._checked_in(1)))
        with self.assertRaisesRegex(UserError, "beyond your limit"):
            order.with_user(self.manager).action_approve_discount()
        order.with_user(self.general_manager).action_approve_discount()
        order.with_user(self.advisor).action_settle()

    def test_more_than_was_approved_asks_again(self):
        order = self._bear(self._checked_in(1), 50)
        order.with_user(self.manager).action_approve_discount()
        self._bear(order, 60)
        self._make_ready(order)
        self._refused(order, "Discount approved|Our goodwill approved")
        order.with_user(self.manager).action_approve_discount()
        order.with_user(self.advisor).action_settle()
        self.assertEqual(order.discount_ids.sorted("id").mapped("amount_goodwill"), [390, 468])

    def test_work_added_after_approval_asks_again(self):
        order = self._bear(self._checked_in(1))
        order.with_user(self.manager).action_approve_discount()
        self._ask(order, 1)
        self._make_ready(order)
        self._refused(order)

    def test_it_is_priced_as_the_customer_would_pay(self):
        """A lower rate for internal work does not make the gift smaller, and a switch is a gift as a share is."""
        self.env["dealer.labour.rate"].create({"company_id": self.company.id, "rate": 90.0, "pay_type": "internal"})
        order = self._checked_in(1)
        job = order.job_ids.with_user(self.advisor)
        job.pay_type = "internal"
        self.assertEqual((job.split_ids.pay_type, job.labour_amount), ("internal", 135))
        self.assertEqual(order.goodwill_amount, 780)
        self.assertEqual(order.discount_giver_ids, self.advisor)

    def test_a_discount_on_it_is_counted_once(self):
        order = self._bear(self._checked_in(0), 50)
        order.with_user(self.advisor).job_ids.line_ids.discount = 10
        self.assertEqual((order.goodwill_amount, order.discount_amount), (150, 165), "he pays 135 of 300")
        self.assertEqual(order._get_gross()["labour"], 150, "percents are of what somebody else pays")
        order.with_user(self.advisor).job_ids.line_ids.discount = 100
        self.assertEqual(order.discount_amount, 300)

    def test_back_to_the_customer_nothing_is_given(self):
        order = self._bear(self._checked_in(1))
        order.with_user(self.manager).job_ids.pay_type = "customer"
        self.assertEqual((order.goodwill_amount, order.discount_amount), (0, 0))
        self.assertFalse(order.discount_by_id or order.discount_giver_ids)
        self._settle(order)
        self.assertFalse(order.discount_ids)

    def test_a_job_made_for_the_house_is_given(self):
        order = self._checked_in(0)
        order.with_user(self.manager).job_ids = [
            Command.create(
                {
                    "name": "Polish",
                    "pay_type": "internal",
                    "line_ids": [Command.create({"operation_id": self.operation.id})],
                }
            )
        ]
        self.assertEqual((order.goodwill_amount, order.discount_giver_ids), (300, self.manager))

    def test_a_car_of_ours_is_no_goodwill(self):
        car = self.buy_car(100000, bill=100000)
        order = self._make_order(dealer_vehicle_id=car.id)
        self._ask(order, 1)
        order.with_user(self.advisor).action_check_in()
        self.assertEqual((order.job_ids.pay_type, order.goodwill_amount), ("internal", 0))
        self.assertFalse(order.discount_giver_ids)
        self._settle(order)
        self.assertFalse(order.discount_ids)

    def test_our_name_on_a_customer_s_car_changes_nothing(self):
        order = self._make_order(partner_id=self.ourselves.id)
        self.assertEqual((order.job_ids.pay_type, order.goodwill_amount), ("internal", 300))

    def test_preparing_a_customer_s_car_is_goodwill(self):
        """The kind of work names the house as payer; on a customer's car it is a gift all the same."""
        order = self._checked_in(1, repair_kind="pdi")
        self.assertEqual(order.job_ids.pay_type, "internal")
        self.assertEqual(order.goodwill_amount, 780)
        self._make_ready(order)
        self._refused(order, "reason")

    def test_the_last_approval_counts(self):
        """Read from the database the newest comes first."""
        order = self._bear(self._checked_in(1), 50)
        order.with_user(self.manager).action_approve_discount()
        self._bear(order, 60)
        order.with_user(self.manager).action_approve_discount()
        self.env.invalidate_all()
        self.assertTrue(order._is_discount_covered())
        self._settle(order)
        self.assertEqual(order.discount_ids.mapped("state"), ["approved"] * 2)

    def test_an_approval_is_of_who_gave_it(self):
        """Taken back, and given by who approved it: that is another gift."""
        order = self._bear(self._checked_in(1))
        order.with_user(self.manager).action_approve_discount()
        self._bear(order, 50, user=self.manager)
        self._bear(order, 100, user=self.manager)
        self.assertTrue(order._is_discount_covered(), "the advisor's gift was never gone")
        order.with_user(self.advisor).job_ids.pay_type = "customer"
        self._bear(order, user=self.manager)
        self.assertEqual(order.discount_giver_ids, self.manager)
        self._make_ready(order)
        self._refused(order)
        with self.assertRaisesRegex(AccessError, "somebody else"):
            order.with_user(self.manager).action_approve_discount()

    def test_payers_of_another_job_are_given_too(self):
        """Rows written through a job that they do not belong to hide nobody."""
        mine, other = self._checked_in(1), self._checked_in(1)
        values = {"pay_type": "internal", "partner_id": self.ourselves.id}
        mine.with_user(self.manager).job_ids.split_ids = [Command.update(other.job_ids.split_ids.id, values)]
        self.assertEqual((other.goodwill_amount, other.discount_giver_ids), (780, self.manager))

    # --- comebacks ------------------------------------------------------------------------

    def _comeback(self, earlier=None, kind="comeback_internal"):
        order = self._checked_in(1)
        values = {"repair_kind": kind, "pay_type": "internal"}
        if earlier:
            values["earlier_order_id"] = earlier.id
        order.with_user(self.advisor).job_ids.write(values)
        return order

    def test_a_comeback_of_nothing_is_goodwill(self):
        order = self._comeback()
        self.assertEqual(order.goodwill_amount, 780)
        self.assertEqual(order.discount_giver_ids, self.advisor)
        order.with_user(self.advisor).discount_reason_id = self.gift
        self._make_ready(order)
        self._refused(order, "name the order it is the comeback of")

    def test_a_comeback_that_names_its_order_is_ours(self):
        earlier = self._settle(self._checked_in(1))
        for kind in ("comeback_internal", "comeback_external"):
            with self.subTest(kind=kind):
                order = self._comeback(earlier, kind)
                self.assertEqual((order.goodwill_amount, order.discount_by_id.id), (0, False))
        self._settle(order)
        self.assertFalse(order.discount_ids)

    def test_the_order_named_is_a_settled_one_of_this_car(self):
        other = self._settle(self._checked_in(0, dealer_vehicle_id=self._make_car("LSVAA49J132047999").id))
        order = self._comeback()
        for wrong in (other, order, self._checked_in(0)):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                order.with_user(self.advisor).job_ids.earlier_order_id = wrong

    def test_taking_the_name_away_gives(self):
        earlier = self._settle(self._checked_in(1))
        order = self._comeback(earlier)
        order.with_user(self.manager).job_ids.earlier_order_id = False
        self.assertEqual((order.goodwill_amount, order.discount_giver_ids), (780, self.manager))
        order.with_user(self.advisor).job_ids.earlier_order_id = earlier
        self.assertEqual((order.goodwill_amount, order.discount_giver_ids.ids), (0, []))
        order.with_user(self.manager).job_ids.repair_kind = "general"
        self.assertEqual((order.goodwill_amount, order.discount_giver_ids), (780, self.manager))

    def test_a_comeback_of_what_is_not_settled_any_more_is_given(self):
        """Who reverses the earlier settlement lets the house bear what its comebacks rested on."""
        earlier = self._settle(self._checked_in(1))
        order = self._comeback(earlier)
        earlier.with_user(self.manager).action_reverse_settlement("Wrong payer")
        self.assertEqual((order.goodwill_amount, order.discount_giver_ids), (780, self.manager))
        order.with_user(self.advisor).discount_reason_id = self.gift
        with self.assertRaisesRegex(AccessError, "somebody else"):
            order.with_user(self.manager).action_approve_discount()

    # --- rights and forging ---------------------------------------------------------------

    def test_rows_written_directly_are_given_too(self):
        order = self._checked_in(1)
        split = order.job_ids.split_ids.with_user(self.manager)
        split.write({"pay_type": "internal", "partner_id": self.ourselves.id})
        self.assertEqual((order.goodwill_amount, order.discount_giver_ids), (780, self.manager))
        order = self._checked_in(1)
        order.job_ids.split_ids.with_user(self.advisor).unlink()
        self.env["dealer.job.split"].with_user(self.manager).with_context(default_pay_type="internal").create(
            {"job_id": order.job_ids.id, "partner_id": self.ourselves.id}
        )
        self.assertEqual((order.goodwill_amount, order.discount_giver_ids), (780, self.manager))

    def test_givers_and_log_cannot_be_forged(self):
        order = self._bear(self._checked_in(1))
        mine = order.with_user(self.manager)
        for vals in ({"discount_by_id": self.manager.id}, {"discount_giver_ids": [Command.clear()]}):
            with self.assertRaises(AccessError):
                mine.write(vals)
        for user in (self.advisor, self.manager, self.general_manager):
            with self.assertRaises(AccessError):
                self.env["dealer.repair.discount"].with_user(user).create(
                    {"order_id": order.id, "state": "approved", "amount_goodwill": 780, "approved_by_id": user.id}
                )
        forged = order.job_ids.with_user(self.manager).with_context(dealer_weighed_jobs=order.job_ids.ids)
        forged.split_ids.share = 100
        forged.pay_type = "customer"
        forged.pay_type = "internal"
        self.assertIn(self.manager, order.discount_giver_ids, "a key in the context hides nobody")

    def test_technicians_give_nothing_away(self):
        order = self._checked_in(1)
        for act in (
            lambda job: job.write({"pay_type": "internal"}),
            lambda job: job.split_ids.write({"pay_type": "internal"}),
            lambda job: job.write({"earlier_order_id": order.id}),
        ):
            with self.assertRaises(AccessError):
                act(order.job_ids.with_user(self.technician))

    def test_limits(self):
        limit = self.limits["advisor"]
        for user in (self.advisor, self.manager):
            with self.assertRaises(AccessError):
                limit.with_user(user).goodwill_amount = 9999
        limit.with_user(self.general_manager).goodwill_amount = 1000
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            limit.goodwill_amount = -1
            limit.flush_recordset()
        self._settle(self._bear(self._checked_in(1)))
        fresh = self.env["dealer.repair.discount.limit"].create({"role": "advisor", "date_from": "2021-01-01"})
        self.assertEqual(fresh.goodwill_amount, 0, "who sets no limit lets nothing be given")

    def test_an_order_without_a_gift_asks_nothing_more(self):
        """Neither the car's place nor rates nor accidents are read for an order that customers pay."""
        order = self._checked_in(1).sudo()
        order._get_settled_jobs().split_ids.mapped("pay_type")
        self.env.flush_all()
        with self.assertQueryCount(0):
            self.assertEqual(order._get_goodwill_shares(order._get_settled_jobs()), {})


@tagged("post_install", "-at_install", "dealer")
class TestGoodwillOurCar(OpenGuards, GoodwillCommon):
    """A car of ours is sold and handed over while its order is open."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.open_guards()

    def test_a_car_that_was_ours_when_it_came_in_is_no_goodwill(self):
        """A new car is prepared, handed over the same day, and the advisor settles in the evening."""
        car = self.buy_car(100000, bill=100000)
        order = self._make_order(dealer_vehicle_id=car.id)
        self._ask(order, 1)
        order.with_user(self.advisor).action_check_in()
        self.deliver(self.sell(car))
        self.assertEqual(car.place, "with_customer")
        self.assertEqual(order.goodwill_amount, 0)
        self._settle(order)
        self.assertFalse(order.discount_ids)

    def test_what_is_added_after_the_car_left_is_goodwill(self):
        car = self.buy_car(100000, bill=100000)
        order = self._make_order(dealer_vehicle_id=car.id)
        order.with_user(self.advisor).action_check_in()
        self.deliver(self.sell(car))
        moves = self.env["stock.move"].search([("dealer_vehicle_id", "=", car.id)])
        moves.write({"date": fields.Datetime.now() - timedelta(hours=1)})
        self.assertEqual(order.goodwill_amount, 300)


@tagged("post_install", "-at_install", "dealer")
class TestGoodwillAsked(OrderMixin, GoodwillCommon):
    """The customer is asked about a new payer, refuses, and the house bears it again."""

    def test_who_gave_it_stays_known(self):
        self.limits["advisor"].goodwill_amount = 100
        order = self._signed()
        self._bear(order, user=self.manager)
        job = order.job_ids.with_user(self.advisor)
        job.with_user(self.technician).action_clock_on()
        job.with_user(self.technician).action_clock_off()
        job.split_ids = [
            Command.update(job.split_ids.id, {"pay_type": "customer", "partner_id": self.customer.id}),
        ]
        self.assertEqual(job.approval_state, "proposed")
        self._answer(job, "refused")
        self.assertEqual(job.split_ids.pay_type, "internal")
        self.assertIn(self.manager, order.discount_giver_ids)
        with self.assertRaisesRegex(AccessError, "somebody else"):
            order.with_user(self.manager).action_approve_discount()


@tagged("post_install", "-at_install", "dealer")
class TestGoodwillApprovedElsewhere(EntitlementCommon, ApprovedSumCommon, GoodwillCommon):
    """What was approved when it was promised, or on the accident, is not approved once more."""

    def _promised(self, user, **values):
        return (
            self.env["dealer.entitlement"]
            .with_user(user)
            .with_company(self.company)
            .create(
                {
                    "partner_id": self.customer.id,
                    "vehicle_id": self.car.id,
                    "description": "One free repair",
                    "kind": "coupon",
                    **values,
                }
            )
        )

    def test_nobody_promises_alone_what_he_may_not_give(self):
        """A coupon is goodwill of another day: the same limit, the same second person."""
        self._promised(self.manager, amount_total=300).action_issue()
        for values in ({}, {"amount_total": 301}, {"amount_total": 300, "count_total": 2}):
            with self.assertRaisesRegex(AccessError, "somebody else"):
                self._promised(self.manager, **values).action_issue()
        changed = self._promised(self.advisor, amount_total=100).with_user(self.manager)
        changed.amount_total = 5000
        with self.assertRaisesRegex(AccessError, "somebody else"):
            changed.action_issue()
        changed.with_user(self._make_user("w_second_manager", "dealer_workshop.group_workshop_manager")).action_issue()
        self.assertEqual(changed.state, "active")

    def test_an_entitlement_of_the_company(self):
        entitlement = self._promised(self.advisor)
        entitlement.with_user(self.manager).action_issue()
        order = self._checked_in(1)
        order.job_ids.with_user(self.advisor).entitlement_id = entitlement
        self.assertEqual((order.job_ids.split_ids.pay_type, order.goodwill_amount), ("internal", 0))
        self.assertFalse(order.discount_giver_ids)
        order.job_ids.with_user(self.advisor).entitlement_id = False
        self._bear(order)
        with self.assertRaises(AccessError):
            order.job_ids.split_ids.with_user(self.advisor).entitlement_id = entitlement
        self.assertEqual(order.goodwill_amount, 780)

    def test_an_accident_s_rest_that_is_written_off(self):
        order = self._insured()
        case = self._approve(order, self._gross(740)).with_user(self.clerk)
        case.rest_reason = "Regular customer"
        case.action_rest_write_off()
        self.assertEqual(case.rest_state, "written_off")
        self.assertIn("internal", order.job_ids.split_ids.mapped("pay_type"))
        self.assertEqual(order.goodwill_amount, 0)
        self.assertFalse(order.discount_giver_ids)
        self._settle(order)
        self.assertEqual(order.job_ids.split_ids.filtered(lambda s: s.pay_type == "internal").settled_amount, 40)
        self.assertFalse(order.discount_ids)

    def test_a_share_beside_a_written_off_rest_is_goodwill(self):
        order = self._checked_in(1)
        self._split(order.job_ids, ("insurance", self.insurer, 60, {}), ("internal", self.ourselves, 40, {}))
        case = self._approve(order, self._gross(440)).with_user(self.clerk)
        case.rest_reason = "Regular customer"
        case.action_rest_write_off()
        self.assertEqual(order.job_ids.split_ids.mapped("amount"), [440, 340])
        self.assertEqual(order.goodwill_amount, 312, "40 % of 780; the rest of 28 is the accident's")
        order.with_user(self.advisor).discount_reason_id = self.gift
        order.with_user(self.manager).action_approve_discount()
        self._settle(order)
