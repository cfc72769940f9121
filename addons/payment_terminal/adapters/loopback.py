import base64
import time
from dataclasses import replace

import requests

from ..formats.calls import WireAnswer
from .dialects.dialect import Dialect

CONNECT_SECONDS = 5
_WRONG = "wrong"


class EndpointUnreachable(Exception):
    """The own endpoint could not be called; the text says how it failed."""


class Nobody(requests.auth.AuthBase):
    """Adds nothing; without it requests would look into ~/.netrc."""

    def __call__(self, request):
        return request


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

    def hear(self, operation, answer):
        """Return what the network makes of an answer, a :class:`Heard`."""
        return self.dialect.hear(operation, answer, self.terms)

    def send(self, wire):
        """Make an HTTP call.

        :return: a :class:`WireAnswer` and the milliseconds it took
        :raises EndpointUnreachable: no answer came
        """
        url = self.network.endpoint_url
        headers = dict(wire.headers)
        if wire.content_type:
            headers["content-type"] = wire.content_type
        started = time.monotonic()
        try:
            answer = requests.request(
                wire.method,
                f"{url}?{wire.query}" if wire.query else url,
                data=wire.body or None,
                headers=headers,
                auth=Nobody(),
                allow_redirects=False,
                timeout=(CONNECT_SECONDS, self.network.answer_limit),
            )
        except requests.RequestException as error:
            raise EndpointUnreachable(type(error).__name__) from error
        spent = round((time.monotonic() - started) * 1000)
        kind = answer.headers.get("content-type", "")
        return WireAnswer(
            answer.content, kind, answer.status_code, dict(answer.headers)
        ), spent
