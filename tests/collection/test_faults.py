"""What goes wrong between the company and its agency, and how it comes right.

Every story brings its own invoices, so that they share one Odoo and one agency.
"""

import datetime as dt
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from support.clerk import Row
from support.collector import PATIENCE
from support.counterparty import counterparty
from support.creditor import PDF, Creditor
from support.waiting import eventually

# What one call with documents may carry (docs/agency_api.yaml).
LIMIT = 31_457_280
TOKEN_SECONDS = 3600
# How long the slow agency is waited for, in all.
TIMEOUT = 5


@pytest.fixture(autouse=True)
def undisturbed(creditor: Creditor) -> Iterator[None]:
    """Every story ends with an agency that works."""
    yield
    creditor.other.sandbox("faults/clear")
    creditor.quiet()


def struck(creditor: Creditor) -> None:
    """Wait until the armed fault hits a call."""
    eventually(
        lambda: not creditor.other.state()["faults"], PATIENCE, "the fault has struck"
    )


def keys(creditor: Creditor, *moves: int) -> list[str]:
    """The key of the one transfer of each invoice."""
    found = []
    for move in moves:
        [message] = creditor.messages(move, "case")
        found.append(message["idempotency_key"])
    return found


def seconds_to(moment: str) -> float:
    """How far away a time of Odoo is."""
    there = dt.datetime.fromisoformat(moment).replace(tzinfo=dt.timezone.utc)
    return (there - dt.datetime.now(dt.timezone.utc)).total_seconds()


# Calls that fail


@pytest.mark.parametrize(
    ("kind", "answers", "told"),
    [
        ("timeout", [(201, False), (201, True)], "cut off before all was said"),
        ("500_after_commit", [(500, False), (201, True)], "has a fault at the moment"),
        ("500_before_commit", [(500, False), (201, False)], "has a fault"),
    ],
)
def test_transfer_without_an_answer_opens_one_case(
    creditor: Creditor, kind: str, answers: list[tuple[int, bool]], told: str
) -> None:
    move = creditor.debt()
    creditor.fault(kind, path="/v1/cases", method="POST", seconds=0)
    creditor.send(move)
    message = creditor.tried(move)
    assert told in message["summary"]
    assert 0 < seconds_to(message["next_attempt"]) <= 60
    assert len(creditor.books(move)) == (kind != "500_before_commit")
    assert creditor.case(move)["state"] == "to_send"

    creditor.retry(message)
    creditor.arrived(move, "received")
    creditor.quiet()
    book = creditor.book(move)
    assert creditor.calls(message["idempotency_key"]) == answers
    assert [document["size"] for document in book["documents"]] == [len(PDF)]
    [message] = creditor.messages(move, "case")
    assert message["state"] == "sent"


def test_event_of_a_case_whose_number_has_not_come_yet_is_not_lost(
    creditor: Creditor,
) -> None:
    """The agency has the case and works on it before its answer is here."""
    move = creditor.debt()
    creditor.fault("timeout", path="/v1/cases", method="POST", seconds=0)
    creditor.send(move)
    message = creditor.tried(move)
    events = creditor.happens(move, "advance") + creditor.happens(move, "advance")
    assert kept(creditor, events) == events
    assert creditor.case(move)["state"] == "to_send"
    creditor.retry(message)
    creditor.arrived(move, "reminder")
    assert len(creditor.books(move)) == 1


def test_documents_without_an_answer_are_there_once(creditor: Creditor) -> None:
    move = creditor.debt()
    creditor.fault("500_after_commit", path="/v1/cases/*/documents")
    creditor.send(move)
    creditor.arrived(move, "received")
    creditor.retry(creditor.tried(move, "documents"))
    creditor.quiet()
    assert len(creditor.book(move)["documents"]) == 1


