import base64
from unittest.mock import patch

from odoo import SUPERUSER_ID, fields
from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

# A 1 × 1 picture: a drawn signature
SIGNATURE = base64.b64encode(
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
)


class DealerSalesCommon(AccountTestInvoicingCommon):
    """A shop with two advisors, their manager, a stock keeper and cars of one trim in stock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        # Jobs commit batch by batch; in a test they may not, and always have time left
        cron = cls.registry["ir.cron"]
        cls.startClassPatcher(patch.object(cron, "_commit_progress", lambda self, processed=0, **kw: 3600.0))
        # The common class works as an accountant; the data below are an administrator's
        cls.env = cls.env(user=SUPERUSER_ID, context={**cls.env.context, "allowed_company_ids": cls.company.ids})
        cls.company._set_up_dealer_sales()
        cls.site = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.brand = cls.env["fleet.vehicle.model.brand"].create({"name": "Testa"})
        cls.series = cls.env["fleet.vehicle.model"].create({"name": "One", "brand_id": cls.brand.id})
        cls.trim = cls._create_trim("One Comfort", 20000.0)
        cls.other_trim = cls._create_trim("One Luxury", 30000.0)
        cls.template = cls.env.ref("dealer_sales.dealer_contract_template_retail")
        cls.customer = cls.env["res.partner"].create({"name": "Anna Buyer", "phone": "+32470123456"})
        cls.advisor = cls._create_user("sales_advisor", "dealer_sales.group_sales_advisor")
        cls.advisor_2 = cls._create_user("sales_advisor_2", "dealer_sales.group_sales_advisor")
        cls.manager = cls._create_user("sales_manager", "dealer_sales.group_sales_manager")
        cls.manager_2 = cls._create_user("sales_manager_2", "dealer_sales.group_sales_manager")
        cls.general_manager = cls._create_user("sales_general", "dealer_vehicle.group_general_manager")
        cls.fni = cls._create_user("sales_fni", "dealer_sales.group_fni")
        cls.receptionist = cls._create_user("sales_reception", "dealer_sales.group_receptionist")
        cls.stock_keeper = cls._create_user("sales_stock", "dealer_vehicle.group_stock_keeper")
        cls.biller = cls._create_user(
            "sales_biller", "account.group_account_invoice,sales_team.group_sale_salesman_all_leads"
        )
        cls.car = cls._create_car("ZZSDSA1E8TT000001")
        cls.car_2 = cls._create_car("ZZSDSA1EXTT000002")

    @classmethod
    def _create_user(cls, login, groups, company=None):
        """Make a user who has exactly these rights.

        :param str login: also the name
        :param str groups: xmlids, comma-separated
        :return: ``res.users``
        """
        company = company or cls.company
        return new_test_user(
            cls.env,
            login,
            groups=groups,
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    @classmethod
    def _create_trim(cls, name, price):
        return cls.env["product.product"].create(
            {
                "name": name,
                "is_vehicle": True,
                "series_id": cls.series.id,
                "list_price": price,
                "guide_price": price,
                "standard_price": price * 0.8,
                "taxes_id": [Command.set(cls.tax_sale_a.ids)],
            }
        )

    @classmethod
    def _create_car(cls, vin, product=None, site=None):
        """Put a car into stock, with its quality certificate in house.

        :param str vin: valid, new
        :return: ``dealer.vehicle``
        """
        product = product or cls.trim
        site = site or cls.site
        company = site.company_id
        car = cls.env["dealer.vehicle"].create({"vin": vin, "product_id": product.id, "company_id": company.id})
        lot = cls.env["stock.lot"].create({"name": vin, "product_id": product.id})
        cls.env["stock.quant"]._update_available_quantity(product, site.lot_stock_id, 1.0, lot_id=lot)
        cls.env["dealer.vehicle.document"].create(
            [
                {
                    "vehicle_id": car.id,
                    "kind": kind,
                    "number": f"{kind} {vin}",
                    "holder_id": company.partner_id.id,
                }
                for kind in ("certificate", "conformity", "keys")
            ]
        )
        car._facts_changed()
        return car

    @classmethod
    def _create_contract(cls, user=None, **vals):
        """Make a contract as an advisor does: buyer and trim, nothing else.

        :return: ``dealer.contract`` of that user
        """
        values = {"partner_id": cls.customer.id, "product_id": cls.trim.id, **vals}
        return cls.env["dealer.contract"].with_user(user or cls.advisor).create(values)

    @classmethod
    def _submit(cls, contract):
        """Submit as an advisor does, with a reason where one is asked."""
        reason = cls.env.ref("dealer_sales.dealer_discount_reason_rival")
        contract.action_submit(contract._needs_cut_reason() and reason.id, "Offer seen")
        return contract.current_version_id

    @classmethod
    def _approve(cls, contract, user=None):
        """Submit and approve, by the general manager too where the rules ask him."""
        version = cls._submit(contract)
        version.with_user(user or cls.manager).action_approve()
        if version.state == "under_review":
            version.with_user(cls.general_manager).action_approve()

    @classmethod
    def _create_signed(cls, user=None, car=None, **vals):
        """Make a signed contract; with ``car`` it is allocated too.

        :return: ``dealer.contract`` of that user
        """
        contract = cls._create_contract(user=user, **vals)
        cls._approve(contract)
        contract.sudo()._sign("Anna Buyer", SIGNATURE, ip="192.0.2.1")
        if car:
            contract.action_allocate(car.id)
        return contract

    @classmethod
    def _create_bare_order(cls, user, **line):
        """Make a quotation that sells a car around every contract."""
        return (
            cls.env["sale.order"]
            .with_user(user)
            .create(
                {
                    "partner_id": cls.customer.id,
                    "order_line": [Command.create({"product_id": cls.trim.id, **line})],
                }
            )
        )

    def _run_gross_job(self):
        """Run the job that stores what deals earn."""
        self.env["dealer.contract"]._cron_refresh_gross()

    @classmethod
    def _today(cls):
        return fields.Date.today()
