"""What the invoicer sends: files taken, judged, kept or answered."""

from __future__ import annotations

import sys
from pathlib import Path

from bank_checks import MAILBOXES, Agreements, Verdict, check_message
from bank_contents import CREDIT_NOTE, DIRECT_PAYMENT, summary
from bank_core import Bank, BankError, public, read_code
from bank_frame import (
    BOMS,
    CHARSET,
    Finding,
    Frame,
    Piece,
    Unreadable,
    parse_frame,
    split_file,
)
from bank_messages import CODE_TEXTS
from bank_values import parse_amount


class Incoming:
    """The bank's receiving side, over the same books and folder."""

    def __init__(self, bank: Bank, max_file: int) -> None:
        self.bank = bank
        self.store = bank.store
        self.exchange = bank.exchange
        self.max_file = max_file

    def poll(self) -> int:
        """Take every complete file of the outbox; how many there were."""
        taken = 0
        with self.store.lock:
            for working in self.exchange.unfinished():
                self._process(working)
                taken += 1
            for path in self.exchange.waiting():
                moved = self.exchange.take(path)
                if moved is not None:
                    self._process(moved)
                    taken += 1
            self.bank.deliver()
        return taken

    def _process(self, working: Path) -> None:
        name = self.exchange.final_name(working)
        if not self.store.all("file", taken=name):
            size = working.stat().st_size
            entry = {"name": name, "taken": name, "at": self.bank.stamp(), "size": size}
            try:
                with self.store.transaction():
                    self._read_file(working, entry)
            except Exception as error:
                print(f"bank: {name} failed: {error!r}", file=sys.stderr)
                with self.store.transaction():
                    file = self.store.add("file", {**entry, "messages": 1})
                    self._unreadable(file, 1, "the bank failed to read it", b"")
        self.exchange.finish(working)

    def _read_file(self, working: Path, entry: dict) -> None:
        if entry["size"] > self.max_file:
            file = self.store.add("file", {**entry, "messages": 1})
            limit = f"larger than {self.max_file} bytes"
            self._unreadable(file, 1, limit, b"")
            return
        data = working.read_bytes()
        pieces = split_file(data)
        file = self.store.add("file", {**entry, "messages": len(pieces)})
        lead = next((mark for mark in BOMS if data.startswith(mark)), b"")
        for position, piece in enumerate(pieces, 1):
            self._receive(file, position, piece, lead)

    def _unreadable(self, file: dict, position: int, why: str, raw: bytes) -> None:
        self.store.add(
            "message",
            {
                "file": file["name"],
                "position": position,
                "verdict": "unreadable",
                "findings": [{"code": 7, "text": why, "location": None}],
                "at": self.bank.stamp(),
                "raw": raw.decode(CHARSET),
            },
        )

    def _receive(self, file: dict, position: int, piece: Piece, lead: bytes) -> None:
        """One pair: verdict, invoice for the netbank or acknowledgement."""
        raw = (piece.frame or b"") + piece.payload
        if piece.frame is None:
            self._unreadable(file, position, piece.fault or "unreadable", raw)
            return
        try:
            frame = parse_frame(piece.frame)
        except Unreadable as error:
            self._unreadable(file, position, str(error), raw)
            return
        verdict = self._judge(frame, piece, lead + raw)
        stamp = self.bank.stamp()
        self.store.see(frame.sender, frame.message_id, frame.timestamp, stamp)
        message = {
            "file": file["name"],
            "position": position,
            "from": frame.sender,
            "from_intermediator": frame.sender_intermediator,
            "to": frame.receiver,
            "to_intermediator": frame.receiver_intermediator,
            "message_id": frame.message_id,
            "timestamp": frame.timestamp,
            "findings": [vars(finding) for finding in verdict.findings],
            "at": stamp,
            "raw": raw.decode(CHARSET),
        }
        if verdict.findings:
            ack = self.bank.acknowledge(frame, verdict.findings)
            message.update(verdict="refused", ack=ack["id"])
        elif frame.receiver in MAILBOXES:
            message["verdict"] = "noted"
        else:
            message.update(verdict="accepted", invoice=self._keep(frame, verdict)["id"])
        self.store.add("message", message)

    def _judge(self, frame: Frame, piece: Piece, raw: bytes) -> Verdict:
        assert piece.frame is not None
        books = Agreements(
            self.bank.now().date(),
            self.bank.schemas,
            set(self.bank.banks),
            lambda f: self.store.has_seen(f.sender, f.message_id, f.timestamp),
            self._announced_by,
            lambda address, bic: self.store.all(
                "order", status="active", address=address, bank=bic
            ),
            self._cancellable,
        )
        verdict = check_message(raw, frame, piece.frame, piece.payload, books)
        chosen = self.store.setting("refuse_next")
        if chosen and not verdict.findings and frame.receiver not in MAILBOXES:
            verdict.findings.append(Finding(chosen["code"], chosen["text"]))
            self.store.set_setting("refuse_next", None)
        return verdict

    def _announced_by(self, address: str, intermediator: str) -> list[dict]:
        return [
            invoicer
            for invoicer in self.bank.invoicers.values()
            if (invoicer["sender_address"], invoicer["sender_intermediator"])
            == (address, intermediator)
        ]

    def _cancellable(self, frame: Frame, credit: dict) -> dict | None:
        """The open invoice a cancellation is for: same payment, amount negative,
        a day or more before it is due (guidelines 10.14)."""
        amount = parse_amount(credit["amount"])
        today = f"{self.bank.now():%Y%m%d}"
        for invoice in self.store.all(
            "invoice", status="open", sender=frame.sender, address=frame.receiver
        ):
            same = ("due", "account", "reference", "subject")
            if (
                amount is not None
                and parse_amount(invoice["amount"]) == -amount
                and invoice["due"] > today
                and all(invoice[key] == credit[key] for key in same)
            ):
                return invoice
        return None

    def _keep(self, frame: Frame, verdict: Verdict) -> dict:
        assert verdict.root is not None and verdict.order is not None
        shown = summary(verdict.root)
        status = {CREDIT_NOTE: "credit note", DIRECT_PAYMENT: "direct payment"}.get(
            shown["type"], "open"
        )
        if verdict.cancels:
            status = "cancellation"
            self.store.update({**verdict.cancels, "status": "cancelled"})
        return self.store.add(
            "invoice",
            {
                **shown,
                "status": status,
                "order": verdict.order["id"],
                "customer": verdict.order["customer"],
                "bank": frame.receiver_intermediator,
                "address": frame.receiver,
                "sender": frame.sender,
                "sender_intermediator": frame.sender_intermediator,
                "message_id": frame.message_id,
                "timestamp": frame.timestamp,
                "received": self.bank.stamp(),
            },
        )

    def refuse(self, given: dict) -> dict:
        """A late refusal of an invoice accepted before (it may come days later)."""
        code = read_code(given.get("code", 6))
        with self.store.transaction():
            invoice = self.bank.record("invoice", given.get("invoice"), "invoice")
            if invoice["status"] == "refused":
                raise BankError(409, "The invoice has been refused already.")
            original = Frame(
                invoice["sender"],
                invoice["sender_intermediator"],
                invoice["address"],
                invoice["bank"],
                invoice["message_id"],
                invoice["timestamp"],
            )
            text = str(given.get("text") or CODE_TEXTS.get(code, CODE_TEXTS[6]))
            sent = self.bank.acknowledge(original, [Finding(code, text)])
            invoice["status"] = "refused"
            self.store.update(invoice)
            return {"invoice": invoice, "message": public(sent)}
