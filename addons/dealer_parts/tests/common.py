from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user


class DealerPartsCommon(TransactionCase):
    """One company, one supplier, one part with minimum 4 and maximum 10, a keeper and a buyer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.company = cls.env.company
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.keeper = new_test_user(cls.env, "parts_keeper_t", groups="dealer_parts.group_parts_keeper")
        cls.buyer = new_test_user(cls.env, "parts_buyer_t", groups="dealer_vehicle.group_buyer")
        cls.maker = cls.env["fleet.vehicle.model.brand"].create({"name": "Maker T"})
        cls.supplier = cls.env["res.partner"].create({"name": "Supplier T"})
        cls.part = cls.create_part("04465-33480", name="Brake pads, front", list_price=320)

    @classmethod
    def create_part(cls, number, **values):
        """Create a part of the test's maker, bought from its supplier at 200.

        :param str number: part number as printed
        :param values: further values of ``product.template``
        :return: ``product.template``
        """
        return cls.env["product.template"].create(
            {
                "name": f"Part {number}",
                "is_part": True,
                "default_code": number,
                "part_maker_id": cls.maker.id,
                "seller_ids": [Command.create({"partner_id": cls.supplier.id, "price": 200, "delay": 1})],
                **values,
            }
        )

    @classmethod
    def put_on_shelf(cls, part, quantity, warehouse=None):
        """Bring the stock of ``part`` in the warehouse's main location up by ``quantity``.

        :param part: ``product.template`` with one variant
        :param float quantity: in the part's unit
        """
        location = (warehouse or cls.warehouse).lot_stock_id
        cls.env["stock.quant"]._update_available_quantity(part.product_variant_id, location, quantity)
