"""The networks this program plays: how each is reached and what it is like."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from counterparties.common.web import Refusal

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
    """One network as it was entered; the members are told in `__main__.py`.

    :raises Refusal: a member is wrong
    """

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

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise Refusal(
                400, "The name of a network has up to 41 letters, digits or -_."
            )
        if not re.match(r"https?://\w", self.endpoint):
            raise Refusal(400, "The endpoint is an address that begins with http.")
        kind = self.auth.get("kind")
        if kind not in AUTHENTICATION:
            kinds = ", ".join(AUTHENTICATION)
            raise Refusal(400, f"The kind of auth is one of {kinds}.")
        for name in AUTHENTICATION[kind]:
            if not isinstance(self.auth.get(name), str):
                raise Refusal(400, f"The auth {kind} needs a {name}.")

    def view(self) -> dict:
        """As JSON, without secrets."""
        return {**asdict(self), "auth": {"kind": self.auth["kind"]}, "headers": {}}


def read(given: dict) -> Network:
    """A network from JSON.

    :raises Refusal: a member is missing, wrong or unknown
    """
    try:
        return Network(**{"title": given.get("name"), **given})
    except (AttributeError, TypeError) as error:
        raise Refusal(400, f"That is no network: {error}.") from None


def read_file(path: Path) -> list[Network]:
    """The networks of a networks.json.

    :raises Refusal: one of them is wrong
    :raises ValueError: it is no JSON
    """
    content = json.loads(path.read_bytes())
    listed = content["networks"] if isinstance(content, dict) else content
    return [read(each) for each in listed]
