from odoo import Command, api, fields, models
from odoo.exceptions import UserError

FACTS = {
    "brand": "brand_id",
    "series": "series_id",
    "model_year": "model_year",
    "body": "body",
    "engine": "engine",
}


class DealerVehicleDecode(models.TransientModel):
    """What the VINs of some cars tell beside what is entered. Nothing changes before somebody says so."""

    _name = "dealer.vehicle.decode"
    _description = "Decode VIN"

    summary = fields.Text(readonly=True, help="Who told what, how sure it is, and who could not answer.")
    answers = fields.Json(readonly=True, help="The decoder's answers by id of the car.")
    line_ids = fields.One2many("dealer.vehicle.decode.line", "decode_id", "Facts")
    may_apply = fields.Boolean(compute="_compute_may_apply", help="The user may change the cars.")

    @api.depends("line_ids.vehicle_id")
    @api.depends_context("uid")
    def _compute_may_apply(self):
        for decode in self:
            decode.may_apply = decode.line_ids.vehicle_id.has_access("write")

    @api.model
    def _open(self, vehicles):
        """Decode the VINs of cars and open the comparison.

        :param vehicles: ``dealer.vehicle``; only one car is asked about outside the house
        :return: dict, an action
        :raises UserError: none of the cars has a VIN
        """
        vehicles.check_access("read")
        with_vin = vehicles.filtered("vin")
        if not with_vin:
            raise UserError(self.env._("None of these cars has a VIN yet. Enter it first."))
        troubles = []
        answers = {
            car: self.env["dealer.vin.decoder"]._decode(car.vin, offline=len(with_vin) > 1, troubles=troubles)
            for car in with_vin
        }
        decode = self.create(self._prepare_decode(answers, troubles))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decode VIN"),
            "res_model": self._name,
            "res_id": decode.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.model
    def _prepare_decode(self, answers, troubles):
        lines = [line for car, answer in answers.items() for line in self._prepare_lines(car, answer)]
        texts = [self._get_summary(car, answer) for car, answer in answers.items()]
        return {
            "summary": "\n".join([*texts, *troubles]),
            "answers": {str(car.id): answer for car, answer in answers.items()},
            "line_ids": [Command.create(line) for line in lines],
        }

    @api.model
    def _get_summary(self, car, answer):
        if not answer["confidence"]:
            return self.env._("%(vin)s: nothing is known of this VIN.", vin=car.vin)
        if not answer["make"] and not answer["model"]:
            return self.env._(
                "%(vin)s: model year %(year)s; brand and series are not told. By %(origin)s, sure to %(percent)s %%.",
                vin=car.vin,
                year=answer["model_year"] or "?",
                origin=answer["source"],
                percent=round(answer["confidence"] * 100),
            )
        return self.env._(
            "%(vin)s: %(make)s %(model)s, by %(origin)s, sure to %(percent)s %%.",
            vin=car.vin,
            make=answer["make"] or "",
            model=answer["model"] or "",
            origin=answer["source"],
            percent=round(answer["confidence"] * 100),
        )

    @api.model
    def _prepare_lines(self, car, answer):
        """Return values of one line for each fact told that is not entered as such."""
        brand, series = self.env["fleet.vehicle.model"]._get_by_make(answer["make"], answer["model"])
        told = {
            "brand": (answer["make"], brand),
            "series": (answer["model"], series),
            "model_year": (answer["model_year"], True),
            "body": (answer["body"], True),
            "engine": (answer["engine"], True),
        }
        lines = []
        for fact, (text, known) in told.items():
            entered = car[FACTS[fact]]
            if not text or (entered and entered == (known if fact in ("brand", "series") else text)):
                continue
            lines.append(
                {
                    "vehicle_id": car.id,
                    "fact": fact,
                    "entered": entered.name if fact in ("brand", "series") else entered and str(entered),
                    "told": str(text),
                    "is_new": not known,
                    "is_applied": not entered and bool(known),
                }
            )
        return lines

    def action_apply(self):
        """Take over the ticked facts, with their source, and write who did it into the cars' history.

        :raises AccessError: the user may not change one of the cars
        :raises UserError: a brand or series has to be added to the catalogue, and the user may not do that
        """
        self.ensure_one()
        for car, lines in self.line_ids.filtered("is_applied").grouped("vehicle_id").items():
            answer = self.answers[str(car.id)]
            car.write({**lines._prepare_car_vals(), **self.env["dealer.vin"]._prepare_decoded_vals(answer)})
            car.message_post(body=self._get_note(lines, answer))
        return {"type": "ir.actions.act_window_close"}

    def _get_note(self, lines, answer):
        labels = dict(lines._fields["fact"]._description_selection(self.env))
        return self.env._(
            "Taken over from the VIN (%(origin)s): %(facts)s",
            origin=answer["source"],
            facts=", ".join(f"{labels[line.fact]} {line.told}" for line in lines),
        )


class DealerVehicleDecodeLine(models.TransientModel):
    _name = "dealer.vehicle.decode.line"
    _description = "Fact a VIN Tells"

    decode_id = fields.Many2one("dealer.vehicle.decode", required=True, index=True, ondelete="cascade")
    vehicle_id = fields.Many2one("dealer.vehicle", "Car", required=True, readonly=True, ondelete="cascade")
    fact = fields.Selection(
        [
            ("brand", "Brand"),
            ("series", "Series"),
            ("model_year", "Model Year"),
            ("body", "Body"),
            ("engine", "Engine"),
        ],
        required=True,
        readonly=True,
    )
    entered = fields.Char("Entered Now", readonly=True)
    told = fields.Char("The VIN Says", readonly=True)
    is_new = fields.Boolean("New in the Catalogue", readonly=True, help="Taking it over adds it to the catalogue.")
    is_applied = fields.Boolean("Take Over")

    def _prepare_car_vals(self):
        """Return the values the ticked lines of one car give it."""
        vals = {}
        for line in self:
            if line.fact in ("brand", "series"):
                brand, series = line._get_catalogue_records()
                vals["brand_id"] = brand.id
                if line.fact == "series":
                    vals["series_id"] = series.id
            else:
                vals[line.fact] = int(line.told) if line.fact == "model_year" else line.told
        if "brand_id" in vals and "series_id" not in vals and self.vehicle_id.series_id.brand_id.id != vals["brand_id"]:
            # A series of another brand would contradict the brand just taken over.
            vals["series_id"] = False
        return vals

    def _get_catalogue_records(self):
        """Return (brand, series) the VIN names, added to the catalogue where it lacks them.

        :raises UserError: the user may not add to the catalogue
        """
        answer = self.decode_id.answers[str(self.vehicle_id.id)]
        Series, Brand = self.env["fleet.vehicle.model"], self.env["fleet.vehicle.model.brand"]
        brand, series = Series._get_by_make(answer["make"], answer["model"])
        if (not brand or (self.fact == "series" and not series)) and not Series.has_access("create"):
            raise UserError(
                self.env._(
                    "%(name)s is not in the catalogue. Ask an administrator of the dealership to add it, "
                    "or take the tick away.",
                    name=self.told,
                )
            )
        if not brand:
            brand = Brand.create({"name": answer["make"]})
        if self.fact == "series" and not series:
            series = Series.create({"name": answer["model"], "brand_id": brand.id})
        return brand, series
