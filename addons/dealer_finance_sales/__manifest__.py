{
    "name": "Dealer Finance for Sales",
    "summary": "Money of sales contracts knows its car",
    "version": "19.0.1.0.0",
    "category": "Sales/Dealership",
    "author": "Dealer Suite contributors",
    "license": "AGPL-3",
    "depends": ["dealer_finance_bridge", "dealer_sales"],
    "data": ["views/account_move_views.xml", "views/dealer_contract_views.xml"],
    "auto_install": True,
}
