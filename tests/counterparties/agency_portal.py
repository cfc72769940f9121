"""The portal: which page or form a path means, and what follows a form."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, quote

import agency_agreements
import agency_employee
import agency_faults
import agency_messages
import agency_multipart
import agency_pages
import agency_pages_case
import agency_pages_creditor
import agency_sandbox
import agency_settings
import agency_settlements
import agency_transfer
from agency_core import Agency
from agency_errors import ApiError, missing
from agency_gate import Reply, Request
from agency_html import page
from agency_routes import Answer
from html_parts import Html, el

_STYLE = Path(__file__).with_name("agency.css")
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_NUMBERS = ("instalments", "advance_days", "advance_seconds", "times", "seconds")

Fields = dict[str, str]


class Portal:
    """Server-rendered pages for the creditor's people and the agency's own."""

    def __init__(self, agency: Agency) -> None:
        self.agency = agency

    def answer(self, request: Request) -> Reply:
        """A page, a file, or the way on after a form."""
        parts = [part for part in request.path.split("/") if part]
        try:
            if request.method in ("GET", "HEAD"):
                return self._get(parts, request.query)
            if request.method == "POST":
                return self._post(parts, request)
            raise ApiError("method_not_allowed", "Pages are read and forms are posted.")
        except ApiError as error:
            return self._again(parts, error)

    # Reading

    def _get(self, parts: list[str], query: Fields) -> Reply:
        if parts == ["agency.css"]:
            kind = {"Content-Type": "text/css; charset=utf-8"}
            return Reply(200, _STYLE.read_bytes(), kind)
        if parts == ["health"]:
            return Reply(200, b"ok", {"Content-Type": "text/plain"})
        if parts in ([], ["portal"]):
            return Reply(303, headers={"Location": "/portal/creditors"})
        if parts[0] != "portal":
            raise missing("page")
        file = self._file(parts[1:])
        if file:
            return Reply(
                200,
                file.data or b"",
                {"Content-Type": file.kind, "Content-Disposition": file.disposition()},
            )
        done = query.get("done")
        note = el("p", "Done.", class_="note", role="status", id="done")
        return self._page(parts[1:], query, 200, note if done else "")

    def _file(self, parts: list[str]) -> Answer | None:
        """Something to download."""
        with self.agency.store.transaction():
            if len(parts) == 4 and parts[0] == "cases" and parts[2] == "documents":
                case = self._case(parts[1])
                found, data = agency_messages.document(self.agency, case, parts[3])
                kind, name = found["content_type"], found["name"]
                return Answer(200, data=data, kind=kind, filename=name)
            if len(parts) == 3 and parts[0] == "settlements" and parts[2] == "pdf":
                settlement = self.agency.record("settlement", parts[1])
                data, name = agency_settlements.pdf(settlement), f"{parts[1]}.pdf"
                return Answer(200, data=data, kind="application/pdf", filename=name)
        return None

    def _page(
        self, parts: list[str], query: Fields, status: int, note: object
    ) -> Reply:
        with self.agency.store.transaction():
            title, body = self._content(parts, query)
        place = f"/portal/{parts[0]}" if parts else ""
        made = page(self.agency.name, place, title, note, body)
        return Reply(status, made, dict(_HTML))

    def _content(self, parts: list[str], query: Fields) -> tuple[str, Html]:
        agency = self.agency
        fixed = {
            "creditors": lambda: agency_pages_creditor.listing(agency),
            "cases": lambda: agency_pages.cases(agency, query.get("find", "")),
            "settlements": lambda: agency_pages.settlements(agency),
            "mail": lambda: agency_pages.mails(agency),
            "clock": lambda: agency_pages.clock(agency),
            "terms": lambda: agency_pages.terms(agency),
            "prices": lambda: agency_pages.prices(agency),
        }
        if len(parts) == 1 and parts[0] in fixed:
            return fixed[parts[0]]()
        if len(parts) == 2 and parts[0] == "creditors":
            creditor = agency.record("creditor", parts[1])
            return agency_pages_creditor.one(agency, creditor)
        if len(parts) == 2 and parts[0] == "cases":
            return agency_pages_case.one(agency, self._case(parts[1]))
        raise missing("page")

    def _case(self, identity: str) -> dict:
        return self.agency.record("case", identity)

    def _again(self, parts: list[str], error: ApiError) -> Reply:
        """The page the form was on, with the reason why it was not done."""
        reasons = [error.message]
        reasons += [each["message"] for each in error.fields]
        words = [el("p", reason) for reason in dict.fromkeys(reasons)]
        note = el("div", words, class_="note bad", role="alert", id="error")
        below = parts[1:3] if parts[:1] == ["portal"] else []
        if below[:1] in (["clock"], ["faults"], ["reset"]):
            below = ["clock"]
        try:
            return self._page(below, {}, error.status, note)
        except ApiError:
            back = el("p", el("a", "To the first page", href="/portal/"))
            made = page(self.agency.name, "", "Not possible", note, back)
            return Reply(error.status, made, dict(_HTML))

    # Writing

    def _post(self, parts: list[str], request: Request) -> Reply:
        if parts[:1] != ["portal"]:
            raise missing("form")
        # read before the books are locked: a slow sender must not stop the others
        data = request.read(parts[-1] == "documents")
        with self.agency.store.transaction():
            place = self._do(parts[1:], data, request.headers.get("content-type", ""))
        return Reply(303, headers={"Location": f"{place}?done=1"})

    def _do(self, parts: list[str], data: bytes, kind: str) -> str:
        """Do what a form asks for; the path to go to."""
        if len(parts) == 3 and parts[0] == "cases" and parts[2] == "documents":
            return self._add_documents(self._case(parts[1]), data, kind)
        fields = read_fields(data)
        if len(parts) == 3 and parts[0] == "cases":
            return self._on_case(self._case(parts[1]), parts[2], fields)
        if len(parts) == 3 and parts[0] == "creditors":
            creditor = self.agency.record("creditor", parts[1])
            return self._on_creditor(creditor, parts[2], fields)
        if parts == ["clock"]:
            agency_sandbox.advance_clock(self.agency, given_by(fields))
        elif parts == ["faults"]:
            agency_faults.arm(self.agency, given_by(fields))
        elif parts == ["faults", "clear"]:
            agency_faults.clear(self.agency)
        elif parts == ["settlements"]:
            agency_sandbox.settle(self.agency, {})
            return "/portal/settlements"
        else:
            raise missing("form")
        return "/portal/clock"

    def _add_documents(self, case: dict, data: bytes, kind: str) -> str:
        boundary = agency_multipart.boundary_of(kind)
        if boundary is None:
            raise ApiError("unsupported_media_type", "Choose a file to add.")
        parts = agency_multipart.split(data, boundary)
        agency_messages.attach(self.agency, case, parts)
        return f"/portal/cases/{quote(case['id'])}"

    def _on_case(self, case: dict, name: str, fields: Fields) -> str:
        if name not in agency_employee.CONTROLS:
            raise missing("form")
        agency_employee.CONTROLS[name](self.agency, case, given_by(fields))
        return f"/portal/cases/{quote(case['id'])}"

    def _on_creditor(self, creditor: dict, name: str, fields: Fields) -> str:
        if name == "cases":
            case = agency_transfer.type_by_hand(self.agency, creditor, given_by(fields))
            return f"/portal/cases/{quote(case['id'])}"
        if name not in agency_agreements.CONTROLS:
            raise missing("form")
        given = given_by(fields)
        if name == "settings":
            given = settings_given_by(fields)
        agency_agreements.CONTROLS[name](self.agency, creditor, given)
        return f"/portal/creditors/{quote(creditor['id'])}"


def read_fields(data: bytes) -> Fields:
    """The fields of a form."""
    return dict(parse_qsl(data.decode("utf-8", "replace")))


def given_by(fields: Fields) -> dict:
    """Fields as a JSON body would have them."""
    given: dict[str, object] = {}
    for name, value in fields.items():
        value = value.strip()
        if name in _NUMBERS and value.isascii() and value.isdecimal():
            given[name] = int(value)
        elif value:
            given[name] = value
    return given


def settings_given_by(fields: Fields) -> dict:
    """A box that is not ticked sends nothing, an emptied field means none."""
    given: dict[str, object] = given_by(fields)
    for name in agency_settings.FLAGS:
        given[name] = name in fields
    for name in ("notification_email", "batch_account"):
        given[name] = fields.get(name, "").strip() or None
    return given
