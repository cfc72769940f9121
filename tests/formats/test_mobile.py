"""Norwegian mobile numbers; which are mobile says the numbering plan (Nkom: 4x and 9x
have eight digits and are mobile, 2x to 7x are fixed)."""

import pytest
from einvoice_formats import mobile
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "written",
    [
        "+4790000001",
        "90000001",
        "900 00 001",
        "90 00 00 01",
        "+47 900 00 001",
        "(+47) 900-00-001",
        "0047 90000001",
        "47 90000001",
    ],
)
def test_one_number_in_many_ways(written: str) -> None:
    assert mobile.correct(written) == "+4790000001"
    assert mobile.is_mobile(written) == (written == "+4790000001")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "Kari",
        "+4722225555",  # Oslo
        "+358401234567",
        "+46701234567",
        "9000000",
        "900000011",
        "90000001 / 90000002",
        "90000001 ext. 5",
        "900-KARIKA",
        "+47900000010",
        "80012345",  # free of charge
    ],
)
def test_what_is_no_number_of_one_mobile_phone(written: str) -> None:
    assert mobile.correct(written) == ""
    assert not mobile.is_mobile(written)


@given(st.integers(0, 9999999), st.sampled_from("49"), st.lists(st.sampled_from(" -")))
def test_what_is_corrected_needs_no_correction(
    rest: int, first: str, between: list[str]
) -> None:
    digits = f"{first}{rest:07}"
    corrected = mobile.correct("".join(between).join(digits))
    assert corrected in ("", f"+47{digits}")
    assert corrected == "" or mobile.is_mobile(corrected)
