from odoo import api, fields, models
from odoo.tools.misc import clean_context


class RepairOrder(models.Model):
    """How the parts of a workshop order get to the car: issued to work in progress, used up when it is finished."""

    _inherit = "repair.order"

    issue_picking_ids = fields.One2many(
        "stock.picking",
        "dealer_repair_id",
        string="Issues and Returns",
        readonly=True,
        copy=False,
        groups="stock.group_stock_user",
    )

    # --- computes -----------------------------------------------------------------------

    @api.depends("picking_type_id", "dealer_vehicle_id")
    def _compute_location_id(self):
        res = super()._compute_location_id()
        for order in self.filtered("dealer_vehicle_id"):
            order.location_id = order._get_wip_location() or order.location_id
        return res

    @api.depends("move_ids.dealer_issued_qty", "move_ids.product_uom_qty")
    def _compute_stage(self):
        return super()._compute_stage()

    # --- actions ------------------------------------------------------------------------

    def action_issue_parts(self):
        """Issue every part these orders wait for, as far as it is on the shelf.

        :return: True, or a notification that names what is missing
        :raises AccessError: the user is no parts keeper
        :raises UserError: nothing is to be issued, or nothing of it is on the shelf
        Source: practice P35
        """
        self.check_access("read")
        return self.move_ids.filtered(lambda move: move.state not in ("draft", "done", "cancel")).action_issue_parts()

    def action_view_issues(self):
        """Open the transfers by which parts went to this order and came back.

        :return: window action on ``stock.picking``
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("stock.action_picking_tree_all")
        return action | {"domain": [("dealer_repair_id", "=", self.id)], "context": {}}

    def action_repair_done(self):
        """Use the parts up; refused while one is neither used nor back on the shelf.

        Checked here and not only on the moves: core would cancel parts that were never issued without a word.
        """
        self.filtered("dealer_vehicle_id").move_ids._check_parts_closed()
        return super().action_repair_done()

    # --- business -----------------------------------------------------------------------

    def _get_wip_location(self):
        """Return where parts issued to this order lie: work in progress of its site.

        :return: ``stock.location``
        """
        self.ensure_one()
        return self.picking_type_id.warehouse_id.dealer_wip_location_id

    def _get_open_issue(self):
        """Return the transfer that collects what this order asks of the store; makes one if there is none.

        :return: ``stock.picking``, not done
        """
        self.ensure_one()
        site = self.picking_type_id.warehouse_id
        picking = self.env["stock.picking"].search(
            [
                ("dealer_repair_id", "=", self.id),
                ("picking_type_id", "=", site.dealer_issue_type_id.id),
                ("location_dest_id", "=", self._get_wip_location().id),
                ("state", "not in", ("done", "cancel")),
            ],
            limit=1,
        )
        return picking or self._create_issue_picking()

    def _create_issue_picking(self, is_return=False):
        """Create an empty transfer from the shelf to work in progress, or the way back.

        :param bool is_return: from work in progress to the shelf
        :return: ``stock.picking``
        """
        picking = self.env["stock.picking"].with_context(clean_context(self.env.context))
        return picking.create(self._prepare_issue_picking(is_return))

    def _prepare_issue_picking(self, is_return):
        self.ensure_one()
        site = self.picking_type_id.warehouse_id
        ways = [site.lot_stock_id.id, self._get_wip_location().id]
        source, target = reversed(ways) if is_return else ways
        return {
            "picking_type_id": site.dealer_issue_type_id.id,
            "location_id": source,
            "location_dest_id": target,
            "company_id": self.company_id.id,
            "origin": self.name,
            "dealer_repair_id": self.id,
            "scheduled_date": self.promised_date or fields.Datetime.now(),
        }

    def _has_parts_to_issue(self):
        self.ensure_one()
        return bool(self._get_parts_to_issue())

    def _get_parts_to_issue(self):
        """Return the parts asked for that are still on the shelf.

        :return: ``stock.move``, as superuser
        """
        self.ensure_one()
        # Narrow sudo: a stage says whether a part is missing, to people who may not read stock.
        return self.sudo().move_ids.filtered(
            lambda part: part._is_workshop_part()
            and part.state not in ("done", "cancel")
            and part.product_uom.compare(part.dealer_issued_qty, part.product_uom_qty) < 0
        )

    def _has_issued_parts(self):
        self.ensure_one()
        # Narrow sudo: whether a part is out, told to people who may not read stock.
        return any(part.dealer_issued_qty > 0 for part in self.sudo().move_ids)
