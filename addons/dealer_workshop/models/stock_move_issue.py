from odoo import Command, api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL
from odoo.tools.misc import clean_context

from .stock_move import CLOSED

KEEPER = "dealer_parts.group_parts_keeper"


class StockMove(models.Model):
    """What the store does for the workshop: requests, issues, returns, and what it refuses."""

    _inherit = "stock.move"

    # --- actions ------------------------------------------------------------------------

    def action_issue_parts(self):
        """Issue parts from the shelf to their jobs: what is there now goes, the rest stays requested.

        Works on part lines and on open requests.

        :return: True, or a notification that names what could not be issued
        :raises AccessError: the user is no parts keeper
        :raises UserError: nothing of it is on the shelf; names the parts and the next step
        Source: practice P35
        """
        self._check_may_issue()
        parts = self.filtered(lambda move: move._is_workshop_part()) | self.dealer_part_move_id
        # Narrow sudo: the role is checked, the moves are the user's to read; jobs and orders are not his to write.
        return parts.sudo()._issue_parts()

    def action_return_parts(self, quantity=None):
        """Take issued parts back from the workshop to the shelf; the job then needs that much less.

        :param float quantity: in the unit of the part line; empty takes back all that is out. Only for one line
        :raises AccessError: the user is no parts keeper
        :raises UserError: less is out than is to be returned, or the part was used up
        Source: practice P35
        """
        self._check_may_issue()
        parts = self.filtered(lambda move: move._is_workshop_part()) | self.dealer_part_move_id
        # Narrow sudo: the role is checked, the moves are the user's to read; jobs and orders are not his to write.
        for part in parts.sudo():
            part._return_part(quantity if quantity is not None else part.dealer_issued_qty)
        return True

    # --- business: requests -------------------------------------------------------------

    def _request_parts(self):
        """Keep the open requests to the store equal to what these part lines still need.

        Side effects: issues are created, reduced or cancelled; core reserves the shelf and lets reordering rules
        see the demand.
        """
        waiting = self.filtered(lambda part: part.state not in ("draft", *CLOSED))
        new = self.browse()
        for order, parts in waiting.grouped("repair_id").items():
            short = parts.filtered(lambda part: part.product_uom.compare(part._get_missing_qty(), 0) > 0)
            if short:
                picking = order._get_open_issue()
                new |= self._create_clean([part._prepare_request(picking, part._get_missing_qty()) for part in short])
            for part in parts - short:
                part._reduce_requests(-part._get_missing_qty())
        if new:
            new._action_confirm()._trigger_scheduler()

    def _get_missing_qty(self):
        """Return what is needed and neither issued nor requested; negative when too much is requested."""
        self.ensure_one()
        return self.product_uom_qty - self.dealer_issued_qty - self.dealer_requested_qty

    def _prepare_request(self, picking, quantity):
        """Return the values of the issue that brings this part line ``quantity`` pieces.

        :param picking: ``stock.picking`` of the order, not done
        :param float quantity: in the unit of the part line
        :return: dict for :meth:`create`
        """
        self.ensure_one()
        return {
            "picking_id": picking.id,
            "picking_type_id": picking.picking_type_id.id,
            "location_id": picking.location_id.id,
            "location_dest_id": self.location_id.id,
            "company_id": self.company_id.id,
            "origin": self.repair_id.name,
            "date": picking.scheduled_date,
            "product_id": self.product_id.id,
            "product_uom": self.product_uom.id,
            "product_uom_qty": quantity,
            "dealer_part_move_id": self.id,
            "job_id": self.job_id.id,
            "move_dest_ids": [Command.link(self.id)],
            # A withdrawn request must not cancel the job's part.
            "propagate_cancel": False,
        }

    def _reduce_requests(self, quantity):
        """Withdraw requests that are not needed any more, the youngest first.

        :param float quantity: in the unit of the part line; nothing happens at 0
        """
        self.ensure_one()
        for request in self.dealer_issue_move_ids.filtered(lambda move: move._is_part_request()).sorted("id", True):
            if self.product_uom.compare(quantity, 0) <= 0:
                return
            asked = request._get_qty_in_unit_of(self)
            if self.product_uom.compare(asked, quantity) <= 0:
                request._action_cancel()
            else:
                request.product_uom_qty = self.product_uom._compute_quantity(asked - quantity, request.product_uom)
            quantity -= asked

    # --- business: issue and return -----------------------------------------------------

    def _lock_parts(self):
        """Wait for whoever issues or returns these part lines right now.

        He writes the lines; a snapshot from before his commit is refused by the database, the call starts again and
        sees what he did.
        """
        self.env.execute_query(SQL("SELECT id FROM stock_move WHERE id IN %s ORDER BY id FOR UPDATE", tuple(self.ids)))

    def _issue_parts(self):
        if self:
            self._lock_parts()
        self._request_parts()
        requests = self.dealer_issue_move_ids.filtered(lambda move: move._is_part_request())
        if not requests:
            raise UserError(self.env._("Nothing is to be issued: no part is waiting."))
        requests._action_assign()
        ready = requests.filtered(lambda move: move.product_uom.compare(move.quantity, 0) > 0)
        if not ready:
            raise UserError(self._get_shortage_message(requests))
        ready.picked = True
        for company, moves in ready.grouped("company_id").items():
            moves.with_company(company)._action_done()
        left = self.dealer_issue_move_ids.filtered(lambda move: move._is_part_request())
        return self._notify_shortage(left) if left else True

    def _get_shortage_message(self, requests):
        lines = [
            self.env._(
                "%(part)s for %(order)s: %(wanted)s %(unit)s wanted, %(free)s on the shelf",
                part=request.product_id.display_name,
                order=request.dealer_repair_id.display_name,
                wanted=request.product_uom_qty,
                unit=request.product_uom.name,
                free=request.dealer_shelf_qty,
            )
            for request in requests
        ]
        return self.env._(
            "%(parts)s.\nReceive or transfer the part first, or order it under Parts / To Order.",
            parts=";\n".join(lines),
        )

    def _notify_shortage(self, requests):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "title": self.env._("Not everything was on the shelf"),
                "message": self._get_shortage_message(requests),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _return_part(self, quantity):
        """Take ``quantity`` of one part line back to the shelf.

        :param float quantity: in the unit of the part line
        :raises UserError: less is out, or the part was used up
        """
        self.ensure_one()
        self._lock_parts()
        self._check_may_return(quantity)
        self._do_unreserve()
        back = self._create_clean([self._prepare_return(quantity)])
        back._action_confirm(merge=False)
        back._action_assign()
        back.picked = True
        back.with_company(self.company_id)._action_done()
        self.filtered(lambda part: part.state not in CLOSED)._action_assign()

    def _prepare_return(self, quantity):
        """Return the values of the transfer that takes this part back to the shelf.

        Chained to the issues, so that exactly the pieces issued for this line come back.
        """
        self.ensure_one()
        picking = self.repair_id._create_issue_picking(is_return=True)
        issues = self.dealer_issue_move_ids.filtered(lambda move: move.state == "done" and not move._is_part_return())
        return self._prepare_request(picking, quantity) | {
            "location_id": self.location_id.id,
            "location_dest_id": picking.location_dest_id.id,
            "origin_returned_move_id": issues[-1:].id,
            "move_dest_ids": False,
            "move_orig_ids": [Command.set(issues.ids)],
        }

    def _create_clean(self, vals_list):
        # Defaults of the screen the user came from (default_state, default_job_id …) are not for these moves.
        return self.with_context(clean_context(self.env.context)).create(vals_list)

    def _after_parts_moved(self):
        """Follow issues and returns: less is needed of what came back; lists, gates and stages are told."""
        for part, moves in self.filtered(lambda move: move._is_part_return()).grouped("dealer_part_move_id").items():
            part._reduce_demand(sum(move._get_qty_in_unit_of(part) for move in moves))
        parts = self.dealer_part_move_id
        for part in parts.filtered(lambda part: part.state not in CLOSED):
            if part.product_uom.compare(part.dealer_issued_qty, 0) < 0:
                part._check_may_return(-part.dealer_issued_qty)
            part._check_demand_covers_issued()
        # Narrow sudo: the keeper issues; order and jobs only show what he did.
        self.env["dealer.job.part"].sudo()._moves_changed(parts.job_id.sudo())
        parts.repair_id.sudo()._gates_changed()

    def _reduce_demand(self, quantity):
        """Need less of a part because some came back; a line of which nothing is left is cancelled."""
        self.ensure_one()
        left = self.product_uom_qty - quantity
        if self.product_uom.compare(left, 0) > 0:
            self.product_uom_qty = left
        elif self.state not in CLOSED:
            self._action_cancel()

    # --- checks -------------------------------------------------------------------------

    def _check_may_issue(self):
        if not self.env.su and not self.env.user.has_group(KEEPER):
            # sudo() below: a role may be named to people who may not read groups.
            raise AccessError(
                self.env._(
                    "Parts are issued and taken back by: %(role)s.", role=self.env.ref(KEEPER).sudo().display_name
                )
            )
        self.check_access("read")

    @api.model
    def _check_part_vals(self, vals):
        """Refuse part lines of a workshop order that belong to no job, or ask for nothing.

        Before they are created: core turns a negative demand into a transfer the other way round.

        :param dict vals: values of one new move
        :raises UserError: names the part and what to do
        """
        order = self.env["repair.order"].browse(vals.get("repair_id"))
        if not vals.get("repair_line_type") or not order.dealer_vehicle_id:
            return
        part = self.env["product.product"].browse(vals.get("product_id")).display_name
        job = self.env["dealer.job"].browse(vals.get("job_id"))
        if job.order_id != order:
            raise UserError(
                self.env._(
                    "%(part)s would lie on repair order %(order)s without a job. Add it to one of its jobs.",
                    part=part,
                    order=order.name,
                )
            )
        if vals.get("product_uom_qty", 0) <= 0:
            raise UserError(
                self.env._(
                    "%(part)s (%(job)s): %(quantity)s cannot be asked for. Enter a quantity above 0.",
                    part=part,
                    job=job.display_name,
                    quantity=vals.get("product_uom_qty", 0),
                )
            )

    def _check_demand_covers_issued(self):
        for part in self:
            if part.product_uom.compare(part.product_uom_qty, part.dealer_issued_qty) < 0:
                raise UserError(
                    self.env._(
                        "%(issued)s %(unit)s of %(part)s were issued to %(order)s already: the store takes the rest "
                        "back first.",
                        issued=part.dealer_issued_qty,
                        unit=part.product_uom.name,
                        part=part.product_id.display_name,
                        order=part.repair_id.name,
                    )
                )

    def _check_may_return(self, quantity):
        out = 0.0 if self.state in CLOSED else self.dealer_issued_qty
        if self.product_uom.compare(quantity, 0) <= 0 or self.product_uom.compare(quantity, out) > 0:
            raise UserError(
                self.env._(
                    "%(quantity)s %(unit)s of %(part)s cannot be returned: %(out)s is out for %(order)s.",
                    quantity=quantity,
                    unit=self.product_uom.name,
                    part=self.product_id.display_name,
                    out=out,
                    order=self.repair_id.name,
                )
            )

    def _check_parts_closed(self):
        """Refuse to finish while a part is neither used nor back on the shelf.

        :raises UserError: names each part, what is open and what to do
        Source: practice P35
        """
        problems = []
        for part in self.filtered(lambda move: move._is_workshop_part() and move.state not in CLOSED):
            issued, wanted = part.dealer_issued_qty, part.product_uom_qty
            order = part.product_uom.compare(issued, wanted)
            if order:
                problems.append((part, issued, wanted, order))
        if problems:
            raise UserError("\n".join(self._get_open_part_message(*problem) for problem in problems))

    def _get_open_part_message(self, part, issued, wanted, order):
        values = {
            "part": part.product_id.display_name,
            "job": part.job_id.display_name,
            "issued": issued,
            "wanted": wanted,
        }
        if order < 0:
            return self.env._(
                "%(part)s (%(job)s): %(issued)s of %(wanted)s issued. Issue the rest, or lower the quantity on "
                "the job.",
                **values,
            )
        return self.env._(
            "%(part)s (%(job)s): %(issued)s issued, %(wanted)s on the job. The rest still lies in work in progress: "
            "the store takes it back first.",
            **values,
        )

    def _check_parts_may_move(self):
        """Refuse issues and returns for orders that are not being worked on, and parts taken past the store."""
        served = self.filtered("dealer_part_move_id")
        if served:
            # Whoever works core's transfer screens meets the same rule as at our buttons.
            served._check_may_issue()
        for move in served:
            order = move.dealer_part_move_id.repair_id
            if order.state not in ("confirmed", "under_repair"):
                raise UserError(
                    self.env._(
                        "Repair order %(order)s is not being worked on: %(part)s can be neither issued nor returned.",
                        order=order.display_name,
                        part=move.product_id.display_name,
                    )
                )
        parts = self.filtered(lambda move: move._is_workshop_part())
        parts._check_parts_closed()
        for part in parts:
            if part.move_line_ids.location_id - part.repair_id._get_wip_location():
                raise UserError(
                    self.env._(
                        "%(part)s would be taken from outside work in progress. Issue it to %(order)s first.",
                        part=part.product_id.display_name,
                        order=part.repair_id.name,
                    )
                )

    def _check_no_negative_shelf(self):
        """Refuse moves that took what was not there: the shelf and work in progress never get negative.

        Looks at single quants: somebody who takes the same last piece at the same instant gets a row of his own.
        """
        lines = self.move_line_ids
        # Narrow sudo: the shelf is short whichever sites the user sees; he is told part and place, not more.
        negative = (
            self.env["stock.quant"]
            .sudo()
            .search(
                [
                    ("product_id", "in", lines.product_id.ids),
                    ("location_id", "in", lines.location_id.filtered(lambda place: place._should_be_valued()).ids),
                    ("quantity", "<", 0),
                ],
                limit=1,
            )
        )
        if negative and negative.product_uom_id.compare(negative.quantity, 0) < 0:
            raise UserError(
                self.env._(
                    "There is less %(part)s in %(location)s than you take out. Count it, or receive it first.",
                    part=negative.product_id.display_name,
                    location=negative.location_id.display_name,
                )
            )
