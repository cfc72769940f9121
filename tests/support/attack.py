"""Requests made up from a contract: those that keep it and those that do not.

Bounded, and the same at every run: so many examples, and no dice.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from urllib.parse import urlsplit

import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from counterparties.common.contract import Contract, Exchange
from support.system import Json
from support.waiting import PATIENCE

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SENT = ("method", "url", "headers", "params", "data", "json", "files", "cookies")
# what a client of HTTP does with a request before it is sent
Dress = Callable[[requests.PreparedRequest], None]


class Attack:
    """Everything that a contract lets a client say, to one server.

    :param base: where the paths of the contract begin at the server
    :param path: of the webhook that is attacked in place of the paths
    :param knows_the_way: whether all of its requests, not half of them, name what there
        is in their paths
    """

    def __init__(
        self,
        document: Path,
        base: str,
        webhook: str = "",
        path: str = "",
        knows_the_way: bool = False,
    ) -> None:
        told = yaml.load(document.read_text(encoding="utf-8"), yaml.CSafeLoader)
        if webhook:
            told["paths"] = {path: told.pop("webhooks")[webhook]}
        self.contract = Contract(document, urlsplit(base).path)
        self.schema = schemathesis.openapi.from_dict(deepcopy(told))
        self.base = base
        self.is_webhook = bool(webhook)
        self.knows_the_way = knows_the_way
        self.session = requests.Session()
        self.session.trust_env = False

    def operations(self) -> Iterator[APIOperation]:
        """Every call of the contract."""
        for each in self.schema.get_all_operations():
            yield each.ok()

    def run(
        self,
        operation: APIOperation,
        count: int,
        names: Mapping[str, str],
        dress: Dress,
        seen: Callable[[Case, requests.Response], None] = lambda case, answer: None,
    ) -> int:
        """Make up so many requests of each kind and judge the answers; how many.

        :param names: values for parameters of the path
        :param dress: gives a request its proof, or does not
        """
        sent = 0
        for mode in GenerationMode:

            @settings(
                max_examples=count,
                derandomize=True,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
            )
            @given(operation.as_strategy(generation_mode=mode), st.booleans())
            def try_one(case: Case, is_real: bool) -> None:
                nonlocal sent
                sent += 1
                if is_real or self.knows_the_way:
                    known = {name: names.get(name) for name in case.path_parameters}
                    case.path_parameters.update({k: v for k, v in known.items() if v})
                stay_here(case.body)
                seen(case, self._try(case, dress))

            try:
                try_one()
            except Unsatisfiable:
                # there is nothing in it that could be wrong
                assert mode is GenerationMode.NEGATIVE, operation.label
        return sent

    def _try(self, case: Case, dress: Dress) -> requests.Response:
        told: Json = case.as_transport_kwargs(base_url=self.base)
        made = requests.Request(**{name: told.get(name) for name in SENT}).prepare()
        dress(made)
        answer = self.session.send(made, timeout=PATIENCE, allow_redirects=False)
        case.validate_response(answer, checks=CHECKS)
        if not self.is_webhook:
            self._judge(made, answer)
        return answer

    def _judge(self, made: requests.PreparedRequest, answer: requests.Response) -> None:
        """The server kept the contract to the letter."""
        parts = urlsplit(str(made.url))
        exchange = Exchange(
            str(made.method),
            f"{parts.path}?{parts.query}" if parts.query else parts.path,
            dict(made.headers),
            body_of(made),
            answer.status_code,
            dict(answer.headers),
            answer.content,
        )
        found = self.contract.breaches(exchange)
        broken = [each for each in found if each.party == "server"]
        assert not broken, broken


def stay_here(body: Json) -> None:
    """Have no address in a body lead anywhere but to this machine."""
    for place in (body, body.get("webhook")) if isinstance(body, dict) else ():
        if isinstance(place, dict) and str(place.get("url")).startswith("http"):
            place["url"] = "http://127.0.0.1:9/discarded"


def unsigned(made: requests.PreparedRequest) -> None:
    """Whatever was made up for a signature is left as it is."""


def digest(secret: str, made: requests.PreparedRequest) -> tuple[str, str]:
    """The time of now, and the digest of it and of a request's body."""
    stamp = str(int(time.time()))
    signed = f"{stamp}.".encode() + body_of(made)
    return stamp, hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def body_of(made: requests.PreparedRequest) -> bytes:
    """The bytes that a request carries."""
    body = made.body or b""
    return body.encode() if isinstance(body, str) else bytes(body)
