from odoo import http
from odoo.http import content_disposition, request


class EinvoicePerson(http.Controller):
    @http.route(
        "/einvoice_consumer/person/<int:partner_id>",
        type="http",
        auth="user",
        methods=["GET"],
    )
    def export(self, partner_id):
        """Give the file with all that is kept of one customer about e-invoices.

        Refuses who may not read the customer or what is personal of consumers.
        """
        partner = request.env["res.partner"].browse(partner_id)
        name, content = partner._get_einvoice_export()
        return request.make_response(
            content,
            headers=[
                ("Content-Type", "application/zip"),
                ("Content-Disposition", content_disposition(name)),
                ("Cache-Control", "no-store"),
            ],
        )
