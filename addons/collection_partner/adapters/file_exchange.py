from datetime import datetime
from decimal import Decimal

from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.formats.errors import FormatError

from ..exceptions import AgencyError
from ..formats import agency_file as layout
from .agency import AgencyByContract
from .agency_api_errors import explain

_lt = LazyTranslate(__name__)

# What a file agency can always be asked for, as long as it has the case.
ACTIONS = ["pause", "resume", "withdraw"]
# What an acknowledgement is about, by the record that it names.
ABOUT = {
    "CASE": "case",
    "FEE": "case",
    "DIRECT": "payment",
    "REMOVED": "payment_removed",
    "CREDIT": "credit_note",
    "REQUEST": "action",
}
# Where a field of a file stands on Odoo's screens.
PLACES = {
    "capital": "claim.capital",
    "city": "debtor.address.city",
    "country": "debtor.address.country",
    "debtor_name": "debtor.name",
    "debtor_number": "debtor.number",
    "due_date": "invoice.due_date",
    "email": "debtor.email",
    "external_invoice": "invoice.external_number",
    "id_number": "debtor.id_number",
    "invoice": "invoice.number",
    "invoice_date": "invoice.date",
    "letter": "letter_text",
    "number": "invoice.number",
    "original": "invoice.original_amount",
    "phone": "debtor.phone",
    "street": "debtor.address.street",
    "zip": "debtor.address.zip",
}
START = datetime(2020, 1, 1)
ZERO = Decimal(0)


class FileExchange(AgencyByContract):
    """Hands files over and takes files in, over a shared folder or SFTP:
    docs/agency_files.md.

    The agency answers when it likes. Until it has given a case a number, both sides
    call it by ours, and go on to do so in the files.
    """

    name = "file_exchange"
    label = _lt("File exchange")
    catalogue = "intrum"
    checks = AgencyByContract.checks | {"files"}
    lacks = frozenset(
        {
            *("settings", "company", "terminate", "reactivate", "documents"),
            *("webhook", "client", "matter"),
        }
    )
    untold = frozenset({"co_debtors"})
    carries_files = True

    def render_case(self, values):
        """A file with ``CASE`` and the ``FEE`` records of its reminders."""
        invoice, debtor = values["invoice"], values["debtor"]
        address, case = debtor["address"], values["external_id"]
        records = [
            layout.Case(
                case=case,
                agreement=values["agreement_number"],
                first_action=values["first_action"],
                invoice=invoice["number"],
                external_invoice=invoice["external_number"],
                invoice_date=invoice["date"],
                due_date=invoice["due_date"],
                currency=invoice["currency"],
                original=invoice["original_amount"],
                capital=values["claim"]["capital"],
                delivered_as=invoice["delivered_as"],
                debtor_number=debtor["number"],
                debtor_type=debtor["type"],
                debtor_name=debtor["name"],
                id_number=debtor["id_number"],
                street=address["street"],
                zip=address["zip"],
                city=address["city"],
                country=address["country"],
                language=debtor["language"],
                email=debtor["email"],
                phone=debtor["phone"],
                contact=debtor["contact"]["name"],
                letter=values["letter_text"],
                note=values["note"],
            )
        ]
        records += [
            layout.Fee(case, fee["type"], fee["date"], fee["amount"], fee["currency"])
            for fee in values["claim"]["fees_already_claimed"]
        ]
        if debtor["type"] == "company" and not debtor["id_number"]:
            missing = FormatError("missing", "debtor.id_number")
            raise AgencyError("final", missing.code, explain(missing))
        return _render(case, records)

    def create_case(self, line, body, key):
        """Hand the file over; a repeat under the same name is one."""
        _header, records = layout.read(body, layout.TO_AGENCY)
        line.send(f"case-{key}.txt", body)
        return {
            "agency_case_id": records[0].case,
            "case_number": "",
            "reference": "",
            "portal_url": "",
            "available_actions": ACTIONS,
        }

    def get_case(self, line, agency_case_id):
        """There is nobody to be asked: the agency's files tell."""
        return None

    def send_action(self, line, agency_case_id, action, reason, until, key):
        """A file with a ``REQUEST``."""
        record = layout.Request(agency_case_id, action, until, reason)
        self._send(line, "request", record, key)

    def report_payment(self, line, agency_case_id, payment, key):
        """A file with a ``DIRECT``; the agency's next status says what became of it."""
        record = layout.Direct(
            agency_case_id,
            payment["external_id"],
            payment["date"],
            payment["amount"],
            payment["currency"],
            payment["number"],
        )
        self._send(line, "direct", record, key)
        return {"applied": payment["amount"], "ignored": ZERO}

    def take_back_payment(self, line, agency_case_id, external_id, key):
        """A file with a ``REMOVED``."""
        record = layout.Removed(agency_case_id, external_id)
        self._send(line, "removed", record, key)

    def report_credit_note(self, line, agency_case_id, credit_note, key):
        """A file with a ``CREDIT``."""
        record = layout.Credit(
            agency_case_id,
            credit_note["external_id"],
            credit_note["number"],
            credit_note["date"],
            credit_note["amount"],
            credit_note["currency"],
        )
        self._send(line, "credit", record, key)
        return {"applied": credit_note["amount"], "ignored": ZERO}

    def report_fee(self, line, agency_case_id, fee, key):
        """A file with a ``FEE``."""
        record = layout.Fee(
            agency_case_id, fee["type"], fee["date"], fee["amount"], fee["currency"]
        )
        self._send(line, "fee", record, key)

    def get_events(self, line, after):
        """What happens is told in files, see :meth:`read_file`."""
        return [], []

    def get_settlements(self, line):
        """They come in files too."""
        return [], []

    def confirm_settlement(self, line, settlement_id, entry, key):
        """The agency does not want to know."""

    def _send(self, line, kind, record, key):
        line.send(f"{kind}-{key}.txt", _render(key, [record]))

    def read_file(self, data):
        """Acknowledgements, statuses and payments."""
        try:
            _header, records = layout.read(data, layout.FROM_AGENCY)
        except FormatError as error:
            raise AgencyError(
                "invalid",
                error.code,
                _lt("The file cannot be used (%s). Ask the agency for it.", str(error)),
            ) from error
        tell = {
            layout.Acknowledgement: _tell_acknowledgement,
            layout.Status: _tell_status,
            layout.Payment: _tell_payment,
        }
        return [tell[type(record)](record) for record in records]


