"""The network's books: payments, attempts, complaints."""

from __future__ import annotations

import json
from typing import Any

from counterparties.common import books

_TABLES = """
CREATE TABLE IF NOT EXISTS payment (
    id INTEGER PRIMARY KEY AUTOINCREMENT, network TEXT NOT NULL, txn_id TEXT NOT NULL,
    due REAL, body TEXT NOT NULL, UNIQUE (network, txn_id));
CREATE INDEX IF NOT EXISTS payment_due ON payment (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS attempt (
    id INTEGER PRIMARY KEY AUTOINCREMENT, payment INTEGER, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS attempt_payment ON attempt (payment);
CREATE TABLE IF NOT EXISTS complaint (
    id INTEGER PRIMARY KEY AUTOINCREMENT, network TEXT NOT NULL, body TEXT NOT NULL);
"""


class Books(books.Books):
    """What is a dictionary outside is JSON inside."""

    TABLES = _TABLES

    def _records(self, statement: str, *values: object) -> list[dict]:
        return [
            {**json.loads(row["body"]), "id": row["id"]}
            for row in self.rows(statement, *values)
        ]

    def next_number(self, name: str) -> int:
        """A running number from 1."""
        with self.transaction():
            number = self.setting(name, 0) + 1
            self.set_setting(name, number)
        return number

    # Payments

    def add_payment(self, payment: dict) -> dict:
        """A payment whose id the network has not used yet."""
        number = self.run(
            "INSERT INTO payment (network, txn_id, due, body) VALUES (?, ?, ?, ?)",
            *(payment["network"], payment["txn_id"], payment["due"]),
            json.dumps(payment),
        )
        return {**payment, "id": number}

    def change_payment(self, number: int, **changes: Any) -> dict:
        """Enter new values; the payment as it is then."""
        with self.transaction():
            payment = {**self.payment(number), **changes}
            self.run(
                "UPDATE payment SET due = ?, body = ? WHERE id = ?",
                *(payment["due"], json.dumps(payment), number),
            )
        return payment

    def payment(self, number: int) -> dict:
        [found] = self._records("SELECT * FROM payment WHERE id = ?", number)
        return found

    def find_payments(self, txn_id: str, network: str | None = None) -> list[dict]:
        """Those with an id: in one network, or in each that has used it."""
        return self._records(
            "SELECT * FROM payment WHERE txn_id = ? AND network = coalesce(?, network)",
            *(txn_id, network),
        )

    def payments(self, network: str | None = None) -> list[dict]:
        """In the order in which they were made."""
        return self._records(
            "SELECT * FROM payment WHERE network = coalesce(?, network) ORDER BY id",
            network,
        )

    def due_payments(self, until: float) -> list[int]:
        rows = self.rows(
            "SELECT id FROM payment WHERE due <= ? ORDER BY due, id LIMIT 100", until
        )
        return [row["id"] for row in rows]

    # Attempts and complaints

    def add_attempt(self, payment: int | None, attempt: dict) -> int:
        return self.run(
            "INSERT INTO attempt (payment, body) VALUES (?, ?)",
            *(payment, json.dumps(attempt)),
        )

    def attempts(self, payment: int) -> list[dict]:
        """Of a payment, oldest first."""
        return self._records(
            "SELECT * FROM attempt WHERE payment = ? ORDER BY id", payment
        )

    def add_complaint(self, complaint: dict) -> None:
        self.run(
            "INSERT INTO complaint (network, body) VALUES (?, ?)",
            *(complaint["network"], json.dumps(complaint)),
        )

    def complaints(self, network: str | None = None) -> list[dict]:
        return self._records(
            "SELECT * FROM complaint WHERE network = coalesce(?, network) ORDER BY id",
            network,
        )
