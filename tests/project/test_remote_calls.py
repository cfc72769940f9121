"""Every call that programs rely on, wrongly and twice: refused, and the same answer.

`CALLS` has each call once, rightly; what is wrong follows from the kinds of its
arguments. What comes of it is `docs/remote_api_refusals.md`, which is written anew by

    WRITE_REMOTE_TABLE=1 python -m pytest tests/project/test_remote_calls.py
"""

import base64
import datetime as dt
import itertools
import json
import os
import xmlrpc.client
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.system import JsonRefusal, OdooInstance, ServerFactory

DOCS = Path(__file__).resolve().parents[2] / "docs"
TABLE = DOCS / "remote_api_refusals.md"
WRITING = bool(os.environ.get("WRITE_REMOTE_TABLE"))
GONE = 2**31 - 7
TOO_LARGE = 2**31
# what XML-RPC tells a program that it did wrong, and that it may not
REFUSED = (2, 4)
TRACE = ("Traceback", 'File "', "Error:", "psycopg2")
ADDONS = ("einvoice_consumer", "collection_partner", "payment_terminal")

# what an argument of each kind may not be
WRONG: dict[str, tuple[Any, ...]] = {
    "text": (7, True, ["a"], {"a": 1}),
    "whole number": ("1", True, 0, -1, 1.5, TOO_LARGE, [1]),
    "true or false": ("yes", 1, [True], {"a": 1}),
    "list of whole numbers": (5, "1", ["a"], [0], [True], {"a": 1}),
    "list of objects": (5, "a", [], {"a": 1}),
    "date": ("soon", 5, ["2099-01-01"]),
    "word": ("nothing like it", 5),
    "base64": ("%", "", 5, ["YQ=="]),
}
WRONG_IDS = (["a"], [0], [-1], [True], [TOO_LARGE])


