"""Which module speaks which protocol."""

from __future__ import annotations

from kiosk_kaspi import Kaspi
from kiosk_networks import Network
from kiosk_osmp import Osmp
from kiosk_payme import Payme
from kiosk_privatbank import PrivatBank
from kiosk_protocol import Protocol
from kiosk_sber import Sber
from kiosk_signed import SignedJson

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
    return _SPEAKERS[network.protocol](network)
