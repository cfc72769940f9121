"""The accountants of a company whose customers pay at kiosks."""

import datetime as dt
import itertools
import json
import re
import secrets
import urllib.parse
from typing import Any

from dev import kiosks
from support.clerk import BUSY, Clerk, Row
from support.system import Json, OdooInstance
from support.waiting import PATIENCE, eventually

# short names of the demo companies, which begin external identifiers
COMPANIES = {"kz": "demo.company_kazakhstan", "is": "demo.company_iceland"}
# a network of the demo data in each, whose journal and limits others share
MODELS = {"kz": "kz_qiwi", "is": "is_hraunbanki"}
# what networks of other dialects prove themselves by; most by login and password
PROOFS = {
    "kaspi_json": "secret",
    "kaspi_xml": "secret",
    "privatbank_debt": "none",
    "signed_json": "hmac",
}
# what the kiosks must know of a network
TOLD = ("name", "dialect", "token", "tz", "authentication", "basic_login")
TOLD += ("basic_password", "secret", "certificate_fingerprint", "second_factor")

# the number and its check digits stand in groups, in the only bold of that line
NUMBER_ON_PAPER = r"payment_terminal[\s\S]*?<strong[^>]*>([0-9A-Z ]+)</strong>"

_numbers = itertools.count(70001)


