from odoo import models

MANAGERS = ("dealer_sales.group_sales_manager", "dealer_vehicle.group_general_manager")


class DealerSecondManagerMixin(models.AbstractModel):
    """What somebody may not decide alone: another sales manager, or the general manager, is asked by an activity."""

    _name = "dealer.second.manager.mixin"
    _description = "A Second Manager Is Asked"

    def _ask_second_manager(self, own, summary, note, roles=MANAGERS):
        """Give one manager who had no part in it an activity on this record.

        :param own: ``res.users`` who may not decide
        :param str summary: of the activity
        :param str note: what is asked, by whom, and where it is decided
        :param tuple roles: external identifiers of the groups that may decide, who is asked first in front
        :return: ``mail.activity``; empty when nobody else may decide
        """
        record = self.sudo()  # reaches people the user cannot see
        for user in record._get_managers(roles) - own - self.env.user:
            if record.with_user(user).has_access("read"):
                return record.activity_schedule(
                    "mail.mail_activity_data_todo", summary=summary, note=note, user_id=user.id
                )
        return self.env["mail.activity"]

    def _get_managers(self, roles):
        """Return who has one of the roles in the record's company. Superuser.

        :return: ``res.users``
        """
        managers = self.env["res.users"].union(*(self.env.ref(role).all_user_ids for role in roles))
        return managers.filtered(lambda user: user.active and self.company_id in user.company_ids)
