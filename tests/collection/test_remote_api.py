"""What other programs do over the remote API, with a user of the addon's group only."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from support.clerk import Row
from support.creditor import Creditor
from support.programs import PROGRAMS, Program, refused
from support.system import OdooInstance

USER = "debtcollector"
INVOICER = "debtinvoicer"
EMPLOYEE = "debtemployee"
GROUPS = {
    USER: "collection_partner.collection_partner_group_user",
    INVOICER: "account.group_account_invoice",
    EMPLOYEE: "base.group_user",
}
NOBODY = 99_999_999
TODAY = dt.date.today()
# The demo company's invoice that falls due in 20 days, 30 after its date.
DUE = TODAY + dt.timedelta(days=20)
# Odoo logs what it refuses to programs; these stories provoke no other refusal.
REFUSALS = (
    r"\w+ (cannot|must) be ",
    "agency_id names",
    "Say why",
    "The agency does not offer",
    "Only users of debt collection",
    "Only people of the accounting",
    "Record does not exist",
    "There is no",
    "until is missing",
    "You are not allowed",
    "You do not have",
)


@pytest.fixture(scope="module")
def users(creditor: Creditor) -> OdooInstance:
    """A user of the addon's group, one who makes invoices, and one who does neither."""
    server = creditor.server
    server.expected.append(rf"odoo\.http: ({'|'.join(REFUSALS)})")
    company = creditor.contract("company_id")["company_id"][0]
    for login, group in GROUPS.items():
        creditor.call(
            "res.users",
            "create",
            {
                "name": login,
                "login": login,
                "password": login,
                "email": f"{login}@example.com",
                "company_id": company,
                "company_ids": [(6, 0, [company])],
                "group_ids": [(6, 0, [creditor.ref(group)])],
            },
            context={"no_reset_password": True},
        )
    return server


@dataclass
class Robot:
    """A program, and the people whose work it does."""

    program: Program
    creditor: Creditor

    def moves(self, method: str, *moves: int, **named: Any) -> Any:
        """Call a method of invoices."""
        return self.program.call("account.move", method, moves, **named)

    def ask(self, *cases: int, **named: Any) -> Any:
        """Ask the agency for something."""
        return self.program.call("collection.case", "request_action", cases, **named)

    def read(self, model: str, record: int, *fields: str) -> Row:
        """Fields that programs read."""
        [row] = self.program.call(model, "read", [record], fields=list(fields))
        return row


@pytest.fixture(params=PROGRAMS, scope="module")
def robot(
    request: pytest.FixtureRequest, users: OdooInstance, creditor: Creditor
) -> Robot:
    """The program, in each of the ways to call Odoo."""
    return Robot(PROGRAMS[request.param](users, USER), creditor)


def test_program_says_what_can_go(robot: Robot) -> None:
    ready, later = robot.creditor.debt(), robot.creditor.invoice("not_due")
    rows = robot.moves("collection_eligibility", ready, later)
    assert rows[0] == {
        "move_id": ready,
        "eligible": True,
        "agency_id": robot.creditor.agency,
        "agency_reason": "The collection partner: no rule names another agency.",
        "reasons": [],
        "warnings": [],
    }
    assert (rows[1]["move_id"], rows[1]["eligible"]) == (later, False)
    reasons = {reason["code"]: reason for reason in rows[1]["reasons"]}
    overdue, ripe = DUE + dt.timedelta(days=1), DUE + dt.timedelta(days=4)
    assert reasons["not_overdue"] == {
        "code": "not_overdue",
        "message": f"It is not overdue; it will be on {overdue:%m/%d/%Y}.",
        "level": "danger",
        "fix": False,
        "earliest_date": overdue.isoformat(),
    }
    assert reasons["too_early"]["earliest_date"] == ripe.isoformat()

    [row] = robot.moves("collection_eligibility", ready, mode="automatic")
    codes = {reason["code"]: reason["fix"] for reason in row["reasons"]}
    assert codes == {"automatic_off": "agency", "overdue_at_start": "agency"}


