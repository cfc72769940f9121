"""What holds for every call: repeats, faults, limits, calls in parallel."""

import http.client
import json
import threading
import time
import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from agency_driver import (
    ACCEPTED,
    ACCOUNTS,
    COMPANY,
    CONTACT,
    SECRET,
    AgencyProcess,
    Client,
    invoice,
    multipart,
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgencyProcess]:
    process = AgencyProcess(tmp_path_factory.mktemp("agency"))
    yield process
    process.stop()


@pytest.fixture
def agency(running: AgencyProcess) -> AgencyProcess:
    running.sandbox("reset")
    return running


@pytest.fixture
def erp(agency: AgencyProcess) -> Client:
    client = agency.client("erp")
    client.onboard()
    return client


def count(agency: AgencyProcess) -> int:
    return len(agency.state()["cases"])


# Repeats


def test_a_repeat_gets_the_first_answer_byte_for_byte(
    agency: AgencyProcess, erp: Client
) -> None:
    first = erp.post("/cases", invoice("INV/1"), key="k1")
    agency.sandbox(f"cases/{first['id']}/advance")
    turned = dict(reversed(invoice("INV/1").items()))
    second = erp.post("/cases", turned, key="k1")
    assert (second.status, second.body) == (201, first.body)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert count(agency) == 1
    replayed = [each["replayed"] for each in agency.state()["calls"][-2:]]
    assert replayed == [False, True]


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("POST", "/cases", invoice("INV/2")),
        ("POST", "/payments", invoice("INV/1")),
        ("PATCH", "/creditors/{creditor}", invoice("INV/1")),
    ],
)
def test_a_key_means_one_call(erp: Client, method: str, path: str, given: dict) -> None:
    creditor = erp.get("/creditors/current")["id"]
    erp.post("/cases", invoice("INV/1"), key="k1")
    answer = erp.call(method, path.format(creditor=creditor), given, "k1")
    assert (answer.status, answer["code"]) == (422, "idempotency_conflict")


def test_a_refusal_does_not_use_up_its_key(erp: Client) -> None:
    wrong = invoice("INV/1", debtor__id_number="")
    assert erp.post("/cases", wrong, key="k1").status == 422
    assert erp.post("/cases", invoice("INV/1"), key="k1").status == 201


def test_keys_belong_to_their_client(agency: AgencyProcess, erp: Client) -> None:
    other = agency.client("other")
    other.onboard()
    mine = erp.post("/cases", invoice("INV/1"), key="k1")
    theirs = other.post("/cases", invoice("INV/1"), key="k1")
    assert mine["id"] != theirs["id"]


def test_a_key_is_forgotten_after_thirty_days(
    agency: AgencyProcess, erp: Client
) -> None:
    path = f"/cases/{erp.transfer('INV/1')['id']}/messages"
    erp.post(path, {"text": "One"}, key="k1")
    agency.sandbox("clock", advance_days=29)
    erp.login()
    assert erp.post(path, {"text": "Two"}, key="k1").status == 422
    agency.sandbox("clock", advance_days=2)
    erp.login()
    assert erp.post(path, {"text": "Two"}, key="k1").status == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "ä"])
def test_every_write_needs_a_key(erp: Client, key: str) -> None:
    headers = {"Idempotency-Key": key} if key else {}
    sent = {**erp.headers(), **headers}
    if not key:
        del sent["Idempotency-Key"]
    body = json.dumps(invoice("INV/1")).encode()
    answer = erp.agency.fetch("POST", "/v1/cases", body, sent)
    assert (answer.status, answer["code"]) == (400, "validation_failed")
    assert answer["field_errors"][0]["field"] == "Idempotency-Key"


def test_a_call_that_is_still_worked_on(agency: AgencyProcess, erp: Client) -> None:
    agency.sandbox("faults", kind="slow", seconds=1, path="/v1/cases")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(erp.post, "/cases", invoice("INV/1"), "k1")
        time.sleep(0.3)
        second = erp.post("/cases", invoice("INV/1"), "k1")
        assert (second.status, second["code"]) == (409, "idempotency_in_flight")
        assert second.headers["Retry-After"] == "1"
        assert first.result().status == 201
    assert erp.post("/cases", invoice("INV/1"), "k1").status == 201
    assert count(agency) == 1


