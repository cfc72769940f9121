"""The contract's calls, each in a few lines over the parts that do the work."""

from __future__ import annotations

import agency_access
import agency_actions
import agency_agreements
import agency_cases
import agency_creditors
import agency_messages
import agency_payments
import agency_receipts
import agency_settings
import agency_settlements
import agency_transfer
from agency_core import TERMS_TEXT, Agency
from agency_errors import invalid, missing
from agency_form import Form
from agency_routes import Answer, Call, Route


def _creditor(call: Call) -> dict:
    """The creditor of the client; in a path only its own id is known."""
    creditor = agency_creditors.of_client(call.agency, call.client)
    if creditor is None or call.path.get("creditor", creditor["id"]) != creditor["id"]:
        raise missing("creditor")
    return creditor


def _case(call: Call) -> dict:
    case = call.agency.store.get("case", call.path["case"])
    if case is None or case["creditor_id"] != _creditor(call)["id"]:
        raise missing("case")
    return case


def _count(call: Call, most: int, default: int) -> int:
    """`limit` of a list."""
    text = call.query.get("limit")
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise invalid("limit", "value", f"limit is not between 1 and {most}.")
    return int(text)


def _after(call: Call) -> int:
    """`cursor` of a list."""
    text = call.query.get("cursor") or "0"
    if not text.isdecimal() or len(text) > 15:
        raise invalid("cursor", "value", "This is no cursor of ours.")
    return int(text)


# Access and onboarding


def _token(call: Call) -> Answer:
    return Answer(200, agency_access.issue(call.agency, call.body))


def _terms(call: Call) -> Answer:
    return Answer(200, {**call.agency.terms(), "text": TERMS_TEXT})


def _shown(call: Call, creditor: dict, status: int = 200) -> Answer:
    return Answer(status, agency_creditors.view(call.agency, creditor))


def _create_creditor(call: Call) -> Answer:
    creditor = agency_creditors.create(call.agency, call.client, call.body)
    return _shown(call, creditor, 201)


def _read_creditor(call: Call) -> Answer:
    return _shown(call, _creditor(call))


def _patch_creditor(call: Call) -> Answer:
    return _shown(call, agency_creditors.patch(call.agency, _creditor(call), call.body))


def _activate(call: Call) -> Answer:
    creditor = _creditor(call)
    waits = agency_creditors.apply_for_activation(call.agency, creditor)
    return _shown(call, creditor, 202 if waits else 200)


def _terminate(call: Call) -> Answer:
    return _shown(
        call, agency_creditors.terminate(call.agency, _creditor(call), call.body)
    )


def _reactivate(call: Call) -> Answer:
    return _shown(call, agency_creditors.reactivate(call.agency, _creditor(call)))


def _read_webhook(call: Call) -> Answer:
    webhook = agency_settings.webhook_view(_creditor(call)["webhook"])
    if webhook is None:
        raise missing("webhook")
    return Answer(200, webhook)


def _put_webhook(call: Call) -> Answer:
    creditor, form = _creditor(call), Form(call.body)
    stamp = call.agency.clock.stamp()
    webhook = agency_settings.read_webhook(form, creditor["webhook"], stamp)
    form.check()
    creditor["webhook"] = webhook
    agency_creditors.changed(call.agency, creditor)
    return Answer(200, agency_settings.webhook_view(webhook))


def _read_settings(call: Call) -> Answer:
    return Answer(200, _creditor(call)["settings"])


def _put_settings(call: Call) -> Answer:
    creditor = _creditor(call)
    settings = agency_agreements.store_settings(call.agency, creditor, call.body)
    return Answer(200, settings)


# Cases


def _later(agency: Agency) -> bool:
    return agency.rules().on("asynchronous")


def _create_case(call: Call) -> Answer:
    case = agency_transfer.transfer(call.agency, _creditor(call), call.body)
    status = 202 if _later(call.agency) else 201
    return Answer(status, agency_cases.view(call.agency, case))


def _read_case(call: Call) -> Answer:
    return Answer(200, agency_cases.view(call.agency, _case(call)))


def _list_cases(call: Call) -> Answer:
    form = Form(dict(call.query))
    since = form.moment("updated_since")
    form.check()
    names = ("external_id", "invoice_number", "state")
    where = {name: call.query[name] for name in names if call.query.get(name)}
    if since:
        where["updated_at_since"] = since
    limit, after = _count(call, 100, 50), _after(call)
    owner = _creditor(call)["id"]
    found, more = call.agency.store.page("case", owner, after, limit, where)
    cases = [agency_cases.view(call.agency, each) for each in found]
    return Answer(200, {"cases": cases, "next_cursor": str(more) if more else None})


def _act(call: Call) -> Answer:
    agency, case = call.agency, _case(call)
    if not _later(agency):
        return Answer(200, agency_actions.act(agency, case, call.body))
    action = agency_actions.read(agency, case, call.body)
    intent = {
        "id": agency.new_id("in"),
        "case_id": case["id"],
        "action": action,
        "due_at": agency.clock.stamp(),
    }
    agency.store.save("intent", intent)
    fee = agency_actions.no_fee(case)
    return Answer(202, agency_actions.answer(agency, case, action["type"], fee))


def _add_documents(call: Call) -> Answer:
    added = agency_messages.attach(call.agency, _case(call), call.parts)
    views = [agency_cases.document_view(each) for each in added]
    return Answer(201, {"documents": views})


