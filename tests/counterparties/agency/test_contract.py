"""The agency under all that its contract lets a client say: it keeps it to the letter.

The requests are the same at every run.
"""

import pytest
import requests

from counterparties.agency.driver import AgencyProcess, Client
from support.attack import Attack
from support.contract import AGENCY_API

EXAMPLES = 3


def ready(agency: AgencyProcess) -> tuple[Client, dict[str, str]]:
    """A client with a case, and the names of what belongs to it."""
    agency.sandbox("reset")
    erp = Client(agency, "erp")
    creditor = erp.onboard()
    case = erp.transfer("INV/1")["id"]
    [document] = erp.upload(case, ("a.pdf", b"%PDF")).json()["documents"]
    payment = {"external_id": "PAY-1", "date": agency.day(0), "currency": "SEK"}
    assert erp.post(f"/cases/{case}/payments", amount="100.00", **payment).ok
    agency.sandbox(f"cases/{case}/debtor-pays", amount="200.00")
    [settlement] = agency.sandbox("settlements")["settlements"]
    return erp, {
        "creditor_id": creditor.rpartition("/")[2],
        "case_id": case,
        "document_id": document["id"],
        "external_id": payment["external_id"],
        "settlement_id": settlement["id"],
    }


@pytest.mark.timeout(600)
def test_it_keeps_the_contract_whatever_it_is_asked(agency: AgencyProcess) -> None:
    attack = Attack(AGENCY_API, f"{agency.address}/v1")
    sent = 0
    for operation in attack.operations():
        erp, names = ready(agency)

        def dress(made: requests.PreparedRequest, token: str = erp.token) -> None:
            made.headers["Authorization"] = f"Bearer {token}"

        sent += attack.run(operation, EXAMPLES, names, dress)
    print(f"\n{sent} requests")
