import logging
import re

from werkzeug.exceptions import HTTPException

from odoo import http
from odoo.http import request

# Requests of networks have a few hundred bytes; a statement's answer has no limit here.
MAX_BODY_BYTES = 64 * 1024
_HEADERS = (
    "authorization",
    "x-client-certificate-fingerprint",
    "x-signature",
    "x-timestamp",
)
# To the end of the request line: what a customer typed may hold spaces of any kind.
_ADDRESS = re.compile(r"(/payment_terminal/).*?(?= HTTP/|$)", re.DOTALL)


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

        404 for an unknown token, 413 for a body of more than 64 KiB, 503 for a passing
        fault; everything else as the protocol says.
        """
        asked = request.httprequest
        original = asked.environ.get("werkzeug.proxy_fix.orig", asked.environ)
        answer = (
            request.env["payment.terminal.network"]
            .sudo()
            ._serve(
                token,
                peer=original.get("REMOTE_ADDR") or "",
                forwarded=asked.headers.getlist("X-Forwarded-For"),
                method=asked.method,
                query=asked.query_string.decode("latin-1"),
                body=asked.get_data(cache=False, parse_form_data=False),
                content_type=asked.mimetype,
                headers={
                    name: asked.headers[name]
                    for name in _HEADERS
                    if name in asked.headers
                },
            )
        )
        if answer is None:
            return request.make_response("", status=404)
        headers = {**answer.headers, "Content-Type": answer.content_type}
        return request.make_response(
            answer.body, list(headers.items()), status=answer.status
        )


class _WithoutSecrets(logging.Filter):
    """Keeps the token and what a customer typed out of the access log."""

    def filter(self, record):
        if isinstance(record.args, tuple) and record.args:
            record.args = tuple(
                _ADDRESS.sub(r"\1***", arg) if isinstance(arg, str) else arg
                for arg in record.args
            )
        return True


logging.getLogger("werkzeug").addFilter(_WithoutSecrets())
