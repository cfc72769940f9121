"""The two ways a program calls Odoo 19: `execute_kw`, by OdooRPC, and JSON-2.

XML-RPC is `execute_kw` in another dress; that it carries each call and answer is proven
in `tests/project/test_remote_calls.py`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import odoorpc
import pytest

from support.system import JsonRefusal, OdooInstance

Records = Sequence[int] | None


class Refused(Exception):
    """A call that was refused; the text is what the program is told."""


class Program(Protocol):
    """A program that is logged in as somebody."""

    def create(self, model: str, **values: Any) -> int:
        """Create one record."""

    def call(self, model: str, method: str, ids: Records, **named: Any) -> Any:
        """Call a method with named arguments.

        :param ids: the records, or None for a method of the model such as `create`
        :raises Refused: Odoo answered with a fault
        """


def refused(call: Callable[[], Any]) -> str:
    """The sentence of a refusal, which is for a person to read."""
    with pytest.raises(Refused) as caught:
        call()
    told = str(caught.value)
    assert "Traceback" not in told and 'File "' not in told
    return told


def placed(ids: Records) -> list[list[int]]:
    """Records as the only argument that is told by its place."""
    return [] if ids is None else [list(ids)]


class OdooRpcProgram:
    """OdooRPC, which people use from Python."""

    def __init__(self, server: OdooInstance, login: str) -> None:
        self.client = server.rpc(login, login)

    def create(self, model: str, **values: Any) -> int:
        """Create one record; Odoo wants its values told by their place."""
        return self._execute(model, "create", [values], {})

    def call(self, model: str, method: str, ids: Records, **named: Any) -> Any:
        """Call through `execute_kw`."""
        return self._execute(model, method, placed(ids), named)

    def _execute(self, model: str, method: str, *given: Any) -> Any:
        try:
            return self.client.execute_kw(model, method, *given)
        except odoorpc.error.RPCError as error:
            raise Refused(str(error)) from None


class Json2Program:
    """JSON-2 with an API key, the way that Odoo recommends."""

    def __init__(self, server: OdooInstance, login: str) -> None:
        self.server = server
        self.key = server.api_key(login)

    def create(self, model: str, **values: Any) -> int:
        """Create one record."""
        [made] = self.call(model, "create", None, vals_list=[values])
        return made

    def call(self, model: str, method: str, ids: Records, **named: Any) -> Any:
        """Call `/json/2/<model>/<method>`."""
        if ids is not None:
            named["ids"] = list(ids)
        try:
            return self.server.json2(self.key, model, method, **named)
        except JsonRefusal as refusal:
            raise Refused(refusal.message) from None


PROGRAMS: dict[str, type[OdooRpcProgram | Json2Program]] = {
    "odoorpc": OdooRpcProgram,
    "json2": Json2Program,
}
