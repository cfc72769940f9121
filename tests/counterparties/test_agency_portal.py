"""The agency's portal for people, and the program that runs it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from agency_driver import (
    CONTACT,
    MODULE,
    TESTS,
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


class Ids(HTMLParser):
    """The ids and forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.labels: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if tag == "label":
            self.labels.append(given.get("for") or "")


def shown(agency: AgencyProcess, path: str) -> list[str]:
    """Ids on a page: each once, and every label belongs to a field."""
    read = Ids(agency.page(path))
    assert len(read.ids) == len(set(read.ids)), path
    assert set(read.labels) <= set(read.ids), path
    return read.ids


def test_every_page_is_shown(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")
    erp.upload(case["id"], ("a.pdf", b"%PDF"))
    agency.sandbox(f"cases/{case['id']}/payment-plan")
    agency.sandbox(f"cases/{case['id']}/debtor-pays", amount="100.00")
    agency.sandbox("settlements")
    for path in ("creditors", "cases", "settlements", "mail", "clock", "terms"):
        assert "nav-creditors" in shown(agency, path)
    shown(agency, f"cases/{case['id']}")
    shown(agency, f"creditors/{case['creditor_id']}")
    assert case["case_number"] in agency.page("cases?find=nord")
    assert case["case_number"] not in agency.page("cases?find=south")
    front = agency.fetch("GET", "/")
    assert b'id="creditors"' in front.body
    style = agency.fetch("GET", "/static/style.css")
    assert style.headers["Content-Type"].startswith("text/css")
    assert agency.fetch("GET", "/portal/nothing").status == 404
    assert agency.fetch("GET", "/portal/cases/ca_none").status == 404


def test_names_cannot_become_markup(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1", debtor__name="<script>alert(1)</script>")
    for path in ("cases", f"cases/{case['id']}"):
        page = agency.page(path)
        assert "<script" not in page
        assert "&lt;script&gt;" in page
    policy = agency.fetch("GET", "/portal/cases").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")


def test_an_employee_activates_and_suspends(agency: AgencyProcess) -> None:
    client = agency.client("outside")
    creditor = client.get("/creditors/current")["id"]
    assert f"activate-{creditor}-submit" in shown(agency, "creditors")
    answer = agency.post_form(f"creditors/{creditor}/activate")
    assert b'id="done"' in answer.body
    assert client.get("/creditors/current")["state"] == "active"
    agency.post_form(f"creditors/{creditor}/suspend")
    assert client.get("/creditors/current")["state"] == "suspended"
    answer = agency.post_form(f"creditors/{creditor}/suspend")
    assert answer.status == 409
    assert b'id="error"' in answer.body
    path = f"creditors/{creditor}/agreement-number"
    agency.post_form(path, agreement_number="N-5")
    assert client.get("/creditors/current")["agreement_number"] == "N-5"


def test_settings_are_changed_in_the_portal(agency: AgencyProcess, erp: Client) -> None:
    creditor = erp.get("/creditors/current")["id"]
    ids = shown(agency, f"creditors/{creditor}")
    assert {"settings-approve_before_demand", "settings-submit"} <= set(ids)
    agency.post_form(
        f"creditors/{creditor}/settings",
        services="collection",
        approve_before_demand="on",
        notification_email="boss@exempel.example",
        payout_mode="daily_batch",
        batch_account="1512",
    )
    assert erp.get(f"/creditors/{creditor}/settings").json == {
        "services": "collection",
        "approve_before_demand": True,
        "approve_before_legal": False,
        "letter_include_lines": False,
        "letter_external_number": False,
        "notification_email": "boss@exempel.example",
        "payout_mode": "daily_batch",
        "batch_account": "1512",
        "version": 2,
    }
    event = erp.get("/events")["events"][-1]
    assert event["type"] == "creditor.settings_changed"
    agency.post_form(f"creditors/{creditor}/settings", services="collection")
    assert erp.get(f"/creditors/{creditor}/settings")["notification_email"] is None


def test_a_case_is_typed_by_hand(agency: AgencyProcess, erp: Client) -> None:
    creditor = erp.get("/creditors/current")["id"]
    path = f"creditors/{creditor}/cases"
    answer = agency.post_form(path, invoice_number="INV/1")
    assert answer.status == 400
    assert b"debtor_name is missing" in answer.body
    fields = {"invoice_number": "INV/1", "debtor_name": "Nord", "amount": "12.00"}
    answer = agency.post_form(path, **fields)
    assert b"Typed by hand." in answer.body
    assert erp.post("/cases", invoice("INV/1"))["code"] == "duplicate_invoice"
    assert agency.post_form(path, **fields).status == 409


def test_the_creditor_approves_in_the_portal(
    agency: AgencyProcess, erp: Client
) -> None:
    case = erp.transfer("INV/1")["id"]
    for _ in range(4):
        agency.post_form(f"cases/{case}/advance")
    ids = shown(agency, f"cases/{case}")
    assert {"action-approve_legal", "action-required"} <= set(ids)
    assert "action-approve_demand" not in ids
    agency.post_form(f"cases/{case}/action", type="approve_legal", reason="Go on")
    last = erp.get(f"/cases/{case}")
    assert last["state"] == "legal"
    assert last["history"][-1]["text"] == "Go on"
    # answered on both sides
    assert erp.act(case, "approve_legal")["code"] == "action_not_available"
    agency.post_form(f"cases/{case}/action", type="withdraw")
    assert erp.get(f"/cases/{case}")["outcome"] == "withdrawn"


def test_the_letter_prints_what_the_settings_say(
    agency: AgencyProcess, erp: Client
) -> None:
    creditor = erp.get("/creditors/current")["id"]
    changes = {"invoice__external_number": "EXT-9", "letter_text": "Ten lamps"}
    case = erp.transfer("INV/1", **changes)["id"]
    assert agency.case(case)["letter"] == {"invoice_number": "EXT-9", "text": ""}
    erp.settings(creditor, letter_include_lines=True, letter_external_number=False)
    printed = {"invoice_number": "INV/1", "text": "Ten lamps"}
    assert agency.case(case)["letter"] == printed
    page = agency.page(f"cases/{case}")
    assert '<pre id="letter-text">Ten lamps</pre>' in page


def test_what_happens_to_a_case_by_buttons(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    path = f"cases/{case}"

    def state() -> str:
        return erp.get(f"/cases/{case}")["state"]

    agency.post_form(f"{path}/needs-info", text="Send the contract.")
    assert state() == "needs_info"
    assert CONTACT["email"] in agency.page("mail")
    agency.post_form(f"{path}/action", type="resume")
    address = {"street": "Ny 1", "zip": "1", "city": "Lund", "country": "SE"}
    agency.post_form(f"{path}/new-address", **address)
    assert "Ny 1, 1, Lund, SE" in agency.page(path)
    agency.post_form(f"{path}/status", code="T", label="Tratta", state="")
    assert erp.get(f"/cases/{case}")["agency_status"]["label"] == "Tratta"
    assert state() == "received"
    agency.post_form(f"{path}/dispute", text="")
    assert state() == "disputed"
    agency.post_form(f"{path}/action", type="undispute")
    agency.post_form(f"{path}/payment-plan", instalments="2")
    assert state() == "payment_plan"
    agency.post_form(f"{path}/debtor-pays", amount="625.00")
    assert "reverse-payment-submit" in shown(agency, path)
    agency.post_form(f"{path}/message", text="They pay.")
    assert "They pay." in agency.page(path)
    agency.post_form(f"{path}/insolvency")
    assert state() == "insolvency"
    agency.post_form(f"{path}/close", outcome="insolvent")
    assert erp.get(f"/cases/{case}")["outcome"] == "insolvent"
    assert agency.post_form(f"{path}/advance").status == 409


def test_a_document_is_added_and_downloaded(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    body, content_type = multipart(("late.pdf", b"%PDF late"))
    path = f"/portal/cases/{case}/documents"
    answer = agency.fetch("POST", path, body, {"Content-Type": content_type})
    assert b"late.pdf" in answer.body
    (document,) = erp.get(f"/cases/{case}")["documents"]
    got = agency.fetch("GET", f"{path}/{document['id']}")
    assert got.body == b"%PDF late"
    assert got.headers["Content-Disposition"].startswith("attachment")


def test_the_clock_and_faults(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    agency.post_form("clock", advance_days="3")
    erp.login()
    assert erp.get(f"/cases/{case}")["state"] == "reminder"
    agency.post_form("faults", kind="429", times="2", path="")
    assert "429" in agency.page("clock")
    assert agency.state()["faults"][0]["times"] == 2
    agency.post_form("faults/clear")
    assert agency.state()["faults"] == []
    assert agency.post_form("clock", advance_days="soon").status == 400
    agency.post_form(f"cases/{case}/debtor-pays")
    answer = agency.post_form("settlements")
    assert b"INV/1" in answer.body


# The program


def test_state_is_kept_in_a_file(tmp_path: Path) -> None:
    books = str(tmp_path / "books.sqlite")
    first = AgencyProcess(tmp_path, "--state", books)
    erp = first.client("erp")
    creditor = erp.onboard()
    case = erp.transfer("INV/1")["id"]
    erp.upload(case, ("a.pdf", b"%PDF"))
    first.sandbox("clock", advance_days=2)
    assert first.stop() == 0
    second = AgencyProcess(tmp_path, "--state", books)
    again = second.client("erp")
    assert again.get("/creditors/current")["id"] == creditor
    shown_case = again.get(f"/cases/{case}")
    assert shown_case["state"] == "reminder"
    assert len(shown_case["documents"]) == 1
    assert second.state()["clock"]["offset_seconds"] >= 2 * 86_400
    assert second.stop() == 0


def test_a_busy_port_is_one_line_and_code_2(agency: AgencyProcess) -> None:
    port = agency.address.rsplit(":", 1)[1]
    done = subprocess.run(
        [sys.executable, *MODULE, "--port", port],
        capture_output=True,
        text=True,
        cwd=TESTS,
        timeout=20,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"agency: port {port} is busy\n"


@pytest.mark.parametrize("content", ["{", "{}", "[1]", '[{"client_id": "x"}]'])
def test_wrong_clients_are_one_line(tmp_path: Path, content: str) -> None:
    clients = tmp_path / "wrong.json"
    clients.write_text(content, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, *MODULE, "--port", "0", "--clients", str(clients)],
        capture_output=True,
        text=True,
        cwd=TESTS,
        timeout=20,
    )
    assert done.returncode == 1
    assert re.fullmatch(r"agency: .+\n", done.stderr)


def test_the_log_names_nobody(tmp_path: Path) -> None:
    log = tmp_path / "agency.log"
    process = AgencyProcess(tmp_path, "--log", str(log))
    erp = process.client("erp")
    erp.onboard()
    case = erp.transfer("INV/1", debtor__name="Astrid Holm")["id"]
    erp.get("/cases?external_id=Astrid")
    process.page("cases?find=Astrid")
    assert process.stop() == 0
    text = log.read_text(encoding="utf-8")
    assert "POST /v1/cases 201 tr_" in text
    assert "Astrid" not in text
    assert case not in text or "Holm" not in text


def test_demo_client_by_default(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, *MODULE, "--port", "0", "--name", "Test Inkasso"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=TESTS,
    )
    try:
        assert child.stdout is not None
        address = child.stdout.readline().split()[1].rstrip("/")
        process = AgencyProcess.__new__(AgencyProcess)
        process.address = address
        given = {"client_id": "demo", "client_secret": "demo-secret"}
        answer = process.fetch(
            "POST",
            "/v1/auth/token",
            json.dumps(given).encode(),
            {"Content-Type": "application/json"},
        )
        assert answer["expires_in"] == 3600
        assert "Test Inkasso" in process.page("creditors")
    finally:
        child.terminate()
        assert child.wait(10) == 0
        assert child.stdout is not None
        child.stdout.close()
