"""The kiosk's pages for customers and operators, and the program that runs them."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from kiosk_company import Company
from kiosk_company_answers import Said
from kiosk_driver import PROGRAM, Answer, KioskProcess
from playwright.sync_api import Page


@pytest.fixture(scope="module")
def company() -> Iterator[Company]:
    opened = Company()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def running(company: Company) -> Iterator[KioskProcess]:
    asking = {"ask_factor": True, "ask_invoice": True}
    process = KioskProcess(
        [
            company.network("osmp", title="Steppe Pay", options=asking),
            company.network("signed_json", title="Counter"),
            company.network("kaspi_json", title="App"),
        ]
    )
    yield process
    process.stop()


@pytest.fixture
def kiosk(running: KioskProcess, company: Company) -> KioskProcess:
    company.forget()
    running.post("reset")
    return running


class Ids(HTMLParser):
    """The ids, labels and fields of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.labels: list[str] = []
        self.values: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if tag == "label":
            self.labels.append(given.get("for") or "")
        if tag == "input" and given.get("name"):
            self.values[given["name"] or ""] = given.get("value") or ""


def read(answer: Answer) -> Ids:
    """A page: every id once, and every label belongs to a field."""
    found = Ids(answer.text)
    assert len(found.ids) == len(set(found.ids)), answer.url
    assert set(found.labels) <= set(found.ids), answer.url
    return found


def typed(kiosk: KioskProcess, network: str, account: str = "4821") -> Answer:
    """The customer has typed a number; what he owes."""
    return kiosk.submit(f"/kiosk/{network}/ask", account=account)


def paid(kiosk: KioskProcess, network: str, amount: str, **more: str) -> Answer:
    lookup = read(typed(kiosk, network)).values["lookup"]
    return kiosk.submit(f"/kiosk/{network}/pay", lookup=lookup, amount=amount, **more)


def test_the_way_of_a_customer(kiosk: KioskProcess, company: Company) -> None:
    front = read(kiosk.fetch("GET", "/"))
    assert {"network-osmp", "network-signed_json"} <= set(front.ids)
    number = read(kiosk.fetch("GET", "/kiosk/signed_json"))
    assert {"account", "key-0", "key-9", "key-back", "show-debt"} <= set(number.ids)
    answer = typed(kiosk, "signed_json")
    debt = read(answer)
    assert {"customer", "debt", "invoices", "invoice", "amount", "pay"} <= set(debt.ids)
    assert "A*** B****" in answer.text
    assert "1 250.00 KZT" in answer.text
    assert debt.values["amount"] == "1250.00"
    # any amount, typed with a comma
    answer = paid(kiosk, "signed_json", "20,50", invoice="INV/1")
    receipt = read(answer)
    assert {"state", "paid", "receipt-number", "receipt-provider"} <= set(receipt.ids)
    assert "http-equiv" not in answer.text
    assert company.total() == 20.5
    (payment,) = kiosk.get("ledger")["payments"]
    assert payment["invoice"] == "INV/1"
    again = kiosk.submit("/receipt", txn_id=payment["txn_id"])
    assert again.url == answer.url
    assert kiosk.complaints() == []


def test_fields_that_a_network_asks_for(kiosk: KioskProcess) -> None:
    assert "factor" in read(kiosk.fetch("GET", "/kiosk/osmp")).ids
    answer = kiosk.submit("/kiosk/osmp/ask", account="4821", factor="050000")
    lookup = read(answer).values["lookup"]
    fields = {"lookup": lookup, "amount": "10", "invoice": "INV/7"}
    kiosk.submit("/kiosk/osmp/pay", **fields)
    (payment,) = kiosk.get("ledger")["payments"]
    url = payment["log"][-1]["request"]["url"]
    assert "data1=050000&data2=INV%2F7" in url


def test_the_keys_on_the_screen(kiosk: KioskProcess, page: Page) -> None:
    page.goto(f"{kiosk.address}/kiosk/signed_json")
    for key in ("4", "8", "2", "2", "back", "1"):
        page.click(f"#key-{key}")
    assert page.input_value("#account") == "4821"
    page.click("#show-debt")
    assert page.input_value("#amount") == "1250.00"
    # the first key replaces what was proposed
    for key in ("1", "9", "point", "5"):
        page.click(f"#key-{key}")
    page.click("#pay")
    page.wait_for_selector("#paid")
    assert page.inner_text("#receipt-amount") == "19.50 KZT"
    page.click("#operator-cancel")
    page.wait_for_selector("#cancelled")
    page.set_viewport_size({"width": 360, "height": 740})
    for place in ("/", "/kiosk/osmp", "/receipt", "/operator"):
        page.goto(kiosk.address + place)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width == 360, place


