from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models

# Customers' cars sold new some months ago: {company: {car: (days since its first plate, readings: (days ago, km))}}
NEW = {
    "cn": {
        62: (172, [(172, 12), (20, 4300)]),
        63: (200, [(200, 9), (35, 3900)]),
    },
}
# Cars whose statutory inspection comes: {company: {car: days ahead}}
INSPECTED = {"cn": {49: 9, 54: 24, 56: 41, 59: 55}, "en": {16: 6, 21: 18, 22: 33, 23: 50}}
MONTHS = 24  # between two inspections, as the plan that is shipped says
# What customers refused lately and should not leave: {company: (car, days ahead, work)}
REFUSED = {
    "cn": [(50, 5, "更换后刹车片"), (57, 12, "更换前轮胎")],
    "en": [(17, 4, "Replace the rear brake pads"), (18, 10, "Replace two tires")],
}
# company: (days ahead, from, until, reason)
CLOSED = {
    "cn": (1, 8, 12, "举升机年检"),
    "en": (1, 8, 12, "Yearly inspection of the lift"),
}


class DealerDemo(models.AbstractModel):
    """Customers' cars that should come back soon, and a bay that is closed for a morning."""

    _inherit = "dealer.demo"

    @api.model
    def _get_steps(self):
        return [*super()._get_steps(), "bay_closures"]

    @api.model
    def _prepare_customer_car(self, key, index, row):
        """Give some cars the first plate and the readings that make them due about today."""
        vals = super()._prepare_customer_car(key, index, row)
        plate = vals["plate_ids"][0][2]
        if index in NEW.get(key, {}):
            days, readings = NEW[key][index]
            plate["date_from"] = self._today(-days)
            vals["odometer_ids"] = [Command.create({"km": km, "date": self._today(-ago)}) for ago, km in readings]
        elif index in INSPECTED[key]:
            plate["date_from"] = self._get_first_plate(int(row["model_year"]), INSPECTED[key][index])
        return vals

    @api.model
    def _get_first_plate(self, year, days):
        """Return a day in the year a car was built, or after it, from which an inspection is due so many days ahead."""
        due = self._today(days)
        periods = max((due.year - year) * 12 // MONTHS, 1)
        return due - relativedelta(months=MONTHS * periods)

    @api.model
    def _build_reminders(self):
        for key, tasks in REFUSED.items():
            advisor = self._as(f"{key}.service")
            for car, days, name in tasks:
                self._ensure(
                    f"refused_{key}_{car}",
                    advisor.env["dealer.vehicle.task"],
                    {
                        "vehicle_id": self._find(f"car_{key}_{car}").id,
                        "kind": "refused",
                        "name": name,
                        "date_due": self._today(days),
                    },
                )
        super()._build_reminders()

    @api.model
    def _build_bay_closures(self):
        for key, (days, start, end, reason) in CLOSED.items():
            moments = [fields.Datetime.add(self._at(key, hour), days=days) for hour in (start, end)]
            bay = self._find(f"bay_closure_{key}") is None and self._find_idle_bay(key, *moments)
            if bay:
                manager = self._as(f"{key}.workshop")
                vals = {"bay_id": bay.id, "date_from": moments[0], "date_to": moments[1], "reason": reason}
                self._remember(f"bay_closure_{key}", manager.env["dealer.bay.closure"].create(vals))

    @api.model
    def _find_idle_bay(self, key, start, end):
        """Return a bay of a company's main site into which nobody is booked in a time, or none."""
        domain = [("date_from", "<", end), ("date_to", ">", start), ("state", "in", ("booked", "arrived"))]
        busy = self.env["dealer.appointment"].search(domain).bay_id
        bays = self.env["dealer.bay"].search([("site_id", "=", self._find(f"site_{key}_main").id)])
        return (bays - busy)[-1:]
