from odoo import api, models
from odoo.exceptions import AccessError


class DealerProtectedMixin(models.AbstractModel):
    """Fields that only the suite's own steps may write.

    A model lists them in ``_protected_fields``, and each of its extensions its own. Its buttons check who asks and
    in which state, then write through a narrow ``sudo()``; the same write over
    RPC, in an import or through a ``default_`` context key is refused.
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
        return super(DealerProtectedMixin, self._without_defaults(protected)).create(vals_list)

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

    def _refuse(self, names):
        """Refuse to type some fields, named by their labels.

        :param names: names of fields; nothing happens when empty
        :raises AccessError: says to use the buttons
        """
        if names:
            labels = ", ".join(sorted(self._fields[name]._description_string(self.env) for name in names))
            raise AccessError(
                self.env._(
                    "%(fields)s cannot be typed on %(model)s: use the buttons, which check who may do what and when.",
                    fields=labels,
                    model=self._description,
                )
            )
