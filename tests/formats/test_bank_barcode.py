"""The Finnish bank bar code against published vectors."""

from datetime import date
from decimal import Decimal

import pytest
from einvoice_formats.bank_barcode import bank_barcode
from hypothesis import given
from hypothesis import strategies as st


@given(st.text(max_size=30))
def test_any_text_is_judged_without_an_error(text):
    assert bank_barcode(text, Decimal(1), text, None) == ""


# Bank Bar Code Guide 5.3, example invoices; the last one is of a public sample file.
BARCODES = [
    ("FI7944052020036082", "4883.15", "868516259619897", date(2010, 6, 12),
     "479440520200360820048831500000000868516259619897100612"),
    ("FI58 1017 1000 0001 22", "482.99", "55958 22432 94671", date(2012, 1, 31),
     "458101710000001220004829900000000559582243294671120131"),
    ("FI0250004640001302", "693.80", "69 87567 20834 35364", date(2011, 7, 24),
     "402500046400013020006938000000069875672083435364110724"),
    ("FI1680001400050267", "935.85", "78 77767 96566 28687", None,
     "416800014000502670009358500000078777679656628687000000"),
    ("FI7331313001000058", "0", "868624", date(2013, 8, 9),
     "473313130010000580000000000000000000000000868624130809"),
    ("FI7944052020036082", "4883.15", "RF09868516259619897", date(2010, 6, 12),
     "579440520200360820048831509000000868516259619897100612"),
    ("FI5810171000000122", "482.99", "RF06 5595 8224 3294 671", date(2010, 1, 31),
     "558101710000001220004829906000000559582243294671100131"),
    ("FI3936363002092492", "1.03", "RF66590738390", date(2023, 3, 11),
     "539363630020924920000010366000000000000590738390230311"),
    ("FI4819503000000010", "1116.00", "91901000011", date(2019, 1, 28),
     "448195030000000100011160000000000000091901000011190128"),
]  # fmt: skip


@pytest.mark.parametrize(("iban", "amount", "number", "due", "expected"), BARCODES)
def test_published_bar_codes(iban, amount, number, due, expected):
    assert bank_barcode(iban, Decimal(amount), number, due) == expected


@pytest.mark.parametrize(
    ("iban", "amount", "number"),
    [
        ("FI7944052020036082", "1000000.00", "1232"),
        ("FI7944052020036082", "-1.00", "1232"),
        ("FI7944052020036082", "1.005", "1232"),
        ("FI7944052020036082", "1.00", "1233"),
        ("SE4550000000058398257466", "1.00", "1232"),
        ("FI7944052020036082", "1.00", "RF18ABCD1232"),
    ],
)
def test_what_has_no_bar_code(iban, amount, number):
    code = bank_barcode(iban, Decimal(amount), number, date(2026, 1, 1))
    assert code == ""


def test_the_highest_amount_is_coded():
    code = bank_barcode(
        "FI7944052020036082", Decimal("999999.99"), "1232", date(2026, 1, 1)
    )
    assert code[17:25] == "99999999"


@given(st.text(max_size=30))
def test_any_text_is_coded_or_not_without_an_error(text):
    bank_barcode(text, Decimal(1), text, None)
