"""What Kravia knows: cases, payouts, the creditor's webhook, faults that are armed."""

from __future__ import annotations

import datetime as dt
import fnmatch
import json
from typing import Any

from counterparties.common.books import Books

Json = dict[str, Any]
# As in the documentation's example: seven digits and no zone.
MOMENT = "%Y-%m-%dT%H:%M:%S.%f"
FAULTS = {
    "500_before_commit": "An error; nothing was done.",
    "500_after_commit": "An error; but it was done.",
    "timeout": "Done, but never answered.",
    "hang": "Neither done nor answered.",
    "429": "Too many calls; nothing was done.",
    "unreadable": "Done, and answered with something else.",
}
WEBHOOK_FAULTS = {
    "drop_webhook": "Nobody is told.",
    "duplicate_webhook": "Told twice.",
    "bad_signature": "Signed with another secret.",
}


class Ledger(Books):
    """Everything in tables of JSON, by number."""

    TABLES = """
        CREATE TABLE IF NOT EXISTS claim (
            id INTEGER PRIMARY KEY AUTOINCREMENT, updated TEXT, body TEXT);
        CREATE TABLE IF NOT EXISTS settlement (
            id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);
        INSERT OR IGNORE INTO sqlite_sequence (name, seq) VALUES ('claim', 1553197);
    """

    def add_claim(self, body: Json) -> Json:
        """A new case."""
        number = self.run("INSERT INTO claim (body) VALUES ('{}')")
        return self.save_claim({**body, "invoiceId": number})

    def save_claim(self, claim: Json) -> Json:
        """Something about a case has changed."""
        moment = f"{dt.datetime.now(dt.timezone.utc):{MOMENT}}0"
        claim = {**claim, "lastUpdatedTime": moment}
        self.run(
            "UPDATE claim SET updated = ?, body = ? WHERE id = ?",
            *(moment, json.dumps(claim), claim["invoiceId"]),
        )
        return claim

    def claim(self, number: int) -> Json | None:
        """A case."""
        found = self.rows("SELECT body FROM claim WHERE id = ?", number)
        return json.loads(found[0][0]) if found else None

    def claims(self, after: str = "", skip: int = 0, top: int = -1) -> list[Json]:
        """Cases that were changed after a moment, in that order."""
        found = self.rows(
            "SELECT body FROM claim WHERE updated > ? ORDER BY updated, id"
            " LIMIT ? OFFSET ?",
            *(after, top, skip),
        )
        return [json.loads(row[0]) for row in found]

    def save_settlement(self, body: Json) -> Json:
        """A payout, new or changed."""
        if "settlementId" not in body:
            number = self.run("INSERT INTO settlement (body) VALUES ('{}')")
            body = {"settlementId": number, **body}
        self.run(
            "UPDATE settlement SET body = ? WHERE id = ?",
            *(json.dumps(body), body["settlementId"]),
        )
        return body

    def settlements(self) -> list[Json]:
        """All payouts."""
        return [
            json.loads(row[0])
            for row in self.rows("SELECT body FROM settlement ORDER BY id")
        ]

    def strike(self, path: str) -> str:
        """The fault that is armed for a path, of which one is used up."""
        with self.transaction():
            armed = self.setting("faults", [])
            for fault in armed:
                if fnmatch.fnmatchcase(path, fault["path"]):
                    fault["times"] -= 1
                    self.set_setting("faults", [one for one in armed if one["times"]])
                    return fault["kind"]
        return ""
