"""What of a text nobody needs to read: identity codes and routing addresses of people.

Finnish personal identity codes (DDMMYY, a sign for the century, three digits and a
check character) are hidden by their form alone: one that was mistyped is personal too.
Routing addresses are in IBAN form and are hidden where their check digits are right,
written with or without spaces; an RF reference is none. What is left of an address is
enough to compare by.
"""

import re

from stdnum.iso7064 import mod_97_10

HIDDEN = "•" * 6
IDENTITY_CODE = re.compile(r"(?<!\w)\d{6}[-+A-FU-Y]\d{3}[0-9A-Y](?!\w)", re.IGNORECASE)
IBAN = re.compile(
    r"(?<!\w)(?:FI\d{2}(?: ?\d{4}){3} ?\d{2}|(?!RF)[A-Z]{2}\d{2}[A-Z0-9]{11,30})(?!\w)"
)
# so short an address would be told by its ends
SHOWN_ENDS = 4


def mask_address(address: str) -> str:
    """Return a routing address by its ends: ``FI49••••••8730``."""
    plain = re.sub(r"\s", "", address)
    if not plain:
        return ""
    if len(plain) < 4 * SHOWN_ENDS:
        return HIDDEN
    return f"{plain[:SHOWN_ENDS]}{HIDDEN}{plain[-SHOWN_ENDS:]}"


def mask(text: str, *addresses: str) -> str:
    """Return a text without identity codes and routing addresses.

    :param addresses: further addresses to be hidden, of whatever form
    """
    for address in filter(None, addresses):
        text = text.replace(address, mask_address(address))
    return IBAN.sub(_mask_iban, IDENTITY_CODE.sub(HIDDEN, text))


def _mask_iban(found: re.Match[str]) -> str:
    plain = found[0].replace(" ", "")
    is_one = mod_97_10.is_valid(plain[4:] + plain[:4])
    return mask_address(plain) if is_one else found[0]
