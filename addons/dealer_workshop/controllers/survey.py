from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..models.dealer_satisfaction import STARS


class DealerSurvey(http.Controller):
    """Two questions after a visit, by a link only the customer has."""

    @http.route("/workshop/survey/<string:token>", type="http", auth="public", website=True, sitemap=False)
    def survey(self, token, **posted):
        """Show the two questions; take the answer of a posted form.

        :param str token: of one visit's questions
        """
        # Public page: whoever has the token is the customer
        satisfaction = request.env["dealer.satisfaction"].sudo().search([("access_token", "=", token)], limit=1)
        if not satisfaction:
            return self._show(
                satisfaction, problem=request.env._("This link is not known. Please ask us for a new one.")
            )
        if request.httprequest.method != "POST":
            return self._show(satisfaction)
        scores = [posted.get(name) for name in ("service_score", "work_score")]
        try:
            satisfaction._answer(*scores, posted.get("comment"), "page")
        except UserError as error:
            return self._show(satisfaction, problem=str(error), posted=posted)
        return self._show(satisfaction)

    def _show(self, satisfaction, problem="", posted=None):
        values = {"satisfaction": satisfaction, "stars": STARS, "problem": problem, "posted": posted or {}}
        return request.render("dealer_workshop.survey_page", values, status=200 if satisfaction else 404)
