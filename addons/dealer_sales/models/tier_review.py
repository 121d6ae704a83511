from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import clean_context

# OCA gives every employee all rights on every review: not on those of a contract
GUARDED_MODELS = {"dealer.contract.version"}


class TierReview(models.Model):
    _inherit = "tier.review"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_guarded(vals_list)
        if self.env.su:
            # Asked for by submitting: a client's ``default_status`` must not answer it
            self = self.with_context(clean_context(self.env.context))  # noqa: PLW0642
        return super().create(vals_list)

    def write(self, vals):
        self._check_guarded([vals])
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_guarded(self):
        self._check_guarded([])

    def _check_guarded(self, vals_list):
        """Refuse typed reviews of contracts, and moving another review onto one.

        Only server code in superuser mode, after its own check of the person, writes them;
        no context key opens this.

        :raises AccessError: a user writes a review of a contract version
        """
        if self.env.su:
            return
        models_touched = set(self.sudo().mapped("model"))
        models_touched |= {vals["model"] for vals in vals_list if vals.get("model")}
        models_touched |= set(self._get_models_of_documents(vals_list))
        if models_touched & GUARDED_MODELS:
            raise AccessError(
                self.env._("Reviews of a contract are written by its Approve and Send back buttons only.")
            )

    @api.model
    def _get_models_of_documents(self, vals_list):
        """Return the models a default in the context would give these values."""
        default = self.env.context.get("default_model")
        return [default] if default and any("model" not in vals for vals in vals_list) else []

    def _update_review_status(self):
        # The next tier's turn is a consequence, whoever caused it: written by the system
        return super(TierReview, self.sudo())._update_review_status()
