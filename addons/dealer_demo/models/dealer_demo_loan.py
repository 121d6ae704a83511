import io

from PIL import Image, ImageDraw

from odoo import Command, api, fields, models
from odoo.tools import SQL

# Lender (None: the bank of the floor plan), papers it asks for, products:
# (name, kind, months, percent a year, car before the money, days to pay out, commission %)
LENDERS = {
    "cn": [
        (
            None,
            ("identity", "licence", "income", "bank", "consent"),
            [("车易贷 36 期", "loan", 36, 4.35, False, 7, 2.0), ("车易贷 60 期", "loan", 60, 4.75, False, 7, 2.5)],
        ),
        (
            "鹏程汽车金融有限公司",
            ("identity", "licence", "consent"),
            [("厂家贴息 36 期", "loan", 36, 2.9, True, 5, 1.2), ("标准贷 60 期", "loan", 60, 5.9, True, 5, 3.0)],
        ),
        (
            "恒诚融资租赁有限公司",
            ("identity", "licence", "income"),
            [("轻松贷 36 期", "loan", 36, 6.2, False, 10, 4.0), ("直租 36 期", "lease", 36, 6.8, True, 10, 3.5)],
        ),
    ],
    "en": [
        (
            None,
            ("identity", "licence", "consent"),
            [("Promotional 36", "loan", 36, 2.9, True, 5, 1.0), ("Standard 60", "loan", 60, 5.4, True, 5, 1.8)],
        ),
        (
            "Atlas National Bank",
            ("identity", "licence", "income", "bank"),
            [("Auto loan 36", "loan", 36, 4.6, False, 7, 1.5), ("Auto loan 60", "loan", 60, 5.1, False, 7, 1.8)],
        ),
        (
            "Bayside Credit Union",
            ("identity", "licence", "income"),
            [("Member loan 36", "loan", 36, 4.2, False, 10, 1.2), ("Lease 36", "lease", 36, 6.0, True, 10, 1.6)],
        ),
    ],
}
# Contracts in transit: (customer, trim, price with tax, loan, number of the lender, days since the keys)
IN_TRANSIT = {
    "cn": [
        (13, ("Honda", "Civic", "Sport", 2026), 131900, 80000, 1, 3),
        (14, ("Honda", "CR-V", "Sport Touring", 2026), 235900, 150000, 1, 8),
        (15, ("Honda", "Accord", "Sport Hybrid", 2026), 199800, 120000, 0, 14),
    ],
    "en": [
        (5, ("Kia", "Sportage", "EX", 2026), 31290, 20000, 0, 3),
        (6, ("Kia", "Telluride", "S", 2026), 39690, 25000, 0, 8),
        (7, ("Kia", "Sportage", "LX", 2026), 28490, 18000, 1, 14),
    ],
}
CREDIT = {"cn": "江南银行已书面确认，款项排期放出", "en": "The bank confirmed in writing that the money is on its way"}
# The file that waits: its contract, what is attached, what the lender wants
WAITING = {
    "cn": ("contract_cn_1", ("identity", "licence", "consent"), "要求补充收入证明和近六个月流水"),
    "en": ("contract_en_0", ("identity", "licence", "consent"), "Wants the last two pay slips as well"),
}


