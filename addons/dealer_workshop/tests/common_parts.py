from .common import DealerWorkshopCommon


class DealerWorkshopPartsCommon(DealerWorkshopCommon):
    """The workshop with ten brake pad sets on the shelf, bought at 300, and a way through the whole visit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wip = cls.site.dealer_wip_location_id
        cls.shelf = cls.site.lot_stock_id
        cls.supplier_location = cls.env.ref("stock.stock_location_suppliers")
        cls._receive(cls.part, 10, 300.0)

    @classmethod
    def _receive(cls, part, quantity, unit_cost, site=None):
        """Receive parts at a known cost, by a valued move as a purchase makes it.

        :param part: ``product.product``
        :param float quantity: in the part's unit
        :param float unit_cost: company currency
        :return: done ``stock.move``
        """
        move = cls.env["stock.move"].create(
            {
                "product_id": part.id,
                "product_uom_qty": quantity,
                "location_id": cls.supplier_location.id,
                "location_dest_id": (site or cls.site).lot_stock_id.id,
                "company_id": cls.company.id,
                "picking_type_id": (site or cls.site).in_type_id.id,
            }
        )
        move._action_confirm()
        move.write({"quantity": quantity, "picked": True})
        move._action_done()
        move.value_manual = quantity * unit_cost
        return move

    def _checked_in(self, quantity=1.0, **vals):
        """Return an order with one part on its job, checked in by the advisor."""
        order = self._make_order(**vals)
        if quantity:
            self._ask(order, quantity)
        order.action_check_in()
        return order

    def _ask(self, order, quantity=1.0, user=None, part=None):
        """Ask for parts on the first job; return the part line (``stock.move``, superuser)."""
        row = (
            self.env["dealer.job.part"]
            .with_user(user or self.advisor)
            .create({"job_id": order.job_ids[:1].id, "product_id": (part or self.part).id, "quantity": quantity})
        )
        return self.env["stock.move"].browse(row.id)

    def _lines(self, order):
        """Return the part lines of an order, superuser."""
        return order.sudo().move_ids.filtered(lambda move: move._is_workshop_part())

    def _requests(self, order):
        return self._lines(order).dealer_issue_move_ids.filtered(lambda move: move._is_part_request())

    def _issue(self, order, user=None):
        return order.with_user(user or self.keeper).action_issue_parts()

    def _make_ready(self, order):
        """Take an order from check-in to the end of its quality check."""
        if self._requests(order):
            self._issue(order)
        self._work(order)
        order.with_user(self.inspector).action_quality_pass()
        self.assertEqual(order.stage, "ready")
        return order

    def _on_hand(self, location, part=None):
        """Return the quantity in a location as quants and as moves tell it; they must agree."""
        part = part or self.part
        quants = self.env["stock.quant"].search([("product_id", "=", part.id), ("location_id", "=", location.id)])
        lines = self.env["stock.move.line"].search([("product_id", "=", part.id), ("state", "=", "done")])
        moved = sum(
            line.quantity_product_uom * ((line.location_dest_id == location) - (line.location_id == location))
            for line in lines
        )
        self.assertAlmostEqual(sum(quants.mapped("quantity")), moved)
        self.assertFalse(quants.filtered(lambda quant: quant.quantity < 0))
        return moved
