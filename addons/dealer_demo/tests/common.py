from odoo.tests import TransactionCase


class DealerDemoCommon(TransactionCase):
    """The demonstration as it was built at installation; built here when it was not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.demo = cls.env["dealer.demo"]
        if cls.demo._find("appointment_ev_0") is None:
            cls.demo._build()
        cls.companies = cls.env["res.company"].union(*(cls.demo._company(key) for key in ("cn", "ev", "en")))
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.companies.ids})
