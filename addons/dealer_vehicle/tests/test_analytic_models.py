from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install", "dealer")
class TestAnalyticModels(TransactionCase):
    """Nobody looks for distribution models where there are none; the first one counts at once."""

    def test_first_model_counts_at_once(self):
        models = self.env["account.analytic.distribution.model"]
        models.search([]).unlink()
        vals = {"company_id": self.env.company.id}
        models._get_distribution(vals)
        with self.assertQueryCount(0):
            self.assertEqual(models._get_distribution(vals), {})
        plan = self.env["account.analytic.plan"].create({"name": "Sites"})
        account = self.env["account.analytic.account"].create({"name": "Shanghai", "plan_id": plan.id})
        model = models.create({"analytic_distribution": {account.id: 100}, "company_id": self.env.company.id})
        self.assertEqual(models._get_distribution(vals), {str(account.id): 100})
        model.unlink()
        self.assertEqual(models._get_distribution(vals), {})
