"""Norwegian mobile numbers, as operators take them: ``+47`` and eight digits."""

import re

import phonenumbers

COUNTRY, CODE = "NO", 47
_WRITTEN = re.compile(r"\+47[0-9]{8}")
_MOBILE = {
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
}


def is_mobile(number: str) -> bool:
    """Whether a number is written ``+47xxxxxxxx``, and is one of mobile phones."""
    return bool(_WRITTEN.fullmatch(number)) and correct(number) == number


def correct(number: str) -> str:
    """Return a Norwegian mobile number in the form that operators take.

    Nothing is guessed: all digits that stand there belong to it.

    :return: empty where it is none, or not one alone
    """
    try:
        parsed = phonenumbers.parse(number, COUNTRY)
    except phonenumbers.NumberParseException:
        return ""
    digits = str(parsed.national_number)
    if (
        parsed.country_code != CODE
        or parsed.extension
        or len(digits) != 8
        or phonenumbers.number_type(parsed) not in _MOBILE
    ):
        return ""
    written = phonenumbers.normalize_digits_only(number)
    known = {digits, f"{CODE}{digits}", f"00{CODE}{digits}"}
    return f"+{CODE}{digits}" if written in known else ""
