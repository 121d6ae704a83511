from odoo import fields, models


class DealerJobPicture(models.Model):
    """What was found or done on a car, as a photo: the customer sees it beside the work that is proposed to him."""

    _name = "dealer.job.picture"
    _description = "Photo of a Job"
    _inherit = ["dealer.picture.mixin"]
    _order = "id"

    name = fields.Char("Text")
    job_id = fields.Many2one("dealer.job", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="job_id.company_id", store=True, index=True, precompute=True)
    site_id = fields.Many2one(related="job_id.site_id")
    user_id = fields.Many2one("res.users", "Taken by", readonly=True, default=lambda self: self.env.user)
    image_1920 = fields.Image("Photo", required=True)
