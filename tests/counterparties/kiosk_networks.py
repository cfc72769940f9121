"""The networks this program plays: how each is reached and what it is like."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from kiosk_errors import KioskError, invalid

PROTOCOLS = (
    "osmp",
    "kaspi_json",
    "kaspi_xml",
    "sber_eps",
    "privatbank_debt",
    "payme",
    "signed_json",
)
# kind -> what must be told with it
AUTHENTICATION: dict[str, tuple[str, ...]] = {
    "none": (),
    "basic": ("login", "password"),
    "secret": ("value",),
    "hmac": ("secret",),
    "certificate": ("header", "value"),
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,40}")


@dataclass(frozen=True)
class Network:
    """One network as it was entered; the shape is told in kiosk.py."""

    name: str
    protocol: str
    endpoint: str
    title: str
    auth: dict = field(default_factory=lambda: {"kind": "none"})
    headers: dict = field(default_factory=dict)
    currency: str = "KZT"
    decimals: int = 2
    zone: str = "Asia/Almaty"
    kiosks: tuple[str, ...] = ("K-001",)
    limit_seconds: float | None = None
    sandbox: bool = False
    options: dict = field(default_factory=dict)

    def record(self) -> dict:
        """As JSON, to be entered again."""
        return {**self.__dict__, "kiosks": list(self.kiosks)}

    def view(self) -> dict:
        """As JSON, without secrets."""
        return {**self.record(), "auth": {"kind": self.auth["kind"]}, "headers": {}}


def read(given: object) -> Network:
    """A network from JSON.

    :raises KioskError: a member is missing or wrong
    """
    if not isinstance(given, dict):
        raise invalid("A network is a JSON object.")
    unknown = set(given) - set(Network.__dataclass_fields__)
    if unknown:
        raise invalid(f"A network has no {', '.join(sorted(unknown))}.")
    name = given.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid("The name of a network has up to 41 letters, digits or -_.")
    if given.get("protocol") not in PROTOCOLS:
        raise invalid(f"The protocol is one of {', '.join(PROTOCOLS)}.")
    values = {"title": name, **given}
    _check_values(values)
    values["auth"] = _auth(values.get("auth"))
    values["kiosks"] = tuple(values.get("kiosks") or ("K-001",))
    return Network(**values)


def _check_values(values: dict) -> None:
    parts = urlsplit(str(values.get("endpoint", "")))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise invalid("The endpoint is an address that begins with http.")
    if values.get("decimals", 2) not in (0, 1, 2, 3):
        raise invalid("A currency has 0 to 3 decimals.")
    if not re.fullmatch(r"[A-Z]{3}", str(values.get("currency", "KZT"))):
        raise invalid("The currency is a code such as KZT.")
    try:
        ZoneInfo(str(values.get("zone", "UTC")))
    except (KeyError, ValueError, OSError):
        raise invalid(f"There is no time zone {values['zone']}.") from None
    for name in ("headers", "options"):
        if not isinstance(values.get(name, {}), dict):
            raise invalid(f"The {name} are a JSON object.")
    if not isinstance(values.get("kiosks", []), list):
        raise invalid("The kiosks are a list of names.")
    limit = values.get("limit_seconds")
    if limit is not None and not (isinstance(limit, (int, float)) and limit > 0):
        raise invalid("The limit is a number of seconds.")


def _auth(given: object) -> dict:
    auth = given or {"kind": "none"}
    if not isinstance(auth, dict) or auth.get("kind") not in AUTHENTICATION:
        raise invalid(f"The kind of auth is one of {', '.join(AUTHENTICATION)}.")
    for name in AUTHENTICATION[auth["kind"]]:
        if not isinstance(auth.get(name), str):
            raise invalid(f"The auth {auth['kind']} needs a {name}.")
    return auth


def read_file(path: Path) -> Iterable[Network]:
    """The networks of a networks.json.

    :raises KioskError: it cannot be read
    """
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise KioskError(500, "unreadable", f"{path}: {error}") from error
    listed = content.get("networks") if isinstance(content, dict) else content
    if not isinstance(listed, list):
        raise KioskError(500, "unreadable", f"{path} has no list of networks")
    return [read(each) for each in listed]
