from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.dealer_vehicle.tools import vin as vin_tools


class DealerTradeIn(models.Model):
    """Appraising: what the VIN tells, what the market says, what we give."""

    _inherit = "dealer.trade.in"

    @api.onchange("vin")
    def _onchange_vin(self):
        self.vin = vin_tools.normalise(self.vin)
        if not vin_tools.is_possible(self.vin or ""):
            return
        self._fill_from_car() if self.vehicle_id else self._fill_from_vin()

    def _fill_from_car(self):
        car = self.vehicle_id
        for name in ("brand_id", "series_id", "trim_name", "model_year", "plate"):
            self[name] = car[name] or self[name]
        self.colour = car.colour_exterior or self.colour
        self.odometer_km = self.odometer_km or car.odometer_km
        self.vin_confirmed = True

    def _fill_from_vin(self):
        answer = self.env["dealer.vin.decoder"]._decode(self.vin, offline=True)
        facts = self.env["dealer.vehicle"]._get_decoded_facts(answer)
        for name in ("brand_id", "series_id", "model_year"):
            self[name] = facts.get(name, self[name])

    @api.onchange("series_id")
    def _onchange_series_id(self):
        self.brand_id = self.series_id.brand_id or self.brand_id

    # === Acts ===
    def action_look_up_market(self):
        """Ask the providers of market values, nearest first, and note what the first who knows says.

        :return: True
        :raises AccessError: the user does not appraise
        :raises UserError: the series is not known, or nobody knows a price
        """
        self.check_access("write")
        self._check_may_appraise()
        for trade_in in self:
            answer = trade_in._ask_market()
            trade_in.write(
                {
                    "market_value": answer["value"],
                    "market_source": answer["source"],
                    "market_date": fields.Date.context_today(self),
                }
            )
        return True

    def _ask_market(self):
        """Return what a provider says of this car.

        :return: dict with ``value`` (float, company currency, with tax) and ``source`` (str)
        :raises UserError: nobody knows
        """
        self.ensure_one()
        if not self.series_id:
            raise UserError(self.env._("%(trade_in)s: choose the series first.", trade_in=self.display_name))
        for provider in self.env["dealer.provider.mixin"].with_company(self.company_id)._get_providers("market"):
            answer = provider._get_market_value(self)
            if answer:
                return answer
        raise UserError(
            self.env._(
                "Nobody knows a market price of %(car)s of the last months: look at the offers of others and type it.",
                car=self._get_car_text(),
            )
        )

    def action_appraise(self):
        """Close the appraisal: from now on the advisor may offer up to the highest allowance.

        :return: True
        :raises AccessError: the user does not appraise
        :raises UserError: not open, or what is missing
        """
        self.check_access("write")
        self._check_may_appraise()
        for trade_in in self:
            trade_in._lock()
            trade_in._check_complete()
            # The state is written by this act alone, after its checks
            trade_in.sudo().write(trade_in._prepare_appraised())
        return True

    def _prepare_appraised(self):
        today = fields.Date.context_today(self)
        policy = self.env["dealer.trade.in.policy"]._get_policy(self.company_id, today)
        limit = self.allowance_limit or self.value
        return {
            "state": "appraised",
            "date_appraised": today,
            "appraised_by_id": self.env.uid,
            "date_valid": self.date_valid or today + timedelta(days=policy.valid_days),
            "allowance_limit": limit,
            # What was wished for before anybody saw the car is no promise
            "allowance": min(self.allowance or limit, limit),
        }

    def _check_complete(self):
        """Refuse to judge a car that is not described, or whose owner is not proved.

        :raises UserError: naming what is missing
        """
        self.ensure_one()
        if self.state != "draft":
            raise UserError(self.env._("%(trade_in)s is not open for an appraisal.", trade_in=self.display_name))
        missing = [label for is_there, label in self._get_needed_facts() if not is_there]
        if missing:
            raise UserError(
                self.env._(
                    "%(trade_in)s cannot be appraised yet. Still missing: %(facts)s.",
                    trade_in=self.display_name,
                    facts=", ".join(missing),
                )
            )

    def _get_needed_facts(self):
        """Return what an appraisal needs: list of (is it there, its name)."""
        _ = self.env._
        today = fields.Date.context_today(self)
        is_sure = not self.vin_warning or self.vin_confirmed
        is_lien_known = self.lien_partner_id and self.lien_date
        return [
            (vin_tools.is_possible(self.vin or "") and is_sure, _("VIN, confirmed where its check digit is wrong")),
            (self.series_id, _("series")),
            (self.odometer_km > 0, _("mileage")),
            (self.value > 0, _("actual cash value")),
            (not self.is_other_owner or self.owner_proof, _("proof of the owner")),
            (not self.lien_amount or is_lien_known, _("lien holder and the day until which the pay-off holds")),
            (not self.date_valid or self.date_valid >= today, _("a day of validity that is not over")),
        ]

    def action_reopen(self):
        """Take an appraisal back, to judge the car anew.

        :return: True
        :raises AccessError: the user does not appraise
        :raises UserError: it is part of a contract, or not appraised
        """
        self.check_access("write")
        self._check_may_appraise()
        for trade_in in self:
            trade_in._lock()
            if trade_in.state not in ("appraised", "cancelled") or trade_in.contract_id:
                raise UserError(
                    self.env._(
                        "%(trade_in)s is not free: take it off its contract first, or have it re-appraised there.",
                        trade_in=trade_in.display_name,
                    )
                )
        self.sudo().write({"state": "draft", "date_valid": False, "date_appraised": False})
        return True

    def action_cancel(self):
        """Close a trade-in the customer does not make.

        :return: True
        :raises UserError: it is part of a contract, or closed already
        """
        self.check_access("write")
        for trade_in in self:
            trade_in._lock()
            if trade_in.contract_id or trade_in.state not in ("draft", "appraised"):
                raise UserError(
                    self.env._(
                        "%(trade_in)s belongs to a contract or is closed already: take it off the contract first.",
                        trade_in=trade_in.display_name,
                    )
                )
        self.sudo().write({"state": "cancelled"})  # the state is written by these acts alone
        return True
