import hashlib
from datetime import timezone
from urllib.parse import quote

from odoo.tools import LazyTranslate

from ..exceptions import AgencyError
from ..formats import agency_api_reader as reader
from ..formats import agency_api_writer as writer
from ..formats.signature import HEADER, SignatureError, verify
from .agency import Agency
from .agency_api_errors import check_answer, misread
from .agency_api_errors import read_answer as _read
from .agency_api_errors import render_call as _render

_lt = LazyTranslate(__name__)

ACCOUNTING_SYSTEM = "Odoo"
# States in which the creditor still has to ask for the service.
BEFORE_ACTIVATION = ("initialised", "rejected")
DEFAULT_TYPE = "application/octet-stream"
# So many pages of 1,000 are read at once; the next run goes on where this one ended.
MAX_EVENT_PAGES = 20
MAX_SETTLEMENT_PAGES = 20


class AgencyApi(Agency):
    """Speaks the agency API: docs/agency_api.yaml, docs/agency_api.md."""

    name = "agency_api"
    label = _lt("Agency API")
    connection = {
        "way": "https",
        "authentication": "oauth2",
        "token_url": "/auth/token",
        "token_style": "json",
    }

    def get_terms(self, line):
        """``GET /terms``."""
        return self._ask(line, "GET", "/terms", reader.read_terms)

    def get_creditor(self, line):
        """``GET /creditors/current``."""
        try:
            return self._ask(line, "GET", "/creditors/current", reader.read_creditor)
        except AgencyError as error:
            if error.code != "not_found":
                raise
            return None

    def onboard(self, line, asked, key):
        """``POST /creditors``, what the company is, and ``POST …/activate``."""
        creditor = self.get_creditor(line)
        if creditor is None:
            terms = asked["terms_accepted"] or {"version": ""}
            body = writer.render_registration(
                asked["external_id"], ACCOUNTING_SYSTEM, terms["version"]
            )
            creditor = self._ask(
                line, "POST", "/creditors", reader.read_creditor, body, f"{key}-1"
            )
        elif creditor["state"] == "terminated":
            creditor = self.reactivate(line, creditor["creditor_id"], f"{key}-1")
        creditor = self._tell_creditor(line, creditor, asked, key)
        if creditor["state"] in BEFORE_ACTIVATION:
            path = _get_path("creditors", creditor["creditor_id"], "activate")
            creditor = self._ask(
                line, "POST", path, reader.read_creditor, b"{}", f"{key}-4"
            )
        return creditor

    def update_creditor(self, line, asked, key):
        """``PATCH /creditors/{id}``. Terms were accepted when the service was opened;
        newer ones have not been."""
        creditor = self._get_own_creditor(line)
        return self._tell_creditor(
            line, creditor, {**asked, "terms_accepted": None}, key
        )

    def _tell_creditor(self, line, creditor, asked, key):
        """Replace what the agency knows of the creditor by ``asked``."""
        if creditor["external_id"]:
            asked = {**asked, "external_id": ""}
        path = _get_path("creditors", creditor["creditor_id"])
        body, own_key = _get_state_call(f"{key}-2", writer.render_creditor, asked)
        told = self._ask(line, "PATCH", path, reader.read_creditor, body, own_key)
        body, own_key = _get_state_call(
            f"{key}-3", writer.render_webhook, asked["webhook"]
        )
        self._call(line, "PUT", f"{path}/webhook", body, own_key)
        return told

    def put_settings(self, line, creditor_ref, settings, key):
        """``PUT …/settings``."""
        path = self._get_creditor_path(line, creditor_ref, "settings")
        body = writer.render_settings(settings)
        return self._ask(line, "PUT", path, reader.read_settings, body, key)

    def terminate(self, line, creditor_ref, reason, key):
        """``POST …/terminate``."""
        path = self._get_creditor_path(line, creditor_ref, "terminate")
        body = _render(writer.render_reason, reason)
        return self._ask(line, "POST", path, reader.read_creditor, body, key)

    def reactivate(self, line, creditor_ref, key):
        """``POST …/reactivate``."""
        path = self._get_creditor_path(line, creditor_ref, "reactivate")
        return self._ask(line, "POST", path, reader.read_creditor, b"{}", key)

    def _get_creditor_path(self, line, reference, what):
        reference = reference or self._get_own_creditor(line)["creditor_id"]
        return _get_path("creditors", reference, what)

    def _get_own_creditor(self, line):
        creditor = self.get_creditor(line)
        if creditor is None:
            raise AgencyError(
                "final",
                "not_found",
                _lt(
                    "The agency has no agreement with this client identifier. Open the "
                    "service first."
                ),
            )
        return creditor

    def render_case(self, values):
        """The body of ``POST /cases``."""
        return _render(writer.render_case, values)

    def create_case(self, line, body, key):
        """``POST /cases``."""
        return self._ask(line, "POST", "/cases", reader.read_case, body, key)

    def get_case(self, line, agency_case_id):
        """``GET /cases/{id}``."""
        return self._ask(
            line, "GET", _get_path("cases", agency_case_id), reader.read_case
        )

    def send_action(self, line, agency_case_id, action, reason, until, key):
        """``POST …/actions``."""
        body = _render(writer.render_action, action, reason, until)
        path = _get_path("cases", agency_case_id, "actions")
        self._call(line, "POST", path, body, key)

    def report_payment(self, line, agency_case_id, payment, key):
        """``POST …/payments``."""
        body = _render(writer.render_payment, payment)
        path = _get_path("cases", agency_case_id, "payments")
        return self._ask(line, "POST", path, reader.read_money_done, body, key)

    def take_back_payment(self, line, agency_case_id, external_id, key):
        """``DELETE …/payments/{external_id}``."""
        path = _get_path("cases", agency_case_id, "payments", external_id)
        self._call(line, "DELETE", path, key=key)

    def report_credit_note(self, line, agency_case_id, credit_note, key):
        """``POST …/credit-notes``."""
        body = _render(writer.render_credit_note, credit_note)
        path = _get_path("cases", agency_case_id, "credit-notes")
        return self._ask(line, "POST", path, reader.read_money_done, body, key)

    def report_fee(self, line, agency_case_id, fee, key):
        """``POST …/fees``."""
        body = _render(writer.render_fee, fee)
        path = _get_path("cases", agency_case_id, "fees")
        self._call(line, "POST", path, body, key)

    def send_documents(self, line, agency_case_id, files, key):
        """``POST …/documents``."""
        parts = [("kind", (None, "invoice"))]
        for name, mimetype, data in files:
            # A quotation mark would be read in as many ways as there are programs.
            name = name.replace('"', "'")
            parts.append(("file", (name, data, mimetype or DEFAULT_TYPE)))
        path = _get_path("cases", agency_case_id, "documents")
        self._call(line, "POST", path, key=key, files=parts)

    def get_document(self, line, agency_case_id, document_id):
        """``GET …/documents/{id}``."""
        path = _get_path("cases", agency_case_id, "documents", document_id)
        answer = self._call(line, "GET", path)
        kind = (answer.headers.get("Content-Type") or "").partition(";")[0].strip()
        return answer.body, kind or DEFAULT_TYPE

    def get_settlements(self, line):
        """``GET /settlements?status=open``, page by page."""
        settlements, faults, params = [], [], {"status": "open", "limit": "100"}
        for _page in range(MAX_SETTLEMENT_PAGES):
            answer = self._call(line, "GET", "/settlements", params=params)
            page, errors, cursor = _read(reader.read_settlement_page, answer.body)
            settlements += page
            faults += [misread(error).sentence for error in errors]
            if not cursor:
                break
            params = {**params, "cursor": cursor}
        return settlements, faults

    def get_settlement_pdf(self, line, settlement_id):
        """``GET …/pdf``."""
        path = _get_path("settlements", settlement_id, "pdf")
        return self._call(line, "GET", path).body, "application/pdf"

    def confirm_settlement(self, line, settlement_id, entry, key):
        """``PATCH …/bookkeep``."""
        path = _get_path("settlements", settlement_id, "bookkeep")
        params = {"internal_accounting_id": entry}
        self._call(line, "PATCH", path, key=key, params=params)

    def get_events(self, line, after):
        """``GET /events``, page by page."""
        events, faults = [], []
        for _page in range(MAX_EVENT_PAGES):
            try:
                page, misread_ones = self._get_event_page(line, after)
            except AgencyError as error:
                if error.code != "not_found" or not after or events:
                    raise
                # It is older than what the agency keeps: all that is kept is newer.
                page, misread_ones = self._get_event_page(line, "")
            faults += misread_ones
            if not page or page[-1]["event_id"] == after:
                break
            events += page
            after = page[-1]["event_id"]
        return events, faults

    def _get_event_page(self, line, after):
        params = {"after": after} if after else None
        answer = self._call(line, "GET", "/events", params=params)
        if answer.status == 204:
            return [], []
        events, errors = _read(reader.read_event_page, answer.body)
        return events, [misread(error).sentence for error in errors]

    def read_webhook(self, secret, headers, body, now):
        """The events of a webhook call with a right signature."""
        given = {name.lower(): value for name, value in headers.items()}
        try:
            verify(
                secret,
                given.get(HEADER.lower(), ""),
                body,
                now.replace(tzinfo=timezone.utc).timestamp(),
            )
        except SignatureError as error:
            code = "too_old" if error.code == "too_old" else "bad_signature"
            raise AgencyError("final", code, code) from error
        return _read(reader.read_events, body)

    def _ask(self, line, method, path, read, body=None, key=None):
        """Make a call and read its answer with a function of the format."""
        return _read(read, self._call(line, method, path, body, key).body)

    def _call(self, line, method, path, body=None, key=None, **options):
        """Make a call that must succeed.

        :return: the answer, with ``status``, ``headers`` and ``body``
        :raise AgencyError: it did not
        """
        headers = {"Idempotency-Key": key} if key else {}
        return check_answer(
            line.request(method, path, json=body, headers=headers, **options)
        )


def _get_path(*parts):
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _get_state_call(key, render, value):
    """Return body and key of a call that replaces a whole.

    The company's data may be corrected between two attempts. Then it is another call
    and needs a key of its own, which the body gives.
    """
    body = _render(render, value)
    return body, f"{key}-{hashlib.sha256(body).hexdigest()[:16]}"
