"""What networks and banks are told that customers owe, as files."""

import csv
import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from openapi_core.validation.request.exceptions import InvalidRequestBody
from terminal_formats import claims_is, debts
from terminal_formats.claims_is import BatchStatus, Claimant
from terminal_formats.debts import CHANGED, GONE, NEW, SAME, Debt, Layout

from odoo.addons.receivables_base.formats.errors import FormatError

BANK = "https://claims.example.com"
BATCH = "99391c7e-ad88-49ec-a2ad-99ddcb1f7721"
JON = Debt(
    key="013366000123+20261231",
    number="4821093657",
    name="Jón Jónsson",
    amount=Decimal(99123),
    currency="ISK",
    due_date=date(2026, 12, 31),
    invoice="INV/2026/00123",
    reference="ABC",
    tax_id="010130-2989",
)
GARDURINN = Claimant("4504013150", "001")
money = st.decimals(0, 10**9, places=2)


# === ROWS === #


def test_a_table():
    content = debts.write(
        [JON, replace(JON, name='Ann "A"; B', amount=Decimal("1234.5"), due_date=None)],
        Layout(columns=("number", "name", "due_date", "amount")),
    )
    assert content.decode() == (
        "number;name;due_date;amount\r\n"
        "4821093657;Jón Jónsson;2026-12-31;99123,00\r\n"
        '4821093657;"Ann ""A""; B";;1234,50\r\n'
    )


def test_currencies_without_decimals():
    layout = Layout(columns=("amount",), decimals=0, has_header=False)
    assert debts.write([JON], layout) == b"99123\r\n"


def test_a_character_that_the_encoding_lacks_holds_nobody_up():
    layout = Layout(columns=("name",), encoding="cp1251", has_header=False)
    rows = [replace(JON, name="Иван Łuk"), JON]
    assert debts.write(rows, layout).decode("cp1251") == ("Иван ?uk\r\nJ?n J?nsson\r\n")


@given(
    rows=st.lists(st.tuples(st.text(), money), max_size=8),
    delimiter=st.sampled_from(";,\t|"),
    decimal=st.sampled_from(",."),
)
def test_whoever_reads_it_finds_each_debt_in_its_row(rows, delimiter, decimal):
    layout = Layout(
        columns=("name", "amount"),
        delimiter=delimiter,
        decimal=decimal,
        has_header=False,
    )
    content = debts.write(
        [replace(JON, name=name, amount=amount) for name, amount in rows], layout
    )
    read = list(
        csv.reader(io.StringIO(content.decode(), newline=""), delimiter=delimiter)
    )
    assert [Decimal(amount.replace(",", ".")) for _name, amount in read] == [
        amount for _name, amount in rows
    ]


def test_the_name_that_sber_gives_as_an_example():
    """https://www.sberbank.ru/help/business/sbbol/100027"""
    assert (
        debts.sber_name("1234567890", "40702810012345678912", 1, date(2019, 12, 5))
        == "1234567890_40702810012345678912_001_1219.txt"
    )


@pytest.mark.parametrize(
    ("tax_id", "account"),
    [
        ("", "40702810012345678912"),
        ("123456789", "40702810012345678912"),
        ("1234567890", "4070281001234567891"),
        ("1234567890", "KZ702810012345678912"),
        ("١٢٣٤٥٦٧٨٩٠", "40702810012345678912"),
    ],
)
def test_sber_names_have_digits_only(tax_id, account):
    with pytest.raises(FormatError):
        debts.sber_name(tax_id, account, 1, date(2019, 12, 5))


# === ICELAND === #


@pytest.fixture(scope="session")
def iobws(official):
    """The bank's side, by the published description."""
    return OpenAPI.from_file_path(
        str(official("terminal", "iceland", "IOBWS-Claims3.1.yaml")),
        config=Config(),
    )


def ask(iobws, body):
    iobws.validate_request(
        MockRequest(
            BANK,
            "post",
            claims_is.PATH,
            headers=claims_is.make_headers("key", 0),
            data=body,
            content_type="application/json",
        )
    )


def test_a_claim_is_known_by_account_and_due_date():
    """claimId's example in the description: 0101010101000166000001+20221231"""
    assert claims_is.make_key("0001", 1, date(2022, 12, 31)) == (
        "000166000001+20221231"
    )
    assert claims_is.make_key("0001", 7_000_001, date(2022, 12, 31)) == (
        "000166000001+20221231"
    )


