import copy
import json
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from functools import partial
from unittest.mock import patch

from .. import adapters
from ..adapters.agency_api import AgencyApi
from ..exceptions import AgencyError

ZERO = {"original": Decimal("0"), "paid": Decimal("0"), "remaining": Decimal("0")}
STARTED = ["pause", "withdraw", "dispute"]


class Agency:
    """The other side of the adapter, kept in memory: what it was told, what it says.

    It stands in for the adapter, and so proves nothing of the line. The adapter is
    tried in ``test_adapter_agency_api*.py`` on a line that answers as it is told, and
    everything together against an independent program in the system tests.
    """

    def __init__(self):
        self.calls = []
        self.cases = {}
        self.events = []
        self.failures = []
        self.documents = {}
        self.direct = {}
        self.settlements = []
        self.joins = True
        self.creditor = {
            "creditor_id": "CR-1",
            "state": "pending_signature",
            "agreement_number": "",
            "portal_url": "https://portal.example.com",
            "terms_version": "2026-1",
            "terms_url": "https://portal.example.com/terms",
            "price_list_url": "https://portal.example.com/prices",
            "settings": {
                "services": "reminder_and_collection",
                "approve_before_demand": False,
                "approve_before_legal": True,
                "letter_include_lines": False,
                "letter_external_number": True,
                "notification_email": "",
            },
        }

    def fail(self, kind="retry", code="network", message="No answer.", **more):
        """Let the next call fail."""
        self.failures.append(AgencyError(kind, code, message, **more))

    @contextmanager
    def speaking(self, registry):
        """Stand behind the adapter, whatever line leads to it."""
        with ExitStack() as stack:
            for name in vars(Agency).keys() & vars(adapters.Agency).keys():
                if name.startswith("_"):
                    continue
                answer = partial(self._answer, name)
                stack.enter_context(patch.object(AgencyApi, name, answer))
            connection = registry["receivables.connection"]
            stack.enter_context(patch.object(connection, "_open", lambda _self: None))
            yield

    def _answer(self, name, *args):
        return getattr(self, name)(*args)

    def note(self, name, *details):
        self.calls.append((name, *details))
        if self.failures:
            raise self.failures.pop(0)

    def told(self, name):
        """What the agency was told in calls of a kind."""
        return [call[1:] for call in self.calls if call[0] == name]

    def change(self, case, **changes):
        """Something happens at the agency: the case has a new version."""
        details = self.cases[case.agency_case_id]
        details.update(changes)
        details["version"] += 1
        return details

    def collect(self, case, paid):
        """The debtor pays so much of the capital, to the agency or, as the agency was
        told, to the creditor."""
        self.move_capital(case.agency_case_id, paid=paid, remaining=-paid)

    def move_capital(self, identifier, **amounts):
        capital = self.cases[identifier]["balance"]["capital"]
        for name, amount in amounts.items():
            capital[name] += Decimal(amount)
        self.cases[identifier]["version"] += 1

    def make_case(self, number, invoice, amount, currency, **values):
        identifier = f"C-{len(self.cases) + 1}"
        self.cases[identifier] = {
            "agency_case_id": identifier,
            "external_id": values.get("external_id", ""),
            "case_number": number,
            "reference": "1234561",
            "matter": values.get("matter", "") if self.joins else "",
            "state": "received",
            "outcome": None,
            "status_code": "received",
            "status_label": "Received",
            "version": 1,
            "portal_url": f"https://portal.example.com/cases/{identifier}",
            "action_required": False,
            "action_hint": "",
            "available_actions": list(STARTED),
            "currency": currency,
            "balance": {
                "capital": {
                    "original": amount,
                    "paid": Decimal("0"),
                    "remaining": amount,
                },
                "interest": ZERO,
                "fees": ZERO,
                "court_fees": ZERO,
            },
            "withdrawal_fee": None,
            "instalments": [],
            "limitation_date": None,
            "new_address": None,
            "documents": [],
            "history": [],
            "invoice_number": invoice,
            "agreement_number": values.get("agreement_number", ""),
            "debtor_name": values.get("debtor_name", "Ekströms Snickeri AB"),
        }
        return self.cases[identifier]

    # What the adapter is asked; names and shapes are those of the adapter.

    def onboard(self, line, asked, key):
        self.note("onboard", asked, key)
        return copy.deepcopy(self.creditor)

    def get_creditor(self, line):
        self.note("get_creditor")
        return copy.deepcopy(self.creditor) if self.creditor else None

    def get_terms(self, line):
        self.note("terms")
        return {
            "terms_version": self.creditor["terms_version"]
            if self.creditor
            else "2026-1",
            "terms_url": "https://portal.example.com/terms",
            "price_list_url": "https://portal.example.com/prices",
            "text": "The agency collects on behalf of the creditor.",
        }

    def update_creditor(self, line, asked, key):
        self.note("company", asked, key)
        return copy.deepcopy(self.creditor)

    def put_settings(self, line, creditor_ref, settings, key):
        self.note("settings", settings, key)
        self.creditor["settings"] = {**self.creditor["settings"], **settings}
        return dict(self.creditor["settings"])

    def terminate(self, line, creditor_ref, reason, key):
        self.note("terminate", reason, key)
        self.creditor["state"] = "terminated"
        return copy.deepcopy(self.creditor)

    def reactivate(self, line, creditor_ref, key):
        self.note("reactivate", key)
        self.creditor["state"] = "active"
        return copy.deepcopy(self.creditor)

    def create_case(self, line, body, key):
        told = json.loads(body)
        self.note("case", told, key)
        invoice = told["invoice"]
        known = [
            c
            for c in self.cases.values()
            if c["invoice_number"] == invoice["number"]
            and c["state"] != "closed"
            and c["agreement_number"] in ("", told.get("agreement_number", ""))
        ]
        if known:
            same = known[0]["external_id"] == told["external_id"]
            raise AgencyError(
                "conflict",
                "duplicate_reference" if same else "duplicate_invoice",
                "The agency has a case.",
                details={
                    "existing_case_id": known[0]["agency_case_id"],
                    "case_number": known[0]["case_number"],
                },
            )
        made = self.make_case(
            f"2026-{len(self.cases) + 1}",
            invoice["number"],
            Decimal(told["claim"]["capital"]),
            invoice["currency"],
            external_id=told["external_id"],
            agreement_number=told.get("agreement_number", ""),
            matter=told.get("matter", ""),
        )
        return copy.deepcopy(made)

    def send_documents(self, line, case_id, files, key):
        self.note("documents", case_id, files, key)

    def send_action(self, line, case_id, action, reason, until, key):
        self.note("action", case_id, action, reason, until, key)

    def report_payment(self, line, case_id, payment, key):
        self.note("report_payment", case_id, payment, key)
        remaining = self.cases[case_id]["balance"]["capital"]["remaining"]
        applied = min(payment["amount"], remaining)
        self.direct[case_id, payment["external_id"]] = applied
        self.move_capital(case_id, paid=applied, remaining=-applied)
        return {"applied": applied, "ignored": payment["amount"] - applied}

    def take_back_payment(self, line, case_id, external_id, key):
        self.note("take_back_payment", case_id, external_id, key)
        applied = self.direct.pop((case_id, external_id))
        self.move_capital(case_id, paid=-applied, remaining=applied)

    def report_credit_note(self, line, case_id, credit_note, key):
        self.note("report_credit_note", case_id, credit_note, key)
        amount = credit_note["amount"]
        if amount > self.cases[case_id]["balance"]["capital"]["remaining"]:
            raise AgencyError("final", "amount_exceeds_capital", "It is too much.")
        self.move_capital(case_id, original=-amount, remaining=-amount)
        return {"applied": amount, "ignored": Decimal(0)}

    def report_fee(self, line, case_id, fee, key):
        self.note("report_fee", case_id, fee, key)

    def get_case(self, line, case_id):
        self.note("get_case", case_id)
        return copy.deepcopy(self.cases[case_id])

    def get_document(self, line, case_id, document_id):
        self.note("document", document_id)
        return self.documents[document_id]

    def get_settlements(self, line):
        self.note("settlements")
        return copy.deepcopy(self.settlements), []

    def get_settlement_pdf(self, line, settlement_id):
        self.note("settlement_pdf", settlement_id)
        return b"%PDF-1.4 settlement", "application/pdf"

    def confirm_settlement(self, line, settlement_id, entry, key):
        self.note("confirm_settlement", settlement_id, entry, key)

    def get_events(self, line, after):
        self.note("events", after)
        seen = [event["event_id"] for event in self.events]
        start = seen.index(after) + 1 if after in seen else 0
        return self.events[start:], []
