"""Creditors: from the first call to an agreement, and to its end."""

from __future__ import annotations

import re

import agency_core
import agency_settings
from agency_core import Agency
from agency_errors import ApiError, fault
from agency_form import COUNTRY, CURRENCY, EMAIL, LANGUAGE, Form

_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
_COMPANY = ("name", "org_number", "street", "zip", "city", "country")
_CONTACT = ("name", "email")
_MAX_ACCOUNTS = 20


def _enter(agency: Agency, client_id: str, state: str) -> dict:
    stamp = agency.clock.stamp()
    return {
        "id": agency.new_id("cr"),
        "client_id": client_id,
        "external_id": None,
        "accounting_system": None,
        "state": state,
        "was_active": False,
        "agreement_number": None,
        "former_numbers": [],
        "company": None,
        "bank_accounts": [],
        "contact": None,
        "terms_accepted": None,
        "webhook": None,
        "settings": dict(agency_settings.DEFAULTS),
        "version": 1,
        "created_at": stamp,
        "updated_at": stamp,
    }


def open_outside(agency: Agency, client: dict) -> None:
    """An agreement made outside the ERP waits for the agency's activation."""
    if client["agreement_number"] and not of_client(agency, client["id"]):
        creditor = _enter(agency, client["id"], "pending_signature")
        creditor["agreement_number"] = client["agreement_number"]
        agency.store.save("creditor", creditor)


def of_client(agency: Agency, client_id: str) -> dict | None:
    return next(iter(agency.store.find("creditor", owner=client_id)), None)


def changed(agency: Agency, creditor: dict) -> dict:
    """Enter a change of a creditor."""
    creditor["version"] += 1
    creditor["updated_at"] = agency.clock.stamp()
    return agency.store.save("creditor", creditor)


def view(agency: Agency, creditor: dict) -> dict:
    """As the contract shows it."""
    terms = {**agency.terms(), "accepted": creditor["terms_accepted"]}
    same = ("id", "external_id", "accounting_system", "state", "agreement_number")
    data = ("company", "bank_accounts", "contact")
    last = ("settings", "version", "created_at", "updated_at")
    return {
        **{name: creditor[name] for name in same},
        "portal_url": f"{agency.base_url}/portal/creditors/{creditor['id']}",
        "terms": terms,
        **{name: creditor[name] for name in data},
        "webhook": agency_settings.webhook_view(creditor["webhook"]),
        "missing": missing(creditor),
        **{name: creditor[name] for name in last},
    }


def missing(creditor: dict) -> list[str]:
    """Fields that activation still needs."""
    found = []
    for part, names in (("company", _COMPANY), ("contact", _CONTACT)):
        values = creditor[part]
        if values is None:
            found.append(part)
        else:
            found += [f"{part}.{name}" for name in names if not values[name]]
    if not creditor["bank_accounts"]:
        found.append("bank_accounts")
    for number, account in enumerate(creditor["bank_accounts"]):
        if not account["bic"]:
            found.append(f"bank_accounts[{number}].bic")
    if not creditor["terms_accepted"]:
        found.append("terms_accepted")
    return found


def create(agency: Agency, client_id: str, given: dict) -> dict:
    """Begin onboarding."""
    form = Form(given)
    external_id = form.text("external_id", 64, required=True)
    system = form.text("accounting_system", 64, required=True)
    terms = form.text("terms_version", 64)
    form.check()
    _check_terms(agency, terms)
    known = of_client(agency, client_id)
    if known:
        raise ApiError(
            "duplicate_reference",
            "This client has a creditor already.",
            existing_creditor_id=known["id"],
        )
    creditor = _enter(agency, client_id, "initialised")
    creditor.update(external_id=external_id, accounting_system=system)
    return agency.store.save("creditor", creditor)


def _check_terms(agency: Agency, version: str | None) -> None:
    if version and version != agency_core.TERMS_VERSION:
        raise ApiError(
            "terms_outdated",
            f"The present terms are {agency_core.TERMS_VERSION}.",
            version=agency_core.TERMS_VERSION,
        )


def check_version(given: int | None, present: int) -> None:
    """
    :raises ApiError: the caller has not seen the present version
    """
    if given is not None and given != present:
        raise ApiError(
            "version_conflict", f"The present version is {present}.", version=present
        )


