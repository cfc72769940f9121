"""The banks themselves: consumers, their orders, and the messages sent for them."""

from __future__ import annotations

import datetime as dt
import secrets

from bank_frame import CHARSET, Finding, Frame, Schemas, parser, split_file
from bank_messages import acknowledgement, framed, receiver_info
from bank_setup import SERVICES, check_text, clean_person, iban_for
from bank_store import Exchange, Store
from bank_values import iban_ok, identifier_fault
from lxml import etree


class BankError(Exception):
    """A request the bank does not take, with an HTTP status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Bank:
    """All banks of the program over one set of books and one folder."""

    def __init__(
        self,
        store: Store,
        exchange: Exchange,
        schemas: Schemas,
        banks: dict[str, dict],
        invoicers: dict[str, dict],
        today: dt.date | None = None,
    ) -> None:
        self.store = store
        self.exchange = exchange
        self.schemas = schemas
        self.banks = banks
        self.invoicers = invoicers
        self.fixed_today = today
        self._undelivered = True

    # Time and identity

    def now(self) -> dt.datetime:
        moment = dt.datetime.now().astimezone()
        if self.fixed_today:
            day = self.fixed_today
            moment = moment.replace(year=day.year, month=day.month, day=day.day)
        return moment

    def stamp(self) -> str:
        return self.now().isoformat(timespec="seconds")

    def message_id(self, kind: str) -> str:
        return f"{kind}{self.now():%Y%m%d}-{secrets.token_hex(6)}"

    def record(self, kind: str, number: object, name: str) -> dict:
        try:
            record = self.store.get(kind, int(str(number)))
        except ValueError:
            record = None
        if record is None:
            raise BankError(404, f"There is no {name} {number}.")
        return record

    # Consumers and their orders

    def add_customer(self, given: dict) -> dict:
        """A consumer, the known one when there is such; accounts not given are made."""
        try:
            person = clean_person(given)
        except ValueError as error:
            raise BankError(422, str(error)) from error
        chosen = {}
        for bic, text in (given.get("ibans") or {}).items():
            iban = str(text or "").replace(" ", "").upper()
            if iban and not iban_ok(iban):
                raise BankError(422, f"{iban} is not a valid account number.")
            if iban and bic in self.banks:
                chosen[bic] = iban
        with self.store.transaction():
            for known in self.store.all("customer", **person):
                if chosen.items() <= known["ibans"].items():
                    return known
            serial = len(self.store.all("customer"))
            ibans = {bic: iban_for(bank, serial) for bic, bank in self.banks.items()}
            return self.store.add("customer", {**person, "ibans": {**ibans, **chosen}})

    def customer(self, given: object) -> dict:
        """An existing consumer by id, or a new one from name and address."""
        if isinstance(given, dict):
            return self.add_customer(given)
        return self.record("customer", given, "customer")

    def _bank(self, bic: object) -> dict:
        bank = self.banks.get(str(bic))
        if bank is None:
            raise BankError(422, f"Bank {bic} is not one of {', '.join(self.banks)}.")
        return bank

    def _invoicer(self, key: object) -> dict:
        invoicer = self.invoicers.get(str(key))
        if invoicer is None:
            raise BankError(422, f"Invoicer {key} has announced nothing to this bank.")
        return invoicer

    def order(self, given: dict) -> dict:
        """A new order: ReceiverInfo ADD."""
        with self.store.transaction():
            customer = self.customer(given.get("customer"))
            bank = self._bank(given.get("bank"))
            invoicer = self._invoicer(given.get("invoicer"))
            order = {
                "customer": customer["id"],
                "invoicer": invoicer["id"],
                "bank": bank["bic"],
                "address": customer["ibans"][bank["bic"]],
                **self._order_terms(given, invoicer),
                **{key: customer[key] for key in ("name", "street", "postcode")},
                **{key: customer[key] for key in ("town", "language")},
                "status": "active",
            }
            for other in self.store.all("order", status="active", bank=order["bank"]):
                same = ("address", "invoicer", "identifiers")
                if all(other[key] == order[key] for key in same):
                    raise BankError(409, "You have already ordered these e-invoices.")
            return self._add_order(order)

    def _order_terms(self, given: dict, invoicer: dict) -> dict:
        """Service, identifiers and reference as the invoicer has asked them."""
        service = str(given.get("service") or "00")
        if service not in SERVICES:
            raise BankError(422, f"Service is one of {', '.join(SERVICES)}.")
        if service == "01" and invoicer["service_code"] != "01":
            raise BankError(422, "This invoicer does not offer direct payment.")
        values = [str(value).strip() for value in given.get("identifiers") or ()]
        if len(values) != len(invoicer["identifiers"]):
            wanted = ", ".join(asked["label"] for asked in invoicer["identifiers"])
            raise BankError(422, f"The invoicer asks for: {wanted}.")
        for value, asked in zip(values, invoicer["identifiers"], strict=True):
            fault = identifier_fault(value, asked)
            if fault:
                raise BankError(422, fault)
        reference = str(given.get("reference") or "").replace(" ", "")
        if reference and not 2 <= len(reference) <= 35:
            raise BankError(422, "The reference must have 2-35 characters.")
        try:
            for value in (*values, reference):
                check_text("An identifier", value)
        except ValueError as error:
            raise BankError(422, str(error)) from error
        return {"service": service, "identifiers": values, "reference": reference}

    def _add_order(self, order: dict) -> dict:
        order = self.store.add("order", {**order, "ordered": self.stamp()})
        sent = self._notify("ADD", order)
        order["message_id"] = sent["message_id"]
        self.store.update(order)
        return {"order": order, "message": public(sent)}

    def _active(self, number: object) -> dict:
        order = self.record("order", number, "order")
        if order["status"] != "active":
            raise BankError(409, "This order has been stopped already.")
        return order

    def change(self, given: dict) -> dict:
        """New name, address, identifiers or service: ReceiverInfo CHANGE."""
        with self.store.transaction():
            order = self._active(given.get("order"))
            try:
                order.update(clean_person({**order, **given}))
            except ValueError as error:
                raise BankError(422, str(error)) from error
            invoicer = self._invoicer(order["invoicer"])
            order.update(self._order_terms({**order, **given}, invoicer))
            sent = self._notify("CHANGE", order)
            self.store.update(order)
            return {"order": order, "message": public(sent)}

    def stop(self, given: dict) -> dict:
        """No more e-invoices: ReceiverInfo DELETE."""
        with self.store.transaction():
            order = self._active(given.get("order"))
            sent = self._notify("DELETE", order)
            order.update(status="stopped", stopped=self.stamp())
            self.store.update(order)
            return {"order": order, "message": public(sent)}

    def move(self, given: dict) -> dict:
        """To the other bank: DELETE from the old and ADD from the new, or first ADD."""
        first = given.get("first") or "delete"
        if first not in ("delete", "add"):
            raise BankError(422, "Which message goes first is delete or add.")
        with self.store.transaction():
            old = self._active(given.get("order"))
            bank = self._bank(given.get("to_bank"))
            if bank["bic"] == old["bank"]:
                raise BankError(422, "The order is at this bank already.")
            customer = self.record("customer", old["customer"], "customer")
            kept = ("id", "message_id", "ordered", "stopped")
            new = {key: value for key, value in old.items() if key not in kept}
            new.update(bank=bank["bic"], address=customer["ibans"][bank["bic"]])
            results = {}
            for step in ("delete", "add") if first == "delete" else ("add", "delete"):
                results[step] = (
                    self.stop({"order": old["id"]})
                    if step == "delete"
                    else self._add_order(new)
                )
            return {
                "old": results["delete"]["order"],
                "order": results["add"]["order"],
                "messages": [results[step]["message"] for step in results],
            }

    def pay(self, given: dict) -> dict:
        """Mark an invoice paid, or no longer paid; no message follows."""
        with self.store.transaction():
            invoice = self.record("invoice", given.get("invoice"), "invoice")
            if invoice["status"] not in ("open", "paid"):
                raise BankError(409, f"The invoice is {invoice['status']}.")
            invoice["status"] = "open" if invoice["status"] == "paid" else "paid"
            self.store.update(invoice)
            return {"invoice": invoice}

    # Messages out

    def _notify(self, action: str, order: dict) -> dict:
        invoicer = self._invoicer(order["invoicer"])
        stamp = self.stamp()
        frame = Frame(
            order["address"],
            order["bank"],
            invoicer["sender_address"],
            invoicer["sender_intermediator"],
            self.message_id("RI"),
            stamp,
            "" if action == "ADD" else order["message_id"],
        )
        body = receiver_info(action, order, invoicer, stamp)
        details = {"action": action, "order": order["id"]}
        return self.send("ReceiverInfo", frame, body, details)

    def acknowledge(self, original: Frame, findings: list[Finding]) -> dict:
        """A Finvoiceack: the parties of the frame reversed, the original named."""
        frame = Frame(
            original.receiver,
            original.receiver_intermediator,
            original.sender,
            original.sender_intermediator,
            self.message_id("ACK"),
            self.stamp(),
            original.message_id,
        )
        body = acknowledgement(original, findings)
        details = {"code": findings[0].code, "text": findings[0].text}
        return self.send("Finvoiceack", frame, body, details)

    def send(
        self, kind: str, frame: Frame, body: etree._Element, details: dict
    ) -> dict:
        """Check an own message against its official schema and enter it."""
        data = framed(frame, body)
        again = etree.fromstring(split_file(data)[0].payload.strip(), parser())
        faults = self.schemas.findings(etree.QName(body).localname, again, 7)
        if faults:
            raise BankError(422, f"The message would not be valid: {faults[0].text}")
        details = {
            **details,
            "message_id": frame.message_id,
            "timestamp": frame.timestamp,
            "ref_to": frame.ref_to,
            "to": frame.receiver,
            "bank": frame.sender_intermediator,
        }
        return self.enter(kind, data, details)

    def enter(self, kind: str, data: bytes, details: dict) -> dict:
        """Put a file among those to deliver; it leaves after the transaction."""
        moment = self.now()
        name = f"{moment:%Y%m%dT%H%M%S%f}-{secrets.token_hex(2)}-{kind.lower()}.xml"
        self._undelivered = True
        return self.store.add(
            "sent",
            {
                "kind": kind,
                **details,
                "file": name,
                "at": moment.isoformat(timespec="seconds"),
                "delivered": False,
                "raw": data.decode(CHARSET),
            },
        )

    def deliver(self) -> None:
        """Write the files entered but not delivered yet."""
        with self.store.lock:
            if not self._undelivered:
                return
            for sent in self.store.all("sent", delivered=False):
                self.exchange.deliver(sent["file"], sent["raw"].encode(CHARSET))
                self.store.update({**sent, "delivered": True})
            self._undelivered = False

    # The whole of it

    def state(self) -> dict:
        with self.store.lock:
            return {
                "today": self.now().date().isoformat(),
                "schemas": {
                    "official": sorted(self.schemas.compiled),
                    "absent": self.schemas.absent,
                    "folder": str(self.schemas.folder or ""),
                    "note": self.schemas.describe(),
                },
                "banks": list(self.banks.values()),
                "invoicers": list(self.invoicers.values()),
                "customers": self.store.all("customer"),
                "orders": self.store.all("order"),
                "invoices": self.store.all("invoice"),
                "files": self.store.all("file"),
                "messages": [public(m) for m in self.store.all("message")],
                "sent": [public(m) for m in self.store.all("sent")],
                "seen": self.store.seen(),
                "refuse_next": self.store.setting("refuse_next"),
            }


def public(record: dict) -> dict:
    """A record without the bytes of its file."""
    return {key: value for key, value in record.items() if key != "raw"}


def read_code(value: object) -> int:
    """A Finvoiceack code chosen by hand."""
    try:
        code = int(str(value))
    except ValueError:
        code = 0
    if not 1 <= code <= 999:
        raise BankError(422, "The code is a number from 1 to 999.")
    return code
