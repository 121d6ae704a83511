from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.dealer_vehicle.tools import vin as vin_tools

from .dealer_claim import CLERK


class DealerImport(models.Model):
    _inherit = "dealer.import"

    kind = fields.Selection(
        selection_add=[("campaign_car", "Cars of Recalls")], ondelete={"campaign_car": "cascade"}
    )


class DealerImportCampaignCar(models.AbstractModel):
    """A maker's list of the cars of recalls: one VIN a row, or the first and last one of a range."""

    _name = "dealer.import.campaign_car"
    _inherit = "dealer.import.kind"
    _description = "Import of Cars of Recalls"

    _required = ("campaign", "vin")

    @api.model
    def _columns(self):
        _ = self.env._
        return {"campaign": _("Maker's number of the campaign"), "vin": _("VIN"), "vin_to": _("Last VIN of the range")}

    @api.model
    def _check_may_import(self):
        if not self.env.user.has_group(CLERK):
            raise AccessError(self.env._("You may not import recalls."))
        self.env["dealer.campaign"].check_access("write")

    @api.model
    def _keys(self, texts):
        campaign, vin = texts.get("campaign"), vin_tools.normalise(texts.get("vin") or "")
        return [("vin", campaign and vin and (campaign, vin))]

    @api.model
    def _prepare(self, rows, cache):
        campaigns = self._get_campaigns(cache)
        for row in rows:
            campaign = campaigns.get(row.texts.get("campaign"))
            if campaign is None and row.texts.get("campaign"):
                row.refuse("campaign", self.env._("No campaign that is not closed has this number."))
            row.vals["campaign"] = campaign
            self._prepare_vins(row)
        self._mark_known(rows)

    @api.model
    def _get_campaigns(self, cache):
        # By id: the memory of the run is emptied after each batch.
        campaigns = self.env["dealer.campaign"]
        if "campaigns" not in cache:
            found = campaigns.search([("state", "!=", "closed"), ("company_id", "=", self.env.company.id)])
            cache["campaigns"] = {campaign.code: campaign.id for campaign in found}
        return {code: campaigns.browse(campaign_id) for code, campaign_id in cache["campaigns"].items()}

    def _prepare_vins(self, row):
        for name in ("vin", "vin_to"):
            row.vals[name] = vin = vin_tools.normalise(row.texts.get(name) or "")
            if vin and not vin_tools.is_possible(vin):
                row.refuse(name, self.env._("This cannot be a VIN."))
        if row.vals["vin_to"] and row.vals["vin"] > row.vals["vin_to"]:
            row.refuse("vin_to", self.env._("The last VIN stands before the first one: exchange them."))

    @api.model
    def _mark_known(self, rows):
        known = set(
            self.env["dealer.campaign.car"]._read_group(
                [("vin", "in", [row.vals["vin"] for row in rows]), ("company_id", "=", self.env.company.id)],
                ["campaign_id", "vin"],
            )
        )
        for row in rows:
            row.is_known = not row.vals["vin_to"] and (row.vals["campaign"], row.vals["vin"]) in known

    @api.model
    def _store(self, rows, cache):
        by_campaign = {}
        for row in rows:
            by_campaign.setdefault(row.vals["campaign"], []).append(row)
        count = 0
        for campaign, of_campaign in by_campaign.items():
            # Narrow sudo: the administrator is checked; cars and tasks of a campaign are the system's to write.
            count += campaign.sudo()._take_rows(of_campaign)
        return count

    @api.model
    def _export_records(self):
        return self.env["dealer.campaign.car"].search([("company_id", "=", self.env.company.id)], order="id")

    @api.model
    def _export_batch(self, records):
        for row in records:
            yield {"campaign": row.campaign_id.code, "vin": row.vin}


class DealerCampaign(models.Model):
    _inherit = "dealer.campaign"

    def _take_rows(self, rows):
        """Take rows of a maker's list: VINs, and ranges that the background looks for.

        :param rows: of ``ImportRow``
        :return: int, VINs and ranges taken
        """
        self.ensure_one()
        ranges = [row for row in rows if row.vals["vin_to"]]
        count = self._add_vins([row.vals["vin"] for row in rows if not row.vals["vin_to"]])
        if ranges:
            self.env["dealer.campaign.range"].create(
                [
                    {"campaign_id": self.id, "vin_from": row.vals["vin"], "vin_to": row.vals["vin_to"]}
                    for row in ranges
                ]
            )
            # Cars that were looked at may lie in the new ranges.
            self.last_vehicle_id = 0
            if self.state == "running":
                self.env.ref("dealer_workshop.ir_cron_dealer_campaign")._trigger()
        return count + len(ranges)


class DealerExport(models.TransientModel):
    _inherit = "dealer.export"

    kind = fields.Selection(
        selection_add=[("campaign_car", "Cars of Recalls")], ondelete={"campaign_car": "cascade"}
    )

    def _file_stems(self):
        return {**super()._file_stems(), "campaign_car": self.env._("cars of recalls")}

    @api.model
    def _get_kinds(self):
        kinds = super()._get_kinds()
        return [*kinds, "campaign_car"] if self.env["dealer.campaign"].has_access("read") else kinds
