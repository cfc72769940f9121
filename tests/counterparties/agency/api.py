"""The contract's calls, each in a few lines over the parts that do the work."""

import io
from typing import Any

from flask import Response, g, request, send_file
from werkzeug.routing import BaseConverter

from . import (
    access,
    actions,
    cases,
    creditors,
    fields,
    messages,
    payments,
    receipts,
    settlements,
    transfer,
)
from .core import TERMS_TEXT, agency
from .errors import invalid, missing
from .fields import Moment
from .gate import Contract

api = Contract("api", __name__, url_prefix="/v1")
call = api.call


class Reference(BaseConverter):
    """A creditor's own id in a path; its slashes come percent-encoded."""

    regex = ".+"
    part_isolating = False


def _creditor(identity: str | None = None) -> dict:
    """The creditor of the client; in a path only its own id is known."""
    creditor = creditors.of_client(g.client)
    if creditor is None or identity not in (None, creditor["id"]):
        raise missing("creditor")
    return creditor


def _case(identity: str) -> dict:
    return agency.record("case", identity, creditor_id=_creditor()["id"])


def _count(most: int, default: int) -> int:
    """`limit` of a list."""
    text = request.args.get("limit")
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text[:9]) <= most:
        raise invalid("limit", "value", f"limit is not between 1 and {most}.")
    return int(text)


def _page(kind: str, since: str = "", **where: object) -> tuple[list[dict], str | None]:
    """Records of the creditor, and the cursor of the next ones."""
    cursor = request.args.get("cursor") or "0"
    if not cursor.isdecimal() or len(cursor) > 15:
        raise invalid("cursor", "value", "This is no cursor of ours.")
    limit, mine = _count(100, 50), _creditor()["id"]
    where["creditor_id"] = mine
    found, more = agency.books.page(kind, int(cursor), limit, since, where)
    return found, str(more) if more else None


def as_file(data: bytes, name: str, content_type: str) -> Response:
    """Bytes with their name."""
    response = send_file(io.BytesIO(data), as_attachment=True, download_name=name)
    response.content_type = content_type
    return response


# Access and onboarding


@call("POST", "/auth/token", public=True)
def token() -> dict:
    return access.issue(g.given)


@call("GET", "/terms", public=True)
def terms() -> dict:
    return {**agency.terms(), "text": TERMS_TEXT}


@call("POST", "/creditors")
def create_creditor() -> Any:
    return creditors.view(creditors.create(g.client, g.given)), 201


@call("GET", "/creditors/current")
def current_creditor() -> dict:
    return creditors.view(_creditor())


@call("GET", "/creditors/<creditor>")
def read_creditor(creditor: str) -> dict:
    return creditors.view(_creditor(creditor))


@call("PATCH", "/creditors/<creditor>")
def patch_creditor(creditor: str) -> dict:
    return creditors.view(creditors.patch(_creditor(creditor), g.given))


@call("POST", "/creditors/<creditor>/activate")
def activate(creditor: str) -> Any:
    changed = creditors.apply_for_activation(_creditor(creditor))
    status = 200 if changed["state"] == "active" else 202
    return creditors.view(changed), status


@call("POST", "/creditors/<creditor>/terminate")
def terminate(creditor: str) -> dict:
    return creditors.view(creditors.leave(_creditor(creditor), g.given))


@call("POST", "/creditors/<creditor>/reactivate")
def reactivate(creditor: str) -> dict:
    return creditors.view(creditors.come_back(_creditor(creditor)))


@call("GET", "/creditors/<creditor>/webhook")
def read_webhook(creditor: str) -> dict:
    webhook = creditors.webhook_view(_creditor(creditor)["webhook"])
    if webhook is None:
        raise missing("webhook")
    return webhook


@call("PUT", "/creditors/<creditor>/webhook")
def put_webhook(creditor: str) -> Any:
    changed = creditors.put_webhook(_creditor(creditor), g.given)
    return creditors.webhook_view(changed["webhook"])


@call("GET", "/creditors/<creditor>/settings")
def read_settings(creditor: str) -> dict:
    return _creditor(creditor)["settings"]


@call("PUT", "/creditors/<creditor>/settings")
def put_settings(creditor: str) -> dict:
    return creditors.put_settings(_creditor(creditor), g.given)["settings"]


# Cases


