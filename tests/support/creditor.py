"""A company that has opened the service with an agency, seen from both sides."""

import base64
import datetime as dt
import itertools
from collections.abc import Iterable
from typing import Any

from support.agency import AgencyInstance
from support.clerk import Row
from support.collector import PATIENCE, Collector
from support.system import Json, OdooInstance
from support.waiting import eventually

# An invoice that was sent before has its PDF; printing one takes a second.
PDF = b"%PDF-1.4\n% printed when the invoice was sent\n%%EOF\n"
CLIENT = "demo"

_numbers = itertools.count(60001)


class Creditor(Collector):
    """The collectors of a company, and the agency's own books beside them."""

    def __init__(
        self,
        server: OdooInstance,
        other: AgencyInstance,
        agency: int = 0,
        name: str = CLIENT,
        login: str = "admin",
    ) -> None:
        super().__init__(server.rpc(login, login), agency)
        self.server = server
        self.other = other
        self.name = name
        """What the agency calls its client."""

    @classmethod
    def open(cls, server: OdooInstance, other: AgencyInstance) -> "Creditor":
        """The Swedish company, with the service open and no time to undo."""
        creditor = cls(server, other)
        creditor.open_service()
        return creditor

    # The contract

    def contract(self, *fields: str) -> Row:
        """Fields of the contract with the agency."""
        return self.read("collection.agency", self.agency, *fields)

    def change(self, **values: Any) -> None:
        """Change the contract."""
        self.call("collection.agency", "write", [self.agency], values)

    def becomes(self, state: str) -> None:
        """Wait until the contract is in a state."""
        eventually(
            lambda: self.contract("state")["state"] == state,
            PATIENCE,
            f"the contract is {state}",
        )

    def open_service(self) -> None:
        """Go through the dialog, as a manager does, and have the agency agree."""
        self.change(undo_minutes=0)
        self.call("collection.agency", "action_open_onboarding", [self.agency])
        eventually(
            lambda: self.contract("terms_version")["terms_version"],
            PATIENCE,
            "the agency's terms",
        )
        dialog = "collection.onboarding.wizard"
        accepted = {"accept_terms": True, "accept_api_user": True}
        opened = self.call(dialog, "create", {"agency_id": self.agency, **accepted})
        for button in ("action_next", "action_next", "action_send"):
            self.call(dialog, button, [opened])
        self.becomes("onboarding")
        eventually(self.is_with_agency, PATIENCE, "the agency has the company's data")
        self.other.sandbox(f"creditors/{self.name}/activate")
        self.becomes("active")

    def is_with_agency(self) -> bool:
        """Whether the agency only has to agree."""
        return any(
            found["client_id"] == self.name and found["state"] == "pending_signature"
            for found in self.other.state()["creditors"]
        )

    # Invoices

    def debtors(self, count: int) -> list[int]:
        """Customers of the company."""
        company = self.contract("company_id")["company_id"][0]
        country = self.read("res.company", company, "country_id")["country_id"][0]
        made = self.call(
            "res.partner",
            "create",
            [
                {
                    "name": f"Gäldenär {number}",
                    "ref": str(number),
                    "company_id": company,
                    "street": f"Gränsgatan {number}",
                    "zip": "753 31",
                    "city": "Uppsala",
                    "country_id": country,
                }
                for number in itertools.islice(_numbers, count)
            ],
        )
        return list(made)

    def debts(
        self,
        count: int,
        days: int = 40,
        price: float = 1000.0,
        currency: int = 0,
        debtors: list[int] | None = None,
    ) -> list[int]:
        """Sent invoices, so many days overdue, each of a customer of its own unless
        told whose."""
        due = dt.date.today() - dt.timedelta(days=days)
        line = {"name": "Bredband", "quantity": 1, "price_unit": price}
        line["tax_ids"] = [(6, 0, [])]
        moves = self.call(
            "account.move",
            "create",
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": partner,
                    "invoice_date": (due - dt.timedelta(days=30)).isoformat(),
                    "invoice_date_due": due.isoformat(),
                    "invoice_line_ids": [(0, 0, line)],
                    **({"currency_id": currency} if currency else {}),
                }
                for partner in debtors or self.debtors(count)
            ],
        )
        self.call("account.move", "action_post", moves)
        self.call("account.move", "write", moves, {"is_move_sent": True})
        self.print(*moves)
        return list(moves)

    def debt(self, **named: Any) -> int:
        """One such invoice."""
        [move] = self.debts(1, **named)
        return move

    def print(self, *moves: int) -> None:
        """Give invoices the PDF that they would have got when they were sent."""
        self.attach(PDF, *moves, field="invoice_pdf_report_file")

    def attach(self, data: bytes, *moves: int, field: str | None = None) -> None:
        """Attach a file to invoices, or put it into a field of theirs."""
        content = base64.b64encode(data).decode()
        self.call(
            "ir.attachment",
            "create",
            [
                {
                    "name": f"{'invoice' if field else 'attachment'}-{move}.pdf",
                    "res_model": "account.move",
                    "res_id": move,
                    "res_field": field or False,
                    "datas": content,
                    "mimetype": "application/pdf",
                }
                for move in moves
            ],
        )

    def at_agency(self, state: str = "received", **named: Any) -> int:
        """One invoice whose case the agency has, with everything told."""
        move = self.debt(**named)
        self.send(move)
        self.arrived(move, state)
        self.quiet()
        return move

    def send(self, *moves: int) -> None:
        """Transfer invoices that nothing holds back."""
        answers = self.transfer(*moves)
        assert not [row for row in answers if row["reasons"]]

    # Money, as a bookkeeper enters it

    def pay(self, move: int, amount: float) -> None:
        """The customer has paid the company."""
        context = {"active_model": "account.move", "active_ids": [move]}
        dialog = "account.payment.register"
        made = self.call(dialog, "create", {"amount": amount}, context=context)
        self.call(dialog, "action_create_payments", [made], context=context)

    def receivable(self, *moves: int) -> list[int]:
        """The lines of what customers owe, or are owed."""
        wanted = [("move_id", "in", moves), ("account_type", "=", "asset_receivable")]
        return [row["id"] for row in self.find("account.move.line", wanted, "id")]

    def unmatch(self, move: int) -> None:
        """What was matched with an invoice is taken off it."""
        lines = self.receivable(move)
        self.call("account.move.line", "remove_move_reconcile", lines)

    def credit(self, move: int, amount: float) -> None:
        """The company credits a part of an invoice."""
        partner = self.read("account.move", move, "partner_id")["partner_id"][0]
        line = {"name": "Too much", "price_unit": amount, "tax_ids": [(6, 0, [])]}
        note = self.call(
            "account.move",
            "create",
            {
                "move_type": "out_refund",
                "partner_id": partner,
                "invoice_date": dt.date.today().isoformat(),
                "invoice_line_ids": [(0, 0, line)],
            },
        )
        self.call("account.move", "action_post", [note])
        self.call("account.move.line", "reconcile", self.receivable(move, note))

    # What waits in Odoo

    def messages(self, move: int, kind: str) -> list[Row]:
        """Calls to the agency about an invoice, oldest first."""
        return self.find(
            "collection.message",
            [("case_id.move_id", "=", move), ("type", "=", kind)],
            *("state", "summary", "error_code", "attempts", "next_attempt"),
            *("idempotency_key", "attachment_ids"),
        )

    def tried(self, move: int, kind: str = "case") -> Row:
        """Wait until the one call about an invoice was made in vain."""

        def found() -> Row | None:
            [*made] = self.messages(move, kind)
            failed = made and made[-1]["attempts"] and made[-1]["state"] == "to_send"
            return made[-1] if failed else None

        return eventually(found, PATIENCE, f"a {kind} call in vain")

    def retry(self, *messages: Row) -> None:
        """Make calls again at once, whatever they wait for."""
        ids = [message["id"] for message in messages]
        self.call("collection.message", "action_retry", ids)

    def fetch(self) -> None:
        """Press "Fetch now"."""
        self.call("collection.agency", "action_fetch_now", [self.agency])

    def events(self, *references: str) -> list[str]:
        """Those of the agency's events that are kept, in the order of arrival."""
        found = self.find(
            "collection.message",
            [("event_id", "in", references), ("agency_id", "=", self.agency)],
            "event_id",
        )
        return [row["event_id"] for row in found]

    def quiet(self, with_webhooks: bool = True) -> None:
        """Wait until nothing is on its way, in either direction.

        :param with_webhooks: the agency's calls too, which it repeats for minutes when
            a server was killed
        """
        waiting = [("agency_id", "=", self.agency), ("next_attempt", "=", False)]
        waiting += [("state", "in", ("to_send", "received"))]
        asking = [("agency_id", "=", self.agency), ("next_attempt", "!=", False)]

        def busy() -> bool:
            return bool(
                (with_webhooks and self.undelivered())
                or self.call("collection.message", "search_count", waiting)
                or self.call("collection.case", "search_count", asking)
            )

        # what has just been answered may have become the next that is asked
        def silent() -> bool:
            return not busy() and not busy()

        eventually(silent, PATIENCE, "nothing is on its way")

    # The agency's books

    def books(self, *moves: int) -> list[Json]:
        """The agency's cases of invoices."""
        rows = self.call("account.move", "read", list(moves), fields=["name"])
        names = {row["name"] for row in rows}
        state = self.other.state()
        [mine] = [
            each["id"] for each in state["creditors"] if each["client_id"] == self.name
        ]
        return [
            case
            for case in state["cases"]
            if case["creditor_id"] == mine and case["invoice_number"] in names
        ]

    def book(self, move: int) -> Json:
        """The one case that the agency has of an invoice."""
        [case] = self.books(move)
        return case

    def undelivered(self) -> list[Json]:
        """Webhook calls that are still to be made."""
        deliveries = self.other.state()["deliveries"]
        return [each for each in deliveries if each["state"] == "waiting"]

    def deliveries(self, events: Iterable[str]) -> list[Json]:
        """Webhook calls with these events."""
        wanted = set(events)
        return [
            each
            for each in self.other.state()["deliveries"]
            if wanted & {event["id"] for event in each["events"]}
        ]

    def calls(self, key: str) -> list[tuple[int, bool]]:
        """Status of each call with a key, and whether the agency knew it already."""
        return [
            (call["status"], call["replayed"])
            for call in self.other.state()["calls"]
            if call["idempotency_key"] == key
        ]

    def happens(self, move: int, what: str, **given: Json) -> list[str]:
        """Something happens to a case at the agency; the events that tell of it."""
        case = self.book(move)["id"]
        known = {event["id"] for event in self.other.state()["events"]}
        self.other.sandbox(f"cases/{case}/{what}", **given)
        return [
            event["id"]
            for event in self.other.state()["events"]
            if event["id"] not in known and event["case_id"] == case
        ]

    def fault(self, kind: str, **given: Json) -> None:
        """Arm a fault of the agency."""
        self.other.sandbox("faults", kind=kind, **given)
