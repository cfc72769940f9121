"""Events: pushed with a signature and repeated, or found by polling."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator

import pytest
from agency_driver import (
    CONTACT,
    SECRET,
    AgencyProcess,
    Client,
    Receiver,
    invoice,
    wait,
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


@pytest.fixture
def receiver(erp: Client) -> Iterator[Receiver]:
    opened = Receiver()
    switch_on(erp, opened)
    yield opened
    opened.close()


def switch_on(erp: Client, receiver: Receiver, mode: str = "single") -> None:
    creditor = erp.get("/creditors/current")["id"]
    given = {"url": receiver.url, "secret": SECRET, "mode": mode}
    assert erp.call("PUT", f"/creditors/{creditor}/webhook", given).status == 200


def is_genuine(secret: str, header: str, raw: bytes, now: float) -> bool:
    """As the contract shows it to receivers."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    stamp = parts.get("t", "")
    if not (stamp.isascii() and stamp.isdigit()) or abs(now - int(stamp)) > 300:
        return False
    signed = stamp.encode() + b"." + raw
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts.get("v1", ""))


def settled(agency: AgencyProcess) -> list[dict]:
    """All deliveries, once none is waiting any more."""

    def found() -> list[dict]:
        deliveries = agency.state()["deliveries"]
        waiting = [each for each in deliveries if each["state"] == "waiting"]
        return [] if waiting else deliveries

    return wait(found)


def test_events_are_thin_and_signed(
    agency: AgencyProcess, erp: Client, receiver: Receiver
) -> None:
    agency.sandbox("clock", advance_days=3)
    erp.login()
    case = erp.transfer("INV/1")
    ((headers, raw),) = wait(lambda: receiver.got)
    event = json.loads(raw)
    assert event == {
        "id": event["id"],
        "type": "case.updated",
        "created_at": case["created_at"],
        "creditor_id": case["creditor_id"],
        "case_id": case["id"],
        "case_version": 1,
        "object_id": None,
    }
    signature = headers["x-agency-signature"]
    # signed by the real clock, however far the sandbox's has advanced
    assert is_genuine(SECRET, signature, raw, time.time())
    assert not is_genuine("another-secret-of-16", signature, raw, time.time())
    assert not is_genuine(SECRET, signature, raw + b" ", time.time())
    assert headers["x-agency-attempt"] == "1"
    (delivery,) = settled(agency)
    assert headers["x-agency-delivery"] == delivery["id"]
    assert delivery["state"] == "delivered"


@pytest.mark.parametrize("status", [500, 503, 302, 404, 408, 429])
def test_what_is_tried_again(
    agency: AgencyProcess, erp: Client, receiver: Receiver, status: int
) -> None:
    receiver.answer = lambda event: status if len(receiver.got) < 3 else 204
    erp.transfer("INV/1")
    (delivery,) = settled(agency)
    assert [each["status"] for each in delivery["attempts"]] == [status, status, 204]
    assert delivery["state"] == "delivered"
    assert len({raw for _, raw in receiver.got}) == 1
    attempts = [headers["x-agency-attempt"] for headers, _ in receiver.got]
    assert attempts == ["1", "2", "3"]


@pytest.mark.parametrize("status", [400, 401, 403, 410, 422])
def test_what_is_final(
    agency: AgencyProcess, erp: Client, receiver: Receiver, status: int
) -> None:
    receiver.answer = lambda event: status
    erp.transfer("INV/1")
    (delivery,) = settled(agency)
    assert (delivery["state"], len(delivery["attempts"])) == ("refused", 1)


def test_after_ten_attempts_it_is_switched_off(
    agency: AgencyProcess, erp: Client, receiver: Receiver
) -> None:
    receiver.answer = lambda event: 500
    erp.transfer("INV/1")
    wait(lambda: erp.get("/creditors/current")["webhook"]["disabled_reason"])
    (delivery,) = settled(agency)
    assert (delivery["state"], len(receiver.got)) == ("given_up", 10)
    assert agency.state()["mails"][-1]["to"] == CONTACT["email"]
    gaps = [each["at"] for each in delivery["attempts"]]
    assert gaps == sorted(gaps)
    creditor = erp.get("/creditors/current")
    assert creditor["webhook"]["enabled"] is False

    # what happens now is found by polling; switched on again it is pushed again
    receiver.answer = lambda event: 200
    second = erp.transfer("INV/2")["id"]
    switch_on(erp, receiver)
    third = erp.transfer("INV/3")["id"]
    wait(lambda: receiver.events[-1]["case_id"] == third)
    assert second not in [event["case_id"] for event in receiver.events]
    polled = [event["case_id"] for event in erp.get("/events")["events"]]
    assert second in polled


def test_an_endpoint_that_is_not_there(agency: AgencyProcess, erp: Client) -> None:
    gone = Receiver()
    gone.close()
    switch_on(erp, gone)
    erp.transfer("INV/1")
    (delivery,) = settled(agency)
    assert delivery["attempts"][0]["status"] is None
    assert delivery["attempts"][0]["error"] == "ConnectionError"


