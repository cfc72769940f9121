"""The ways a program calls Odoo: the same call over XML-RPC and over JSON-2."""

import urllib.error
from collections.abc import Callable
from typing import Any, Protocol

import odoorpc
from support.system import JsonRefusal, OdooInstance


class Refused(Exception):
    """What a program is told when a call is refused."""


class Program(Protocol):
    """A program that is logged in."""

    def call(self, model: str, method: str, ids: list[int], **named: Any) -> Any:
        """Call a method of records; a refusal raises Refused."""


class XmlRpcProgram:
    """Logged in with OdooRPC over XML-RPC."""

    def __init__(self, server: OdooInstance, login: str) -> None:
        self.client = odoorpc.ODOO(
            "127.0.0.1", port=server.port, protocol="xmlrpc", timeout=120
        )
