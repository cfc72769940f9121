"""The examples of the agency API's contract, and what tests do with them."""

import json
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import strategies as st

from odoo.addons.receivables_base.formats.errors import FormatError

CONTRACT = yaml.safe_load(
    Path(__file__).resolve().parents[2].joinpath("docs", "agency_api.yaml").read_text()
)
MOMENT = datetime(2026, 11, 22, 10, 15)

amounts = st.decimals(-(10**15) + 1, 10**15 - 1, places=2) | st.integers(
    -(10**15) + 1, 10**15 - 1
).map(Decimal)
words = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30
)
names = words.filter(str.strip)
moments = st.datetimes(timezones=st.just(timezone.utc)).map(
    lambda moment: moment.replace(microsecond=0)
)


def example(name):
    """An example of the contract, as JSON."""
    return json.dumps(CONTRACT["components"]["examples"][name]["value"])


def call_example(path, method, status=None):
    """What the contract shows of a call: its body, or its answer of a status."""
    call = CONTRACT["paths"][path][method]
    part = call["responses"][status] if status else call["requestBody"]
    return json.dumps(part["content"]["application/json"]["example"])


def changed(body, path, value):
    """The body with one value replaced, or removed when it is ``...``."""
    made = json.loads(body)
    *parents, last = path
    target = made
    for step in parents:
        target = target[step]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return json.dumps(made).encode()


def refusal(call, *arguments):
    with pytest.raises(FormatError) as caught:
        call(*arguments)
    assert str(caught.value)
    return caught.value.code, caught.value.field


def transfer(path="", **changes):
    """The transfer that the contract shows, changed in its part at ``path``."""
    told = {
        "external_id": "INV/2026/00017",
        "agreement_number": "A-1001",
        "claim_type": "invoice",
        "first_action": "reminder",
        "matter": "INV/2026/00012",
        "invoice": {
            "number": "INV/2026/00017",
            "external_number": False,
            "date": date(2026, 9, 1),
            "due_date": date(2026, 10, 1),
            "currency": "SEK",
            "original_amount": Decimal("1250.00"),
            "open_amount": Decimal("1250.00"),
            "delivered_as": "email",
            "description": "September",
        },
        "letter_text": "",
        "claim": {
            "capital": Decimal("1250.00"),
            "interest": Decimal("0.00"),
            "fees_already_claimed": [
                {
                    "type": "reminder",
                    "date": date(2026, 10, 10),
                    "amount": Decimal("60.00"),
                    "currency": "SEK",
                }
            ],
        },
        "debtor": {
            "number": "C042",
            "type": "company",
            "name": "Nord & Son AB",
            "id_number": "556000-4615",
            "address": {
                "street": "Storgatan 1",
                "zip": "111 22",
                "city": "Stockholm",
                "country": "SE",
            },
            "language": "sv",
            "email": "info@example.com",
            "phone": False,
            "contact": {},
        },
        "note": False,
    }
    part = told
    for name in filter(None, path.split(".")):
        part = part[name]
    part.update(changes)
    return told