def test_program_transfers_pauses_and_takes_back(robot: Robot) -> None:
    creditor = robot.creditor
    move, later = creditor.debt(), creditor.invoice("not_due")
    agency = creditor.agency
    rows = robot.moves(
        "transfer_to_collection", move, later, agency_id=agency, note="Ring först"
    )
    case = rows[0]["case_id"]
    assert rows[0] == {"move_id": move, "case_id": case, "reasons": []}
    assert (rows[1]["move_id"], rows[1]["case_id"]) == (later, False)
    assert rows[1]["reasons"][0]["code"] == "not_overdue"

    creditor.arrived(move, "received")
    creditor.quiet()
    invoice = ("collection_state", "collection_case_ids", "collection_note")
    assert robot.read("account.move", move, *invoice) == {
        "id": move,
        "collection_state": "received",
        "collection_case_ids": [case],
        "collection_note": "Ring först",
    }
    told = ("agency_status", "capital_open", "action_required", "outcome")
    assert robot.read("collection.case", case, *told) == {
        "id": case,
        "agency_status": "received",
        "capital_open": 1000.0,
        "action_required": False,
        "outcome": False,
    }

    until = (TODAY + dt.timedelta(days=10)).isoformat()
    assert robot.ask(case, action="pause", reason="Sjuk", until=until) is True
    creditor.arrived(move, "paused")
    assert creditor.book(move)["paused_until"] == until
    assert robot.ask(case, action="resume") is True
    creditor.arrived(move, "received")
    assert robot.ask(case, action="withdraw", reason="Betald") is True
    creditor.arrived(move, "closed")
    assert robot.read("collection.case", case, "outcome")["outcome"] == "withdrawn"


def test_wrong_arguments_are_refused_with_a_sentence(robot: Robot) -> None:
    move = robot.creditor.debt()
    given: dict[str, Callable[[], Any]] = {
        "mode": lambda: robot.moves("collection_eligibility", move, mode="maybe"),
        "mode is a number": lambda: robot.moves("collection_eligibility", move, mode=1),
        "agency": lambda: robot.moves("transfer_to_collection", move, agency_id=NOBODY),
        "note": lambda: robot.moves("transfer_to_collection", move, note=7),
    }
    assert {name: refused(call) for name, call in given.items()} == {
        "mode": 'mode cannot be "maybe"; there are: manual, automatic.',
        "mode is a number": "mode must be a text; 1 was given.",
        "agency": "agency_id names another agency: new cases of Björkvik Bredband AB "
        "go to Nordanvind Inkasso (sandbox).",
        "note": "note must be a text; 7 was given.",
    }
    assert not robot.creditor.case(move)


def test_action_that_is_not_offered_is_refused(robot: Robot) -> None:
    move = robot.creditor.at_agency()
    case = robot.creditor.case(move)["id"]
    named = robot.read("collection.case", case, "display_name")["display_name"]
    yesterday = (TODAY - dt.timedelta(days=1)).isoformat()
    given = {
        "unknown": {"action": "fly"},
        "no text": {"action": 5},
        "no reason": {"action": "withdraw", "reason": " "},
        "not offered": {"action": "approve"},
        "over": {"action": "pause", "until": yesterday},
        "no date": {"action": "pause", "until": "soon"},
    }
    told = {
        name: refused(lambda named=named: robot.ask(case, **named))
        for name, named in given.items()
    }
    assert told == {
        "unknown": 'action cannot be "fly"; there are: pause, resume, withdraw, '
        "approve, reject, dispute, undispute, change_due_date, reopen.",
        "no text": "action must be a text; 5 was given.",
        "no reason": "Say why; the agency is told the reason.",
        "not offered": f"The agency does not offer this for {named} at the moment "
        "(Received).",
        "over": f"until must be a day after today; {yesterday} was given.",
        "no date": 'until must be a date such as 2026-12-31; "soon" was given.',
    }


