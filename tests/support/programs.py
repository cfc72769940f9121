"""The three ways a program calls Odoo 19: OdooRPC, XML-RPC and JSON-2."""

import xmlrpc.client
from collections.abc import Sequence
from typing import Any, Protocol

import odoorpc

from support.system import JsonRefusal, OdooInstance


class Refused(Exception):
    """A call that was refused; the text is what the program is told."""


class Program(Protocol):
    """A program that is logged in as somebody."""

    def call(self, model: str, method: str, ids: Sequence[int], **named: Any) -> Any:
        """Call a method of records with named arguments.

        :raises Refused: Odoo answered with a fault
        """


class OdooRpcProgram:
    """OdooRPC, which people use from Python."""

    def __init__(self, server: OdooInstance, login: str) -> None:
        self.client = server.rpc(login, login)

    def call(self, model: str, method: str, ids: Sequence[int], **named: Any) -> Any:
        """Call through `execute_kw`."""
        try:
            return self.client.execute_kw(model, method, [list(ids)], named)
        except odoorpc.error.RPCError as error:
            raise Refused(str(error)) from None


class XmlRpcProgram:
    """XML-RPC, which every language has."""

    def __init__(self, server: OdooInstance, login: str) -> None:
        self.password = login
        self.database = server.database
        base = f"{server.url}/xmlrpc/2"
        common = xmlrpc.client.ServerProxy(f"{base}/common")
        self.user = common.authenticate(self.database, login, login, {})
        self.object = xmlrpc.client.ServerProxy(f"{base}/object", allow_none=True)

    def call(self, model: str, method: str, ids: Sequence[int], **named: Any) -> Any:
        """Call through `execute_kw`."""
        who = (self.database, self.user, self.password)
        try:
            return self.object.execute_kw(*who, model, method, [list(ids)], named)
        except xmlrpc.client.Fault as fault:
            raise Refused(fault.faultString) from None


class Json2Program:
    """JSON-2 with an API key, the way that Odoo recommends."""

    def __init__(self, server: OdooInstance, login: str) -> None:
        self.server = server
        self.key = server.api_key(login)

    def call(self, model: str, method: str, ids: Sequence[int], **named: Any) -> Any:
        """Call `/json/2/<model>/<method>`."""
        try:
            return self.server.json2(self.key, model, method, ids=list(ids), **named)
        except JsonRefusal as refusal:
            raise Refused(refusal.message) from None


PROGRAMS: dict[str, type[OdooRpcProgram | XmlRpcProgram | Json2Program]] = {
    "odoorpc": OdooRpcProgram,
    "xmlrpc": XmlRpcProgram,
    "json2": Json2Program,
}
