from markupsafe import Markup

from odoo import fields, models
from odoo.tools import format_amount, format_date

from ..tools import contract_text


class DealerContract(models.Model):
    """The text of a deal: words of a fixed list are filled in, nothing is evaluated."""

    _inherit = "dealer.contract"

    def _get_placeholder_words(self):
        """Return the words a contract text may use. Hook: keep in step with the values.

        :return: list of str
        """
        return [
            "company",
            "company_address",
            "company_phone",
            "number",
            "date",
            "site",
            "advisor",
            "buyer",
            "buyer_address",
            "buyer_phone",
            "buyer_id_number",
            "invoice_to",
            "registered_owner",
            "payer",
            "trim",
            "vin",
            "colour",
            "car_price",
            "total",
            "lines",
            "note",
            "transport_damage",
        ]

    def _get_placeholder_values(self):
        """Return what the words of the text stand for, in the customer's language.

        :return: dict of str to str or Markup, a key for every word
        """
        self.ensure_one()
        company = self.company_id
        vehicle = self.vehicle_id
        order = self.sale_order_id
        return {
            "company": company.name,
            "company_address": company.partner_id._display_address(without_company=True),
            "company_phone": company.phone or "",
            "number": self.name,
            "date": format_date(self.env, fields.Date.context_today(self)),
            "site": self.site_id.name or "",
            "advisor": self.user_id.name or "",
            "buyer": self.partner_id.name,
            "buyer_address": self.partner_id._display_address(without_company=True),
            "buyer_phone": self.partner_id.phone or "",
            "buyer_id_number": self.partner_id.vat or "",
            "invoice_to": self.invoice_partner_id.name or "",
            "registered_owner": self.registered_owner_id.name or "",
            "payer": self.payer_id.name or "",
            "trim": self.product_id.display_name or "",
            "vin": vehicle.vin or self.env._("to be allocated"),
            "colour": " / ".join(filter(None, (vehicle.colour_exterior, vehicle.colour_interior))),
            "car_price": format_amount(self.env, self.amount_car, order.currency_id),
            "total": format_amount(self.env, self.amount_total, order.currency_id),
            "lines": self._render_lines(),
            "note": self.note or "",
            "transport_damage": self._get_transport_damage_text(),
        }

    def _get_transport_damage_text(self):
        """Return what the buyer is told of damage the car had when it came to us, '' without any.

        Source: P4
        """
        damage = self.vehicle_id.transport_damage_note
        return self.env._("Transport damage, settled before the sale: %(damage)s", damage=damage) if damage else ""

    def _render_lines(self):
        return self.env["ir.qweb"]._render("dealer_sales.dealer_contract_lines", {"contract": self})

    def _render_body(self):
        """Return the text of the deal as it stands, in the buyer's language.

        Words of a fixed list are replaced; the text of a template is never evaluated.

        :return: Markup
        """
        self.ensure_one()
        lang = self.partner_id.lang or self.env.lang
        # Names of colleagues and companies are printed whoever prints
        contract = self.with_context(lang=lang).sudo()
        values = contract._get_placeholder_values()
        body = contract_text.fill(contract.template_id.body, values)
        asked = contract_text.placeholders(contract.template_id.body)
        for word in contract._get_printed_besides():
            if values[word] and word not in asked:
                # The buyer is told whatever the template says.
                body += Markup("<p>%s</p>") % values[word]
        return body

    def _get_printed_besides(self):
        """Return the words that are printed below the text when its template does not ask for them. Hook.

        :return: list of str, see ``_get_placeholder_words``
        Source: P4
        """
        return ["transport_damage"]

    def _get_print_body(self):
        """Return what is printed: the frozen text, or the deal as it stands before one.

        :return: Markup
        """
        self.ensure_one()
        version = self.current_version_id
        if version.state in ("under_review", "approved", "signed") and not self.is_changed:
            return Markup(version.body)  # noqa: S704 frozen from a sanitised template
        return self._render_body()
