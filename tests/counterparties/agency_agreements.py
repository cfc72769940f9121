"""What the agency's employees do with a creditor's agreement."""

from __future__ import annotations

import agency_creditors
import agency_settings
from agency_core import Agency
from agency_errors import ApiError
from agency_form import Form

_FIRST_NUMBER = 1001


def _refuse_unless(creditor: dict, *states: str) -> None:
    if creditor["state"] not in states:
        raise ApiError(
            "action_not_available",
            f"This cannot be done while the creditor is {creditor['state']}.",
            state=creditor["state"],
            available_actions=[],
        )


def activate(agency: Agency, creditor: dict, given: dict) -> dict:
    """Sign the agreement, or end a suspension."""
    form = Form(given)
    number = form.text("agreement_number", 64)
    form.check()
    _refuse_unless(creditor, "pending_signature", "suspended", "rejected")
    is_new = not creditor["was_active"]
    number = number or creditor["agreement_number"]
    if not number:
        running = agency.store.next_number("agreement_number", _FIRST_NUMBER)
        number = f"A-{running}"
    _set_number(creditor, number)
    creditor.update(state="active", was_active=True)
    agency_creditors.changed(agency, creditor)
    agency.emit(creditor["id"], "creditor.activated")
    if is_new:
        _welcome(agency, creditor)
    return creditor


def _set_number(creditor: dict, number: str) -> None:
    former = creditor["agreement_number"]
    if former and former != number and former not in creditor["former_numbers"]:
        creditor["former_numbers"].append(former)
    creditor["agreement_number"] = number


def _welcome(agency: Agency, creditor: dict) -> None:
    contact = creditor["contact"]
    if contact and contact["email"]:
        url = agency_creditors.view(agency, creditor)["portal_url"]
        agency.mail(
            creditor,
            contact["email"],
            "Register in our portal",
            f"Your agreement {creditor['agreement_number']} is active. You are "
            f"administrator of your company in our portal. Register here:\n{url}\n"
            "There you see your cases, give approvals and change your settings.",
        )


def _told(agency: Agency, creditor: dict) -> dict:
    agency_creditors.changed(agency, creditor)
    agency.emit(creditor["id"], "creditor.updated")
    return creditor


def suspend(agency: Agency, creditor: dict, given: dict) -> dict:
    _refuse_unless(creditor, "active")
    creditor["state"] = "suspended"
    return _told(agency, creditor)


def reject(agency: Agency, creditor: dict, given: dict) -> dict:
    """Decline the application."""
    _refuse_unless(creditor, "initialised", "pending_signature")
    creditor["state"] = "rejected"
    return _told(agency, creditor)


def terminate(agency: Agency, creditor: dict, given: dict) -> dict:
    """End the agreement from the agency's side."""
    _refuse_unless(creditor, "active", "suspended", "pending_signature")
    creditor["state"] = "terminated"
    return _told(agency, creditor)


def change_number(agency: Agency, creditor: dict, given: dict) -> dict:
    form = Form(given)
    number = form.text("agreement_number", 64, required=True) or ""
    form.check()
    _set_number(creditor, number)
    return _told(agency, creditor)


def change_settings(agency: Agency, creditor: dict, given: dict) -> dict:
    """As a person changes them in the portal: the ERP is told."""
    store_settings(agency, creditor, given)
    agency.emit(creditor["id"], "creditor.settings_changed")
    return creditor


def store_settings(agency: Agency, creditor: dict, given: dict) -> dict:
    """Enter settings; a version that is given must be the present one."""
    form = Form(given)
    present = creditor["settings"]
    read = agency_settings.read_settings(form, present)
    version = form.integer("version")
    form.check()
    agency_creditors.check_version(version, present["version"])
    creditor["settings"] = {**read, "version": present["version"] + 1}
    agency.store.save("creditor", creditor)
    return creditor["settings"]


CONTROLS = {
    "activate": activate,
    "suspend": suspend,
    "reject": reject,
    "terminate": terminate,
    "agreement-number": change_number,
    "settings": change_settings,
}
