"""A creditor's settings and webhook."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from agency_form import EMAIL, Form

SERVICES = ("collection", "reminder_and_collection")
PAYOUT_MODES = ("per_invoice", "daily_batch")
MODES = ("single", "batch")
FLAGS = (
    "approve_before_demand",
    "approve_before_legal",
    "letter_include_lines",
    "letter_external_number",
)
DEFAULTS: dict[str, object] = {
    "services": "reminder_and_collection",
    "approve_before_demand": False,
    "approve_before_legal": True,
    "letter_include_lines": False,
    "letter_external_number": True,
    "notification_email": None,
    "payout_mode": "per_invoice",
    "batch_account": None,
    "version": 1,
}


def read_settings(form: Form, present: dict) -> dict:
    """The settings with what is given over those of the present."""
    read: dict[str, object] = {
        "services": form.choice("services", SERVICES, present["services"]),
        "payout_mode": form.choice("payout_mode", PAYOUT_MODES, present["payout_mode"]),
    }
    for name in FLAGS:
        read[name] = form.boolean(name, present[name])
    # these two can be emptied
    if "notification_email" in form.given:
        read["notification_email"] = form.text("notification_email", 200, pattern=EMAIL)
    if "batch_account" in form.given:
        read["batch_account"] = form.text("batch_account", 64)
    return {**present, **read}


def webhook_view(webhook: dict | None) -> dict | None:
    """As the contract shows it: without the secret."""
    if webhook is None:
        return None
    return {name: value for name, value in webhook.items() if name != "secret"}


def read_webhook(form: Form, present: dict | None, stamp: str) -> dict:
    url = form.text("url", 500, required=True) or ""
    if url and not _may_be_called(url):
        words = "is no https address (or http on this machine)"
        form.wrong("url", "value", f"{form.where('url')} {words}.")
    is_new = present is None
    secret = form.text("secret", 255, required=is_new, least=16, strip=False)
    return {
        "url": url,
        "secret": secret or (present["secret"] if present else ""),
        "enabled": form.boolean("enabled", True),
        "mode": form.choice("mode", MODES, "single"),
        "disabled_reason": None,
        "updated_at": stamp,
    }


def _may_be_called(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or port == 0 or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
