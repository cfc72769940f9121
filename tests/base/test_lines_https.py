"""HTTPS lines against a server that does everything wrong."""

import hashlib
import ipaddress
import json
import logging
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from support.counterparty import Counterparty, counterparty
from support.lines import adapters, english, fault_of, told
from support.system import unused_port

SECONDS = 1.0


@pytest.fixture(scope="module")
def server() -> Iterator[Counterparty]:
    """Over plain HTTP, as only loopback may be."""
    with counterparty("web_faults") as started:
        yield started


@pytest.fixture(scope="module")
def secure() -> Iterator[Counterparty]:
    """The same over TLS, with an authority of its own."""
    with counterparty("web_faults", "--tls") as started:
        yield started


def line_to(server: Counterparty, *, tls: bool = False, **settings: Any) -> Any:
    """A line to the server, with a second for each call."""
    https = adapters("https")
    scheme = "https" if tls else "http"
    host = settings.pop("host", "127.0.0.1")
    seconds = settings.pop("seconds", SECONDS)
    settings = {
        "url": f"{scheme}://{host}:{server.port}",
        "may_be_private": True,
        **settings,
    }
    return https.HttpsLine(https.Settings(**settings), seconds=seconds)


def told_by(answer: Any) -> Any:
    """What `/echo` says it was told."""
    return json.loads(answer.body)


def test_a_call_arrives_as_it_was_meant(server: Counterparty) -> None:
    line = line_to(server)
    answer = line.request(
        "POST",
        "/echo/a%20b",
        params={"since": "å&b"},
        json={"amount": "1.00"},
        headers={"Idempotency-Key": "k1"},
        accept=("application/json",),
    )
    heard = told_by(answer)
    assert (answer.status, heard["method"]) == (200, "POST")
    assert (heard["path"], heard["query"]) == ("/echo/a%20b", "since=%C3%A5%26b")
    assert json.loads(heard["body"]) == {"amount": "1.00"}
    assert heard["headers"]["content-type"] == "application/json"
    assert heard["headers"]["idempotency-key"] == "k1"
    assert heard["headers"]["host"] == f"127.0.0.1:{server.port}"
    assert "authorization" not in heard["headers"]
    assert "cookie" not in heard["headers"]
    body = b'{"as": "it is"}'
    heard = told_by(line.request("PUT", "/echo", json=body))
    assert heard["sha256"] == hashlib.sha256(body).hexdigest()
    heard = told_by(
        line.request("POST", "/echo", files={"file": ("a.pdf", b"%PDF", "x/y")})
    )
    assert heard["headers"]["content-type"].startswith("multipart/form-data")


@pytest.mark.parametrize(
    "path",
    ["/hang", "/drip-headers", "/drip-body", "/drip-unsized", "/go-on"],
)
def test_a_call_ends_at_its_deadline(server: Counterparty, path: str) -> None:
    line = line_to(server)
    before = time.monotonic()
    fault = fault_of(line.request, "GET", path)  # the server would go on for an hour
    assert time.monotonic() - before > SECONDS * 0.9
    assert (fault.kind, fault.code, fault.is_line) == ("retry", "timeout", True)


def test_who_does_not_listen_is_told_so_long(server: Counterparty) -> None:
    line = line_to(server)
    fault = fault_of(line.request, "POST", "/deaf", data=b"x" * 50_000_000)
    assert fault.code == "timeout"


def test_a_silent_address_ends_at_its_deadline() -> None:
    with counterparty("sftp_server", "--folder=.") as silent:
        silent.order(hang="connect")
        # it takes the call and never answers the greeting of TLS
        fault = fault_of(line_to(silent, tls=True).request, "GET", "/")
        assert fault.code == "timeout"


@pytest.mark.parametrize("path", ["/half", "/mute", "/rubbish"])
def test_what_is_cut_off_is_tried_again(server: Counterparty, path: str) -> None:
    fault = fault_of(line_to(server).request, "GET", path)
    assert (fault.kind, fault.code) == ("retry", "network")


def test_redirects_are_not_followed(server: Counterparty) -> None:
    fault = fault_of(line_to(server).request, "POST", "/redirect", json={"a": 1})
    assert (fault.kind, fault.code) == ("retry", "redirected")
    assert "127.0.0.1:9" in english(fault.sentence)
    assert "\x1b" not in english(fault.sentence)


@pytest.mark.parametrize("path", ["/big", "/bomb"])
def test_an_answer_is_read_up_to_its_limit(server: Counterparty, path: str) -> None:
    line = line_to(server, seconds=60)
    fault = fault_of(line.request, "GET", path, limit=1024 * 1024)
    assert (fault.kind, fault.code) == ("final", "answer_too_large")
    assert not fault.is_line


