"""What the bank is told at start: banks, invoicers and demo consumers."""

from __future__ import annotations

import json
from pathlib import Path

from counterparties.bank.values import Row

LANGUAGES = {"FI": "Finnish", "SV": "Swedish", "EN": "English"}
BANKS = ("NDEAFIHH:1:Demo Bank North", "OKOYFIHH:5:Demo Bank South")
CONSUMERS = Path(__file__).with_name("demo_consumers.json")


def read_banks(texts: list[str]) -> dict[str, Row]:
    """`BIC:first digits of its accounts:name` for each bank played."""
    parts = [text.split(":", 2) for text in texts]
    return {
        bic: {"bic": bic, "prefix": prefix, "name": name} for bic, prefix, name in parts
    }


def read_list(path: Path) -> list[Row]:
    """A JSON list of objects."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_invoicers(path: Path) -> dict[str, Row]:
    """Announced invoicers by id, with what they may leave out filled in."""
    invoicers = {}
    for given in read_list(path):
        subject = given["payment_subject"]
        invoicer = {
            "id": subject,
            "sender_info_id": f"SI-{given['business_id']}-{subject}"[:48],
            "service_code": "00",
            "invoice_type": "Invoice",
            "instruction": "",
            "languages": list(LANGUAGES),
            **given,
        }
        rules = {"min": 1, "max": 35, "spaces": False, "hyphens": False}
        invoicer["identifiers"] = [{**rules, **ask} for ask in given["identifiers"]]
        invoicers[invoicer["id"]] = invoicer
    return invoicers
