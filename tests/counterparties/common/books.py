"""Books of a counterparty: one SQLite file, one thread at a time."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Books:
    """The tables of a program; its heir knows what stands in them."""

    TABLES = ""

    def __init__(self, place: str = ":memory:") -> None:
        self.lock = threading.RLock()
        self._db = sqlite3.connect(place, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
            "CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT);"
            + self.TABLES
        )
        self._depth = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inner blocks join the outer one."""
        with self.lock:
            if not self._depth:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._db.execute("ROLLBACK")
                raise
            else:
                if self._depth == 1:
                    self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def rows(self, statement: str, *values: object) -> list[sqlite3.Row]:
        """What a query finds."""
        with self.lock:
            return self._db.execute(statement, values).fetchall()

    def run(self, statement: str, *values: object) -> int:
        """Carry out a statement; the id of a new row, where it makes one."""
        with self.lock:
            return self._db.execute(statement, values).lastrowid or 0

    def setting(self, name: str, default: Any = None) -> Any:
        """A value that was kept under a name."""
        found = self.rows("SELECT value FROM setting WHERE name = ?", name)
        return json.loads(found[0][0]) if found else default

    def set_setting(self, name: str, value: Any) -> None:
        """Keep a value that JSON can carry."""
        self.run(
            "INSERT OR REPLACE INTO setting VALUES (?, ?)", name, json.dumps(value)
        )

    def close(self) -> None:
        """Nobody writes any more."""
        with self.lock:
            self._db.close()
