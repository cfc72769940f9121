"""What the bank is told at start: banks, invoicers and demo consumers."""

from __future__ import annotations

import json
from pathlib import Path

from bank_frame import CHARSET
from bank_values import IDENTIFIER_TYPES, finnish_iban, iban_ok

LANGUAGES = {"FI": "Finnish", "SV": "Swedish", "EN": "English"}
SERVICES = {"00": "E-invoice", "01": "Direct payment"}

DEFAULT_BANKS = ("NDEAFIHH:1:Demo Bank North", "OKOYFIHH:5:Demo Bank South")
DEFAULT_CONSUMERS: tuple[dict, ...] = (
    {
        "name": "Aino Mäkinen",
        "street": "Koivukatu 12 A 4",
        "postcode": "33100",
        "town": "Tampere",
        "language": "FI",
    },
    {
        "name": "Väinö Lehtonen",
        "street": "Rantatie 3",
        "postcode": "70100",
        "town": "Kuopio",
        "language": "FI",
    },
    {
        "name": "Elsa Sjöberg",
        "street": "Strandgatan 8",
        "postcode": "65100",
        "town": "Vasa",
        "language": "SV",
    },
    {
        "name": "Mary O'Neill",
        "street": "Aleksanterinkatu 21 B 7",
        "postcode": "00100",
        "town": "Helsinki",
        "language": "EN",
    },
)
_FIRST_SERIAL = 2026_0001


class SetupError(ValueError):
    """A sentence for whoever started the program."""


def parse_banks(texts: list[str]) -> dict[str, dict]:
    """`BIC:first digits of its accounts:name` for each bank played."""
    banks = {}
    for text in texts:
        parts = text.split(":", 2)
        if len(parts) != 3 or not parts[1].isdigit() or not parts[2].strip():
            raise SetupError(f"--bank {text!r} is not BIC:digits:name")
        if len(parts[0]) not in (8, 11):
            raise SetupError(f"--bank {text!r}: a BIC has 8 or 11 characters")
        banks[parts[0]] = {"bic": parts[0], "prefix": parts[1], "name": parts[2]}
    return banks


def iban_for(bank: dict, serial: int) -> str:
    """An account number for a demo consumer at one of the banks."""
    return finnish_iban(bank["prefix"], _FIRST_SERIAL + serial)


def read_json_list(path: Path) -> list[dict]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, list) or not all(isinstance(x, dict) for x in content):
        raise SetupError(f"{path} is not a JSON list of objects")
    return content


def load_invoicers(path: Path) -> dict[str, dict]:
    """Announced invoicers by id, with defaults filled in and checked."""
    invoicers: dict[str, dict] = {}
    for number, given in enumerate(read_json_list(path), 1):
        place = f"{path}, invoicer {number}"
        invoicer = _invoicer(given, place)
        if invoicer["id"] in invoicers:
            raise SetupError(f"{place}: id {invoicer['id']!r} stands twice")
        invoicers[invoicer["id"]] = invoicer
    return invoicers


def _invoicer(given: dict, place: str) -> dict:
    needed = {
        "name": (2, 70),
        "business_id": (1, 48),
        "sender_address": (1, 35),
        "sender_intermediator": (8, 11),
        "payment_subject": (1, 35),
    }
    for key, (shortest, longest) in needed.items():
        value = given.get(key)
        if not isinstance(value, str) or not shortest <= len(value) <= longest:
            raise SetupError(
                f"{place}: {key} must have {shortest}-{longest} characters"
            )
    service = given.get("service_code", "00")
    if service not in ("00", "01", "02"):
        raise SetupError(f"{place}: service_code is 00, 01 or 02")
    subject = given["payment_subject"]
    return {
        **{key: given[key] for key in needed},
        "id": str(given.get("id", subject)),
        "sender_info_id": given.get(
            "sender_info_id", f"SI-{given['business_id']}-{subject}"[:48]
        ),
        "service_code": service,
        "invoice_type": given.get("invoice_type", "Invoice")[:35],
        "instruction": given.get("instruction", ""),
        "languages": given.get("languages", list(LANGUAGES)),
        "accounts": _accounts(given.get("accounts"), place),
        "identifiers": _identifiers(given.get("identifiers"), place),
    }


def _accounts(given: object, place: str) -> list[dict]:
    if not isinstance(given, list) or not given:
        raise SetupError(f"{place}: accounts must be a list with iban and bic")
    for account in given:
        if not iban_ok(str(account.get("iban", ""))):
            raise SetupError(f"{place}: account {account.get('iban')} is not an IBAN")
        if not 8 <= len(str(account.get("bic", ""))) <= 11:
            raise SetupError(f"{place}: account {account['iban']} has no bic")
    return [{"iban": account["iban"], "bic": account["bic"]} for account in given]


def _identifiers(given: object, place: str) -> list[dict]:
    if not isinstance(given, list) or not 1 <= len(given) <= 2:
        raise SetupError(f"{place}: one or two identifiers must be asked")
    found = []
    for asked in given:
        label, kind = str(asked.get("label", "")), str(asked.get("type", ""))
        if not 4 <= len(label) <= 70:
            raise SetupError(f"{place}: identifier label must have 4-70 characters")
        if kind not in IDENTIFIER_TYPES:
            raise SetupError(f"{place}: identifier type {kind!r} is not known")
        found.append(
            {
                "label": label,
                "type": kind,
                "min": int(asked.get("min", 1)),
                "max": int(asked.get("max", 35)),
                "spaces": bool(asked.get("spaces", False)),
                "hyphens": bool(asked.get("hyphens", False)),
            }
        )
    return found


_PERSON_FIELDS = {
    "name": ("Name", 2, 70),
    "street": ("Street address", 2, 35),
    "postcode": ("Postcode", 1, 48),
    "town": ("Town", 2, 35),
}


def clean_person(given: dict) -> dict:
    """Name and postal address of a consumer; ValueError says what is wrong.

    Lengths are those of BuyerPartyDetails in the official schema; the street
    address may be left out altogether.
    """
    person = {key: str(given.get(key) or "").strip() for key in _PERSON_FIELDS}
    address = any(person[key] for key in ("street", "postcode", "town"))
    for key, (label, shortest, longest) in _PERSON_FIELDS.items():
        if key != "name" and not address:
            continue
        if not shortest <= len(person[key]) <= longest:
            raise ValueError(f"{label} must have {shortest}-{longest} characters.")
        check_text(label, person[key])
    language = str(given.get("language") or next(iter(LANGUAGES)))
    if language not in LANGUAGES:
        raise ValueError(f"Language is one of {', '.join(LANGUAGES)}.")
    return {**person, "language": language}


def check_text(label: str, text: str) -> None:
    """Only characters that the messages between banks can carry."""
    try:
        text.encode(CHARSET)
    except UnicodeEncodeError as error:
        char = text[error.start]
        raise ValueError(f"{label} cannot contain the character {char!r}.") from error
    if any(ord(char) < 32 or 127 <= ord(char) < 160 for char in text):
        raise ValueError(f"{label} cannot contain control characters.")
