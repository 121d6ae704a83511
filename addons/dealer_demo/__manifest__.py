{
    "name": "Dealer Demonstration",
    "summary": "A dealership that looks alive: three companies, 84 new cars, people for every role",
    "version": "19.0.1.0.0",
    "category": "Sales/Dealership",
    "author": "Dealer Suite contributors",
    "license": "AGPL-3",
    "depends": [
        "dealer_sales",
        "dealer_workshop",
        "dealer_finance_sales",
        "dealer_finance_workshop",
        "l10n_cn",
        "payment_demo",
    ],
    "post_init_hook": "post_init_hook",
}
