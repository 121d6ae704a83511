from odoo import http
from odoo.http import request


class DealerEnquiry(http.Controller):
    """The public page on which a visitor asks for a car."""

    @http.route("/dealer/enquiry", type="http", auth="public", website=True, methods=["GET"], sitemap=True)
    def enquiry(self, site=None, series=None, **_kw):
        """Show the empty form; a link may name site and series.

        :param str site: id of a site
        :param str series: id of a series
        """
        return self._show({"site": site or "", "series": series or ""})

    # The token of the session, and the captcha of the installation where one is configured
    @http.route(
        "/dealer/enquiry/send",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
        sitemap=False,
        captcha="dealer_enquiry",
    )
    def send(self, **posted):
        """Take the form, or show it again with what is wrong."""
        names = ("name", "phone", "email", "wish", "consent", "site", "series", "homepage")
        form = {name: posted[name].strip() for name in names if isinstance(posted.get(name), str)}
        if form.pop("homepage", ""):
            # No person sees this field: whoever fills it in is a machine, and learns nothing
            return request.redirect("/dealer/enquiry/thanks")
        leads = request.env["crm.lead"].sudo()  # the page is public; what is taken is checked here
        site = self._choose(leads._get_web_sites(), form.get("site"))
        if not site:
            problems = {"site": request.env._("Please choose where you want to come.")}
        else:
            problems = leads.with_context(lang=request.env.lang)._check_web_form(form)
        if problems:
            return self._show(form, problems)
        address = request.httprequest.remote_addr or ""
        if request.env["dealer.lead.web.attempt"].sudo()._is_too_often(address, site.company_id):
            text = request.env._("You wrote to us several times already. We call you back: please wait, or call us.")
            return self._show(form, {"": text}, status=429)
        leads._take_web_form(form, site, self._choose(leads._get_web_series(), form.get("series")))
        return request.redirect("/dealer/enquiry/thanks")

    @http.route("/dealer/enquiry/thanks", type="http", auth="public", website=True, methods=["GET"], sitemap=False)
    def thanks(self, **_kw):
        """Say thank you."""
        return request.render("dealer_sales.enquiry_thanks")

    def _choose(self, records, text):
        """Return the one record of this id, or none; the only one there is when nothing was chosen."""
        if not text and records._name == "stock.warehouse" and len(records) == 1:
            return records
        number = int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0
        return records.filtered(lambda record: record.id == number)

    def _show(self, form, problems=None, status=200):
        leads = request.env["crm.lead"].sudo()
        sites = leads._get_web_sites()
        values = {
            "sites": sites,
            "series": leads._get_web_series(),
            "form": form,
            "problems": problems or {},
            "has_several_companies": len(sites.company_id) > 1,
        }
        return request.render("dealer_sales.enquiry_page", values, status=status)