def test_agency_that_asks_for_fewer_calls_is_heeded(creditor: Creditor) -> None:
    hasty, neighbour = creditor.debts(2)
    creditor.fault("429", path="/v1/cases", method="POST", seconds=300)
    creditor.send(hasty)
    message = creditor.tried(hasty)
    assert message["summary"] == ("The agency asks for fewer calls. It is tried again.")
    assert 240 < seconds_to(message["next_attempt"]) <= 300

    creditor.send(neighbour)
    creditor.arrived(neighbour, "received")
    assert creditor.calls(message["idempotency_key"]) == [(429, False)]
    creditor.retry(message)
    creditor.arrived(hasty, "received")
    assert creditor.calls(message["idempotency_key"])[1:] == [(201, False)]


def test_token_that_expires_in_the_middle_is_renewed(creditor: Creditor) -> None:
    moves = creditor.debts(3)
    creditor.fault("slow", path="/v1/cases", method="POST", seconds=2)
    creditor.send(*moves)
    struck(creditor)
    creditor.other.sandbox("clock", advance_seconds=TOKEN_SECONDS + 1)
    for move in moves:
        creditor.arrived(move, "received")
        creditor.book(move)
    assert [creditor.calls(key) for key in keys(creditor, *moves)] == [
        [(201, False)],
        [(401, False), (201, False)],
        [(201, False)],
    ]


def test_batch_waits_while_the_creditor_is_suspended(creditor: Creditor) -> None:
    activity = ["collection_partner.mail_activity_type_agency"]
    first, *others = moves = creditor.debts(4)
    creditor.fault("slow", path="/v1/cases", method="POST", seconds=1, times=4)
    creditor.send(*moves)
    eventually(lambda: creditor.books(*moves), PATIENCE, "the first case")
    creditor.other.sandbox(f"creditors/{creditor.name}/suspend")
    creditor.becomes("suspended")
    creditor.arrived(first, "received")
    creditor.quiet()
    assert not creditor.books(*others)
    assert {creditor.case(move)["state"] for move in others} == {"to_send"}
    held = (creditor.agency, activity)
    assert creditor.call("collection.agency", "activity_search", *held)
    [answer] = creditor.transfer(creditor.debt())
    assert [reason["code"] for reason in answer["reasons"]] == ["agency_not_active"]

    creditor.other.sandbox("faults/clear")
    creditor.other.sandbox(f"creditors/{creditor.name}/activate")
    creditor.becomes("active")
    for move in moves:
        creditor.arrived(move, "received")
        creditor.book(move)
    assert not creditor.call("collection.agency", "activity_search", *held)


def test_refused_case_does_not_hold_up_its_neighbour(creditor: Creditor) -> None:
    refused, taken = creditor.debt(), creditor.invoice("finnish")
    creditor.print(taken)
    creditor.other.sandbox("rules", currencies=["EUR"])
    creditor.send(refused, taken)
    creditor.arrived(refused, "refused")
    creditor.arrived(taken, "received")
    creditor.other.sandbox("rules", currencies=["EUR", "SEK"])
    [message] = creditor.messages(refused, "case")
    assert (message["state"], message["error_code"]) == (
        "refused",
        "currency_not_supported",
    )
    assert message["summary"] == (
        "The agency does not collect in this currency, only in: EUR."
    )
    case = creditor.case(refused)["id"]
    todo = ["collection_partner.mail_activity_type_refused"]
    assert creditor.call("collection.case", "activity_search", [case], todo)

    creditor.call("collection.case", "action_retry", [case])
    creditor.arrived(refused, "received")
    assert not creditor.call("collection.case", "activity_search", [case], todo)


# Webhooks


def kept(creditor: Creditor, events: list[str]) -> list[str]:
    """The events that Odoo has, once the agency is done with telling them."""
    assert events
    eventually(lambda: not creditor.undelivered(), PATIENCE, "all is told")
    return creditor.events(*events)


def test_lost_event_is_found_by_asking(creditor: Creditor) -> None:
    move = creditor.at_agency()
    creditor.fault("drop_webhook")
    events = creditor.happens(move, "advance")
    assert not kept(creditor, events)
    assert creditor.case(move)["state"] == "received"
    creditor.fetch()
    creditor.arrived(move, "registered")
    assert creditor.events(*events) == events


