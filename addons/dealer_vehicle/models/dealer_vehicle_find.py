import re

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import vin as vin_tools

LAST_EIGHT = re.compile(r"(?=.*[A-Z])[A-HJ-NPR-Z0-9]{4}[0-9]{4}")
PHONE = re.compile(r"[+(]?[\d\s()./-]+")
# The first day of a car that is in stock now: its days in stock, read backwards, without a date that changes.
IN_STOCK_SINCE = "CASE WHEN %(place)s IN ('at_site', 'in_transit') THEN %(age_date)s END"
PHONE_DIGITS = 7  # fewer are a part of a VIN or a plate, as a rule


class DealerVehicle(models.Model):
    """Finding a car by whatever somebody says of it: what the text looks like decides which index answers."""

    _inherit = "dealer.vehicle"

    # Kept beside the car: grouping a million cars through their identities costs three times core's time.
    brand_id = fields.Many2one(related="vin_id.brand_id", store=True, readonly=False, index="btree_not_null")
    series_id = fields.Many2one(related="vin_id.series_id", store=True, readonly=False, index="btree_not_null")

    # A list of a million cars sorted by a column it shows reads one page: the column, then the list's own order.
    _age_idx = models.Index("(age_date, id)")
    _name_idx = models.Index("(name, age_date, id)")
    _place_idx = models.Index("(place, age_date, id)")
    _claim_idx = models.Index("(claim, age_date, id)")
    _title_idx = models.Index("(title, age_date, id)")
    _colour_idx = models.Index("(colour_exterior, age_date, id)")
    _site_idx = models.Index("(site_id, age_date, id)")
    _price_idx = models.Index("(asking_price, age_date, id)")
    _days_idx = models.Index(f"(({IN_STOCK_SINCE % {'place': 'place', 'age_date': 'age_date'}}), age_date, id)")
    # All that lists group by: counted in the index, a third of what reading the cars costs.
    _group_idx = models.Index(
        "(company_id, active, place, claim, site_id, title, condition, brand_id, series_id, product_id, "
        "colour_exterior)"
    )

    @api.model
    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        if field_name == "vin":
            # Every car has an identity: an inner join lets the index on the VIN give the order.
            identity = query.make_alias(alias, "vin_id__order")
            vin_id = self._field_to_sql(alias, "vin_id", query)
            query.add_join("JOIN", identity, "dealer_vin", SQL("%s = %s", vin_id, SQL.identifier(identity, "id")))
            return SQL("%s %s %s", SQL.identifier(identity, "vin"), direction, nulls)
        if field_name == "days_in_stock":
            # Younger than the youngest (0 days, as the list shows) are those that are not in stock.
            backwards = SQL("ASC") if direction.code == "DESC" else SQL("DESC")
            columns = {name: self._field_to_sql(alias, name, query) for name in ("place", "age_date")}
            return SQL("%s %s", SQL(IN_STOCK_SINCE, **columns), backwards)
        if field_name == "site_id" and self._are_sites_in_order():
            return SQL("%s %s %s", self._field_to_sql(alias, "site_id", query), direction, nulls)
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)

    @api.model
    def _are_sites_in_order(self):
        """Return whether the order of sites is that of their ids, as long as nobody arranged them by hand."""
        ids = self.env["stock.warehouse"].sudo().with_context(active_test=False).search([]).ids
        return ids == sorted(ids)

    @api.model
    @api.readonly
    def web_search_read(self, domain, specification, offset=0, limit=None, order=None, count_limit=None):
        order = self._turn_ties(order) if order else order
        return super().web_search_read(domain, specification, offset, limit, order, count_limit)

    @api.model
    def _turn_ties(self, order):
        """Turn the order of equal cars with that of the column a list is sorted by.

        A click sorts the column downwards and leaves what the list was sorted by before. Turned as a whole, the order
        is that of an index read backwards: one serves both directions.

        :param str order: of a list
        :return: str
        """
        first, *ties = (term.split() or [""] for term in order.lower().split(","))
        names = [term[0] for term in ties]
        is_down = first[-1] == "desc"
        if first[0] == "days_in_stock":
            is_down = not is_down  # read backwards, see _order_field_to_sql
        if not is_down or names not in (["age_date", "id"], ["id"]):
            return order
        return ", ".join([" ".join(first), *(f"{name} desc" for name in names)])

    @api.model
    @api.private
    @api.readonly
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        car = self._find_the_one(domain) if not offset and limit != 0 else None
        if not car:
            return super().search_fetch(domain, field_names, offset, limit, order)
        # What a car is called came with it.
        if field_names not in ([], ["display_name"]):
            car.fetch(field_names)
        return car

    @api.model
    def _find_the_one(self, domain):
        """Return the one car a VIN or its end means, by one small query, or an empty recordset.

        Of what a search of a box takes, building its query is the bigger half. Where one car answers, nothing is to be
        sorted; where the rules on cars are more than that of the company, or the domain is more than the box, or no car
        or several answer, the usual way is gone.

        :param domain: of a search
        """
        condition = self._get_box_condition(domain)
        if not condition or not self._is_ruled_by_company():
            return self.browse()
        self.browse().check_access("read")
        rows = self.env.execute_query(
            SQL(
                # The identity first, then its car: a join costs the planner half as much again, and so does each
                # condition. A VIN has few cars, one a company at most.
                "SELECT id, name, company_id, active FROM dealer_vehicle"
                " WHERE vin_id = ANY(ARRAY(SELECT id FROM dealer_vin WHERE %s))",
                condition,
                to_flush=[
                    self.env["dealer.vin"]._fields["vin"],
                    *(self._fields[name] for name in ("active", "company_id", "name", "vin_id")),
                ],
            )
        )
        rows = [row for row in rows if self._is_row_shown(*row[2:])]
        if len(rows) != 1:
            return self.browse()
        car_id, name, company_id, _active = rows[0]
        car = self.browse(car_id)
        self._fields["name"]._insert_cache(car, [name])
        self._fields["company_id"]._insert_cache(car, [company_id])
        return car

    @api.model
    def _is_row_shown(self, company_id, is_active):
        is_allowed = self.env.su or company_id in self.env.companies.ids
        return is_allowed and (is_active or not self.env.context.get("active_test", True))

    @api.model
    def _get_box_condition(self, domain):
        """Return the SQL on ``dealer_vin`` of a domain that is nothing but a VIN or its end, else ``None``."""
        parts = list(domain or ())
        if len(parts) != 1 or not isinstance(parts[0], (tuple, list)) or not isinstance(parts[0][2], str):
            return None
        name, operator, text = parts[0]
        if name == "vin" and operator == "=" and text:
            return SQL("vin = %s", text)
        if name == "display_name" and operator == "ilike":
            return self._get_vin_condition(self._get_code(text).translate(vin_tools.MISREAD))
        return None

    @api.model
    def _is_ruled_by_company(self):
        """Return whether companies are all that decides which cars the user sees."""
        if self.env.su:
            return True
        rule = self.env["ir.rule"]._compute_domain(self._name, "read")
        return list(rule) == [("company_id", "in", self.env.companies.ids)]

    @api.model
    def _get_company_condition(self):
        return SQL() if self.env.su else SQL(" AND v.company_id IN %s", tuple(self.env.companies.ids) or (0,))

    @api.model
    def _search_display_name(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        texts = [value] if isinstance(value, str) else value
        if not texts or not all(isinstance(text, str) for text in texts):
            return super()._search_display_name(operator, value)
        if operator.endswith("like") and not any(texts):
            return Domain.TRUE
        found = Domain("id", "in", [car_id for text in texts for car_id in self._find_ids(text.strip("%"))])
        return found | Domain("name", "in", list(texts)) if operator == "in" else found

    @api.model
    def _find(self, text, limit=200):
        """Return the cars somebody means by a plate, a VIN or a part of it, a name or a phone.

        :param str text: as typed, any spelling
        :param int limit: most cars to return
        :return: ``dealer.vehicle`` the user may see, best matches first
        """
        one = self._find_the_one([("display_name", "ilike", text or "")])
        return one or self._browse_visible(self._find_ids(text, limit))

    @api.model
    def _find_ids(self, text, limit=200):
        """Return ids of cars as :meth:`_find`, of the companies allowed; record rules are left to the caller.

        Whole codes first (plate, VIN and its end, order number, phone), then beginnings of codes, people
        only when these find nothing or the text has no digit, the catalogue last: a search in the box
        of a list costs one query beside its own, as a rule.
        """
        text = (text or "").strip().replace("%", "").replace("_", "")
        code = self._get_code(text)
        if not code:
            return []
        found = self._find_ids_by_code(text, code, limit)
        if found and len(code) >= 4 and any(sign.isdigit() for sign in code):
            return found
        people = self._find_by_people(text, limit - len(found)).ids if len(found) < limit else []
        return list(dict.fromkeys(found + people)) or self._find_by_catalogue(text, limit).ids

    @api.model
    def _get_code(self, text):
        return "".join(sign for sign in vin_tools.normalise(text) if sign.isalnum())

    def _browse_visible(self, ids):
        visible = set(self.search([("id", "in", ids)]).ids) if ids else set()
        return self.browse([car_id for car_id in ids if car_id in visible])

    @api.model
    def _find_by_code(self, text, code, limit):
        """Return the cars whose plate, VIN or maker's order number a text is or begins (a VIN: or ends).

        :param str text: as typed
        :param str code: the same, normalised
        :return: ``dealer.vehicle`` the user may see, whole matches first
        """
        one = self._find_the_one([("display_name", "ilike", code)])
        return one or self._browse_visible(self._find_ids_by_code(text, self._get_code(code), limit))

    @api.model
    def _find_ids_by_code(self, text, code, limit):
        self.flush_model(["company_id", "vin_id", "plate_normalised", "maker_order_no", "owner_id", "keeper_id"])
        self.env["dealer.vin"].flush_model(["vin"])
        # What people read wrongly: these letters are in no VIN.
        vin = code.translate(vin_tools.MISREAD)
        if found := self._query_ids(self._get_whole_branches(text, code, vin), limit):
            return found
        branches = [SQL("SELECT v.id FROM dealer_vehicle v WHERE v.plate_normalised LIKE %s", code + "%")]
        if 4 <= len(vin) <= 17:
            branches.append(self._vin_branch(SQL("vin LIKE %s", vin + "%")))
        return self._query_ids(branches, limit)

    @api.model
    def _get_vin_condition(self, vin):
        """Return the one way to look for what can hardly be anything else: planning more costs more than looking."""
        if vin_tools.is_possible(vin):
            return SQL("vin = %s", vin)
        return SQL("right(vin, 8) = %s", vin) if LAST_EIGHT.fullmatch(vin) else None

    @api.model
    def _get_whole_branches(self, text, code, vin):
        branches = [
            SQL("SELECT v.id FROM dealer_vehicle v WHERE v.plate_normalised = %s", code),
            SQL("SELECT v.id FROM dealer_vehicle v WHERE v.maker_order_no = %s", text),
        ]
        if len(vin) == 8:
            branches.append(self._vin_branch(SQL("right(vin, 8) = %s", vin)))
        elif 4 <= len(vin) <= 17:
            branches.append(self._vin_branch(SQL("reverse(vin) LIKE %s", vin[::-1] + "%")))
        if len(code) >= PHONE_DIGITS and PHONE.fullmatch(text):
            self.env["res.partner"].flush_model(["phone"])
            phone = self.env["res.partner"]._get_phone_condition(self.env["res.partner"]._get_phone_end(code))
            # Whose number it is needs no right of its own: the user's rights on cars decide what he sees.
            branches += [
                SQL("SELECT v.id FROM res_partner p JOIN dealer_vehicle v ON v.owner_id = p.id WHERE %s", phone),
                SQL("SELECT v.id FROM res_partner p JOIN dealer_vehicle v ON v.keeper_id = p.id WHERE %s", phone),
            ]
        return branches

    @api.model
    def _vin_branch(self, condition):
        return SQL("SELECT v.id FROM dealer_vin i JOIN dealer_vehicle v ON v.vin_id = i.id WHERE %s", condition)

    @api.model
    def _query_ids(self, branches, limit):
        """Return the ids of the branches, in the companies allowed; each branch stops at the limit."""
        company = self._get_company_condition()
        limited = [SQL("(%s%s LIMIT %s)", branch, company, limit) for branch in branches]
        rows = self.env.execute_query(SQL(" UNION ALL ").join(limited))
        return list(dict.fromkeys(row[0] for row in rows))[:limit]

    @api.model
    def _find_by_people(self, text, limit):
        """Return the cars of owners or users with a name or phone number.

        :param str text: a name or a number, or a part of it
        :return: ``dealer.vehicle`` the user may see
        """
        if len(text) < 2:
            return self.browse()
        partners = self._find_partners(text, limit)
        if not partners:
            return self.browse()
        return self.search(["|", ("owner_id", "in", partners.ids), ("keeper_id", "in", partners.ids)], limit=limit)

    @api.model
    def _find_partners(self, text, limit):
        Partner = self.env["res.partner"]
        if PHONE.fullmatch(text) and (ids := Partner._get_ids_by_phone(text, limit)):
            # Looked for by an index on digits, seen by the user's rights.
            return Partner.search([("id", "in", ids)])
        return Partner.search(["|", ("name", "ilike", text), ("phone", "ilike", text)], limit=limit)

    @api.model
    def _find_by_catalogue(self, text, limit):
        # The catalogue is small, a million names are not: no text is searched on the cars themselves.
        Series, Template = self.env["fleet.vehicle.model"], self.env["product.template"]
        domain = Domain.TRUE
        for word in text.split():
            series = Series.search(["|", ("name", "ilike", word), ("brand_id.name", "ilike", word)])
            trims = Template.search([("is_vehicle", "=", True), ("name", "ilike", word)])
            if not series and not trims:
                return self.browse()
            domain &= Domain("series_id", "in", series.ids) | Domain("product_id.product_tmpl_id", "in", trims.ids)
        return self.search(domain, limit=limit)
