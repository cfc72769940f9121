"""Payouts to creditors: every amount is explained and adds up."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from agency_driver import AgencyProcess, Client


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


def test_a_payment_is_paid_out_by_itself(agency: AgencyProcess, erp: Client) -> None:
    fees = [
        {"type": "reminder", "date": "2026-01-10", "amount": "60", "currency": "SEK"}
    ]
    case = erp.transfer(
        "INV/1", first_action="demand", claim__fees_already_claimed=fees
    )["id"]
    agency.advance(case, 2)
    agency.sandbox(f"cases/{case}/debtor-pays")
    assert erp.get("/settlements")["settlements"] == []
    agency.sandbox("clock", advance_days=1)
    erp.login()
    (settlement,) = erp.get("/settlements")["settlements"]
    (line,) = settlement["lines"]
    # 5 % of 1250.00; 25 % VAT on it and on the agency's demand fee of 180.00
    expected = {
        "capital": "1250.00",
        "interest": "0.00",
        "fees": "60.00",
        "agency_fees": "180.00",
        "court_fees": "0.00",
        "commission": "62.50",
        "vat": "60.63",
        "net": "1186.87",
    }
    assert {name: line[name] for name in expected} == expected
    assert settlement["total"] == "1186.87"
    assert settlement["bank_reference"] == line["invoice_number"] == "INV/1"
    assert agency.types()[-1] == "settlement.created"
    assert agency.state()["events"][-1]["object_id"] == settlement["id"]
    shown = erp.get(f"/settlements/{settlement['id']}").json
    assert shown == settlement
    listed = erp.get(f"/cases/{case}/payments")["payments"]
    assert listed[0]["settlement_id"] == settlement["id"]
    path = settlement["pdf_url"].removeprefix(f"{agency.address}/v1")
    pdf = erp.get(path)
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert pdf.body.startswith(b"%PDF-")
    assert b"1186.87" in pdf.body


def test_a_settlement_is_booked_once(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    agency.sandbox(f"cases/{case}/debtor-pays")
    (settlement,) = agency.sandbox("settlements")["settlements"]
    path = f"/settlements/{settlement['id']}/bookkeep?internal_accounting_id="
    answer = erp.call("PATCH", f"{path}MISC/1")
    assert (answer.status, answer["status"]) == (200, "bookkept")
    assert erp.call("PATCH", f"{path}MISC/1")["bookkept_at"] == answer["bookkept_at"]
    assert erp.call("PATCH", f"{path}MISC/2")["code"] == "action_not_available"
    assert erp.call("PATCH", path).status == 400
    assert erp.get("/settlements")["settlements"] == []
    assert len(erp.get("/settlements?status=bookkept")["settlements"]) == 1
    assert len(erp.get("/settlements?status=all")["settlements"]) == 1
    assert erp.get("/settlements?status=lost").status == 400


def test_a_batch_a_day_and_currency(agency: AgencyProcess, erp: Client) -> None:
    creditor = erp.get("/creditors/current")["id"]
    erp.settings(creditor, payout_mode="daily_batch", batch_account="1512")
    euro = {"invoice__currency": "EUR"}
    cases = [
        erp.transfer("INV/1"),
        erp.transfer("INV/2"),
        erp.transfer("INV/3", **euro),
    ]
    for case in cases:
        agency.sandbox(f"cases/{case['id']}/debtor-pays")
    agency.sandbox("clock", advance_days=3)
    erp.login()
    page = erp.get("/settlements?limit=1")
    second = erp.get(f"/settlements?limit=1&cursor={page['next_cursor']}")
    assert second["next_cursor"] is None
    settlements = [page["settlements"][0], second["settlements"][0]]
    assert [each["currency"] for each in settlements] == ["SEK", "EUR"]
    assert [len(each["lines"]) for each in settlements] == [2, 1]
    for each in settlements:
        nets = sum(Decimal(line["net"]) for line in each["lines"])
        assert Decimal(each["total"]) == nets
        assert each["batch_account"] == "1512"
        assert each["bank_reference"].startswith("NI-")


def test_a_payment_taken_back_after_its_payout(
    agency: AgencyProcess, erp: Client
) -> None:
    first, second = (erp.transfer(f"INV/{number}")["id"] for number in (1, 2))
    agency.sandbox(f"cases/{first}/debtor-pays", amount="100.00")
    agency.sandbox("settlements")
    agency.sandbox(f"cases/{first}/reverse-payment")
    # nothing to pay out: carried over
    assert agency.sandbox("settlements")["settlements"] == []
    agency.sandbox(f"cases/{second}/debtor-pays", amount="300.00")
    (settlement,) = agency.sandbox("settlements")["settlements"]
    # 5 % commission and 25 % VAT on it: 6.25 % stay with the agency
    assert [line["net"] for line in settlement["lines"]] == ["281.25", "-93.75"]
    assert settlement["lines"][1]["capital"] == "-100.00"
    assert settlement["total"] == "187.50"
    assert agency.sandbox("settlements")["settlements"] == []


def test_settlements_of_others_do_not_exist(agency: AgencyProcess, erp: Client) -> None:
    case = erp.transfer("INV/1")["id"]
    agency.sandbox(f"cases/{case}/debtor-pays")
    (settlement,) = agency.sandbox("settlements", creditor="erp")["settlements"]
    other = agency.client("other")
    other.onboard()
    assert other.get(f"/settlements/{settlement['id']}").status == 404
    assert other.get(f"/settlements/{settlement['id']}/pdf").status == 404
    assert other.get("/settlements")["settlements"] == []