def test_a_number_nobody_has(kiosk: KioskProcess, company: Company) -> None:
    answer = typed(kiosk, "osmp", "999")
    assert {"refusal", "start-over"} <= set(read(answer).ids)
    assert "pay" not in read(answer).ids
    company.spoil("lookup", lambda said: None)
    assert "cannot be reached" in typed(kiosk, "osmp").text


@pytest.mark.parametrize("amount", ("", "0", "-5", "abc", "1e3", "1.234", "NaN"))
def test_an_amount_that_is_none(kiosk: KioskProcess, amount: str) -> None:
    answer = paid(kiosk, "signed_json", amount)
    assert {"problem", "amount"} <= set(read(answer).ids)
    assert kiosk.get("ledger")["payments"] == []


def test_a_payment_under_way(kiosk: KioskProcess, company: Company) -> None:
    kiosk.post("networks", **company.network("osmp", name="stuck", title="Stuck"))
    company.faulty["pay"] = 100_000
    answer = paid(kiosk, "stuck", "150")
    assert "processing" in read(answer).ids
    assert 'http-equiv="refresh"' in answer.text
    place = answer.url.removeprefix(kiosk.address)
    txn_id = place.rpartition("/")[2]
    company.faulty["pay"] = 0
    kiosk.post("clock", hours=2)
    assert "paid" in read(kiosk.fetch("GET", place)).ids
    answer = kiosk.submit("/operator/cancel", network="stuck", txn_id=txn_id)
    assert answer.url == kiosk.address + place
    assert "cancelled" in read(answer).ids
    assert "operator-cancel" not in read(answer).ids
    assert company.total() == 0


def test_a_payment_that_is_refused(kiosk: KioskProcess, company: Company) -> None:
    refusal = b'<?xml version="1.0"?><response><osmp_txn_id>%s</osmp_txn_id>'
    refusal += b"<result>79</result><comment>Closed</comment></response>"

    def refuse(said: Said) -> Said:
        found = re.search(rb"<osmp_txn_id>(\d+)<", said.body)
        return Said(200, said.kind, refusal % (found[1] if found else b""))

    company.spoil("pay", refuse)
    answer = paid(kiosk, "osmp", "150")
    assert "refused" in read(answer).ids
    assert "gives your money back" in answer.text
    company.spoil("check", refuse)
    assert "No money was taken" in paid(kiosk, "osmp", "150").text


def test_the_operator_sees_everything(kiosk: KioskProcess, company: Company) -> None:
    company.spoil("pay", lambda said: Said(200, "text/html", said.body))
    paid(kiosk, "osmp", "150")
    txn_id = kiosk.get("ledger")["payments"][0]["txn_id"]
    answer = kiosk.fetch("GET", "/operator")
    ids = read(answer).ids
    assert {"days", "payments", "complaints", "fault-form", "networks", "now"} < set(
        ids
    )
    assert "150.00 (1)" in answer.text
    assert "content_type" in answer.text
    one = kiosk.fetch("GET", f"/operator/payment/osmp/{txn_id}")
    read(one)
    assert "command=pay" in one.text
    again = kiosk.submit("/operator/repeat", network="osmp", txn_id=txn_id)
    assert "done" in read(again).ids
    assert company.count("pay") == 2
    armed = kiosk.submit("/operator/faults", kind="delay", times="2", seconds="0.5")
    assert "faults" in read(armed).ids
    (fault,) = kiosk.get("faults")["faults"]
    assert (fault["times"], fault["seconds"]) == (2, 0.5)
    kiosk.submit("/operator/faults/clear")
    assert kiosk.get("faults")["faults"] == []
    kiosk.submit("/operator/clock", hours="3")
    assert kiosk.get("clock")["offset_seconds"] == 3 * 3600
    assert kiosk.submit("/operator/clock", hours="-1").status == 400