def test_documents_are_repeated_whatever_their_boundary(
    agency: AgencyProcess, erp: Client
) -> None:
    case = erp.transfer("INV/1")["id"]
    answers = []
    for boundary in ("first-boundary", "second-boundary"):
        body, content_type = multipart(("a.pdf", b"A"), boundary=boundary)
        headers = {**erp.headers("k1"), "Content-Type": content_type}
        path = f"/v1/cases/{case}/documents"
        answers.append(agency.fetch("POST", path, body, headers))
    assert answers[0].body == answers[1].body
    assert len(erp.get(f"/cases/{case}")["documents"]) == 1
    assert erp.upload(case, ("a.pdf", b"B"), key="k1").status == 422


# Faults


def test_done_but_never_answered(agency: AgencyProcess, erp: Client) -> None:
    agency.sandbox("faults", kind="timeout", seconds=0)
    with pytest.raises(
        (http.client.HTTPException, ConnectionError, urllib.error.URLError)
    ):
        erp.post("/cases", invoice("INV/1"), key="k1")
    assert count(agency) == 1
    again = erp.post("/cases", invoice("INV/1"), key="k1")
    assert (again.status, again.headers["Idempotent-Replayed"]) == (201, "true")
    # without the key only the reference says that it is there
    assert erp.post("/cases", invoice("INV/1"))["code"] == "duplicate_reference"
    assert count(agency) == 1


@pytest.mark.parametrize(
    ("kind", "done"), [("500_before_commit", 0), ("500_after_commit", 1)]
)
def test_errors_before_and_after(
    agency: AgencyProcess, erp: Client, kind: str, done: int
) -> None:
    agency.sandbox("faults", kind=kind, times=2, path="/v1/cases", method="POST")
    for _ in range(2):
        answer = erp.post("/cases", invoice("INV/1"), key="k1")
        assert (answer.status, answer["code"]) == (500, "internal_error")
        assert count(agency) == done
    assert erp.post("/cases", invoice("INV/1"), key="k1").status == 201
    assert count(agency) == 1


def test_too_many_calls(agency: AgencyProcess, erp: Client) -> None:
    agency.sandbox("faults", kind="429", seconds=7)
    answer = erp.post("/cases", invoice("INV/1"))
    assert (answer.status, answer["code"]) == (429, "rate_limited")
    assert answer.headers["Retry-After"] == "7"
    assert count(agency) == 0


