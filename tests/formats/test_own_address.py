"""Own e-invoice addresses and the codes of banks and operators."""

import pytest
from einvoice_formats.errors import FormatError
from einvoice_formats.own_address import is_intermediator, kind_of


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("003712345671", "ovt"),
        ("00371234567100001", "ovt"),
        ("1234567-1", "business_id"),
        ("FI2112345600000785", "iban"),
        ("SE4550000000058398257466", "iban"),
        ("TE003712345671", "agreed"),
        ("KAAMOS01", "agreed"),
    ],
)
def test_an_address_says_what_it_is(address, kind):
    assert kind_of(address) == kind


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("003712345672", "checksum"),
        ("1234567-2", "checksum"),
        ("FI2112345600000786", "checksum"),
        ("00371234567", "pattern"),
        ("003712345671-1", "pattern"),
        ("X", "too_short"),
        ("X" * 36, "too_long"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(address, code):
    with pytest.raises(FormatError) as caught:
        kind_of(address)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("code", "fits"),
    [
        ("NDEAFIHH", True),
        ("NDEAFIHHXXX", True),
        ("BAWCFI22", True),
        ("003721291126", True),
        ("003721291127", False),
        ("NDEAFIH", False),
        ("NORDEA", False),
        ("", False),
    ],
)
def test_a_code_is_a_bic_or_an_ovt_code(code, fits):
    assert is_intermediator(code) is fits
