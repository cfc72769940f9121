from datetime import datetime, timedelta, timezone
from urllib.parse import quote

from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.moments import read_iso

from ..exceptions import AgencyError
from ..formats import kravia_reader as reader
from ..formats import kravia_writer as writer
from ..formats.kravia_signature import read_signed
from ..formats.signature import SignatureError
from .agency import AgencyByContract
from .agency_api_errors import (
    RETRY_STATUSES,
    explain_fault,
    get_retry_after,
    misread,
    read_answer,
    render_call,
)

_lt = LazyTranslate(__name__)

PAGE = 100
# So many pages are read at once; the next run goes on where this one ended.
MAX_PAGES = 50
# Kravia's clock and ours, and how far it looks back before the first event.
CLOCKS = timedelta(minutes=10)
FIRST_LOOK = timedelta(days=1)
# Less than it takes to change a case twice.
MOMENT = timedelta(milliseconds=1)
# When Kravia told us last, and which case: what a search goes on from.
SEPARATOR = "/"


class Kravia(AgencyByContract):
    """Speaks Kravia's API as far as its public pages show it: docs/kravia.md."""

    name = "kravia"
    label = _lt("Kravia")
    catalogue = "kravia"
    connection = {
        "way": "https",
        "url": "https://api.kravia.ai/api/v2",
        "authentication": "header",
        "header_name": "Authorization",
    }
    has_timed_events = True
    lacks = frozenset(
        {
            *("settings", "company_data", "terminate", "reactivate", "documents"),
            *("fee", "client", "matter"),
        }
    )
    untold = frozenset({"language", "phone", "contact", "note", "fees", "co_debtors"})

    def onboard(self, line, asked, key):
        """``PUT /creditor/{id}/webhook``, and the contact person is invited to the
        portal: ``POST /creditor/{id}/invite``.

        Kravia's own opening is not used: of its three steps, the pages show one.
        """
        creditor = self.update_creditor(line, asked, key)
        path = _get_path("creditor", creditor["creditor_id"], "invite")
        body = render_call(writer.render_invitation, asked["contact"])
        self._call(line, "POST", path, body)
        return creditor

    def update_creditor(self, line, asked, key):
        """``PUT /creditor/{id}/webhook``: nothing else of the company can be told."""
        number = render_call(writer.get_creditor_number, asked)
        body = render_call(writer.render_webhook, asked["webhook"])
        self._call(line, "PUT", _get_path("creditor", number, "webhook"), body)
        return self._make_agreement(number)

    def render_case(self, values):
        """The body of ``POST /invoice/register``."""
        return render_call(writer.render_case, values)

    def create_case(self, line, body, key):
        """``POST /invoice/register``."""
        answer = self._call(line, "POST", "/invoice/register", body)
        try:
            case_id = read_answer(reader.read_registered, answer.body)
        except AgencyError:
            # It is there all the same, and must not be registered a second time.
            if found := self.find_case(line, body, _now()):
                return found
            raise
        return _make_created(case_id)

    def find_case(self, line, body, since):
        """``GET /invoice/search`` for our own number."""
        own = read_answer(reader.read_own_number, body)
        for row in self._search(line, since - CLOCKS, []):
            if row["external_id"] == own:
                return _make_created(row["case_id"])
        return None

    def get_case(self, line, agency_case_id):
        """``GET /invoice/{id}/details``."""
        path = _get_path("invoice", agency_case_id, "details")
        return read_answer(reader.read_case, self._call(line, "GET", path).body)

    def send_action(self, line, agency_case_id, action, reason, until, key):
        """There is no call."""
        raise _only_in_portal()

    def report_payment(self, line, agency_case_id, payment, key):
        """``POST /invoice/payment``, unless Kravia has it already."""
        body = render_call(writer.render_payment, agency_case_id, payment)
        return self._tell_money(line, agency_case_id, payment, "payment", body)

    def report_credit_note(self, line, agency_case_id, credit_note, key):
        """``POST /invoice/creditnote``, unless Kravia has it already."""
        body = render_call(writer.render_credit_note, agency_case_id, credit_note)
        return self._tell_money(line, agency_case_id, credit_note, "creditnote", body)

    def _tell_money(self, line, agency_case_id, money, what, body):
        """Kravia knows no idempotency keys and ignores what exceeds the capital."""
        before = self.get_case(line, agency_case_id)
        applied = money["amount"]
        if money["external_id"] not in before["told"]:
            self._call(line, "POST", f"/invoice/{what}", body)
            applied = min(applied, before["balance"]["capital"]["remaining"])
        return {"applied": applied, "ignored": money["amount"] - applied}

    def take_back_payment(self, line, agency_case_id, external_id, key):
        """There is no call."""
        raise AgencyError(
            "final",
            "not_offered",
            _lt(
                "Kravia cannot be told over its interface that a payment is there no "
                "more. Write to it: until then it collects too little."
            ),
        )

    def get_settlements(self, line):
        """``GET /settlements?ExcludeClosed=true``."""
        params = {"ExcludeClosed": "true"}
        answer = self._call(line, "GET", "/settlements", params=params)
        settlements, errors = read_answer(reader.read_settlements, answer.body)
        return settlements, [misread(error).sentence for error in errors]

    def confirm_settlement(self, line, settlement_id, entry, key):
        """``PATCH /settlements/{id}/bookkeep``."""
        path = _get_path("settlements", settlement_id, "bookkeep")
        self._call(line, "PATCH", path, params={"internalAccountingId": entry})

    def get_events(self, line, after):
        """``GET /invoice/search``: every case that has changed is an event."""
        faults, known = [], after
        start = _read_moment(after.partition(SEPARATOR)[0])
        if not start:
            start, known = _now() - FIRST_LOOK, ""
        events = [
            {
                "event_id": f"{row['updated']}{SEPARATOR}{row['case_id']}",
                "type": "CaseUpdate",
                "case_id": row["case_id"],
            }
            for row in self._search(line, start, faults)
        ]
        return [event for event in events if event["event_id"] != known], faults

    def _search(self, line, since, faults):
        """Generate what has changed since, the oldest change first, each change once.

        A page begins a moment before the end of the last one: what changes meanwhile
        moves to the end, and so nothing is passed over.
        """
        seen, skip = set(), 0
        for _page in range(MAX_PAGES):
            params = {
                "byAscending": "True",
                "lastUpdatedTime": since.isoformat(),
                "orderBy": "11",
                "skip": str(skip),
                "top": str(PAGE),
            }
            answer = self._call(line, "GET", "/invoice/search", params=params)
            rows, errors = read_answer(reader.read_search, answer.body)
            faults += [misread(error).sentence for error in errors]
            for row in rows:
                mark = row["updated"], row["case_id"]
                if mark not in seen:
                    seen.add(mark)
                    yield row
            if len(rows) + len(errors) < PAGE:
                return
            latest = _read_moment(rows[-1]["updated"]) - MOMENT if rows else since
            if latest > since:
                since, skip = latest, 0
            else:
                skip += PAGE

    def read_webhook(self, secret, headers, body, now):
        """A call of Kravia's webhook; it is proved by what the body holds."""
        try:
            return [read_signed(secret, body)]
        except SignatureError as error:
            raise AgencyError(
                "final", "bad_signature", _lt("The call is not signed as agreed.")
            ) from error
        except FormatError as error:
            raise misread(error) from error

    def _call(self, line, method, path, body=None, **options):
        """Make one call; what is documented of it is all that goes.

        :raise AgencyError: Kravia refuses it or has a fault
        """
        answer = line.request(method, path, json=body, **options)
        status = answer.status
        if 200 <= status < 300:
            return answer
        if status >= 500 or status in RETRY_STATUSES:
            raise AgencyError(
                "retry",
                "internal_error",
                explain_fault(status),
                retry_after=get_retry_after(answer.headers),
            )
        message = reader.read_refusal(answer.body)
        sentence = _lt(
            "Kravia does not accept it (HTTP %s) and does not say why. Look in its "
            "portal, or ask it.",
            status,
        )
        if message:
            sentence = _lt(
                "Kravia does not accept it (HTTP %(status)s): %(message)s",
                status=status,
                message=message,
            )
        raise AgencyError("final", f"http_{status}", sentence)


def _make_created(case_id):
    """Return a case of which nothing but Kravia's number is known yet."""
    return {
        "agency_case_id": case_id,
        "case_number": "",
        "reference": "",
        "portal_url": "",
    }


def _only_in_portal():
    return AgencyError(
        "final",
        "not_offered",
        _lt("Kravia takes this in its portal only: do it there."),
    )


def _get_path(*parts):
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _now():
    return datetime.now(timezone.utc).replace(tzinfo=None)


def _read_moment(text):
    moment = read_iso(text, timezone.utc)
    return moment and moment.replace(tzinfo=None)