def _read_document(call: Call) -> Answer:
    found, data = agency_messages.document(
        call.agency, _case(call), call.path["document"]
    )
    kind, name = found["content_type"], found["name"]
    return Answer(200, data=data, kind=kind, filename=name)


def _add_message(call: Call) -> Answer:
    message = agency_messages.write(call.agency, _case(call), "creditor", call.body)
    return Answer(201, agency_messages.message_view(message))


def _list_messages(call: Call) -> Answer:
    found = call.agency.store.find("message", owner=_case(call)["id"])
    views = [agency_messages.message_view(each) for each in found]
    return Answer(200, {"messages": views})


def _list_events(call: Call) -> Answer:
    limit, after = _count(call, 1000, 1000), call.query.get("after") or None
    try:
        events = call.agency.store.events_after(_creditor(call)["id"], after, limit)
    except KeyError:
        raise missing("event") from None
    return Answer(200, {"events": events}) if events else Answer(204)


# Money


def _pay(call: Call) -> Answer:
    return Answer(201, agency_payments.pay(call.agency, _case(call), call.body))


def _pay_several(call: Call) -> Answer:
    creditor = _creditor(call)
    return Answer(201, agency_payments.pay_several(call.agency, creditor, call.body))


def _list_payments(call: Call) -> Answer:
    found = call.agency.store.find("payment", owner=_case(call)["id"])
    return Answer(200, {"payments": [agency_receipts.view(each) for each in found]})


def _reverse(call: Call) -> Answer:
    external_id = call.path["external_id"]
    return Answer(200, agency_payments.reverse(call.agency, _case(call), external_id))


def _credit(call: Call) -> Answer:
    return Answer(201, agency_payments.credit(call.agency, _case(call), call.body))


def _settlement(call: Call) -> dict:
    found = call.agency.store.get("settlement", call.path["settlement"])
    if found is None or found["creditor_id"] != _creditor(call)["id"]:
        raise missing("settlement")
    return found


def _list_settlements(call: Call) -> Answer:
    status = call.query.get("status") or "open"
    if status not in ("open", "bookkept", "all"):
        raise invalid("status", "value", "status is not open, bookkept or all.")
    where = {} if status == "all" else {"status": status}
    limit, after = _count(call, 100, 50), _after(call)
    owner = _creditor(call)["id"]
    found, more = call.agency.store.page("settlement", owner, after, limit, where)
    views = [agency_settlements.view(call.agency, each) for each in found]
    cursor = str(more) if more else None
    return Answer(200, {"settlements": views, "next_cursor": cursor})


def _read_settlement(call: Call) -> Answer:
    return Answer(200, agency_settlements.view(call.agency, _settlement(call)))


def _settlement_pdf(call: Call) -> Answer:
    settlement = _settlement(call)
    data = agency_settlements.pdf(settlement)
    name = f"{settlement['id']}.pdf"
    return Answer(200, data=data, kind="application/pdf", filename=name)


def _bookkeep(call: Call) -> Answer:
    booked = agency_settlements.bookkeep(call.agency, _settlement(call), call.query)
    return Answer(200, agency_settlements.view(call.agency, booked))


_ONE_CREDITOR = "/v1/creditors/{creditor}"
_ONE_CASE = "/v1/cases/{case}"
_ONE_SETTLEMENT = "/v1/settlements/{settlement}"
ROUTES = [
    Route("POST", "/v1/auth/token", _token, public=True),
    Route("GET", "/v1/terms", _terms, public=True),
    Route("POST", "/v1/creditors", _create_creditor),
    Route("GET", "/v1/creditors/current", _read_creditor),
    Route("GET", _ONE_CREDITOR, _read_creditor),
    Route("PATCH", _ONE_CREDITOR, _patch_creditor),
    Route("POST", f"{_ONE_CREDITOR}/activate", _activate),
    Route("POST", f"{_ONE_CREDITOR}/terminate", _terminate),
    Route("POST", f"{_ONE_CREDITOR}/reactivate", _reactivate),
    Route("GET", f"{_ONE_CREDITOR}/webhook", _read_webhook),
    Route("PUT", f"{_ONE_CREDITOR}/webhook", _put_webhook),
    Route("GET", f"{_ONE_CREDITOR}/settings", _read_settings),
    Route("PUT", f"{_ONE_CREDITOR}/settings", _put_settings),
    Route("POST", "/v1/cases", _create_case),
    Route("GET", "/v1/cases", _list_cases),
    Route("GET", _ONE_CASE, _read_case),
    Route("POST", f"{_ONE_CASE}/actions", _act),
    Route("POST", f"{_ONE_CASE}/documents", _add_documents, multipart=True),
    Route("GET", f"{_ONE_CASE}/documents/{{document}}", _read_document),
    Route("POST", f"{_ONE_CASE}/messages", _add_message),
    Route("GET", f"{_ONE_CASE}/messages", _list_messages),
    Route("GET", "/v1/events", _list_events),
    Route("POST", f"{_ONE_CASE}/payments", _pay),
    Route("GET", f"{_ONE_CASE}/payments", _list_payments),
    Route("DELETE", f"{_ONE_CASE}/payments/{{external_id}}", _reverse),
    Route("POST", "/v1/payments", _pay_several),
    Route("POST", f"{_ONE_CASE}/credit-notes", _credit),
    Route("GET", "/v1/settlements", _list_settlements),
    Route("GET", _ONE_SETTLEMENT, _read_settlement),
    Route("GET", f"{_ONE_SETTLEMENT}/pdf", _settlement_pdf),
    Route("PATCH", f"{_ONE_SETTLEMENT}/bookkeep", _bookkeep),
]
