from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .bulk_insert import bulk_insert

# Field of the car that says who has the role today.
ROLE_FIELDS = {"owner": "owner_id", "keeper": "keeper_id", "brought_in_by": "brought_in_by_id"}
CORRECTED_FIELDS = {"date_from", "date_to"}


class DealerVehicleOwnership(models.Model):
    """Who was owner, user or bringer of a car, from when until when. The car writes it, nobody types it."""

    _name = "dealer.vehicle.ownership"
    _description = "Owner or User of a Car"
    _order = "date_to desc nulls first, date_from desc nulls last, id desc"
    _rec_name = "partner_id"

    vehicle_id = fields.Many2one("dealer.vehicle", "Car", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    role = fields.Selection(
        [("owner", "Owner"), ("keeper", "User"), ("brought_in_by", "Brought in by")], required=True, readonly=True
    )
    partner_id = fields.Many2one("res.partner", "Person", required=True, readonly=True, index=True, ondelete="restrict")
    date_from = fields.Date("From", help="Day it was entered; empty: since when is not known.")
    date_to = fields.Date("Until", help="Day the next one began; empty: still today.")
    user_id = fields.Many2one("res.users", "Entered by", readonly=True)

    _open_uniq = models.UniqueIndex(
        "(vehicle_id, role) WHERE date_to IS NULL", "This car has somebody in this role today already."
    )
    _dates_ordered = models.Constraint(
        "CHECK (date_to IS NULL OR date_from IS NULL OR date_to >= date_from)", "It must end after it began."
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self.env._("Owners and users of a car are logged when the car is changed, not typed."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_is_correction(vals)
        return super().write(vals)

    def _check_is_correction(self, vals):
        """Refuse anything but a manager's correction of dates.

        :raises AccessError: the user is no general manager
        :raises UserError: something else is changed, or the one of today is ended here
        """
        if not self.env.user.has_group("dealer_vehicle.group_general_manager"):
            raise AccessError(self.env._("A general manager corrects since when somebody had a car."))
        if vals.keys() - CORRECTED_FIELDS:
            raise UserError(self.env._("Only the dates can be corrected. Who it is today is changed on the car."))
        for line in self.filtered(lambda line: "date_to" in vals and bool(vals["date_to"]) != bool(line.date_to)):
            raise UserError(
                self.env._(
                    "%(person)s: whether this ended follows from the car. Change the person there.",
                    person=line.partner_id.display_name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        if not self.env.su:
            raise UserError(self.env._("Who had a car is kept as history."))


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    ownership_ids = fields.One2many("dealer.vehicle.ownership", "vehicle_id", "Owners and Users", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        cars = super().create(vals_list)
        today = fields.Date.context_today(self)
        # Whoever may write the car may have it logged.
        self.env["dealer.vehicle.ownership"].sudo().create(
            [line for car in cars.sudo() for line in car._prepare_ownerships(car._get_people(), today)]
        )
        return cars

    def write(self, vals):
        roles = {role: name for role, name in ROLE_FIELDS.items() if name in vals}
        if not roles:
            return super().write(vals)
        before = {car.id: car._get_people() for car in self.sudo()}
        result = super().write(vals)
        self._log_people(before, roles)
        return result

    def action_open_ownerships(self):
        """Open who had the car, for a manager to correct dates."""
        return self._get_related_action("dealer_vehicle.dealer_vehicle_ownership_action")

    def _get_people(self):
        """Return who has which role today.

        :return: {role: partner id or False}
        """
        self.ensure_one()
        return {role: self[name].id for role, name in ROLE_FIELDS.items()}

    def _log_people(self, before, roles):
        """Close what ended and open what began, in a fixed number of queries.

        :param dict before: {car id: {role: partner id or False}}
        :param roles: the roles that may have changed
        """
        today = fields.Date.context_today(self)
        cars = self.sudo()
        changed = {
            (car.id, role): car[ROLE_FIELDS[role]].id
            for car in cars
            for role in roles
            if car[ROLE_FIELDS[role]].id != before[car.id][role]
        }
        if not changed:
            return
        Line = self.env["dealer.vehicle.ownership"].sudo()
        running = Line.search([("vehicle_id", "in", self.ids), ("role", "in", list(roles)), ("date_to", "=", False)])
        ended = running.filtered(lambda line: (line.vehicle_id.id, line.role) in changed)
        for day, lines in ended.grouped(lambda line: max(today, line.date_from or today)).items():
            lines.date_to = day  # entered where it is tomorrow already: it ends no earlier than it began
        # The one that ended makes room before the next is stored.
        ended.flush_recordset(["date_to"])
        logged = {(line.vehicle_id.id, line.role) for line in ended}
        vals_list = []
        for car in cars:
            new = {role: changed[car.id, role] for role in roles if (car.id, role) in changed}
            # A car older than this history: the one before is not lost.
            old = {role: before[car.id][role] for role in new if (car.id, role) not in logged}
            vals_list += car._prepare_ownerships(old, False, today) + car._prepare_ownerships(new, today)
        Line.create(vals_list)

    def _prepare_ownerships(self, people, date_from, date_to=False):
        self.ensure_one()
        return [
            {
                "vehicle_id": self.id,
                "company_id": self.company_id.id,
                "role": role,
                "partner_id": person,
                "date_from": date_from,
                "date_to": date_to,
                "user_id": self.env.uid,
            }
            for role, person in people.items()
            if person
        ]

    @api.model
    def _bulk_create_new(self, vals_list):
        cars = super()._bulk_create_new(vals_list)
        lines = self.env["dealer.vehicle.ownership"].sudo()
        bulk_insert(
            lines,
            [
                {
                    "vehicle_id": car.id,
                    "company_id": vals["company_id"],
                    "role": role,
                    "partner_id": vals[name],
                    # Since when is not known.
                    "date_from": False,
                    "date_to": False,
                    "user_id": self.env.uid,
                }
                for car, vals in zip(cars, vals_list, strict=True)
                for role, name in ROLE_FIELDS.items()
                if vals.get(name)
            ],
            validate=False,
        )
        return cars
