"""What the invoicer sends: files taken, judged, kept or answered."""

from __future__ import annotations

import sys
from pathlib import Path

from counterparties.bank.checks import MAILBOXES, judge
from counterparties.bank.frame import (
    CHARSET,
    Finding,
    Frame,
    Unreadable,
    read_frame,
    split_file,
)
from counterparties.bank.messages import code_text
from counterparties.bank.netbank import Bank
from counterparties.bank.records import WORKING
from counterparties.bank.values import Row
from counterparties.common.web import Refusal


class Incoming:
    """The bank's receiving side, over the same books and folder."""

    def __init__(self, bank: Bank, max_file: int) -> None:
        self.bank = bank
        self.books = bank.books
        self.max_file = max_file

    def poll(self, given: Row | None = None) -> Row:
        """Take every complete file of the outbox; how many there were."""
        with self.books.lock:
            taken = self.bank.folder.take()
            for working in taken:
                self._process(working)
            self.bank.deliver()
        return {"taken": len(taken)}

    def _process(self, working: Path) -> None:
        """Verdict and books together, then the file gets its final name."""
        name = working.name.removesuffix(WORKING)
        if not self.books.all("message", file=name):
            try:
                with self.books.transaction():
                    self._read_file(working, name)
            except Exception as error:
                print(f"bank: {name} failed: {error!r}", file=sys.stderr)
                self._unreadable(name, 1, "the bank failed to read it", b"")
        working.rename(working.with_name(name))

    def _read_file(self, working: Path, name: str) -> None:
        if working.stat().st_size > self.max_file:
            limit = f"larger than {self.max_file} bytes"
            self._unreadable(name, 1, limit, b"")
            return
        for position, pair in enumerate(split_file(working.read_bytes()), 1):
            try:
                frame = read_frame(pair[0])
            except Unreadable as error:
                self._unreadable(name, position, str(error), b"".join(pair))
            else:
                self._receive(name, position, frame, *pair)

    def _unreadable(self, name: str, position: int, why: str, raw: bytes) -> None:
        finding = vars(Finding(7, why))
        about = {"file": name, "position": position, "at": self.bank.stamp()}
        verdict = {"verdict": "unreadable", "findings": [finding]}
        self.books.add("message", {**about, **verdict, "raw": raw.decode(CHARSET)})

    def _receive(
        self, name: str, position: int, frame: Frame, head: bytes, payload: bytes
    ) -> None:
        """One pair: verdict, invoice for the netbank or acknowledgement."""
        verdict = judge(frame, head, payload, self.bank)
        is_invoice = frame.receiver not in MAILBOXES
        chosen = self.books.setting("refuse_next")
        if chosen and is_invoice and not verdict.findings:
            verdict.findings.append(Finding(chosen["code"], chosen["text"]))
            self.books.set_setting("refuse_next", None)
        message = {
            "file": name,
            "position": position,
            "from": frame.sender,
            "from_intermediator": frame.sender_intermediator,
            "to": frame.receiver,
            "to_intermediator": frame.receiver_intermediator,
            "message_id": frame.message_id,
            "timestamp": frame.timestamp,
            "findings": [vars(finding) for finding in verdict.findings],
            "at": self.bank.stamp(),
            "raw": (head + payload).decode(CHARSET),
        }
        if verdict.findings:
            ack = self.bank.acknowledge(frame, verdict.findings)
            message.update(verdict="refused", ack=ack["id"])
        elif not is_invoice:
            message["verdict"] = "noted"
        else:
            if verdict.cancels:
                self.books.update(verdict.cancels, status="cancelled")
            invoice = {
                **verdict.invoice(),
                "order": verdict.order["id"],
                "customer": verdict.order["customer"],
                "bank": frame.receiver_intermediator,
                "address": frame.receiver,
                "sender": frame.sender,
                "sender_intermediator": frame.sender_intermediator,
                "message_id": frame.message_id,
                "timestamp": frame.timestamp,
            }
            kept = self.books.add("invoice", invoice)
            message.update(verdict="accepted", invoice=kept["id"])
        self.books.add("message", message)

    def refuse(self, given: Row) -> Row:
        """A late refusal of an invoice accepted before (it may come days later)."""
        reason = read_reason(given)
        with self.books.transaction():
            invoice = self.bank.record("invoice", given.get("invoice"))
            if invoice["status"] == "refused":
                raise Refusal(409, "The invoice has been refused already.")
            names = ("sender", "sender_intermediator", "address", "bank")
            names += ("message_id", "timestamp")
            original = Frame(*(invoice[name] for name in names))
            sent = self.bank.acknowledge(original, [reason])
            self.books.update(invoice, status="refused")
            return {"invoice": invoice, "message": sent}


def read_reason(given: Row) -> Finding:
    """Code and words of a refusal by hand."""
    code = str(given.get("code", 6))
    if not code.isdecimal() or not 1 <= int(code) <= 999:
        raise Refusal(422, "The code is a number from 1 to 999.")
    return Finding(int(code), str(given.get("text") or code_text(int(code))))
