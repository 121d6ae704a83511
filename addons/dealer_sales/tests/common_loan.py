from odoo.fields import Command

from .test_dealer_delivery import DealerDeliveryCommon


class DealerLoanCommon(DealerDeliveryCommon):
    """Three lenders with their terms, and the steps of a loan file."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.identity = cls.env.ref("dealer_sales.dealer_finance_document_kind_identity")
        cls.income = cls.env.ref("dealer_sales.dealer_finance_document_kind_income")
        cls.bank_a = cls._create_lender("Bank A", commission_percent=2.0)
        cls.bank_b = cls._create_lender("Bank B", annual_rate=5.2)
        cls.early_bank = cls._create_lender("Early Bank", is_early_delivery=True, days_to_fund=5)

    @classmethod
    def _create_lender(cls, name, papers=None, **terms):
        """Make a lender with one product of 36 months.

        :return: ``dealer.lender``
        """
        product = {
            "name": f"{name} 36",
            "kind": "loan",
            "months": 36,
            "annual_rate": 4.8,
            "is_proposed": False,
            "company_id": cls.company.id,
            **terms,
        }
        return cls.env["dealer.lender"].create(
            {
                "partner_id": cls.env["res.partner"].create({"name": name, "is_company": True}).id,
                "company_id": cls.company.id,
                "document_kind_ids": [Command.set(papers.ids if papers else [])],
                "preset_ids": [Command.create(product)],
            }
        )

    @classmethod
    def _open_file(cls, contract, user=None):
        """Open the loan file of a contract, as F&I does.

        :return: ``dealer.finance.application`` of that user
        """
        user = user or cls.fni
        action = contract.with_user(user).action_open_loan()
        return cls.env["dealer.finance.application"].with_user(user).browse(action["res_id"])

    @classmethod
    def _line(cls, file, lender):
        return file.submission_ids.filtered(lambda s: s.lender_id == lender)

    @classmethod
    def _accept(cls, contract, lender, amount=10000.0):
        """Take a loan through submission, approval and acceptance.

        :return: accepted ``dealer.finance.submission`` of the F&I manager
        """
        file = cls._open_file(contract)
        if file.state == "draft":
            file.amount = amount
            file.action_submit()
        line = cls._line(file, lender)
        line.action_approve()
        line.action_accept()
        return line

    @classmethod
    def _attach(cls, file, *names):
        """Upload files to a loan file, as the button does."""
        files = cls.env["ir.attachment"].with_user(file.env.user)
        made = files.create(
            [{"name": name, "raw": b"paper", "res_model": file._name, "res_id": file.id} for name in names]
        )
        file.attach_papers(made.ids)
        return made
