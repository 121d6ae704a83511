from odoo import Command
from odoo.tests import new_test_user

from odoo.addons.base.tests.common import BaseCommon

from ..tools import vin as vin_tools

# Right check digits.
VINS = (
    "1HGCM82633A004352",
    "1M8GDM9AXKP042788",
    "1G1ND52F14M587843",
    "LSVAA49J132047371",
)


def make_vin(number, prefix="LSGXE8AB"):
    """Return a VIN with a right check digit.

    :param int number: 0 to 999999, the serial part
    :param str prefix: first eight signs
    :return: str of 17 signs
    """
    draft = f"{prefix}0PA{number:06d}"
    return draft[:8] + vin_tools.check_digit(draft) + draft[9:]


class OpenGuards:
    """For tests that sell cars by plain orders and are about something else, whatever is installed."""

    @classmethod
    def open_guards(cls):
        """Let cars be sold by plain orders. Guards that only an add-on above has are opened where it is installed."""
        for model, method in [
            ("account.move", "_check_vehicles_may_be_invoiced"),
            ("sale.order", "_confirmation_error_message"),
            ("sale.order", "_check_dealer_binding"),
            ("sale.order.line", "_check_vehicles_may_be_procured"),
            ("stock.move", "_check_vehicles_may_leave"),
        ]:
            if hasattr(cls.registry[model], method):
                cls.classPatch(cls.registry[model], method, lambda self, *args, **kwargs: None)


class DealerVehicleCommon(BaseCommon):
    """Two companies, a brand with one series and two trims, a user per role, cars in stock.

    Subclasses take ``make_car`` (anywhere), ``stock_car`` (at the site, inspected) and
    ``make_user``; everything a test needs beyond is made in its own ``setUpClass``.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a = cls.env.company
        cls.company_b = cls.env["res.company"].create({"name": "Second Dealer"})
        cls.env.user.company_ids |= cls.company_b
        cls.site_a = cls.env["stock.warehouse"].search([("company_id", "=", cls.company_a.id)], limit=1)
        cls.site_b = cls.env["stock.warehouse"].search([("company_id", "=", cls.company_b.id)], limit=1)
        cls.brand = cls.env["fleet.vehicle.model.brand"].create({"name": "Northstar"})
        cls.series = cls.env["fleet.vehicle.model"].create({"name": "N5", "brand_id": cls.brand.id})
        cls.category = cls.env["product.category"].create(
            {"name": "Cars", "property_cost_method": "average", "property_valuation": "real_time"}
        )
        cls.trim = cls.make_trim("Comfort", 171900.0)
        cls.trim_top = cls.make_trim("Executive", 215900.0)
        cls.product = cls.trim.product_variant_id
        cls.product_top = cls.trim_top.product_variant_id
        cls.customer = cls.env["res.partner"].create({"name": "Li Wei", "phone": "13800138000"})
        cls.bank = cls.env["res.partner"].create({"name": "Floor Plan Bank", "is_vehicle_financier": True})
        cls.user_staff = cls.make_user("staff", "dealer_vehicle.group_vehicle_user")
        cls.user_keeper = cls.make_user("keeper", "dealer_vehicle.group_stock_keeper")
        cls.user_buyer = cls.make_user("buyer", "dealer_vehicle.group_buyer")
        cls.user_auditor = cls.make_user("auditor", "dealer_vehicle.group_auditor")
        cls.user_manager = cls.make_user("manager", "dealer_vehicle.group_general_manager")
        cls.user_admin = cls.make_user("dadmin", "dealer_vehicle.group_dealer_admin")
        cls.user_b = cls.make_user("keeper_b", "dealer_vehicle.group_stock_keeper", company=cls.company_b)

    @classmethod
    def make_user(cls, login, groups, company=None):
        """Create an internal user with only the groups named.

        :param str login: unique in the test
        :param str groups: xml ids, comma separated
        :param company: ``res.company``, default company A; the user sees this one only
        :return: ``res.users`` record
        """
        company = company or cls.company_a
        return new_test_user(
            cls.env,
            login=f"dealer_{login}",
            groups=groups,
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    @classmethod
    def make_trim(cls, name, price, **values):
        """Create a trim (``product.template``) of the common series.

        :param str name: trim
        :param float price: sales price in company currency
        :return: ``product.template`` record
        """
        return cls.env["product.template"].create(
            {
                "name": name,
                "is_vehicle": True,
                "series_id": cls.series.id,
                "model_year": 2026,
                "list_price": price,
                "guide_price": price,
                "categ_id": cls.category.id,
                **values,
            }
        )

    @classmethod
    def make_car(cls, vin=None, company=None, **values):
        """Create a car the company knows, with nothing in stock.

        :param str vin: default none
        :param company: ``res.company``, default company A
        :return: ``dealer.vehicle`` record
        """
        company = company or cls.company_a
        values = {"company_id": company.id, **values}
        if vin:
            values.update(vin=vin, vin_confirmed=True)
        return cls.env["dealer.vehicle"].with_company(company).create(values)

    @classmethod
    def stock_car(cls, vin, product=None, company=None, location=None, **values):
        """Create a car and put it into stock by an inventory count.

        :param str vin: required
        :param product: ``product.product``, default the common trim
        :param company: ``res.company``, default company A
        :param location: ``stock.location``, default the stock of the company's site
        :return: ``dealer.vehicle`` record, at a site and free
        """
        company = company or cls.company_a
        product = product or cls.product
        site = cls.site_b if company == cls.company_b else cls.site_a
        car = cls.make_car(vin, company, product_id=product.id, **values)
        lot = car.lot_id or cls._make_lot(car, product)
        cls.env["stock.quant"].with_company(company).with_context(inventory_mode=True).create(
            {
                "product_id": product.id,
                "lot_id": lot.id,
                "location_id": (location or site.lot_stock_id).id,
                "inventory_quantity": 1,
            }
        ).action_apply_inventory()
        return car

    @classmethod
    def _make_lot(cls, car, product):
        lot = cls.env["stock.lot"].create({"name": car.vin, "product_id": product.id})
        if not car.vin_id.lot_id:
            car.vin_id.sudo().lot_id = lot
        return lot

    @classmethod
    def move_out(cls, car, location=None):
        """Move a car out of stock by a done stock move, without any order.

        :param car: ``dealer.vehicle`` at a site
        :param location: ``stock.location``, default the customers' one
        """
        destination = location or cls.env.ref("stock.stock_location_customers")
        quant = cls.env["stock.quant"].search(
            [("lot_id", "=", car.lot_id.id), ("location_id.usage", "=", "internal"), ("quantity", ">", 0)]
        )
        cls.env["stock.quant"]._update_available_quantity(car.product_id, quant.location_id, -1, lot_id=car.lot_id)
        cls.env["stock.quant"]._update_available_quantity(car.product_id, destination, 1, lot_id=car.lot_id)
