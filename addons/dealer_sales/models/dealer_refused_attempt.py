import logging
from contextlib import contextmanager

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError

_logger = logging.getLogger(__name__)


class DealerRefusedAttempt(models.Model):
    """A try to sell a car off the book that a sink refused (R36, 飞单): who, when, which document, why.

    The refusal undoes everything its transaction did, so the row is written after it, on a connection of its own.
    Nobody types, changes or deletes one; what it says stands also when user, document or car are gone.
    """

    _name = "dealer.refused.attempt"
    _description = "Refused Attempt"
    _order = "date desc, id desc"
    _rec_name = "document"

    date = fields.Datetime("When", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", "Who", readonly=True, index="btree_not_null", ondelete="set null")
    user_name = fields.Char("Name at that time", readonly=True)
    kind = fields.Selection(
        [("confirm", "Confirming an order"), ("invoice", "Posting an invoice"), ("leave", "Letting a car leave")],
        "What was tried",
        required=True,
        readonly=True,
    )
    document = fields.Char(readonly=True, help="Name of the document it was tried with, when it was tried.")
    vehicle_id = fields.Many2one(
        "dealer.vehicle", "Car", readonly=True, index="btree_not_null", ondelete="set null", check_company=True
    )
    car = fields.Char("Car's name", readonly=True)
    reason = fields.Text("Why it was refused", readonly=True)

    _worklist_idx = models.Index("(company_id, date DESC)")

    @api.model_create_multi
    def create(self, vals_list):
        self._check_system()
        return super().create(vals_list)

    def write(self, vals):
        if self:
            raise UserError(self.env._("What was refused stays on file as it happened."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was refused stays on file as it happened."))

    def _check_system(self):
        if not self.env.su:
            raise AccessError(self.env._("Refused attempts are noted by the system, never typed."))

    # === Noting ===
    @contextmanager
    def _noting(self, kind, documents, get_vehicles):
        """Note what is refused inside this block, and let the refusal go on. Costs nothing when nothing is refused.

        :param str kind: of ``kind``
        :param documents: records it is tried with; the first one is named
        :param get_vehicles: function that takes ``documents`` as superuser and returns their ``dealer.vehicle``
        """
        try:
            yield
        except UserError as error:
            documents = documents.sudo()
            self._note(kind, documents[:1], get_vehicles(documents)[:1], error)
            raise

    def _note(self, kind, document, vehicle, error):
        """Keep this attempt once the transaction it happened in has ended, either way."""
        values = {
            "date": fields.Datetime.now(),
            "company_id": (document["company_id"] or self.env.company).id,
            "user_id": self.env.uid,
            "user_name": self.env.user.sudo().name,
            "kind": kind,
            "document": document.display_name,
            "vehicle_id": vehicle.id,
            "car": vehicle.display_name if vehicle else False,
            "reason": str(error),
        }
        registry = self.env.registry

        def keep():
            self._keep(registry, values)

        # A refusal swallowed inside a savepoint ends in a commit, all others in a rollback: one of both runs.
        self.env.cr.postrollback.add(keep)
        self.env.cr.postcommit.add(keep)

    @staticmethod
    def _keep(registry, values):
        """Write an attempt on its own connection. Whoever was refused is told so whatever happens here."""
        try:
            with registry.cursor() as cr:
                api.Environment(cr, SUPERUSER_ID, {})["dealer.refused.attempt"]._create_existing(values)
        except Exception:
            _logger.exception("A refused attempt could not be kept: %s", values)

    @api.model
    def _create_existing(self, values):
        """Create the attempt; what it points at may have been undone with the transaction."""
        links = {"company_id": "res.company", "user_id": "res.users", "vehicle_id": "dealer.vehicle"}
        found = {name: self.env[model].browse(values[name] or ()).exists().id for name, model in links.items()}
        if not found["company_id"]:
            _logger.warning("An attempt in a company that is gone: %s", values)
            return self.browse()
        return self.create({**values, **found})
