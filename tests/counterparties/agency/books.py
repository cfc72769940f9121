"""The agency's books: records of a few kinds, each a dictionary with an `id`."""

import json
from collections.abc import Mapping

from counterparties.common.books import Books

# the fields that records are looked up by
_KEYS = ("client_id", "creditor_id", "case_id", "state")
_INDEXES = "".join(
    f"CREATE INDEX IF NOT EXISTS record_{key}"
    f" ON record (kind, json_extract(body, '$.{key}'));"
    for key in _KEYS
)


class Ledger(Books):
    """Records are found by their fields; a `due_at` puts one on the agenda."""

    TABLES = f"""
CREATE TABLE IF NOT EXISTS record (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
    changed INTEGER NOT NULL, body TEXT NOT NULL);
{_INDEXES}
CREATE INDEX IF NOT EXISTS record_changed ON record (changed);
CREATE INDEX IF NOT EXISTS record_due ON record (json_extract(body, '$.due_at'));
CREATE TABLE IF NOT EXISTS content (id TEXT PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS answer (
    client TEXT, key TEXT, mark TEXT NOT NULL, at TEXT NOT NULL,
    status INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (client, key));
"""

    def save(self, kind: str, record: dict) -> dict:
        """Enter a record or its new contents."""
        self.run(
            "INSERT INTO record (kind, id, body, changed) VALUES (?, ?, ?,"
            " (SELECT COALESCE(MAX(changed), 0) + 1 FROM record)) ON CONFLICT (id)"
            " DO UPDATE SET (body, changed) = (excluded.body, excluded.changed)",
            *(kind, record["id"], json.dumps(record)),
        )
        return record

    def find(self, kind: str, /, **where: object) -> list[dict]:
        """Records with these values, in the order in which they were entered."""
        found = self.rows(
            f"SELECT body FROM record WHERE kind = ?{_also(where)} ORDER BY seq",
            *(kind, *where.values()),
        )
        return [json.loads(row["body"]) for row in found]

    def get(self, kind: str, identity: str) -> dict | None:
        """The record with this id."""
        found = self.rows(
            "SELECT body FROM record WHERE kind = ? AND id = ?", kind, identity
        )
        return json.loads(found[0]["body"]) if found else None

    def page(
        self, kind: str, after: int, limit: int, since: str, where: Mapping[str, object]
    ) -> tuple[list[dict], int | None]:
        """Records by their last change, and where the next page begins, if any does.

        :param since: only what has an `updated_at` not before, if not empty
        """
        found = self.rows(
            f"SELECT changed, body FROM record WHERE kind = ?{_also(where)}"
            " AND COALESCE(json_extract(body, '$.updated_at'), '') >= ?"
            " AND changed > ? ORDER BY changed LIMIT ?",
            *(kind, *where.values(), since, after, limit + 1),
        )
        shown = [json.loads(row["body"]) for row in found[:limit]]
        return shown, found[limit - 1]["changed"] if len(found) > limit else None

    def place(self, identity: str) -> int:
        """Where a record stands among the pages."""
        return self.rows("SELECT changed FROM record WHERE id = ?", identity)[0][0]

    def due(self, until: str) -> tuple[str, dict] | None:
        """Kind and record of what is next on the agenda, if before this moment."""
        found = self.rows(
            "SELECT kind, body FROM record WHERE json_extract(body, '$.due_at') <= ?"
            " ORDER BY json_extract(body, '$.due_at'), seq LIMIT 1",
            until,
        )
        return (found[0]["kind"], json.loads(found[0]["body"])) if found else None

    def remove(self, identity: str) -> None:
        """Forget a record."""
        self.run("DELETE FROM record WHERE id = ?", identity)

    def number(self, name: str, first: int) -> int:
        """The next of some running numbers."""
        number = self.setting(name, first - 1) + 1
        self.set_setting(name, number)
        return number

    def forget(self) -> None:
        """Only the clients are left."""
        self.run("DELETE FROM record WHERE kind != 'client'")
        for table in ("content", "answer", "setting"):
            self.run(f"DELETE FROM {table}")


def _also(where: Mapping[str, object]) -> str:
    """Conditions on fields; the names are the program's own."""
    return "".join(f" AND json_extract(body, '$.{name}') IS ?" for name in where)
