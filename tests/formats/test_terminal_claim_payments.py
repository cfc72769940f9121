"""Payments of Iceland's claims, and a bank's payments as a table of text."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from terminal_formats import payment_files
from terminal_formats.claim_payments_is import join, make_question, read_page
from terminal_formats.csv_registry import Mapping
from terminal_formats.statement import FileError, disagreements

from odoo.addons.receivables_base.formats.errors import FormatError

PATH = "/v1/claims/transactions"
# A claim of 10,000 paid in full, one of which 4,000 were paid, and one given back.
PAID = {
    "claimKey": {
        "claimantId": "4504013150",
        "account": "013366000123",
        "dueDate": "2026-10-31",
    },
    "payorId": "1201743399",
    "amount": 10000,
    "reference": "1232",
    "transactionTimestamp": "2026-11-19T10:15:00Z",
    "bookingDate": "2026-11-19",
    "valueDate": "2026-11-18",
    "paymentType": "Complete",
    "depositedAmount": 10000,
    "totalAmountPaid": 10000,
    "billNumber": "6/00123",
    "customerNumber": "1000001",
    "currency": "ISK",
}
LATE = {
    **PAID,
    "transactionTimestamp": "2026-11-19T11:00:00Z",
    "depositedAmount": 10400.5,
    "defaultInterestAmountPaid": 150.5,
    "noticeChargeAmountPaid": 250,
}
PART = {**PAID, "reference": "1245", "paymentType": "Partial", "depositedAmount": 4000}
BACK = {**PAID, "paymentType": "Refund", "bookingDate": "2026-11-20"}
TABLE = (
    b"date;amount;reference;payer;account;text;id\r\n"
    b"19.11.2026;100,00;RF11 1232;Matti;FI21;Invoice 7;A1\r\n"
    b"20.11.2026;-3,50;;;;Charges;A2\r\n"
    b";96,50;;;;;\r\n"
)
MAPPING = Mapping(
    txn_id="id",
    amount="amount",
    day="date",
    reference="reference",
    payer="payer",
    payer_account="account",
    text="text",
    decimal=",",
    head=1,
    foot=1,
    total_amount="2",
)


def written(*payments):
    return json.dumps(payments).encode()


def read(*payments):
    [statement] = payment_files.read(written(*payments))
    return [
        (entry.amount, entry.reference, entry.is_correction)
        for entry in statement.entries
    ]


def refusal(data, **given):
    with pytest.raises(FileError) as caught:
        payment_files.read(data, **given)
    assert str(caught.value)
    return caught.value.code, caught.value.field


# --- Iceland ------------------------------------------------------------------------


def test_what_we_read_is_as_the_description_has_it(official):
    description = OpenAPI.from_file_path(
        str(official("terminal", "iceland", "IOBWS-Claims3.1.yaml")), config=Config()
    )
    request = MockRequest(
        "https://claims.example.com", "get", PATH, args={"claimantId": "4504013150"}
    )
    for payment in (PAID, LATE, PART, BACK):
        description.validate_response(
            request,
            MockResponse(
                written(payment),
                headers={"X-Request-ID": "99391c7e-ad88-49ec-a2ad-99ddcb1f7721"},
            ),
        )


def test_what_we_ask_is_as_the_description_has_it(official):
    description = OpenAPI.from_file_path(
        str(official("terminal", "iceland", "IOBWS-Claims3.1.yaml")), config=Config()
    )
    asked = make_question("4504013150", date(2026, 11, 13), date(2026, 11, 20), 2)
    description.validate_request(
        MockRequest(
            "https://claims.example.com",
            "get",
            PATH,
            args=asked["params"],
            headers=asked["headers"],
        )
    )
    assert asked["params"] == {
        "claimantId": "4504013150",
        "dateFrom": "2026-11-13",
        "dateTo": "2026-11-20",
        "page": "2",
        "itemsPerPage": "100",
    }


def test_a_page_is_cut_and_joined_as_it_came():
    late = json.dumps(LATE).replace("10400.5", "10400.50")
    page = f" [ {json.dumps(PAID)} ,\n{late}\n]\n"
    first, second = read_page(page.encode())
    assert first.bank_id == "013366000123+20261031/2026-11-19T10:15:00Z"
    assert second.text == late
    assert join([second]) == f"[{late}]".encode()
    assert read_page(b"[]") == []
    for wrong in (b"{}", b"[1]", b"", b"[{}", b'[{"claimKey": {}}]'):
        with pytest.raises(FormatError):
            read_page(wrong)


def test_what_was_deposited_is_the_payment():
    assert read(PAID, PART, BACK) == [
        (Decimal(10000), "1232", False),
        (Decimal(4000), "1245", False),
        (Decimal(-10000), "1232", True),
    ]
    [statement] = payment_files.read(written(PAID))
    [entry] = statement.entries
    assert (entry.booked_on, entry.paid_on) == (date(2026, 11, 19), date(2026, 11, 18))
    assert entry.bank_id == "013366000123+20261031/2026-11-19T10:15:00Z"
    assert (entry.payer, entry.text) == ("1201743399", "6/00123 013366000123+20261031")
    assert (statement.currency, statement.account) == ("ISK", "")


def test_interest_and_charges_are_a_payment_of_their_own():
    assert read(LATE) == [
        (Decimal(10000), "1232", False),
        (Decimal("400.5"), "", False),
    ]


def test_a_claim_that_a_discount_has_paid_is_no_money():
    assert read({**PAID, "depositedAmount": 0}) == []


def test_an_empty_list_is_not_recognised():
    assert refusal(b"[]") == ("unknown", "")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"paymentType": "Gift"}, "pattern", "[1].paymentType"),
        ({"depositedAmount": "10"}, "type", "[1].depositedAmount"),
        ({"depositedAmount": -1}, "out_of_range", "[1].depositedAmount"),
        ({"depositedAmount": 0.001}, "out_of_range", "[1].depositedAmount"),
        ({"depositedAmount": 10**15}, "out_of_range", "[1].depositedAmount"),
        ({"bookingDate": "2026-13-01"}, "pattern", "[1].bookingDate"),
        ({"bookingDate": None}, "missing", "[1].bookingDate"),
        ({"claimKey": {"account": "1"}}, "missing", "[1].claimKey.dueDate"),
    ],
)
def test_what_is_wrong_is_named(change, code, field):
    assert refusal(written({**PAID, **change})) == (code, field)


def test_claims_of_two_companies_are_refused():
    other = {**PAID, "claimKey": {**PAID["claimKey"], "claimantId": "7112990090"}}
    assert refusal(written(PAID, other)) == ("accounts", "claimantId")


def damage(data, draw):
    """Cut, cut short, doubled, swapped, with other bytes, or in another charset."""
    first = draw.draw(st.integers(0, len(data) - 1))
    second = draw.draw(st.integers(first + 1, len(data)))
    piece = data[first:second]
    return draw.draw(
        st.sampled_from(
            [
                data[:first],
                data[:first] + data[second:],
                data[:second] + piece + data[second:],
                data[:first] + piece[::-1] + data[second:],
                data[:first] + draw.draw(st.binary(max_size=3)) + data[first + 1 :],
                data.decode().encode("utf-16"),
                data.decode().encode("cp037"),
            ]
        )
    )


@given(st.data())
def test_damaged_claims_are_refused_or_read_as_they_stand(draw):
    """A list has no totals: what is read is what any JSON reader finds deposited."""
    damaged = damage(written(PAID, PART, BACK), draw)
    try:
        [statement] = payment_files.read(damaged)
    except FileError as error:
        assert str(error)
        return
    stands = json.loads(damaged, parse_float=Decimal)
    signs = {"Refund": -1}
    assert sum(entry.amount for entry in statement.payments()) == sum(
        signs.get(each["paymentType"], 1) * each["depositedAmount"] for each in stands
    )


# --- a table --------------------------------------------------------------------------


def test_a_table_by_a_mapping():
    [statement] = payment_files.read(TABLE, MAPPING, 2, "EUR")
    assert not disagreements(statement)
    came, went = statement.entries
    assert (came.amount, went.amount) == (Decimal("100.00"), Decimal("-3.50"))
    assert (came.reference, came.payer, came.payer_account) == (
        "RF111232",
        "Matti",
        "FI21",
    )
    assert (came.bank_id, came.text, came.place) == ("A1", "Invoice 7", "2")
    assert came.booked_on == date(2026, 11, 19)
    assert statement.currency == came.currency == "EUR"


def test_a_table_whose_total_is_another():
    wrong = TABLE.replace(b"96,50", b"96,00")
    [statement] = payment_files.read(wrong, MAPPING, 2, "EUR")
    [error] = disagreements(statement)
    assert (error.code, error.field) == ("totals", "4")


@given(st.data())
def test_a_damaged_table_never_gives_a_wrong_sum(draw):
    try:
        [statement] = payment_files.read(damage(TABLE, draw), MAPPING, 2, "EUR")
    except FileError as error:
        assert str(error)
        return
    if statement.entries and not disagreements(statement):
        total = sum(entry.amount for entry in statement.entries)
        assert total == Decimal("96.50")


def test_a_line_that_cannot_be_read():
    wrong = TABLE.replace(b"-3,50", b"-3.50")
    mapped = {"mapping": MAPPING, "decimals": 2, "currency": "EUR"}
    assert refusal(wrong, **mapped) == ("pattern", "3.amount")
    assert refusal(b"date\r\n", **mapped)[0] == "lines"


def test_a_known_format_needs_no_mapping():
    [statement] = payment_files.read(written(PAID), MAPPING, 2, "EUR")
    assert statement.format == "claims_is"