def test_batches_are_as_the_description_has_them(iobws):
    content = claims_is.write(
        [
            JON,
            replace(JON, reference="a reference of 24 letters", number="4" * 17),
            replace(JON, change=CHANGED, amount=Decimal("10.5")),
            replace(JON, change=GONE, amount=Decimal(0)),
            replace(JON, change=SAME),
        ],
        GARDURINN,
    )
    bodies = claims_is.split(content)
    for body in bodies:
        ask(iobws, body)
    create, alter = map(json.loads, bodies)
    key = {
        "claimantId": "4504013150",
        "account": "013366000123",
        "dueDate": "2026-12-31",
    }
    assert create["createList"][0] == {
        "claimKey": key,
        "payorId": "0101302989",
        "templateCode": "001",
        "amount": 99123,
        "finalDueDate": "2026-12-31",
        "currency": "ISK",
        "billNumber": "6/00123",
        "isPartialPaymentAllowed": True,
        "claimType": "NormalClaim",
        "customerNumber": "4821093657",
        "reference": "ABC",
    }
    # what would have to be cut is left out
    assert not {"reference", "customerNumber"} & set(create["createList"][1])
    assert alter == {
        "actionType": "alter",
        "alterList": [
            {"claimKey": key, "claimStatus": "Unpaid", "amount": 10.5},
            {"claimKey": key, "claimStatus": "Cancelled"},
        ],
    }


def test_the_description_is_strict_enough_to_find_a_fault(iobws):
    [body] = claims_is.split(claims_is.write([JON], GARDURINN))
    with pytest.raises(InvalidRequestBody):
        ask(iobws, body.replace(b'"0101302989"', b'"0101"'))


def test_nothing_new_is_no_call():
    assert (
        claims_is.split(claims_is.write([replace(JON, change=SAME)], GARDURINN)) == []
    )


@given(
    st.lists(
        st.builds(
            Debt,
            key=st.builds(
                claims_is.make_key,
                st.just("0133"),
                st.integers(1, 2**31),
                st.dates(date(2000, 1, 1), date(2100, 1, 1)),
            ),
            number=st.text("0123456789", min_size=3, max_size=40),
            name=st.text(max_size=20),
            amount=money,
            currency=st.just("ISK"),
            invoice=st.text(max_size=20),
            reference=st.text(max_size=20),
            tax_id=st.just("0101302989"),
            change=st.sampled_from([NEW, CHANGED, GONE, SAME]),
        ),
        max_size=5,
    )
)
def test_whatever_is_owed_gives_batches_that_the_bank_takes(iobws, owed):
    bodies = claims_is.split(claims_is.write(owed, GARDURINN))
    for body in bodies:
        ask(iobws, body)
    told = [
        claim["amount"]
        for body in bodies
        for claim in json.loads(body).get("createList", ())
    ]
    assert [Decimal(str(amount)) for amount in told] == [
        debt.amount for debt in owed if debt.change == NEW
    ]


def test_what_became_of_a_batch(iobws):
    status = {
        "batchId": BATCH,
        "success": 1,
        "failed": 1,
        "pending": 3,
        "actionType": "create",
        "actions": {
            "successes": [],
            "errors": [
                {
                    "claimKey": {
                        "claimantId": "4504013150",
                        "account": "013366000123",
                        "dueDate": "2026-12-31",
                    },
                    "claimId": "4504013150013366000123+20261231",
                    "resultCode": "CLAIM_EXISTS",
                    "resultMessage": "Krafa er til",
                }
            ],
        },
    }
    body = json.dumps(status).encode()
    iobws.validate_response(
        MockRequest(
            BANK,
            "get",
            f"{claims_is.PATH}/{BATCH}",
            headers=claims_is.make_headers(),
        ),
        MockResponse(body, 200, headers={"X-Request-ID": BATCH}),
    )
    assert claims_is.read_status(body) == BatchStatus(
        BATCH, 1, 1, 3, (("013366000123+20261231", "CLAIM_EXISTS", "Krafa er til"),)
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"batchId": "1", "success": 0, "failed": 0, "pending": 0}',
        b'{"batchId": "%s", "success": -1, "failed": 0, "pending": 0}' % BATCH.encode(),
        b'{"batchId": "%s", "success": 0, "failed": 0}' % BATCH.encode(),
        b'{"batchId": "%s", "success": 0, "failed": true, "pending": 0}'
        % BATCH.encode(),
        b'{"batchId": "%s", "success": 0, "failed": 0, "pending": 0, '
        b'"actions": {"errors": [{}]}}' % BATCH.encode(),
    ],
)
def test_what_is_no_answer_is_refused(body):
    with pytest.raises(FormatError):
        claims_is.read_status(body)
