{
    "name": "Dealership Workshop",
    "summary": "From appointment to hand-over: repair orders with jobs, labour, clocks and quality check",
    "version": "19.0.1.0.0",
    "license": "AGPL-3",
    "author": "Dealer Suite contributors",
    "category": "Sales/Dealership",
    "depends": ["dealer_parts", "repair", "hr"],
    "data": [
        "security/dealer_workshop_groups.xml",
        "security/ir.model.access.csv",
        "security/dealer_workshop_security.xml",
        "data/ir_sequence_data.xml",
        "data/product_product_data.xml",
        "data/dealer_labour_level_data.xml",
        "wizard/repair_order_rework_views.xml",
        "wizard/repair_order_sign_views.xml",
    ],
}