@dataclass(frozen=True)
class Call:
    """A call as it is right; `{name}` stands for a record that `RECORDS` makes."""

    method: str
    record: str = ""
    given: dict[str, Any] = field(default_factory=dict)
    """All arguments that must be given, and some of those that may be."""
    group: str = "user"
    """Who may: the addon's users, or its managers."""

    @property
    def model(self) -> str:
        """The model of the method."""
        return self.method.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The method alone."""
        return self.method.rpartition(".")[2]


TOMORROW = (dt.date.today() + dt.timedelta(days=9)).isoformat()
CALLS = (
    Call(
        "einvoice.channel.import_message",
        "channel",
        {
            "filename": "a.xml",
            "content": base64.b64encode(b"<Finvoice/>").decode(),
        },
    ),
    Call("einvoice.channel.fetch_outgoing", "channel", {"limit": 5}, "manager"),
    Call("einvoice.channel.confirm_outgoing", "channel", {"document_ids": []}),
    Call("einvoice.agreement.allocate", "order", {"partner_id": "{partner}"}),
    Call("einvoice.agreement.reject", "stray", {"reason": "Nobody's"}),
    Call("einvoice.agreement.end", "old"),
    Call(
        "einvoice.agreement.import_existing",
        "",
        {
            "channel_id": "{channel}",
            "rows": [
                {
                    "partner_id": "{debtor}",
                    "address": "FI2112345600000785",
                    "intermediator": "NDEAFIHH",
                },
                {"partner_id": GONE, "address": "x", "intermediator": "x"},
                {"colour": "red"},
            ],
        },
        "manager",
    ),
    Call(
        "einvoice.agreement.request_consent",
        "",
        {"partner_ids": ["{partner}", GONE], "channel_id": "{norway}"},
    ),
    Call("einvoice.agreement.fetch_changes", "", {"channel_id": "{channel}"}),
    Call("account.move.send_einvoice", "invoice"),
    Call("account.move.fetch_invoice_pdf", "invoice"),
    Call("account.move.collection_eligibility", "invoice", {"mode": "manual"}),
    Call("account.move.transfer_to_collection", "debt", {"note": "Ring first"}),
    Call(
        "collection.case.request_action",
        "case",
        {"action": "withdraw", "reason": "A mistake", "until": TOMORROW},
    ),
    Call(
        "collection.agency.import_file",
        "file_agency",
        {"filename": "a.txt", "content": base64.b64encode(b"COLLECTION").decode()},
    ),
    Call(
        "payment.terminal.account.issue_numbers",
        "",
        {"rows": [{"partner_id": "{partner}"}, {"partner_id": GONE}, {"colour": 1}]},
    ),
    Call("payment.terminal.account.action_replace", "number"),
    Call("payment.terminal.account.action_block", "other_number"),
    Call(
        "account.journal.import_payment_file",
        "bank",
        {"filename": "a.ktl", "content": "MA=="},
    ),
    Call("account.move.fetch_paid", "", {"company_id": "{company}", "limit": 10}),
    Call("payment.terminal.network.export_debts", "network", {"format": "csv"}),
    Call("payment.terminal.debt.list.action_mark_sent", "debts"),
    Call(
        "payment.terminal.network.import_registry",
        "network",
        {
            "filename": "QIWI_1_202611201.csv",
            "content": base64.b64encode(b"Total:\t0\t0.00\r\n").decode(),
        },
    ),
)

# Made on the server; everything belongs to one company.
RECORDS = """
import datetime, json
from odoo.tests.common import new_test_user
company = env.ref("base.main_company")
other = env["res.company"].search([("id", "!=", company.id)], order="id", limit=1)
env = env(context={"no_reset_password": True, "allowed_company_ids": company.ids})
channel = env.ref("einvoice_consumer.demo_channel_finvoice").with_env(env).copy(
    {"name": "By hand", "connection_id": False}
)
channel.environment = "test"
norway = channel.create(
    {"name": "Norway", "rail": "efaktura", "company_id": company.id}
)
# a Finnish company could not switch it on
env.cr.execute(
    "UPDATE einvoice_channel SET environment = 'test' WHERE id = %s", (norway.id,)
)
people = env["res.partner"].create(
    [
        {
            "name": name,
            "street": "Kuja 1",
            "zip": "00100",
            "city": "Helsinki",
            "country_id": company.country_id.id,
            "company_id": company.id,
        }
        for name in ("Partner", "Debtor", "Number", "Other")
    ]
)
partner, debtor, numbered, another = people
now = datetime.datetime.now()
order, stray, old = env["einvoice.agreement"].sudo().create(
    [
        {
            "channel_id": channel.id,
            "consumer_name": name,
            "recipient_address": address,
            "recipient_intermediator": "NDEAFIHH",
            "ordered_at": now,
            "identifiers": [],
        }
        for name, address in (("Order", "A1"), ("Stray", "A2"), ("Old", "A3"))
    ]
)
agency = env["collection.agency"].create(
    {
        "name": "Nord",
        "company_id": company.id,
        "contact_name": "Saga",
        "contact_email": "saga@example.com",
        "undo_minutes": 600,
    }
)
agency._ensure_technical()
agency.sudo().with_context(collection_from_agency=True).write(
    {"state": "active", "creditor_ref": "CR-1", "agreement_number": "A-1"}
)
company.sudo().collection_agency_id = agency
file_agency = env["collection.agency"].create(
    {"name": "Files", "company_id": company.id, "adapter": "file_exchange"}
)
due = datetime.date.today() - datetime.timedelta(days=40)
moves = env["account.move"].create(
    [
        {
            "move_type": "out_invoice",
            "partner_id": debtor.id,
            "invoice_date": due,
            "invoice_date_due": due,
            "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": 100})],
        }
        for _number in range(3)
    ]
)
moves.action_post()
invoice, debt, held = moves
case = env["collection.case"]._request(held, agency)
accounts = env["payment.terminal.account"].create(
    [{"partner_id": each.id} for each in (numbered, another)]
)
bank = env["account.journal"].search(
    [("company_id", "=", company.id), ("type", "=", "bank")], limit=1
)
network = env["payment.terminal.network"].create(
    {
        "name": "Kiosks",
        "dialect": "osmp",
        "company_id": company.id,
        "environment": "test",
        "debt_format": "csv",
    }
)
debts = network.sudo()._take_debts()
groups = {
    (addon, role): f"{addon}.{addon}_group_{role}"
    for addon in ADDONS
    for role in ("user", "manager")
}
for (addon, role), group in groups.items():
    for where, at in (("own", company), ("other", other)):
        login = f"{addon}-{role}-{where}"
        new_test_user(
            env,
            login,
            f"base.group_user,{group}",
            password=login,
            company_id=at.id,
            company_ids=[(6, 0, at.ids)],
        )
new_test_user(
    env,
    "employee",
    "base.group_user",
    password="employee",
    company_id=company.id,
    company_ids=[(6, 0, company.ids)],
)
calls = {}
for name, model in env.registry.items():
    for method in dir(model):
        found = getattr(model, method, None)
        if hasattr(found, "remote_arguments"):
            calls[f"{name}.{method}"] = {
                "ids": found.remote_ids,
                "addon": next(
                    base.__module__.split(".")[2]
                    for base in model.__mro__
                    if method in vars(base)
                ),
                "kinds": {
                    key: argument.kind
                    for key, argument in found.remote_arguments.items()
                },
                "needed": [
                    key
                    for key, parameter in __import__("inspect")
                    .signature(found)
                    .parameters.items()
                    if parameter.default is parameter.empty and key != "self"
                ],
            }
