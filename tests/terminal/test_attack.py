"""The kiosk endpoint under all that Terminal JSON lets somebody send there.

Nothing breaks, every answer keeps the contract, and nothing is paid by a call that is
not signed or not as agreed. The requests are the same at every run.
"""

import secrets

import requests
from schemathesis import Case

from support.attack import Attack, Dress, digest, unsigned
from support.caller import callers
from support.cashier import Cashier
from support.contract import TERMINAL_JSON
from support.system import OdooInstance, TestDatabases

EXAMPLES = 25
# it gets no further than its signature
UNSIGNED = 8


def signed(secret: str) -> Dress:
    """As a bank signs its calls."""

    def sign(made: requests.PreparedRequest) -> None:
        stamp, mark = digest(secret, made)
        made.headers.update({"X-Timestamp": stamp, "X-Signature": mark})

    return sign


def test_only_signed_payments_are_kept(
    odoo_server: OdooInstance, databases: TestDatabases
) -> None:
    cashier = Cashier(odoo_server)
    network = cashier.open_network("signed_json", "hmac")
    line = callers(databases, odoo_server)[f"network-{network}"].network
    key, base = str(line.auth["secret"]), line.endpoint.rpartition("/")
    attack = Attack(TERMINAL_JSON, base[0], knows_the_way=True)
    [operation] = attack.operations()
    names = {"token": base[2]}

    def rows() -> set[str]:
        return set(
            databases.sql(
                odoo_server.database,
                "SELECT txn_id FROM payment_terminal_transaction "
                f"WHERE network_id = {network}",
            )
        )

    for sign in (unsigned, signed(secrets.token_hex(16))):

        def refused(case: Case, answer: requests.Response) -> None:
            assert answer.status_code in (403, 404), answer.status_code

        attack.run(operation, UNSIGNED, names, sign, refused)
    assert not rows()

    answered: set[str] = set()

    def noted(case: Case, answer: requests.Response) -> None:
        if answer.status_code == 200 and "payment" in answer.json():
            answered.add(answer.json()["payment"]["id"])

    attack.run(operation, EXAMPLES, names, signed(key), noted)
    assert answered
    assert rows() == answered
