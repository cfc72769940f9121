"""Whoever takes calls under a contract is attacked with what the contract can say.

Nobody breaks, every answer keeps the contract, and nothing is kept of a call that is
not proved or not as agreed. The requests are the same at every run.
"""

import datetime as dt
import hashlib
import hmac
import itertools
import json
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import yaml
from schemathesis import Case

from support.agency import AgencyFactory, AgencyInstance
from support.attack import Attack, Dress, body_of
from support.caller import callers
from support.cashier import Cashier
from support.contract import AGENCY_API, TERMINAL_JSON
from support.creditor import Creditor
from support.system import Json, OdooInstance, ServerFactory, TestDatabases

EACH_OF_MANY = 8
EACH_OF_ONE = 60
CLIENT = "demo"
SECRET = "demo-secret"

_keys = itertools.count(1)


# The sandbox agency


class Client:
    """A creditor's program that says what the contract shows."""

    def __init__(self, agency: AgencyInstance) -> None:
        self.agency = agency
        told = yaml.load(AGENCY_API.read_text(encoding="utf-8"), yaml.CSafeLoader)
        self.paths, self.examples = told["paths"], told["components"]["examples"]
        self.token = ""
        self.session = requests.Session()
        self.session.trust_env = False

    def call(self, method: str, path: str, body: Json = None, **how: Json) -> Json:
        """A call that must succeed."""
        headers = {"Authorization": f"Bearer {self.token}"}
        headers["Idempotency-Key"] = f"key-{next(_keys)}"
        url = f"{self.agency.api}{path}"
        how = how or {"json": body}
        answer = self.session.request(method, url, headers=headers, timeout=60, **how)
        assert answer.ok, answer.text
        return answer.json()

    def shown(self, path: str, method: str) -> Json:
        """The body that the contract shows for a call."""
        body = self.paths[path][method]["requestBody"]["content"]
        return body["application/json"]["example"]

    def ready(self) -> dict[str, str]:
        """A fresh agreement with a case and what belongs to it; their names."""
        self.agency.sandbox("reset")
        self.token = self.call(
            "POST", "/auth/token", {"client_id": CLIENT, "client_secret": SECRET}
        )["access_token"]
        creditor = self.call("POST", "/creditors", self.shown("/creditors", "post"))
        path = f"/creditors/{creditor['id']}"
        changes = self.shown("/creditors/{creditor_id}", "patch")
        self.call("PATCH", path, changes)
        self.call("POST", f"{path}/activate", {})
        self.agency.sandbox(f"creditors/{CLIENT}/activate")
        case = self.call("POST", "/cases", self.transfer())
        path = f"/cases/{case['id']}"
        files = {"file": ("invoice.pdf", b"%PDF-1.4", "application/pdf")}
        [document] = self.call("POST", f"{path}/documents", files=files)["documents"]
        payment = self.shown("/cases/{case_id}/payments", "post")
        payment = payment | {"amount": "100.00", "external_id": "PAY-17"}
        self.call("POST", f"{path}/payments", payment)
        self.agency.sandbox(f"cases/{case['id']}/debtor-pays", amount="200.00")
        [settlement] = self.agency.sandbox("settlements")["settlements"]
        return {
            "creditor_id": creditor["id"],
            "case_id": case["id"],
            "document_id": document["id"],
            "external_id": payment["external_id"],
            "settlement_id": settlement["id"],
        }

    def transfer(self) -> Json:
        """The transfer that the contract shows, of an invoice that may be collected."""
        made = {**self.examples["Transfer"]["value"], "agreement_number": None}
        days = {"date": 60, "due_date": 30}
        invoice = {
            name: (dt.date.today() - dt.timedelta(days)).isoformat()
            for name, days in days.items()
        }
        return made | {"invoice": made["invoice"] | invoice}

    def dress(self, made: requests.PreparedRequest) -> None:
        """Only who may speak is listened to."""
        made.headers["Authorization"] = f"Bearer {self.token}"


