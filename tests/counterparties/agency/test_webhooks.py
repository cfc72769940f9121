"""Events: pushed with a signature and repeated, or found by polling."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator

import pytest

from counterparties.agency.driver import SECRET, AgencyProcess, Client, Receiver, wait


@pytest.fixture
def receiver(erp: Client) -> Iterator[Receiver]:
    opened = Receiver()
    switch_on(erp, opened.url)
    yield opened
    opened.close()


def switch_on(erp: Client, url: str, mode: str = "single") -> None:
    path = f"/creditors/{erp.get('/creditors/current')['id']}/webhook"
    given = {"url": url, "secret": SECRET, "mode": mode}
    assert erp.call("PUT", path, json=given).status_code == 200


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
    [(headers, raw)] = wait(lambda: receiver.got)
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
    # signed by the real clock, however far the sandbox's has advanced
    assert is_genuine(SECRET, headers["X-Agency-Signature"], raw, time.time())
    [delivery] = settled(agency)
    assert headers["X-Agency-Delivery"] == delivery["id"]
    assert delivery["state"] == "delivered"


@pytest.mark.parametrize("status", [503, 302, 404, 408, 429])
def test_what_is_tried_again(
    agency: AgencyProcess, erp: Client, receiver: Receiver, status: int
) -> None:
    receiver.answer = lambda: status if len(receiver.got) < 3 else 204
    erp.transfer("INV/1")
    [delivery] = settled(agency)
    assert [each["status"] for each in delivery["attempts"]] == [status, status, 204]
    assert len({raw for _, raw in receiver.got}) == 1
    attempts = [headers["X-Agency-Attempt"] for headers, _ in receiver.got]
    assert attempts == ["1", "2", "3"]


def test_after_ten_attempts_it_is_switched_off(
    agency: AgencyProcess, erp: Client, receiver: Receiver
) -> None:
    receiver.close()
    erp.transfer("INV/1")
    wait(lambda: erp.get("/creditors/current")["webhook"]["disabled_reason"])
    [delivery] = settled(agency)
    assert (delivery["state"], len(delivery["attempts"])) == ("given_up", 10)
    assert delivery["attempts"][0]["error"] == "ConnectionError"
    assert agency.state()["mails"][-1]["subject"] == "Your webhook was switched off"
    second = erp.transfer("INV/2")["id"]
    assert erp.get("/events")["events"][-1]["case_id"] == second
    assert len(agency.state()["deliveries"]) == 1


def test_several_events_in_one_body(
    agency: AgencyProcess, erp: Client, receiver: Receiver
) -> None:
    switch_on(erp, receiver.url, "batch")
    case = erp.transfer("INV/1")["id"]
    agency.advance(case, 3)
    settled(agency)
    told = [event for body in receiver.events for event in body["events"]]
    assert sorted(event["case_version"] for event in told) == [1, 2, 3, 4]


def test_polling_from_one_event_to_the_next(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    agency.advance(case, 3)
    events = erp.get("/events")["events"]
    seen, after = [], ""
    while (answer := erp.call("GET", f"/events?limit=2{after}")).status_code == 200:
        seen += answer.json()["events"]
        after = f"&after={seen[-1]['id']}"
    assert (seen, answer.status_code, answer.content) == (events, 204, b"")
    assert erp.call("GET", "/events?after=ev_unknown").status_code == 404