def test_packed_answers_are_unpacked(server: Counterparty) -> None:
    assert line_to(server).request("GET", "/packed").body == b'{"packed": true}'
    fault = fault_of(line_to(server).request, "GET", "/broken-gzip")
    assert (fault.code, fault.is_line) == ("answer_broken", False)


def test_another_content_type_is_not_taken_for_the_answer(server: Counterparty) -> None:
    fault = fault_of(line_to(server).request, "GET", "/html", accept=("x/json",))
    assert (fault.kind, fault.code) == ("retry", "wrong_content_type")
    assert line_to(server).request("GET", "/html").status == 200


@pytest.mark.parametrize("status", [400, 404, 409, 422, 429, 500, 503])
def test_refusals_are_answers(server: Counterparty, status: int) -> None:
    line = line_to(server)
    answer = line.request("GET", f"/status/{status}", accept=("text/plain",))
    assert (answer.status, answer.body) == (status, b'{"code": "asked"}')


def test_identity(server: Counterparty) -> None:
    basic = line_to(server, authentication="basic", username="ä", password="p:w")
    heard = told_by(basic.request("GET", "/echo"))
    assert heard["headers"]["authorization"] == "Basic w6Q6cDp3"
    key = line_to(
        server, authentication="header", header_name="X-API-Key", password="k"
    )
    assert told_by(key.request("GET", "/echo"))["headers"]["x-api-key"] == "k"
    fault = fault_of(basic.request, "GET", "/status/401")
    assert (fault.kind, fault.code, fault.is_line) == ("final", "login_refused", True)


def oauth(server: Counterparty, **settings: Any) -> Any:
    """A line that gets tokens."""
    given = {"authentication": "oauth2", "username": "me", "password": "secret"}
    return line_to(server, token_url="/token", **{**given, **settings})


def test_a_token_is_kept_and_renewed(server: Counterparty) -> None:
    line = oauth(server)
    kept: list[Any] = []
    line.keep_token = lambda *given: kept.append(given)
    asked = server.order().get("calls", {}).get("/token", 0)
    for _time in range(3):
        assert line.request("GET", "/guarded").status == 200
    assert server.order()["calls"]["/token"] == asked + 1
    assert kept == [(line.token, line.token_expiry)]
    # another line takes it over, as the next call does from the database
    other = oauth(server)
    other.token, other.token_expiry = kept[0]
    assert other.request("GET", "/guarded").status == 200
    assert server.order(forget=True)["calls"]["/token"] == asked + 1
    assert other.request("GET", "/guarded").status == 200
    assert server.order()["calls"]["/token"] == asked + 2


@pytest.mark.parametrize("style", ["basic", "form", "json"])
def test_ways_of_asking_for_a_token(server: Counterparty, style: str) -> None:
    line = oauth(server, token_style=style, token_scope="cases")
    assert line.request("GET", "/guarded").status == 200
    line.settings = adapters("https").dataclasses.replace(
        line.settings, token_url="/echo"
    )
    asked: dict[str, Any] = {}
    https = adapters("https")
    read = https._read_token
    try:
        https._read_token = lambda answer: (asked.update(told_by(answer)), ("t", 60))[1]
        line._renew(https.Deadline(5).__enter__(), force=True)
    finally:
        https._read_token = read
    if style == "json":
        secret = {"client_id": "me", "client_secret": "secret"}
        assert json.loads(asked["body"]) == secret
    else:
        assert "grant_type=client_credentials&scope=cases" in asked["body"]
        assert ("client_secret=secret" in asked["body"]) == (style == "form")
        assert ("authorization" in asked["headers"]) == (style == "basic")


@pytest.mark.parametrize(
    ("tokens", "kind", "code"),
    [
        ("refused", "final", "login_refused"),
        ("html", "retry", "no_token"),
        ("rubbish", "retry", "no_token"),
    ],
)
def test_no_token(server: Counterparty, tokens: str, kind: str, code: str) -> None:
    server.order(tokens=tokens)
    try:
        fault = fault_of(oauth(server).request, "GET", "/guarded")
    finally:
        server.order(tokens="good")
    assert (fault.kind, fault.code, fault.is_line) == (kind, code, True)


def test_tls_is_verified(secure: Counterparty) -> None:
    authority = secure.told["authority"]
    fault = fault_of(line_to(secure, tls=True).request, "GET", "/echo")
    assert (fault.kind, fault.code) == ("retry", "tls")
    assert "self-signed" in english(fault.sentence)
    trusting = line_to(secure, tls=True, host="localhost", authority=authority)
    heard = told_by(trusting.request("GET", "/echo"))
    assert heard["headers"]["host"] == f"localhost:{secure.port}"
    # the right authority for another name
    other = line_to(secure, tls=True, host="127.0.0.2", authority=authority)
    fault = fault_of(other.request, "GET", "/echo")
    assert fault.code in ("tls", "unreachable")
    fault = fault_of(line_to(secure, tls=True, authority="rubbish").request, "GET", "/")
    assert (fault.kind, fault.code) == ("final", "bad_certificate")


