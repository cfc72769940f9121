import logging
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException

from odoo import http
from odoo.http import request

from odoo.addons.receivables_base.tools import HiddenAddress

from ..services import Teller

# Requests of networks have a few hundred bytes; a statement's answer has no limit here.
MAX_BODY_BYTES = 64 * 1024
_HEADERS = (
    "authorization",
    "x-client-certificate-fingerprint",
    "x-signature",
    "x-timestamp",
)


class NetworkDispatcher(http.Dispatcher):
    """Takes a network's request as bytes: nothing of Odoo reads its form, keeps a
    session for it or shows it a page."""

    routing_type = "payment_terminal"

    @classmethod
    def is_compatible_with(cls, request):
        return True

    def dispatch(self, endpoint, args):
        self.request.params = args
        return endpoint(**args)

    def handle_error(self, exc):
        if isinstance(exc, HTTPException):
            status = exc.code or 500
        else:
            status = 503
        return request.make_response("", status=status)


class PaymentTerminalEndpoint(http.Controller):
    @http.route(
        "/payment_terminal/<string:token>",
        type="payment_terminal",
        auth="none",
        methods=["GET", "POST"],
        csrf=False,
        save_session=False,
        readonly=False,
        max_content_length=MAX_BODY_BYTES,
    )
    def answer(self, token):
        """The kiosk endpoint of the network with this token, in its protocol.

        404 for an unknown token or an address in another spelling, 413 for a body of
        more than 64 KiB, 503 for a passing fault; everything else as the protocol says.
        """
        asked = request.httprequest
        spelled = urlsplit(asked.environ.get("RAW_URI") or asked.path).path
        teller = (
            Teller.at(request.env, token)
            if spelled == f"/payment_terminal/{token}"
            else None
        )
        if not teller:
            return request.make_response("", status=404)
        answer = teller.answer(
            peer=_get_peer(asked),
            forwarded=asked.headers.getlist("X-Forwarded-For"),
            method=asked.method,
            query=asked.query_string.decode("latin-1"),
            # kept, for a transaction that is repeated
            body=asked.get_data(parse_form_data=False),
            content_type=asked.mimetype,
            headers={
                name: asked.headers[name] for name in _HEADERS if name in asked.headers
            },
        )
        headers = {**answer.headers, "Content-Type": answer.content_type}
        return request.make_response(
            answer.body, list(headers.items()), status=answer.status
        )

    @http.route(
        "/payment_terminal/<string:_token>/<path:_other>",
        type="payment_terminal",
        auth="none",
        csrf=False,
        save_session=False,
    )
    def refuse(self, _token, _other):
        """What stands behind a token is nowhere: 404."""
        return request.make_response("", status=404)

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
        network = request.env["payment.terminal.network"].browse(network_id).exists()
        if not network:
            return request.not_found()
        return request.render(
            "payment_terminal.self_test",
            network._get_self_test(
                _get_peer(asked),
                asked.headers.getlist("X-Forwarded-For"),
                asked.scheme,
            ),
        )


def _get_peer(asked):
    """Return the address of the other end of the connection, proxy or not."""
    original = asked.environ.get("werkzeug.proxy_fix.orig", asked.environ)
    return original.get("REMOTE_ADDR") or ""


logging.getLogger("werkzeug").addFilter(HiddenAddress("/payment_terminal"))
