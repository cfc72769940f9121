"""What is hidden of a text, and what is not.

131052-308T is the specimen of the Digital and Population Data Services Agency,
FI2112345600000785 that of the register of IBAN.
"""

import pytest
from einvoice_formats.privacy import mask, mask_address

CODE = "131052-308T"
ADDRESS = "FI2112345600000785"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (CODE, "••••••"),
        ("131052+308t", "••••••"),
        # born in this century, with the signs of 2023's reform
        ("010203A904L and 010203B904L", "•••••• and ••••••"),
        # mistyped, and personal all the same
        ("131052-308X", "••••••"),
        (f"<Id>{CODE}</Id>", "<Id>••••••</Id>"),
        (ADDRESS, "FI21••••••0785"),
        ("FI21 1234 5600 0007 85 is not known", "FI21••••••0785 is not known"),
        (f"<A>{ADDRESS}</A>", "<A>FI21••••••0785</A>"),
        ("SE4550000000058398257466", "SE45••••••7466"),
    ],
)
def test_it_is_hidden(text: str, hidden: str) -> None:
    assert mask(text) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Kerttu Talvela, Talvikuja 5 A 12, 00100 Helsinki",
        "Reference 91901000011, invoice ELEC/2026/00012",
        "RF18539007547034",
        "2026-11-20T10:00:00+02:00",
        "1234567-1",
        # its check digits are wrong: some other number
        "FI2112345600000786",
    ],
)
def test_it_is_left_alone(text: str) -> None:
    assert mask(text) == text


def test_an_address_of_another_form_is_hidden_where_it_is_known() -> None:
    assert mask("To 003712345671-C77 it went", "003712345671-C77") == (
        "To 0037••••••-C77 it went"
    )
    assert mask_address("LANE-5") == "••••••"
    assert mask_address("") == ""
