from odoo import fields, models

PHOTOS = 4
DUE_KINDS = ("service", "recall", "refused")


class DealerVehicle(models.Model):
    """The car's passport: what happened to it, what is due, what it looks like; no price, no former owner (E15)."""

    _inherit = "dealer.vehicle"

    def _get_history(self):
        """Return what happened to the car as far as this company knows; add-ons add their own events.

        Read in the name of the system: who may see the car may see its history, without people and prices.

        :return: list of {"date": ``date`` or False, "text": str, "km": int, 0 = not read}, in no order
        """
        self.ensure_one()
        car = self.sudo()
        events = [
            {"date": plate.date_from, "text": self.env._("Plate %(plate)s", plate=plate.plate), "km": 0}
            for plate in car.plate_ids.filtered("date_from")
        ]
        if car.arrival_date:
            events.append({"date": car.arrival_date, "text": self.env._("Came into our stock"), "km": 0})
        recalls = car.task_ids.filtered(lambda task: task.kind == "recall" and task.state == "done")
        return events + [{"date": car._get_local_date(task.done_date), "text": task.name, "km": 0} for task in recalls]

    def _get_local_date(self, moment):
        """Return the day of a moment (UTC) at the car's company; False stays False."""
        return moment and self.company_id._get_day(moment)

    def _get_passport_events(self):
        """Return the history for reading, newest first, with the odometer readings no other event tells.

        :return: list as ``_get_history`` gives it
        """
        events = self._get_history()
        told = {event["km"] for event in events}
        words = dict(self.env["dealer.vehicle.odometer"]._fields["source"]._description_selection(self.env))
        events += [
            {"date": self._get_local_date(reading.date), "text": words[reading.source], "km": reading.km}
            for reading in self.sudo().odometer_ids
            if reading.km not in told
        ]
        return sorted(events, key=lambda event: (event["date"] or fields.Date.today(), event["km"]), reverse=True)

    def _get_passport_tasks(self):
        """Return what is due on the car: services, recalls, work that was refused."""
        self.ensure_one()
        return self.sudo().task_ids.filtered(lambda task: task.state == "open" and task.kind in DUE_KINDS)

    def _get_passport_pictures(self):
        """Return the photos of the passport; photos of damage stay in the house."""
        self.ensure_one()
        return self.picture_ids.filtered(lambda picture: picture.kind != "damage")[:PHOTOS]
