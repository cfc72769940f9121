import base64
import time
from dataclasses import replace

from odoo.addons.receivables_base.adapters.https import HttpsLine, Settings

from ..formats.calls import WireAnswer
from .dialects.dialect import Dialect

_WRONG = "wrong"


class Loopback:
    """Plays a network against its own endpoint, over HTTP as the network would."""

    def __init__(self, network):
        self.network = network
        self.dialect = Dialect.get(network.env, network.dialect)
        self.terms = network._take_snapshot().terms

    def compose(self, call, headers=None, is_proved=True):
        """Write a request as the network would.

        :param Call call: what to ask
        :param dict headers: more headers
        :param bool is_proved: with the right password, secret or signature
        :return: a :class:`WireRequest`
        """
        network, terms = self.network, self.terms
        if network.authentication == "secret":
            call = replace(call, secret=network.secret if is_proved else _WRONG)
        if network.authentication == "hmac" and not is_proved:
            terms = replace(terms, key=_WRONG.encode())
        wire = self.dialect.ask(call, terms)
        more = dict(headers or {})
        if network.authentication == "basic":
            password = network.basic_password if is_proved else _WRONG
            pair = base64.b64encode(f"{network.basic_login}:{password}".encode())
            more["authorization"] = f"Basic {pair.decode()}"
        return replace(wire, headers={**wire.headers, **more})

    def send(self, wire):
        """Make an HTTP call.

        :return: a :class:`WireAnswer` and the milliseconds it took
        :raises LineError: no answer came
        """
        headers = dict(wire.headers)
        if wire.content_type:
            headers["content-type"] = wire.content_type
        settings = Settings(url=self.network.endpoint_url, may_be_private=True)
        line = HttpsLine(settings, seconds=self.network.answer_limit)
        line.label = f"network {self.network.id}"
        started = time.monotonic()
        answer = line.request(
            wire.method,
            "",
            params=wire.query or None,
            data=wire.body or None,
            headers=headers,
        )
        spent = round((time.monotonic() - started) * 1000)
        kind = answer.headers.get("content-type", "")
        return WireAnswer(answer.body, kind, answer.status, dict(answer.headers)), spent
