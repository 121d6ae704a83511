"""A random month of a workshop, made by a seed through the real methods, and what must hold afterwards (I4, I7).

Run small by ``test_settlement_month.py`` and with 5,000 orders by ``make bench JOB=month``.
"""

import random

from odoo import Command
from odoo.exceptions import UserError

from .common_order import SIGNATURE

WORKSHOP = "dealer_workshop.group_"
PATTERNS = (
    "customer",
    "customer",
    "customer",
    "warranty",
    "insurance",
    "capped",
    "goodwill",
    "thirds",
    "internal",
    "package",
)

# Each must find no row. Source: quality.md §2.4, practice P35, P37
CHECKS = {
    "I4 quants are what was moved": """
        WITH moved AS (
            SELECT product_id, place, sum(quantity) quantity FROM (
                SELECT product_id, location_dest_id place, quantity_product_uom quantity
                  FROM stock_move_line WHERE state = 'done'
                UNION ALL
                SELECT product_id, location_id, -quantity_product_uom FROM stock_move_line WHERE state = 'done') x
             GROUP BY 1, 2),
        held AS (SELECT product_id, location_id place, sum(quantity) quantity FROM stock_quant GROUP BY 1, 2)
        SELECT product_id, place, moved.quantity, held.quantity
          FROM moved FULL JOIN held USING (product_id, place) JOIN stock_location l ON l.id = place
          JOIN product_product p ON p.id = product_id JOIN product_template t ON t.id = p.product_tmpl_id
         WHERE l.usage IN ('internal', 'transit') AND t.is_part AND p.id = ANY(%(parts)s)
           AND abs(coalesce(moved.quantity, 0) - coalesce(held.quantity, 0)) > 1e-6""",
    "I4 nothing is negative on a shelf": """
        SELECT q.id FROM stock_quant q JOIN stock_location l ON l.id = q.location_id
         WHERE l.usage = 'internal' AND q.quantity < -1e-6 AND q.product_id = ANY(%(parts)s)""",
    "I4 work in progress holds what open orders were issued": """
        WITH open AS (SELECT product_id, sum(dealer_issued_qty) quantity FROM stock_move
                       WHERE job_id IS NOT NULL AND repair_line_type = 'add' AND state NOT IN ('done', 'cancel')
                       GROUP BY 1),
        wip AS (SELECT product_id, sum(q.quantity) quantity FROM stock_quant q
                  JOIN stock_warehouse w ON w.dealer_wip_location_id = q.location_id GROUP BY 1)
        SELECT product_id FROM open FULL JOIN wip USING (product_id)
         WHERE abs(coalesce(open.quantity, 0) - coalesce(wip.quantity, 0)) > 1e-6 AND product_id = ANY(%(parts)s)""",
    "I7 priced work = bills + internal + entitlements + discounts": """
        WITH work AS (
            SELECT job.order_id,
                   sum((SELECT coalesce(sum(round((line.hours * greatest(line.rate, line.list_rate))::numeric, 2)), 0)
                          FROM dealer_job_line line WHERE line.job_id = job.id))
                 + sum((SELECT coalesce(sum(round((move.quantity * move.dealer_price_unit)::numeric, 2)), 0)
                          FROM stock_move move WHERE move.job_id = job.id AND move.repair_line_type = 'add'
                           AND move.state = 'done')) gross,
                   sum((SELECT coalesce(sum(round((line.hours * greatest(line.rate, line.list_rate))::numeric, 2)
                                            - line.price), 0)
                          FROM dealer_job_line line WHERE line.job_id = job.id))
                 + sum((SELECT coalesce(sum(round((move.quantity * move.dealer_price_unit)::numeric, 2)
                            - round((move.quantity * move.dealer_price_unit
                                     * (100 - coalesce(move.dealer_discount, 0)) / 100)::numeric, 2)), 0)
                          FROM stock_move move WHERE move.job_id = job.id AND move.repair_line_type = 'add'
                           AND move.state = 'done')) discount,
                   sum((SELECT coalesce(sum(split.settled_amount), 0) FROM dealer_job_split split
                         WHERE split.job_id = job.id AND split.pay_type = 'internal')) internal
              FROM dealer_job job WHERE job.state != 'declined' AND job.approval_state = 'accepted' GROUP BY 1),
        billed AS (SELECT dealer_repair_id order_id, sum(amount_untaxed_signed) amount FROM account_move
                    WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_refund') GROUP BY 1),
        prepaid AS (SELECT u.order_id, sum(u.amount_priced) amount FROM dealer_entitlement_use u
                      JOIN dealer_entitlement e ON e.id = u.entitlement_id
                     WHERE NOT coalesce(u.is_reversed, false) AND u.job_id IS NOT NULL AND e.bearer = 'prepaid'
                     GROUP BY 1)
        SELECT o.name, work.gross, billed.amount, work.internal, prepaid.amount, work.discount, o.rounding_amount
          FROM repair_order o JOIN work ON work.order_id = o.id
          LEFT JOIN billed ON billed.order_id = o.id LEFT JOIN prepaid ON prepaid.order_id = o.id
         WHERE o.settled_on IS NOT NULL AND o.id >= %(first)s
           AND abs(work.gross - coalesce(billed.amount, 0) - work.internal - coalesce(prepaid.amount, 0)
                   - work.discount - coalesce(o.rounding_amount, 0)) > 0.004""",
    "I7 what is not settled is billed to nobody": """
        SELECT o.name FROM repair_order o JOIN account_move m ON m.dealer_repair_id = o.id
         WHERE o.settled_on IS NULL AND m.state = 'posted' GROUP BY o.id, o.name
        HAVING abs(sum(CASE WHEN m.move_type != 'entry' THEN m.amount_total_signed ELSE 0 END)) > 0.004
            OR abs(sum(CASE WHEN m.move_type != 'entry' THEN m.amount_residual_signed ELSE 0 END)) > 0.004""",
    "I7 discounts of settled orders are logged": """
        SELECT o.name FROM repair_order o
         WHERE o.settled_on IS NOT NULL AND (o.rounding_amount > 0
               OR EXISTS (SELECT 1 FROM dealer_job_line l JOIN dealer_job j ON j.id = l.job_id
                           WHERE l.order_id = o.id AND l.discount > 0 AND l.hours * l.rate > 0.1
                             AND j.state != 'declined'))
           AND NOT EXISTS (SELECT 1 FROM dealer_repair_discount d WHERE d.order_id = o.id)""",
    "P36 what the house gives is logged, and somebody else approved it beyond the limit": """
        WITH given AS (
            SELECT split.order_id, sum(split.settled_amount) amount
              FROM dealer_job_split split JOIN repair_order o ON o.id = split.order_id
             WHERE o.settled_on IS NOT NULL AND o.id >= %(first)s AND split.pay_type = 'internal'
               AND split.entitlement_id IS NULL GROUP BY 1)
        SELECT given.order_id, given.amount FROM given
         WHERE given.amount > 0.004 AND NOT EXISTS (
               SELECT 1 FROM dealer_repair_discount d
                WHERE d.order_id = given.order_id AND d.reason_id IS NOT NULL AND d.given_by_id IS NOT NULL
                  AND d.amount_goodwill > given.amount - 0.05
                  AND (d.amount_goodwill <= %(limit)s
                       OR d.state = 'approved' AND d.approved_by_id != d.given_by_id))""",
    "I7 parts used are parts issued": """
        SELECT id FROM stock_move WHERE job_id IS NOT NULL AND repair_line_type = 'add' AND state = 'done'
           AND abs(quantity - dealer_issued_qty) > 1e-6""",
    "I7 no open order without a car": """
        SELECT o.id FROM repair_order o JOIN dealer_job j ON j.order_id = o.id WHERE o.dealer_vehicle_id IS NULL""",
    "P32 nobody pays more than he signed or accepted": """
        SELECT o.name, agreed.amount, o.deductible_amount, billed.amount
          FROM repair_order o
          JOIN (SELECT order_id, sum(agreed_amount) amount FROM dealer_job
                 WHERE state != 'declined' AND approval_state = 'accepted' GROUP BY 1) agreed ON agreed.order_id = o.id
          JOIN (SELECT dealer_repair_id order_id, sum(amount_untaxed_signed) amount FROM account_move
                 WHERE state = 'posted' AND dealer_pay_type = 'customer' AND move_type IN ('out_invoice', 'out_refund')
                 GROUP BY 1) billed ON billed.order_id = o.id
         WHERE o.signed_on IS NOT NULL AND o.id >= %(first)s
           AND billed.amount > agreed.amount + coalesce(o.deductible_amount, 0) + 0.004""",
    "I5 entries balance": """
        SELECT move_id FROM account_move_line WHERE parent_state = 'posted' GROUP BY 1
        HAVING abs(sum(balance)) > 0.004""",
    "P38 the liability is what customers still have": """
        SELECT p.id FROM dealer_entitlement_policy p
         WHERE abs(coalesce((SELECT sum(balance) FROM account_move_line l
                              WHERE l.account_id = p.liability_account_id AND l.parent_state = 'posted'), 0)
                 + coalesce((SELECT sum(e.amount_total - coalesce(e.amount_used, 0)) FROM dealer_entitlement e
                              WHERE e.company_id = p.company_id AND e.sale_order_id IS NOT NULL), 0)) > 0.004""",
}


