import base64
import io

from PIL import Image

from odoo import Command

SIGNATURE = base64.b64encode(b"drawn").decode()


def photo():
    """Return a small photo, base64."""
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(stream, "JPEG")
    return base64.b64encode(stream.getvalue()).decode()


class OrderMixin:
    """Orders signed by their customers, and work found on them; with ``DealerWorkshopCommon`` or an heir of it."""

    def _pad(self, order, user=None):
        pads = self.env["repair.order.sign"].with_user(user or self.advisor)
        return pads.create({"order_ids": [Command.set(order.ids)], "signature": SIGNATURE})

    def _signed(self, **vals):
        order = self._make_order(**vals)
        self._pad(order).action_sign_and_check_in()
        return order

    def _propose(self, order, user=None, **vals):
        values = {
            "name": "Front discs worn",
            "cause": "21 mm, limit 22 mm",
            "urgency": "now",
            "line_ids": [Command.create({"operation_id": self.operation.id})],
            "proposed_part_ids": [Command.create({"product_id": self.part.id, "quantity": 2})],
            "picture_ids": [Command.create({"image_1920": photo()})],
            **vals,
        }
        return order.with_user(user or self.technician)._propose_job([values]).with_user(self.advisor)

    def _answer(self, job, answer):
        wizard = self.env["dealer.job.answer"].with_user(self.advisor)
        wizard = wizard.create({"job_ids": [Command.set(job.ids)], "answer": answer})
        wizard.action_confirm()
        return wizard
