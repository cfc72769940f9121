"""The people of the Swedish company, who hand overdue invoices to the agency."""

from typing import Any

import odoorpc

from support.clerk import Clerk, Row
from support.system import OdooInstance
from support.waiting import PATIENCE, eventually


class Collector(Clerk):
    """Whoever follows what customers owe, in the company of one agency."""

    def __init__(self, client: odoorpc.ODOO, agency: int = 0) -> None:
        super().__init__(client)
        self.agency = agency or self.ref("collection_partner.demo_agency")
        contract = self.read("collection.agency", self.agency, "company_id")
        self.work_in(contract["company_id"][0])

    @classmethod
    def of(cls, server: OdooInstance) -> "Collector":
        """The demo company's collector, as its administrator."""
        return cls(server.rpc())

    def invoice(self, name: str) -> int:
        """An invoice of the demo data, such as `overdue_40`."""
        return self.ref(f"demo.invoice_{name}")

    def number(self, move: int) -> str:
        """The number of an invoice."""
        return self.read("account.move", move, "name")["name"]

    def debtor(self, move: int) -> str:
        """The name of an invoice's customer."""
        return self.read("account.move", move, "invoice_partner_display_name")[
            "invoice_partner_display_name"
        ]

    def eligibility(self, *moves: int, mode: str = "manual") -> list[Row]:
        """Whether invoices may go to the agency, each with every reason why not."""
        return self.call(
            "account.move", "collection_eligibility", list(moves), mode=mode
        )

    def transfer(self, *moves: int, **named: Any) -> list[Row]:
        """Hand invoices to the agency, as the dialog does."""
        return self.call("account.move", "transfer_to_collection", list(moves), **named)

    def cases(self, *domain: Any) -> list[Row]:
        """Cases at the agency."""
        return self.find(
            "collection.case",
            [("agency_id", "=", self.agency), *domain],
            *("state", "agency_status", "capital_open", "move_id"),
        )

    def case(self, move: int) -> Row | None:
        """The latest case of an invoice."""
        found = self.cases(("move_id", "=", move))
        return found[-1] if found else None

    def arrived(self, move: int, state: str, seconds: float = PATIENCE) -> Row:
        """Wait until an invoice's case is in a state."""

        def here() -> Row | None:
            found = self.case(move)
            return found if found and found["state"] == state else None

        return eventually(here, seconds, f"the case of invoice {move} is {state}")
