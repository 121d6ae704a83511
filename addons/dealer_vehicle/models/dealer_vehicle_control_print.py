from odoo import models


class DealerVehicleTransfer(models.Model):
    _inherit = "dealer.vehicle.transfer"

    def action_print(self):
        """Print the packing list that goes with the cars."""
        return self.env.ref("dealer_vehicle.dealer_vehicle_transfer_report").report_action(self)


class DealerVehicleTransferLine(models.Model):
    _inherit = "dealer.vehicle.transfer.line"

    def _get_print_papers(self):
        """Return what papers and keys of the car are in house and go along, as people call them.

        :return: str
        """
        self.ensure_one()
        labels = dict(self.env["dealer.vehicle.document"]._fields["kind"]._description_selection(self.env))
        papers = self.vehicle_id.document_ids.filtered("is_in_house")
        return ", ".join(" ".join(filter(None, (labels[paper.kind], paper.number))) for paper in papers)


class DealerVehicleCount(models.Model):
    _inherit = "dealer.vehicle.count"

    def action_print(self):
        """Print the result of the count with its differences."""
        return self.env.ref("dealer_vehicle.dealer_vehicle_count_report").report_action(self)
