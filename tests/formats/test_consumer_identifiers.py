"""What consumers type in a netbank: forms and check digits of each type."""

import pytest
from einvoice_formats.consumer_identifiers import (
    business_ids,
    is_right,
    phone,
)
from hypothesis import given
from hypothesis import strategies as st


# Published examples: ISO 11649, the Finnish authorities (personal identity code, the
# marks of its centuries since 2023, business id), the notification service guidelines
@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("01", "1232", "1231"),
        ("01", "0000 1232", "1 231"),
        ("02", "RF18539007547034", "RF18539007547035"),
        ("03", "131052-308T", "131052-308U"),
        ("03", "131052Y308T", "131352-308T"),
        ("04", "2077474-0", "2077474-1"),
        ("05", "0401234567", "+358401234567"),
        ("05", "040 123 4567", "040"),
        ("06", "+358401234567", "0401234567"),
        ("06", "+46 70 123 45 67", "+0"),
        ("07", "FI2112345600000785", "FI2112345600000786"),
        ("07", "fi21 1234 5600 0007 85", "FI21"),
        ("08", "123", "12A"),
        ("09", "A-17/2", "-"),
        ("99", "?", " "),
        ("", "?", ""),
        ("77", "?", ""),
    ],
)
def test_each_type(kind: str, right: str, wrong: str) -> None:
    assert is_right(kind, right)
    assert not is_right(kind, wrong)


@given(st.sampled_from(["", "77", *(f"{n:02}" for n in range(1, 10))]), st.text())
def test_any_text_is_judged_without_an_error(kind: str, text: str) -> None:
    assert is_right(kind, text) in (True, False)
    assert isinstance(phone(text), str)
    assert isinstance(business_ids(text), tuple)


@pytest.mark.parametrize(
    "written", ["0401234567", "+358401234567", "00358 40 1234567", "040-123 4567"]
)
def test_one_telephone_number_in_many_ways(written: str) -> None:
    assert phone(written) == "+358401234567"


def test_a_business_id_in_each_form_of_a_register() -> None:
    forms = ("2077474-0", "20774740", "FI20774740")
    assert business_ids("2077474-0") == business_ids("20774740") == forms
    assert business_ids("2077474-1") == ()
