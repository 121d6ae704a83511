from odoo.tests import tagged

from .common import DealerSalesCommon


@tagged("post_install", "-at_install", "dealer")
class TestContractQueries(DealerSalesCommon):
    """A list of contracts asks the database as often for many as for few."""

    def _count_queries(self, contracts):
        names = [
            "name",
            "partner_id",
            "waiting_gate",
            "waiting_role_name",
            "waiting_since",
            "amount_open",
            "is_overdue",
        ]
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        contracts.with_user(self.manager).web_read({name: {} for name in names})
        return self.env.cr.sql_log_count - before

    def test_list(self):
        few = self._create_contract() | self._create_contract()
        many = few
        for _number in range(8):
            many |= self._create_contract()
        self._count_queries(many)
        self.assertEqual(self._count_queries(many), self._count_queries(few))
