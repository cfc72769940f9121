"""Two companies of one database, each with its own contract, webhook and cases.

The second one agreed with the agency directly: no dialog was ever opened for it.
"""

import datetime as dt
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from typing import Any

import odoorpc
import pytest

from support.collector import PATIENCE
from support.creditor import Creditor
from support.waiting import eventually

LOGIN = "kaamos"
SECRET = "kaamos-secret"
AGREEMENT = "A-2002"
SENTENCE = (
    "agency_id names another agency: new cases of Kaamos Energia Oy go to Nordanvind "
    "Perintä."
)
MODELS = (
    "collection.agency",
    "collection.case",
    "collection.event",
    "collection.message",
    "collection.reminder",
)


@pytest.fixture(scope="module")
def first(creditor: Creditor) -> Creditor:
    """The Swedish company."""
    creditor.server.expected += ["This seems to be a multi-company issue", SENTENCE]
    return creditor


@pytest.fixture(scope="module")
def second(first: Creditor) -> Creditor:
    """The Finnish company, with a contract that it made outside Odoo."""
    first.other.sandbox(
        "clients", client_id=LOGIN, client_secret=SECRET, agreement_number=AGREEMENT
    )
    company = first.ref("base.main_company")
    groups = ("collection_partner.collection_partner_group_manager",)
    groups += ("base.group_partner_manager",)
    user = first.call(
        "res.users",
        "create",
        {
            "name": LOGIN,
            "login": LOGIN,
            "password": LOGIN,
            "email": f"{LOGIN}@example.com",
            "company_id": company,
            "company_ids": [(6, 0, [company])],
            "group_ids": [(6, 0, [first.ref(group) for group in groups])],
        },
        context={"no_reset_password": True},
    )
    agency = first.call(
        "collection.agency",
        "create",
        {
            "name": "Nordanvind Perintä",
            "company_id": company,
            "user_id": user,
            "base_url": first.other.api,
            "client_id": LOGIN,
            "client_secret": SECRET,
            "environment": "test",
            "undo_minutes": 0,
        },
        context={"allowed_company_ids": [company]},
    )
    opened = Creditor(first.server, first.other, agency, LOGIN, LOGIN)
    first.other.sandbox(f"creditors/{LOGIN}/activate")
    opened.fetch()
    opened.becomes("active")
    opened.quiet()
    return opened


def sides(*creditors: Creditor) -> list[Any]:
    """What the agency knows of its creditors, in their order."""
    known = {
        each["client_id"]: each for each in creditors[0].other.state()["creditors"]
    }
    return [known[creditor.name] for creditor in creditors]


def refused() -> Any:
    """Odoo refuses what belongs to another company."""
    return pytest.raises(odoorpc.error.RPCError, match="[Aa]ccess|company|not allowed")


def test_agreement_made_outside_is_found(first: Creditor, second: Creditor) -> None:
    ours, theirs = sides(first, second)
    assert theirs["agreement_number"] == AGREEMENT
    assert second.contract("agreement_number")["agreement_number"] == AGREEMENT
    # the agency got the company's data and where to report, without being asked
    names = [side["company"]["name"] for side in (ours, theirs)]
    assert names == ["Björkvik Bredband AB", "Kaamos Energia Oy"]
    addresses = {side["webhook"]["url"] for side in (ours, theirs)}
    assert len(addresses) == 2


def test_cases_go_under_the_own_contract(first: Creditor, second: Creditor) -> None:
    owners = {}
    for creditor in (first, second):
        book = creditor.book(creditor.at_agency())
        owners[book["creditor_id"]] = (book["agreement_number"], book["balance"])
    ours, theirs = sides(first, second)
    assert owners[ours["id"]][0] == ours["agreement_number"]
    assert owners[ours["id"]][1]["currency"] == "SEK"
    assert owners[theirs["id"]][0] == AGREEMENT
    assert owners[theirs["id"]][1]["currency"] == "EUR"


