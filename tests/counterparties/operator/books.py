"""What the operator knows: messages both ways, tokens, faults that are armed."""

from __future__ import annotations

import fnmatch
import secrets
import uuid
from typing import Any

from counterparties.common.books import Books

Json = dict[str, Any]
PERSON = (
    "identifier",
    "name",
    "mobile",
    "email",
    "street",
    "postcode",
    "birth_date",
)
FAULTS = {
    "500_before": "An error; nothing was done.",
    "500_after": "An error; but it was done.",
    "cut": "Done, and cut off before the answer.",
    "hang": "Neither done nor answered.",
    "429": "Too many calls; nothing was done.",
    "unreadable": "Done, and answered with a page.",
    "twice": "Something on the way says it twice.",
}


class Mailroom(Books):
    """Messages from the company (`sent`) and for it (`received`); in Norway events for
    it, and the people that they are about."""

    TABLES = """
        CREATE TABLE IF NOT EXISTS sent (
            id TEXT PRIMARY KEY, message_id TEXT UNIQUE, way TEXT, filename TEXT,
            content BLOB, code TEXT, text TEXT, told INTEGER DEFAULT 0);
        CREATE TABLE IF NOT EXISTS received (
            id TEXT PRIMARY KEY, filename TEXT, content BLOB,
            fetched INTEGER DEFAULT 0);
        CREATE TABLE IF NOT EXISTS event (
            id TEXT PRIMARY KEY, content TEXT, fetched INTEGER DEFAULT 0);
        CREATE TABLE IF NOT EXISTS issuer (
            number TEXT PRIMARY KEY, message_id TEXT, name TEXT, approver TEXT,
            email TEXT, take_over INTEGER, token TEXT, state TEXT);
        CREATE TABLE IF NOT EXISTS mail (address TEXT, subject TEXT, link TEXT);
        CREATE TABLE IF NOT EXISTS person (
            identifier TEXT PRIMARY KEY, name TEXT, mobile TEXT, email TEXT,
            street TEXT, postcode TEXT, birth_date TEXT, general INTEGER DEFAULT 0,
            approved INTEGER DEFAULT 0, blocked INTEGER DEFAULT 0);
        CREATE TABLE IF NOT EXISTS consent (
            token TEXT PRIMARY KEY, key TEXT, identifier TEXT, state TEXT);
        CREATE TABLE IF NOT EXISTS bill (
            id TEXT PRIMARY KEY, recipient TEXT, number TEXT, kid TEXT, amount TEXT,
            due TEXT, avtalegiro INTEGER, ehf BLOB, pdf BLOB, state TEXT);
        CREATE TABLE IF NOT EXISTS token (value TEXT PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS call (method TEXT, path TEXT, status INTEGER);
    """

    def register(self, person: Json) -> None:
        """Somebody has a netbank in Norway; who is known stays as they are."""
        known = {name: person.get(name, "") for name in PERSON}
        flags = [bool(person.get(name)) for name in ("general", "blocked")]
        self.run(
            "INSERT OR IGNORE INTO person (identifier, name, mobile, email, street,"
            " postcode, birth_date, general, blocked)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *known.values(),
            *flags,
        )

    def give_token(self) -> str:
        """A new bearer token."""
        token = secrets.token_hex(16)
        self.run("INSERT INTO token VALUES (?)", token)
        return token

    def knows(self, header: str) -> bool:
        """Whether a caller shows a token that was given."""
        token = header.removeprefix("Bearer ")
        return bool(self.rows("SELECT 1 FROM token WHERE value = ?", token))

    def take(self, way: str, message_id: str, filename: str, content: bytes) -> str:
        """Take a message; empty when one with its identifier was taken before."""
        with self.transaction():
            known = "SELECT 1 FROM sent WHERE message_id = ?"
            if self.rows(known, message_id):
                return ""
            identifier = str(uuid.uuid4())
            self.run(
                "INSERT INTO sent (id, message_id, way, filename, content)"
                " VALUES (?, ?, ?, ?, ?)",
                *(identifier, message_id, way, filename, content),
            )
            return identifier

    def deliver(self, filename: str, content: bytes) -> None:
        """Something for the company comes from a bank."""
        self.run(
            "INSERT INTO received (id, filename, content) VALUES (?, ?, ?)",
            *(str(uuid.uuid4()), filename, content),
        )

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
