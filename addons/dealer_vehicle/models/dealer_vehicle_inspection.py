from odoo import api, fields, models
from odoo.exceptions import UserError

# Which box of the inspection stands for which kind of paper.
PAPERS = {
    "has_certificate": "certificate",
    "has_conformity": "conformity",
    "has_import_papers": "import",
    "has_title": "title",
}


class DealerVehicleInspection(models.Model):
    """Receiving inspection: what stands between an arrived car and the cars for sale (P4)."""

    _name = "dealer.vehicle.inspection"
    _description = "Receiving Inspection"
    _inherit = ["dealer.protected.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_arrival desc, id desc"
    _rec_name = "vehicle_id"
    _check_company_auto = True

    # Written by the inspection's own steps only.
    _protected_fields = frozenset({"vehicle_id", "move_id", "site_id", "date_arrival", "state", "user_id", "date_done"})

    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, readonly=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True, index=True)
    vin = fields.Char(related="vehicle_id.vin")
    product_id = fields.Many2one(related="vehicle_id.product_id")
    colour_exterior = fields.Char(related="vehicle_id.colour_exterior")
    move_id = fields.Many2one(
        "stock.move", "Receipt Move", required=True, readonly=True, index=True, ondelete="cascade", check_company=True
    )
    picking_id = fields.Many2one(related="move_id.picking_id", string="Receipt", store=True, index="btree_not_null")
    site_id = fields.Many2one("stock.warehouse", "Site", readonly=True, index=True, check_company=True)
    date_arrival = fields.Datetime("Arrived", readonly=True, default=fields.Datetime.now, help="UTC.")
    state = fields.Selection(
        [("waiting", "To Inspect"), ("damaged", "Damaged"), ("done", "Passed")],
        default="waiting",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    odometer_km = fields.Integer("Mileage (km)", aggregator=None)
    key_count = fields.Integer("Keys", default=2, help="Number of keys that came with the car.")
    has_certificate = fields.Boolean("Quality Certificate", help="It came with the car and is in our safe now.")
    has_conformity = fields.Boolean("Certificate of Conformity", help="It came with the car.")
    has_import_papers = fields.Boolean("Import Papers", help="They came with the car.")
    has_title = fields.Boolean("Vehicle Title", help="It came with the car.")
    damage = fields.Text(help="What is damaged or missing. A car with damage stays here until somebody releases it.")
    release_note = fields.Text(
        "Repair or Agreement", help="Why the car may be sold all the same: repaired, or accepted by the carrier."
    )
    user_id = fields.Many2one("res.users", "Inspected by", readonly=True, copy=False)
    date_done = fields.Datetime("Passed on", readonly=True, copy=False, help="UTC.")

    _move_uniq = models.UniqueIndex("(move_id)", "This arrival has its inspection already.")
    _km_positive = models.Constraint("CHECK (odometer_km >= 0)", "A mileage cannot be negative.")
    _keys_positive = models.Constraint("CHECK (key_count >= 0)", "The number of keys cannot be negative.")

    def write(self, vals):
        facts = {"odometer_km", "key_count", "damage", "release_note", *PAPERS} & vals.keys()
        for inspection in self.filtered(lambda inspection: facts and inspection.state == "done"):
            raise UserError(
                self.env._(
                    "The inspection of %(car)s is closed. Note what you found later as a task on the car.",
                    car=inspection.vehicle_id.display_name,
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        raise UserError(self.env._("A receiving inspection is evidence towards maker and carrier and is kept."))

    # ------------------------------------------------------------------ actions

    def action_all_well(self):
        """Let undamaged cars pass: papers in, mileage noted, car into stock. Works on many at once.

        :return: True
        :raises UserError: a car has damage noted, or passed already
        """
        self._check_may_pass()
        for inspection in self.filtered("damage"):
            raise UserError(
                self.env._(
                    "Damage is noted on %(car)s. Report the damage; the car passes when it is released.",
                    car=inspection.vehicle_id.display_name,
                )
            )
        self._pass()
        return True

    def action_report_damage(self):
        """Keep damaged cars in the inspection.

        :raises UserError: nobody wrote what is damaged
        """
        self.check_access("write")
        for inspection in self:
            if not inspection.damage or inspection.state == "done":
                raise UserError(
                    self.env._(
                        "%(car)s: write what is damaged first (only before the car has passed).",
                        car=inspection.vehicle_id.display_name,
                    )
                )
        self.sudo().filtered(lambda inspection: inspection.state == "waiting").state = "damaged"
        return True

    def action_release(self):
        """Let damaged cars pass after repair or an agreement.

        :raises UserError: nobody wrote why the car may pass
        """
        self._check_may_pass()
        for inspection in self.filtered(lambda inspection: not inspection.release_note):
            raise UserError(
                self.env._(
                    "%(car)s: write how the damage was settled before you release the car.",
                    car=inspection.vehicle_id.display_name,
                )
            )
        self._pass()
        return True

    def _check_may_pass(self):
        self.check_access("write")
        for inspection in self.filtered(lambda inspection: inspection.state == "done"):
            raise UserError(
                self.env._("%(car)s has passed its inspection already.", car=inspection.vehicle_id.display_name)
            )

    # ------------------------------------------------------------------ business

    @api.model
    def _create_for_moves(self, moves):
        """Open an inspection for each car that arrived.

        :param moves: done ``stock.move`` into an inspection location, with their car
        """
        known = self.search([("move_id", "in", moves.ids)]).move_id
        return self.create(
            [
                {
                    "vehicle_id": move.dealer_vehicle_id.id,
                    "move_id": move.id,
                    "site_id": move.location_dest_id.warehouse_id.id,
                    "date_arrival": move.date,
                    "odometer_km": move.dealer_vehicle_id.odometer_km,
                }
                for move in moves - known
            ]
        )

    def _pass(self):
        """Note what was found on the cars and post their moves into stock."""
        # The inspector is asked for the right to inspect; papers, odometer and transfer follow from that.
        inspections = self.sudo()
        inspections._note_odometer()
        inspections._take_papers_in()
        inspections.write({"state": "done", "user_id": self.env.uid, "date_done": fields.Datetime.now()})
        inspections._move_into_stock()

    def _note_odometer(self):
        self.env["dealer.vehicle.odometer"].create(
            [
                {
                    "vehicle_id": inspection.vehicle_id.id,
                    "km": inspection.odometer_km,
                    "source": "inspection",
                    "note": inspection._get_backwards_note(),
                }
                for inspection in self
            ]
        )

    def _get_backwards_note(self):
        if self.odometer_km >= self.vehicle_id.odometer_km:
            return False
        return self.env._("Read at the receiving inspection.")

    def _take_papers_in(self):
        """Register the papers and keys that came, or hand over to us those registered elsewhere."""
        Document = self.env["dealer.vehicle.document"]
        vals_list = []
        for inspection in self:
            came = inspection._get_papers_that_came()
            known = inspection.vehicle_id.document_ids.filtered(lambda document, came=came: document.kind in came)
            known.filtered(lambda document: not document.is_in_house).action_take_in()
            vals_list += [
                {
                    "vehicle_id": inspection.vehicle_id.id,
                    "kind": kind,
                    "number": number,
                    "holder_id": inspection.company_id.partner_id.id,
                }
                for kind, number in came.items()
                if kind not in known.mapped("kind")
            ]
        Document.create(vals_list)

    def _get_papers_that_came(self):
        """Return the papers and keys that came with the car.

        :return: {kind: number or False}
        """
        came = {kind: False for name, kind in PAPERS.items() if self[name]}
        if "certificate" in came:
            came["certificate"] = self.vehicle_id.certificate_no
        if self.key_count:
            came["keys"] = str(self.key_count)
        return came

    def _move_into_stock(self):
        """Post the moves that take the cars from the inspection into stock, one transfer after the other."""
        moves = self.move_id._get_inspection_moves()
        for picking, picking_moves in moves.grouped("picking_id").items():
            picking = picking.with_company(picking.company_id)
            (picking.move_ids - picking_moves).picked = False
            picking_moves.filtered(lambda move: not move.move_line_ids)._action_assign()
            picking_moves.picked = True
            picking._action_done()


class StockMove(models.Model):
    _inherit = "stock.move"

    def _get_inspection_moves(self):
        """Return the open moves out of the inspection for these arrivals; make those a person cancelled."""
        moves = self.env["stock.move"]
        for arrival in self:
            pushed = arrival.move_dest_ids.filtered(lambda move: move.state not in ("done", "cancel"))
            passed = arrival.move_dest_ids.filtered(lambda move: move.state == "done")
            if not pushed and not passed:
                pushed = arrival._push_apply()
            moves |= pushed
        return moves
