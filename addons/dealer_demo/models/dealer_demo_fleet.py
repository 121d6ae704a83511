from odoo import Command, api, models

# By company: (buyer, the buyer's reference, days it is valid, cars: (trim, agreed price with tax, number, made now))
AGREEMENTS = {
    "cn": (
        "绿城出行汽车租赁有限公司",
        "招标 2026-018",
        180,
        [
            (("Honda", "HR-V", "Sport", 2026), 132900, 5, 3),
            (("Honda", "CR-V", "EX", 2026), 178900, 2, 0),
        ],
    ),
    "en": (
        "Harbor Cab Company",
        "RFP 26-118",
        180,
        [(("Kia", "Sportage", "LX", 2026), 30900, 4, 2)],
    ),
}


class DealerDemo(models.AbstractModel):
    """A buyer of several cars in each company: an agreement in force, some contracts made and submitted."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        return [*super()._get_steps(), "fleet"]

    @api.model
    def _build_fleet(self):
        for key in AGREEMENTS:
            if self._find(f"fleet_agreement_{key}") is None:
                self._in(key)._build_agreement(key, *AGREEMENTS[key])

    @api.model
    def _build_agreement(self, key, buyer, reference, days, cars):
        company = self.env.company
        partner = self._ensure(
            f"fleet_buyer_{key}",
            "res.partner",
            {"name": buyer, "is_company": True, "lang": company.partner_id.lang, "country_id": company.country_id.id},
        )
        lines = [
            {
                "product_id": self._find(self._trim_xmlid(*trim)).product_variant_id.id,
                "price": price,
                "quantity": quantity,
            }
            for trim, price, quantity, _made in cars
        ]
        advisor = self._as(f"{key}.advisor")
        agreement = advisor.env["dealer.fleet.agreement"].create(
            {
                "partner_id": partner.id,
                "reference": reference,
                "date_to": self._today(days),
                "site_id": self._find(f"site_{key}_main").id,
                "line_ids": [Command.create(line) for line in lines],
            }
        )
        self._remember(f"fleet_agreement_{key}", agreement)
        agreement.with_user(self._user(f"{key}.manager")).action_agree()
        wanted = {line.id: made for line, (*_car, made) in zip(agreement.line_ids, cars, strict=True) if made}
        agreement.action_make_contracts(wanted)
        agreement.action_submit_drafts()
