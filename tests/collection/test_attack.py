"""Odoo's webhook under all that the contract lets somebody send there.

Nothing breaks, every answer is as agreed, and nothing is kept of a call that is not
signed or not as agreed. The requests are the same at every run.
"""

import secrets
from pathlib import Path

import requests
from schemathesis import Case

from support.agency import AgencyFactory
from support.attack import Attack, Dress, digest, unsigned
from support.contract import AGENCY_API
from support.creditor import Creditor
from support.system import ServerFactory, TestDatabases

EXAMPLES = 25
# it gets no further than its signature
UNSIGNED = 8


def signed(secret: str) -> Dress:
    """As the agency signs its events."""

    def sign(made: requests.PreparedRequest) -> None:
        stamp, mark = digest(secret, made)
        made.headers["X-Agency-Signature"] = f"t={stamp},v1={mark}"

    return sign


def test_only_signed_events_are_kept(
    start_server: ServerFactory,
    start_agency: AgencyFactory,
    databases: TestDatabases,
    tmp_path: Path,
) -> None:
    server, agency = start_server(), start_agency(tmp_path)
    databases.all.set_demo_agency(server.database, agency.api)
    creditor = Creditor.open(server, agency)
    fields = ["webhook_token", "webhook_secret"]
    [row] = creditor.call("collection.agency", "read", [creditor.agency], fields=fields)
    token, secret = (row[name] for name in fields)
    path = f"/collection_partner/webhook/{token}"
    attack = Attack(AGENCY_API, server.url, webhook="event", path=path)
    [event] = attack.operations()
    creditor.quiet()
    count = "SELECT count(*) FROM collection_message WHERE direction = 'in'"

    def kept() -> int:
        [number] = databases.sql(server.database, count)
        return int(number)

    before = kept()
    for sign in (unsigned, signed(secrets.token_hex(16))):

        def refused(case: Case, answer: requests.Response) -> None:
            assert answer.status_code in (401, 413), answer.status_code

        attack.run(event, UNSIGNED, {}, sign, refused)
    assert kept() == before

    def counted(case: Case, answer: requests.Response) -> None:
        nonlocal before
        assert answer.status_code in (204, 401, 413), answer.status_code
        now = kept()
        assert answer.status_code == 204 or now == before
        before = now

    start = before
    attack.run(event, EXAMPLES, {}, signed(secret), counted)
    assert before > start
