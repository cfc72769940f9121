"""The pages of the bank's own staff: messages, verdicts and faults."""

from __future__ import annotations

from bank_core import Bank
from bank_faults import FAULTS
from bank_messages import CODE_TEXTS
from html_parts import Html, button, el, hidden, post, select, table

_LATEST = 50
_VERDICTS = {"accepted": "", "noted": "", "refused": "bad", "unreadable": "bad"}


def operations(bank: Bank) -> Html:
    chosen = bank.store.setting("refuse_next")
    armed = (
        el("p", f"Refused next: {chosen['code']} {chosen['text']}", class_="note bad")
        if chosen
        else ""
    )
    return el(
        "div",
        el("h1", "Bank operations"),
        el(
            "p",
            f"Folder {bank.exchange.outbox.parent}: the bank takes files from outbox, "
            f"keeps them in bank_taken and delivers to inbox. Today is "
            f"{bank.now().date()}. Checks: {bank.schemas.describe()}.",
            class_="lead",
        ),
        armed,
        _received(bank),
        _sent(bank),
        _faults(),
        _late(bank),
        _seen(bank),
    )


def _received(bank: Bank) -> Html:
    rows = []
    for message in reversed(bank.store.all("message")[-_LATEST:]):
        reasons = el(
            "ul",
            [
                el(
                    "li",
                    f"{finding['code']}: {finding['text']}",
                    f" ({finding['location']})" if finding["location"] else "",
                )
                for finding in message["findings"]
            ],
        )
        rows.append(
            [
                _moment(message["at"]),
                [message["file"], el("div", f"part {message['position']}")],
                [
                    el(
                        "a",
                        message.get("message_id", "no id"),
                        href=f"/operations/message/{message['id']}",
                        id=f"message-{message['id']}",
                    ),
                    el("div", message.get("from", ""), class_="soft small"),
                ],
                [
                    _verdict(message["verdict"]),
                    reasons if message["findings"] else "",
                    _answer(message["ack"]) if message.get("ack") else "",
                ],
            ]
        )
    heads = ("Time", "File", "Message", "Verdict")
    return el(
        "section",
        el("h2", "Received from invoicers"),
        table("received", heads, rows, "Nothing yet."),
        post("/poll", button("Look into the outbox now", "poll-submit", "plain")),
    )


def _moment(stamp: str) -> list[Html]:
    return [el("div", part) for part in stamp[:19].split("T")]


def _answer(number: int) -> Html:
    link = el("a", f"Finvoiceack {number}", href=f"/operations/sent/{number}")
    return el("div", "Answered by ", link, class_="small")


def _verdict(verdict: str) -> Html:
    return el("span", verdict, class_=f"tag {_VERDICTS[verdict]}".strip())


def _sent(bank: Bank) -> Html:
    rows = []
    for sent in reversed(bank.store.all("sent")[-_LATEST:]):
        what = sent.get("action") or f"code {sent['code']}: {sent['text']}"
        rows.append(
            [
                _moment(sent["at"]),
                el(
                    "a",
                    f"{sent['kind']} {sent['id']}",
                    href=f"/operations/sent/{sent['id']}",
                    id=f"sent-{sent['id']}",
                ),
                what,
                [
                    sent.get("message_id", ""),
                    el("div", f"about {sent['ref_to']}", class_="soft small")
                    if sent.get("ref_to")
                    else "",
                ],
            ]
        )
    heads = ("Time", "Message", "What", "Message id")
    return el(
        "section",
        el("h2", "Delivered to invoicers"),
        el(
            "p",
            "ReceiverInfo when a consumer orders, changes or stops; Finvoiceack only "
            "when something is refused. A good invoice is never answered.",
            class_="soft",
        ),
        table("sent", heads, rows, "Nothing yet."),
    )


def _code_fields(prefix: str) -> list[Html]:
    codes = {str(code): f"{code} {text}" for code, text in CODE_TEXTS.items()}
    return [
        select("code", codes, "2", "Code", f"{prefix}-code"),
        el(
            "div",
            el("label", "Text (optional)", for_=f"{prefix}-text"),
            el("input", type="text", name="text", id=f"{prefix}-text"),
            class_="field",
        ),
    ]


def _faults() -> Html:
    cards = [
        el(
            "article",
            el("h3", label),
            el("p", note, class_="soft"),
            post(
                "/fault",
                hidden(kind=kind),
                el("div", button("Deliver", f"fault-{kind}", "plain"), class_="row"),
            ),
            class_="card",
        )
        for kind, (label, note, _make) in FAULTS.items()
    ]
    refuse = el(
        "article",
        el("h3", "Refuse the next good invoice"),
        post(
            "/fault",
            hidden(kind="refuse_next"),
            _code_fields("next"),
            button("Refuse the next one", "fault-refuse_next", "plain"),
        ),
        class_="card",
    )
    return el(
        "section",
        el("h2", "Deliver faults to the invoicer"),
        el("p", "What goes wrong in real networks, for you to try.", class_="soft"),
        el("div", cards, refuse, class_="grid"),
        id="faults",
    )


def _late(bank: Bank) -> Html:
    invoices = {
        str(each["id"]): f"{each['number']} {each['seller']}, {each['amount']} €"
        for each in reversed(bank.store.all("invoice"))
        if each["status"] != "refused"
    }
    body: object = el("p", "No accepted invoices to refuse.", class_="soft")
    if invoices:
        body = post(
            "/refuse",
            select("invoice", invoices, None, "Invoice", "late-invoice"),
            _code_fields("late"),
            button("Refuse it now", "late-submit", "danger"),
            ident="late-form",
        )
    return el(
        "section",
        el("h2", "Late refusal"),
        el(
            "p",
            "Refuse an invoice that was accepted before; between banks an error may "
            "come back after days.",
            class_="soft",
        ),
        body,
    )


def _seen(bank: Bank) -> Html:
    rows = [
        [each["message_id"], each["timestamp"], each["sender"]]
        for each in reversed(bank.store.seen())
    ]
    heads = ("MessageId", "Timestamp", "Sender")
    return el(
        "section",
        el(
            "details",
            el("summary", f"Ids seen ({len(rows)})"),
            table("seen", heads, rows, "None yet."),
        ),
    )


def raw(record: dict, title: str) -> Html:
    """The text of a file or message, as it was."""
    return el(
        "div",
        el("h1", title),
        el("p", el("a", "Back to operations", href="/operations", id="back")),
        el("section", el("pre", record["raw"], id="raw")),
    )
