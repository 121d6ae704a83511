from odoo import api, fields, models


class DealerVehicleTask(models.Model):
    _inherit = "dealer.vehicle.task"

    kind = fields.Selection(
        selection_add=[("papers", "Papers Awaited"), ("other",)], ondelete={"papers": "set default"}
    )


class DealerVehicleInspection(models.Model):
    """A car passes without the papers the rules will ask for: somebody has to see that they come."""

    _inherit = "dealer.vehicle.inspection"

    def action_all_well(self):
        """Let undamaged cars pass; say which required papers did not come and note them as a task on the car."""
        super().action_all_well()
        return self._get_awaited_notification()

    def action_release(self):
        """Let damaged cars pass; say which required papers did not come and note them as a task on the car."""
        super().action_release()
        return self._get_awaited_notification()

    def _pass(self):
        super()._pass()
        self.sudo().vehicle_id._note_awaited_papers()

    def _get_awaited_notification(self):
        """Return what tells the user of papers that did not come, or True."""
        tasks = self.vehicle_id.task_ids.filtered(lambda task: task.kind == "papers" and task.state == "open")
        if not tasks:
            return True
        lines = [f"{task.vehicle_id.display_name}: {task.name}" for task in tasks[:5]]
        if len(tasks) > 5:
            lines.append(self.env._("… and %(count)s more cars", count=len(tasks) - 5))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "title": self.env._("Passed, papers are awaited"),
                "message": "\n".join(lines),
                "sticky": True,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }


class DealerVehicleDocument(models.Model):
    _inherit = "dealer.vehicle.document"

    @api.model_create_multi
    def create(self, vals_list):
        documents = super().create(vals_list)
        documents.vehicle_id._close_awaited_papers()
        return documents

    def write(self, vals):
        result = super().write(vals)
        if "holder_id" in vals:
            self.vehicle_id._close_awaited_papers()
        return result


class DealerVehicle(models.Model):
    _inherit = "dealer.vehicle"

    def _get_awaited_papers(self):
        """Return the papers a later step needs and of which nobody knows where they are.

        A paper registered with another holder (a bank) is not awaited: its redemption is another matter.

        :return: {car: list of kinds (str)}, cars without gaps left out
        """
        Rule = self.env["dealer.vehicle.document.rule"]
        missing = [Rule._get_missing(self, step) for step in ("invoice", "delivery")]
        awaited = {}
        for car in self:
            known = set(car.sudo().document_ids.mapped("kind"))
            kinds = dict.fromkeys(kind for gaps in missing for kind in gaps.get(car, []) if kind not in known)
            if kinds:
                awaited[car] = list(kinds)
        return awaited

    def _note_awaited_papers(self):
        """Write the task of the stock keeper for each car whose papers did not come with it."""
        labels = dict(self.env["dealer.vehicle.document"]._fields["kind"]._description_selection(self.env))
        keeper = self.env.ref("dealer_vehicle.group_stock_keeper")
        noted = self.task_ids.filtered(lambda task: task.kind == "papers" and task.state == "open").vehicle_id
        self.env["dealer.vehicle.task"].create(
            [
                {
                    "vehicle_id": car.id,
                    "kind": "papers",
                    "name": self.env._("Still to come: %(papers)s", papers=", ".join(labels[kind] for kind in kinds)),
                    "role_id": keeper.id,
                }
                for car, kinds in (self - noted)._get_awaited_papers().items()
            ]
        )

    def _close_awaited_papers(self):
        """Close the tasks of cars whose papers have all come."""
        tasks = self.sudo().task_ids.filtered(lambda task: task.kind == "papers" and task.state == "open")
        if tasks:
            complete = tasks.vehicle_id - self.browse().concat(*tasks.vehicle_id._get_awaited_papers())
            tasks.filtered(lambda task: task.vehicle_id in complete).action_done()
