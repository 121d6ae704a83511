from odoo import fields, models

from .dealer_vehicle_facts import LEFT


class DealerVehicle(models.Model):
    """What people do on the car's screen, and what the screen says is missing."""

    _name = "dealer.vehicle"
    _inherit = ["dealer.vehicle", "dealer.gate.mixin"]

    image_128 = fields.Image(related="series_id.image_128")
    hold_user_id = fields.Many2one(related="hold_id.user_id", string="Held by")
    hold_partner_id = fields.Many2one(related="hold_id.partner_id", string="Held for")
    hold_until = fields.Datetime(related="hold_id.date_to", string="Held until")
    sale_count = fields.Integer("Number of Sales", compute="_compute_sale_count", compute_sudo=True)

    def _compute_sale_count(self):
        counts = dict(
            self.env["sale.order.line"]._read_group(
                [("dealer_vehicle_id", "in", self.ids), ("state", "!=", "cancel")],
                ["dealer_vehicle_id"],
                ["order_id:count_distinct"],
            )
        )
        for vehicle in self:
            vehicle.sale_count = counts.get(vehicle._origin, 0)

    # ------------------------------------------------------------------ gates

    def _gates(self):
        """Return what a car of ours needs until it can be sold and handed over.

        Cars we only service, and cars that left, have none.
        """
        self.ensure_one()
        if not self._is_ours() or self.place in LEFT:
            return []
        vehicle = self.sudo()
        arrived = vehicle.place == "at_site"
        keeper = "dealer_vehicle.group_stock_keeper"
        return [
            self._prepare_gate(
                "vin", self.env._("VIN known"), bool(vehicle.vin), "dealer_vehicle.group_buyer", "action_open_purchase"
            ),
            self._prepare_gate("received", self.env._("At a site"), arrived, keeper, "action_open_receipt"),
            self._prepare_gate(
                "inspected",
                self.env._("Receiving inspection passed"),
                vehicle.is_inspected,
                keeper,
                "action_open_inspection",
            ),
            self._prepare_papers_gate(keeper),
            self._prepare_tasks_gate(keeper),
            self._prepare_gate("stop_sale", self.env._("No stop-sale"), not vehicle.has_stop_sale, keeper),
        ]

    def _prepare_gate(self, code, label, done, role, action=False, hint="", stage="sale"):
        """Return one gate in the shape ``_gates()`` promises."""
        return {
            "code": code,
            "label": label,
            "stage": stage,
            "done": done,
            "role": role,
            "action": action,
            "hint": hint,
        }

    def _prepare_papers_gate(self, role):
        missing = self._get_missing_papers("delivery")
        return self._prepare_gate(
            "papers",
            self.env._("Papers and keys in house"),
            not missing,
            role,
            action="action_open_documents",
            hint=", ".join(missing),
            stage="delivery",
        )

    def _prepare_tasks_gate(self, role):
        tasks = self.sudo().task_ids.filtered(lambda task: task.is_before_delivery and task.state == "open")
        return self._prepare_gate(
            "tasks",
            self.env._("Tasks before hand-over done"),
            not tasks,
            tasks[:1].role_id.get_external_id().get(tasks[:1].role_id.id) or role,
            action="action_open_tasks",
            hint=", ".join(tasks.mapped("name")),
            stage="delivery",
        )

    # ------------------------------------------------------------------ actions

    def action_hold(self):
        """Open a dialogue that holds the car for somebody."""
        self.ensure_one()
        self._check_not_held()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Hold %(car)s", car=self.display_name),
            "res_model": "dealer.vehicle.hold",
            "view_mode": "form",
            "views": [(self.env.ref("dealer_vehicle.dealer_vehicle_hold_view_form_dialog").id, "form")],
            "target": "new",
            "context": {"default_vehicle_id": self.id},
        }

    def action_release_hold(self):
        """Release the live hold of the car."""
        return self.hold_id.action_release()

    def action_open_documents(self):
        """Open the papers and keys of the car."""
        return self._get_related_action("dealer_vehicle.dealer_vehicle_document_action")

    def action_open_tasks(self):
        """Open the tasks on the car."""
        return self._get_related_action("dealer_vehicle.dealer_vehicle_task_action")

    def action_open_holds(self):
        """Open the holds on the car, past ones included."""
        return self._get_related_action("dealer_vehicle.dealer_vehicle_hold_action")

    def action_open_inspection(self):
        """Open the receiving inspections of the car."""
        return self._get_related_action("dealer_vehicle.dealer_vehicle_inspection_action")

    def action_open_receipt(self):
        """Open the transfers the car arrives with."""
        action = self.env["ir.actions.act_window"]._for_xml_id("stock.action_picking_tree_all")
        moves = self.stock_move_ids.filtered(lambda move: move.state not in ("done", "cancel"))
        action["domain"] = [("id", "in", moves.picking_id.ids)]
        action["context"] = {}
        return action

    def _get_related_action(self, xmlid):
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("vehicle_id", "in", self.ids)]
        action["context"] = {"default_vehicle_id": self[:1].id}
        return action

    def action_open_purchase(self):
        """Open the purchase order the car was ordered with."""
        return self.purchase_line_id.order_id.get_formview_action()

    def action_open_sales(self):
        """Open the sales orders of the car."""
        orders = self.sale_line_ids.order_id
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        action["domain"] = [("id", "in", orders.ids)]
        action["context"] = {}
        return action

    def action_open_stock_moves(self):
        """Open every stock move of the car."""
        action = self.env["ir.actions.act_window"]._for_xml_id("stock.stock_move_line_action")
        action["domain"] = [("lot_id", "in", self.sudo().lot_id.ids)]
        action["context"] = {"create": False}
        return action
