{
    "name": "Dealership Parts",
    "summary": "Part numbers found in any spelling, minimum and maximum stock, one-click orders",
    "version": "19.0.1.0.0",
    "license": "AGPL-3",
    "author": "Dealer Suite contributors",
    "category": "Sales/Dealership",
    "depends": ["dealer_vehicle"],
    "data": [
        "security/dealer_parts_groups.xml",
        "security/ir.model.access.csv",
        "security/dealer_parts_security.xml",
        "data/product_category_data.xml",
        "views/product_template_views.xml",
        "views/stock_warehouse_orderpoint_views.xml",
        "views/stock_quant_views.xml",
        "views/purchase_order_views.xml",
        # Last because it references the actions defined above
        "views/dealer_parts_menus.xml",
    ],
}
