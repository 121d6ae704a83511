from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL
from odoo.tools.misc import format_datetime

from .dealer_vehicle_facts import LEFT


class DealerVehicleHold(models.Model):
    _name = "dealer.vehicle.hold"
    _description = "Hold on a Car"
    _inherit = ["dealer.batch.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True
    _rec_name = "vehicle_id"

    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="vehicle_id.company_id", store=True, index=True)
    partner_id = fields.Many2one("res.partner", "Held for", required=True, index=True)
    user_id = fields.Many2one("res.users", "Held by", required=True, default=lambda self: self.env.user, index=True)
    date_from = fields.Datetime("From", required=True, default=fields.Datetime.now)
    date_to = fields.Datetime(
        "Until",
        default=lambda self: self._default_date_to(),
        help="The hold ends by itself at this time; empty: it stands until it is released.",
    )
    is_firm = fields.Boolean("Firm", help="A deposit or a signed contract stands behind it: it does not expire.")
    state = fields.Selection(
        [("live", "Live"), ("released", "Released")], default="live", required=True, readonly=True, index=True
    )
    release_date = fields.Datetime("Released on", readonly=True, copy=False)
    reason = fields.Char()
    document_name = fields.Char("Document", compute="_compute_document_name")

    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (vehicle_id WITH =, tsrange(date_from, date_to) WITH &&) WHERE (state = 'live')",
        "Somebody else holds this car at that time. Open the car to see who.",
    )
    _dates_ordered = models.Constraint(
        "CHECK (date_to IS NULL OR date_to > date_from)", "A hold must end after it began."
    )

    def _auto_init(self):
        # Odoo only logs a constraint it cannot apply, and pre_init_hook does not run on upgrade.
        self.env.cr.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        return super()._auto_init()

    @api.model
    def _default_date_to(self):
        hours = self.env.company.dealer_hold_hours
        return fields.Datetime.now() + timedelta(hours=hours) if hours else False

    def _compute_document_name(self):
        for hold in self:
            hold.document_name = hold._document().display_name or False

    @api.model_create_multi
    def create(self, vals_list):
        vehicles = self.env["dealer.vehicle"].browse([vals.get("vehicle_id") for vals in vals_list])
        self.check_access("create")
        vehicles.check_access("read")
        vehicles._lock_for_hold()
        for vehicle, vals in zip(vehicles, vals_list, strict=True):
            vehicle._check_not_held(vals.get("date_from"), vals.get("date_to"))
        now = fields.Datetime.now()
        for vals in vals_list:
            # A hold that starts later would not stand on the car, where the guards look for it.
            vals["date_from"] = min(fields.Datetime.to_datetime(vals.get("date_from")) or now, now)
        holds = super().create([{**vals, "state": "live"} for vals in vals_list])
        holds._write_on_vehicles()
        return holds

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        raise UserError(self.env._("Holds are kept as history. Release the hold instead."))

    def action_release(self):
        """Release the holds; the cars are free for others.

        :raises UserError: a document stands behind a hold, or it is somebody else's
        """
        for hold in self:
            hold._check_may_release()
        # Writing the car and the hold needs no right to edit either: the check above is the right.
        self.sudo()._release()
        return True

    def _check_may_release(self):
        self.check_access("read")
        if self.is_firm and self._document():
            raise UserError(
                self.env._(
                    "%(car)s is held firmly for %(document)s: it is released there.",
                    car=self.vehicle_id.display_name,
                    document=self._document().display_name,
                )
            )
        if self.user_id != self.env.user and not self.env.user.has_groups(
            "dealer_vehicle.group_stock_keeper,dealer_vehicle.group_dealer_admin"
        ):
            raise AccessError(
                self.env._(
                    "%(user)s holds %(car)s: ask this person or the stock keeper to release it.",
                    user=self.user_id.sudo().name,
                    car=self.vehicle_id.display_name,
                )
            )

    def _document(self):
        """Return the document the hold stands for, or an empty recordset.

        Hook: an add-on that has such documents adds its own many2one and returns it.
        """
        return self.env["dealer.vehicle"]

    def _release(self):
        """End the holds now, without asking for rights."""
        live = self.filtered(lambda hold: hold.state == "live")
        now = fields.Datetime.now()
        live.write({"state": "released", "release_date": now})
        live.vehicle_id.filtered(lambda vehicle: vehicle.hold_id in live).write({"hold_id": False})

    def _write_on_vehicles(self):
        for hold in self:
            hold.vehicle_id.sudo().hold_id = hold  # no right to edit cars is needed to hold one

    @api.model
    def _cron_release_expired(self):
        """Release holds whose time has passed; called every few minutes."""
        expired = self.search([("state", "=", "live"), ("date_to", "<=", fields.Datetime.now())], limit=1000)
        for hold in expired.try_lock_for_update():
            hold._try_in_batches("_expire", "The hold of %s could not be released and stays")
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _expire(self):
        self.vehicle_id.message_post(
            body=self.env._("The hold for %(partner)s has expired.", partner=self.partner_id.display_name)
        )
        self._release()


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    hold_id = fields.Many2one("dealer.vehicle.hold", "Current Hold", readonly=True, copy=False, index="btree_not_null")
    hold_ids = fields.One2many("dealer.vehicle.hold", "vehicle_id", "Holds", readonly=True)

    def _lock_for_hold(self):
        """Wait for the cars' rows: two people who take one car come one after the other.

        Blocking on purpose (``lock_for_update`` gives up at once), and the rows are written:
        a lock alone leaves the later one with an old snapshot, a write makes the database send
        him back to start again and see the hold.
        """
        self.flush_recordset(["hold_id"])
        if len(self) > 1:  # always in one order, or two people with several cars wait for each other
            self.env.cr.execute(
                SQL("SELECT id FROM dealer_vehicle WHERE id IN %s ORDER BY id FOR UPDATE", tuple(self.ids))
            )
        if self:
            self.env.cr.execute(SQL("UPDATE dealer_vehicle SET hold_id = hold_id WHERE id IN %s", tuple(self.ids)))
        self.env["dealer.vehicle.hold"].flush_model()
        self.invalidate_recordset(["hold_id", "hold_ids"])

    def _take_hold(self, partner, user=None, until=False, firm=False, reason=None, **document_vals):
        """Hold the car for somebody. The caller has checked the user's right to do so.

        :param partner: ``res.partner`` the car is kept for
        :param user: ``res.users`` who answers for it, default the current user
        :param datetime until: UTC; ``False`` = the company's default hours, none when firm
        :param bool firm: stands until its document releases it
        :param str reason: shown to others
        :param document_vals: many2one values of the document, fields other add-ons put on the hold
        :return: ``dealer.vehicle.hold``, the live one when the same document holds the car already
        :raises UserError: who holds the car, for which document, until when
        """
        self.ensure_one()
        Hold = self.env["dealer.vehicle.hold"].sudo()
        self._lock_for_hold()
        hours = self.company_id.sudo().dealer_hold_hours
        if not until and not firm and hours:
            until = fields.Datetime.now() + timedelta(hours=hours)
        own = self._get_own_hold(document_vals)
        if own:
            own.write({"is_firm": firm or own.is_firm, "date_to": False if firm or own.is_firm else until})
            return own.with_env(self.env)
        hold = Hold.create(
            {
                "vehicle_id": self.id,
                "partner_id": partner.id,
                "user_id": (user or self.env.user).id,
                "date_to": until,
                "is_firm": firm,
                "reason": reason,
                **document_vals,
            }
        )
        return hold.with_env(self.env)

    def _get_own_hold(self, document_vals):
        if not document_vals:
            return self.env["dealer.vehicle.hold"].sudo()
        domain = [("vehicle_id", "=", self.id), ("state", "=", "live")]
        return (
            self.env["dealer.vehicle.hold"]
            .sudo()
            .search(domain + [(name, "=", value) for name, value in document_vals.items()], limit=1)
        )

    def _check_not_held(self, date_from=None, date_to=None):
        """Refuse a car that cannot be held or that somebody else holds in that time.

        :param datetime date_from: UTC, default now
        :param datetime date_to: UTC, ``False`` = open end
        :raises UserError: who holds it, for which document, until when
        """
        self.ensure_one()
        if self.sudo().place in LEFT:
            raise UserError(self.env._("%(car)s is not in our stock and cannot be held.", car=self.display_name))
        date_from = fields.Datetime.to_datetime(date_from) or fields.Datetime.now()
        domain = [
            ("vehicle_id", "=", self.id),
            ("state", "=", "live"),
            "|",
            ("date_to", "=", False),
            ("date_to", ">", date_from),
        ]
        if date_to:
            domain.append(("date_from", "<", date_to))
        other = self.env["dealer.vehicle.hold"].sudo().search(domain, limit=1)
        if other:
            raise UserError(self._get_held_message(other))

    def _get_held_message(self, hold):
        """Return the sentence the loser reads: who holds the car, for what, until when."""
        until = (
            self.env._("until %(time)s", time=format_datetime(self.env, hold.date_to))
            if hold.date_to
            else self.env._("until it is released")
        )
        return self.env._(
            "%(car)s is already held by %(user)s for %(document)s, %(until)s. Choose another car or ask %(user)s.",
            car=self.display_name,
            user=hold.user_id.name,
            document=hold.document_name or hold.partner_id.name,
            until=until,
        )

    def _release_hold(self, **document_vals):
        """Release the live holds of the cars, of one document when it is named.

        :param document_vals: many2one values of the document; none = every live hold
        :return: the released ``dealer.vehicle.hold``
        """
        domain = [("vehicle_id", "in", self.ids), ("state", "=", "live")]
        holds = (
            self.env["dealer.vehicle.hold"]
            .sudo()
            .search(domain + [(name, "=", value) for name, value in document_vals.items()])
        )
        holds._release()
        return holds
