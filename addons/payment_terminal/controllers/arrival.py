from odoo import http
from odoo.http import request


class PaymentTerminalSelfTest(http.Controller):
    @http.route(
        "/payment_terminal/self_test/<int:network_id>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def self_test(self, network_id):
        """Show how a call reaches the endpoint of a network: for managers."""
        asked = request.httprequest
        original = asked.environ.get("werkzeug.proxy_fix.orig", asked.environ)
        network = request.env["payment.terminal.network"].browse(network_id).exists()
        if not network:
            return request.not_found()
        return request.render(
            "payment_terminal.self_test",
            network._get_self_test(
                original.get("REMOTE_ADDR") or "",
                asked.headers.getlist("X-Forwarded-For"),
                asked.scheme,
            ),
        )