def test_invoices_of_both_chosen_together_part(
    first: Creditor, second: Creditor
) -> None:
    moves = [first.debt(), second.debt()]
    companies = [
        each.contract("company_id")["company_id"][0] for each in (first, second)
    ]
    rows = first.call(
        "account.move",
        "transfer_to_collection",
        moves,
        context={"allowed_company_ids": companies},
    )
    assert [row["reasons"] for row in rows] == [[], []]
    first.arrived(moves[0], "received")
    second.arrived(moves[1], "received")
    found = [
        each.book(move)["creditor_id"]
        for each, move in zip((first, second), moves, strict=True)
    ]
    assert found == [side["id"] for side in sides(first, second)]


def test_other_contract_cannot_be_named(first: Creditor, second: Creditor) -> None:
    move = second.debt()
    with pytest.raises(odoorpc.error.RPCError, match=SENTENCE):
        second.transfer(move, agency_id=first.agency)
    theirs = first.debt()
    for answers in (second.transfer(theirs), second.eligibility(theirs)):
        [answer] = answers
        assert [reason["code"] for reason in answer["reasons"]] == ["not_found"]
    case = first.case(first.at_agency())["id"]
    with refused():
        second.call("collection.case", "request_action", [case], "pause")
    assert not second.case(move)
    assert not first.case(theirs)


def test_users_see_only_their_company(first: Creditor, second: Creditor) -> None:
    for creditor in (first, second):
        move = creditor.at_agency()
        yesterday = dt.date.today() - dt.timedelta(days=1)
        reminder = {"move_id": creditor.debt(), "date": yesterday.isoformat()}
        creditor.call("collection.reminder", "create", reminder)
        assert creditor.find(
            "collection.event", [("case_id.move_id", "=", move)], "name"
        )
    own = second.contract("company_id")["company_id"]
    for model in MODELS:
        found = second.find(model, [], "company_id")
        assert found and {tuple(row["company_id"]) for row in found} == {tuple(own)}
        [foreign] = first.call(model, "search", [("company_id", "!=", own[0])], limit=1)
        with refused():
            second.call(model, "read", [foreign], ["display_name"])


# Webhooks


def report(creditor: Creditor, event: dict[str, Any], secret: str) -> int:
    """Report to a company's address, signed as the contract says; the status."""
    url = creditor.contract("webhook_url")["webhook_url"]
    raw = json.dumps(event).encode()
    stamp = str(int(time.time()))
    mark = hmac.new(secret.encode(), f"{stamp}.".encode() + raw, hashlib.sha256)
    headers = {
        "Content-Type": "application/json",
        "X-Agency-Signature": f"t={stamp},v1={mark.hexdigest()}",
    }
    request = urllib.request.Request(url, data=raw, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def secret_of(first: Creditor, creditor: Creditor) -> str:
    """A webhook's secret, which only administrators may read."""
    company = creditor.contract("company_id")["company_id"][0]
    [row] = first.call(
        "collection.agency",
        "read",
        [creditor.agency],
        ["webhook_secret"],
        context={"allowed_company_ids": [company]},
    )
    return row["webhook_secret"]


def test_one_secret_does_not_open_the_other_address(
    first: Creditor, second: Creditor
) -> None:
    move = second.at_agency()
    [event_id] = second.happens(move, "advance")
    second.arrived(move, "registered")
    second.quiet()
    [event] = [
        each for each in second.other.state()["events"] if each["id"] == event_id
    ]
    event = {**event, "id": "ev_forged"}
    assert report(first, event, secret_of(first, second)) == 401
    assert not first.events("ev_forged")

    # the first one's contract may not even ask about the case of the second
    asked = len(second.other.state()["calls"])
    assert report(first, event, secret_of(first, first)) == 204
    assert first.events("ev_forged") == ["ev_forged"]
    waiting = [("event_id", "=", "ev_forged"), ("attempts", ">", 0)]
    eventually(
        lambda: first.find("collection.message", waiting, "state"),
        PATIENCE,
        "the event was looked at",
    )
    assert len(second.other.state()["calls"]) == asked
    assert not second.events("ev_forged")
