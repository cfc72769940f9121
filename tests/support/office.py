"""The people of a story: the office that works in Odoo, and its consumers."""

import datetime as dt
import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import odoorpc

from support.clerk import Clerk, Row
from support.system import BankInstance, OdooInstance
from support.waiting import PATIENCE, eventually

NORTH, SOUTH = "NDEAFIHH", "OKOYFIHH"
INVOICER = "KAAMOS-ELECTRICITY"

Answer = TypeVar("Answer")

_numbers = itertools.count(50001)


@dataclass
class Consumer:
    """Somebody with a customer number, a home and accounts in both banks."""

    name: str
    number: str = field(default_factory=lambda: str(next(_numbers)))
    street: str = ""
    postcode: str = "40100"
    town: str = "Jyväskylä"

    def __post_init__(self) -> None:
        self.street = self.street or f"Koivukuja {self.number}"

    @property
    def email(self) -> str:
        """Where invoices go when they go by e-mail."""
        return f"customer.{self.number}@example.com"


class Netbank:
    """What consumers do with their bank, without its pages."""

    def __init__(self, bank: BankInstance, invoicer: str = INVOICER) -> None:
        self.bank = bank
        self.invoicer = invoicer

    def enter(self, consumer: Consumer) -> Row:
        """The bank's customer record, made at the first visit."""
        given = {key: getattr(consumer, key) for key in ("name", "street", "postcode")}
        return self.bank.post("customer", **given, town=consumer.town)["customer"]

    def order(
        self,
        consumer: Consumer,
        bank: str = NORTH,
        number: str = "",
        service: str = "00",
    ) -> Row:
        """Order e-invoices; the number typed is the consumer's own, unless given."""
        answer = self.bank.post(
            "order",
            customer=self.enter(consumer)["id"],
            bank=bank,
            invoicer=self.invoicer,
            identifiers=[number or consumer.number],
            service=service,
        )
        return answer["order"]

    def invoices(self, consumer: Consumer) -> list[Row]:
        """Invoices in the consumer's netbank, at both banks."""
        customer = self.enter(consumer)["id"]
        return [
            invoice
            for invoice in self.bank.state()["invoices"]
            if invoice["customer"] == customer
        ]


class Office(Clerk):
    """The bookkeepers of the company."""

    def __init__(self, client: odoorpc.ODOO, channel: int = 0) -> None:
        super().__init__(client)
        self.channel = (
            channel or client.env.ref("einvoice_consumer.demo_channel_finvoice").id
        )

    @classmethod
    def of(cls, server: OdooInstance) -> "Office":
        """The demo company's office, as its administrator."""
        return cls(server.rpc())

    @functools.cached_property
    def vat(self) -> int:
        """The company's VAT on sales: 25.5 % in Finland."""
        company = self.read("einvoice.channel", self.channel, "company_id")
        [company_id, _name] = company["company_id"]
        found = self.read("res.company", company_id, "account_sale_tax_id")
        return found["account_sale_tax_id"][0]

    # Customers and their invoices

    def register(self, consumer: Consumer, **more: Any) -> int:
        """Add a consumer to the customer register."""
        return self.call(
            "res.partner",
            "create",
            {
                "name": consumer.name,
                "ref": consumer.number,
                "street": consumer.street,
                "zip": consumer.postcode,
                "city": consumer.town,
                "country_id": self.client.env.ref("base.fi").id,
                "email": consumer.email,
                **more,
            },
        )

    def invoice(
        self, partner: int, price: float = 100.0, days: int = 20, term: int = 0
    ) -> int:
        """A posted invoice of one line that falls due in so many days, or by terms."""
        due = dt.date.today() + dt.timedelta(days=days)
        line = {"name": "Electricity", "quantity": 1, "price_unit": price}
        line["tax_ids"] = [(6, 0, [self.vat])]
        move = self.call(
            "account.move",
            "create",
            {
                "move_type": "out_invoice",
                "partner_id": partner,
                "invoice_date_due": due.isoformat(),
                **({"invoice_payment_term_id": term} if term else {}),
                "invoice_line_ids": [(0, 0, line)],
            },
        )
        self.call("account.move", "action_post", [move])
        return move

    def send(self, *moves: int) -> list[Row]:
        """Send invoices to the netbanks, as the Send dialog does."""
        return self.call("account.move", "send_einvoice", list(moves))

    # The exchange with the bank

    def exchange(self) -> None:
        """Press "Send and fetch now"."""
        self.call("einvoice.channel", "action_exchange_now", [self.channel])

    def until(
        self, condition: Callable[[], Answer], what: str, seconds: float = PATIENCE
    ) -> Answer:
        """Press "Send and fetch now" again and again until something is so."""

        def pressed() -> Answer:
            self.exchange()
            return condition()

        return eventually(pressed, seconds, what)

    def agreement(self, order: Row) -> Row | None:
        """The agreement that came of a consumer's order."""
        found = self.find(
            "einvoice.agreement",
            [
                ("channel_id", "=", self.channel),
                ("recipient_address", "=", order["address"]),
                ("recipient_intermediator", "=", order["bank"]),
            ],
            *("state", "partner_id", "service", "recipient_address", "reason"),
            *("review_reason", "candidate_ids", "consumer_name"),
        )
        return found[-1] if found else None

    def arrived(self, order: Row, state: str = "active") -> Row:
        """Wait until an order is here, in a state."""

        def here() -> Row | None:
            found = self.agreement(order)
            return found if found and found["state"] == state else None

        return self.until(here, f"the order of {order['name']} is {state}")

    def state(self, move: int) -> str:
        """How far the e-invoice of an invoice has come."""
        return self.read("account.move", move, "einvoice_state")["einvoice_state"]

    def documents(self, *domain: Any) -> list[Row]:
        """Messages of the channel."""
        return self.find(
            "einvoice.document",
            [("channel_id", "=", self.channel), *domain],
            *("name", "type", "direction", "state", "summary", "message_id"),
            *("reason_code", "move_id", "agreement_id", "sha256", "original_id"),
        )
