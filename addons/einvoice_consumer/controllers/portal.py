from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal


class EinvoicePortal(CustomerPortal):
    """How invoices reach a customer, on the customer's own pages."""

    def _prepare_my_account_rendering_values(self, *args, **kwargs):
        # EXTENDS 'portal': while an order is in force, the netbank says how
        values = super()._prepare_my_account_rendering_values(*args, **kwargs)
        if request.env.user.partner_id._get_einvoice_agreement(request.env.company):
            values["invoice_sending_methods"] = {}
        return values

    @http.route("/my/einvoice", type="http", auth="user", methods=["GET"], website=True)
    def einvoice_ways(self, done=None, **_kwargs):
        """Show how the customer's own invoices arrive, and how to change it."""
        return self._render_ways(done=done)

    @http.route(
        "/my/einvoice/email", type="http", auth="user", methods=["POST"], website=True
    )
    def einvoice_by_email(self, company_id, **_kwargs):
        """Have the customer's invoices of one company sent by e-mail."""
        user = request.env.user
        company = user.company_ids.filtered(lambda c: str(c.id) == company_id)
        if not company:
            return request.redirect("/my/einvoice")
        try:
            user.partner_id._choose_email(company)
        except UserError as refusal:
            return self._render_ways(refusal=str(refusal))
        return request.redirect("/my/einvoice?done=1")

    def _render_ways(self, done=None, refusal=None):
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "einvoice",
            "ways": request.env.user.partner_id._get_einvoice_ways(),
            "done": bool(done),
            "refusal": refusal,
        }
        return request.render("einvoice_consumer.portal_einvoice", values)
