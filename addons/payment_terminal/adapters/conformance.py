import base64
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import requests

from odoo import api, models

from ..exceptions import EndpointUnreachable
from ..formats.calls import WireAnswer

CONNECT_SECONDS = 5
_WRONG = "wrong"


class Nobody(requests.auth.AuthBase):
    """Adds nothing; without it requests would look into ~/.netrc."""

    def __call__(self, request):
        return request


class PaymentTerminalConformance(models.AbstractModel):
    """Plays a network against its own endpoint here: the only room that calls it."""

    _name = "payment.terminal.adapter.conformance"
    _description = "Terminal network, played by ourselves"

    @api.model
    def _compose(self, network, call, headers=None, is_proved=True):
        """Write a request as the network would.

        :param Call call: what to ask
        :param dict headers: more headers
        :param bool is_proved: with the right password, secret or signature
        :return: a :class:`WireRequest`
        """
        terms = network._read_contract().terms
        if network.authentication == "secret":
            call = replace(call, secret=network.secret if is_proved else _WRONG)
        if network.authentication == "hmac" and not is_proved:
            terms = replace(terms, key=_WRONG.encode())
        wire = (
            self.env["payment.terminal.dialect"]._get(network.dialect).ask(call, terms)
        )
        more = dict(headers or {})
        if network.authentication == "basic":
            password = network.basic_password if is_proved else _WRONG
            pair = base64.b64encode(f"{network.basic_login}:{password}".encode())
            more["authorization"] = f"Basic {pair.decode()}"
        return replace(wire, headers={**wire.headers, **more})

    @api.model
    def _send_api_request(self, network, wire, times=1):
        """Make an HTTP call, several times at the same instant if asked.

        :return: a list of a :class:`WireAnswer` and the milliseconds it took
        :raises EndpointUnreachable: no answer came
        """
        url, limit = network.endpoint_url, network.answer_limit
        try:
            with ThreadPoolExecutor(times) as pool:
                sent = pool.map(lambda _time: _send(url, wire, limit), range(times))
                return list(sent)
        except requests.RequestException as error:
            raise EndpointUnreachable(type(error).__name__) from error


def _send(url, wire, limit):
    started = time.monotonic()
    headers = dict(wire.headers)
    if wire.content_type:
        headers["content-type"] = wire.content_type
    answer = requests.request(
        wire.method,
        f"{url}?{wire.query}" if wire.query else url,
        data=wire.body or None,
        headers=headers,
        auth=Nobody(),
        allow_redirects=False,
        timeout=(CONNECT_SECONDS, limit),
    )
    spent = round((time.monotonic() - started) * 1000)
    kind = answer.headers.get("content-type", "")
    return WireAnswer(
        answer.content, kind, answer.status_code, dict(answer.headers)
    ), spent
