"""Norwegian KIDs against Nets' vectors (AvtaleGiro system specification, chapter 4)."""

import pytest
from einvoice_formats.errors import FormatError
from einvoice_formats.kid import Layout, Part, check_digit, is_valid
from hypothesis import given
from hypothesis import strategies as st

DIGITS = st.text("0123456789", min_size=1, max_size=24)
MEMBERS = Layout(
    (Part("fixed", 2, "71"), Part("customer", 7), Part("invoice", 9)), "mod10"
)


@pytest.mark.parametrize(
    ("base", "method", "check"),
    [
        ("12345678", "mod10", "2"),
        ("12345678", "mod11", "5"),
        ("23", "mod11", "-"),  # 2*3 + 3*2 = 12, rest 1
        ("50", "mod11", "7"),  # 3*5 = 15, rest 4
        ("0", "mod11", "0"),
        ("19", "mod10", "0"),  # 1 + 1+8 = 10
    ],
)
def test_checks(base, method, check):
    assert check_digit(base, method) == check
    assert is_valid(base + check, method)


@given(DIGITS, st.sampled_from(["mod10", "mod11"]))
def test_one_wrong_digit_is_found(base, method):
    kid = base + check_digit(base, method)
    wrong = str((int(base[0]) + 1) % 10) + kid[1:]
    assert is_valid(kid, method)
    assert not is_valid(wrong, method)


@given(st.text(max_size=30))
def test_any_text_is_judged_without_an_error(text):
    assert is_valid(text, "mod10") in (True, False)
    assert MEMBERS.read_customer(text) == "" or text[2:9].endswith(
        MEMBERS.read_customer(text)
    )


@pytest.mark.parametrize("kid", ["2", "1" * 26, "1234567 82", "1234567-2"])
def test_no_kid(kid):
    assert not is_valid(kid, "mod10")


def test_a_layout_puts_the_digits_in_their_places():
    assert MEMBERS.length == 19
    assert MEMBERS.find("customer") == (3, 9)
    kid = MEMBERS.make("1042", "202600017")
    assert kid[:18] == "710001042202600017"
    assert MEMBERS.read_customer(kid) == "1042"


def test_what_the_bank_registers_for_a_payer_may_have_no_invoice():
    assert MEMBERS.read_customer(MEMBERS.make("1042", "0")) == "1042"


def test_a_kid_of_another_layout_tells_no_customer():
    other = Layout(
        (Part("fixed", 2, "72"), Part("customer", 7), Part("invoice", 9)), "mod10"
    )
    assert MEMBERS.read_customer(other.make("1042", "1")) == ""
    assert MEMBERS.read_customer("123456782") == ""


@pytest.mark.parametrize(
    ("customer", "invoice", "code", "field"),
    [
        ("10000000", "1", "kid_part", "customer"),
        ("1", "2026000001", "kid_part", "invoice"),
        ("", "1", "missing", "customer"),
        ("12a", "1", "missing", "customer"),
    ],
)
def test_nothing_is_cut(customer, invoice, code, field):
    with pytest.raises(FormatError) as caught:
        MEMBERS.make(customer, invoice)
    assert (caught.value.code, caught.value.field) == (code, field)