@call("POST", "/cases")
def create_case() -> Any:
    case = transfer.transfer(_creditor(), g.given)
    status = 202 if agency.rules()["asynchronous"] else 201
    return cases.view(case), status


@call("GET", "/cases")
def list_cases() -> dict:
    given = request.args
    since = fields.read({"updated_since": Moment()}, given)["updated_since"]
    names = ("external_id", "invoice_number", "state")
    where = {name: given[name] for name in names if given.get(name)}
    found, cursor = _page("case", since or "", **where)
    return {"cases": [cases.view(case) for case in found], "next_cursor": cursor}


@call("GET", "/cases/<case>")
def read_case(case: str) -> dict:
    return cases.view(_case(case))


@call("POST", "/cases/<case>/actions")
def act(case: str) -> Any:
    found = _case(case)
    if not agency.rules()["asynchronous"]:
        return actions.act(found, g.given)
    action = actions.read(found, g.given)
    # an agency that needs time does it a moment later
    intent = {"id": agency.new_id("in"), "case_id": case, "action": action}
    agency.books.save("intent", {**intent, "due_at": agency.stamp()})
    return actions.answer(found, action["type"]), 202


@call("POST", "/cases/<case>/documents", multipart=True)
def add_documents(case: str) -> Any:
    files, kind = request.files.getlist("file"), request.form.get("kind")
    return {"documents": messages.attach(_case(case), files, kind)}, 201


@call("GET", "/cases/<case>/documents/<document>")
def read_document(case: str, document: str) -> Response:
    found = agency.record("document", document, case_id=_case(case)["id"])
    return as_file(messages.content(found), found["name"], found["content_type"])


@call("POST", "/cases/<case>/messages")
def add_message(case: str) -> Any:
    return messages.write(_case(case), "creditor", g.given), 201


@call("GET", "/cases/<case>/messages")
def list_messages(case: str) -> dict:
    return {"messages": cases.parts(_case(case), "message")}


@call("GET", "/events")
def list_events() -> Any:
    limit, mine = _count(1000, 1000), {"creditor_id": _creditor()["id"]}
    start, after = 0, request.args.get("after")
    if after:
        start = agency.books.place(agency.record("event", after, **mine)["id"])
    events, _more = agency.books.page("event", start, limit, "", mine)
    return {"events": events} if events else ("", 204)


# Money


@call("POST", "/cases/<case>/payments")
def pay(case: str) -> Any:
    return payments.pay(_case(case), g.given), 201


@call("GET", "/cases/<case>/payments")
def list_payments(case: str) -> dict:
    found = agency.books.find("payment", case_id=_case(case)["id"])
    return {"payments": [receipts.view(each) for each in found]}


@call("DELETE", "/cases/<case>/payments/<reference:external_id>")
def reverse(case: str, external_id: str) -> dict:
    return payments.reverse(_case(case), external_id)


@call("POST", "/payments")
def pay_several() -> Any:
    return payments.pay_several(_creditor(), g.given), 201


@call("POST", "/cases/<case>/credit-notes")
def credit(case: str) -> Any:
    return payments.credit(_case(case), g.given), 201


@call("POST", "/cases/<case>/fees")
def add_fee(case: str) -> Any:
    return payments.add_fee(_case(case), g.given), 201


def _settlement(identity: str) -> dict:
    return agency.record("settlement", identity, creditor_id=_creditor()["id"])


@call("GET", "/settlements")
def list_settlements() -> dict:
    status = request.args.get("status") or "open"
    if status not in ("open", "bookkept", "all"):
        raise invalid("status", "value", "status is not open, bookkept or all.")
    where = {} if status == "all" else {"status": status}
    found, cursor = _page("settlement", **where)
    shown = [settlements.view(each) for each in found]
    return {"settlements": shown, "next_cursor": cursor}


@call("GET", "/settlements/<settlement>")
def read_settlement(settlement: str) -> dict:
    return settlements.view(_settlement(settlement))


@call("GET", "/settlements/<settlement>/pdf")
def settlement_pdf(settlement: str) -> Response:
    data = settlements.pdf(_settlement(settlement))
    return as_file(data, f"{settlement}.pdf", "application/pdf")


@call("PATCH", "/settlements/<settlement>/bookkeep")
def bookkeep(settlement: str) -> dict:
    found = _settlement(settlement)
    return settlements.view(settlements.bookkeep(found, request.args))
