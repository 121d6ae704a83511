"""What the label of a car tells a scanner."""

import io
import re
from urllib.parse import parse_qs, quote, urlsplit

from PIL import Image, ImageDraw
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.barcode.widgets import BarcodeCode128

VIN_IN_TEXT = re.compile(r"(?<![A-Z0-9])[A-HJ-NPR-Z0-9]{17}(?![A-Z0-9])")


def label_link(base_url, vehicle_id, vin):
    """Return what the QR code of a car says: a phone opens the car, a program reads the VIN.

    :param str base_url: of the system, with or without a slash at its end
    :param int vehicle_id: ``dealer.vehicle``
    :param str vin: '' while it is not known

    >>> label_link("https://shop.example/", 12, "1HGCM82633A004352")
    'https://shop.example/odoo/cars/12?vin=1HGCM82633A004352'
    >>> label_link("https://shop.example", 12, "")
    'https://shop.example/odoo/cars/12'
    """
    link = f"{base_url.rstrip('/')}/odoo/cars/{int(vehicle_id)}"
    return f"{link}?vin={quote(vin)}" if vin else link


def scanned_vin(text):
    """Return the VIN in what a scanner sends: the VIN's bar code, our QR code, or text around a VIN.

    :param str text: one scan
    :return: str of 17 signs, '' when there is no VIN or more than one

    >>> scanned_vin("1HGCM82633A004352\\n")
    '1HGCM82633A004352'
    >>> scanned_vin(label_link("https://shop.example", 12, "1HGCM82633A004352"))
    '1HGCM82633A004352'
    >>> scanned_vin("*lsvaa49j132047371*")
    'LSVAA49J132047371'
    >>> scanned_vin("https://shop.example/odoo/cars/12"), scanned_vin("")
    ('', '')
    >>> scanned_vin("1HGCM82633A004352 1M8GDM9AXKP042788")
    ''
    """
    text = (text or "").strip()
    asked = parse_qs(urlsplit(text).query).get("vin", [text]) if "://" in text else [text]
    found = set(VIN_IN_TEXT.findall(asked[0].upper()))
    return found.pop() if len(found) == 1 else ""


def qr_png(text, module=6):
    """Return a QR code as a PNG picture.

    It is drawn here: reportlab's own PNG writer needs a library that is not always there.

    :param str text: what the code says
    :param int module: pixels of one square
    :return: bytes

    >>> qr_png("12")[1:4]
    b'PNG'
    """
    widget = QrCodeWidget(text, barLevel="M", barBorder=2)
    return _draw(widget, module / min(bar.height for bar in _bars(widget)))


def code128_png(text, module=3):
    """Return a bar code (Code 128) as a PNG picture.

    :param str text: ASCII signs
    :param int module: pixels of the thinnest bar
    :return: bytes

    >>> Image.open(io.BytesIO(code128_png("1HGCM82633A004352"))).size
    (708, 90)
    """
    return _draw(BarcodeCode128(value=text, barWidth=1, barHeight=30, humanReadable=False, quiet=True), module)


def _bars(widget):
    """Return the black rectangles of a code."""
    return [shape for shape in widget.draw().contents if shape.fillColor]


def _draw(widget, scale):
    left, bottom, right, top = (round(edge * scale) for edge in widget.getBounds())
    picture = Image.new("1", (right - left, top - bottom), 1)
    pen = ImageDraw.Draw(picture)
    for bar in _bars(widget):
        x, y = round(bar.x * scale), round(bar.y * scale)
        x_end, y_end = round((bar.x + bar.width) * scale), round((bar.y + bar.height) * scale)
        # reportlab counts from below; a PIL rectangle includes its last pixel.
        pen.rectangle((x - left, top - y_end, x_end - left - 1, top - y - 1), fill=0)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
