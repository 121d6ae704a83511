from odoo.tests import tagged

from .common_stock import DealerStockCommon

# One value of each type that is none of the field's own defaults
ODD = {"char": "forged", "text": "forged", "integer": 77, "float": 77.0, "monetary": 77.0, "date": "2001-01-01"}


@tagged("post_install", "-at_install", "dealer")
class TestCleanDefaults(DealerStockCommon):
    """No ``default_`` key of a client gets into what the system makes in superuser mode for a person."""

    def _get_forged(self, model):
        """Return {field: value} of a client's context for every stored field that can have one."""
        forged = {}
        for name, field in model._fields.items():
            if field.store and field.type == "selection":
                forged[name] = next(reversed(field.get_values(model.env)), False)
            elif field.store and field.type == "boolean":
                forged[name] = not model.default_get([name]).get(name)
            elif field.store and field.type in ODD:
                forged[name] = ODD[field.type]
        return {name: value for name, value in forged.items() if value != model.default_get([name]).get(name)}

    def test_every_model_of_ours(self):
        leaking, tried = [], 0
        user = self.env.ref("base.user_admin")
        for name, model in self.env.items():
            if not name.startswith("dealer.") or model._abstract:
                continue
            system = model.with_user(user).sudo()
            forged = self._get_forged(system)
            attacked = system.with_context({f"default_{field}": value for field, value in forged.items()})
            tried += len(forged)
            got = attacked.default_get(list(forged))
            leaking += [f"{name}.{field}" for field, value in forged.items() if got.get(field) == value]
        self.assertEqual(leaking, [])
        self.assertGreater(tried, 400, "fields were tried")

    def test_a_person_s_own_form_has_its_defaults(self):
        """What a screen proposes in its context is what the form shows."""
        user = self.env.ref("base.user_admin")
        sites = self.env["dealer.vehicle"].with_user(user).with_context(default_colour_exterior="Blue")
        self.assertEqual(sites.default_get(["colour_exterior"]), {"colour_exterior": "Blue"})