def test_event_that_comes_twice_is_kept_once(creditor: Creditor) -> None:
    move = creditor.at_agency()
    creditor.fault("duplicate_webhook")
    events = creditor.happens(move, "advance")
    assert kept(creditor, events) == events
    creditor.arrived(move, "registered")
    creditor.quiet()
    [told] = creditor.find(
        "collection.event",
        [("case_id.move_id", "=", move), ("code", "=", "registered")],
        "actor",
    )
    assert told["actor"] == "agency"
    creditor.fetch()
    creditor.quiet()
    assert creditor.events(*events) == events


def test_events_in_the_wrong_order_end_in_the_right_state(creditor: Creditor) -> None:
    move = creditor.at_agency()
    creditor.fault("reorder_webhooks", seconds=30)
    events = creditor.happens(move, "advance") + creditor.happens(move, "advance")
    assert kept(creditor, events) == events[::-1]
    creditor.arrived(move, "reminder")
    creditor.quiet()
    assert creditor.case(move)["state"] == "reminder"


@pytest.mark.parametrize("kind", ["bad_signature", "old_timestamp"])
def test_call_that_is_not_genuine_leaves_no_trace(
    creditor: Creditor, kind: str
) -> None:
    move = creditor.at_agency()
    creditor.fault(kind)
    events = creditor.happens(move, "advance")
    assert not kept(creditor, events)
    [delivery] = creditor.deliveries(events)
    assert [attempt["status"] for attempt in delivery["attempts"]] == [401]
    assert creditor.case(move)["state"] == "received"
    creditor.fetch()
    creditor.arrived(move, "registered")
    assert creditor.events(*events) == events


@pytest.mark.parametrize(
    ("address", "body", "status"),
    [
        ("", b"{}", 401),
        ("x", b"{}", 404),
        ("", bytes(512 * 1024 + 1), 413),
    ],
)
def test_stranger_who_finds_the_address_gets_nowhere(
    creditor: Creditor, address: str, body: bytes, status: int
) -> None:
    url = creditor.contract("webhook_url")["webhook_url"]
    request = urllib.request.Request(url + address, data=body)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=30)
    assert caught.value.code == status


# What nobody expected


def test_unknown_status_is_shown_as_the_agency_wrote_it(creditor: Creditor) -> None:
    move = creditor.at_agency()
    creditor.happens(move, "status", code="T-77 b", label="Växelprotest")

    def shown() -> Row | None:
        case = creditor.case(move)
        return case if case["agency_status"] == "T-77 b" else None

    assert eventually(shown, PATIENCE, "the code")["state"] == "received"
    status = creditor.read("account.move", move, "collection_status")
    assert status["collection_status"] == "Växelprotest"
    noted = [("case_id.move_id", "=", move), ("code", "=", "unknown_status")]
    [event] = creditor.find("collection.event", noted, "name")
    assert "T-77 b" in event["name"]


def test_case_typed_in_by_hand_is_linked(creditor: Creditor) -> None:
    move = creditor.debt()
    number = creditor.read("account.move", move, "name")["name"]
    typed = creditor.other.sandbox(
        f"creditors/{creditor.name}/cases",
        invoice_number=f" {number.lower()}",
        debtor_name=creditor.debtor(move),
        amount="1000.00",
    )
    creditor.send(move)
    creditor.arrived(move, "received")
    creditor.quiet()
    assert not creditor.books(move)
    status = creditor.read("account.move", move, "collection_status")
    assert status["collection_status"] == (
        "Received – a case for this invoice number already existed in the agency's "
        "portal"
    )
    case = creditor.case(move)["id"]
    linked = creditor.read("collection.case", case, "name", "portal_url")
    assert (linked["name"], linked["portal_url"]) == (
        typed["case_number"],
        typed["portal_url"],
    )
    creditor.other.sandbox(f"cases/{typed['id']}/advance")
    creditor.arrived(move, "registered")


