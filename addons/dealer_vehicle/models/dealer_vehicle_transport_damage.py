from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerVehicleInspection(models.Model):
    """Photos of what is damaged, who brought the car, and the claim."""

    _inherit = "dealer.vehicle.inspection"

    carrier_id = fields.Many2one("res.partner", "Carrier", help="Who brought the car; the claim goes there.")
    picture_ids = fields.One2many("dealer.vehicle.picture", "inspection_id", "Photos of Damage")
    claim_ids = fields.One2many("dealer.carrier.claim", "inspection_id", "Carrier Claims", readonly=True)
    claim_state = fields.Selection(related="claim_ids.state", string="Claim")
    claim_deadline = fields.Datetime(related="claim_ids.date_deadline", string="Claim before")

    @api.model
    def _create_for_moves(self, moves):
        inspections = super()._create_for_moves(moves)
        for inspection in inspections:
            inspection.carrier_id = inspection.vehicle_id.carrier_id
        return inspections

    def write(self, vals):
        result = super().write(vals)
        if "carrier_id" in vals:
            # Whoever learns on the yard who drove the lorry tells the claim too, while nobody has sent it.
            self.sudo().claim_ids.filtered(lambda claim: claim.state == "draft").carrier_id = vals["carrier_id"]
        return result

    def action_report_damage(self):
        """Keep damaged cars in the inspection and open the claim against whoever brought them."""
        result = super().action_report_damage()
        self.env["dealer.carrier.claim"]._create_for_inspections(self)
        return result

    def action_open_claim(self):
        """Open the claim of this inspection; make it when the damage was reported without one.

        :raises UserError: no damage is reported
        """
        self.ensure_one()
        if not self.claim_ids:
            self.check_access("write")
            if self.state == "waiting" or not self.damage:
                raise UserError(self.env._("%(car)s: report the damage first.", car=self.vehicle_id.display_name))
            self.env["dealer.carrier.claim"]._create_for_inspections(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": "dealer.carrier.claim",
            "res_id": self.claim_ids.id,
            "view_mode": "form",
        }

    def add_photo(self, content, name=False):
        """Keep a photo of the damage, as the phone took it.

        :param str content: base64 of a JPEG or PNG
        :param name: what it shows
        :return: id of the photo (int)
        :raises UserError: the user may not inspect, or the file is no picture
        """
        self.ensure_one()
        self.check_access("write")
        if not content:
            raise UserError(self.env._("The photo is empty. Take it again."))
        picture = self.env["dealer.vehicle.picture"].create(
            {
                "vehicle_id": self.vehicle_id.id,
                "inspection_id": self.id,
                "kind": "damage",
                "name": name or False,
                "image_1920": content,
            }
        )
        return picture.id


class DealerVehiclePicture(models.Model):
    _inherit = "dealer.vehicle.picture"

    inspection_id = fields.Many2one(
        "dealer.vehicle.inspection",
        "Receiving Inspection",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            inspection = self.env["dealer.vehicle.inspection"].browse(vals.get("inspection_id"))
            if inspection:
                vals["vehicle_id"] = inspection.vehicle_id.id
        return super().create(vals_list)

    def write(self, vals):
        self._check_no_evidence()
        if "inspection_id" in vals and not self.env.su:
            raise UserError(self.env._("A photo stays with the inspection it was taken at. Take another one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        self._check_no_evidence()

    def _check_no_evidence(self):
        """Keep what a carrier was shown as it was.

        :raises UserError: names the claim
        """
        claims = self.sudo().inspection_id.claim_ids.filtered(lambda claim: claim.state not in ("draft", "dropped"))
        for claim in claims if not self.env.su else ():
            raise UserError(
                self.env._(
                    "The photo belongs to %(claim)s, which was sent: it stays as it is.", claim=claim.display_name
                )
            )


class DealerVehicle(models.Model):
    """Damage a car had when it came: whoever buys it is told (P4)."""

    _inherit = "dealer.vehicle"

    carrier_id = fields.Many2one(
        "res.partner", "Carrier", index="btree_not_null", help="Who brings the car from the maker to us."
    )
    inspection_ids = fields.One2many("dealer.vehicle.inspection", "vehicle_id", "Receiving Inspections", readonly=True)
    carrier_claim_ids = fields.One2many("dealer.carrier.claim", "vehicle_id", "Carrier Claims", readonly=True)
    carrier_claim_count = fields.Integer("Number of Carrier Claims", compute="_compute_carrier_claim_count")
    transport_damage_note = fields.Text(
        "Transport Damage",
        compute="_compute_transport_damage_note",
        compute_sudo=True,
        help="Damage found at a receiving inspection and how it was settled. It is printed on the sales contract.",
    )

    def _compute_carrier_claim_count(self):
        counts = dict(
            self.env["dealer.carrier.claim"]._read_group([("vehicle_id", "in", self.ids)], ["vehicle_id"], ["__count"])
        )
        for car in self:
            car.carrier_claim_count = counts.get(car._origin, 0)

    @api.depends("inspection_ids.state", "inspection_ids.damage", "inspection_ids.release_note")
    def _compute_transport_damage_note(self):
        inspections = self.env["dealer.vehicle.inspection"].search_fetch(
            [("vehicle_id", "in", self.ids), ("state", "=", "done"), ("damage", "not in", (False, ""))],
            ["vehicle_id", "damage", "release_note"],
            order="date_arrival, id",
        )
        notes = {}
        for inspection in inspections:
            settled = f" ({inspection.release_note.strip()})" if inspection.release_note else ""
            notes.setdefault(inspection.vehicle_id.id, []).append(inspection.damage.strip() + settled)
        for car in self:
            car.transport_damage_note = "\n".join(notes.get(car._origin.id, [])) or False

    def action_open_carrier_claims(self):
        """Open the claims about these cars."""
        action = self.env["ir.actions.act_window"]._for_xml_id("dealer_vehicle.dealer_carrier_claim_action")
        return {**action, "domain": [("vehicle_id", "in", self.ids)], "context": {"create": False}}
