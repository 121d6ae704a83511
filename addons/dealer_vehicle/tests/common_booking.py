import base64
from datetime import timedelta
from io import BytesIO

from PIL import Image

from odoo import fields

from .common import DealerVehicleCommon


def make_png():
    """Return a small picture, base64."""
    stream = BytesIO()
    Image.new("RGB", (8, 8), "navy").save(stream, "PNG")
    return base64.b64encode(stream.getvalue())


class DealerBookingCommon(DealerVehicleCommon):
    """A demonstrator, a courtesy car, a car for sale, somebody who books cars."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.png = make_png()
        cls.user_booker = cls.make_user("booker", "dealer_vehicle.group_vehicle_booking")
        cls.test_drive = cls.env.ref("dealer_vehicle.dealer_vehicle_booking_kind_test_drive")
        cls.courtesy = cls.env.ref("dealer_vehicle.dealer_vehicle_booking_kind_courtesy")
        cls.errand = cls.env.ref("dealer_vehicle.dealer_vehicle_booking_kind_errand")
        cls.now = fields.Datetime.now().replace(second=0, microsecond=0)
        cls.other_customer = cls.env["res.partner"].create({"name": "Zhang Min"})

    @classmethod
    def put_into_service(cls, car, kind="demo", date=None):
        """Let the stock keeper make a car a demonstrator or courtesy car."""
        date = date or fields.Date.today()
        return car.with_user(cls.user_keeper)._put_into_service(kind, date).with_env(cls.env)

    @classmethod
    def book(cls, car, hours=0, minutes=45, kind=None, user=None, partner=None):
        """Let somebody book a car.

        :param float hours: from now
        :param int minutes: how long
        """
        start = cls.now + timedelta(hours=hours)
        return (
            cls.env["dealer.vehicle.booking"]
            .with_user(user or cls.user_booker)
            .create(
                {
                    "kind_id": (kind or cls.test_drive).id,
                    "vehicle_id": car.id,
                    "partner_id": (partner or cls.customer).id,
                    "date_from": start,
                    "date_to": start + timedelta(minutes=minutes),
                }
            )
        )

    @classmethod
    def hand_out(cls, booking, km=100, **licence):
        """Show the licence, sign and take the car."""
        booking.write(
            {
                "licence_number": "510100199001011234",
                "licence_valid_until": fields.Date.today() + timedelta(days=100),
                **licence,
            }
        )
        booking._note_licence_seen()
        booking._hand_out(km, 80, "Li Wei", cls.png)
