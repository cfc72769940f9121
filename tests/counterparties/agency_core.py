"""The agency itself: its books, clock, rules, events and mail."""

from __future__ import annotations

import secrets
import threading

import agency_rules
from agency_clock import Clock
from agency_errors import missing
from agency_store import Store

TERMS_VERSION = "2026-01"
TERMS_TEXT = (
    "The agency collects the claims that the creditor transfers. The creditor confirms "
    "that each claim is due, undisputed and not with another agency, tells the agency "
    "at once what is paid to it directly, and may withdraw a case at any time."
)


class Agency:
    """What every part of the program works on."""

    def __init__(self, store: Store, name: str, country: str) -> None:
        self.store = store
        self.name = name
        self.country = country
        self.clock = Clock(store)
        self.base_url = ""
        # set whenever there is something for the sender of webhooks to do
        self.wake = threading.Event()

    def rules(self) -> agency_rules.Rules:
        return agency_rules.Rules(self.store.setting("rules", {}))

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{secrets.token_hex(8)}"

    def record(self, kind: str, identity: str, what: str = "") -> dict:
        """
        :raises ApiError: there is none
        """
        found = self.store.get(kind, identity)
        if found is None:
            raise missing(what or kind)
        return found

    def terms(self) -> dict:
        return {
            "version": TERMS_VERSION,
            "url": f"{self.base_url}/portal/terms",
            "price_list_url": f"{self.base_url}/portal/prices",
        }

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
            "created_at": self.clock.stamp(),
            "creditor_id": creditor_id,
            "case_id": case["id"] if case else None,
            "case_version": case["version"] if case else None,
            "object_id": object_id,
        }
        self.store.save("event", event)
        webhook = self.record("creditor", creditor_id)["webhook"]
        if webhook and webhook["enabled"]:
            delivery = {
                "id": self.new_id("de"),
                "creditor_id": creditor_id,
                "state": "waiting",
                "events": [event],
                "attempts": [],
                "not_before": "",
                "held": False,
            }
            self.store.save("delivery", delivery)
            self.wake.set()

    def mail(self, creditor: dict, to: str, subject: str, body: str) -> None:
        """Put a mail into the outbox; the sandbox shows it and sends nothing."""
        mail = {
            "id": self.new_id("ma"),
            "creditor_id": creditor["id"],
            "at": self.clock.stamp(),
            "to": to,
            "subject": subject,
            "body": body,
        }
        self.store.save("mail", mail)
