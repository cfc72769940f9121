"""Faults played on the invoicer: what a network really delivers now and then."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from counterparties.bank.frame import CHARSET, Finding, Frame
from counterparties.bank.incoming import read_reason
from counterparties.bank.messages import CODE_TEXTS, acknowledgement, framed
from counterparties.bank.netbank import Bank
from counterparties.bank.values import Row
from counterparties.common.web import Refusal


def _last_notice(bank: Bank) -> Row:
    """The ReceiverInfo that was sent last."""
    for notice in reversed(bank.books.all("sent", kind="ReceiverInfo")):
        return notice
    raise Refusal(409, "Order an e-invoice in the netbank first.")


def _garbage(bank: Bank) -> bytes:
    """A file of random bytes."""
    return secrets.token_bytes(600)


def _truncated(bank: Bank) -> bytes:
    """A message whose transfer stopped half way."""
    data = _fresh(bank)
    return data[: len(data) // 2]


def _doctype(bank: Bank) -> bytes:
    """A message that tries to define entities; it must not be read."""
    frame, declaration, body = _fresh(bank).partition(b"?>")
    trap = b'\n<!DOCTYPE note [<!ENTITY filler "filler">]>'
    return frame + declaration + trap + body


def _fresh(bank: Bank) -> bytes:
    """A message that has never been sent."""
    order = bank.record("order", _last_notice(bank)["order"])
    new = bank.message_id("RI"), bank.stamp()
    return framed(*bank.notice("CHANGE", order, *new))


def _duplicate(bank: Bank) -> bytes:
    """The last ReceiverInfo once more, byte for byte."""
    return _last_notice(bank)["raw"].encode(CHARSET)


def _same_id(bank: Bank) -> bytes:
    """MessageId and time of the last ReceiverInfo with another name in it."""
    last = _last_notice(bank)
    other = {**bank.record("order", last["order"]), "name": "Somebody Else"}
    same = last["message_id"], last["timestamp"]
    return framed(*bank.notice("CHANGE", other, *same))


def _unknown_ack(bank: Bank) -> bytes:
    """A refusal of a message that was never sent."""
    bic, stamp = next(iter(bank.banks)), bank.stamp()
    invoicer = next(iter(bank.register.announced(bic)))
    sender = invoicer["sender_address"], invoicer["sender_intermediator"]
    never = Frame(*sender, "FI0000000000000000", bic, f"UNKNOWN-{stamp}", stamp)
    body = acknowledgement(never, [Finding(2, CODE_TEXTS[2])])
    return framed(never.answer(bank.message_id("ACK"), stamp), body)


FAULTS: dict[str, tuple[str, Callable[[Bank], bytes]]] = {
    "garbage": ("Garbage", _garbage),
    "truncated": ("File cut off", _truncated),
    "doctype": ("Document type declaration", _doctype),
    "duplicate": ("Duplicate", _duplicate),
    "same_id": ("Same id, other contents", _same_id),
    "unknown_ack": ("Acknowledgement for nothing", _unknown_ack),
}


def play(bank: Bank, given: Row) -> Row:
    """Deliver one of FAULTS, or with refuse_next refuse the next good invoice."""
    kind = given.get("kind")
    if kind == "refuse_next":
        reason = read_reason(given)
        chosen = {"code": reason.code, "text": reason.text}
        bank.books.set_setting("refuse_next", chosen)
        return {"refuse_next": chosen}
    if kind not in FAULTS:
        names = ", ".join([*FAULTS, "refuse_next"])
        raise Refusal(422, f"Fault is one of {names}.")
    _label, make = FAULTS[kind]
    return {"message": bank.enter("Fault", make(bank), action=kind)}