def test_approval_on_both_sides_is_given_once(creditor: Creditor) -> None:
    creditor.change(approve_before_demand=True)
    creditor.quiet()
    move = creditor.at_agency()
    for _step in ("registered", "reminder", "awaiting_approval_demand"):
        creditor.happens(move, "advance")
    case = creditor.arrived(move, "awaiting_approval")["id"]
    creditor.quiet()
    creditor.fault("drop_webhook", times=10)
    creditor.happens(move, "action", type="approve_demand")
    creditor.call("collection.case", "request_action", [case], "approve")
    creditor.arrived(move, "demand")
    [message] = creditor.messages(move, "action")
    assert (message["state"], message["error_code"]) == (
        "refused",
        "action_not_available",
    )
    assert "The agency does not offer this at the moment" in message["summary"]
    creditor.change(approve_before_demand=False)


# 30 MB


def test_documents_of_30_mb_go_together(creditor: Creditor) -> None:
    move = creditor.debt()
    creditor.attach(bytes(LIMIT - len(PDF)), move)
    creditor.send(move)
    creditor.arrived(move, "received")
    creditor.quiet()
    [message] = creditor.messages(move, "documents")
    assert message["state"] == "sent"
    sizes = [document["size"] for document in creditor.book(move)["documents"]]
    assert sorted(sizes) == [len(PDF), LIMIT - len(PDF)]


def test_one_byte_more_and_the_invoice_goes_alone(creditor: Creditor) -> None:
    move = creditor.debt()
    creditor.attach(bytes(LIMIT - len(PDF) + 1), move)
    creditor.send(move)
    creditor.arrived(move, "received")
    creditor.quiet()
    invoice, rest = creditor.messages(move, "documents")
    assert (invoice["state"], rest["state"]) == ("sent", "to_send")
    assert 0 < seconds_to(rest["next_attempt"]) <= 600
    sizes = [document["size"] for document in creditor.book(move)["documents"]]
    assert sizes == [len(PDF)]

    creditor.retry(rest)
    creditor.quiet()
    sizes = [document["size"] for document in creditor.book(move)["documents"]]
    assert sizes == [len(PDF), LIMIT - len(PDF) + 1]


# An agency that never comes to an end


def test_call_that_never_ends_holds_up_nobody(creditor: Creditor) -> None:
    call, connections = creditor.call, "receivables.connection"
    with counterparty("web_faults") as slow:
        agency = call(
            "collection.agency",
            "create",
            {
                "name": "Drip",
                "company_id": creditor.contract("company_id")["company_id"][0],
                "base_url": f"http://127.0.0.1:{slow.port}/drip-body",
                "client_id": "drip",
                "client_secret": "drip-secret",
            },
        )
        [row] = call("collection.agency", "read", [agency], fields=["connection_id"])
        connection = row["connection_id"][0]
        call(connections, "write", [connection], {"timeout": TIMEOUT})
        call("collection.agency", "write", [agency], {"environment": "test"})
        eventually(lambda: slow.order()["calls"], PATIENCE, "it is being asked")

        def told() -> str:
            fields = ["summary"]
            [row] = call("collection.agency", "read", [agency], fields=fields)
            return row["summary"]

        saves = 0
        while not told():
            call("collection.agency", "write", [agency], {"contact_name": f"{saves}"})
            call(connections, "write", [connection], {"name": f"{saves}"})
            # a save that had waited for the call would end after it
            saves += not told()
            time.sleep(0.2)  # as fast as a person
        assert saves > 3
        assert "in time" in told()
        move = creditor.debt()
        creditor.send(move)
        creditor.arrived(move, "received")
        [line] = creditor.find(
            "receivables.connection", [("id", "=", connection)], "paused_until"
        )
        assert line["paused_until"]
        call("collection.agency", "write", [agency], {"environment": "disabled"})
    assert not [line for line in creditor.server.log_lines() if "reload" in line]
