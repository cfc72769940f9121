"""The network's books in one SQLite file: payments, attempts, complaints."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS network (name TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS payment (
    id INTEGER PRIMARY KEY AUTOINCREMENT, network TEXT NOT NULL, txn_id TEXT NOT NULL,
    state TEXT NOT NULL, due REAL, body TEXT NOT NULL, UNIQUE (network, txn_id));
CREATE INDEX IF NOT EXISTS payment_due ON payment (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS attempt (
    id INTEGER PRIMARY KEY AUTOINCREMENT, payment INTEGER, network TEXT NOT NULL,
    operation TEXT NOT NULL, body TEXT NOT NULL, request BLOB NOT NULL, answer BLOB);
CREATE INDEX IF NOT EXISTS attempt_payment ON attempt (payment, operation);
CREATE TABLE IF NOT EXISTS complaint (
    id INTEGER PRIMARY KEY AUTOINCREMENT, network TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lookup (id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_OWN_COLUMNS = ("id", "network", "txn_id", "state", "due")


class Store:
    """One connection, one thread at a time."""

    def __init__(self, place: str) -> None:
        self.lock = threading.RLock()
        self._db = sqlite3.connect(place, check_same_thread=False)
        self._db.isolation_level = None
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_TABLES)
        self._depth = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inner blocks join the outer one."""
        with self.lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def _rows(self, statement: str, values: tuple = ()) -> list[tuple]:
        with self.lock:
            return self._db.execute(statement, values).fetchall()

    def close(self) -> None:
        with self.lock:
            self._db.close()

    # Networks and settings

    def networks(self) -> list[dict]:
        rows = self._rows("SELECT body FROM network ORDER BY rowid")
        return [json.loads(body) for (body,) in rows]

    def save_network(self, name: str, body: dict) -> None:
        self._rows(
            "INSERT INTO network VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET body = excluded.body",
            (name, json.dumps(body)),
        )

    def setting(self, name: str, default: Any = None) -> Any:
        rows = self._rows("SELECT value FROM setting WHERE name = ?", (name,))
        return json.loads(rows[0][0]) if rows else default

    def set_setting(self, name: str, value: object) -> None:
        self._rows(
            "INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value))
        )

    def next_number(self, name: str) -> int:
        """A running number from 1."""
        with self.transaction():
            number = self.setting(name, 0) + 1
            self.set_setting(name, number)
        return number

    def forget(self) -> None:
        """Everything but the networks and the running numbers."""
        with self.transaction():
            for table in ("payment", "attempt", "complaint", "lookup"):
                self._db.execute(f"DELETE FROM {table}")
            self.set_setting("faults", [])

    # Payments

    def add_payment(self, payment: dict) -> dict:
        """:raises sqlite3.IntegrityError: the network has this id already"""
        body = {k: v for k, v in payment.items() if k not in _OWN_COLUMNS}
        with self.lock:
            made = self._db.execute(
                "INSERT INTO payment (network, txn_id, state, due, body)"
                " VALUES (?, ?, ?, ?, ?)",
                (*(payment[name] for name in _OWN_COLUMNS[1:]), json.dumps(body)),
            )
            return {**payment, "id": made.lastrowid}

    def change_payment(self, number: int, **changes: object) -> dict:
        """Enter new values; the payment as it is then."""
        with self.transaction():
            payment = {**self.payment(number), **changes}
            body = {k: v for k, v in payment.items() if k not in _OWN_COLUMNS}
            self._db.execute(
                "UPDATE payment SET state = ?, due = ?, body = ? WHERE id = ?",
                (payment["state"], payment["due"], json.dumps(body), number),
            )
        return payment

    def payment(self, number: int) -> dict:
        """:raises KeyError: there is none"""
        found = self._payments("id = ?", (number,))
        if not found:
            raise KeyError(number)
        return found[0]

    def find_payment(self, network: str, txn_id: str) -> dict | None:
        found = self._payments("network = ? AND txn_id = ?", (network, txn_id))
        return found[0] if found else None

    def payments(self, network: str | None = None) -> list[dict]:
        """In the order in which they were made."""
        if network is None:
            return self._payments("1 ORDER BY id", ())
        return self._payments("network = ? ORDER BY id", (network,))

    def due_payments(self, until: float, limit: int) -> list[int]:
        rows = self._rows(
            "SELECT id FROM payment WHERE due <= ? ORDER BY due, id LIMIT ?",
            (until, limit),
        )
        return [number for (number,) in rows]

    def next_due(self) -> float | None:
        return self._rows("SELECT MIN(due) FROM payment")[0][0]

    def _payments(self, condition: str, values: tuple) -> list[dict]:
        rows = self._rows(
            f"SELECT id, network, txn_id, state, due, body FROM payment"
            f" WHERE {condition}",
            values,
        )
        return [
            {**json.loads(row[-1]), **dict(zip(_OWN_COLUMNS, row[:-1], strict=True))}
            for row in rows
        ]

    # Attempts and complaints

    def add_attempt(
        self,
        payment: int | None,
        network: str,
        operation: str,
        body: dict,
        request: bytes,
        answer: bytes | None,
    ) -> int:
        with self.lock:
            made = self._db.execute(
                "INSERT INTO attempt (payment, network, operation, body, request,"
                " answer) VALUES (?, ?, ?, ?, ?, ?)",
                (payment, network, operation, json.dumps(body), request, answer),
            )
            return int(made.lastrowid or 0)

    def attempts(
        self, payment: int | None = None, network: str | None = None
    ) -> list[dict]:
        """Of one payment, or all of a network, oldest first."""
        condition, values = "1", ()
        if payment is not None:
            condition, values = "payment = ?", (payment,)
        elif network is not None:
            condition, values = "network = ?", (network,)
        rows = self._rows(
            "SELECT id, payment, network, operation, body, request, answer"
            f" FROM attempt WHERE {condition} ORDER BY id",
            values,
        )
        names = ("id", "payment", "network", "operation")
        return [
            {
                **dict(zip(names, row[:4], strict=True)),
                **json.loads(row[4]),
                "request": row[5],
                "answer": row[6],
            }
            for row in rows
        ]

    def add_complaint(self, network: str, body: dict) -> None:
        self._rows(
            "INSERT INTO complaint (network, body) VALUES (?, ?)",
            (network, json.dumps(body)),
        )

    def complaints(self, network: str | None = None) -> list[dict]:
        rows = self._rows(
            "SELECT id, network, body FROM complaint"
            " WHERE ? IS NULL OR network = ? ORDER BY id",
            (network, network),
        )
        return [{"id": row[0], "network": row[1], **json.loads(row[2])} for row in rows]

    # Lookups at the screen

    def save_lookup(self, identity: str, body: dict) -> None:
        self._rows("INSERT INTO lookup VALUES (?, ?)", (identity, json.dumps(body)))

    def lookup(self, identity: str) -> dict | None:
        rows = self._rows("SELECT body FROM lookup WHERE id = ?", (identity,))
        return json.loads(rows[0][0]) if rows else None
