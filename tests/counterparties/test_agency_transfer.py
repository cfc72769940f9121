"""Transfer of invoices: what is taken, what is refused and why."""

from collections.abc import Iterator

import pytest
from agency_driver import AgencyProcess, Client, invoice


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


# Transfer


def test_a_transferred_invoice_is_a_case(agency: AgencyProcess, erp: Client) -> None:
    fees = [
        {"type": "reminder", "date": "2026-01-10", "amount": "60", "currency": "SEK"}
    ]
    case = erp.transfer("INV/1", claim__fees_already_claimed=fees)
    assert case["state"] == case["agency_status"]["code"] == "received"
    assert case["external_id"] == case["invoice_number"] == "INV/1"
    assert case["version"] == 1
    assert case["balance"]["capital"] == {
        "original": "1250.00",
        "paid": "0.00",
        "remaining": "1250.00",
    }
    assert case["balance"]["fees"]["original"] == "60.00"
    assert case["debtor"] == {"name": "Nord & Son AB", "new_address": None}
    assert case["portal_url"] == f"{agency.address}/portal/cases/{case['id']}"
    assert agency.fetch("GET", f"/portal/cases/{case['id']}").status == 200
    assert erp.get(f"/cases/{case['id']}").json == case
    sent = invoice("INV/1", claim__fees_already_claimed=fees)
    assert agency.case(case["id"])["submitted"] == sent


def test_amounts_have_the_decimals_of_their_currency(erp: Client) -> None:
    def amounts(currency: str, amount: str) -> dict:
        return {
            "invoice__currency": currency,
            "invoice__original_amount": amount,
            "invoice__open_amount": amount,
            "claim__capital": amount,
        }

    case = erp.transfer("INV/1", **amounts("ISK", "1250"))
    assert case["balance"]["capital"]["original"] == "1250"
    answer = erp.post("/cases", invoice("INV/2", **amounts("ISK", "1250.5")))
    assert answer["code"] == "validation_failed"
    case = erp.transfer("INV/3", **amounts("EUR", "99.5"))
    assert case["balance"]["capital"]["remaining"] == "99.50"


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"external_id": None}, "external_id", "required"),
        ({"external_id": "x" * 65}, "external_id", "length"),
        ({"invoice": None}, "invoice", "required"),
        ({"invoice__number": " "}, "invoice.number", "required"),
        ({"invoice__date": "2026-13-01"}, "invoice.date", "format"),
        ({"invoice__date": "20260101"}, "invoice.date", "format"),
        ({"invoice__due_date": "2020-01-01"}, "invoice.due_date", "value"),
        ({"invoice__open_amount": 12.5}, "invoice.open_amount", "type"),
        ({"invoice__open_amount": "12,50"}, "invoice.open_amount", "format"),
        ({"invoice__open_amount": "12.505"}, "invoice.open_amount", "format"),
        ({"invoice__description": "x" * 1001}, "invoice.description", "length"),
        ({"invoice__delivered_as": "fax"}, "invoice.delivered_as", "value"),
        ({"letter_text": "x" * 1001}, "letter_text", "length"),
        ({"first_action": "threaten"}, "first_action", "value"),
        ({"claim__interest": "-1.00"}, "claim.interest", "value"),
        ({"debtor__type": "cat"}, "debtor.type", "value"),
        ({"debtor__email": "nobody"}, "debtor.email", "format"),
        ({"debtor__address": "Storgatan"}, "debtor.address", "type"),
        ({"debtor__co_debtors": [{"type": "person"}]}, "debtor.co_debtors[0].name", ""),
    ],
)
def test_malformed_transfers(erp: Client, changes: dict, field: str, code: str) -> None:
    answer = erp.post("/cases", invoice("INV/1", **changes))
    assert (answer.status, answer["code"]) == (400, "validation_failed")
    (fault,) = answer["field_errors"]
    assert fault["field"] == field
    assert fault["code"] == (code or "required")


@pytest.mark.parametrize(
    ("changes", "code", "fields"),
    [
        ({"invoice__currency": "KZT"}, "currency_not_supported", ["invoice.currency"]),
        ({"claim__capital": "0.00"}, "non_positive_amount", ["claim.capital"]),
        ({"claim__capital": "-5.00"}, "non_positive_amount", ["claim.capital"]),
        ({"claim__capital": "1250.01"}, "amount_exceeds_capital", ["claim.capital"]),
        (
            {"invoice__open_amount": "1250.01"},
            "amount_exceeds_capital",
            ["invoice.open_amount"],
        ),
        ({"debtor__id_number": ""}, "org_number_missing", ["debtor.id_number"]),
        (
            {"debtor__address": {"street": "Storgatan 1"}},
            "address_incomplete",
            ["debtor.address.zip", "debtor.address.city", "debtor.address.country"],
        ),
        ({"debtor__id_number": "barred"}, "debtor_excluded", ["debtor.id_number"]),
    ],
)
def test_business_rules(
    agency: AgencyProcess, erp: Client, changes: dict, code: str, fields: list[str]
) -> None:
    agency.sandbox("rules", excluded_id_numbers=["barred"])
    answer = erp.post("/cases", invoice("INV/1", **changes))
    assert (answer.status, answer["code"]) == (422, code)
    assert [each["field"] for each in answer["field_errors"]] == fields
    assert {each["code"] for each in answer["field_errors"]} == {code}
    assert not agency.state()["cases"]


