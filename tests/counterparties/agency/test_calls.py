"""What holds for every call: access, repeats, faults, limits."""

import http.client
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from counterparties.agency.driver import (
    COMMAND,
    ENVIRONMENT,
    AgencyProcess,
    Client,
    invoice,
    said,
)

MEGABYTE = 1024 * 1024


def count(agency: AgencyProcess) -> int:
    return len(agency.state()["cases"])


# Access


def test_tokens(agency: AgencyProcess, erp: Client) -> None:
    wrong = {"client_id": "erp", "client_secret": "guess"}
    answer = requests.post(f"{agency.address}/v1/auth/token", json=wrong)
    assert said(answer) == (401, "invalid_client")
    agency.sandbox("clock", advance_seconds=3600)
    assert said(erp.call("GET", "/cases")) == (401, "token_expired")
    erp.login()
    assert erp.get("/cases") == {"cases": [], "next_cursor": None}
    erp.token = "forged"
    answer = erp.call("GET", "/cases")
    assert said(answer) == (401, "token_invalid")
    assert answer.json()["trace_id"] == answer.headers["X-Trace-Id"]


def test_what_belongs_to_others_does_not_exist(
    agency: AgencyProcess, erp: Client
) -> None:
    case = erp.transfer("INV/1")
    document = erp.upload(case["id"], ("a.pdf", b"%PDF")).json()["documents"][0]["id"]
    agency.sandbox(f"cases/{case['id']}/debtor-pays")
    [settlement] = agency.sandbox("settlements", creditor="erp")["settlements"]
    event = erp.get("/events")["events"][-1]["id"]
    other = Client(agency, "other")
    other.onboard()
    own = other.transfer("INV/1")["id"]
    for path in (
        f"/creditors/{case['creditor_id']}/settings",
        f"/cases/{case['id']}",
        f"/cases/{case['id']}/messages",
        f"/cases/{own}/documents/{document}",
        f"/settlements/{settlement['id']}/pdf",
        f"/events?after={event}",
    ):
        assert said(other.call("GET", path)) == (404, "not_found"), path
    assert other.act(case["id"], "withdraw").status_code == 404
    assert [each["id"] for each in other.get("/cases")["cases"]] == [own]


# Repeats


def test_a_repeat_gets_the_first_answer(agency: AgencyProcess, erp: Client) -> None:
    first = erp.post("/cases", "k1", **invoice("INV/1"))
    agency.advance(first.json()["id"])
    turned = dict(reversed(invoice("INV/1").items()))
    second = erp.post("/cases", "k1", **turned)
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert [each["replayed"] for each in agency.state()["calls"][-2:]] == [False, True]
    for path, given in (("/cases", invoice("INV/2")), ("/payments", invoice("INV/1"))):
        assert said(erp.post(path, "k1", **given)) == (422, "idempotency_conflict")
    assert count(agency) == 1
    agency.sandbox("clock", advance_days=31)
    erp.login()
    answer = erp.post("/cases", "k1", **invoice("INV/1"))
    assert said(answer) == (409, "duplicate_reference")


def test_a_call_that_is_still_worked_on(agency: AgencyProcess, erp: Client) -> None:
    agency.sandbox("faults", kind="slow", seconds=2, path="/v1/cases")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(erp.post, "/cases", "k1", **invoice("INV/1"))
        time.sleep(0.5)
        second = erp.post("/cases", "k1", **invoice("INV/1"))
        assert said(second) == (409, "idempotency_in_flight")
        assert second.headers["Retry-After"] == "1"
        assert first.result().status_code == 201
    assert count(agency) == 1


def test_of_many_equal_transfers_one_is_taken(erp: Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: erp.post("/cases", **invoice("INV/1")), range(8))
    assert sorted(each.status_code for each in answers) == [201] + [409] * 7


# Faults, of which Odoo meets the others


@pytest.mark.parametrize(
    ("kind", "status", "done"),
    [("500_before_commit", 500, 0), ("500_after_commit", 500, 1), ("429", 429, 0)],
)
def test_errors_before_and_after(
    agency: AgencyProcess, erp: Client, kind: str, status: int, done: int
) -> None:
    agency.sandbox("faults", kind=kind, times=2, path="/v1/cases", method="POST")
    for _ in range(2):
        answer = erp.post("/cases", "k1", **invoice("INV/1"))
        assert answer.status_code == status
        assert answer.headers.get("Retry-After") == ("2" if status == 429 else None)
        assert count(agency) == done
    assert erp.post("/cases", "k1", **invoice("INV/1")).status_code == 201


# Form and limits


def test_paths_methods_and_types(erp: Client) -> None:
    answer = erp.call("GET", "/nothing")
    assert said(answer) == (404, "not_found")
    names = {"code", "message", "field_errors", "details", "trace_id"}
    assert set(answer.json()) == names
    answer = erp.call("DELETE", "/cases")
    assert said(answer) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, POST"
    for kind, body, status in (
        ("text/xml", b"{}", 415),
        ("application/json", b"{", 400),
        ("application/json", b"[]", 400),
        ("application/json", b"[" * 100_000, 400),
        ("application/json", json.dumps({"note": "x" * MEGABYTE}).encode(), 413),
    ):
        headers = {"Content-Type": kind}
        answer = erp.call("POST", "/cases", data=body, headers=headers)
        assert answer.status_code == status, body[:9]


def test_a_body_of_unknown_length(agency: AgencyProcess, erp: Client) -> None:
    connection = http.client.HTTPConnection(agency.address.removeprefix("http://"))
    headers = {"Authorization": f"Bearer {erp.token}", "Transfer-Encoding": "chunked"}
    connection.request("POST", "/v1/cases", headers=headers)
    answer = connection.getresponse()
    assert answer.status == 411
    assert json.loads(answer.read())["code"] == "length_required"
    connection.close()


# The program


def test_what_it_knows_is_kept_in_a_file(tmp_path: Path) -> None:
    books, log = tmp_path / "books.sqlite", tmp_path / "agency.log"
    first = AgencyProcess(tmp_path, f"--state={books}", f"--log={log}")
    erp = Client(first, "erp")
    erp.onboard()
    case = erp.transfer("INV/1", debtor__name="Astrid Holm")["id"]
    erp.upload(case, ("a.pdf", b"%PDF"))
    first.sandbox("clock", advance_days=2)
    first.page("cases?find=Astrid")
    assert first.stop() == 0
    text = log.read_text(encoding="utf-8")
    assert "POST /v1/cases 201 tr_" in text
    assert "Astrid" not in text
    second = AgencyProcess(tmp_path, f"--state={books}")
    shown = Client(second, "erp").get(f"/cases/{case}")
    assert (shown["state"], len(shown["documents"])) == ("reminder", 1)
    assert second.state()["clock"]["offset_seconds"] >= 2 * 86_400
    assert second.stop() == 0


def run(*options: str) -> Any:
    """What the program says when it cannot start: its status and its last words."""
    command = [*COMMAND, *options]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)
    return done.returncode, done.stderr


def test_why_it_cannot_start(agency: AgencyProcess, tmp_path: Path) -> None:
    port = agency.address.rsplit(":", 1)[1]
    assert run("--port", port) == (2, f"agency: port {port} is busy\n")
    clients = tmp_path / "wrong.json"
    for content in ("{", "{}", "[1]", '[{"client_id": "x"}]'):
        clients.write_text(content, encoding="utf-8")
        status, words = run(f"--clients={clients}")
        assert (status, words.count("\n")) == (1, 1), words
