from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_datetime

LIVE_STATES = ("booked", "arrived")


class DealerBayClosure(models.Model):
    """A time in which a bay is out of use: the lift is inspected, the booth gets new filters."""

    _name = "dealer.bay.closure"
    _description = "Closure of a Bay"
    _order = "date_from desc, id desc"
    _rec_name = "reason"
    _check_company_auto = True

    bay_id = fields.Many2one("dealer.bay", required=True, index=True, ondelete="cascade", check_company=True)
    company_id = fields.Many2one(related="bay_id.company_id", store=True, index=True, precompute=True)
    site_id = fields.Many2one(related="bay_id.site_id", store=True, index=True)
    date_from = fields.Datetime("From", required=True)
    date_to = fields.Datetime("Until", required=True)
    reason = fields.Char(required=True, help="Shown on the planning.")

    _dates_in_order = models.Constraint("CHECK (date_to > date_from)", "A closure ends after it begins.")
    _once = models.Constraint(
        "EXCLUDE USING gist (bay_id WITH =, tsrange(date_from, date_to) WITH &&)",
        "This bay is closed already in a part of that time. Change that closure instead.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        closures = super().create(vals_list)
        closures._check_nobody_comes()
        return closures

    def write(self, vals):
        result = super().write(vals)
        if {"bay_id", "date_from", "date_to"} & vals.keys():
            self._check_nobody_comes()
        return result

    def _check_nobody_comes(self):
        """Refuse to close a bay while cars are booked into it.

        :raises UserError: names who comes, and what to do first
        """
        self.bay_id._wait_for_bays()
        for closure in self:
            overlap = Domain("date_from", "<", closure.date_to) & Domain("date_to", ">", closure.date_from)
            domain = Domain("bay_id", "=", closure.bay_id.id) & Domain("state", "in", LIVE_STATES) & overlap
            # Narrow sudo: whoever books there, the bay is taken.
            taken = self.env["dealer.appointment"].sudo().search(domain, order="date_from", limit=5)
            if taken:
                raise UserError(
                    self.env._(
                        "%(bay)s is booked in that time: %(appointments)s. Move these appointments on the planning, "
                        "then close the bay.",
                        bay=closure.bay_id.name,
                        appointments="; ".join(
                            f"{one.display_name} ({one._format_time(one.date_from)})" for one in taken
                        ),
                    )
                )


class DealerBay(models.Model):
    _inherit = "dealer.bay"

    closure_ids = fields.One2many("dealer.bay.closure", "bay_id", "Closures")

    def _wait_for_bays(self):
        """Let a closure and a booking of the same bay come one after the other.

        No constraint of the database spans two tables. The rows are written: of two at once the server runs the later
        one again, and it sees what the first did.
        """
        if self:
            self.env.flush_all()
            ids = tuple(self.ids)
            self.env.cr.execute(SQL("SELECT id FROM dealer_bay WHERE id IN %s ORDER BY id FOR UPDATE", ids))
            self.env.cr.execute(SQL("UPDATE dealer_bay SET sequence = sequence WHERE id IN %s", ids))


class DealerAppointment(models.Model):
    _inherit = "dealer.appointment"

    # Of the end as well, which follows from work, car and technician: whatever moves it is checked.
    @api.constrains("bay_id", "date_from", "date_to", "state")
    def _check_bay_open(self):
        """Refuse a time in which the bay is closed.

        :raises UserError: says until when it is closed, and why
        """
        # Narrow sudo: the bay may stand at a site the user does not see; when and why is all that is told.
        booked = self.sudo().filtered(lambda one: one.bay_id and one.date_from and one.state in LIVE_STATES)
        booked.bay_id._wait_for_bays()
        for one in booked:
            overlap = Domain("date_from", "<", one.date_to) & Domain("date_to", ">", one.date_from)
            domain = Domain("bay_id", "=", one.bay_id.id) & overlap
            closure = self.env["dealer.bay.closure"].sudo().search(domain, limit=1)
            if closure:
                raise UserError(
                    self.env._(
                        "%(bay)s is closed until %(end)s: %(reason)s. Choose another time or bay.",
                        bay=closure.bay_id.name,
                        end=one._format_time(closure.date_to),
                        reason=closure.reason,
                    )
                )

    @api.model
    def _get_board_rows(self, read, site, mode, dates):
        rows = super()._get_board_rows(read, site, mode, dates)
        capacity = self.env["dealer.workshop.capacity"]
        zone = capacity._get_zone(site)
        bounds = capacity._get_day_bounds(site, dates[0])
        for row in rows:
            row["closed"] = [
                {
                    "from": self._minutes(max(closure.date_from, bounds[0]), dates[0], zone),
                    "to": self._minutes(min(closure.date_to, bounds[1]), dates[0], zone),
                    "reason": closure.reason,
                    "until": format_datetime(self.env, closure.date_to, tz=zone.zone, dt_format="short"),
                }
                for closure in read["closures"]
                if mode == "bay"
                and closure.bay_id.id == row["id"]
                and closure.date_from < bounds[1]
                and closure.date_to > bounds[0]
            ]
        return rows


class DealerWorkshopCapacity(models.AbstractModel):
    _inherit = "dealer.workshop.capacity"

    @api.model
    def _read(self, site, start, end, but=None):
        """Add when bays are closed: nothing is free there, but nothing is booked either."""
        result = super()._read(site, start, end, but)
        domain = [("site_id", "=", site.id), ("date_from", "<", end), ("date_to", ">", start)]
        # Narrow sudo: what is free must not depend on who asks.
        result["closures"] = self.env["dealer.bay.closure"].sudo().search(domain, order="date_from, id")
        return result

    @api.model
    def _fit_bays(self, read, need):
        found = super()._fit_bays(read, need)
        for bay in found:
            closed = read["closures"].filtered(lambda closure, bay_id=bay["id"]: closure.bay_id.id == bay_id)
            bay["busy"] = sorted([*bay["busy"], *((one.date_from, one.date_to) for one in closed)])
        return found
