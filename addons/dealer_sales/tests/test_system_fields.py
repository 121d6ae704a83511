from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.dealer_vehicle.tests.common_system_fields import SystemFieldsMixin

from ..models.sale_order import AMOUNTS
from ..models.sale_order_line import DERIVED_FIELDS
from .test_dealer_delivery import DealerDeliveryCommon

# Every role that may write something of a deal, with the rights of Odoo's own people
ROLES = (
    "dealer_sales.group_receptionist",
    "dealer_sales.group_sales_advisor",
    "dealer_sales.group_fni",
    "dealer_sales.group_sales_manager",
    "dealer_vehicle.group_stock_keeper",
    "dealer_vehicle.group_buyer",
    "dealer_vehicle.group_general_manager",
    "dealer_vehicle.group_dealer_admin",
    "sales_team.group_sale_manager",
    "stock.group_stock_manager",
    "account.group_account_manager",
)
# Fields people may write although the screen shows them read only, and why that opens nothing
ACCEPTED = {
    ("res.partner", "phone_key"): "a help for the search; who writes it may write the phone number too",
    ("res.partner", "birthday_key"): "a help for the search; who writes it may write the date of birth too",
}


@tagged("post_install", "-at_install", "dealer")
class TestSystemFields(SystemFieldsMixin, DealerDeliveryCommon):
    """What the system computes or writes by its acts is refused, or computed again, when a role types it."""

    accepted = ACCEPTED

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = [
            cls._create_user(f"sales_{role.split('.')[1]}_x", f"dealer_vehicle.group_vehicle_user,{role}")
            for role in ROLES
        ]

    def _records(self):
        """Return one record of each model a deal writes: a draft, and a deal before its hand-over."""
        draft = self._create_contract(user_id=False)
        draft.action_submit()
        lead = self.env["crm.lead"].create({"name": "Visit", "type": "opportunity", "user_id": False})
        sold = self._create_contract(deposit_amount=500.0, lead_id=lead.id)
        self._approve(sold)
        sold.sudo()._sign("Anna Buyer", b"aGVsbG8=")
        self._receive(sold)
        sold.action_allocate(self.car.id)
        self._invoice(sold)
        delivery = self._prepare(sold)
        sold, delivery = sold.sudo(), delivery.sudo()
        sold.user_id = False
        delivery.user_id = False
        template = self.env["dealer.contract.template"].search([("line_ids", "!=", False)], limit=1)
        return [
            *(draft.sudo(), draft.sudo().sale_order_id, draft.sudo().order_line_ids[:1]),
            *(sold, sold.sale_order_id, sold.order_line_ids[:1], sold.signed_version_id),
            *(sold.payment_ids, sold.invoice_ids, sold.vehicle_id.hold_id, sold.vehicle_id),
            *(delivery, delivery.line_ids[:1], lead, self.customer),
            *(template, template.line_ids[:1], self.env["dealer.intent.level"].search([], limit=1)),
        ]

    def _is_ours(self, record, name):
        core = {"sale.order": AMOUNTS, "sale.order.line": DERIVED_FIELDS}.get(record._name, set())
        field = record._fields[name]
        return name in core or (field.readonly and "dealer_sales" in field._modules)

    def test_no_role_types_what_the_system_writes(self):
        expected = {
            ("dealer.contract", "amount_total"),
            ("dealer.contract", "amount_car"),
            ("dealer.contract", "version_state"),
            ("dealer.delivery", "vehicle_id"),
            ("dealer.delivery.line", "company_id"),
            ("sale.order", "amount_total"),
            ("sale.order.line", "price_total"),
            ("sale.order.line", "nature"),
            ("account.move", "dealer_contract_id"),
        }
        self.assertNobodyTypes(self._records(), self.users, expected)

    def test_nor_when_it_is_created(self):
        """The same fields given to a new record, in its values or as a default of the screen."""
        contract = self._create_contract()
        line = {"order_id": contract.sale_order_id.id, "product_id": self.other_trim.id}
        lines = self.env["sale.order.line"].with_user(self.advisor)
        for vals in ({"nature": "pass_through"}, {"price_total": 1.0}):
            with self.subTest(vals), self.assertRaisesRegex(AccessError, "cannot be typed"):
                lines.create({**line, **vals})
            with self.subTest(vals), self.assertRaisesRegex(AccessError, "cannot be typed"):
                contract.write({"order_line_ids": [Command.update(contract.order_line_ids[0].id, vals)]})
        made = lines.with_context(default_nature="pass_through", default_price_total=1.0).create(line)
        self.assertEqual((made.nature, made.price_total), ("own", 34500.0))
        with self.assertRaisesRegex(AccessError, "cannot be typed"):
            self._create_contract(amount_total=1.0)
        contracts = self.env["dealer.contract"].with_user(self.advisor).with_context(default_amount_total=1.0)
        contract = contracts.create({"partner_id": self.customer.id, "product_id": self.trim.id})
        self.assertEqual(contract.amount_total, contract.sale_order_id.amount_total)

    def test_somebody_elses_invoice_is_not_ours(self):
        """A paid invoice linked to a line of the deal would bring its money along."""
        invoice = self._invoice(self._create_sold(500.0))
        contract = self._create_signed()
        with self.assertRaisesRegex(AccessError, "cannot be typed"):
            contract.order_line_ids[0].write({"invoice_lines": [Command.link(invoice.invoice_line_ids[0].id)]})
        self.assertFalse(contract._is_invoiced())
