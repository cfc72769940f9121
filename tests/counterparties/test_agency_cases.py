"""The course of cases, what each side can do, documents, messages and lists."""

import datetime as dt
from collections.abc import Iterator

import pytest
from agency_driver import CONTACT, AgencyProcess, Client, invoice, multipart

MEGABYTE = 1024 * 1024


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


# The course


def test_the_main_course(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    seen = [agency.advance(case) for _ in range(4)]
    assert seen == ["registered", "reminder", "demand", "awaiting_approval_legal"]
    shown = erp.get(f"/cases/{case}").json
    assert shown["action_required"]
    assert "legal action" in shown["action_hint"]
    assert {"approve_legal", "reject_legal"} <= set(shown["available_actions"])
    assert agency.types()[-1] == "case.action_required"
    mail = agency.state()["mails"][-1]
    assert mail["to"] == CONTACT["email"]
    assert shown["portal_url"] in mail["body"]

    # neither time nor an employee goes past the creditor's approval
    agency.sandbox("clock", advance_days=400)
    erp.login()
    assert erp.get(f"/cases/{case}")["state"] == "awaiting_approval_legal"
    assert agency.refused(f"cases/{case}/advance")["code"] == "action_not_available"
    given = {"code": "court", "label": "District court", "state": "legal"}
    assert agency.refused(f"cases/{case}/status", **given).status == 409

    answer = erp.act(case, "approve_legal", reason="Go on")
    assert (answer.status, answer["case"]["state"]) == (200, "legal")
    assert not answer["case"]["action_required"]
    assert answer["case"]["balance"]["court_fees"]["original"] == "680.00"
    again = erp.act(case, "approve_legal")
    assert (again.status, again["code"]) == (409, "action_not_available")
    assert again["details"]["state"] == "legal"
    assert agency.advance(case) == "enforcement"
    assert agency.advance(case) == "monitoring"
    actors = [(each["actor"], each["code"]) for each in shown["history"]]
    assert actors[0] == ("creditor", "received")
    assert ("agency", "demand") in actors


def test_demand_at_once_and_with_approval(agency: AgencyProcess, erp: Client) -> None:
    creditor = erp.get("/creditors/current")["id"]
    erp.settings(
        creditor, approve_before_demand=True, notification_email="boss@exempel.example"
    )
    case = erp.transfer("INV/1", first_action="demand")["id"]
    assert agency.advance(case, 2) == "awaiting_approval_demand"
    assert agency.state()["mails"][-1]["to"] == "boss@exempel.example"
    answer = erp.act(case, "approve_demand")
    assert answer["case"]["state"] == "demand"
    assert answer["case"]["balance"]["fees"]["original"] == "180.00"
    codes = [each["code"] for each in answer["case"]["history"]]
    assert "reminder" not in codes


def test_rejections(agency: AgencyProcess, erp: Client) -> None:
    creditor = erp.get("/creditors/current")["id"]
    erp.settings(creditor, approve_before_demand=True)
    first = erp.transfer("INV/1", first_action="demand")["id"]
    agency.advance(first, 2)
    answer = erp.act(first, "reject_demand")
    assert answer["fee"] == {"amount": "0.00", "currency": "SEK"}
    assert answer["case"]["outcome"] == "withdrawn"
    second = erp.transfer("INV/2", first_action="demand")["id"]
    agency.advance(second, 2)
    erp.act(second, "approve_demand")
    agency.advance(second)
    assert erp.act(second, "reject_legal")["case"]["state"] == "monitoring"


def test_without_the_setting_legal_action_follows_the_demand(
    agency: AgencyProcess, erp: Client
) -> None:
    creditor = erp.get("/creditors/current")["id"]
    erp.settings(creditor, approve_before_legal=False)
    case = erp.transfer("INV/1")["id"]
    assert agency.advance(case, 4) == "legal"


def test_time_alone_moves_a_case_with_its_costs(
    agency: AgencyProcess, erp: Client
) -> None:
    case = erp.transfer("INV/1", invoice__due_date=agency.day(-4))
    agency.sandbox("clock", advance_days=40)
    erp.login()
    shown = erp.get(f"/cases/{case['id']}").json
    assert shown["state"] == "awaiting_approval_legal"
    times = [each["at"] for each in shown["history"]]
    assert times == sorted(times)
    waited = [
        (dt.date.fromisoformat(b[:10]) - dt.date.fromisoformat(a[:10])).days
        for a, b in zip(times, times[1:], strict=False)
    ]
    assert waited == [1, 1, 14, 21]
    assert shown["balance"]["fees"]["original"] == "240.00"
    # 10 % a year on 1250.00: 2 days, 14 days and 21 days, each rounded
    assert shown["balance"]["interest"]["original"] == "12.66"
    # the demand begins the limitation period anew
    demanded = agency.today() - dt.timedelta(days=40 - 16)
    assert shown["limitation_date"] == f"{demanded.year + 10}{demanded:-%m-%d}"


# Side states and actions


def test_pause_with_and_without_an_end(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    agency.advance(case, 2)
    until = agency.day(30)
    answer = erp.act(case, "pause", until=until, reason="They promised to pay")
    assert (answer["case"]["state"], answer["case"]["paused_until"]) == (
        "paused",
        until,
    )
    assert agency.refused(f"cases/{case}/advance").status == 409
    agency.sandbox("clock", advance_days=29)
    erp.login()
    assert erp.get(f"/cases/{case}")["state"] == "paused"
    agency.sandbox("clock", advance_days=1)
    erp.login()
    assert erp.get(f"/cases/{case}")["state"] == "reminder"
    erp.act(case, "pause")
    agency.sandbox("clock", advance_days=300)
    erp.login()
    assert erp.get(f"/cases/{case}")["state"] == "paused"
    assert erp.act(case, "resume")["case"]["state"] == "reminder"


@pytest.mark.parametrize("until", ["2020-01-01", "2090-01-01", "soon"])
def test_an_impossible_date(erp: Client, until: str) -> None:
    case = erp.transfer("INV/1")["id"]
    answer = erp.act(case, "pause", until=until)
    assert answer.status == 400
    assert answer["field_errors"][0]["field"] == "until"


def test_a_dispute_of_the_debtor_asks_the_creditor(
    agency: AgencyProcess, erp: Client
) -> None:
    case = erp.transfer("INV/1")["id"]
    agency.advance(case, 3)
    agency.sandbox(f"cases/{case}/dispute", text="Goods were broken.")
    shown = erp.get(f"/cases/{case}").json
    assert (shown["state"], shown["action_required"]) == ("disputed", True)
    assert "Goods were broken." in shown["action_hint"]
    assert agency.types()[-1] == "case.action_required"
    back = erp.act(case, "undispute", reason="They were not.")["case"]
    assert (back["state"], back["action_required"]) == ("demand", False)
    assert not erp.act(case, "dispute")["case"]["action_required"]


def test_the_agency_needs_information(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    agency.sandbox(f"cases/{case}/needs-info", text="Send the contract.")
    shown = erp.get(f"/cases/{case}").json
    assert (shown["state"], shown["action_hint"]) == (
        "needs_info",
        "Send the contract.",
    )
    assert erp.act(case, "pause")["code"] == "action_not_available"
    assert erp.act(case, "resume")["case"]["state"] == "received"


def test_what_a_withdrawal_costs(agency: AgencyProcess, erp: Client) -> None:
    early = erp.transfer("INV/1")["id"]
    agency.advance(early, 2)
    assert erp.get(f"/cases/{early}")["withdrawal_fee"]["amount"] == "0.00"
    answer = erp.act(early, "withdraw", reason="Agreed otherwise")
    assert answer["fee"]["amount"] == "0.00"
    assert (answer["case"]["state"], answer["case"]["outcome"]) == (
        "closed",
        "withdrawn",
    )
    late = erp.transfer("INV/2")["id"]
    agency.advance(late, 3)
    shown = erp.get(f"/cases/{late}")["withdrawal_fee"]
    assert shown == {"amount": "150.00", "currency": "SEK"}
    assert erp.act(late, "withdraw")["fee"] == shown
    assert agency.types()[-1] == "case.closed"


def test_a_closed_case(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    agency.advance(case, 3)
    agency.sandbox(f"cases/{case}/close", outcome="uncollectable")
    answer = erp.act(case, "pause")
    assert (answer.status, answer["code"]) == (409, "case_closed")
    assert answer["details"] == {
        "state": "closed",
        "outcome": "uncollectable",
        "available_actions": ["reopen"],
    }
    assert erp.upload(case, ("a.pdf", b"x"))["code"] == "case_closed"
    assert erp.post(f"/cases/{case}/messages", {"text": "Thanks"}).status == 201
    again = erp.act(case, "reopen")["case"]
    assert (again["state"], again["outcome"], again["closed_at"]) == (
        "demand",
        None,
        None,
    )
    agency.sandbox(f"cases/{case}/close", outcome="time_barred")
    assert erp.act(case, "reopen")["code"] == "case_closed"


def test_a_new_due_date_holds_the_next_step_back(
    agency: AgencyProcess, erp: Client
) -> None:
    case = erp.transfer("INV/1")["id"]
    until = agency.day(60)
    assert erp.act(case, "change_due_date")["code"] == "validation_failed"
    answer = erp.act(case, "change_due_date", until=until)
    assert answer["case"]["due_date"] == until
    agency.sandbox("clock", advance_days=60)
    erp.login()
    assert erp.get(f"/cases/{case}")["state"] == "received"
    agency.sandbox("clock", advance_days=1)
    erp.login()
    assert erp.get(f"/cases/{case}")["state"] == "registered"


def test_an_action_on_a_version_that_was_not_seen(
    agency: AgencyProcess, erp: Client
) -> None:
    case = erp.transfer("INV/1")
    agency.advance(case["id"])
    answer = erp.act(case["id"], "pause", version=case["version"])
    assert (answer.status, answer["code"]) == (409, "version_conflict")
    assert answer["details"] == {"version": 2}
    assert erp.act(case["id"], "pause", version=2).status == 200


def test_any_status_without_a_change_of_state(
    agency: AgencyProcess, erp: Client
) -> None:
    case = erp.transfer("INV/1")["id"]
    agency.sandbox(f"cases/{case}/status", code="X-99", label="Övervakningsbrev")
    shown = erp.get(f"/cases/{case}").json
    assert shown["state"] == "received"
    assert shown["agency_status"] == {"code": "X-99", "label": "Övervakningsbrev"}
    assert shown["version"] == 2
    given = {"code": "B", "label": "Konkurs", "state": "insolvency"}
    shown = agency.sandbox(f"cases/{case}/status", **given)
    assert (shown["state"], shown["agency_status"]["code"]) == ("insolvency", "B")
    assert shown["available_actions"] == ["withdraw"]


def test_a_new_address(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    given = {"street": "Nygatan 2", "zip": "222 33", "city": "Lund", "country": "SE"}
    agency.sandbox(f"cases/{case}/new-address", **given)
    assert erp.get(f"/cases/{case}")["debtor"]["new_address"] == given
    assert agency.types()[-1] == "case.updated"


def test_an_agency_that_needs_time(agency: AgencyProcess, erp: Client) -> None:
    agency.sandbox("rules", asynchronous=True)
    answer = erp.post("/cases", invoice("INV/1"))
    assert (answer.status, answer["state"]) == (202, "received")
    case = answer["id"]
    answer = erp.act(case, "pause")
    assert (answer.status, answer["case"]["state"]) == (202, "received")
    agency.sandbox("clock", advance_seconds=1)
    assert erp.get(f"/cases/{case}")["state"] == "paused"


# Documents, messages, lists


def test_documents_come_back_as_they_were(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    data = bytes(range(256)) + b"\r\n--not the boundary\r\n\r\n"
    answer = erp.upload(
        case, ("../räkning 1.pdf", data), ("b.pdf", b"B"), kind="evidence"
    )
    assert answer.status == 201
    first, second = answer["documents"]
    assert (first["name"], first["size"], first["kind"]) == (
        "räkning 1.pdf",
        len(data),
        "evidence",
    )
    got = erp.get(f"/cases/{case}/documents/{first['id']}")
    assert got.body == data
    assert got.headers["Content-Type"] == "application/pdf"
    assert "r%C3%A4kning%201.pdf" in got.headers["Content-Disposition"]
    shown = erp.get(f"/cases/{case}")["documents"]
    assert shown == [first, second]
    assert erp.get(f"/cases/{case}/documents/do_none").status == 404


def test_thirty_megabytes_in_one_request(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    half = b"x" * (15 * MEGABYTE)
    assert erp.upload(case, ("a.pdf", half), ("b.pdf", half)).status == 201
    for files in (
        (("a.pdf", half), ("b.pdf", half + b"x")),
        (("c.pdf", b"x" * (31 * MEGABYTE)),),
    ):
        answer = erp.upload(case, *files)
        assert (answer.status, answer["code"]) == (413, "attachment_too_large")
        assert answer["details"]["limit_bytes"] == 30 * MEGABYTE
    # the invoice alone still goes
    assert erp.upload(case, ("a.pdf", half[:MEGABYTE])).status == 201
    assert len(erp.get(f"/cases/{case}")["documents"]) == 3


def test_what_is_no_document(erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    assert erp.upload(case).status == 400
    assert erp.upload(case, ("", b"x")).status == 400
    assert erp.upload(case, ("a.pdf", b"")).status == 400
    assert erp.upload(case, ("a.pdf", b"x"), kind="gossip").status == 400
    assert erp.post(f"/cases/{case}/documents", {}).status == 415
    body, content_type = multipart(("a.pdf", b"x"))
    headers = {**erp.headers(), "Content-Type": content_type}
    path = f"/v1/cases/{case}/documents"
    assert erp.agency.fetch("POST", path, body[:-9], headers).status == 400


def test_messages_both_ways(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    sent = erp.post(f"/cases/{case}/messages", {"text": "Please call them."})
    assert (sent.status, sent["author"]) == (201, "creditor")
    agency.sandbox(f"cases/{case}/message", text="We did.")
    event = agency.state()["events"][-1]
    listed = erp.get(f"/cases/{case}/messages")["messages"]
    assert [(each["author"], each["text"]) for each in listed] == [
        ("creditor", "Please call them."),
        ("agency", "We did."),
    ]
    assert (event["type"], event["object_id"]) == ("message.created", listed[1]["id"])
    assert erp.post(f"/cases/{case}/messages", {"text": ""}).status == 400


def test_the_list_goes_by_the_last_change(agency: AgencyProcess, erp: Client) -> None:
    cases = [erp.transfer(f"INV/{number}")["id"] for number in range(5)]
    agency.sandbox("clock", advance_seconds=60)
    since = agency.state()["clock"]["now"]
    agency.advance(cases[1])
    agency.advance(cases[0])
    order = [*cases[2:], cases[1], cases[0]]
    page = erp.get("/cases?limit=2")
    seen = [each["id"] for each in page["cases"]]
    while page["next_cursor"]:
        page = erp.get(f"/cases?limit=2&cursor={page['next_cursor']}")
        seen += [each["id"] for each in page["cases"]]
    assert seen == order
    changed = erp.get(f"/cases?updated_since={since}")["cases"]
    assert [each["id"] for each in changed] == order[-2:]
    found = erp.get("/cases?external_id=INV/3")["cases"]
    assert [each["id"] for each in found] == [cases[3]]
    assert len(erp.get("/cases?state=registered")["cases"]) == 2
    for wrong in ("limit=0", "limit=101", "cursor=x", "updated_since=yesterday"):
        assert erp.get(f"/cases?{wrong}").status == 400, wrong
