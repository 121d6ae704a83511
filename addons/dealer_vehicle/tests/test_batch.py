from unittest.mock import patch

from odoo.tests import tagged

from .common import VINS, DealerVehicleCommon


@tagged("post_install", "-at_install", "dealer")
class TestBatch(DealerVehicleCommon):
    """Jobs over many records, of which one that fails stops no other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.holds = cls.env["dealer.vehicle.hold"].union(
            cls.stock_car(VINS[0])._take_hold(cls.customer), cls.stock_car(VINS[1])._take_hold(cls.bank)
        )

    def _try(self, bad):
        """Make all holds firm, which fails after the writing for some of them.

        :param bad: ``dealer.vehicle.hold``
        :return: (those that failed, the sizes of the batches tried)
        """
        sizes = []

        def make_firm(holds):
            sizes.append(len(holds))
            holds.is_firm = True
            if holds & bad:
                raise ValueError("broken")

        with patch.object(self.registry["dealer.vehicle.hold"], "_expire", make_firm):
            return self.holds.sudo()._try_in_batches("_expire", "%s could not be made firm"), sizes

    def test_together(self):
        self.assertEqual(self._try(self.holds.browse()), (self.holds.browse(), [2]))
        self.assertEqual(self.holds.mapped("is_firm"), [True, True])

    def test_one_that_fails_is_told_and_undone(self):
        bad = self.holds[0]
        with self.assertLogs("odoo.addons.dealer_vehicle.models.dealer_batch_mixin", "WARNING") as logs:
            self.assertEqual(self._try(bad), (bad, [2, 1, 1]))
        self.assertEqual(self.holds.mapped("is_firm"), [False, True])
        self.assertEqual(len(logs.output), 1)
        self.assertRegex(logs.output[0], rf"{VINS[0][-8:]}.* could not be made firm(.|\n)*ValueError: broken")

    def test_none(self):
        self.holds = self.holds.browse()
        self.assertEqual(self._try(self.holds), (self.holds, [0]))