class Cashier(Clerk):
    """Whoever looks after the payments from kiosks, in one company."""

    def __init__(
        self, server: OdooInstance, country: str = "kz", login: str = "admin"
    ) -> None:
        super().__init__(server.rpc(login, login))
        self.server, self.login = server, login
        server.expected.append(rf"odoo\.http: .*{BUSY}")
        self.country = country
        self.company = self.ref(COMPANIES[country])
        self.work_in(self.company)

    def hire(self, login: str, *groups: str) -> int:
        """A new user of the company alone, whose password is the login."""
        return self.call(
            "res.users",
            "create",
            {
                "name": login,
                "login": login,
                "password": login,
                "email": f"{login}@example.com",
                "company_id": self.company,
                "company_ids": [(6, 0, [self.company])],
                "group_ids": [(6, 0, [self.ref(group) for group in groups])],
            },
            context={"no_reset_password": True},
        )

    # Customers and what they owe

    def customer(self, key: str) -> int:
        """A customer of the demo data, such as `several`."""
        return self.ref(f"demo.partner_{self.country}_{key}")

    def invoice(self, key: str) -> int:
        """An invoice of the demo data, such as `several_oldest`."""
        return self.ref(f"demo.invoice_{self.country}_{key}")

    def number(self, partner: int) -> str:
        """What a customer types at a kiosk."""
        return self.read("res.partner", partner, "terminal_number")["terminal_number"]

    def register(self, name: str = "", **more: Any) -> int:
        """A new customer with a number, who owes nothing yet."""
        place = next(_numbers)
        partner = self.call(
            "res.partner",
            "create",
            {
                "name": name or f"Customer {place}",
                "ref": str(place),
                "company_id": self.company,
                **more,
            },
        )
        self.call("payment.terminal.account", "create", {"partner_id": partner})
        return partner

    def bill(self, partner: int, amount: float, days: int = 20, **more: Any) -> int:
        """A posted invoice over an amount that falls due in so many days; no VAT."""
        due = dt.date.today() + dt.timedelta(days=days)
        line = {"name": "Internet", "quantity": 1, "price_unit": amount}
        line["tax_ids"] = [(6, 0, [])]
        move = self.call(
            "account.move",
            "create",
            {
                "move_type": "out_invoice",
                "partner_id": partner,
                "invoice_date": (due - dt.timedelta(days=30)).isoformat(),
                "invoice_date_due": due.isoformat(),
                "invoice_line_ids": [(0, 0, line)],
                **more,
            },
        )
        self.call("account.move", "action_post", [move])
        return move

    def residuals(self, *moves: int) -> list[float]:
        """What is still open of invoices, in their order."""
        rows = self.call(
            "account.move", "read", list(moves), fields=["amount_residual"]
        )
        left = {row["id"]: row["amount_residual"] for row in rows}
        return [left[move] for move in moves]

    def paid_state(self, move: int) -> str:
        """How an invoice stands: `not_paid`, `partial`, `paid`."""
        return self.read("account.move", move, "payment_state")["payment_state"]

    def owed(self, partner: int) -> float:
        """The balance of a customer in the books; below zero it is a credit."""
        lines = self.find(
            "account.move.line",
            [
                ("partner_id", "child_of", partner),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("company_id", "=", self.company),
            ],
            "balance",
        )
        return round(sum(line["balance"] for line in lines), 2)

    def printed_number(self, move: int) -> str:
        """The customer's number as it is printed on an invoice, with its spaces."""
        # reports are printed in a session of the web client only
        who = {"db": self.server.database, "login": self.login, "password": self.login}
        self.client.json("/web/session/authenticate", who)
        context = urllib.parse.quote(json.dumps(self.context))
        page = self.client.http(
            f"report/html/account.report_invoice/{move}?context={context}"
        )
        found = re.search(NUMBER_ON_PAPER, page.read().decode())
        assert found, "the invoice has no customer number"
        return found[1]

    # Networks

    def network(self, key: str) -> int:
        """A network of the demo data, such as `kz_qiwi`, as the kiosks call it."""
        return self.ref(f"demo.network_{key}")

    def named_network(self, key: str, dialect: str) -> int:
        """The network of the demo data with this key, opened when there is none."""
        named = [("module", "=", "demo"), ("name", "=", f"network_{key}")]
        known = self.find("ir.model.data", named, "res_id")
        if known:
            return known[0]["res_id"]
        proof = PROOFS.get(dialect, "basic")
        network = self.open_network(dialect, proof, MODELS[self.country])
        self.call(
            "ir.model.data",
            "create",
            {
                "module": "demo",
                "name": f"network_{key}",
                "model": "payment.terminal.network",
                "res_id": network,
            },
        )
        return network

    def told(self, network: int) -> Json:
        """A network as its kiosks must know it: only administrators may read that."""
        row = self.terms(network, *TOLD, "currency_id")
        currency = self.read("res.currency", row["currency_id"][0], "decimal_places")
        named = [("model", "=", "payment.terminal.network"), ("res_id", "=", network)]
        [*known] = self.find("ir.model.data", named, "name")
        row |= {
            "currency": row["currency_id"][1],
            "decimal_places": currency["decimal_places"],
            "known_as": known[0]["name"] if known else "",
        }
        return kiosks.as_told(row, self.server.url)

    def open_network(self, dialect: str, proof: str, like: str = "kz_qiwi") -> int:
        """A new network in production, with a clearing account of its own, booked like
        one of the demo data; it is called `network-<id>`."""
        code = str(next(_numbers))
        account = self.call(
            "account.account",
            "create",
            {
                "code": code,
                "name": f"Clearing of {dialect}",
                "account_type": "asset_current",
                "reconcile": True,
                "company_ids": [(6, 0, [self.company])],
            },
        )
        [network] = self.call(
            "payment.terminal.network",
            "copy",
            [self.network(like)],
            default={
                "name": f"{dialect} {code}",
                "dialect": dialect,
                "authentication": proof,
                "basic_login": f"login-{code}",
                "basic_password": secrets.token_urlsafe(24),
                "secret": secrets.token_urlsafe(24),
                "clearing_account_id": account,
                "misses_per_kiosk": 0,
                "misses_per_network": 0,
                "address_ids": [(0, 0, {"range": "127.0.0.1/32"})],
            },
        )
        self.change(network, environment="prod")
        return network

    def terms(self, network: int, *fields: str) -> Row:
        """Fields of a network."""
        return self.read("payment.terminal.network", network, *fields)

    def change(self, network: int, **values: Any) -> None:
        """Change a network."""
        self.call("payment.terminal.network", "write", [network], values)

    def requests(self, network: int, *domain: Any) -> list[Row]:
        """What a network has asked and how it was answered."""
        return self.find(
            "payment.terminal.request",
            [("network_id", "=", network), *domain],
            *("operation", "txn_id", "result", "terminal", "is_repeat"),
            *("answer", "answer_status", "transaction_id"),
        )

    # Payments

    def payments(self, network: int, *domain: Any) -> list[Row]:
        """Payments that a network has told."""
        return self.find(
            "payment.terminal.transaction",
            [("network_id", "=", network), *domain],
            *("txn_id", "state", "amount", "account_number", "partner_id"),
            *("business_date", "terminal", "move_id", "cancel_reason"),
        )

    def payment(self, network: int, txn_id: str) -> Row | None:
        """One payment, by the network's identifier."""
        found = self.payments(network, ("txn_id", "=", txn_id))
        return found[0] if found else None

    def book(self) -> None:
        """Run the job that books what has come in, as an administrator does."""
        self.run("payment_terminal.ir_cron_payment_terminal_book")

    def arrived(self, network: int, txn_id: str, state: str = "booked") -> Row:
        """Wait until a payment is in a state; the books are kept meanwhile."""

        def here() -> Row | None:
            found = self.payment(network, txn_id)
            if found and found["state"] == state:
                return found
            self.book()
            return None

        return eventually(here, PATIENCE, f"payment {txn_id} is {state}")

    def receive(self, amount: float, reference: str) -> int:
        """The bank's statement has a sum that came in; Odoo has a group for those who
        write statements."""
        group = self.ref("account.group_account_basic")
        user = self.client.env.uid
        self.call("res.users", "write", [user], {"group_ids": [(4, group)]})
        [journal] = self.find(
            "account.journal",
            [("type", "=", "bank"), ("company_id", "=", self.company)],
            "id",
        )[:1]
        return self.call(
            "account.bank.statement.line",
            "create",
            {
                "journal_id": journal["id"],
                "payment_ref": reference,
                "amount": amount,
            },
        )

    def balance(self, account: int) -> float:
        """The balance of an account, such as a network's clearing account."""
        lines = self.find(
            "account.move.line",
            [
                ("account_id", "=", account),
                ("parent_state", "=", "posted"),
                ("company_id", "=", self.company),
            ],
            "balance",
        )
        return round(sum(line["balance"] for line in lines), 2)

    def cleared(self, network: int) -> float:
        """What a network has collected and not paid out, as the books say."""
        [account, _name] = self.terms(network, "clearing_account_id")[
            "clearing_account_id"
        ]
        return self.balance(account)

    def suspended(self, network: int) -> float:
        """What is parked of payments of nobody we know; below zero, as it is owed."""
        [account, _name] = self.terms(network, "suspense_account_id")[
            "suspense_account_id"
        ]
        return self.balance(account)