def test_the_sandbox_keeps_the_contract_whatever_it_is_asked(
    start_agency: AgencyFactory, tmp_path: Path
) -> None:
    agency = start_agency(tmp_path)
    agency.is_attacked = True
    client = Client(agency)
    attack = Attack(AGENCY_API, agency.api)
    sent = sum(
        attack.run(each, EACH_OF_MANY, client.ready(), client.dress)
        for each in attack.operations()
    )
    print(f"\n{sent} requests to the agency")
    assert not agency.breaches(), json.dumps(agency.breaches(), indent=1)


# Odoo: the webhook and the kiosk endpoint


def stranger(made: requests.PreparedRequest) -> None:
    """Whatever was made up for a signature is left as it is."""


@pytest.fixture(scope="module")
def server(start_server: ServerFactory) -> Iterator[OdooInstance]:
    """A server of its own: what it keeps is counted."""
    started = start_server()
    # what is no HTTP at all does not get as far as a controller
    started.expected.append(r" werkzeug: .* code (400|414|431|505), message")
    yield started
    started.stop()


def test_only_signed_events_are_kept(
    server: OdooInstance,
    start_agency: AgencyFactory,
    databases: TestDatabases,
    tmp_path: Path,
) -> None:
    agency = start_agency(tmp_path)
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

    def dress(key: str) -> Dress:
        def sign(made: requests.PreparedRequest) -> None:
            stamp = str(int(time.time()))
            signed = f"{stamp}.".encode() + body_of(made)
            mark = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
            made.headers["X-Agency-Signature"] = f"t={stamp},v1={mark}"

        return sign

    before = kept()
    for sign in (stranger, dress(secrets.token_hex(16))):

        def refused(case: Case, answer: requests.Response) -> None:
            assert answer.status_code in (401, 413), answer.status_code

        attack.run(event, EACH_OF_ONE, {}, sign, refused)
    assert kept() == before

    def counted(case: Case, answer: requests.Response) -> None:
        nonlocal before
        assert answer.status_code in (204, 401, 413), answer.status_code
        now = kept()
        assert answer.status_code == 204 or now == before
        before = now

    start = before
    attack.run(event, EACH_OF_ONE, {}, dress(secret), counted)
    assert before > start


def test_only_signed_payments_are_kept(
    server: OdooInstance, databases: TestDatabases
) -> None:
    cashier = Cashier(server)
    network = cashier.open_network("signed_json", "hmac")
    line = callers(databases, server)[f"network-{network}"].network
    key, base = str(line.auth["secret"]), line.endpoint.rpartition("/")
    attack = Attack(TERMINAL_JSON, base[0], knows_the_way=True)
    [operation] = attack.operations()
    names = {"token": base[2]}

    def rows() -> set[str]:
        return set(
            databases.sql(
                server.database,
                "SELECT txn_id FROM payment_terminal_transaction "
                f"WHERE network_id = {network}",
            )
        )

    def dress(secret: str) -> Dress:
        def sign(made: requests.PreparedRequest) -> None:
            stamp = str(int(time.time()))
            signed = f"{stamp}.".encode() + body_of(made)
            mark = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
            made.headers.update({"X-Timestamp": stamp, "X-Signature": mark})

        return sign

    for sign in (stranger, dress(secrets.token_hex(16))):

        def refused(case: Case, answer: requests.Response) -> None:
            assert answer.status_code in (403, 404), answer.status_code

        attack.run(operation, EACH_OF_ONE, names, sign, refused)
    assert not rows()

    answered: set[str] = set()

    def noted(case: Case, answer: requests.Response) -> None:
        if answer.status_code == 200 and "payment" in answer.json():
            answered.add(answer.json()["payment"]["id"])

    attack.run(operation, EACH_OF_ONE, names, dress(key), noted)
    assert answered
    assert rows() == answered