def test_records_that_do_not_exist_are_refused(robot: Robot) -> None:
    assert "not exist" in refused(lambda: robot.ask(NOBODY, action="pause"))
    move = robot.creditor.debt()
    for method in ("collection_eligibility", "transfer_to_collection"):
        wrong, right = robot.moves(method, NOBODY, move)
        assert [reason["code"] for reason in wrong["reasons"]] == ["not_found"]
        assert (right["move_id"], right["reasons"]) == (move, [])


def test_program_cannot_write_what_only_messages_may(robot: Robot) -> None:
    case = robot.creditor.case(robot.creditor.at_agency())["id"]
    agency = [robot.creditor.agency]
    program = robot.program
    for call in (
        lambda: program.call("collection.case", "write", [case], vals={"note": ""}),
        lambda: program.call("collection.agency", "write", agency, vals={"name": ""}),
    ):
        assert "not allowed to modify" in refused(call)
    for secret in ("client_secret", "webhook_secret", "connection_id"):
        refused(
            lambda secret=secret: program.call(
                "collection.agency", "read", agency, fields=[secret]
            )
        )


@pytest.mark.parametrize("way", PROGRAMS)
def test_user_without_the_group_is_refused(
    users: OdooInstance, creditor: Creditor, way: str
) -> None:
    move = creditor.at_agency()
    case = creditor.case(move)["id"]
    invoicer = Robot(PROGRAMS[way](users, INVOICER), creditor)
    [row] = invoicer.moves("collection_eligibility", move)
    assert [reason["code"] for reason in row["reasons"]] == ["at_agency"]
    assert invoicer.read("collection.case", case, "state")["state"] == "received"
    assert refused(lambda: invoicer.moves("transfer_to_collection", move)) == (
        "Only users of debt collection can transfer invoices."
    )
    assert refused(lambda: invoicer.ask(case, action="resume")) == (
        "Only users of debt collection can work on cases."
    )


def test_employee_of_another_trade_sees_nothing(
    users: OdooInstance, creditor: Creditor
) -> None:
    move = creditor.at_agency()
    case = creditor.case(move)["id"]
    employee = Robot(PROGRAMS["odoorpc"](users, EMPLOYEE), creditor)
    for call in (
        lambda: employee.moves("collection_eligibility", move),
        lambda: employee.moves("transfer_to_collection", move),
        lambda: employee.ask(case, action="resume"),
        lambda: employee.read("collection.case", case, "state"),
    ):
        told = refused(call)
        assert "not allowed" in told or "Only people" in told or "Only users" in told


def test_a_repeated_call_gets_the_same_answer(robot: Robot) -> None:
    move, later = robot.creditor.debt(), robot.creditor.invoice("not_due")
    first = robot.moves("transfer_to_collection", move, later, note="Ring")
    assert first[0]["case_id"]
    assert robot.moves("transfer_to_collection", move, later, note="Ring") == first
    robot.creditor.arrived(move, "received")
    assert robot.moves("transfer_to_collection", move, later, note="Ring") == first
    robot.creditor.book(move)
    robot.creditor.quiet()
    case = first[0]["case_id"]
    named = {"action": "pause", "reason": "Sjuk"}
    for _time in range(2):
        assert robot.ask(case, **named) is True
    robot.creditor.arrived(move, "paused")
    assert robot.ask(case, **named) is True
    assert "does not offer" in refused(lambda: robot.ask(case, action="pause"))
    asked = [("case_id", "=", case), ("type", "=", "action")]
    assert robot.creditor.call("collection.message", "search_count", asked) == 1


def test_what_a_case_offers_can_be_asked(robot: Robot) -> None:
    """The words of `available_actions`, as they are read."""
    move = robot.creditor.at_agency()
    case = robot.creditor.case(move)["id"]
    offered = robot.read("collection.case", case, "available_actions")
    assert "change_due_date" in offered["available_actions"]
    until = (TODAY + dt.timedelta(days=10)).isoformat()
    assert robot.ask(case, action="change_due_date", until=until) is True
    robot.creditor.quiet()
    assert robot.creditor.book(move)["due_date"] == until
    named = {"action": "change_due_date"}
    assert "until is missing" in refused(lambda: robot.ask(case, **named))