def test_what_others_send_cannot_become_markup(
    kiosk: KioskProcess, company: Company
) -> None:
    evil = b"&lt;script&gt;alert(1)&lt;/script&gt;"

    def change(said: Said) -> Said:
        return Said(200, said.kind, said.body.replace(b"A*** B****", evil))

    company.spoil("lookup", change)
    page = typed(kiosk, "osmp").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    page = typed(kiosk, "osmp", "<img src=x>").text
    assert "<img" not in page
    policy = kiosk.fetch("GET", "/").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_other_pages(kiosk: KioskProcess) -> None:
    style = kiosk.fetch("GET", "/kiosk.css")
    assert style.headers["Content-Type"].startswith("text/css")
    script = kiosk.fetch("GET", "/kiosk.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    read(kiosk.fetch("GET", "/receipt"))
    for place in ("/nothing", "/kiosk/none", "/receipt/osmp/1", "/operator/nothing"):
        answer = kiosk.fetch("GET", place)
        assert answer.status == 404
        assert "error" in read(answer).ids
    assert kiosk.submit("/receipt", txn_id="1").status == 404
    assert kiosk.submit("/kiosk/osmp/ask", account="").status == 400
    assert kiosk.submit("/kiosk/osmp/pay", lookup="1", amount="1").status == 400
    assert kiosk.fetch("GET", "/health").json == {"status": "ok"}


def test_controls_refuse_what_is_wrong(kiosk: KioskProcess) -> None:
    good = {"network": "osmp", "account": "4821", "amount": "1.00"}
    kiosk.pay(**good, txn_id="44")
    cases: list[tuple[str, dict, int]] = [
        ("pay", {**good, "txn_id": "44"}, 409),
        ("pay", {**good, "amount": "1,00"}, 400),
        ("pay", {**good, "amount": "1.001"}, 400),
        ("pay", {**good, "account": ""}, 400),
        ("pay", {**good, "at": "yesterday"}, 400),
        ("pay", {**good, "network": "none"}, 404),
        ("repeat", {"txn_id": "45"}, 404),
        ("repeat", {"txn_id": "44", "count": 0}, 400),
        ("cancel", {"txn_id": "45"}, 404),
        ("faults", {"kind": "none"}, 400),
        ("faults", {"kind": "delay", "network": "none"}, 404),
        ("clock", {"seconds": -1}, 400),
        ("networks", {"name": "x", "protocol": "osmp"}, 400),
        ("networks", {"name": "x", "protocol": "y", "endpoint": "http://a"}, 400),
        ("nothing", {}, 404),
    ]
    for control, given, status in cases:
        answer = kiosk.refused(control, **given)
        assert answer.status == status, (control, given)
        assert set(answer.json) == {"error", "code"}
    assert kiosk.fetch("POST", "/sandbox/pay", b"[]").status == 400
    assert kiosk.fetch("POST", "/sandbox/pay", b"{").status == 400
    assert len(kiosk.get("ledger")["payments"]) == 1


def test_days_are_those_of_the_network(kiosk: KioskProcess) -> None:
    first = kiosk.pay("osmp", "4821", "1.00", at="2026-03-02T23:59:59")
    second = kiosk.pay("osmp", "4821", "2.00", at="2026-03-02T19:00:00Z")
    assert (first["day"], second["day"]) == ("2026-03-02", "2026-03-03")
    assert second["at"] == "2026-03-03T00:00:00+05:00"
    days = kiosk.get("ledger", network="osmp")["days"]
    assert [each["confirmed"]["sum"] for each in days] == ["1.00", "2.00"]


def test_it_remembers_and_goes_on(tmp_path: Path, company: Company) -> None:
    company.forget()
    company.faulty["pay"] = 1
    network = company.network("osmp")
    process = KioskProcess([network], tmp_path, retry_unit=1)
    process.post("pay", network="osmp", account="4821", amount="5.00", txn_id="1")
    process.post("wait")
    assert process.get("payment", txn_id="1")["state"] == "retrying"
    assert process.stop() == 0
    process = KioskProcess([network], tmp_path, retry_unit=1)
    try:
        process.post("clock", seconds=5)
        assert process.get("payment", txn_id="1")["state"] == "confirmed"
        assert "account" in read(process.fetch("GET", "/")).ids
    finally:
        assert process.stop() == 0


def test_the_program_says_why_it_cannot_start(
    kiosk: KioskProcess, tmp_path: Path
) -> None:
    def run(*options: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, str(PROGRAM), *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=20)

    port = kiosk.address.rpartition(":")[2]
    busy = run("--port", port)
    assert (busy.returncode, busy.stderr) == (2, f"kiosk: port {port} is busy\n")
    wrong = tmp_path / "networks.json"
    wrong.write_text(json.dumps([{"name": "a b"}]))
    failed = run("--port", "0", "--networks", str(wrong))
    assert failed.returncode == 1
    assert failed.stderr.startswith("kiosk: The name of a network")
