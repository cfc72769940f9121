"""Creditors: from the first call to an agreement, and what each side does with it."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from stdnum.iso7064 import mod_97_10

from . import fields
from .core import TERMS_VERSION, agency
from .errors import ApiError, fault, invalid
from .errors import missing as no_such
from .fields import (
    Boolean,
    Choice,
    Faults,
    Field,
    Many,
    Moment,
    Object,
    Text,
    Wrong,
    needed,
    some,
)

SETTINGS = {
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
FLAGS = [name for name, value in SETTINGS.items() if isinstance(value, bool)]
# what can be emptied; the others stay when nothing is given
EMPTIED = ("notification_email", "batch_account")
_SETTINGS = some(
    "notification_email batch_account version",
    services=Choice(("collection", "reminder_and_collection")),
    payout_mode=Choice(("per_invoice", "daily_batch")),
    **dict.fromkeys(FLAGS, Boolean()),
)
_HERE = ("localhost", "127.0.0.1", "::1")
_COMPANY = some("name org_number vat_number street zip city country email phone")


class _Iban(Text):
    def take(self, value: str, path: str, faults: Faults) -> str:
        iban = value.replace(" ", "").upper()
        form = re.fullmatch(r"[A-Z]{2}\d\d[A-Z0-9]{10,30}", iban, re.ASCII)
        if not form or not mod_97_10.is_valid(iban[4:] + iban[:4]):
            raise Wrong("format", "is no valid IBAN.")
        return iban


class _Account(Object):
    def take(self, value: dict, path: str, faults: Faults) -> dict:
        account = super().take(value, path, faults)
        if not value.get("iban") and not account["account_number"]:
            words = f"{path} has neither iban nor account_number."
            faults.append(fault(f"{path}.account_number", "required", words))
        return account


class _Address(Text):
    """Where a webhook goes: https, or http on this machine."""

    def take(self, value: str, path: str, faults: Faults) -> str | None:
        url = super().take(value, path, faults)
        try:
            parts = urlsplit(url or "")
            schemes = ("http", "https") if parts.hostname in _HERE else ("https",)
            is_whole = bool(parts.hostname) and parts.port != 0 and not parts.fragment
        except ValueError:
            is_whole = False
        if not is_whole or parts.scheme not in schemes or parts.username is not None:
            raise Wrong("value", "is no https address (or http on this machine).")
        return url


_ACCOUNT = _Account(some("account_number bic currency", iban=_Iban(50)))
_ACCEPTED = some("by!", version=needed(Text(64)), at=needed(Moment()))


def _webhook(creditor: dict) -> dict[str, Field]:
    """The fields of a webhook; its secret may be left out when one is stored."""
    secret = Text(255, least=16, strip=False)
    return {
        "url": needed(_Address(500)),
        "secret": secret if creditor["webhook"] else needed(secret),
        "enabled": Boolean(True),
        "mode": Choice(("single", "batch"), "single"),
    }


_NEEDED = {
    "company": ("name", "org_number", "street", "zip", "city", "country"),
    "contact": ("name", "email"),
}
_ALIVE = ("initialised", "pending_signature", "active", "suspended", "rejected")
_HIDDEN = ("client_id", "was_active", "former_numbers", "terms_accepted")


# Records


def enter(client_id: str, state: str, **more: object) -> dict:
    """A new creditor."""
    stamp = agency.stamp()
    creditor: dict = {
        "id": agency.new_id("cr"),
        "client_id": client_id,
        "state": state,
        "was_active": False,
        **dict.fromkeys(("external_id", "accounting_system", "agreement_number")),
        **dict.fromkeys(("company", "contact", "terms_accepted", "webhook")),
        "bank_accounts": [],
        "former_numbers": [],
        "settings": SETTINGS,
        "version": 1,
        "created_at": stamp,
        "updated_at": stamp,
    }
    return agency.books.save("creditor", {**creditor, **more})


def of_client(client_id: str) -> dict | None:
    return next(iter(agency.books.find("creditor", client_id=client_id)), None)


def find(name: str) -> dict:
    """A creditor by its id or by its client.

    :raises ApiError: there is none
    """
    found = agency.books.get("creditor", name) or of_client(name)
    if found is None:
        raise no_such("creditor")
    return found


def open_outside(client: dict) -> None:
    """An agreement made outside the ERP waits for the agency's activation."""
    number = client["agreement_number"]
    if number and not of_client(client["id"]):
        enter(client["id"], "pending_signature", agreement_number=number)