def test_an_event_may_arrive_before_the_answer(
    agency: AgencyProcess, erp: Client, receiver: Receiver
) -> None:
    agency.sandbox("faults", kind="timeout", seconds=1, path="/v1/cases")
    began = time.monotonic()
    with pytest.raises(Exception, match="[Cc]losed|reset"):
        erp.post("/cases", invoice("INV/1"))
    assert time.monotonic() - began >= 1
    assert len(receiver.got) == 1


def test_twice(agency: AgencyProcess, erp: Client, receiver: Receiver) -> None:
    agency.sandbox("faults", kind="duplicate_webhook")
    erp.transfer("INV/1")
    wait(lambda: len(receiver.got) == 2)
    first, second = receiver.events
    assert first == second
    settled(agency)


def test_in_another_order(
    agency: AgencyProcess, erp: Client, receiver: Receiver
) -> None:
    agency.sandbox("faults", kind="reorder_webhooks")
    case = erp.transfer("INV/1")["id"]
    time.sleep(0.3)
    assert not receiver.got
    agency.sandbox(f"cases/{case}/advance")
    wait(lambda: len(receiver.got) == 2)
    assert [event["case_version"] for event in receiver.events] == [2, 1]


def test_held_back_but_not_for_ever(
    agency: AgencyProcess, erp: Client, receiver: Receiver
) -> None:
    agency.sandbox("faults", kind="reorder_webhooks", seconds=1)
    erp.transfer("INV/1")
    wait(lambda: receiver.got)
    (delivery,) = settled(agency)
    assert delivery["state"] == "delivered"


def test_lost(agency: AgencyProcess, erp: Client, receiver: Receiver) -> None:
    agency.sandbox("faults", kind="drop_webhook")
    first = erp.transfer("INV/1")["id"]
    second = erp.transfer("INV/2")["id"]
    wait(lambda: receiver.got)
    settled(agency)
    assert [event["case_id"] for event in receiver.events] == [second]
    polled = [event["case_id"] for event in erp.get("/events")["events"]]
    assert polled[-2:] == [first, second]


@pytest.mark.parametrize("kind", ["bad_signature", "old_timestamp"])
def test_not_to_be_believed(
    agency: AgencyProcess, erp: Client, receiver: Receiver, kind: str
) -> None:
    agency.sandbox("faults", kind=kind)
    erp.transfer("INV/1")
    erp.transfer("INV/2")
    wait(lambda: len(receiver.got) == 2)
    (headers, raw), (good, other) = receiver.got
    now = time.time()
    assert not is_genuine(SECRET, headers["x-agency-signature"], raw, now)
    old = is_genuine(SECRET, headers["x-agency-signature"], raw, now - 3600)
    assert old == (kind == "old_timestamp")
    assert is_genuine(SECRET, good["x-agency-signature"], other, now)


def test_several_events_in_one_body(
    agency: AgencyProcess, erp: Client, receiver: Receiver
) -> None:
    switch_on(erp, receiver, "batch")
    receiver.answer = lambda body: 503 if len(receiver.got) < 2 else 200
    case = erp.transfer("INV/1")["id"]
    wait(lambda: receiver.got)
    agency.advance(case, 3)
    settled(agency)
    bodies = receiver.events
    assert all(set(body) == {"events"} for body in bodies)
    assert bodies[0] == bodies[1] or bodies[0] in bodies
    versions = {each["case_version"] for body in bodies for each in body["events"]}
    assert versions == {1, 2, 3, 4}
    headers, raw = receiver.got[-1]
    assert is_genuine(SECRET, headers["x-agency-signature"], raw, time.time())


def test_changes_of_the_creditors_own_are_told(
    agency: AgencyProcess, erp: Client, receiver: Receiver
) -> None:
    case = erp.transfer("INV/1")["id"]
    erp.act(case, "withdraw")
    wait(lambda: len(receiver.got) == 2)
    assert [event["type"] for event in receiver.events] == [
        "case.updated",
        "case.closed",
    ]


# Polling


def test_polling_from_one_event_to_the_next(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    agency.advance(case, 3)
    events = erp.get("/events")["events"]
    assert [event["type"] for event in events] == [
        "creditor.activated",
        *["case.updated"] * 4,
    ]
    seen, after = [], ""
    while True:
        answer = erp.get(f"/events?limit=2{after}")
        if answer.status == 204:
            break
        seen += answer["events"]
        after = f"&after={seen[-1]['id']}"
    assert (seen, answer.body) == (events, b"")
    assert erp.get("/events?after=ev_unknown")["code"] == "not_found"
    assert erp.get("/events?limit=1001").status == 400


def test_others_events_are_not_seen(agency: AgencyProcess, erp: Client) -> None:
    other = agency.client("other")
    other.onboard()
    erp.transfer("INV/1")
    theirs = other.get("/events")["events"]
    assert [event["type"] for event in theirs] == ["creditor.activated"]
    mine = erp.get("/events")["events"][-1]["id"]
    assert other.get(f"/events?after={mine}").status == 404
