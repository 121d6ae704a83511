from odoo import api, models

from ..tools import vin as vin_tools
from .dealer_vin_decoded import DECODED_FIELDS


class DealerVehicle(models.Model):
    """What the VIN tells of a car: offered, never put over what somebody entered."""

    _inherit = "dealer.vehicle"

    @api.onchange("vin")
    def _onchange_vin(self):
        year = self.model_year
        result = super()._onchange_vin()
        if not vin_tools.is_possible(self.vin or ""):
            return result
        answer = self.env["dealer.vin.decoder"]._decode(self.vin, offline=True)
        facts = self._get_decoded_facts(answer)
        if not year and facts.get("model_year"):
            # A fact beats the guess that position 10 allows.
            self.model_year = facts["model_year"]
        for name, value in {**facts, **self.env["dealer.vin"]._prepare_decoded_vals(answer)}.items():
            if not self[name] and not (name == "series_id" and self.brand_id and self.brand_id != value.brand_id):
                self[name] = value
        return result or self._get_difference_warning(facts)

    @api.model
    def _get_decoded_facts(self, answer):
        """Return an answer of ``dealer.vin.decoder`` as values of a car, records for brand and series.

        :return: dict with only what is known and in the catalogue
        """
        brand, series = self.env["fleet.vehicle.model"]._get_by_make(answer["make"], answer["model"])
        facts = {"brand_id": brand, "series_id": series}
        facts.update({name: answer[name] for name in ("model_year", "body", "engine")})
        return {name: value for name, value in facts.items() if value}

    def _get_difference_warning(self, facts):
        """Return the warning of an onchange where the VIN contradicts brand, series or year, or ``None``."""
        names = [name for name in ("brand_id", "series_id", "model_year") if name in facts]
        told = [
            self.env._(
                "%(field)s: %(told)s, entered %(entered)s",
                field=self._fields[name]._description_string(self.env),
                told=self._get_fact_text(facts[name]),
                entered=self._get_fact_text(self[name]),
            )
            for name in names
            if self[name] and self[name] != facts[name]
        ]
        if not told:
            return None
        message = self.env._("The VIN says otherwise. %(facts)s. What you entered is kept.", facts="; ".join(told))
        return {"warning": {"title": self.env._("Compare with the car"), "message": message}}

    @api.model
    def _get_fact_text(self, value):
        return value.display_name if isinstance(value, models.BaseModel) else str(value)

    @api.model
    def _keep_known_facts(self, identity, vals):
        super()._keep_known_facts(identity, vals)
        for name in DECODED_FIELDS:
            if vals.get(name) and identity.sudo()[name]:
                del vals[name]

    def action_decode_vin(self):
        """Show what the VINs of the cars tell beside what is entered, to be taken over or not.

        :raises UserError: none of the cars has a VIN
        """
        return self.env["dealer.vehicle.decode"]._open(self)
