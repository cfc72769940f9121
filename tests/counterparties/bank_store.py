"""The bank's books: records of a few kinds in one SQLite file, and its folders."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KINDS = ("customer", "order", "invoice", "file", "message", "sent")
_TABLES = """
CREATE TABLE IF NOT EXISTS record (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS record_kind ON record (kind);
CREATE TABLE IF NOT EXISTS seen (
    sender TEXT, message_id TEXT, timestamp TEXT, at TEXT,
    PRIMARY KEY (sender, message_id, timestamp));
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """Records as dictionaries with an id; one writer at a time."""

    def __init__(self, place: str) -> None:
        self.lock = threading.RLock()
        self._db = sqlite3.connect(place, check_same_thread=False)
        self._db.isolation_level = None
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

    def add(self, kind: str, body: dict) -> dict:
        if kind not in KINDS:
            raise ValueError(kind)
        with self.lock:
            cursor = self._db.execute(
                "INSERT INTO record (kind, body) VALUES (?, ?)",
                (kind, json.dumps(body)),
            )
            return {"id": cursor.lastrowid, **body}

    def update(self, record: dict) -> None:
        body = {key: value for key, value in record.items() if key != "id"}
        with self.lock:
            self._db.execute(
                "UPDATE record SET body = ? WHERE id = ?",
                (json.dumps(body), record["id"]),
            )

    def get(self, kind: str, number: int) -> dict | None:
        with self.lock:
            row = self._db.execute(
                "SELECT body FROM record WHERE kind = ? AND id = ?", (kind, number)
            ).fetchone()
        return {"id": number, **json.loads(row[0])} if row else None

    def all(self, kind: str, /, **where: object) -> list[dict]:
        """Records of a kind, oldest first, whose fields have these values."""
        with self.lock:
            rows = self._db.execute(
                "SELECT id, body FROM record WHERE kind = ? ORDER BY id", (kind,)
            ).fetchall()
        found = [{"id": number, **json.loads(body)} for number, body in rows]
        return [
            record
            for record in found
            if all(record.get(key) == value for key, value in where.items())
        ]

    def has_seen(self, sender: str, message_id: str, timestamp: str) -> bool:
        with self.lock:
            found = self._db.execute(
                "SELECT 1 FROM seen WHERE (sender, message_id, timestamp) = (?, ?, ?)",
                (sender, message_id, timestamp),
            )
            return found.fetchone() is not None

    def see(self, sender: str, message_id: str, timestamp: str, at: str) -> None:
        with self.lock:
            self._db.execute(
                "INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?)",
                (sender, message_id, timestamp, at),
            )

    def seen(self) -> list[dict]:
        with self.lock:
            rows = self._db.execute(
                "SELECT sender, message_id, timestamp, at FROM seen ORDER BY rowid"
            ).fetchall()
        names = ("sender", "message_id", "timestamp", "at")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def setting(self, name: str) -> dict | None:
        with self.lock:
            row = self._db.execute(
                "SELECT value FROM setting WHERE name = ?", (name,)
            ).fetchone()
        return json.loads(row[0]) if row else None

    def set_setting(self, name: str, value: object) -> None:
        with self.lock:
            self._db.execute(
                "INSERT OR REPLACE INTO setting VALUES (?, ?)",
                (name, json.dumps(value)),
            )

    def close(self) -> None:
        with self.lock:
            self._db.close()


class Exchange:
    """The folder shared with the invoicer: take from outbox, deliver to inbox."""

    WORKING = ".working"

    def __init__(self, folder: Path) -> None:
        self.outbox = folder / "outbox"
        self.inbox = folder / "inbox"
        self.taken = folder / "bank_taken"
        for place in (self.outbox, self.inbox, self.taken):
            place.mkdir(parents=True, exist_ok=True)

    def waiting(self) -> list[Path]:
        """Complete files in the outbox, by name."""
        return sorted(
            path
            for path in self.outbox.iterdir()
            if path.is_file()
            and not path.name.startswith(".")
            and path.suffix not in (".part", ".tmp")
        )

    def unfinished(self) -> list[Path]:
        """Files taken by an earlier run that stopped before their verdict."""
        return sorted(self.taken.glob(f"*{self.WORKING}"))

    def take(self, path: Path) -> Path | None:
        """Move a file out of the outbox before reading it; None when gone."""
        target, number = self.taken / path.name, 1
        while target.exists() or self._working(target).exists():
            number += 1
            target = self.taken / f"{path.stem}-{number}{path.suffix}"
        try:
            return path.rename(self._working(target))
        except FileNotFoundError:
            return None

    def _working(self, target: Path) -> Path:
        return target.with_name(target.name + self.WORKING)

    def finish(self, working: Path) -> Path:
        """The verdict is in the books: give the taken file its final name."""
        return working.rename(working.with_name(self.final_name(working)))

    def final_name(self, working: Path) -> str:
        return working.name.removesuffix(self.WORKING)

    def deliver(self, name: str, data: bytes) -> None:
        """Write completely under a hidden name, then rename into the inbox."""
        part = self.inbox / f".{name}.part"
        with part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(self.inbox / name)