def test_all_broken_rules_are_told_at_once(erp: Client) -> None:
    given = invoice("INV/1", debtor__id_number=None, claim__capital="0")
    del given["debtor"]["address"]
    answer = erp.post("/cases", given)
    codes = [each["code"] for each in answer["field_errors"]]
    assert answer["code"] == "non_positive_amount"
    assert codes == [
        "non_positive_amount",
        "org_number_missing",
        *["address_incomplete"] * 4,
    ]


def test_a_person_needs_no_number(erp: Client) -> None:
    case = erp.transfer("INV/1", debtor__type="person", debtor__id_number=None)
    assert case["state"] == "received"


@pytest.mark.parametrize(
    ("dated", "due", "earliest"),
    [(-7, -7, 1), (-30, -3, 1), (0, 30, 34), (-8, -4, None)],
)
def test_eight_days_after_the_invoice_four_after_its_due_date(
    agency: AgencyProcess, erp: Client, dated: int, due: int, earliest: int | None
) -> None:
    changes = {
        "invoice__date": agency.day(dated),
        "invoice__due_date": agency.day(due),
    }
    answer = erp.post("/cases", invoice("INV/1", **changes))
    if earliest is None:
        assert answer.status == 201
        return
    assert (answer.status, answer["code"]) == (422, "too_early")
    assert answer["details"] == {"earliest_date": agency.day(earliest)}
    agency.sandbox("clock", advance_days=earliest)
    erp.login()
    assert erp.post("/cases", invoice("INV/1", **changes)).status == 201


def test_three_years_are_the_limit(agency: AgencyProcess, erp: Client) -> None:
    old = agency.day(-3 * 366 - 40)
    changes = {"invoice__date": old, "invoice__due_date": old}
    answer = erp.post("/cases", invoice("INV/1", **changes))
    assert (answer.status, answer["code"]) == (422, "too_old")
    assert answer["details"]["oldest_date"] > old
    agency.sandbox("rules", max_age_years=4)
    assert erp.post("/cases", invoice("INV/1", **changes)).status == 201


def test_rules_can_be_loosened(agency: AgencyProcess, erp: Client) -> None:
    agency.sandbox(
        "rules", min_days_after_invoice=0, min_days_after_due=0, currencies=["KZT"]
    )
    changes = {
        "invoice__date": agency.day(0),
        "invoice__due_date": agency.day(0),
        "invoice__currency": "KZT",
    }
    erp.transfer("INV/1", **changes)
    assert agency.refused("rules", min_days_after_due="4")["code"] == (
        "validation_failed"
    )
    assert agency.refused("rules", mercy=1).status == 400


def test_reminders_must_be_agreed(agency: AgencyProcess, erp: Client) -> None:
    creditor = erp.get("/creditors/current")["id"]
    erp.settings(creditor, services="collection")
    answer = erp.post("/cases", invoice("INV/1"))
    assert (answer.status, answer["code"]) == (422, "service_not_agreed")
    erp.transfer("INV/1", first_action="demand")


# Duplicates


def test_the_same_reference_is_refused_for_ever(
    agency: AgencyProcess, erp: Client
) -> None:
    case = erp.transfer("INV/1")
    again = invoice("INV/1", invoice__number="OTHER")
    answer = erp.post("/cases", again)
    assert (answer.status, answer["code"]) == (409, "duplicate_reference")
    assert answer["details"] == {
        "existing_case_id": case["id"],
        "case_number": case["case_number"],
    }
    erp.act(case["id"], "withdraw")
    assert erp.post("/cases", again)["code"] == "duplicate_reference"


def test_the_same_invoice_number_is_refused_while_its_case_is_open(
    erp: Client,
) -> None:
    case = erp.transfer("INV/1")
    again = invoice("INV/1", external_id="second", invoice__number=" inv/1 ")
    answer = erp.post("/cases", again)
    assert (answer.status, answer["code"]) == (409, "duplicate_invoice")
    assert answer["details"]["existing_case_id"] == case["id"]
    erp.act(case["id"], "withdraw")
    assert erp.post("/cases", again).status == 201


def test_a_case_typed_by_hand_blocks_its_invoice_number(
    agency: AgencyProcess, erp: Client
) -> None:
    typed = agency.sandbox(
        "creditors/erp/cases",
        invoice_number="INV/1",
        debtor_name="Nord & Son",
        amount="1250.00",
    )
    assert typed["external_id"] is None
    answer = erp.post("/cases", invoice("INV/1"))
    assert (answer.status, answer["code"]) == (409, "duplicate_invoice")
    assert answer["details"]["case_number"] == typed["case_number"]
    assert erp.get(f"/cases/{typed['id']}").json == typed
    agency.sandbox(f"cases/{typed['id']}/close", outcome="rejected_duplicate")
    erp.transfer("INV/1")


def test_two_creditors_may_have_the_same_numbers(
    agency: AgencyProcess, erp: Client
) -> None:
    other = agency.client("other")
    other.onboard()
    erp.transfer("INV/1")
    other.transfer("INV/1")
