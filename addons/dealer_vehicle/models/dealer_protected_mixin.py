from odoo import api, models
from odoo.exceptions import AccessError


class DealerProtectedMixin(models.AbstractModel):
    """Fields that only the suite's own steps may write.

    A model lists them in ``_protected_fields``, and each of its extensions its own. Its buttons check who asks and
    in which state, then write through a narrow ``sudo()``; the same write over RPC or in an import is refused, and a
    ``default_`` context key or somebody's saved default says nothing. A model that numbers its new records does so in
    ``_prepare_create_values``, which comes after the check.
    """

    _name = "dealer.protected.mixin"
    _description = "Fields Written by Steps Only"

    _protected_fields = frozenset()

    @classmethod
    def _get_protected_fields(cls):
        """Return the names of the fields that the model and all its extensions protect.

        :return: frozenset
        """
        return frozenset().union(*(vars(base).get("_protected_fields", ()) for base in cls.__mro__))

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        protected = self._get_protected_fields()
        for vals in vals_list:
            self._refuse(protected.intersection(name for name in vals if vals[name]))
        # An empty value is none: the field has its own default.
        vals_list = [{name: vals[name] for name in vals if name not in protected} for vals in vals_list]
        records = super(DealerProtectedMixin, self._without_defaults(protected)).create(vals_list)
        return records.with_env(self.env)

    def _prepare_create_values(self, vals_list):
        result = super()._prepare_create_values(vals_list)
        if not self.env.su:
            self._drop_saved_defaults(result)
        return result

    def write(self, vals):
        if not self.env.su:
            self._refuse(self._get_protected_fields().intersection(vals))
        return super().write(vals)

    def _without_defaults(self, names):
        """Return these records with a context that sets no default for some fields.

        :param names: names of fields
        """
        keys = {f"default_{name}" for name in names}
        context = {key: value for key, value in self.env.context.items() if key not in keys}
        return self.with_context(context)  # pylint: disable=context-overridden

    def _drop_saved_defaults(self, vals_list):
        """Put the field's own default where somebody saved another one for himself or for everybody.

        :param list vals_list: values of new records, changed in place
        """
        saved = self.env["ir.default"]._get_model_defaults(self._name)
        for name in self._get_protected_fields().intersection(saved):
            field = self._fields[name]
            for vals in vals_list:
                vals.pop(name, None)
                if field.default:
                    value = field.convert_to_cache(field.default(self), self, validate=False)
                    vals[name] = field.convert_to_write(value, self)

    def _refuse(self, names):
        """Refuse to type some fields, named by their labels.

        :param names: names of fields; nothing happens when empty
        :raises AccessError: says what to do instead
        """
        if names:
            labels = ", ".join(sorted(self._fields[name]._description_string(self.env) for name in names))
            raise AccessError(
                self.env._(
                    "%(fields)s cannot be typed on %(model)s. %(hint)s",
                    fields=labels,
                    model=self.env["ir.model"]._get(self._name).name,
                    hint=self._get_protected_hint(),
                )
            )

    @api.model
    def _get_protected_hint(self):
        """Return what to do instead of typing. To be overridden where no buttons of the model do it.

        :return: str, a sentence for people
        """
        return self.env._("Use the buttons, which check who may do what and when.")