def test_a_fault_hits_what_it_is_meant_for(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    agency.sandbox("faults", kind="429", path="/v1/cases/*/actions")
    assert erp.get(f"/cases/{case}").status == 200
    assert erp.act(case, "pause").status == 429
    assert erp.act(case, "pause").status == 200
    agency.sandbox("faults", kind="429", times=5)
    # a token is given all the same, or no program could go on
    erp.login()
    agency.sandbox("faults/clear")
    assert agency.state()["faults"] == []
    assert erp.get("/cases").status == 200
    agency.sandbox("faults", kind="500_before_commit", path="/v1/auth/token")
    with pytest.raises(AssertionError):
        erp.login()
    assert agency.refused("faults", kind="earthquake").status == 400


# Form and limits


def test_paths_methods_and_types(erp: Client) -> None:
    assert erp.get("/nothing")["code"] == "not_found"
    answer = erp.call("DELETE", "/cases")
    assert (answer.status, answer["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, POST"
    answer = erp.call("POST", "/cases", {}, **{"Content-Type": "text/xml"})
    assert (answer.status, answer["code"]) == (415, "unsupported_media_type")
    for body in (b"{", b"[]", b"\xff", b'"x"', b"[" * 100_000):
        answer = erp.agency.fetch("POST", "/v1/cases", body, erp.headers())
        assert (answer.status, answer["code"]) == (400, "validation_failed")


def test_an_error_has_all_its_members(erp: Client) -> None:
    assert set(erp.get("/nothing").json) == {
        "code",
        "message",
        "field_errors",
        "details",
        "trace_id",
    }


def test_a_json_body_has_a_limit(erp: Client) -> None:
    answer = erp.post("/cases", invoice("INV/1", note="x" * 1_100_000))
    assert (answer.status, answer["code"]) == (413, "request_too_large")


def test_a_body_of_unknown_length(agency: AgencyProcess, erp: Client) -> None:
    host = agency.address.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.putrequest("POST", "/v1/cases")
    for name, value in {**erp.headers(), "Transfer-Encoding": "chunked"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 411
    assert json.loads(answer.read())["code"] == "length_required"
    connection.close()


def test_one_connection_serves_many_calls(agency: AgencyProcess, erp: Client) -> None:
    """A refusal before the body was looked at must not spoil the next call."""
    host = agency.address.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=5)
    statuses = []
    for path in ("/v1/nothing", "/v1/cases", "/v1/terms", "/portal/none"):
        method = "GET" if path == "/v1/terms" else "POST"
        body = None if method == "GET" else json.dumps(invoice("INV/1"))
        connection.request(method, path, body, erp.headers())
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    assert statuses == [404, 201, 200, 404]


NUMBERS = [None, True, 0, -1, 1.5]
TEXTS = ["", " ", "x", "\0", "\ud800", "9" * 400, "0001-01-01", "9999-12-31"]
WEIRD: list[object] = [*NUMBERS, *TEXTS, [], [[]], {}, {"a": 1}]


def places(given: object, path: tuple = ()) -> Iterator[tuple]:
    """Where something stands in a body."""
    yield path
    if isinstance(given, dict):
        for name, value in given.items():
            yield from places(value, (*path, name))
    elif isinstance(given, list):
        for number, value in enumerate(given):
            yield from places(value, (*path, number))


def replaced(given: object, path: tuple, value: object) -> object:
    """The body with something else in one place."""
    if not path:
        return value
    copy = json.loads(json.dumps(given))
    target = copy
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return copy


PAYMENT = {"external_id": "P", "date": "2026-01-01", "amount": "1", "currency": "SEK"}
FEE = {"type": "reminder", "date": "2026-01-01", "amount": "1", "currency": "SEK"}
BODIES = {
    "/cases": invoice(
        "INV/1",
        claim__fees_already_claimed=[FEE],
        debtor__contact={"name": "Kim", "email": "kim@example.com"},
        debtor__co_debtors=[{"type": "person", "name": "Ida"}],
    ),
    "/creditors": {"external_id": "c1", "accounting_system": "T"},
    "/cases/{case}/actions": {"type": "pause", "until": "2027-01-01", "version": 1},
    "/cases/{case}/messages": {"text": "Hello"},
    "/cases/{case}/payments": PAYMENT,
    "/cases/{case}/credit-notes": {**PAYMENT, "number": "C"},
    "/payments": {**PAYMENT, "allocations": [{"case_id": "ca", "amount": "1"}]},
}
CHANGES = {
    "": {
        "company": COMPANY,
        "bank_accounts": ACCOUNTS,
        "contact": CONTACT,
        "terms_accepted": ACCEPTED,
        "webhook": {"url": "https://e.example/", "secret": SECRET, "enabled": False},
    },
    "/webhook": {"url": "https://e.example/", "secret": SECRET, "enabled": False},
    "/settings": {"services": "collection", "notification_email": "a@b", "version": 1},
}


@pytest.mark.parametrize("path", BODIES)
def test_no_body_makes_the_agency_fail(erp: Client, path: str) -> None:
    case = erp.transfer("INV/0")["id"]
    for place in places(BODIES[path]):
        for value in WEIRD:
            given = replaced(BODIES[path], place, value)
            answer = erp.post(path.format(case=case), given)
            assert answer.status < 500, (place, value)


@pytest.mark.parametrize("path", CHANGES)
def test_no_change_makes_the_agency_fail(erp: Client, path: str) -> None:
    creditor = erp.get("/creditors/current")["id"]
    method = "PUT" if path else "PATCH"
    for place in places(CHANGES[path]):
        for value in WEIRD:
            given = replaced(CHANGES[path], place, value)
            answer = erp.call(method, f"/creditors/{creditor}{path}", given)
            assert answer.status < 500, (place, value)


# In parallel


def test_of_many_equal_transfers_one_is_taken(
    agency: AgencyProcess, erp: Client
) -> None:
    start = threading.Barrier(12)

    def send(_: int) -> int:
        start.wait()
        return erp.post("/cases", invoice("INV/1")).status

    with ThreadPoolExecutor(12) as pool:
        statuses = sorted(pool.map(send, range(12)))
    assert statuses == [201] + [409] * 11
    assert count(agency) == 1


def test_many_transfers_at_once(agency: AgencyProcess, erp: Client) -> None:
    with ThreadPoolExecutor(12) as pool:
        numbers = list(
            pool.map(lambda n: erp.transfer(f"INV/{n}")["case_number"], range(60))
        )
    assert len(set(numbers)) == 60
    assert count(agency) == 60
