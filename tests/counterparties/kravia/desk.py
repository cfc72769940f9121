"""What is done with the cases: by calls, and by people at Kravia."""

from __future__ import annotations

import time
from collections import deque
from decimal import Decimal
from typing import Any, cast

from flask import current_app, request
from werkzeug.local import LocalProxy

from counterparties.common.web import Refusal

from .books import Json, Ledger
from .webhooks import Sender

NUMBER = (int, float)
TEXT = (str, type(None))
# Members of each request, as the pages show them, with the types that they have there.
ADDRESS = {
    "addressAddressLine1": str,
    "addressPostalCode": str,
    "addressCity": str,
    "addressCountryCode": str,
}
REGISTER: dict[str, Any] = {
    "claimType": str,
    "creditorId": int,
    "accountingInvoiceId": TEXT,
    "debtorName": str,
    "debtorNumber": TEXT,
    "email": TEXT,
    "ssn": TEXT,
    "organizationNumber": TEXT,
    "isPrivateIndividual": str,
    "postalAddress": dict,
    "invoiceNo": str,
    "invoiceDate": str,
    "dueDate": str,
    "originalAmount": NUMBER,
    "currencyCode": str,
    "description": TEXT,
}
PAYMENT: dict[str, Any] = {
    "date": str,
    "description": TEXT,
    "AccountingPaymentId": str,
    "amount": NUMBER,
    "invoices": list,
}
CREDIT_NOTE: dict[str, Any] = {
    "Date": str,
    "Amount": NUMBER,
    "AccountingPaymentId": str,
    "Description": TEXT,
    "Invoices": list,
}
WEBHOOK: dict[str, Any] = {"secret": str, "enabled": bool, "url": str}
INVITATION: dict[str, Any] = {"email": str, "name": str, "isAccountant": bool}


def given(members: dict[str, Any], value: Any = None) -> Json:
    """An object of exactly these members.

    :raises Refusal: it is another
    """
    body = request.get_json(silent=True) if value is None else value
    if not isinstance(body, dict) or body.keys() != members.keys():
        raise Refusal(400, f"expected {', '.join(members)}")
    for name, kind in members.items():
        # to Python, true is a number
        if not isinstance(body[name], kind) or (
            isinstance(body[name], bool) and kind is not bool
        ):
            raise Refusal(400, f"{name} is of another type")
    return body


def exact(amount: float) -> Decimal:
    """An amount as it was written."""
    return Decimal(str(amount))


def capital(claim: Json) -> Decimal:
    """What is still open of it."""
    parts = ("credited", "capitalPaidDirectly", "capitalCollected")
    taken = sum(exact(claim[name]) for name in parts)
    return exact(claim["originalAmount"]) - taken


def details(claim: Json) -> Json:
    """A case as it is answered."""
    names = (
        *("invoiceId", "accountingInvoiceId", "invoiceNo", "debtorName"),
        *("currencyCode", "lastUpdatedTime", "status", "capitalPaidDirectly"),
        *("capitalCollected", "payments", "timeline"),
    )
    return {
        **{name: claim[name] for name in names},
        "outstanding": {
            "capital": float(capital(claim)),
            **{name: claim[name] for name in ("interest", "fees", "courtFees")},
        },
        "documents": [],
        "availableActions": ["Pause"],
    }


