"""Messages with an operator of eFaktura: what is written, read and refused."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from einvoice_formats import efaktura

from odoo.addons.receivables_base.formats.errors import FormatError

HEAD = {"message_id": "M-1", "created_at": "2026-11-21T08:00:00Z"}
EVENT = {"event_id": "E-1", "created_at": "2026-11-21T08:00:00.5+01:00"}


def event(kind: str, **members: Any) -> bytes:
    """An event as an operator writes it; a member that is None is left out."""
    told = {"type": kind, **EVENT, **members}
    return json.dumps({k: v for k, v in told.items() if v is not None}).encode()


def test_an_invoice_is_written_as_documented() -> None:
    message = efaktura.Invoice(
        **HEAD,
        recipient="92",
        number="INV/1",
        kid="12345674",
        amount=Decimal("1250.50"),
        currency="NOK",
        due_date=dt.date(2026, 12, 14),
        ehf=b"<a/>",
        pdf=b"%PDF",
    )
    assert json.loads(efaktura.write(message)) == {
        "type": "invoice",
        **HEAD,
        "recipient": "92",
        "number": "INV/1",
        "kid": "12345674",
        "amount": "1250.50",
        "currency": "NOK",
        "due_date": "2026-12-14",
        "avtalegiro": False,
        "ehf": "PGEvPg==",
        "pdf": "JVBERg==",
    }
    assert efaktura.read_kind(efaktura.write(message)) == "invoice"


def test_a_message_is_shown_without_its_picture() -> None:
    told = {"type": "invoice", "number": "Å1", "ehf": "PGEvPg==", "pdf": "JVBERg=="}
    assert efaktura.show(json.dumps(told).encode()) == (
        '{\n  "type": "invoice",\n  "number": "Å1",\n  "ehf": "(4 bytes)",\n'
        '  "pdf": "(4 bytes)"\n}\n\n<a/>'
    )
    assert efaktura.show(b"\xff") == efaktura.show(b'{"pdf": "*"}') == ""


def test_what_is_empty_is_left_out() -> None:
    message = efaktura.Lookup(**HEAD, mobile="+4790000001")
    assert json.loads(efaktura.write(message)) == {
        "type": "lookup",
        **HEAD,
        "mobile": "+4790000001",
    }


def test_an_event_has_its_moment_in_utc() -> None:
    read = efaktura.read_event(event("invoice_status", message_id="M", state="opened"))
    assert isinstance(read, efaktura.InvoiceStatus)
    assert (read.message_id, read.state, read.code) == ("M", "opened", "")
    assert read.at.isoformat() == "2026-11-21T07:00:00.500000+00:00"


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("issuer_agreement_status", {"state": "waiting", "link": "https://a.no/1"}),
        ("issuer_agreement_status", {"state": "terminated", "key": ""}),
        ("lookup_answer", {"key": "M", "found": False}),
        ("lookup_answer", {"key": "M", "found": True, "identifier": "92"}),
        ("consent_status", {"key": "M", "state": "link", "link": "https://a.no/2"}),
        ("consent_status", {"identifier": "92", "state": "blocked"}),
    ],
)
def test_events_of_every_kind_are_read(kind: str, members: dict[str, Any]) -> None:
    read = efaktura.read_event(event(kind, **members))
    assert isinstance(read, efaktura.INCOMING[kind])
    assert {name: getattr(read, name) for name in members} == members


@pytest.mark.parametrize(
    ("data", "code", "field"),
    [
        (b"{", "not_json", ""),
        (event("greeting"), "pattern", "type"),
        (event("invoice_status", state="opened"), "missing", "message_id"),
        (event("invoice_status", message_id="M", state="lost"), "pattern", "state"),
        (
            event("invoice_status", message_id="M", state="opened", event_id=None),
            "missing",
            "event_id",
        ),
        (
            event("invoice_status", message_id="M", state="opened", created_at="now"),
            "pattern",
            "created_at",
        ),
        (
            event(
                "invoice_status",
                message_id="M",
                state="opened",
                created_at="2026-11-21T08:00:00",
            ),
            "pattern",
            "created_at",
        ),
        (event("lookup_answer", key="M", found=True), "missing", "identifier"),
        (event("lookup_answer", key="M", found="yes"), "type", "found"),
        (event("consent_status", key="M", state="link"), "missing", "link"),
        (event("consent_status", state="blocked"), "missing", "key"),
        (
            event("consent_status", key="M", state="link", link="javascript:alert(1)"),
            "pattern",
            "link",
        ),
        (
            event("consent_status", key="M", state="link", link="http://a.no/"),
            "pattern",
            "link",
        ),
    ],
)
def test_what_is_not_as_agreed_is_refused(data: bytes, code: str, field: str) -> None:
    with pytest.raises(FormatError) as caught:
        efaktura.read_event(data)
    assert (caught.value.code, caught.value.field) == (code, field)
