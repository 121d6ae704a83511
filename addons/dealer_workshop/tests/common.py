from odoo import Command
from odoo.tests import TransactionCase, new_test_user

WORKSHOP = "dealer_workshop.group_"


class DealerWorkshopCommon(TransactionCase):
    """A small workshop: two sites, two bays, people of each role, a customer's car, one operation, one part."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls._get_company()
        cls.site = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.other_site = cls.env["stock.warehouse"].create(
            {"name": "North", "code": "NOR", "company_id": cls.company.id}
        )
        cls._make_people()
        cls._make_price_list()
        cls.customer = cls.env["res.partner"].create({"name": "Li Lei", "phone": "13800138000"})
        cls.car = cls._make_car("1HGCM82633A004352", plate="沪T12345")
        cls.bay = cls.env["dealer.bay"].create({"name": "Lift 1", "site_id": cls.site.id})
        cls.other_bay = cls.env["dealer.bay"].create({"name": "Lift 2", "site_id": cls.site.id})

    @classmethod
    def _get_company(cls):
        """Return the company whose workshop is tested; it has a chart of accounts."""
        return cls.env.ref("base.main_company")

    @classmethod
    def _make_user(cls, login, group, **vals):
        return new_test_user(cls.env, login=login, name=login.title(), groups=group, company_id=cls.company.id, **vals)

    @classmethod
    def _make_people(cls):
        cls.advisor = cls._make_user("w_advisor", WORKSHOP + "service_advisor")
        cls.technician = cls._make_user("w_technician", WORKSHOP + "technician")
        cls.second_technician = cls._make_user("w_second", WORKSHOP + "technician")
        cls.inspector = cls._make_user("w_inspector", WORKSHOP + "quality_inspector")
        cls.manager = cls._make_user("w_manager", WORKSHOP + "workshop_manager")
        cls.keeper = cls._make_user("w_keeper", "dealer_parts.group_parts_keeper")
        cls.technician_employee = cls._make_technician(cls.technician)
        cls.second_employee = cls._make_technician(cls.second_technician)

    @classmethod
    def _make_technician(cls, user):
        return cls.env["hr.employee"].create(
            {"name": user.name, "user_id": user.id, "company_id": cls.company.id, "is_dealer_technician": True}
        )

    @classmethod
    def _make_price_list(cls):
        cls.level = cls.env.ref("dealer_workshop.dealer_labour_level_mechanical")
        cls.env["dealer.labour.rate"].create({"company_id": cls.company.id, "rate": 200.0})
        cls.operation = cls.env["dealer.operation"].create(
            {"code": "TEST-BRK-F", "name": "Replace front brake pads", "hours": 1.5, "level_id": cls.level.id}
        )
        cls.part = (
            cls.env["product.template"]
            .create(
                {
                    "name": "Brake pad set",
                    "default_code": "TEST-04465",
                    "is_part": True,
                    "type": "consu",
                    "is_storable": True,
                    "list_price": 480.0,
                    "standard_price": 300.0,
                }
            )
            .product_variant_id
        )

    @classmethod
    def _make_car(cls, vin, plate=False, company=None):
        values = {
            "vin": vin,
            "vin_confirmed": True,
            "condition": "used",
            "company_id": (company or cls.company).id,
            "owner_id": cls.customer.id,
            "keeper_id": cls.customer.id,
            "plate_ids": [Command.create({"plate": plate})] if plate else [],
        }
        return cls.env["dealer.vehicle"].create(values)

    @classmethod
    def _stock_part(cls, quantity, site=None):
        """Put parts on the shelf of a site.

        :param float quantity: units
        :param stock.warehouse site: default: the first site
        """
        location = (site or cls.site).lot_stock_id
        cls.env["stock.quant"]._update_available_quantity(cls.part, location, quantity)

    def _make_order(self, user=None, with_part=False, **vals):
        """Return a repair order with one job, made by a service advisor.

        :param res.users user: default: the advisor
        :param bool with_part: ask for one brake pad set
        """
        order = (
            self.env["repair.order"]
            .with_user(user or self.advisor)
            .create(
                {
                    "dealer_vehicle_id": self.car.id,
                    "site_id": self.site.id,
                    "odometer_km": 42000,
                    "job_ids": [
                        Command.create(
                            {"name": "Brakes squeal", "line_ids": [Command.create({"operation_id": self.operation.id})]}
                        )
                    ],
                    **vals,
                }
            )
        )
        if with_part:
            self.env["dealer.job.part"].with_user(user or self.advisor).create(
                {"job_id": order.job_ids.id, "product_id": self.part.id, "quantity": 1}
            )
        return order

    def _work(self, order, user=None):
        """Let a technician clock on and off every job of an order and close it.

        :param repair.order order: checked in
        :param res.users user: default: the first technician
        """
        for job in order.with_user(user or self.technician).job_ids.filtered(lambda job: job.state != "declined"):
            job.action_clock_on()
            job.action_clock_off()
            job.action_done()
