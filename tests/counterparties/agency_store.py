"""The agency's books: records of a few kinds in one SQLite database."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# kind -> the fields of a record that it is looked up by: owner, first, second
KEYS: dict[str, tuple[str | None, str | None, str | None]] = {
    "client": (None, None, None),
    "token": ("client_id", None, None),
    "creditor": ("client_id", None, None),
    "case": ("creditor_id", "external_id", "invoice_key"),
    "history": ("case_id", None, None),
    "document": ("case_id", None, None),
    "message": ("case_id", None, None),
    "payment": ("case_id", "external_id", "creditor_id"),
    "credit_note": ("case_id", "external_id", None),
    "intent": ("case_id", None, None),
    "settlement": ("creditor_id", "status", None),
    "event": ("creditor_id", None, None),
    "delivery": ("creditor_id", "state", "not_before"),
    "mail": ("creditor_id", None, None),
}
_KEPT_BY_RESET = ("client",)
_TABLES = """
CREATE TABLE IF NOT EXISTS record (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL,
    owner TEXT, first TEXT, second TEXT, due TEXT, changed INTEGER NOT NULL,
    body TEXT NOT NULL, UNIQUE (kind, id));
CREATE INDEX IF NOT EXISTS record_owner ON record (kind, owner, first);
CREATE INDEX IF NOT EXISTS record_second ON record (kind, second, owner);
CREATE INDEX IF NOT EXISTS record_first ON record (kind, first, second);
CREATE INDEX IF NOT EXISTS record_page ON record (kind, owner, changed);
CREATE INDEX IF NOT EXISTS record_changed ON record (changed);
CREATE INDEX IF NOT EXISTS record_due ON record (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS content (id TEXT PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS answer (
    client TEXT, key TEXT, fingerprint TEXT NOT NULL, at TEXT NOT NULL,
    status INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (client, key));
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """Records are dictionaries with an `id`; a `due_at` puts them on the agenda.

    One thread at a time: a request is one transaction, so two requests in parallel
    see each other's work either completely or not at all.
    """

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

    def _rows(self, statement: str, values: tuple | list = ()) -> list[tuple]:
        with self.lock:
            return self._db.execute(statement, values).fetchall()

    def _records(self, condition: str, values: tuple | list) -> list[dict]:
        statement = f"SELECT body FROM record WHERE {condition}"
        return [json.loads(body) for (body,) in self._rows(statement, values)]

    # Records

    def save(self, kind: str, record: dict) -> dict:
        """Enter a record or its new contents."""
        keys = [record.get(name) if name else None for name in KEYS[kind]]
        values = [*keys, record.get("due_at"), json.dumps(record)]
        with self.transaction():
            (changed,) = self._rows("SELECT COALESCE(MAX(changed), 0) FROM record")[0]
            self._db.execute(
                "INSERT INTO record (owner, first, second, due, body, changed, kind,"
                " id) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, id) DO UPDATE"
                " SET (owner, first, second, due, body, changed) = (excluded.owner,"
                " excluded.first, excluded.second, excluded.due, excluded.body,"
                " excluded.changed)",
                [*values, changed + 1, kind, record["id"]],
            )
        return record

    def get(self, kind: str, identity: str) -> dict | None:
        return next(iter(self._records("kind = ? AND id = ?", (kind, identity))), None)

    def find(
        self,
        kind: str,
        owner: str | None = None,
        first: str | None = None,
        second: str | None = None,
    ) -> list[dict]:
        """Records with these keys, in the order in which they were entered."""
        condition, values = "kind = ?", [kind]
        given = {"owner": owner, "first": first, "second": second}
        for name, value in given.items():
            if value is not None:
                condition += f" AND {name} = ?"
                values.append(value)
        return self._records(f"{condition} ORDER BY seq", values)

    def foremost(self, kind: str, first: str) -> dict | None:
        """Of the records with this first key the one with the least second."""
        condition = "kind = ? AND first = ? ORDER BY second, seq LIMIT 1"
        return next(iter(self._records(condition, (kind, first))), None)

    def page(
        self, kind: str, owner: str, after: int, limit: int, where: dict[str, str]
    ) -> tuple[list[dict], int]:
        """Records by their last change, and where the next page begins (0: none).

        A name in `where` that ends in `_since` is the least value of that field.
        """
        condition = "kind = ? AND owner = ? AND changed > ?"
        values: list[object] = [kind, owner, after]
        for name, value in where.items():
            compare = ">=" if name.endswith("_since") else "="
            field = name.removesuffix("_since")
            condition += f" AND json_extract(body, '$.{field}') {compare} ?"
            values.append(value)
        rows = self._rows(
            f"SELECT changed, body FROM record WHERE {condition}"
            " ORDER BY changed LIMIT ?",
            [*values, limit + 1],
        )
        more = rows[limit - 1][0] if len(rows) > limit else 0
        return [json.loads(body) for _, body in rows[:limit]], more

    def events_after(self, owner: str, identity: str | None, limit: int) -> list[dict]:
        """Events behind this one, oldest first.

        :raises KeyError: there is no such event
        """
        after = 0
        if identity is not None:
            known = self._rows(
                "SELECT changed FROM record WHERE (kind, id, owner) = ('event', ?, ?)",
                (identity, owner),
            )
            if not known:
                raise KeyError(identity)
            after = known[0][0]
        return self._records(
            "kind = 'event' AND owner = ? AND changed > ? ORDER BY changed LIMIT ?",
            (owner, after, limit),
        )

    def first_due(self, until: str) -> tuple[str, dict] | None:
        """Kind and record of what is next on the agenda, if before this moment."""
        rows = self._rows(
            "SELECT kind, body FROM record WHERE due <= ? ORDER BY due, seq LIMIT 1",
            (until,),
        )
        return (rows[0][0], json.loads(rows[0][1])) if rows else None

    def remove(self, kind: str, identity: str) -> None:
        with self.lock:
            self._db.execute(
                "DELETE FROM record WHERE (kind, id) = (?, ?)", (kind, identity)
            )

    def reset(self) -> None:
        """Forget all records but the clients, and every setting."""
        marks = ", ".join("?" for _ in _KEPT_BY_RESET)
        with self.transaction():
            self._db.execute(
                f"DELETE FROM record WHERE kind NOT IN ({marks})", _KEPT_BY_RESET
            )
            for table in ("content", "answer", "setting"):
                self._db.execute(f"DELETE FROM {table}")

    # Contents of documents

    def keep(self, identity: str, data: bytes) -> None:
        with self.lock:
            self._db.execute("INSERT INTO content VALUES (?, ?)", (identity, data))

    def content(self, identity: str) -> bytes:
        rows = self._rows("SELECT bytes FROM content WHERE id = ?", (identity,))
        return rows[0][0]

    # Answers kept for repeated calls

    def answer(
        self, client: str, key: str, since: str
    ) -> tuple[str, int, bytes] | None:
        """Fingerprint, status and body of an answer given since that moment."""
        rows = self._rows(
            "SELECT fingerprint, status, body FROM answer"
            " WHERE (client, key) = (?, ?) AND at >= ?",
            (client, key, since),
        )
        return rows[0] if rows else None

    def keep_answer(
        self, client: str, key: str, fingerprint: str, at: str, status: int, body: bytes
    ) -> None:
        with self.lock:
            self._db.execute(
                "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?)",
                (client, key, fingerprint, at, status, body),
            )

    # Settings

    def setting(self, name: str, default: Any = None) -> Any:
        rows = self._rows("SELECT value FROM setting WHERE name = ?", (name,))
        return json.loads(rows[0][0]) if rows else default

    def set_setting(self, name: str, value: object) -> None:
        with self.lock:
            self._db.execute(
                "INSERT OR REPLACE INTO setting VALUES (?, ?)",
                (name, json.dumps(value)),
            )

    def next_number(self, name: str, start: int) -> int:
        """A running number."""
        with self.transaction():
            number = self.setting(name, start - 1) + 1
            self.set_setting(name, number)
        return number

    def close(self) -> None:
        with self.lock:
            self._db.close()