def changed(creditor: dict, event: str = "") -> dict:
    """Enter a change of a creditor; one of the agency's own is told."""
    creditor["version"] += 1
    creditor["updated_at"] = agency.stamp()
    agency.books.save("creditor", creditor)
    if event:
        agency.emit(creditor["id"], event)
    return creditor


def view(creditor: dict) -> dict:
    """As the contract shows it."""
    return {
        **{name: creditor[name] for name in creditor if name not in _HIDDEN},
        "portal_url": f"{agency.base_url}/portal/creditors/{creditor['id']}",
        "terms": {**agency.terms(), "accepted": creditor["terms_accepted"]},
        "webhook": webhook_view(creditor["webhook"]),
        "missing": missing(creditor),
    }


def webhook_view(webhook: dict | None) -> dict | None:
    """As the contract shows it: without the secret."""
    return webhook and {name: webhook[name] for name in webhook if name != "secret"}


def missing(creditor: dict) -> list[str]:
    """Fields that activation still needs."""
    found = []
    for part, names in _NEEDED.items():
        values = creditor[part]
        if values is None:
            found.append(part)
        else:
            found += [f"{part}.{name}" for name in names if not values[name]]
    accounts = creditor["bank_accounts"]
    found += [] if accounts else ["bank_accounts"]
    found += [f"bank_accounts[{n}].bic" for n, a in enumerate(accounts) if not a["bic"]]
    return found if creditor["terms_accepted"] else [*found, "terms_accepted"]


def check_version(given: int | None, present: int) -> None:
    """
    :raises ApiError: the caller has not seen the present version
    """
    if given is not None and given != present:
        words = f"The present version is {present}."
        raise ApiError("version_conflict", words, {"version": present})


def _need(creditor: dict, *states: str) -> None:
    state = creditor["state"]
    if state not in states:
        words = f"This cannot be done while the creditor is {state}."
        more = {"state": state, "available_actions": []}
        raise ApiError("action_not_available", words, more)


# What the creditor does


def create(client_id: str, given: dict) -> dict:
    """Begin onboarding."""
    read = fields.read("external_id! accounting_system! terms_version", given)
    _check_terms(read.pop("terms_version"))
    known = of_client(client_id)
    if known:
        words = "This client has a creditor already."
        raise ApiError(
            "duplicate_reference", words, {"existing_creditor_id": known["id"]}
        )
    return enter(client_id, "initialised", **read)


def _check_terms(version: str | None) -> None:
    if version not in (None, TERMS_VERSION):
        words = f"The present terms are {TERMS_VERSION}."
        raise ApiError("terms_outdated", words, {"version": TERMS_VERSION})


def patch(creditor: dict, given: dict) -> dict:
    """Replace the members that are given."""
    _need(creditor, *_ALIVE)
    members = some(
        "external_id version",
        company=Object(_COMPANY),
        bank_accounts=Many(_ACCOUNT, 20),
        contact=Object(some("name email phone language")),
        terms_accepted=Object(_ACCEPTED),
        webhook=Object(_webhook(creditor)),
    )
    names = [name for name in members if given.get(name) not in (None, "")]
    read = fields.read({name: members[name] for name in names}, given)
    external_id = read.get("external_id")
    if external_id and creditor["external_id"] not in (None, external_id):
        raise invalid("external_id", "value", "external_id cannot be changed.")
    check_version(read.pop("version", None), creditor["version"])
    if "terms_accepted" in read:
        _check_terms(read["terms_accepted"]["version"])
    webhook = read.pop("webhook", None)
    creditor.update(read)
    return _set_webhook(creditor, webhook)


