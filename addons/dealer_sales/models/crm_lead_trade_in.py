from odoo import fields, models


class CrmLead(models.Model):
    """The car a customer would trade in."""

    _inherit = "crm.lead"

    trade_in_ids = fields.One2many("dealer.trade.in", "lead_id", "Trade-ins")

    def action_trade_in(self):
        """Open the trade-ins of this enquiry, or a new one for its customer.

        :return: action on ``dealer.trade.in``
        :raises UserError: the enquiry has no name to make a customer of
        """
        self.ensure_one()
        if self.trade_in_ids:
            return self.trade_in_ids._get_records_action(name=self.env._("Trade-ins"))
        if not self.partner_id:
            self._make_customer()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New trade-in"),
            "res_model": "dealer.trade.in",
            "views": [(False, "form")],
            "context": self._get_trade_in_context(),
        }

    def _get_trade_in_context(self):
        """Return the defaults of a trade-in noted from this enquiry.

        :return: dict of ``default_*``
        """
        return {
            "default_partner_id": self.partner_id.id,
            "default_lead_id": self.id,
            "default_user_id": (self.user_id or self.env.user).id,
            "default_plate": self.trade_in_plate,
            "default_odometer_km": self.trade_in_km,
            "default_model_year": self.trade_in_year,
            "default_description": self._get_wished_trade_in(),
        }

    def _get_wished_trade_in(self):
        """Return the car to trade in as the customer told of it, or False."""
        self.ensure_one()
        told = [self.trade_in_brand, self.trade_in_series, self.trade_in_wish]
        return " ".join(filter(None, told)) or False


class DealerDeskingQuote(models.Model):
    """An offer that takes the customer's car in."""

    _inherit = "dealer.desking.quote"

    trade_in_ids = fields.One2many("dealer.trade.in", "quote_id", "Trade-ins")

    def action_trade_in(self):
        """Open the trade-ins of this offer, or a new one for its customer.

        :return: action on ``dealer.trade.in``
        """
        self.ensure_one()
        if self.trade_in_ids:
            return self.trade_in_ids._get_records_action(name=self.env._("Trade-ins"))
        offered = self.scenario_ids.filtered("trade_in_amount")[:1]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New trade-in"),
            "res_model": "dealer.trade.in",
            "views": [(False, "form")],
            "context": {
                "default_partner_id": self.partner_id.id,
                "default_lead_id": self.lead_id.id,
                "default_quote_id": self.id,
                "default_user_id": (self.user_id or self.env.user).id,
                "default_allowance": offered.trade_in_amount,
                "default_description": offered.trade_in_text,
            },
        }
