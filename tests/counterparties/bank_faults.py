"""Faults played on the invoicer: what a network really delivers now and then."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from bank_core import Bank, BankError, public, read_code
from bank_frame import CHARSET, Finding, Frame
from bank_messages import CODE_TEXTS, acknowledgement, framed, receiver_info

_GARBAGE_SIZE = 600
_DOCTYPE = '<!DOCTYPE note [<!ENTITY filler "filler">]>'


def _last_order(bank: Bank) -> dict:
    orders = bank.store.all("order")
    if not orders:
        raise BankError(409, "Order an e-invoice in the netbank first.")
    return orders[-1]


def _last_notice(bank: Bank) -> dict:
    notices = bank.store.all("sent", kind="ReceiverInfo")
    if not notices:
        raise BankError(409, "Order an e-invoice in the netbank first.")
    return notices[-1]


def _unknown_ack(bank: Bank) -> bytes:
    """An acknowledgement for a message that nobody ever sent."""
    invoicer = next(iter(bank.invoicers.values()))
    bic, stamp = next(iter(bank.banks)), bank.stamp()
    sender = invoicer["sender_address"], invoicer["sender_intermediator"]
    stranger = Frame(*sender, "FI0000000000000000", bic, f"UNKNOWN-{stamp}", stamp)
    body = acknowledgement(stranger, [Finding(2, CODE_TEXTS[2])])
    identity = bank.message_id("ACK"), stamp, stranger.message_id
    return framed(Frame(stranger.receiver, bic, *sender, *identity), body)


def _fresh_message(bank: Bank) -> bytes:
    """A message with an id of its own: a ReceiverInfo, or else the unknown ack."""
    if not bank.store.all("order"):
        return _unknown_ack(bank)
    order, stamp = _last_order(bank), bank.stamp()
    return _notice(bank, order, bank.message_id("RI"), stamp)


def _notice(bank: Bank, order: dict, message_id: str, stamp: str) -> bytes:
    invoicer = bank.invoicers[order["invoicer"]]
    frame = Frame(
        order["address"],
        order["bank"],
        invoicer["sender_address"],
        invoicer["sender_intermediator"],
        message_id,
        stamp,
        order["message_id"],
    )
    return framed(frame, receiver_info("CHANGE", order, invoicer, stamp))


def _garbage(bank: Bank) -> bytes:
    return secrets.token_bytes(_GARBAGE_SIZE)


def _truncated(bank: Bank) -> bytes:
    data = _fresh_message(bank)
    return data[: len(data) // 2]


def _doctype(bank: Bank) -> bytes:
    """A document type declaration behind the XML declaration of the message."""
    frame, declaration, body = _fresh_message(bank).decode(CHARSET).partition("?>")
    return f"{frame}{declaration}\n{_DOCTYPE}{body}".encode(CHARSET)


def _duplicate(bank: Bank) -> bytes:
    return _last_notice(bank)["raw"].encode(CHARSET)


def _same_id(bank: Bank) -> bytes:
    """The id and time of the last ReceiverInfo, but another person's name."""
    last = _last_notice(bank)
    order = bank.record("order", last["order"], "order")
    other = {**order, "name": "Somebody Else"}
    return _notice(bank, other, last["message_id"], last["timestamp"])


FAULTS: dict[str, tuple[str, str, Callable[[Bank], bytes]]] = {
    "garbage": ("Garbage", "A file of random bytes.", _garbage),
    "truncated": (
        "File cut off",
        "A message whose transfer stopped half way.",
        _truncated,
    ),
    "doctype": (
        "Document type declaration",
        "A message that tries to define entities; it must not be read.",
        _doctype,
    ),
    "duplicate": (
        "Duplicate",
        "The last ReceiverInfo once more, byte for byte.",
        _duplicate,
    ),
    "same_id": (
        "Same id, other contents",
        "MessageId and time of the last ReceiverInfo with another name in it.",
        _same_id,
    ),
    "unknown_ack": (
        "Acknowledgement for nothing",
        "A refusal of a message that was never sent.",
        _unknown_ack,
    ),
}


def play(bank: Bank, given: dict) -> dict:
    """Deliver one of FAULTS, or with refuse_next refuse the next good invoice."""
    kind = str(given.get("kind") or "")
    if kind == "refuse_next":
        code = read_code(given.get("code", 6))
        text = str(given.get("text") or CODE_TEXTS.get(code, CODE_TEXTS[6]))
        chosen = {"code": code, "text": text}
        with bank.store.transaction():
            bank.store.set_setting("refuse_next", chosen)
        return {"refuse_next": chosen}
    if kind not in FAULTS:
        raise BankError(422, f"Fault is one of {', '.join([*FAULTS, 'refuse_next'])}.")
    with bank.store.transaction():
        data = FAULTS[kind][2](bank)
        sent = bank.enter("Fault", data, {"action": kind})
    return {"message": public(sent)}
