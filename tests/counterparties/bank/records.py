"""What the bank keeps: records of a few kinds in its books, and its folders."""

from __future__ import annotations

import json
import os
from pathlib import Path

from counterparties.bank.values import Row
from counterparties.common.books import Books

WORKING = ".working"


class Records(Books):
    """Records as dictionaries with an id: customers, orders, invoices, messages read,
    and messages sent."""

    TABLES = """
    CREATE TABLE IF NOT EXISTS record (
        id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, body TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS record_message
        ON record (kind, json_extract(body, '$.message_id'));
    """

    def add(self, kind: str, body: Row) -> Row:
        """Keep a new record; with its id."""
        statement = "INSERT INTO record (kind, body) VALUES (?, ?)"
        return {**body, "id": self.run(statement, kind, json.dumps(body))}

    def update(self, record: Row, **changes: object) -> None:
        """Keep a record that was changed, or is hereby."""
        record.update(changes)
        statement = "UPDATE record SET body = ? WHERE id = ?"
        self.run(statement, json.dumps(record), record["id"])

    def get(self, kind: str, number: object) -> Row | None:
        """The record of a kind with an id."""
        statement = "SELECT body FROM record WHERE kind = ? AND id = ?"
        for (body,) in self.rows(statement, kind, str(number)):
            return {**json.loads(body), "id": int(str(number))}
        return None

    def all(self, kind: str, /, **where: object) -> list[Row]:
        """Records of a kind, oldest first, whose fields have these values."""
        statement = "SELECT id, body FROM record WHERE kind = ?"
        for key in where:
            statement += f" AND json_extract(body, '$.{key}') IS ?"
        found = self.rows(f"{statement} ORDER BY id", kind, *where.values())
        return [{**json.loads(body), "id": number} for number, body in found]


class Folder:
    """The folder shared with the invoicer: take from outbox, deliver to inbox."""

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self.outbox = folder / "outbox"
        self.inbox = folder / "inbox"
        self.taken = folder / "bank_taken"
        for place in (self.outbox, self.inbox, self.taken):
            place.mkdir(parents=True, exist_ok=True)

    def take(self) -> list[Path]:
        """Move what is complete out of the outbox, to be read under a working name.

        Comes first what an earlier run took and had no verdict on when it ended.
        """
        left = sorted(self.taken.glob(f"*{WORKING}"))
        complete = sorted(
            path
            for path in self.outbox.iterdir()
            if path.is_file()
            and not path.name.startswith(".")
            and path.suffix not in (".part", ".tmp")
        )
        return left + [path.rename(self._working(path)) for path in complete]

    def _working(self, path: Path) -> Path:
        """A name that no other file has or will have."""
        name, number = path.name, 1
        while any((self.taken / each).exists() for each in (name, name + WORKING)):
            number += 1
            name = f"{path.stem}-{number}{path.suffix}"
        return self.taken / (name + WORKING)

    def deliver(self, name: str, data: bytes) -> None:
        """Write completely under a hidden name, then rename into the inbox."""
        part = self.inbox / f".{name}.part"
        with part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(self.inbox / name)