env.cr.commit()
print(
    "MADE",
    json.dumps(
        {
            "calls": calls,
            "records": {
                "channel": channel.id,
                "norway": norway.id,
                "partner": partner.id,
                "debtor": debtor.id,
                "order": order.id,
                "stray": stray.id,
                "old": old.id,
                "invoice": invoice.id,
                "debt": debt.id,
                "case": case.id,
                "file_agency": file_agency.id,
                "number": accounts[0].id,
                "other_number": accounts[1].id,
                "bank": bank.id,
                "company": company.id,
                "network": network.id,
                "debts": debts.id,
            },
        }
    ),
)
"""

Json = Any


@dataclass
class Answer:
    """What a program is told: an answer, or a refusal."""

    value: Json = None
    status: int = 0
    """HTTP status or XML-RPC fault code of a refusal."""
    message: str = ""

    def codes(self) -> set[str]:
        """Of the reasons in an answer."""
        rows = self.value if isinstance(self.value, list) else []
        return {
            reason["code"]
            for row in rows
            if isinstance(row, dict)
            for reason in row.get("reasons", ())
        }


class Caller:
    """Programs of several users, over JSON-2 and XML-RPC."""

    def __init__(self, server: OdooInstance, made: Json) -> None:
        self.server = server
        self.calls = made["calls"]
        self.records = made["records"]
        self.users: dict[str, int] = {}

    def record(self, name: str) -> list[int]:
        """The IDs by which a call names its record."""
        return [self.records[name]] if name else []

    def right(self, value: Json) -> Json:
        """A value with the records in it."""
        if isinstance(value, dict):
            return {key: self.right(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.right(each) for each in value]
        if isinstance(value, str) and value.startswith("{"):
            return self.records[value.strip("{}")]
        return value

    def login(self, call: Call, where: str = "own") -> str:
        """A user who has the least right that the call needs."""
        return f"{self.calls[call.method]['addon']}-{call.group}-{where}"

    def json2(self, login: str, call: Call, ids: Json, given: Json) -> Answer:
        """Call over JSON-2."""
        named = given if call.record == "" else {"ids": ids, **given}
        try:
            key = self.server.api_key(login)
            return Answer(self.server.json2(key, call.model, call.name, **named))
        except JsonRefusal as refusal:
            return Answer(status=refusal.status, message=refusal.message)

    def xmlrpc(self, login: str, call: Call, ids: Json, given: Json) -> Answer:
        """Call over XML-RPC."""
        base = f"{self.server.url}/xmlrpc/2"
        database, key = self.server.database, self.server.api_key(login)
        if login not in self.users:
            common = xmlrpc.client.ServerProxy(f"{base}/common")
            self.users[login] = common.authenticate(database, login, key, {})
        who = (database, self.users[login], key)
        models = xmlrpc.client.ServerProxy(f"{base}/object", allow_none=True)
        placed = [] if call.record == "" else [ids]
        try:
            return Answer(models.execute_kw(*who, call.model, call.name, placed, given))
        except xmlrpc.client.Fault as fault:
            return Answer(status=fault.faultCode, message=fault.faultString)


@pytest.fixture(scope="module")
def caller(start_server: ServerFactory) -> Caller:
    """A server with a record for each call and a user for each right."""
    server = start_server()
    server.expected.append(r" WARNING .* odoo\.http: ")
    told = server.shell(f"ADDONS = {ADDONS!r}\n{RECORDS}")
    return Caller(server, json.loads(told.rpartition("MADE ")[2]))


@pytest.fixture(scope="module")
def table() -> Iterator[dict[tuple[str, str], set[str]]]:
    """What came of each call (row) and fault (column)."""
    yield {}


def wrongs(caller: Caller, call: Call) -> Iterator[tuple[str, str, Json, Json]]:
    """`(column, argument, ids, given)` of each way to call it wrongly."""
    about = caller.calls[call.method]
    ids, right = caller.record(call.record), caller.right(call.given)
    for name in about["needed"]:
        yield (
            "argument missing",
            name,
            ids,
            {key: value for key, value in right.items() if key != name},
        )
        yield "argument missing", name, ids, {**right, name: None}
    yield "unknown argument", "colour", ids, {**right, "colour": "red"}
    for name, kind in about["kinds"].items():
        for value in WRONG[kind]:
            yield "wrong type or value", name, ids, {**right, name: value}
    if call.record:
        yield "no `ids`", "ids", [], right
        for value in WRONG_IDS:
            yield "wrong `ids`", "ids", value, right
        if about["ids"] == "one":
            yield "two `ids`", "ids", [*ids, GONE], right


def fits_xmlrpc(value: Json) -> bool:
    """Whether XML-RPC can carry a value at all."""
    if isinstance(value, dict):
        return all(map(fits_xmlrpc, value.values()))
    if isinstance(value, list):
        return all(map(fits_xmlrpc, value))
    return not isinstance(value, int) or value < TOO_LARGE


def assert_clean(answer: Answer, argument: str, what: str) -> None:
    """A refusal is a sentence that names the argument, for a person to read."""
    assert answer.status, f"{what}: {answer.value}"
    assert argument in answer.message, f"{what}: {answer.message}"
    assert not any(word in answer.message for word in TRACE), answer.message
    assert answer.message == answer.message.strip() != "", what


Table = dict[tuple[str, str], set[str]]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.method)
def test_what_is_wrong_is_refused(caller: Caller, table: Table, call: Call) -> None:
    login = caller.login(call)
    seen = 0
    for column, argument, ids, given in wrongs(caller, call):
        what = f"{call.method}({ids}, {given})"
        told = caller.json2(login, call, ids, given)
        assert_clean(told, argument, what)
        assert told.status == 422, f"{what}: {told.status}"
        table.setdefault((call.method, column), set()).add(str(told.status))
        if fits_xmlrpc([ids, given]):
            fault = caller.xmlrpc(login, call, ids, given)
            assert_clean(fault, argument, what)
            assert fault.status in REFUSED, f"{what}: {fault.status}"
        seen += 1
    assert seen > len(caller.calls[call.method]["kinds"])


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.method)
def test_what_is_not_ones_own_is_refused(
    caller: Caller, table: Table, call: Call
) -> None:
    ids, given = caller.record(call.record), caller.right(call.given)
    tries = [("another company's", caller.login(call, "other"), ids)]
    tries.append(("without the right", "employee", ids))
    if call.record:
        tries.append(("record is gone", caller.login(call), [GONE]))
    for (column, login, record), way in itertools.product(
        tries, (caller.json2, caller.xmlrpc)
    ):
        told = way(login, call, record, given)
        what = f"{call.method} {column}: {told}"
        is_json = way == caller.json2
        if told.status:
            assert_clean(told, "", what)
            assert told.status in ((403, 404) if is_json else REFUSED), what
        else:
            assert column != "without the right", what
            assert told.codes() and "not_found" in told.codes(), what
        if is_json:
            found = {str(told.status)} if told.status else {"`not_found`"}
            table.setdefault((call.method, column), set()).update(found)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.method)
def test_a_repeated_call_gets_the_same_answer(
    caller: Caller, table: Table, call: Call
) -> None:
    login = caller.login(call)
    ids, given = caller.record(call.record), caller.right(call.given)
    first = caller.json2(login, call, ids, given)
    assert not first.status, f"{call.method}: {first.message}"
    for way in (caller.json2, caller.xmlrpc):
        again = way(login, call, ids, given)
        assert not again.status, f"{call.method}: {again.message}"
        assert again.value == first.value, call.method
    table[call.method, "called again"] = {"same"}


def test_every_call_is_here(caller: Caller) -> None:
    assert sorted(call.method for call in CALLS) == sorted(caller.calls)


COLUMNS = (
    "argument missing",
    "unknown argument",
    "wrong type or value",
    "no `ids`",
    "two `ids`",
    "wrong `ids`",
    "record is gone",
    "another company's",
    "without the right",
    "called again",
)
HEAD = """# What wrong calls get

Each call of the [remote API](remote_api.md), called wrongly over JSON-2 and XML-RPC. A
number is the HTTP status of JSON-2; XML-RPC answers with fault 2 (wrong) or 4 (not
allowed). The sentence names the argument and is in the language of the program's user;
over JSON-2 a missing or unknown argument is refused by Odoo itself, in English. Where a
call answers for each record, one that is not there, or is another company's, gets a
reason with the code that is shown, and the others get theirs. A dash: it cannot happen.

"""


def as_text(table: Table) -> str:
    """The table as it stands in the documentation."""
    rows = [["call", *COLUMNS], ["---"] * (len(COLUMNS) + 1)]
    rows += [
        [
            f"`{call.method}`",
            *(
                ", ".join(sorted(table.get((call.method, column), ()))) or "–"
                for column in COLUMNS
            ),
        ]
        for call in CALLS
    ]
    return HEAD + "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def test_the_table_in_the_documentation(table: Table) -> None:
    """Last: of what the tests above have seen."""
    if len({method for method, _column in table}) < len(CALLS):
        pytest.skip("not every call was tried")
    if WRITING:
        TABLE.write_text(as_text(table), encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == as_text(table)