def test_a_client_certificate() -> None:
    with counterparty("web_faults", "--tls", "--ask") as asking:
        known = {"tls": True, "host": "localhost"}
        known["authority"] = asking.told["authority"]
        fault = fault_of(line_to(asking, **known).request, "GET", "/echo")
        assert (fault.kind, fault.code) in {("retry", "tls"), ("retry", "network")}
        identity = asking.told["identity"]
        line = line_to(asking, **known, client_certificate=identity)
        assert line.request("GET", "/echo").status == 200
        fault = fault_of(
            line_to(
                asking, **known, client_certificate=asking.told["authority"]
            ).request,
            "GET",
            "/echo",
        )
        assert (fault.kind, fault.code) == ("final", "bad_certificate")


def test_nothing_of_the_environment_counts(
    server: Counterparty, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password theirs\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.devnull)
    heard = told_by(line_to(server).request("GET", "/echo"))
    assert "authorization" not in heard["headers"]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "not_configured"),
        ("ftp://127.0.0.1", "not_configured"),
        ("https://", "not_configured"),
        ("https://user@127.0.0.1", "not_configured"),
        ("https://127.0.0.1/?a=1", "not_configured"),
        ("https://127.0.0.1:99999", "not_configured"),
        ("http://192.0.2.1", "insecure_url"),
        ("http://example.invalid", "insecure_url"),
        ("https://127.0.0.1/a\r\nb", "not_configured"),
        ("https://[::1", "not_configured"),
        ("https://" + "a" * 70 + ".invalid", "no_such_name"),
    ],
)
def test_addresses_that_cannot_be_used(url: str, code: str) -> None:
    https = adapters("https")
    line = https.HttpsLine(https.Settings(url=url, may_be_private=True), seconds=5)
    assert fault_of(line.request, "GET", "/").code == code


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
    ],
)
def test_private_addresses_are_known(address: str) -> None:
    network = adapters("network")
    fault = fault_of(network.check_public, ipaddress.ip_address(address))
    assert (fault.kind, fault.code) == ("final", "private_address")


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111"])
def test_public_addresses_are_known(address: str) -> None:
    adapters("network").check_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433"])
def test_production_calls_no_private_address(server: Counterparty, host: str) -> None:
    calls = sum(server.order()["calls"].values())
    line = line_to(server, tls=True, host=host, may_be_private=False)
    assert fault_of(line.request, "GET", "/echo").code == "private_address"
    assert sum(server.order()["calls"].values()) == calls


def test_a_name_is_looked_up_once(
    server: Counterparty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who answers the first question well and the second badly gains nothing."""
    network = adapters("network")
    asked = []
    real = network.socket.getaddrinfo

    def answer(host: str, *given: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "169.254.169.254", *given)

    monkeypatch.setattr(network.socket, "getaddrinfo", answer)
    line = line_to(server, host="localhost")
    assert line.request("GET", "/echo").status == 200
    assert asked == ["localhost"]


def test_nobody_listens() -> None:
    https = adapters("https")
    url = f"http://127.0.0.1:{unused_port()}"
    line = https.HttpsLine(https.Settings(url=url, may_be_private=True), seconds=5)
    fault = fault_of(line.request, "GET", "/")
    assert (fault.kind, fault.code) == ("retry", "unreachable")


def test_a_test_says_what_it_tried(secure: Counterparty) -> None:
    authority = secure.told["authority"]
    line = oauth(secure, tls=True, host="localhost", authority=authority)
    line.try_out()
    text = "\n".join(told(line))
    for part in ("localhost is", "Connected", "valid until", "token", "(200)"):
        assert part in text


def test_secrets_stand_in_no_trace_and_no_log(
    server: Counterparty, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="odoo.addons.receivables_base")
    line = oauth(server, password="hush-hush")
    token = "TokenOfThirtyTwoLettersAndNoSign"
    for part in ("ca_1234567", token):
        line.request("GET", f"/guarded/{part}/x", params={"token": "hush-hush"})
        assert part not in caplog.text
    assert "hush-hush" not in caplog.text
    logged = [r.getMessage() for r in caplog.records if "https" in r.name]
    assert sum("/guarded/…/x 200" in entry for entry in logged) == 2
    assert "hush-hush" not in repr(line.settings)
