"""Kravia's answers, spoilt in every way: read right, or refused in words."""

import json

import pytest
from collection_formats import kravia_reader as reader
from collection_formats import kravia_writer as writer
from collection_formats.kravia_signature import read_signed
from collection_formats.signature import SignatureError
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.receivables_base.formats.errors import FormatError

DETAILS = {
    "invoiceId": 1553199,
    "invoiceNo": "20003",
    "debtorName": "John Doe",
    "currencyCode": "NOK",
    "lastUpdatedTime": "2021-06-01T15:13:14.4044853",
    "status": "pågående",
    "capitalPaidDirectly": 0.1,
    "capitalCollected": 0.2,
    "outstanding": {"capital": 2249.7, "interest": 0, "fees": 0, "courtFees": 0},
    "payments": [{"accountingPaymentId": "M7"}],
    "timeline": [{"id": 1, "date": "2021-05-01T08:00:00", "title": "Varsel"}],
}
SETTLEMENTS = [
    {
        "settlementId": 55,
        "date": "2026-03-02",
        "amount": 940,
        "currencyCode": "SEK",
        "invoices": [{"invoiceId": 7, "capital": 1000, "amount": 940}],
    }
]
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=300)
    | st.just("x\0")
    | st.just("\ud800"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def spoilt(content: object, data: st.DataObject) -> object:
    """With another value in one place."""
    if isinstance(content, dict) and data.draw(st.booleans()):
        name = data.draw(st.sampled_from(sorted(content)))
        return {**content, name: spoilt(content[name], data)}
    if isinstance(content, list) and content and data.draw(st.booleans()):
        return [spoilt(content[0], data), *content[1:]]
    return data.draw(values)


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (reader.read_case, DETAILS),
        (reader.read_settlements, SETTLEMENTS),
        (reader.read_search, [DETAILS]),
        (reader.read_registered, {"invoiceId": 1}),
    ],
)
@given(data=st.data())
def test_an_answer_that_is_spoilt(read, content, data):
    body = json.dumps(spoilt(content, data)).encode()
    try:
        assert read(body) is not None
    except FormatError as error:
        assert str(error)


@given(st.binary(max_size=200))
def test_rubbish(data):
    assert len(reader.read_refusal(data)) <= 255
    with pytest.raises(FormatError):
        reader.read_case(data)
    with pytest.raises(SignatureError):
        read_signed("secret", data)


def test_amounts_are_as_they_were_written():
    capital = reader.read_case(json.dumps(DETAILS).encode())["balance"]["capital"]
    assert {name: str(amount) for name, amount in capital.items()} == {
        "original": "2250.0",
        "paid": "0.3",
        "remaining": "2249.7",
    }


@given(st.decimals(-(10**9), 10**9, places=2))
def test_a_number_is_read_as_it_was_meant(amount):
    number = json.dumps(writer._number(amount, "amount"))
    assert reader.Node({"n": json.loads(number, parse_float=reader.Decimal)}).money(
        "n"
    ) == (amount)
