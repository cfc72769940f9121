"""An Icelandic bank's claims service, to IOBWS Domestic Claims 3.1.

    python -m counterparties.claims --port PORT --client ID --secret SECRET

It takes batches of claims, works on them when it is asked what became of them, tells
page by page which were paid, and remembers while it runs. `POST /sandbox/fault` makes
the next batch go wrong, `lost` (taken, and the line is cut before the answer) or `busy`
(503, not taken), or the next question for payments, `unpaid` (503). `POST
/sandbox/payments` lets a customer pay. `GET /sandbox/claims` tells all it knows.
"""

from __future__ import annotations

import argparse
import re
import secrets
import sys
import threading
import uuid
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, jsonify, request

from counterparties.common.web import Refusal, application, listen, serve

Json = dict[str, Any]
LIMIT = 20 * 1024 * 1024
DIGITS = re.compile(r"[0-9]{10}", re.ASCII)
ACCOUNT = re.compile(r"[0-9]{4}66[0-9]{6}", re.ASCII)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
# It gives fewer on a page than it is asked for.
PAGE = 2
NEEDED = ("claimKey", "payorId", "templateCode", "amount", "finalDueDate")


class Claims:
    """The claims of all claimants, and the batches that changed them."""

    def __init__(self) -> None:
        self.claims: dict[str, Json] = {}
        self.batches: dict[str, Json] = {}
        self.payments: list[Json] = []
        self.asked: list[int] = []
        """Pages that were asked for, in order."""
        self.known: dict[str, str] = {}
        """Batches by idempotency key: a repeat is the same batch."""
        self.fault = ""
        self.lock = threading.Lock()

    def take(self, key: str, batch: Json) -> str:
        """Keep a batch, and return its number."""
        if key in self.known:
            return self.known[key]
        kind = batch.get("actionType")
        rows = batch.get({"create": "createList", "alter": "alterList"}.get(kind, ""))
        if not isinstance(rows, list) or not rows:
            raise Refusal(400, "There is no list of this action.")
        number = str(uuid.uuid4())
        self.known[key] = number
        self.batches[number] = {"kind": kind, "waiting": rows, "good": [], "bad": []}
        return number

    def work(self, number: str) -> None:
        """Do what waits in a batch."""
        batch = self.batches[number]
        for row in batch["waiting"]:
            key = row.get("claimKey") or {}
            code = self.create(row) if batch["kind"] == "create" else self.alter(row)
            told = {"claimKey": key, "claimId": name(key)}
            if code:
                batch["bad"].append({**told, "resultCode": code, "resultMessage": code})
            else:
                batch["good"].append(told)
        batch["waiting"] = []

    def create(self, row: Json) -> str:
        if not is_key(row.get("claimKey")) or any(row.get(n) is None for n in NEEDED):
            return "CLAIM_OTHERS"
        if not DIGITS.fullmatch(str(row["payorId"])) or row["amount"] <= 0:
            return "CLAIM_OTHERS"
        number = name(row["claimKey"])
        there = self.claims.get(number)
        if there and there["claimStatus"] != "Cancelled":
            return "CLAIM_EXISTS"
        self.claims[number] = {**row, "claimStatus": "Unpaid"}
        return ""

    def alter(self, row: Json) -> str:
        there = self.claims.get(name(row.get("claimKey") or {}))
        if not there:
            return "CLAIM_NOT_FOUND"
        if there["claimStatus"] == "Paid":
            return "CLAIM_IS_PAID"
        if there["claimStatus"] == "Cancelled" and row.get("claimStatus") != "Unpaid":
            return "CLAIM_IS_CANCELLED"
        there.update(row)
        return ""

    def pay(self, customer: str, amount: float) -> None:
        """A customer pays so much of the claim that is open."""
        [claim] = [
            claim
            for claim in self.claims.values()
            if claim["customerNumber"] == customer and claim["claimStatus"] == "Unpaid"
        ]
        is_all = amount >= claim["amount"]
        now = datetime.now(timezone.utc)
        self.payments.append(
            {
                "claimKey": claim["claimKey"],
                "payorId": claim["payorId"],
                "amount": claim["amount"],
                "reference": claim.get("reference", ""),
                "billNumber": claim["billNumber"],
                "customerNumber": customer,
                "transactionTimestamp": now.isoformat(timespec="microseconds"),
                "bookingDate": now.date().isoformat(),
                "valueDate": now.date().isoformat(),
                "paymentType": "Complete" if is_all else "Partial",
                "depositedAmount": amount,
                "totalAmountPaid": amount,
                "currency": "ISK",
            }
        )
        claim["amount"] -= min(amount, claim["amount"])
        if is_all:
            claim["claimStatus"] = "Paid"

    def find_payments(self, claimant: str, since: date, until: date) -> list[Json]:
        """What was paid to somebody on some days, the latest first."""
        return [
            payment
            for payment in reversed(self.payments)
            if payment["claimKey"]["claimantId"] == claimant
            and since <= date.fromisoformat(payment["bookingDate"]) <= until
        ]

    def status(self, number: str) -> Json:
        """What became of a batch so far."""
        batch = self.batches[number]
        return {
            "batchId": number,
            "success": len(batch["good"]),
            "failed": len(batch["bad"]),
            "pending": len(batch["waiting"]),
            "actionType": batch["kind"],
            "actions": {"successes": batch["good"], "errors": batch["bad"]},
        }


