from odoo import api, fields, models
from odoo.exceptions import UserError


class DealerVehicleTransfer(models.Model):
    """Cars go to a sub-dealer and come back as they go to another site."""

    _inherit = "dealer.vehicle.transfer"

    subdealer_from_id = fields.Many2one(
        "dealer.subdealer",
        "From Sub-dealer",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        domain="[('site_id', '=', site_from_id)]",
        default=lambda self: self._default_subdealer_from_id(),
    )
    subdealer_to_id = fields.Many2one(
        "dealer.subdealer",
        "To Sub-dealer",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        domain="[('company_id', '=', company_id)]",
        help="The cars stay ours and at our site, and stand at this sub-dealer.",
    )
    site_to_id = fields.Many2one(
        compute="_compute_site_to_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('company_id', '=', company_id)]",
    )
    with_papers = fields.Boolean(
        "Papers Go Along",
        help="Papers and keys in our safe go to the sub-dealer with the cars, and come back with them.",
    )

    _sites_differ = models.Constraint(
        "CHECK (site_from_id != site_to_id OR subdealer_from_id IS NOT NULL OR subdealer_to_id IS NOT NULL)",
        "A transfer goes to another site than it comes from.",
    )
    _subdealers_differ = models.Constraint(
        "CHECK (subdealer_from_id != subdealer_to_id)", "A transfer goes to another sub-dealer than it comes from."
    )

    @api.model
    def _get_chosen_cars(self):
        return self.env["dealer.vehicle"].browse(self.env.context.get("dealer_transfer_vehicle_ids", []))

    @api.model
    def _default_subdealer_from_id(self):
        return self._get_chosen_cars().subdealer_id[:1]

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if values.get("subdealer_from_id") and "site_to_id" in fields:
            # What a sub-dealer gives back comes home, unless somebody says otherwise.
            values["site_to_id"] = self._get_chosen_cars().site_id[:1].id
        return values

    @api.depends("subdealer_to_id")
    def _compute_site_to_id(self):
        for transfer in self:
            transfer.site_to_id = transfer.subdealer_to_id.site_id or transfer.site_to_id

    def write(self, vals):
        if {"subdealer_from_id", "subdealer_to_id"} & vals.keys():
            for transfer in self.filtered(lambda transfer: transfer.line_ids.move_out_id):
                raise UserError(
                    self.env._("%(transfer)s is on its way: its sites cannot change.", transfer=transfer.name)
                )
        return super().write(vals)

    @api.constrains("subdealer_to_id", "site_to_id")
    def _check_subdealer_site(self):
        for transfer in self.filtered("subdealer_to_id"):
            if transfer.subdealer_to_id.site_id != transfer.site_to_id:
                raise UserError(
                    self.env._(
                        "%(subdealer)s is supplied by %(site)s: the transfer goes there.",
                        subdealer=transfer.subdealer_to_id.display_name,
                        site=transfer.subdealer_to_id.site_id.name,
                    )
                )

    def _send(self, lines):
        if self.subdealer_to_id:
            self.subdealer_to_id.sudo()._check_room(lines.vehicle_id)
        return super()._send(lines)


class DealerVehicleTransferLine(models.Model):
    _inherit = "dealer.vehicle.transfer.line"

    def _is_home(self, location):
        transfer = self.transfer_id
        if not (transfer.subdealer_from_id or transfer.subdealer_to_id):
            return super()._is_home(location)
        place = location.sudo().dealer_subdealer_id
        return location.warehouse_id == transfer.site_from_id and place == transfer.subdealer_from_id.sudo()

    def _get_destination(self, site, home=False):
        transfer = self.transfer_id.sudo()
        subdealer = transfer.subdealer_from_id if home else transfer.subdealer_to_id
        if subdealer and not self.damage:
            return subdealer.location_id.sudo(False)
        return super()._get_destination(site, home)

    def _take_in(self, site, home=False):
        super()._take_in(site, home)
        self._hand_over_papers(home)

    def _hand_over_papers(self, home):
        """Let papers and keys follow the cars, where the transfer says so."""
        for transfer, lines in self.filtered("transfer_id.with_papers").grouped("transfer_id").items():
            documents = lines.vehicle_id.sudo().document_ids
            giver, taker = transfer.subdealer_from_id.partner_id, transfer.subdealer_to_id.partner_id
            if giver and not home:
                documents.filtered(lambda paper, giver=giver: paper.holder_id == giver).action_take_in()
            if taker and not home:
                documents.filtered("is_in_house").action_hand_over(taker.id, transfer.name)

    def _check_may_go(self):
        super()._check_may_go()
        for line in self.filtered(lambda line: line.state == "planned"):
            line._check_may_go_to_subdealer()

    def _check_may_go_to_subdealer(self):
        """Refuse a car that stands elsewhere than the transfer says, or is promised to a customer.

        :raises UserError: names the car and what to do
        """
        car, transfer = self.vehicle_id, self.transfer_id
        if car.subdealer_id != transfer.subdealer_from_id:
            raise UserError(
                self.env._(
                    "%(car)s stands at %(place)s: choose that under “From”.",
                    car=car.display_name,
                    place=car.subdealer_id.display_name or transfer.site_from_id.name,
                )
            )
        if transfer.subdealer_to_id:
            car._check_free_for_subdealer()
