from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.dealer_vehicle.tools import vin as vin_tools


class DealerImport(models.Model):
    _inherit = "dealer.import"

    kind = fields.Selection(selection_add=[("contract", "Contracts")], ondelete={"contract": "cascade"})


class DealerImportContract(models.AbstractModel):
    """Contracts by source and reference, as drafts of who imports; customers by phone. Known ones are never changed."""

    _name = "dealer.import.contract"
    _inherit = "dealer.import.kind"
    _description = "Import of Contracts"

    _types = {
        "price": "number",
        "deposit": "number",
        "kind": ("selection", "dealer.contract", "kind"),
        "deposit_kind": ("selection", "dealer.contract", "deposit_kind"),
        "state": ("selection", "dealer.contract", "state"),
        "amount_total": "number",
        "amount_received": "number",
    }
    _required = ("source", "external_ref", "customer", "customer_phone", ("vin", "sold_as"))
    _export_only = ("contract", "state", "amount_total", "amount_received")

    @api.model
    def _columns(self):
        _ = self.env._
        return {
            "source": _("Source"),
            "external_ref": _("Reference there"),
            "customer": _("Customer's name"),
            "customer_phone": _("Customer's phone"),
            "vin": _("VIN"),
            "sold_as": _("Sold as"),
            "kind": _("Kind of contract"),
            "price": _("Price with tax"),
            "deposit": _("Deposit"),
            "deposit_kind": _("Deposit agreed"),
            "advisor": _("Advisor's login"),
            "note": _("Agreed besides"),
            "contract": _("Contract"),
            "state": _("State of the contract"),
            "amount_total": _("On-the-road price"),
            "amount_received": _("Received"),
        }

    @api.model
    def _check_may_import(self):
        self.env["dealer.contract"].check_access("create")

    @api.model
    def _keys(self, texts):
        source, ref, vin = (texts.get(name) for name in ("source", "external_ref", "vin"))
        return [
            ("external_ref", source and ref and ("origin", source, ref)),
            ("vin", vin and ("vin", vin_tools.normalise(vin))),
        ]

    @api.model
    def _prepare(self, rows, cache):
        people = self.env["dealer.import.owner"]._find_people(
            {(row.texts.get("customer", ""), row.texts.get("customer_phone", "")) for row in rows}
        )
        known, cars = self._read_known(rows), self._read_cars(rows)
        for row in rows:
            texts = row.texts
            row.is_known = (texts.get("source"), texts.get("external_ref")) in known
            person, reason = people[texts.get("customer", ""), texts.get("customer_phone", "")]
            row.vals["partner_id"] = person
            if reason:
                row.refuse("customer_phone", reason)
            if not row.is_known:
                self._prepare_car(row, cars, cache)
                self._prepare_rest(row, cache)

    @api.model
    def _read_known(self, rows):
        # A colleague's contract counts too
        contracts = self.env["dealer.contract"].sudo()
        found = contracts._read_group(
            [
                ("company_id", "=", self.env.company.id),
                ("external_ref", "in", [row.texts.get("external_ref") for row in rows]),
            ],
            ["source", "external_ref"],
        )
        return set(found)

    @api.model
    def _read_cars(self, rows):
        vins = [vin_tools.normalise(row.texts["vin"]) for row in rows if row.texts.get("vin")]
        cars = self.env["dealer.vehicle"].search([("vin_id.vin", "in", vins), ("company_id", "=", self.env.company.id)])
        return {car.vin: car for car in cars}

    def _prepare_car(self, row, cars, cache):
        if row.texts.get("vin"):
            car = cars.get(vin_tools.normalise(row.texts["vin"]))
            if not car or not car.product_id:
                row.refuse("vin", self.env._("No car of ours with this VIN is for sale."))
            elif car.claim != "free" or car.place not in ("ordered", "in_transit", "at_site"):
                row.refuse("vin", self.env._("%(car)s is not free.", car=car.display_name))
            else:
                row.vals["vehicle_id"] = car.id
            return
        self._take_value(row, cache, "sold_as", "_find_trim", "product_id")

    def _prepare_rest(self, row, cache):
        row.vals.setdefault("kind", "retail")
        self._take_value(row, cache, "kind", "_find_template", "template_id", row.vals["kind"] or "retail")
        self._take_value(row, cache, "advisor", "_find_advisor", "user_id", row.texts.get("advisor", ""))

    def _take_value(self, row, cache, name, method, field, text=None):
        """Find what a text names, once per text and run, and note why not."""
        text = row.texts.get(name, "") if text is None else text
        found = cache.setdefault("found", {})
        if (name, text) not in found:
            try:
                found[name, text] = (getattr(self.env["dealer.contract"], method)(text).id, False)
            except UserError as error:
                found[name, text] = (False, str(error))
        row.vals[field], reason = found[name, text]
        if reason:
            row.refuse(name, reason)

    @api.model
    def _store(self, rows, cache):
        contracts = self.env["dealer.contract"]
        for row in rows:
            texts, vals = row.texts, row.vals
            person = {"name": texts.get("customer"), "phone": texts.get("customer_phone")}
            values = {
                "source": texts["source"],
                "external_ref": texts["external_ref"],
                "partner_id": vals.get("partner_id") or contracts._find_or_make_customer(person).id,
                "deposit_amount": vals.get("deposit") or 0.0,
                "note": texts.get("note") or False,
                **{name: vals[name] for name in ("template_id", "user_id", "product_id", "vehicle_id") if name in vals},
            }
            if vals.get("deposit_kind"):
                values["deposit_kind"] = vals["deposit_kind"]
            contracts._make_from_outside(values, {"price": vals.get("price")})
        return len(rows)

    # ------------------------------------------------------------------ export

    @api.model
    def _export_records(self):
        contracts = self.env["dealer.contract"]
        if not contracts.has_access("read"):
            return contracts
        return contracts.search([("company_id", "=", self.env.company.id)], order="id")

    @api.model
    def _export_batch(self, records):
        product_label = self.env["dealer.import.vehicle"]._get_product_label
        for contract in records:
            yield {
                "source": contract.source,
                "external_ref": contract.external_ref,
                "customer": contract.partner_id.complete_name,
                "customer_phone": contract.partner_id.phone,
                "vin": contract.vehicle_id.vin,
                "sold_as": product_label(contract.product_id),
                "kind": contract.kind,
                "price": contract.amount_car,
                "deposit": contract.deposit_amount,
                "deposit_kind": contract.deposit_kind,
                "advisor": contract.user_id.sudo().login,  # how the import names him
                "note": contract.note,
                "contract": contract.name,
                "state": contract.state,
                "amount_total": contract.amount_total,
                "amount_received": contract.amount_received,
            }
