import inspect

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_loan import DealerLoanCommon

# What nobody means, as JSON can say it
ODD = (
    *("x", "0", "", " ", 0, -1, 1.5, True, False, None, 2**40, float("nan")),
    *([], ["x"], [0], {}, {"x": 1}, {"1": "x"}, {"source": 1, "reference": [], "customer": {"phone": 1}, "vin": {}}),
)
# Core's own ways to be called, and what takes records' values as core does
NOT_OURS = {"create", "write", "copy", "copy_data", "default_get", "message_new", "message_update", "name_search"}


@tagged("post_install", "-at_install", "dealer")
class TestCallerValues(DealerLoanCommon):
    """Whatever a program sends to a button, the answer is a sentence, never a broken server."""

    def _get_methods(self):
        """Return (model, method) of everything public of this add-on that takes values."""
        found = set()
        for name, model in self.env.registry.items():
            for method, function in inspect.getmembers(model, inspect.isfunction):
                ours = (function.__module__ or "").startswith("odoo.addons.dealer_sales.")
                if not ours or method.startswith("_") or method in NOT_OURS or model._abstract:
                    continue
                if getattr(function, "_api_private", False) or len(inspect.signature(function).parameters) < 2:
                    continue
                found.add((name, method))
        return sorted(found)

    def test_the_buttons_are_found(self):
        methods = self._get_methods()
        for expected in (
            ("dealer.contract", "action_cancel"),
            ("dealer.contract", "action_change_car"),
            ("dealer.contract", "make_contract"),
            ("dealer.fleet.agreement", "action_make_contracts"),
            ("dealer.contract.version", "action_send_back"),
        ):
            self.assertIn(expected, methods)

    @mute_logger("odoo.sql_db")
    def test_odd_values_are_answered(self):
        user = self._create_user(
            "caller",
            "dealer_sales.group_sales_manager,dealer_sales.group_fni,account.group_account_invoice,"
            "dealer_vehicle.group_stock_keeper",
        )
        self._create_signed()
        self._create_contract().action_submit()
        problems = []
        for model, method in self._get_methods():
            function = getattr(self.env.registry[model], method)
            names = list(inspect.signature(function).parameters)[1:]
            is_model = getattr(function, "_api_model", False)
            records = self.env[model] if is_model else self.env[model].search([], limit=1)
            for name in names:
                for odd in ODD:
                    given = {other: "customer" for other in names[:1] if other != name}
                    problems += self._try(records.with_user(user), method, {**given, name: odd})
                    if "reason" in names and name != "reason":
                        problems += self._try(records.with_user(user), method, {"reason": "why", name: odd})
        self.assertEqual(problems, [])

    def _try(self, records, method, values):
        """Return what went wrong but for a refusal."""
        try:
            with self.cr.savepoint():
                getattr(records, method)(**values)
                self.env.flush_all()
                raise UserError("taken back")
        except UserError:
            self.env.invalidate_all()
            return []
        except Exception as error:
            self.env.invalidate_all()
            return [f"{records._name}.{method}({values}): {type(error).__name__}: {error}"[:300]]
