"""Clients of the API and their tokens."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets

import agency_clock
import agency_creditors
from agency_core import Agency
from agency_errors import ApiError
from agency_form import Form

LIFETIME = 3600
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def add_client(agency: Agency, given: dict) -> dict:
    """A client, or the new secret of one; its agreement may be made outside."""
    form = Form(given)
    client_id = form.text("client_id", 64, required=True)
    secret = form.text("client_secret", 255, required=True, strip=False)
    number = form.text("agreement_number", 64)
    form.check()
    client = {"id": client_id, "client_secret": secret, "agreement_number": number}
    with agency.store.transaction():
        agency.store.save("client", client)
        agency_creditors.open_outside(agency, client)
    return client


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def issue(agency: Agency, given: dict) -> dict:
    """A token for a client that knows its secret."""
    form = Form(given)
    client_id = form.text("client_id", 64, required=True) or ""
    secret = form.text("client_secret", 255, required=True, strip=False) or ""
    form.check()
    client = agency.store.get("client", client_id)
    known = client["client_secret"] if client else secrets.token_hex()
    if not hmac.compare_digest(_hashed(known), _hashed(secret)):
        raise ApiError("invalid_client", "Client id or secret is wrong.")
    token = secrets.token_urlsafe(32)
    ends = agency.clock.now() + dt.timedelta(seconds=LIFETIME)
    record = {
        "id": _hashed(token),
        "client_id": client_id,
        "expires_at": agency_clock.show(ends),
    }
    agency.store.save("token", record)
    return {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME}


def client_of(agency: Agency, header: str | None) -> str:
    """The client that an Authorization header belongs to.

    :raises ApiError: there is none, or it has expired
    """
    scheme, _, token = (header or "").partition(" ")
    record = agency.store.get("token", _hashed(token.strip()))
    if scheme.lower() != "bearer" or record is None:
        raise ApiError("token_invalid", "A valid token is needed.", headers=_CHALLENGE)
    if record["expires_at"] <= agency.clock.stamp():
        raise ApiError("token_expired", "The token has expired.", headers=_CHALLENGE)
    return record["client_id"]
