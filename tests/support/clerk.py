"""Somebody who works in Odoo, over OdooRPC."""

from collections.abc import Sequence
from typing import Any

import odoorpc

from .waiting import PATIENCE, eventually

Row = dict[str, Any]
# what Odoo says of a job that somebody else is running
BUSY = "already executing"


class Clerk:
    """A logged-in person, in all their companies until one is chosen."""

    def __init__(self, client: odoorpc.ODOO) -> None:
        self.client = client
        self.context: Row = {}

    def work_in(self, company: int) -> None:
        """Choose one of their companies."""
        self.context["allowed_company_ids"] = [company]

    def call(self, model: str, method: str, *args: Any, **named: Any) -> Any:
        """Call a method of a model."""
        if self.context:
            named["context"] = self.context | named.get("context", {})
        return self.client.execute_kw(model, method, list(args), named)

    def ref(self, name: str) -> int:
        """The record of an external identifier, also an archived one."""
        module, _dot, rest = name.partition(".")
        _model, record = self.call(
            "ir.model.data",
            "check_object_reference",
            *(module, rest),
            context={"active_test": False},
        )
        return record

    def read(self, model: str, record: int, *fields: str) -> Row:
        """Fields of one record."""
        [row] = self.call(model, "read", [record], fields=list(fields))
        return row

    def find(self, model: str, domain: Sequence[Any], *fields: str) -> list[Row]:
        """Fields of the records that fit, oldest first."""
        return self.call(
            model, "search_read", list(domain), fields=list(fields), order="id"
        )

    def run(self, name: str) -> None:
        """Press "Run manually" on a scheduled action, until it could be run."""
        job = self.ref(name)

        def ran() -> bool:
            try:
                self.call("ir.cron", "method_direct_trigger", [job])
            except odoorpc.error.RPCError as error:
                if BUSY not in str(error):
                    raise
                return False
            return True

        eventually(ran, PATIENCE, f"{name} has run")
