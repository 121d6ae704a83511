{
    "name": "Dealer Finance for the Workshop",
    "summary": "Money of workshop orders knows its car",
    "version": "19.0.1.0.0",
    "category": "Sales/Dealership",
    "author": "Dealer Suite contributors",
    "license": "AGPL-3",
    "depends": ["dealer_finance_bridge", "dealer_workshop"],
    "auto_install": True,
}