def name(key: Json) -> str:
    """A claim's number: claimant, account and due date."""
    day = str(key.get("dueDate", "")).replace("-", "")
    return f"{key.get('claimantId', '')}{key.get('account', '')}+{day}"


def is_key(key: Any) -> bool:
    return isinstance(key, dict) and all(
        shape.fullmatch(str(key.get(part, "")))
        for part, shape in (
            ("claimantId", DIGITS),
            ("account", ACCOUNT),
            ("dueDate", DAY),
        )
    )


def make_app(client: str, secret: str) -> Flask:
    """The service's application."""
    app = application(Path(__file__).parent, LIMIT, "/")
    bank = Claims()
    guard(app, client, secret)
    tell_payments(app, bank)
    play(app, bank)

    @app.post("/v1/batches")
    def post_batch() -> tuple[Response, int]:
        with bank.lock:
            fault = bank.fault
            if fault != "unpaid":
                bank.fault = ""
            if fault == "busy":
                raise Refusal(503, "The service is closed for a moment.")
            number = bank.take(uuid_of("X-Idempotency-Key"), request.get_json())
        if fault == "lost":
            request.environ["werkzeug.socket"].close()
        return tell(number, 201)

    @app.get("/v1/batches/<number>")
    def get_batch(number: str) -> tuple[Response, int]:
        with bank.lock:
            if number not in bank.batches:
                abort(404)
            bank.work(number)
            return tell(number, 200)

    def tell(number: str, status: int) -> tuple[Response, int]:
        answer = jsonify(bank.status(number))
        answer.headers["X-Request-ID"] = uuid_of("X-Request-ID")
        return answer, status

    return app


def tell_payments(app: Flask, bank: Claims) -> None:
    """What was paid, page by page."""

    @app.get("/v1/claims/transactions")
    def get_payments() -> Response:
        request_id = uuid_of("X-Request-ID")
        try:
            days = [date.fromisoformat(request.args[n]) for n in ("dateFrom", "dateTo")]
            page, most = (int(request.args[n]) for n in ("page", "itemsPerPage"))
            claimant = request.args["claimantId"]
        except (KeyError, ValueError):
            raise Refusal(400, "A parameter is missing or wrong.") from None
        most = min(most, PAGE)
        with bank.lock:
            if bank.fault == "unpaid":
                bank.fault = ""
                raise Refusal(503, "The service is closed for a moment.")
            bank.asked.append(page)
            found = bank.find_payments(claimant, *days)
        answer = jsonify(found[(page - 1) * most : page * most])
        answer.headers["X-Request-ID"] = request_id
        answer.headers["X-Paging-CurrentPage"] = str(page)
        answer.headers["X-Paging-TotalPages"] = str(max(-(-len(found) // most), 1))
        answer.headers["X-Paging-TotalItems"] = str(len(found))
        answer.headers["X-Paging-PerPage"] = str(most)
        return answer


def play(app: Flask, bank: Claims) -> None:
    """What a test brings about, and sees."""

    @app.post("/sandbox/fault")
    def set_fault() -> Response:
        bank.fault = request.get_json()["fault"]
        return jsonify(fault=bank.fault)

    @app.post("/sandbox/payments")
    def pay() -> Response:
        told = request.get_json()
        with bank.lock:
            bank.pay(told["customer"], told["amount"])
        return jsonify(payments=len(bank.payments))

    @app.get("/sandbox/claims")
    def get_claims() -> Response:
        with bank.lock:
            return jsonify(
                claims=bank.claims, batches=len(bank.batches), asked=bank.asked
            )


def guard(app: Flask, client: str, secret: str) -> None:
    """Let nobody in without the client's token."""
    token = secrets.token_urlsafe()

    @app.post("/token")
    def give_token() -> Response:
        given = request.authorization
        if not given or (given.username, given.password) != (client, secret):
            abort(401)
        return jsonify(access_token=token, token_type="Bearer", expires_in=600)

    @app.before_request
    def check() -> None:
        is_api = request.path.startswith("/v1/")
        if is_api and request.headers.get("Authorization") != f"Bearer {token}":
            abort(401)


def uuid_of(header: str) -> str:
    """A header that must be a UUID."""
    try:
        return str(uuid.UUID(request.headers.get(header, "")))
    except ValueError:
        raise Refusal(400, f"{header} is no UUID.") from None


def main() -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client", required=True)
    parser.add_argument("--secret", required=True)
    given = parser.parse_args()
    server = listen(make_app(given.client, given.secret), "127.0.0.1", given.port)
    if server is None:
        return 2
    serve(server, f"Claims: http://127.0.0.1:{given.port}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