class DealerDemo(models.AbstractModel):
    """Lenders with their products, contracts in transit at 3, 8 and 14 days, and a file that waits for papers (P19)."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        return [*super()._get_steps(), "loans"]

    @api.model
    def _build_loans(self):
        for key in LENDERS:
            if self._find(f"lender_{key}_0") is None:
                shop = self._in(key)
                shop._build_lenders(key)
                shop._build_waiting_file(key, *WAITING[key])
                for number, deal in enumerate(IN_TRANSIT[key]):
                    shop._build_transit(key, number, *deal)
        # What the night does: F&I is told of those that are overdue
        submissions = self.env["dealer.finance.submission"]
        submissions.search(submissions._get_unreminded_domain())._remind_transit()

    # ------------------------------------------------------------------ lenders

    @api.model
    def _build_lenders(self, key):
        for number, (name, papers, products) in enumerate(LENDERS[key]):
            partner = self._find(f"bank_{key}")
            if name:
                partner = self._ensure(
                    f"lender_partner_{key}_{number}", "res.partner", {"name": name, "is_company": True}
                )
            values = {
                "partner_id": partner.id,
                "company_id": self.env.company.id,
                "sequence": 10 + number,
                "document_kind_ids": [Command.set([self._get_paper_kind(code).id for code in papers])],
                "preset_ids": [Command.create(self._prepare_product(*product)) for product in products],
            }
            self._ensure(f"lender_{key}_{number}", self._as(f"{key}.manager").env["dealer.lender"], values)

    @api.model
    def _prepare_product(self, name, kind, months, rate, early, days, commission):
        return {
            "name": name,
            "kind": kind,
            "months": months,
            "annual_rate": rate,
            "is_early_delivery": early,
            "days_to_fund": days,
            "commission_percent": commission,
            "is_proposed": False,
            "company_id": self.env.company.id,
            "date_from": self._today(-200),
        }

    @api.model
    def _get_paper_kind(self, code):
        return self.env.ref(f"dealer_sales.dealer_finance_document_kind_{code}")

    # ------------------------------------------------------------------ loan files

    @api.model
    def _open_loan_file(self, key, contract):
        """Return the loan file of a contract in the shoes of the F&I manager, made from it at need."""
        fni = self._as(f"{key}.fni")
        action = fni.env["dealer.contract"].browse(contract.id).action_open_loan()
        return fni.env["dealer.finance.application"].browse(action["res_id"])

    @api.model
    def _attach_papers(self, file, codes):
        """Upload papers to a loan file as its button does."""
        files = file.env["ir.attachment"].create(
            [
                {
                    "name": f"{self._get_paper_kind(code).name} {file.partner_id.name}.png",
                    "raw": self._draw_paper(code),
                    "res_model": file._name,
                    "res_id": file.id,
                }
                for code in codes
            ]
        )
        file.attach_papers(files.ids)

    @api.model
    def _draw_paper(self, code):
        """Return the picture of a paper nobody can take for a real one.

        :param str code: of its kind
        :return: PNG
        """
        image = Image.new("RGB", (420, 270), "white")
        pen = ImageDraw.Draw(image)
        pen.rectangle((8, 8, 411, 261), outline="gray", width=2)
        pen.text((30, 40), f"SAMPLE: {code}", fill="black")
        for line in range(5):
            pen.line((30, 90 + line * 28, 390 - line * 30, 90 + line * 28), fill="lightgray", width=6)
        stream = io.BytesIO()
        image.save(stream, "PNG")
        return stream.getvalue()

    @api.model
    def _build_waiting_file(self, key, contract, papers, wanted):
        """One lender has answered that it wants more papers, the others cannot be asked before they are there."""
        file = self._open_loan_file(key, self._find(contract))
        self._remember(f"loan_file_waiting_{key}", file)
        self._attach_papers(file, papers)
        file.action_submit()
        asked = file.submission_ids.filtered(lambda line: line.state == "submitted")
        asked.note = wanted
        asked.action_documents()

    # ------------------------------------------------------------------ contracts in transit

    @api.model
    def _build_transit(self, key, number, customer, trim, price, amount, lender, days):
        """Sell a car on credit: the customer has it since some days, the lender has not paid yet.

        :param float price: of the car, with tax
        :param float amount: of the loan
        :param int lender: number of the lender
        :param int days: since the hand-over
        """
        contract = self._make_act_contract(f"contract_loan_{key}_{number}", key, customer, trim, price)
        self._price(contract, key, 100 + number, price)
        line = self._take_loan(key, contract, amount, self._find(f"lender_{key}_{lender}"))
        self._deal_review(key, contract)
        self._approve_to_the_end(key, contract)
        self._deal_signed(key, contract)
        day = self._today(-days)
        self._take_money(key, contract, "card", contract.deposit_kind, contract.deposit_amount, day)
        self._deal_allocated(key, contract)
        # The accountant writes the day on the draft; posting it makes the lender owe its part from then on
        self._with_cashier(key, contract)._create_invoices().invoice_date = day
        self._deal_invoiced(key, contract)
        self._take_money(key, contract, "card", "balance", contract._get_customer_open(), day)
        if not line.is_early_delivery:
            self._let_go_on_credit(key, line.application_id)
        self._deal_delivered(key, contract)
        self._date_transit(contract, line, days)

    @api.model
    def _take_loan(self, key, contract, amount, lender):
        """Take a loan before the customer signs: papers, every lender asked, one accepted.

        :return: accepted ``dealer.finance.submission``
        """
        file = self._open_loan_file(key, contract)
        file.write({"amount": amount, "months": 36})
        self._attach_papers(file, ("identity", "licence", "income", "bank", "consent"))
        file.action_submit()
        line = file.submission_ids.filtered(lambda submission: submission.lender_id.id == lender.id)
        line.action_approve()
        line.action_accept()
        return line

    @api.model
    def _approve_to_the_end(self, key, contract):
        """The sales manager approves, and the general manager what is beyond his limit."""
        self._deal_approved(key, contract)
        version = contract.current_version_id
        if version.state == "under_review":
            version.with_user(self._user(f"{key}.gm")).action_approve()

    @api.model
    def _let_go_on_credit(self, key, file):
        """The sales manager lets the car go before the lender has paid."""
        manager = self._as(f"{key}.manager")
        window = manager.env["dealer.finance.credit"].create({"application_id": file.id, "reason": CREDIT[key]})
        window.action_confirm()

    @api.model
    def _date_transit(self, contract, line, days):
        """Let all of it have been some days ago: asked and answered before the keys.

        Hand-overs and answers are stamped with the moment of the button; nobody may type them.
        """
        contract, line = contract.sudo(), line.sudo()
        keys = fields.Datetime.subtract(fields.Datetime.now(), days=days)
        answered = fields.Datetime.subtract(keys, days=1)
        contract.delivery_ids.date_done = keys
        line._note_hand_over()
        line.write(
            {
                "date_submitted": fields.Datetime.subtract(keys, days=2, hours=3),
                "date_answered": answered,
                "date_accepted": answered,
            }
        )
        self._date_history(contract, line, keys, answered)

    @api.model
    def _date_history(self, contract, line, keys, answered):
        self.env.flush_all()
        moves = contract.order_line_ids.move_ids.filtered(lambda move: move.state == "done")
        for table, column, ids, moment in [
            ("stock_move", "date", moves.ids, keys),
            ("stock_move_line", "date", moves.move_line_ids.ids, keys),
            ("stock_picking", "date_done", moves.picking_id.ids, keys),
            ("dealer_finance_log", "date", line.log_ids.ids, answered),
        ]:
            if ids:
                self.env.cr.execute(
                    SQL(
                        "UPDATE %s SET %s = %s WHERE id IN %s",
                        SQL.identifier(table),
                        SQL.identifier(column),
                        moment,
                        tuple(ids),
                    )
                )
        self.env.invalidate_all()
