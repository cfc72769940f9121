"""What the invoicer sends: files taken, judged, kept or answered."""

from __future__ import annotations

import sys
from pathlib import Path

from counterparties.bank import proposals, register
from counterparties.bank.checks import MAILBOXES, Verdict, judge
from counterparties.bank.frame import (
    CHARSET,
    Finding,
    Frame,
    Unreadable,
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

    def poll(self) -> Row:
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
                self._unreadable("the bank failed to read it", file=name)
        working.rename(working.with_name(name))

    def _read_file(self, working: Path, name: str) -> None:
        if working.stat().st_size > self.max_file:
            self._unreadable(f"larger than {self.max_file} bytes", file=name)
            return
        for position, pair in enumerate(split_file(working.read_bytes()), 1):
            about = {"file": name, "position": position, "at": self.bank.stamp()}
            about["raw"] = b"".join(pair).decode(CHARSET)
            try:
                verdict = judge(*pair, self.bank)
            except Unreadable as error:
                self._unreadable(str(error), **about)
            else:
                self._keep(verdict, **about)

    def _unreadable(self, why: str, **about: object) -> None:
        told = {"position": 1, "at": self.bank.stamp(), "raw": "", **about}
        told["findings"] = [vars(Finding(7, why))]
        self.books.add("message", {**told, "verdict": "unreadable"})

    def _keep(self, verdict: Verdict, **about: object) -> None:
        """An invoice for the netbank, or an acknowledgement to who sent it."""
        frame = verdict.frame
        is_invoice = frame.receiver not in MAILBOXES
        chosen = self.books.setting("refuse_next")
        if chosen and is_invoice and not verdict.findings:
            verdict.findings.append(Finding(chosen["code"], chosen["text"]))
            self.books.set_setting("refuse_next", None)
        findings = [vars(finding) for finding in verdict.findings]
        message = {**about, **frame._asdict(), "findings": findings}
        if findings:
            ack = self.bank.acknowledge(frame, verdict.findings)
            message.update(verdict="refused", ack=ack["id"])
        elif frame.receiver == register.MAILBOX:
            stamp = self.bank.stamp()
            notification = self.bank.register.enter(verdict.root, frame, stamp)
            message.update(verdict="accepted", notification=notification["id"])
        elif frame.receiver == proposals.MAILBOX:
            proposal = proposals.enter(verdict.root, frame, self.bank)
            message.update(verdict="accepted", proposal=proposal["id"])
        else:
            if verdict.cancels:
                self.books.update(verdict.cancels, status="cancelled")
            invoice = self.books.add("invoice", verdict.invoice())
            message.update(verdict="accepted", invoice=invoice["id"])
        self.books.add("message", message)

    def refuse(self, given: Row) -> Row:
        """A late refusal of an invoice accepted before (it may come days later)."""
        reason = read_reason(given)
        invoice = self.bank.record("invoice", given.get("invoice"))
        if invoice["status"] == "refused":
            raise Refusal(409, "The invoice has been refused already.")
        original = Frame(*(invoice[name] for name in Frame._fields))
        sent = self.bank.acknowledge(original, [reason])
        self.books.update(invoice, status="refused")
        return {"invoice": invoice, "message": sent}


def read_reason(given: Row) -> Finding:
    """Code and words of a refusal by hand."""
    code = str(given.get("code", 6))
    if not code.isdecimal() or not 1 <= int(code) <= 999:
        raise Refusal(422, "The code is a number from 1 to 999.")
    return Finding(int(code), str(given.get("text") or code_text(int(code))))
