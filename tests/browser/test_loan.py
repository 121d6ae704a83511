"""Journey 7: a loan file from the contract, three lenders, papers once, answers, and the lender's money.

As ``docs/guide/loans.md`` tells it; the pictures kept among the artefacts are those of the guide.
"""

import base64

import pytest
from house import SIGNATURE

BUDGET = 10  # interactions from the contract to the matched money: clicks, choices, one dialogue of files
PAPERS = ("identity card", "driving licence", "payslip", "bank statement", "consent")


@pytest.mark.usefixtures("in_order")
class TestLoan:
    """The steps stand in the order of the guide."""

    def test_1_sold_on_credit(self, house, facts):
        """The advisor sold a car; the customer pays the deposit and wants a loan for the rest."""
        car = house.stock(20_000)
        facts["car"] = car
        facts["contract"] = house.sign_and_hold(f"Laura Loan {car}", car)

    def test_2_three_lenders_papers_once(self, people, house, facts):
        fni, used = people("fni"), 0
        fni.open("dealer_sales.dealer_contract_action_all", facts["contract"])
        fni.press("action_open_loan")
        used += 1
        fni.see("Atlas National Bank")
        facts["file"] = fni.record_id
        lines = house.fni.search("dealer.finance.submission", [["application_id", "=", facts["file"]]])
        assert len(lines) == 3, "every lender that offers such a loan stands in the file"
        with fni.page.expect_file_chooser() as chooser:
            fni.page.get_by_role("button", name="Attach papers").click()
        picture = base64.b64decode(SIGNATURE)
        files = [{"name": f"{name}.png", "mimeType": "image/png", "buffer": picture} for name in PAPERS]
        fni.answered("attach_papers", lambda: chooser.value.set_files(files))
        used += 2  # the button, and the files chosen in one go
        papers = house.fni.find(
            "dealer.finance.document", [["application_id", "=", facts["file"]]], ["kind_id", "name"]
        )
        assert len({paper["kind_id"][0] for paper in papers}) == len(PAPERS), papers
        fni.press("action_submit")
        used += 1
        fni.no_complaint()
        states = house.fni.read("dealer.finance.submission", lines, ["state"])
        assert {line["state"] for line in states} == {"submitted"}
        facts["used"], facts["lines"] = used, lines

    def test_3_answers_one_accepted(self, people, house, facts):
        fni, used = people("fni"), 0
        rows = fni.page.locator("[name=submission_ids] .o_data_row")

        def on(lender, method):
            row = rows.filter(has_text=lender)
            fni.answered(method, row.locator(f"button[name={method}]").click)
            fni.no_complaint()

        on("Seaboard Auto Finance", "action_approve")
        on("Atlas National Bank", "action_approve")
        on("Bayside Credit Union", "action_refuse")
        used += 3
        fni.picture("loan-file")
        on("Seaboard Auto Finance", "action_accept")
        used += 1
        fni.see("Accepted")
        fni.picture("loan-accepted")
        seen = house.fni.read("dealer.finance.submission", facts["lines"], ["state", "lender_id"])
        assert {line["lender_id"][1]: line["state"] for line in seen} == {
            "Seaboard Auto Finance": "accepted",
            "Atlas National Bank": "approved",
            "Bayside Credit Union": "refused",
        }
        facts["used"] += used

    def test_4_the_lender_owes_its_part(self, people, house, facts):
        """The others do their part; from the invoice on the lender owes, and the list says so."""
        house.accountant.call("dealer.contract", "action_invoice", facts["contract"])
        (line,) = house.fni.find(
            "dealer.finance.submission",
            [["application_id", "=", facts["file"]], ["state", "=", "accepted"]],
            ["amount_open", "amount_approved", "date_invoiced"],
        )
        facts["line"] = line["id"]
        assert line["amount_open"] == line["amount_approved"] > 0 and line["date_invoiced"]
        debts = house.journal_items(
            [["move_id.dealer_loan_submission_id", "=", line["id"]], ["balance", ">", 0]], "reconciled"
        )
        assert round(sum(item["balance"] for item in debts) - line["amount_approved"], 2) == 0
        fni = people("fni")
        fni.open("dealer_sales.dealer_finance_submission_action_transit").see("Seaboard Auto Finance")
        for group in fni.page.locator(".o_group_header").all():
            group.click()
        fni.settle().see("Laura Loan").picture("contracts-in-transit")
        ages = house.fni.find(
            "dealer.finance.submission",
            [["state", "=", "accepted"], ["date_handed_over", "!=", False]],
            ["transit_days"],
        )
        assert {3, 8, 14} <= {line["transit_days"] for line in ages}, "as the demonstration tells it"

    def test_5_funding_matched(self, people, house, facts):
        cashier, used = people("cashier"), 0
        cashier.open("dealer_sales.dealer_finance_submission_action_transit", facts["line"])
        cashier.press("action_receive")
        used += 1
        cashier.settle().picture("loan-receive")
        cashier.press("action_receive", scope=".modal")
        used += 1
        cashier.no_complaint()
        line = house.fni.read("dealer.finance.submission", facts["line"], ["state", "amount_open", "amount_received"])
        assert (line["state"], line["amount_open"]) == ("funded", 0.0), line
        debts = house.journal_items(
            [["move_id.dealer_loan_submission_id", "=", facts["line"]], ["balance", ">", 0]],
            "reconciled",
            "amount_residual",
        )
        assert debts and all(item["reconciled"] and item["amount_residual"] == 0 for item in debts), debts
        facts["used"] += used
        assert facts["used"] <= BUDGET, facts["used"]

    def test_6_on_a_phone(self, people, facts):
        phone = people("fni", phone=True)
        phone.open("dealer_sales.dealer_finance_application_action").settle().picture("loan-files-phone")
        assert phone.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
