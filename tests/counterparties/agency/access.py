"""Clients of the API and their tokens."""

import datetime as dt
import hashlib
import hmac
import secrets

from . import creditors, fields
from .core import agency, show
from .errors import ApiError

LIFETIME = 3600
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def add_client(given: dict) -> dict:
    """A client, or the new secret of one; its agreement may be made outside."""
    client = fields.read("client_id! client_secret! agreement_number", given)
    client["id"] = client.pop("client_id")
    with agency.books.transaction():
        agency.books.save("client", client)
        creditors.open_outside(client)
    return client


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def issue(given: dict) -> dict:
    """A token for a client that knows its secret."""
    read = fields.read("client_id! client_secret!", given)
    client = agency.books.get("client", read["client_id"])
    known = client["client_secret"] if client else secrets.token_hex()
    if not hmac.compare_digest(_hashed(known), _hashed(read["client_secret"])):
        raise ApiError("invalid_client", "Client id or secret is wrong.")
    token = secrets.token_urlsafe(32)
    ends = show(agency.now() + dt.timedelta(seconds=LIFETIME))
    record = {"id": _hashed(token), "client": read["client_id"], "expires_at": ends}
    agency.books.save("token", record)
    return {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME}


def client_of(header: str | None) -> str:
    """The client that an Authorization header belongs to.

    :raises ApiError: there is none, or it has expired
    """
    scheme, _, token = (header or "").partition(" ")
    record = agency.books.get("token", _hashed(token.strip()))
    if scheme.lower() != "bearer" or record is None:
        raise ApiError("token_invalid", "A valid token is needed.", headers=_CHALLENGE)
    if record["expires_at"] <= agency.stamp():
        raise ApiError("token_expired", "The token has expired.", headers=_CHALLENGE)
    return record["client"]