def _render(number, records):
    """Make a file; every attempt gives the same bytes."""
    header = layout.Header(number)
    try:
        return layout.write(header, records, layout.TO_AGENCY)
    except FormatError as error:
        place = PLACES.get(error.field, error.field)
        named = FormatError(error.code, place, **error.params)
        raise AgencyError("final", error.code, explain(named)) from error


def _tell_acknowledgement(record):
    return {
        "type": "acknowledgement",
        "case": record.case,
        "about": ABOUT[record.record],
        "accepted": record.result == "accepted",
        "case_number": record.case_number,
        "reference": record.reference,
        "text": record.text,
    }


def _tell_status(record):
    address = {
        name: getattr(record, name) for name in ("street", "zip", "city", "country")
    }
    return {
        "type": "status",
        "case": record.case,
        "details": {
            "agency_case_id": record.case,
            "case_number": record.case_number,
            "invoice_number": "",
            "debtor_name": "",
            "reference": "",
            "state": "",
            "outcome": record.outcome,
            "status_code": record.status,
            "status_label": record.label or record.status,
            "version": max(int((record.at - START).total_seconds()), 0),
            "portal_url": "",
            "action_required": False,
            "action_hint": "",
            "available_actions": ACTIONS,
            "currency": record.currency,
            "balance": {
                "capital": {
                    "original": record.capital_paid + record.capital,
                    "paid": record.capital_paid,
                    "remaining": record.capital,
                },
                **{
                    part: {"original": owed, "paid": ZERO, "remaining": owed}
                    for part, owed in (
                        ("interest", record.interest),
                        ("fees", record.fees),
                        ("court_fees", record.court_fees),
                    )
                },
            },
            "withdrawal_fee": None,
            "instalments": [],
            "limitation_date": record.limitation_date,
            "new_address": address if record.street else None,
            "documents": [],
            "history": [],
        },
    }


def _tell_payment(record):
    return {
        "type": "payment",
        "case": record.case,
        "settlement": {
            "settlement_id": record.payment,
            "kind": "per_invoice",
            "date": record.payout_on,
            "bank_reference": record.bank_reference,
            "payer_name": record.payer_name,
            "payer_account": record.payer_account,
            "currency": record.currency,
            "total": record.net,
            "has_pdf": False,
            "lines": [
                {
                    "case_id": record.case,
                    "case_number": "",
                    "external_id": record.case,
                    "invoice_number": record.invoice,
                    "reference": record.reference,
                    "payment_id": record.payment,
                    "date": record.paid_on,
                    "capital": record.capital,
                    "interest": record.interest,
                    "fees": record.fees,
                    "agency_fees": ZERO,
                    "court_fees": ZERO,
                    "commission": record.commission,
                    "vat": record.vat,
                    "net": record.net,
                }
            ],
        },
    }