class RandomMonth:
    """A workshop of its own, and orders that go every way through it.

    :param env: superuser's environment of the company
    :param int seed: the same seed makes the same month
    """

    def __init__(self, env, seed=19):
        self.env, self.random, self.counts = env, random.Random(seed), {}
        self.company = env.company
        self.site = env["stock.warehouse"].search([("company_id", "=", self.company.id)], limit=1)
        self._make_people()
        self._make_catalogue()
        self._make_customers()
        self._make_policies()
        self.first = (env["repair.order"].search([], order="id desc", limit=1).id or 0) + 1

    # --- the house ------------------------------------------------------------------------

    def _make_people(self):
        roles = {
            "advisor": WORKSHOP + "service_advisor",
            "technician": WORKSHOP + "technician",
            "inspector": WORKSHOP + "quality_inspector",
            "manager": WORKSHOP + "workshop_manager",
            "general_manager": "dealer_vehicle.group_general_manager",
            "keeper": "dealer_parts.group_parts_keeper",
            "cashier": "account.group_account_invoice",
        }
        self.people = {
            role: self.env["res.users"].create(
                {
                    "name": f"Month {role}",
                    "login": f"month_{role}",
                    "company_id": self.company.id,
                    "company_ids": [Command.set(self.company.ids)],
                    "group_ids": [Command.set(self.env.ref(group).ids)],
                }
            )
            for role, group in roles.items()
        }
        self.employee = self.env["hr.employee"].create(
            {"name": "Month technician", "user_id": self.people["technician"].id, "is_dealer_technician": True}
        )

    def _make_catalogue(self):
        rates = [(None, 133.35), ("warranty", 98.9), ("internal", 77.7), ("insurance", 141.0)]
        self.env["dealer.labour.rate"].create(
            [{"company_id": self.company.id, "pay_type": pay_type, "rate": rate} for pay_type, rate in rates]
        )
        level = self.env.ref("dealer_workshop.dealer_labour_level_mechanical").id
        self.operations = self.env["dealer.operation"].create(
            [
                {"code": f"MONTH-{number}", "name": f"Work {number}", "hours": hours, "level_id": level}
                for number, hours in enumerate((0.3, 0.7, 1.0, 1.5, 2.2, 4.5))
            ]
        )
        self.parts = self.env["product.product"].create(
            [
                {
                    "name": f"Month part {number}",
                    "default_code": f"MONTH-{number}",
                    "is_part": True,
                    "type": "consu",
                    "is_storable": True,
                    "list_price": price,
                    "standard_price": round(price * 0.6, 2),
                }
                for number, price in enumerate((3.33, 19.99, 87.5, 480.0, 1234.57))
            ]
        )
        moves = self.env["stock.move"].create(
            [
                {
                    "product_id": part.id,
                    "product_uom_qty": 100_000,
                    "location_id": self.env.ref("stock.stock_location_suppliers").id,
                    "location_dest_id": self.site.lot_stock_id.id,
                    "company_id": self.company.id,
                    "picking_type_id": self.site.in_type_id.id,
                }
                for part in self.parts
            ]
        )
        moves._action_confirm(merge=False)
        for move in moves:
            move.write({"quantity": move.product_uom_qty, "picked": True})
        moves._action_done()

    def _make_customers(self):
        names = ("Maker", "Insurer", *(f"Customer {number}" for number in range(20)))
        self.maker, self.insurer, *self.customers = self.env["res.partner"].create([{"name": name} for name in names])
        self.cars = self.env["dealer.vehicle"].create(
            [
                {
                    "vin": f"LMNTH{number:012d}",
                    "vin_confirmed": True,
                    "condition": "used",
                    "owner_id": customer.id,
                    "keeper_id": customer.id,
                }
                for number, customer in enumerate(self.customers)
            ]
        )

    def _make_policies(self):
        accounts = self.env["account.account"].with_company(self.company)
        made = {
            name: accounts.create({"name": f"Month {name}", "code": f"9799{number}", "account_type": kind})
            for number, (name, kind) in enumerate(
                (
                    ("expense", "expense"),
                    ("absorbed", "expense"),
                    ("liability", "liability_current"),
                    ("revenue", "income"),
                    ("breakage", "income_other"),
                )
            )
        }
        self.env["dealer.internal.policy"].create(
            {
                "company_id": self.company.id,
                "treatment": "expense",
                "expense_account_id": made["expense"].id,
                "labour_cost": 55.55,
                "labour_account_id": made["absorbed"].id,
            }
        )
        journals = self.env["account.journal"]
        domain = journals._check_company_domain(self.company)
        self.env["dealer.entitlement.policy"].create(
            {
                "company_id": self.company.id,
                "date_from": "2020-01-01",
                "liability_account_id": made["liability"].id,
                "revenue_account_id": made["revenue"].id,
                "breakage_account_id": made["breakage"].id,
                "journal_id": journals.search([*domain, ("type", "=", "general")], limit=1).id,
            }
        )
        self.cash, self.bank = journals.create(
            [
                {"name": f"Month {kind}", "code": f"M{kind[:3]}", "type": kind, "company_id": self.company.id}
                for kind in ("cash", "bank")
            ]
        )
        self.reason = self.env.ref("dealer_workshop.dealer_discount_reason_loyal")
        self.goodwill = self.env.ref("dealer_workshop.dealer_discount_reason_goodwill")
        self.packages = {}

    # --- the month ------------------------------------------------------------------------

    def run(self, count, after=lambda: None):
        """Make orders, one after the other.

        :param int count: orders
        :param after: called after each, e.g. to commit
        """
        for _number in range(count):
            self.make_order()
            after()

    def _count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def _chance(self, percent):
        return self.random.random() * 100 < percent

    def _as(self, record, role):
        return record.with_user(self.people[role])

    def make_order(self):
        """Take one order as far as chance wants it."""
        car = self.random.choice(self.cars)
        order = self._open(car)
        if self._chance(3):
            order.action_cancel_order()
            return self._count("cancelled")
        if self._chance(60):
            self._sign(order)
            self._find_more(order)
        else:
            order.action_check_in()
        self._work(order)
        if self._chance(4):
            return self._count("ready, not settled")
        self._settle(order)
        if self._chance(15):
            self._reverse(order)
        if self._chance(80):
            self._collect(order)
            if self._chance(5):
                self._reverse(order)
                self._collect(order)
        if not order._gates_open("hand_over"):
            order.action_hand_over()
            self._count("handed over")
        return self._count("orders")

    def _open(self, car):
        jobs = [
            Command.create(
                {
                    "name": f"Complaint {number}",
                    "line_ids": [
                        Command.create({"operation_id": self.random.choice(self.operations).id})
                        for _line in range(self.random.randint(1, 3))
                    ],
                    "assignment_ids": [Command.create({"employee_id": self.employee.id, "share": 100})],
                }
            )
            for number in range(self.random.randint(1, 3))
        ]
        orders = self._as(self.env["repair.order"], "advisor").with_company(self.company)
        order = orders.create(
            {
                "dealer_vehicle_id": car.id,
                "site_id": self.site.id,
                "odometer_km": max(car.odometer_km, 1) + 100,
                "job_ids": jobs,
            }
        )
        for job in order.job_ids:
            self._pay_by(job, self.random.choice(PATTERNS))
            self._ask(job)
        return order

    def _ask(self, job):
        for part in self.random.sample(list(self.parts), self.random.randint(0, 3)):
            quantity = self.random.choice((1, 1, 2, 3, 7))
            self._as(self.env["dealer.job.part"], "advisor").create(
                {"job_id": job.id, "product_id": part.id, "quantity": quantity}
            )

    def _pay_by(self, job, pattern):
        """Give a job its payers; what the pattern needs and the order has not is left as it is."""
        self._count(pattern)
        customer, ourselves = job.order_id.partner_id, self.company.partner_id
        if pattern == "package":
            job.entitlement_id = self._get_package(job.order_id)
            return
        payers = {
            "warranty": [("warranty", self.maker, 100, {})],
            "insurance": [
                ("customer", customer, 0, {"takes_rest": True}),
                ("insurance", self.insurer, 100, {}),
            ],
            "capped": [
                ("customer", customer, 20, {"takes_rest": True}),
                ("insurance", self.insurer, 80, {"cap_amount": self.random.randint(100, 90_000) / 100}),
            ],
            "goodwill": [("warranty", self.maker, 50, {}), ("internal", ourselves, 50, {})],
            "thirds": [
                ("customer", customer, 33.33, {}),
                ("warranty", self.maker, 33.33, {}),
                ("internal", ourselves, 33.34, {}),
            ],
            "internal": [("internal", ourselves, 100, {})],
        }.get(pattern)
        if payers:
            if any(pay_type == "internal" for pay_type, *_rest in payers):
                job.order_id.discount_reason_id = self.goodwill
            job.split_ids = [
                Command.clear(),
                *(
                    Command.create({"pay_type": pay_type, "partner_id": partner.id, "share": share, **more})
                    for pay_type, partner, share, more in payers
                ),
            ]
        if pattern in ("insurance", "capped") and self._chance(30):
            job.order_id.deductible_amount = self.random.choice((100, 333.33, 1000))

    def _get_package(self, order):
        """Return a package of the customer with visits for every job that may want one, sold and paid when needed."""
        package = self.packages.get(order.partner_id)
        if not package or package.count_left < 4:
            values = {
                "partner_id": order.partner_id.id,
                "description": "Services",
                "count_total": 7,
                "amount_total": self.random.choice((1000, 777.77, 2500.01)),
            }
            package = self._as(self.env["dealer.entitlement"], "manager").with_company(self.company).create(values)
            package.action_issue()
            bill = package.sudo().sale_order_id.invoice_ids
            register = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=bill.ids
            )
            register.create({"journal_id": self.bank.id})._create_payments()
            package.invalidate_recordset()
            self.packages[order.partner_id] = package
        return package

    def _sign(self, order):
        pads = self._as(self.env["repair.order.sign"], "advisor").with_company(self.company)
        pads.create({"order_ids": [Command.set(order.ids)], "signature": SIGNATURE}).action_sign_and_check_in()
        self._count("signed")

    def _find_more(self, order):
        """Let a signed job grow, and more be found on the car; the customer answers."""
        if self._chance(30):
            self._as(self.env["dealer.job.line"], "advisor").create(
                {"job_id": self.random.choice(order.job_ids).id, "operation_id": self.random.choice(self.operations).id}
            )
            self._count("jobs with more work")
        if self._chance(25):
            part = {"product_id": self.random.choice(self.parts).id, "quantity": 2}
            found = {
                "name": "Found on the car",
                "urgency": "now",
                "line_ids": [Command.create({"operation_id": self.random.choice(self.operations).id})],
                "proposed_part_ids": [Command.create(part)],
                "assignment_ids": [Command.create({"employee_id": self.employee.id, "share": 100})],
            }
            self._as(self._as(order, "technician")._propose_job([found]), "advisor").action_offer()
            self._count("work found")
        self._ask_customer(order)

    def _ask_customer(self, order):
        """Ask about what costs the customer more than he agreed to; what he refuses is taken out again."""
        grown = order.job_ids.filtered(lambda job: job.grown_amount and job.approval_state == "accepted")
        if grown:
            grown.action_ask_growth()
        for job in order.job_ids.filtered(lambda job: job.approval_state == "proposed"):
            answer = "accepted" if self._chance(70) else "refused"
            answers = self._as(self.env["dealer.job.answer"], "advisor").with_company(self.company)
            answers.create({"job_ids": [Command.set(job.ids)], "answer": answer}).action_confirm()
            self._count(f"customer asked: {answer}")
            if job.grown_amount:
                job.line_ids[-1:].unlink()

    def _work(self, order):
        if order.sudo().move_ids:
            self._as(order, "keeper").action_issue_parts()
            if self._chance(15):
                self._give_back(order)
        self._as(order, "technician").job_ids.filtered(lambda job: job._is_ordered()).action_done()
        self._discount(order)
        self._as(order, "inspector").action_quality_pass()

    def _give_back(self, order):
        part = self.random.choice(order.sudo().move_ids.filtered(lambda move: move._is_workshop_part()))
        keeper = self._as(self.env["stock.move"], "keeper").browse(part.id)
        out = part.dealer_issued_qty
        keeper.action_return_parts(self.random.choice((out, 1)))
        self._count("parts given back")
        try:
            keeper.action_return_parts(out + 1)
        except UserError:
            self._count("refused: returned twice")
        else:
            raise AssertionError("A part came back twice.")

    def _discount(self, order):
        if not self._chance(25):
            return
        order.discount_reason_id = self.reason
        for line in order.job_ids.line_ids.filtered(lambda line: self._chance(50)):
            line.discount = self.random.choice((3, 5, 10, 25))
        parts = self._as(self.env["dealer.job.part"], "advisor").browse(order.sudo().part_ids.ids)
        for part in parts.filtered(lambda part: self._chance(30)):
            part.discount = self.random.choice((2.5, 5, 12))
        if any(split.pay_type == "customer" and split.amount for split in order.job_ids.split_ids):
            order.rounding_amount = self.random.choice((0, 0.55, 9))
        self._count("discounts")

    def _settle(self, order):
        self._ask_customer(order)
        if order._gates_open("settle"):
            role = "manager" if order._is_within_limit("manager") else "general_manager"
            self._as(order, role).action_approve_discount()
            self._count(f"discounts approved by the {role}")
        insured = order.job_ids.split_ids.filtered(lambda split: split.pay_type == "insurance")
        if not insured and order.deductible_amount:
            order.deductible_amount = 0
        if order.rounding_amount > self._get_customer_amount(order):
            order.rounding_amount = 0
        order.action_settle()

    def _get_customer_amount(self, order):
        amounts = order.sudo()._get_payer_amounts()
        return sum(amount for split, amount in amounts.items() if split.pay_type == "customer")

    def _reverse(self, order):
        self._as(order, "manager").action_reverse_settlement("Wrong payer")
        self._count("reversed")
        try:
            self._as(order, "manager").action_reverse_settlement("Once more")
        except UserError:
            self._count("refused: reversed twice")
        else:
            raise AssertionError("A settlement was reversed twice.")
        if self._chance(60):
            job = self.random.choice(order.job_ids)
            if not job.entitlement_id:
                self._pay_by(job, self.random.choice(("customer", "warranty", "thirds", "goodwill")))
        self._settle(order)

    def _collect(self, order):
        bills = (
            order.sudo()
            ._get_bills()
            .filtered(
                lambda bill: bill.amount_residual
                and bill.dealer_pay_type == "customer"
                and bill.move_type == "out_invoice"
            )
        )
        for bill in bills:
            collects = self._as(self.env["repair.order.collect"], "cashier").with_company(self.company)
            collect = collects.browse(self._as(bill, "cashier").action_collect_repair()["res_id"])
            due = collect.amount_due
            cash = round(due * self.random.choice((0.3, 0.5)), 2) if due > 1 else due
            card = round(due - cash, 2) if self._chance(90) else 0
            ways = [(self.cash, cash), (self.bank, card)]
            collect.line_ids = [
                Command.clear(),
                *(Command.create({"journal_id": way.id, "amount": amount}) for way, amount in ways if amount),
            ]
            collect.action_collect()
            self._count("collected")
        order.invalidate_recordset()

    # --- what must hold ---------------------------------------------------------------------

    def find_violations(self):
        """Return what does not hold.

        :return: {check: rows}, without those that found nothing
        """
        self.env.flush_all()
        limit = self.env.ref("dealer_workshop.dealer_repair_discount_limit_advisor")
        found = {}
        for name, query in CHECKS.items():
            self.env.cr.execute(query, {"parts": self.parts.ids, "first": self.first, "limit": limit.goodwill_amount})
            rows = self.env.cr.fetchall()
            if rows:
                found[name] = rows
        return found
