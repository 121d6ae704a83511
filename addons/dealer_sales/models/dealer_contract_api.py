from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Command

from odoo.addons.dealer_vehicle.tools import vin as vin_tools

# What a contract may be made from: see docs/guide/files.md
KEYS = {
    "source",
    "reference",
    "customer",
    "vin",
    "trim",
    "template",
    "price",
    "lines",
    "deposit",
    "deposit_kind",
    "note",
    "advisor",
}
ORIGIN_FIELDS = {"source", "external_ref"}


class DealerContract(models.Model):
    """Contracts that come from outside: by one API call or from a file, never twice (P31, R38)."""

    _inherit = "dealer.contract"

    source = fields.Char(copy=False, help="Where the contract came from: a web shop, a group system, a file.")
    external_ref = fields.Char("Reference there", copy=False, help="What the contract is called in its source.")

    _origin_uniq = models.UniqueIndex(
        "(company_id, source, external_ref) WHERE source IS NOT NULL AND external_ref IS NOT NULL",
        "There is a contract of this source and reference already.",
    )

    def write(self, vals):
        if vals.keys() & ORIGIN_FIELDS and not self.env.su:
            raise UserError(self.env._("Where a contract came from is not changed afterwards."))
        return super().write(vals)

    @api.model
    def make_contract(self, values):
        """Make a whole contract from one dict, or return the one there is of that source and reference.

        Public for programs, over ``/json/2/dealer.contract/make_contract``. It is a draft of the calling user, who
        submits it like any other.

        :param dict values: ``source`` and ``reference`` (str, both required); ``customer``: dict of ``phone`` (str,
            required), ``name``, ``email``; ``vin`` or ``trim`` (str); ``template`` (str, a kind of contract, default
            ``retail``); ``price`` of the car with tax (float); ``lines``: list of dicts of ``product`` (reference or
            name), ``quantity``, ``price`` with tax; ``deposit`` (float), ``deposit_kind``; ``note``;
            ``advisor`` (login)
        :return: dict: ``id``, ``name``, ``state``, ``amount_total``, ``is_new`` (False: it was there)
        :raises AccessError: the user may make no contract
        :raises UserError: names the key and what is wrong with it
        Source: P31
        """
        self.check_access("create")
        self._check_keys(values)
        source, reference = str(values["source"]).strip(), str(values["reference"]).strip()
        known = self._find_by_origin(source, reference)
        if known:
            return known._get_api_answer(is_new=False)
        customer = self._find_or_make_customer(values["customer"])
        vals = self._prepare_from_outside({**values, "source": source, "reference": reference}, customer)
        try:
            contract = self._make_from_outside(vals, values)
        except UniqueViolation as error:
            if error.diag.constraint_name != "dealer_contract_origin_uniq":
                raise
            # The same call came twice at once: started again, this one finds the other's contract
            raise ConcurrencyError(str(error)) from error
        return contract._get_api_answer(is_new=True)

    def _get_api_answer(self, is_new):
        # Said to whoever names source and reference, also of a colleague's contract: no more than this
        contract = self.sudo()
        return {
            "id": contract.id,
            "name": contract.name,
            "state": contract.state,
            "amount_total": contract.amount_total,
            "is_new": is_new,
        }

    @api.model
    def _check_keys(self, values):
        if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
            raise UserError(self.env._("A contract is made from a dictionary of values."))
        unknown = values.keys() - KEYS
        if unknown:
            raise UserError(self.env._("Nobody knows what to do with: %(keys)s.", keys=", ".join(sorted(unknown))))
        for key in ("source", "reference", "customer"):
            if not values.get(key):
                raise UserError(self.env._("“%(key)s” is missing.", key=key))
        if not values.get("vin") and not values.get("trim"):
            raise UserError(self.env._("“%(key)s” is missing.", key="vin / trim"))
        if not isinstance(values["customer"], dict) or not values["customer"].get("phone"):
            raise UserError(self.env._("“%(key)s” is missing.", key="customer.phone"))
        for key in ("price", "deposit"):
            self._check_number(key, values.get(key, 0.0))
        for key in ("template", "deposit_kind", "note", "advisor"):
            self._check_text(key, values.get(key) or "")
        for key in ("name", "email"):
            self._check_text(f"customer.{key}", values["customer"].get(key) or "")
        if not isinstance(values.get("lines") or [], list | tuple):
            raise UserError(self.env._("“%(key)s” is a list of dictionaries.", key="lines"))

    @api.model
    def _find_by_origin(self, source, reference):
        domain = [("company_id", "=", self.env.company.id), ("source", "=", source), ("external_ref", "=", reference)]
        return self.sudo().search(domain, limit=1)  # a colleague's contract counts too

    @api.model
    def _find_or_make_customer(self, customer):
        """Return the contact with this phone number; nobody known is changed.

        :raises UserError: the number is somebody else's
        """
        name, phone = str(customer.get("name") or "").strip(), str(customer["phone"]).strip()
        found, reason = self.env["dealer.import.owner"]._find_people({(name, phone)})[name, phone]
        if reason:
            raise UserError(reason)
        people = self.env["res.partner"]
        if found:
            return people.browse(found)
        if not name:
            raise UserError(self.env._("“%(key)s” is missing.", key="customer.name"))
        return people.create({"name": name, "phone": phone, "email": customer.get("email") or False})

    @api.model
    def _prepare_from_outside(self, values, customer):
        """Return what a contract from outside is created with.

        :param dict values: as ``make_contract``, source and reference stripped
        :param customer: ``res.partner``
        :return: dict for ``create``
        """
        vals = {
            "partner_id": customer.id,
            "source": values["source"],
            "external_ref": values["reference"],
            "template_id": self._find_template(values.get("template") or "retail").id,
            "note": values.get("note") or False,
            "deposit_amount": values.get("deposit") or 0.0,
            "user_id": self._find_advisor(values.get("advisor")).id,
        }
        if values.get("deposit_kind"):
            kinds = self._fields["deposit_kind"].get_values(self.env)
            if values["deposit_kind"] not in kinds:
                raise UserError(
                    self.env._("“%(key)s” is one of: %(kinds)s.", key="deposit_kind", kinds=", ".join(kinds))
                )
            vals["deposit_kind"] = values["deposit_kind"]
        if values.get("vin"):
            vals["vehicle_id"] = self._find_car(values["vin"]).id
        else:
            vals["product_id"] = self._find_trim(values["trim"]).id
        return vals

    @api.model
    def _find_template(self, kind):
        templates = self.env["dealer.contract.template"]
        found = templates.search(
            [("kind", "=", kind), ("company_id", "in", (False, self.env.company.id))],
            order="company_id, sequence",
            limit=1,
        )
        if not found:
            raise UserError(self.env._("There is no template of the kind “%(kind)s”.", kind=kind))
        return found

    @api.model
    def _find_advisor(self, login):
        if not login or login == self.env.user.login:
            return self.env.user
        # Only whether the login works here; a seller may not read users
        user = self.env["res.users"].sudo().search([("login", "=", login), ("company_ids", "in", self.env.company.ids)])
        if not user or user.share or not self.env.user.has_group("dealer_sales.group_sales_manager"):
            raise UserError(self.env._("“%(login)s” is no advisor you may make contracts for.", login=login))
        return user

    @api.model
    def _find_car(self, vin):
        wanted = vin_tools.normalise(str(vin))
        car = self.env["dealer.vehicle"].search(
            [("vin_id.vin", "=", wanted), ("company_id", "=", self.env.company.id)], limit=1
        )
        if not car.product_id:
            raise UserError(self.env._("No car of ours with the VIN %(vin)s is for sale.", vin=wanted))
        return car

    @api.model
    def _find_trim(self, name):
        text = str(name).strip()
        products = self.env["product.product"]
        ours = [("is_vehicle", "=", True), ("sale_ok", "=", True), ("company_id", "in", (False, self.env.company.id))]
        found = products.search([*ours, ("default_code", "=", text)], limit=2)
        if not found:
            ids = self.env["dealer.import.vehicle"]._get_products({}).get(text.lower(), [])
            found = products.browse(row[0] for row in ids).filtered("sale_ok")
        return self._only(found, "trim", text)

    @api.model
    def _find_extra(self, name):
        text = str(name or "").strip()
        products = self.env["product.product"]
        ours = [("is_vehicle", "=", False), ("sale_ok", "=", True), ("company_id", "in", (False, self.env.company.id))]
        found = products.search([*ours, ("default_code", "=", text)], limit=2)
        return self._only(found or products.search([*ours, ("name", "=ilike", text)], limit=2), "product", text)

    def _only(self, found, key, text):
        if len(found) != 1:
            raise UserError(
                self.env._("Several are called “%(text)s” (%(key)s): use the internal reference.", key=key, text=text)
                if found
                else self.env._("Nothing for sale is called “%(text)s” (%(key)s).", key=key, text=text)
            )
        return found

    @api.model
    def _make_from_outside(self, vals, values):
        """Create the contract, then set the car's price and add the lines.

        :param dict vals: of ``_prepare_from_outside``
        :param dict values: as ``make_contract``: ``price`` and ``lines``
        :return: ``dealer.contract``
        """
        contract = self.create(vals)
        if values.get("price"):
            contract._get_car_lines()[:1].price_with_tax = values["price"]
        for item in values.get("lines") or ():
            contract._add_line_from_outside(item)
        return contract

    def _add_line_from_outside(self, item):
        if not isinstance(item, dict):
            raise UserError(self.env._("“%(key)s” is a list of dictionaries.", key="lines"))
        self._check_number("quantity", item.get("quantity", 1))
        self._check_number("price", item.get("price", 0.0))
        product = self._find_extra(item.get("product"))
        line = {"product_id": product.id, "product_uom_qty": item.get("quantity", 1)}
        if "price" in item:
            line["price_with_tax"] = item["price"]
        self.sale_order_id.write({"order_line": [Command.create(line)]})
