{
    "name": "Dealer Finance Bridge",
    "summary": "Journal items and payments that know their car; the car's ledger; cash desk",
    "version": "19.0.1.0.0",
    "category": "Sales/Dealership",
    "author": "Dealer Suite contributors",
    "license": "AGPL-3",
    "depends": ["dealer_vehicle"],
    "data": [
        "security/dealer_finance_bridge_groups.xml",
        "views/account_move_line_views.xml",
        "views/account_move_views.xml",
        "views/account_payment_views.xml",
        "views/dealer_vehicle_views.xml",
        "report/dealer_vehicle_ledger_templates.xml",
        "report/dealer_vehicle_ledger_reports.xml",
        "views/dealer_finance_bridge_menus.xml",
    ],
}