def put_webhook(creditor: dict, given: dict) -> dict:
    read = fields.read(_webhook(creditor), given)
    return _set_webhook(creditor, read)


def _set_webhook(creditor: dict, read: dict | None) -> dict:
    if read:
        secret = read["secret"] or creditor["webhook"]["secret"]
        more = {"disabled_reason": None, "updated_at": agency.stamp()}
        creditor["webhook"] = {**read, "secret": secret, **more}
    return changed(creditor)


def put_settings(creditor: dict, given: dict) -> dict:
    """Enter settings; a version that is given must be the present one."""
    present = creditor["settings"]
    read = fields.read(_SETTINGS, given)
    check_version(read.pop("version"), present["version"])
    emptied = [name for name in EMPTIED if name in given]
    read = {n: v for n, v in read.items() if v is not None or n in emptied}
    creditor["settings"] = {**present, **read, "version": present["version"] + 1}
    return agency.books.save("creditor", creditor)


def apply_for_activation(creditor: dict) -> dict:
    """Hand the application in."""
    _need(creditor, "active", "pending_signature", "initialised", "rejected")
    if creditor["state"] in ("active", "pending_signature"):
        return creditor
    lacking = missing(creditor)
    if lacking:
        faults = [fault(each, "required", f"{each} is missing.") for each in lacking]
        words = f"Still missing: {', '.join(lacking)}."
        raise ApiError("onboarding_incomplete", words, faults=faults)
    creditor["state"] = "pending_signature"
    return changed(creditor)


def leave(creditor: dict, given: dict) -> dict:
    """End the agreement from the creditor's side."""
    fields.read("reason", given)
    _need(creditor, *_ALIVE)
    creditor["state"] = "terminated"
    return changed(creditor)


def come_back(creditor: dict) -> dict:
    """Take up a terminated agreement again, without a new onboarding."""
    _need(creditor, *(["terminated"] if creditor["was_active"] else []))
    creditor["state"] = "active"
    return changed(creditor)


# What the agency's employees do


def activate(creditor: dict, given: dict) -> None:
    """Sign the agreement, or end a suspension."""
    number = fields.read("agreement_number", given)["agreement_number"]
    _need(creditor, "pending_signature", "suspended", "rejected")
    number = number or creditor["agreement_number"]
    number = number or f"A-{agency.books.number('agreement_number', 1001)}"
    is_new = not creditor["was_active"]
    _set_number(creditor, number)
    creditor.update(state="active", was_active=True)
    changed(creditor, "creditor.activated")
    if is_new:
        url = view(creditor)["portal_url"]
        agency.mail(
            creditor,
            "Register in our portal",
            f"Your agreement {number} is active. You are "
            f"administrator of your company in our portal. Register here:\n{url}\n"
            "There you see your cases, give approvals and change your settings.",
        )


def _set_number(creditor: dict, number: str) -> None:
    former = creditor["agreement_number"]
    if former and former != number and former not in creditor["former_numbers"]:
        creditor["former_numbers"].append(former)
    creditor["agreement_number"] = number


def _becomes(state: str, *before: str) -> Callable[[dict, dict], None]:
    """A control that only changes the state."""

    def control(creditor: dict, given: dict) -> None:
        _need(creditor, *before)
        creditor["state"] = state
        changed(creditor, "creditor.updated")

    return control


def change_number(creditor: dict, given: dict) -> None:
    number = fields.read("agreement_number!", given)["agreement_number"]
    _set_number(creditor, number)
    changed(creditor, "creditor.updated")


def change_settings(creditor: dict, given: dict) -> None:
    """As a person changes them in the portal: the ERP is told."""
    put_settings(creditor, given)
    agency.emit(creditor["id"], "creditor.settings_changed")


CONTROLS = {
    "activate": activate,
    "suspend": _becomes("suspended", "active"),
    "reject": _becomes("rejected", "initialised", "pending_signature"),
    "terminate": _becomes("terminated", "active", "suspended", "pending_signature"),
    "agreement-number": change_number,
    "settings": change_settings,
}
