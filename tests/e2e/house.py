"""A dealership seen through ``/json/2``: one client per role, and the steps people do."""

import json
import re
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from functools import cached_property

# One pixel, so that a signature is a picture.
SIGNATURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", "123456781234579" + "23456789" + "0123456789", strict=True))


def make_vin(number, wmi="LHG"):
    """Return a VIN with a right check digit (49 CFR 565.15), unique per number.

    >>> make_vin(1)
    'LHGCM567XSA000001'
    """
    vin = f"{wmi}CM5670SA{number:06d}"
    rest = sum(int(VALUES[sign]) * weight for sign, weight in zip(vin, WEIGHTS, strict=True)) % 11
    return vin[:8] + ("X" if rest == 10 else str(rest)) + vin[9:]


class House:
    """One company of the demonstration, entered by its people.

    :param server: the served demonstration
    :param str key: prefix of its logins, ``cn`` or ``en``
    :param int series: makes this house's VINs and names its own
    """

    def __init__(self, server, key, series):
        self.server, self.key, self.series = server, key, series
        # A database may see these journeys more than once while they are written.
        start = int(time.time()) % 99_000 * 10
        self._vins = iter(range(start, start + 1000))

    def __getattr__(self, role):
        """Return the client of a role: ``house.advisor``."""
        if role.startswith("_") or f"{self.key}.{role}" not in self.server.keys:
            raise AttributeError(role)
        return self.server.client(f"{self.key}.{role}")

    def uid(self, role):
        """Return the user id behind a role."""
        return self.root.search("res.users", [["login", "=", f"{self.key}.{role}"]])[0]

    @property
    def root(self):
        """Return the administrator, for facts no role of the journey has to read."""
        return self.server.client("admin")

    @cached_property
    def company(self):
        """Return the id of the company."""
        user = self.root.find("res.users", [["login", "=", f"{self.key}.advisor"]], ["company_id"])
        return user[0]["company_id"][0]

    @cached_property
    def site(self):
        """Return the id of the company's first site."""
        return self.root.search("stock.warehouse", [["company_id", "=", self.company]], limit=1, order="id")[0]

    @cached_property
    def trim(self):
        """Return the variant that is sold: the first trim of the catalogue with a price."""
        domain = [["is_vehicle", "=", True], ["guide_price", ">", 0], ["company_id", "in", [False, self.company]]]
        return self.root.find("product.product", domain, ["display_name", "guide_price"], limit=1, order="id")[0]

    def new_vin(self):
        """Return a VIN nobody has."""
        return make_vin(next(self._vins), wmi={"cn": "LHG", "en": "JHM"}[self.key])

    def new_customer(self, name):
        """Return the id of a new private customer, made by the receptionist."""
        return self.advisor.create("res.partner", {"name": name, "phone": f"138{next(self._vins):08d}"})

    def vehicles(self, ids, *names):
        """Return facts of cars."""
        return self.root.read("dealer.vehicle", ids, ["place", "claim", "title", *names])

    # ------------------------------------------------------------------ buying

    def order_cars(self, prices):
        """Let the buyer order one car per price and return (order id, car ids in order)."""
        maker = self.buyer.search("res.partner", [["supplier_rank", ">", 0], ["ref_company_ids", "=", False]], limit=1)
        maker = maker or [self.root.create("res.partner", {"name": "Maker", "supplier_rank": 1, "is_company": True})]
        lines = [
            [0, 0, {"product_id": self.trim["id"], "product_qty": 1, "price_unit": price, "tax_ids": [[5]]}]
            for price in prices
        ]
        order = self.buyer.create("purchase.order", {"partner_id": maker[0], "order_line": lines})
        self.buyer.call("purchase.order", "button_confirm", order)
        cars = self.buyer.search("dealer.vehicle", [["purchase_line_id.order_id", "=", order]], order="id")
        return order, cars

    def announce(self, order, vin_by_car):
        """Enter the maker's shipping notice."""
        cars = self.keeper.read("dealer.vehicle", list(vin_by_car), ["maker_order_no"])
        text = "\n".join(
            f"{car['maker_order_no']};{vin_by_car[car['id']]};ENG{car['id']};HGZ{car['id']}" for car in cars
        )
        notice = self.keeper.create("dealer.vehicle.shipping.notice", {"purchase_id": order, "text": text})
        return self.keeper.call("dealer.vehicle.shipping.notice", "action_apply", notice)

    def receive(self, order):
        """Receive what was shipped, and let all of it pass the inspection with its certificate."""
        picking = self.keeper.search("stock.picking", [["purchase_id", "=", order], ["state", "!=", "done"]])
        self.keeper.call("stock.picking", "action_receive_shipped_cars", picking)
        inspections = self.keeper.search(
            "dealer.vehicle.inspection", [["picking_id", "in", picking], ["state", "=", "waiting"]]
        )
        self.keeper.write("dealer.vehicle.inspection", inspections, {"has_certificate": True, "odometer_km": 8})
        self.keeper.call("dealer.vehicle.inspection", "action_all_well", inspections)

    def stock(self, price):
        """Return a free car in stock that cost so much."""
        order, (car,) = self.order_cars([price])
        self.announce(order, {car: self.new_vin()})
        self.receive(order)
        return car

    # ------------------------------------------------------------------ selling

    def enquire(self, name):
        """Return the id of an enquiry of somebody new."""
        level = self.advisor.search("dealer.intent.level", [], limit=1)
        return self.advisor.create(
            "crm.lead",
            {
                "name": f"{name}: {self.trim['display_name']}",
                "type": "opportunity",
                "contact_name": name,
                "phone": f"139{next(self._vins):08d}",
                "intent_level_id": level[0] if level else False,
            },
        )

    @cached_property
    def reason(self):
        """Return the id of a reason to cut a price."""
        return self.root.search("dealer.discount.reason", [], limit=1)[0]

    def draft_contract(self, name, price=None):
        """Return the id of a contract for a new customer, at the list price or another, with a reason for it."""
        lead = self.enquire(name)
        action = self.advisor.call("crm.lead", "action_new_contract", lead)
        values = {
            key.removeprefix("default_"): value
            for key, value in action["context"].items()
            if key.startswith("default_")
        }
        contract = self.advisor.create(
            "dealer.contract", {**values, "product_id": self.trim["id"], "deposit_amount": 5000}
        )
        if price:
            line = self.car_line(contract)
            self.advisor.write("sale.order.line", line, {"price_unit": price})
        self.advisor.write("dealer.contract", contract, {"cut_reason_id": self.reason})
        return contract

    def car_line(self, contract):
        """Return the id of the order line that sells the car."""
        domain = [["dealer_contract_id", "=", contract], ["product_id.is_vehicle", "=", True]]
        return self.advisor.search("sale.order.line", domain)[0]

    def version(self, contract):
        """Return the id of the contract's newest version."""
        return self.advisor.read("dealer.contract", contract, ["current_version_id"])["current_version_id"][0]

    def approve(self, contract):
        """Submit as the advisor, approve as the manager, and as the general manager where the rules ask him."""
        self.advisor.call("dealer.contract", "action_submit", contract)
        self.manager.call("dealer.contract.version", "action_approve", self.version(contract))
        self.approve_above(contract)

    def approve_above(self, contract):
        """Approve as the general manager what is beyond the sales manager's limit."""
        version = self.version(contract)
        if self.root.read("dealer.contract.version", version, ["state"])["state"] == "under_review":
            self.gm.call("dealer.contract.version", "action_approve", version)

    def portal(self, path, token, **arguments):
        """Call a JSON route of the portal as the customer who has the link."""
        body = json.dumps({"jsonrpc": "2.0", "params": {"access_token": token, **arguments}}).encode()
        request = urllib.request.Request(
            f"{self.server.url}{path}", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def token(self, contract):
        """Return the secret of the link the customer got."""
        self.advisor.call("dealer.contract", "action_send_to_sign", contract)
        return self.root.read("dealer.contract", contract, ["access_token"])["access_token"]

    def token_of(self, contract):
        """Return the secret of the link of a contract whose customer has one."""
        return self.root.read("dealer.contract", contract, ["access_token"])["access_token"]

    def sign(self, contract, name):
        """Sign as the customer on the portal."""
        answer = self.portal(f"/my/contracts/{contract}/sign", self.token(contract), name=name, signature=SIGNATURE)
        assert answer["result"].get("force_refresh"), answer
        return answer

    def take_money(self, contract, amount, kind):
        """Take money at the cash desk for a contract."""
        journal = self.cashier.search(
            "account.journal", [["type", "=", "cash"], ["company_id", "=", self.company]], limit=1
        )
        values = {"contract_id": contract, "deposit_kind": kind, "amount": amount, "journal_id": journal[0]}
        wizard = self.cashier.create("dealer.contract.payment", values)
        self.cashier.call("dealer.contract.payment", "action_receive", wizard)

    def sign_and_hold(self, name, car, price=None, deposit=5000):
        """Return a signed contract that holds a car."""
        contract = self.draft_contract(name, price)
        self.approve(contract)
        self.sign(contract, name)
        self.take_money(contract, deposit, "earnest")
        self.advisor.call("dealer.contract", "action_allocate", contract, vehicle_id=car)
        return contract

    def prepare_delivery(self, contract):
        """Return the delivery of a contract with its checklist ticked and its form signed."""
        action = self.advisor.call("dealer.contract", "action_prepare_delivery", contract)
        delivery = action["res_id"]
        lines = self.advisor.search("dealer.delivery.line", [["delivery_id", "=", delivery], ["is_done", "=", False]])
        self.advisor.call("dealer.delivery.line", "action_toggle", lines)
        self.prepare_delivery_signature(delivery)
        return delivery

    def prepare_delivery_signature(self, delivery):
        """Put the customer's signature under the hand-over form."""
        values = {"delivery_id": delivery, "signer": "Customer", "signature": SIGNATURE}
        self.advisor.call("dealer.delivery.sign", "action_sign", self.advisor.create("dealer.delivery.sign", values))

    def run_job(self, xmlid):
        """Run a scheduled job now; the served demonstration runs none by itself.

        :param str xmlid: of the ``ir.cron``
        """
        module, name = xmlid.split(".")
        row = self.root.find("ir.model.data", [["module", "=", module], ["name", "=", name]], ["res_id"])[0]
        self.root.call("ir.cron", "method_direct_trigger", row["res_id"])

    # ------------------------------------------------------------------ servicing

    def tomorrow(self, hour):
        """Return a moment of tomorrow as Odoo writes it (UTC)."""
        day = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1)
        return f"{day:%Y-%m-%d} {hour:02d}:00:00"

    def technician_id(self, login="technician"):
        """Return the employee behind a technician's login."""
        domain = [["user_id.login", "=", f"{self.key}.{login}"], ["company_id", "=", self.company]]
        return self.root.search("hr.employee", domain)[0]

    def part(self, minimum, on_hand):
        """Return a part with a price, a cost, a supplier, a minimum, and so many on the shelf of the site."""
        number = f"E2E-{self.key}-{next(self._vins)}"
        supplier = self.buyer.create("res.partner", {"name": f"Parts supplier {self.key}", "is_company": True})
        values = {
            "name": "Brake pads",
            "is_part": True,
            "default_code": number,
            "list_price": 480,
        }
        template = self.parts.create("product.template", values)
        part = self.parts.search("product.product", [["product_tmpl_id", "=", template]])[0]
        offer = {"partner_id": supplier, "product_tmpl_id": template, "price": 210, "company_id": self.company}
        self.buyer.create("product.supplierinfo", offer)
        order = self.buyer.create(
            "purchase.order",
            {
                "partner_id": supplier,
                "order_line": [
                    [0, 0, {"product_id": part, "product_qty": on_hand, "price_unit": 210, "tax_ids": [[5]]}]
                ],
            },
        )
        self.buyer.call("purchase.order", "button_confirm", order)
        picking = self.parts.search("stock.picking", [["purchase_id", "=", order]])
        assert self.parts.call("stock.picking", "button_validate", picking, context={"skip_sms": True}) is True
        location = self.root.read("stock.warehouse", self.site, ["lot_stock_id"])["lot_stock_id"][0]
        self.parts.create(
            "stock.warehouse.orderpoint",
            {
                "product_id": part,
                "location_id": location,
                "warehouse_id": self.site,
                "product_min_qty": minimum,
                "product_max_qty": minimum + 5,
                "trigger": "manual",
            },
        )
        return part

    def decide_internal_work(self, kind, treatment):
        """Let the accountant say where the cost of one kind of internal work on new cars goes."""
        rows = self.accountant.search(
            "dealer.internal.policy",
            [["company_id", "=", self.company], ["repair_kind", "=", kind], ["condition", "=", "new"]],
        )
        if rows:
            self.accountant.call("dealer.internal.policy", "unlink", rows)
        expense = self.accountant.search(
            "account.account", [["account_type", "=", "expense"], ["company_ids", "in", [self.company]]], limit=1
        )
        values = {"repair_kind": kind, "condition": "new", "treatment": treatment, "company_id": self.company}
        self.accountant.create("dealer.internal.policy", {**values, "expense_account_id": expense[0], "labour_cost": 0})

    def do_internal_job(self, car, kind, part):
        """Do one internal job with one part on a car of ours, from the order to its settlement."""
        work = {"name": f"Internal: {kind}", "repair_kind": kind, "pay_type": "internal"}
        visit = {"dealer_vehicle_id": car, "repair_kind": kind, "odometer_km": 9}
        order, job = self.check_in(visit, work, part)
        self.issue(job)
        self.work_and_check(order, job)
        self.service.call("repair.order", "action_settle", order)
        return order

    def visit(self, part):
        """Return (order, job) of a customer's car that is checked in for one operation with one part."""
        owner = self.service.create("res.partner", {"name": f"Owner {next(self._vins)}"})
        car = self.keeper.create("dealer.vehicle", {"vin": self.new_vin(), "condition": "used", "owner_id": owner})
        return self.check_in({"dealer_vehicle_id": car, "odometer_km": 12_000}, {"name": "Brakes squeal"}, part)

    def check_in(self, visit, work, part):
        """Return (order, job) of a visit that is checked in for one operation with one part.

        :param dict visit: values of the order
        :param dict work: values of its job
        """
        order = self.service.create("repair.order", visit)
        job = self.service.create(
            "dealer.job",
            {
                **work,
                "order_id": order,
                "line_ids": [[0, 0, {"operation_id": self.operation}]],
                "assignment_ids": [[0, 0, {"employee_id": self.technician_id(), "share": 100}]],
            },
        )
        self.service.create("dealer.job.part", {"job_id": job, "product_id": part, "quantity": 1})
        self.service.call("repair.order", "action_check_in", order)
        return order, job

    @cached_property
    def operation(self):
        """Return an operation of the catalogue."""
        domain = [["company_id", "in", [False, self.company]]]
        return self.service.search("dealer.operation", domain, limit=1)[0]

    def issue(self, job):
        """Let the parts keeper issue what a job needs and return its part lines."""
        parts = self.parts.search("stock.move", [["job_id", "=", job], ["repair_line_type", "=", "add"]])
        self.parts.call("stock.move", "action_issue_parts", parts)
        return parts

    def free_technician(self):
        """Clock the technician off whatever he is on: one clock runs at a time."""
        running = [["date_to", "=", False], ["employee_id", "=", self.technician_id()]]
        clocks = self.workshop.find("dealer.job.clock", running, ["job_id"])
        for clock in clocks:
            self.technician.call("dealer.job", "action_clock_off", clock["job_id"][0])

    def work_and_check(self, order, job):
        """Clock on and off, finish the job, and let somebody else check it."""
        self.free_technician()
        self.technician.call("dealer.job", "action_clock_on", job)
        self.technician.call("dealer.job", "action_clock_off", job)
        self.technician.call("dealer.job", "action_done", job)
        self.inspector.call("repair.order", "action_quality_pass", order)

    def named(self, name):
        """Return the id of a record the demonstration named."""
        domain = [["module", "=", "__dealer_demo__"], ["name", "=", name]]
        return self.root.find("ir.model.data", domain, ["res_id"])[0]["res_id"]

    def claim(self):
        """Return the id of a claim on the maker that waits to be submitted: its work is done, checked and settled."""
        owner = self.service.create("res.partner", {"name": f"Owner {next(self._vins)}"})
        warranty = {"kind": "maker", "date_start": f"{datetime.now(UTC):%Y-01-01}", "months": 36}
        facts = {"vin": self.new_vin(), "condition": "used", "owner_id": owner, "warranty_ids": [[0, 0, warranty]]}
        car = self.keeper.create("dealer.vehicle", facts)
        visit = {"dealer_vehicle_id": car, "odometer_km": 12_000}
        work = {"name": "Soft pedal", "pay_type": "warranty", "cause": "Fluid old", "correction": "Fluid changed"}
        order, job = self.check_in(visit, work, self.part(minimum=1, on_hand=2))
        payer = self.service.search("dealer.job.split", [["job_id", "=", job]])
        self.service.write("dealer.job.split", payer, {"partner_id": self.named(f"supplier_{self.key}")})
        self.issue(job)
        self.work_and_check(order, job)
        self.service.call("repair.order", "action_settle", order)
        return self.warranty.search("dealer.claim", [["order_id", "=", order]])[0]

    def journal_items(self, domain, *names):
        """Return journal items as the accountant reads them."""
        return self.accountant.find(
            "account.move.line",
            [["parent_state", "=", "posted"], *domain],
            ["debit", "credit", "balance", "account_id", "move_id", *names],
        )


def plain(html):
    """Return the words of a page, for looking at what a customer reads.

    >>> plain("<p>A <b>car</b></p>")
    'A car'
    """
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())
