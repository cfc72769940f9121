"""Which module speaks which protocol."""

from __future__ import annotations

from counterparties.common.web import Refusal

from ..networks import Network
from .base import Protocol
from .kaspi import Kaspi
from .osmp import Osmp
from .payme import Payme
from .privatbank import PrivatBank
from .sber import Sber
from .signed import SignedJson

_SPEAKERS: dict[str, type[Protocol]] = {
    "osmp": Osmp,
    "kaspi_json": Kaspi,
    "kaspi_xml": Kaspi,
    "sber_eps": Sber,
    "privatbank_debt": PrivatBank,
    "payme": Payme,
    "signed_json": SignedJson,
}


def speak(network: Network) -> Protocol:
    """:raises Refusal: nobody speaks like that"""
    if network.protocol not in _SPEAKERS:
        raise Refusal(400, f"The protocol is one of {', '.join(_SPEAKERS)}.")
    return _SPEAKERS[network.protocol](network)