class Desk:
    """What is done with the cases."""

    def __init__(self, books: Ledger, sender: Sender) -> None:
        self.books = books
        self.sender = sender
        self.calls: deque[Json] = deque(maxlen=1000)

    def claim(self, number: int) -> Json:
        """A case of the creditor's."""
        found = self.books.claim(number)
        if found is None:
            raise Refusal(404, "There is no such invoice.")
        return found

    def changed(self, claim: Json, title: str) -> Json:
        """Enter what happened, and tell it."""
        entry = {
            "id": len(claim["timeline"]) + 1,
            "date": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime())}",
            "title": title,
        }
        claim = self.books.save_claim(
            {**claim, "timeline": [*claim["timeline"], entry]}
        )
        self.sender.tell(claim["invoiceId"])
        return claim

    def register(self) -> Json:
        body = given(REGISTER)
        given(ADDRESS, body["postalAddress"])
        if body["claimType"] != "CollectionCase":
            raise Refusal(400, "claimType is not played here")
        if body["creditorId"] != self.books.setting("creditor"):
            raise Refusal(403, "That creditor is not yours.")
        if body["isPrivateIndividual"] == "false" and not body["organizationNumber"]:
            raise Refusal(400, "Organization number is required for B2B claims.")
        empty = {"interest": 0, "fees": 0, "courtFees": 0, "credited": 0, "settled": 0}
        empty |= {"capitalPaidDirectly": 0, "capitalCollected": 0}
        claim = {**body, **empty, "payments": [], "timeline": [], "status": "pågående"}
        claim = self.changed(self.books.add_claim(claim), "Registered")
        return {"invoiceId": claim["invoiceId"]}

    def pay(self) -> Json:
        """A direct payment covers capital; what exceeds it is ignored."""
        body = given(PAYMENT)
        for part in body["invoices"]:
            part = given({"invoiceId": int, "amount": NUMBER}, part)
            claim = self.claim(part["invoiceId"])
            counts = min(exact(part["amount"]), capital(claim))
            paid = float(exact(claim["capitalPaidDirectly"]) + counts)
            self._enter(claim, body, part["amount"], capitalPaidDirectly=paid)
        return {}

    def credit(self) -> Json:
        """A credit note takes capital away; with all of it the case is closed."""
        body = given(CREDIT_NOTE)
        for part in body["Invoices"]:
            part = given({"InvoiceId": int, "Amount": NUMBER}, part)
            if part["Amount"] >= 0:
                raise Refusal(400, "A credit note is negative.")
            claim = self.claim(part["InvoiceId"])
            counts = min(-exact(part["Amount"]), capital(claim))
            changes: Json = {"credited": float(exact(claim["credited"]) + counts)}
            if counts == capital(claim):
                changes |= {"interest": 0, "fees": 0, "status": "avsluttet"}
            self._enter(claim, body, part["Amount"], **changes)
        return {}

    def _enter(self, claim: Json, body: Json, amount: float, **changes: Any) -> None:
        entry = {"accountingPaymentId": body["AccountingPaymentId"], "amount": amount}
        payments = [*claim["payments"], entry]
        self.changed({**claim, **changes, "payments": payments}, "Payment")

    def search(self) -> list[Json]:
        wanted = {"byAscending": "True", "orderBy": "11"}
        if any(request.args.get(name) != value for name, value in wanted.items()):
            raise Refusal(400, "that order is not played here")
        return [
            {
                name: claim[name]
                for name in ("invoiceId", "accountingInvoiceId", "lastUpdatedTime")
            }
            for claim in self.books.claims(
                request.args["lastUpdatedTime"],
                int(request.args["skip"]),
                int(request.args["top"]),
            )
        ]

    # What a person at Kravia does

    def move(self, claim: Json, order: Json) -> Json:
        """The case has come to another status."""
        return self.changed({**claim, **order}, order.get("status", "Changed"))

    def collect(self, claim: Json, order: Json) -> Json:
        """The debtor pays Kravia."""
        counts = min(exact(order["amount"]), capital(claim))
        claim["capitalCollected"] = float(exact(claim["capitalCollected"]) + counts)
        if not capital(claim):
            claim["status"] = "avsluttet"
        return self.changed(claim, "Payment from the debtor")

    def settle(self) -> Json:
        """Pay out what was collected, in one sum."""
        lines, total = [], Decimal(0)
        for claim in self.books.claims():
            due = exact(claim["capitalCollected"]) - exact(claim["settled"])
            if due:
                total += due
                lines.append(
                    {
                        "invoiceId": claim["invoiceId"],
                        "accountingInvoiceId": claim["accountingInvoiceId"],
                        "invoiceNo": claim["invoiceNo"],
                        "capital": float(due),
                        "amount": float(due),
                    }
                )
                settled = {"settled": claim["capitalCollected"]}
                self.books.save_claim({**claim, **settled})
        return self.books.save_settlement(
            {
                "date": time.strftime("%Y-%m-%d"),
                "amount": float(total),
                "currencyCode": "SEK",
                "payerName": "Kravia AB",
                "invoices": lines,
                "closed": "",
            }
        )

    def bookkeep(self, number: int) -> Json:
        """The creditor has booked a payout."""
        for settlement in self.books.settlements():
            if settlement["settlementId"] == number:
                entry = request.args["internalAccountingId"]
                self.books.save_settlement({**settlement, "closed": entry})
                return {}
        raise Refusal(404, "There is no such settlement.")


# the one of the running application
desk = cast(Desk, LocalProxy(lambda: current_app.extensions["desk"]))
