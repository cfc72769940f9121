import hashlib
import hmac
import time
from datetime import date, datetime
from decimal import Decimal
from json import dumps
from types import SimpleNamespace

from odoo.tests import TransactionCase

from odoo.addons.receivables_base.adapters import Answer

from ..adapters.agency_api import AgencyApi
from ..exceptions import AgencyError

ZERO = {"original": "0.00", "paid": "0.00", "remaining": "0.00"}
CASE = {
    "id": "ca_1",
    "external_id": "INV/1",
    "case_number": "100001",
    "reference": "1000017",
    "agreement_number": "A-1001",
    "invoice_number": "INV/1",
    "state": "demand",
    "outcome": None,
    "agency_status": {"code": "tratta", "label": "Tratta"},
    "version": 5,
    "updated_at": "2026-11-22T10:15:00Z",
    "portal_url": "https://portal.example.com/ca_1",
    "action_required": True,
    "action_hint": "Approve",
    "available_actions": ["pause", "withdraw"],
    "withdrawal_fee": {"amount": "150.00", "currency": "SEK"},
    "balance": {
        "currency": "SEK",
        "capital": {"original": "1250.00", "paid": "50.00", "remaining": "1200.00"},
        "interest": ZERO,
        "fees": ZERO,
        "court_fees": ZERO,
    },
    "payment_plan": {
        "instalments": [{"due_date": "2026-12-01", "amount": "400.00", "paid": False}]
    },
    "limitation_date": "2036-10-01",
    "debtor": {
        "new_address": {
            "street": "Gatan 2",
            "zip": "222 33",
            "city": "Luleå",
            "country": "SE",
        }
    },
    "documents": [
        {"id": "do_1", "name": "d.pdf", "size": 5, "created_at": "2026-11-22T10:15:00Z"}
    ],
    "history": [
        {
            "id": "hi_1",
            "at": "2026-11-22T10:15:00Z",
            "actor": "agency",
            "code": "demand",
            "label": "Demand",
            "text": "",
        }
    ],
}
SETTINGS = {
    "services": "collection",
    "approve_before_demand": True,
    "approve_before_legal": True,
    "letter_include_lines": False,
    "letter_external_number": True,
    "notification_email": None,
    "version": 3,
}
TRANSFER = {
    "external_id": "INV/1",
    "agreement_number": "",
    "claim_type": "invoice",
    "first_action": "demand",
    "invoice": {
        "number": "INV/1",
        "external_number": None,
        "date": date(2026, 9, 1),
        "due_date": date(2026, 10, 1),
        "currency": "ISK",
        "original_amount": Decimal("1250"),
        "open_amount": Decimal("1200"),
        "delivered_as": "einvoice",
        "description": "",
    },
    "letter_text": "Snow clearing",
    "claim": {
        "capital": Decimal("1200"),
        "interest": Decimal("0"),
        "fees_already_claimed": [
            {
                "type": "reminder",
                "date": date(2026, 10, 10),
                "amount": Decimal("60"),
                "currency": "ISK",
            }
        ],
    },
    "debtor": {
        "number": "C042",
        "type": "person",
        "name": "Åsa Öberg",
        "id_number": False,
        "address": {
            "street": "Storgatan 1",
            "zip": "111 22",
            "city": "Stockholm",
            "country": "SE",
        },
        "language": "sv",
        "email": "asa@example.com",
        "phone": False,
        "contact": {"name": "Per"},
    },
    "note": None,
}
ONBOARDING = {
    "external_id": "db-1",
    "terms_accepted": {
        "version": "2026-01",
        "at": datetime(2026, 11, 22, 8, 30),
        "by": "Lisa",
    },
    "company": {"name": "Kaamos AB", "org_number": "556000-4615", "vat_number": False},
    "bank_accounts": [{"iban": "SE1", "bic": "ESSESESS", "currency": "SEK"}],
    "contact": {"name": "Lisa", "email": "lisa@example.com", "language": "sv"},
    "webhook": {"url": "https://odoo.example.com/hook", "secret": "s" * 32},
}


def creditor(state, **values):
    """The creditor as the agency tells it."""
    return {
        "id": "cr_1",
        "external_id": "db-1",
        "state": state,
        "agreement_number": "A-1001" if state == "active" else None,
        "portal_url": "https://portal.example.com/",
        "terms": {"version": "2026-01", "url": "https://a.example.com/terms"},
        "settings": SETTINGS,
        "version": 1,
        **values,
    }


def event(number, **values):
    return {
        "id": f"ev_{number}",
        "type": "case.updated",
        "created_at": "2026-11-22T10:15:00Z",
        "creditor_id": "cr_1",
        "case_id": "ca_1",
        "case_version": number,
        "object_id": None,
        **values,
    }


def sign(secret, body, when=None):
    """The header as docs/agency_api.md, Events, describes it."""
    stamp = str(int(time.time() if when is None else when))
    signed = stamp.encode() + b"." + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def refusal(code, message="No.", field_errors=(), **details):
    return {
        "code": code,
        "message": message,
        "field_errors": list(field_errors),
        "details": details,
        "trace_id": "tr_1",
    }


class ScriptedLine:
    """A line on which the test has written the answers, and which remembers what was
    asked. The real one is tried in receivables_base, and both together in the system
    tests."""

    def __init__(self):
        self.script, self.calls = [], []

    def request(self, method, path, *, json=None, headers=None, **options):
        self.calls.append(
            SimpleNamespace(
                method=method,
                path=path,
                headers=headers,
                body=json,
                params=options.get("params"),
                files=options.get("files"),
            )
        )
        status, content, *rest = self.script.pop(0)
        if not isinstance(content, bytes):
            content = dumps(content).encode()
        return Answer(status, rest[0] if rest else {}, content)


class AdapterCase(TransactionCase):
    """The adapter at a line of the test."""

    def setUp(self):
        super().setUp()
        self.line = ScriptedLine()
        self.adapter = AgencyApi(None)

    def script(self, *answers):
        self.line.script[:] = answers

    def failure(self, call, *arguments, **options):
        """The error that a call ends in, sane in every part."""
        with self.assertRaises(AgencyError) as caught:
            call(*arguments, **options)
        self.assertTrue(str(caught.exception.sentence))
        return caught.exception

    def get_case_error(self, *answer):
        self.script(answer)
        return self.failure(self.adapter.get_case, self.line, "ca_1")
