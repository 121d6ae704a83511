import inspect

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_loan import DealerLoanCommon
from .test_dealer_desking import DealerDeskingCommon
from .test_fleet import FleetCommon

# What nobody means, as JSON can say it
ODD = (
    *("x", "0", "", " ", 0, -1, 1.5, True, False, None, 2**40, float("nan")),
    *([], ["x"], [0], {}, {"x": 1}, {"1": "x"}, {"source": 1, "reference": [], "customer": {"phone": 1}, "vin": {}}),
)
# What a button needs beside the value that is tried
GOOD = {"reason": "why", "solve_for": "price", "target_payment": 500.0}
# Core's own ways to be called, and what takes records' values as core does
NOT_OURS = {"create", "write", "copy", "copy_data", "default_get", "message_new", "message_update", "name_search"}


class TakenBackError(Exception):
    """Undoes a call that went through."""


@tagged("post_install", "-at_install", "dealer")
class TestCallerValues(DealerLoanCommon, DealerDeskingCommon, FleetCommon):
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
        self._open_file(self._create_signed())
        self._create_contract().action_submit()
        self._create_offer()
        self._create_in_force()
        promise = {"contract_id": self._create_contract().id, "name": "Mats", "date_due": self._today()}
        self.env["dealer.contract.promise"].create(promise)
        problems = []
        for model, method in self._get_methods():
            function = getattr(self.env.registry[model], method)
            names = list(inspect.signature(function).parameters)[1:]
            is_model = getattr(function, "_api_model", False)
            records = self.env[model] if is_model else self.env[model].search([], limit=1)
            self.assertTrue(is_model or records, f"{model} needs a record to be tried")
            for name in names:
                needed = {other: GOOD[other] for other in names if other in GOOD and other != name}
                for odd in ODD:
                    problems += self._try(records.with_user(user), method, {**needed, name: odd})
        self.assertEqual(problems, [])

    def _try(self, records, method, values):
        """Return what went wrong but for a refusal."""
        try:
            with self.cr.savepoint():
                getattr(records, method)(**values)
                self.env.flush_all()
                raise TakenBackError
        except (TakenBackError, UserError):
            self.env.invalidate_all()
            return []
        except Exception as error:  # noqa: BLE001 whatever it is, it is reported with what was sent
            self.env.invalidate_all()
            return [f"{records._name}.{method}({values}): {type(error).__name__}: {error}"[:300]]
