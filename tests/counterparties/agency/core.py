"""The agency itself: its books, clock, rules, events and mail."""

import datetime as dt
import secrets
import threading
from collections import deque
from decimal import Decimal
from typing import Any, cast

from flask import current_app
from werkzeug.local import LocalProxy

from . import rules
from .books import Ledger
from .errors import missing

TERMS_VERSION = "2026-01"
TERMS_TEXT = (
    "The agency collects the claims that the creditor transfers. The creditor confirms "
    "that each claim is due, undisputed and not with another agency, tells the agency "
    "at once what is paid to it directly, and may withdraw a case at any time."
)


class Agency:
    """What every part of the program works on."""

    def __init__(self, books: Ledger, name: str, country: str) -> None:
        self.books = books
        self.name = name
        self.country = country
        self.base_url = ""
        # set whenever there is something for the sender of webhooks to do
        self.wake = threading.Event()
        # calls that are being worked on: client and Idempotency-Key
        self.in_flight: set[tuple[str, str]] = set()
        # the last calls of the contract, without their contents
        self.calls: deque[dict] = deque(maxlen=1000)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{secrets.token_hex(8)}"

    def record(self, kind: str, identity: str, **where: object) -> dict:
        """
        :raises ApiError: there is none, or it has other values than these
        """
        found = self.books.get(kind, identity)
        if found is None or any(found[name] != where[name] for name in where):
            raise missing(kind)
        return found

    # The clock: real time and what the sandbox has added; UTC and whole seconds

    @property
    def offset(self) -> int:
        """Seconds ahead of real time."""
        return self.books.setting("clock_offset", 0)

    def now(self) -> dt.datetime:
        return _real() + dt.timedelta(seconds=self.offset)

    def today(self) -> dt.date:
        return self.now().date()

    def stamp(self) -> str:
        return show(self.now())

    def advance_to(self, moment: dt.datetime) -> None:
        """Stand at this moment, unless it has passed already."""
        ahead = int((moment - _real()).total_seconds())
        self.books.set_setting("clock_offset", max(ahead, self.offset))

    # Rules

    def rules(self) -> dict[str, Any]:
        """What the agency takes and charges at present."""
        return self.books.setting("rules", rules.DEFAULTS)

    def rate(self, name: str) -> Decimal:
        """A rule that is an amount or a percentage."""
        return Decimal(self.rules()[name])

    # What the agency tells

    def terms(self) -> dict:
        base = f"{self.base_url}/portal"
        urls = {"url": f"{base}/terms", "price_list_url": f"{base}/prices"}
        return {"version": TERMS_VERSION, **urls}

    def emit(
        self,
        creditor_id: str,
        event_type: str,
        case: dict | None = None,
        object_id: str | None = None,
    ) -> None:
        """Enter an event and, where a webhook is switched on, its delivery."""
        event = {
            "id": self.new_id("ev"),
            "type": event_type,
            "created_at": self.stamp(),
            "creditor_id": creditor_id,
            "case_id": case["id"] if case else None,
            "case_version": case["version"] if case else None,
            "object_id": object_id,
        }
        self.books.save("event", event)
        webhook = self.record("creditor", creditor_id)["webhook"]
        if webhook and webhook["enabled"]:
            delivery = {
                "id": self.new_id("de"),
                "creditor_id": creditor_id,
                "state": "waiting",
                "events": [event],
                "attempts": [],
                "not_before": 0,
                "held": False,
            }
            self.books.save("delivery", delivery)
            self.wake.set()

    def mail(self, creditor: dict, subject: str, body: str, to: str = "") -> None:
        """Put a mail into the outbox, which sends nothing; else to the contact."""
        to = to or (creditor["contact"] or {}).get("email") or ""
        if to:
            mail = {"id": self.new_id("ma"), "creditor_id": creditor["id"]}
            mail |= {"at": self.stamp(), "to": to, "subject": subject, "body": body}
            self.books.save("mail", mail)


# the one that the running application plays
agency = cast(Agency, LocalProxy(lambda: current_app.extensions["agency"]))


def _real() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc).replace(microsecond=0)


def show(moment: dt.datetime) -> str:
    """A time as the contract shows it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def midnight(day: str) -> str:
    """The moment at which a day begins."""
    return f"{day}T00:00:00Z"


def day_after(day: str) -> str:
    """The moment at which a day has passed."""
    passed = dt.date.fromisoformat(day) + dt.timedelta(days=1)
    return midnight(passed.isoformat())
