from datetime import datetime

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.dealer_vehicle.tests.common_system_fields import SystemFieldsMixin

from .common_parts import DealerWorkshopPartsCommon

# Every role that may write anything the workshop keeps.
ROLES = (
    "dealer_workshop.group_technician",
    "dealer_workshop.group_quality_inspector",
    "dealer_workshop.group_dispatcher",
    "dealer_workshop.group_service_advisor",
    "dealer_workshop.group_workshop_manager",
    "dealer_parts.group_parts_keeper",
    "dealer_vehicle.group_stock_keeper",
    "dealer_vehicle.group_buyer",
    "dealer_vehicle.group_dealer_admin",
    "dealer_vehicle.group_general_manager",
    "stock.group_stock_manager",
    "sales_team.group_sale_manager",
    "account.group_account_manager",
)
# Fields people may write although the screen shows them read only, and why that opens nothing.
ACCEPTED = {
    ("account.move", "dealer_claim_id"): "a heading: what a claim is worth stands on its lines",
    ("account.move", "dealer_repair_id"): "whoever writes entries may book anything; credit notes take it along",
    ("stock.picking", "dealer_repair_id"): "a heading: which part an issue serves stands on its moves",
}


@tagged("post_install", "-at_install", "dealer")
class TestSystemFields(SystemFieldsMixin, DealerWorkshopPartsCommon):
    """What the system computes or writes by its steps is refused, or computed again, when a role types it."""

    accepted = ACCEPTED

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = [
            cls._make_user(f"s_{role.split('.')[1]}", f"dealer_vehicle.group_vehicle_user,{role}") for role in ROLES
        ]

    def _records(self):
        """Return one record of each model the workshop keeps, on orders in work and one settled."""
        order, settled = self._checked_in(2), self._make_ready(self._checked_in(1))
        self._issue(order)
        self._ask(order, 1)
        job = order.job_ids.with_user(self.technician)
        job.action_clock_on()
        job.action_clock_off()
        settled.action_settle()
        appointment = self.env["dealer.appointment"].create(
            {
                "site_id": self.site.id,
                "vehicle_id": self.car.id,
                "date_from": datetime(2030, 5, 6, 8),
                "bay_id": self.bay.id,
                "line_ids": [Command.create({"operation_id": self.operation.id})],
            }
        )
        order, job = order.sudo(), job.sudo()
        part = self._lines(order)[:1]
        return [
            *(order, job, job.line_ids, job.split_ids, job.assignment_ids, job.clock_ids, job.part_ids[:1]),
            *(part, part.dealer_issue_move_ids[:1], part.dealer_issue_move_ids.picking_id[:1]),
            *(appointment, appointment.line_ids),
            *(settled.sudo().payer_order_ids, settled.sudo().invoice_ids),
        ]

    def _is_ours(self, record, name):
        field = record._fields[name]
        is_protected = hasattr(record, "_get_protected_fields") and name in record._get_protected_fields()
        return field.readonly and (is_protected or "dealer_workshop" in field._modules)

    def test_no_role_types_what_the_system_writes(self):
        expected = {
            ("dealer.appointment", "date_to"),
            ("dealer.job", "labour_hours"),
            ("dealer.job.line", "price"),
            ("repair.order", "settled_on"),
            ("sale.order", "dealer_repair_id"),
            ("stock.move", "dealer_issued_qty"),
            ("stock.move", "dealer_requested_qty"),
            ("stock.move", "dealer_part_move_id"),
        }
        self.assertNobodyTypes(self._records(), self.users, expected)

    def test_nor_when_it_is_created(self):
        """The same fields given to a new record, in its values or as a default of the screen."""
        order = self._checked_in(0)
        line = {"job_id": order.job_ids.id, "operation_id": self.operation.id}
        lines = self.env["dealer.job.line"].with_user(self.advisor)
        with self.assertRaisesRegex(UserError, "cannot be typed"):
            lines.create({**line, "price": 1.0})
        self.assertEqual(lines.with_context(default_price=1.0).create(line).price, 300.0)
        move = {
            "product_id": self.part.id,
            "product_uom_qty": 1,
            "location_id": self.shelf.id,
            "location_dest_id": self.wip.id,
            "company_id": self.company.id,
        }
        moves = self.env["stock.move"].with_user(self.keeper)
        with self.assertRaisesRegex(UserError, "cannot be typed"):
            moves.create({**move, "dealer_issued_qty": 1.0})
        self.assertEqual(moves.with_context(default_dealer_issued_qty=1.0).create(move).dealer_issued_qty, 0.0)

    def test_no_foreign_transfer_counts_as_issued(self):
        """A done transfer linked to a part afterwards would pass for its issue."""
        order = self._checked_in(2)
        part = self._lines(order)
        done = self._receive(self.part, 2, 300.0)
        keeper = self._make_user("s_keeper_2", "stock.group_stock_manager,dealer_vehicle.group_vehicle_user")
        for record, vals in (
            (done, {"dealer_part_move_id": part.id}),
            (part, {"dealer_issue_move_ids": [Command.link(done.id)]}),
        ):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "cannot be typed"):
                record.with_user(keeper).write(vals)
        self.assertEqual(part.dealer_issued_qty, 0.0)
