"""The banks themselves: consumers, their orders, and the messages sent for them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from lxml import etree

from counterparties.bank.frame import CHARSET, Finding, Frame
from counterparties.bank.messages import acknowledgement, framed, receiver_info
from counterparties.bank.records import Folder, Records
from counterparties.bank.reference_payments import reference_payments
from counterparties.bank.register import Register
from counterparties.bank.schemas import Schemas
from counterparties.bank.setup import LANGUAGES
from counterparties.bank.values import Row, finnish_iban, iban_ok, identifier_fault
from counterparties.common.web import Refusal

FINNISH_TIME = ZoneInfo("Europe/Helsinki")
SERVICES = {"00": "E-invoice", "01": "Direct payment"}
# Lengths of BuyerPartyDetails in the official schema
PERSON = {
    "name": ("Name", 2, 70),
    "street": ("Street address", 2, 35),
    "postcode": ("Postcode", 1, 48),
    "town": ("Town", 2, 35),
}
# what the consumer, or the bank for the consumer, still has to pay
WAITING = ("open", "direct payment")
_FIRST_SERIAL = 2026_0001


@dataclass
class Bank:
    """All banks of the program over one set of books and one folder."""

    books: Records
    folder: Folder
    schemas: Schemas
    banks: dict[str, Row]
    day: date | None = None
    """The day that is played, if not today."""
    register: Register = field(init=False)

    def __post_init__(self) -> None:
        self.register = Register(self.books, self.banks)

    # Time and identity

    def now(self) -> datetime:
        """The time, on the day that is played."""
        moment = datetime.now(FINNISH_TIME)
        return datetime.combine(self.day or moment, moment.timetz())

    def stamp(self) -> str:
        """The same as messages write it."""
        return self.now().isoformat(timespec="seconds")

    def message_id(self, kind: str) -> str:
        """One that nobody has used."""
        return f"{kind}{self.now():%Y%m%d}-{secrets.token_hex(6)}"

    def record(self, kind: str, number: object) -> Row:
        """A record that somebody names."""
        record = self.books.get(kind, number)
        if record is None:
            raise Refusal(404, f"There is no {kind} {number}.")
        return record

    def do(self, action: Callable[[Row], Row], given: Row) -> Row:
        """What somebody asks: all of it or nothing, then what is to be delivered."""
        with self.books.transaction():
            answer = action(given)
        self.deliver()
        return answer

    # Consumers and their orders

    def customer(self, given: Row) -> Row:
        """A consumer, the known one when there is such; accounts not given are made."""
        person = _person(given)
        chosen = {}
        for bic, text in (given.get("ibans") or {}).items():
            iban = str(text or "").replace(" ", "").upper()
            if iban and not iban_ok(iban):
                raise Refusal(422, f"{iban} is not a valid account number.")
            if iban and bic in self.banks:
                chosen[bic] = iban
        for known in self.books.all("customer", **person):
            if chosen.items() <= known["ibans"].items():
                return known
        serial = _FIRST_SERIAL + len(self.books.all("customer"))
        made = {
            bic: finnish_iban(bank["prefix"], serial)
            for bic, bank in self.banks.items()
        }
        return self.books.add("customer", {**person, "ibans": {**made, **chosen}})

    def bank(self, bic: object) -> Row:
        """One of those played."""
        if str(bic) not in self.banks:
            raise Refusal(422, f"Bank {bic} is not one of {', '.join(self.banks)}.")
        return self.banks[str(bic)]

    def invoicer(self, key: object, bic: str) -> Row:
        """One of those announced at a bank."""
        found = self.register.find(key, bic)
        if found is None or found["status"] != "announced":
            raise Refusal(422, f"Invoicer {key} has announced nothing to this bank.")
        return found

    def order(self, given: Row) -> Row:
        """A new order: ReceiverInfo ADD."""
        customer = self.record("customer", given.get("customer"))
        bic = self.bank(given.get("bank"))["bic"]
        invoicer = self.invoicer(given.get("invoicer"), bic)
        order = {
            "customer": customer["id"],
            "invoicer": invoicer["key"],
            "bank": bic,
            "address": customer["ibans"][bic],
            **_terms(given, invoicer),
            **{key: customer[key] for key in (*PERSON, "language")},
            # the proposal that it answers, if it answers one
            "answers": str(given.get("answers") or ""),
        }
        same = {key: order[key] for key in ("bank", "address", "invoicer")}
        for other in self.books.all("order", status="active", **same):
            if other["identifiers"] == order["identifiers"]:
                raise Refusal(409, "You have already ordered these e-invoices.")
        return self._add(order)

    def _add(self, order: Row) -> Row:
        order = {**order, "status": "active", "ordered": self.stamp()}
        order = self.books.add("order", order)
        sent = self._notify("ADD", order)
        self.books.update(order, message_id=sent["message_id"])
        return {"order": order, "message": sent}

    def active(self, number: object) -> Row:
        """An order that is in force, and can be changed."""
        order = self.record("order", number)
        if order["status"] != "active":
            raise Refusal(409, "This order has been stopped already.")
        return order

    def change(self, given: Row) -> Row:
        """New name, address, identifiers or service: ReceiverInfo CHANGE."""
        order = self.active(given.get("order"))
        wanted = {**order, **given}
        terms = _terms(wanted, self.invoicer(order["invoicer"], order["bank"]))
        self.books.update(order, **_person(wanted), **terms)
        return {"order": order, "message": self._notify("CHANGE", order)}

    def stop(self, given: Row) -> Row:
        """No more e-invoices: ReceiverInfo DELETE."""
        order = self.active(given.get("order"))
        self.books.update(order, status="stopped", stopped=self.stamp())
        return {"order": order, "message": self._notify("DELETE", order)}

    def move(self, given: Row) -> Row:
        """To the other bank: DELETE from the old and ADD from the new, or first ADD."""
        old = self.active(given.get("order"))
        bic = self.bank(given.get("to_bank"))["bic"]
        if bic == old["bank"]:
            raise Refusal(422, "The order is at this bank already.")
        customer = self.record("customer", old["customer"])
        new = {**old, "answers": "", "bank": bic, "address": customer["ibans"][bic]}
        steps = {
            "delete": lambda: self.stop({"order": old["id"]}),
            "add": lambda: self._add(new),
        }
        first = given.get("first") or "delete"
        if first not in steps:
            raise Refusal(422, "Which message goes first is delete or add.")
        done = {first: steps.pop(first)()}
        done |= {name: step() for name, step in steps.items()}
        return {
            "old": done["delete"]["order"],
            "order": done["add"]["order"],
            "messages": [step["message"] for step in done.values()],
        }

    def pay(self, given: Row) -> Row:
        """Pay an invoice, or take the payment back: who is paid gets a file of
        reference payments."""
        invoice = self.record("invoice", given.get("invoice"))
        if invoice["status"] not in ("open", "paid"):
            raise Refusal(409, f"The invoice is {invoice['status']}.")
        paid = invoice["status"] == "paid"
        self.books.update(invoice, status="open" if paid else "paid")
        customer = self.record("customer", invoice["customer"])
        number = len(self.books.all("sent")) + 1
        batch = reference_payments(
            invoice, customer["name"], self.now(), number, taken_back=paid
        )
        sent = self.enter("ReferencePayments", batch, ".ktl", invoice=invoice["id"])
        return {"invoice": invoice, "message": sent}

    def debit(self, given: Row) -> Row:
        """Pay what direct payments ask for until a day, from the consumers' accounts:
        what the invoicer finds on its account, and who paid it."""
        day = str(given.get("until") or f"{self.now():%Y%m%d}").replace("-", "")
        due = [
            invoice
            for invoice in self.books.all("invoice", status="direct payment")
            if invoice["due"] <= day
        ]
        for invoice in due:
            self.books.update(invoice, status="paid")
        told = ("customer", "number", "due", "amount", "account", "reference")
        return {"payments": [{key: invoice[key] for key in told} for invoice in due]}

    # Messages out

    def notice(
        self, action: str, order: Row, message_id: str, stamp: str
    ) -> tuple[Frame, etree._Element]:
        """A ReceiverInfo about an order, with its frame."""
        invoicer = self.invoicer(order["invoicer"], order["bank"])
        frame = Frame(
            *(order["address"], order["bank"]),
            *(invoicer["sender_address"], invoicer["sender_intermediator"]),
            *(message_id, stamp, order["answers" if action == "ADD" else "message_id"]),
        )
        return frame, receiver_info(action, order, invoicer, stamp)

    def _notify(self, action: str, order: Row) -> Row:
        message = self.notice(action, order, self.message_id("RI"), self.stamp())
        return self._send("ReceiverInfo", *message, action=action, order=order["id"])

    def acknowledge(self, original: Frame, findings: list[Finding]) -> Row:
        """A Finvoiceack: the parties of the frame reversed, the original named."""
        frame = original.answer(self.message_id("ACK"), self.stamp())
        body = acknowledgement(original, findings)
        first = {"code": findings[0].code, "text": findings[0].text}
        return self._send("Finvoiceack", frame, body, **first)

    def _send(
        self, kind: str, frame: Frame, body: etree._Element, **details: object
    ) -> Row:
        """Check an own message against its official schema and enter it."""
        faults = self.schemas.findings(etree.QName(body).localname, body, 7)
        if faults:
            raise Refusal(422, f"The message would not be valid: {faults[0].text}")
        return self.enter(
            kind,
            framed(frame, body),
            message_id=frame.message_id,
            timestamp=frame.timestamp,
            ref_to=frame.ref_to,
            **details,
        )

    def enter(
        self, kind: str, data: bytes, suffix: str = ".xml", **details: object
    ) -> Row:
        """Put a file among those to deliver; it leaves after the transaction."""
        moment = self.now()
        name = f"{moment:%Y%m%dT%H%M%S%f}-{secrets.token_hex(2)}-{kind.lower()}{suffix}"
        about = {"kind": kind, **details, "file": name, "at": self.stamp()}
        kept = {**about, "raw": data.decode(CHARSET), "delivered": False}
        return public(self.books.add("sent", kept))

    def deliver(self) -> None:
        """Write the files entered but not delivered yet."""
        with self.books.lock:
            for sent in self.books.all("sent", delivered=False):
                self.folder.deliver(sent["file"], sent["raw"].encode(CHARSET))
                self.books.update(sent, delivered=True)

    def has_seen(self, frame: Frame) -> bool:
        """Whether a message with the same sender, id and time has come before."""
        return bool(
            self.books.all(
                "message",
                sender=frame.sender,
                message_id=frame.message_id,
                timestamp=frame.timestamp,
            )
        )

    def state(self) -> Row:
        """Everything there is to know."""
        kinds = {kind: f"{kind}s" for kind in ("customer", "order", "invoice")}
        kinds |= {"message": "messages", "proposal": "proposals", "sent": "sent"}
        with self.books.lock:
            return {
                "today": self.now().date().isoformat(),
                "schemas": str(self.schemas),
                "banks": list(self.banks.values()),
                "notifications": self.register.all(),
                "refuse_next": self.books.setting("refuse_next"),
                **{
                    name: [public(record) for record in self.books.all(kind)]
                    for kind, name in kinds.items()
                },
            }


def public(record: Row) -> Row:
    """A record without the bytes of its file."""
    return {key: value for key, value in record.items() if key != "raw"}


def _person(given: Row) -> Row:
    """Name and postal address; the address may be left out altogether."""
    person = {key: str(given.get(key) or "").strip() for key in PERSON}
    address = any(person[key] for key in ("street", "postcode", "town"))
    for key, (label, shortest, longest) in PERSON.items():
        if address or key == "name":
            if not shortest <= len(person[key]) <= longest:
                must = f"{label} must have {shortest}-{longest} characters."
                raise Refusal(422, must)
            _check_text(label, person[key])
    language = str(given.get("language") or "FI")
    if language not in LANGUAGES:
        raise Refusal(422, f"Language is one of {', '.join(LANGUAGES)}.")
    return {**person, "language": language}


def _terms(given: Row, invoicer: Row) -> Row:
    """Service, identifiers and reference as the invoicer has asked them."""
    service = str(given.get("service") or "00")
    if service not in SERVICES:
        raise Refusal(422, f"Service is one of {', '.join(SERVICES)}.")
    if service == "01" and invoicer["service_code"] != "01":
        raise Refusal(422, "This invoicer does not offer direct payment.")
    asked = invoicer["identifiers"]
    values = [str(value).strip() for value in given.get("identifiers") or ()]
    if len(values) != len(asked):
        labels = ", ".join(each["label"] for each in asked)
        raise Refusal(422, f"The invoicer asks for: {labels}.")
    for value, rules in zip(values, asked, strict=True):
        if fault := identifier_fault(value, rules):
            raise Refusal(422, fault)
    reference = str(given.get("reference") or "").replace(" ", "")
    if reference and not 2 <= len(reference) <= 35:
        raise Refusal(422, "The reference must have 2-35 characters.")
    for value in (*values, reference):
        _check_text("An identifier", value)
    return {"service": service, "identifiers": values, "reference": reference}


def _check_text(label: str, text: str) -> None:
    """Only characters that the messages between banks can carry."""
    try:
        text.encode(CHARSET)
    except UnicodeEncodeError as error:
        char = text[error.start]
        raise Refusal(422, f"{label} cannot contain the character {char!r}.") from error
    if not text.isprintable():
        raise Refusal(422, f"{label} cannot contain control characters.")