def patch(agency: Agency, creditor: dict, given: dict) -> dict:
    """Replace the members that are given."""
    if creditor["state"] == "terminated":
        raise _unavailable(creditor, "A terminated agreement cannot be changed.")
    form = Form(given)
    read: dict[str, object] = {}
    if form.has("external_id"):
        read["external_id"] = _external_id(form, creditor)
    if form.has("company"):
        read["company"] = _company(form.child("company"))
    if given.get("bank_accounts") is not None:
        accounts = form.children("bank_accounts", _MAX_ACCOUNTS)
        read["bank_accounts"] = [_account(each) for each in accounts]
    if form.has("contact"):
        read["contact"] = _contact(form.child("contact"))
    if form.has("terms_accepted"):
        read["terms_accepted"] = _acceptance(form.child("terms_accepted"))
    if form.has("webhook"):
        read["webhook"] = agency_settings.read_webhook(
            form.child("webhook"), creditor["webhook"], agency.clock.stamp()
        )
    version = form.integer("version")
    form.check()
    check_version(version, creditor["version"])
    accepted = read.get("terms_accepted")
    if isinstance(accepted, dict):
        _check_terms(agency, accepted["version"])
    creditor.update(read)
    return changed(agency, creditor)


def _external_id(form: Form, creditor: dict) -> str | None:
    value = form.text("external_id", 64)
    if creditor["external_id"] not in (None, value):
        form.wrong("external_id", "value", "external_id cannot be changed.")
    return value


def _company(form: Form) -> dict:
    return {
        "name": form.text("name", 200),
        "org_number": form.text("org_number", 32),
        "vat_number": form.text("vat_number", 32),
        "street": form.text("street", 200),
        "zip": form.text("zip", 16),
        "city": form.text("city", 100),
        "country": form.text("country", 2, pattern=COUNTRY),
        "email": form.text("email", 200, pattern=EMAIL),
        "phone": form.text("phone", 50),
    }


def _account(form: Form) -> dict:
    iban = (form.text("iban", 50) or "").replace(" ", "").upper() or None
    if iban and not _is_iban(iban):
        form.wrong("iban", "format", f"{form.where('iban')} is no valid IBAN.")
    number = form.text("account_number", 50)
    if not iban and not number:
        words = f"{form.path} has neither iban nor account_number."
        form.wrong("account_number", "required", words)
    return {
        "iban": iban,
        "account_number": number,
        "bic": form.text("bic", 11, pattern=_BIC),
        "currency": form.text("currency", 3, pattern=CURRENCY),
    }


def _is_iban(iban: str) -> bool:
    if not re.fullmatch(r"[A-Z]{2}\d\d[A-Z0-9]{10,30}", iban, re.ASCII):
        return False
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(char, 36)) for char in turned)) % 97 == 1


def _contact(form: Form) -> dict:
    return {
        "name": form.text("name", 200),
        "email": form.text("email", 200, pattern=EMAIL),
        "phone": form.text("phone", 50),
        "language": form.text("language", 2, pattern=LANGUAGE),
    }


def _acceptance(form: Form) -> dict:
    return {
        "version": form.text("version", 64, required=True),
        "at": form.moment("at", required=True),
        "by": form.text("by", 200, required=True),
    }


def _unavailable(creditor: dict, message: str) -> ApiError:
    return ApiError(
        "action_not_available", message, state=creditor["state"], available_actions=[]
    )


def apply_for_activation(agency: Agency, creditor: dict) -> bool:
    """Hand the application in; false when the creditor is active already."""
    state = creditor["state"]
    if state in ("active", "pending_signature"):
        return state != "active"
    if state not in ("initialised", "rejected"):
        raise _unavailable(creditor, f"A creditor that is {state} cannot apply.")
    lacking = missing(creditor)
    if lacking:
        raise ApiError(
            "onboarding_incomplete",
            f"Still missing: {', '.join(lacking)}.",
            [fault(each, "required", f"{each} is missing.") for each in lacking],
        )
    creditor["state"] = "pending_signature"
    changed(agency, creditor)
    return True


def terminate(agency: Agency, creditor: dict, given: dict) -> dict:
    form = Form(given)
    form.text("reason", 1000)
    form.check()
    if creditor["state"] == "terminated":
        raise _unavailable(creditor, "The agreement is terminated already.")
    creditor["state"] = "terminated"
    return changed(agency, creditor)


def reactivate(agency: Agency, creditor: dict) -> dict:
    """Take up a terminated agreement again, without a new onboarding."""
    if creditor["state"] != "terminated" or not creditor["was_active"]:
        raise _unavailable(
            creditor, "Only a terminated agreement that was active can be taken up."
        )
    creditor["state"] = "active"
    return changed(agency, creditor)
