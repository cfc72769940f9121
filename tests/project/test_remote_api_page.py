"""docs/remote_api.md: its examples are typed, its tables are those of the code."""

import ast
import contextlib
import json
import os
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
import requests

from dev.reasons import Reason, made_in
from dev.remote_api import PAGE, filled, made
from dev.server import INVOICERS
from dev.steps import Problem
from support import access_table
from support.browser import Page, expect, log_in
from support.caller import callers
from support.cashier import Cashier
from support.creditor import Creditor
from support.office import Consumer, Netbank, Office
from support.page import Example, Reader, examples, is_like
from support.system import BankFactory, OdooInstance, TestDatabases

TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = list(examples(TEXT))
SUBJECT = "KAAMOS-PAGE"
ROBOT = "robot"
ACCESS = Path(__file__).parent / "access_table.csv"
OF_SCREENS = {
    "account.journal/create_document_from_attachment",
    "payment.terminal.file/create_document_from_attachment",
    "payment.terminal.network/get_live_figures",
    "payment.terminal.registry/create_document_from_attachment",
}
ADDONS = ("einvoice_consumer", "collection_partner", "payment_terminal")
# the demo companies that the page's user works for, the first one his own
COMPANIES = ("base.main_company", "demo.company_sweden", "demo.company_kazakhstan")


@pytest.fixture(scope="module")
def server(creditor: Creditor) -> OdooInstance:
    """A server whose agency has opened the service and leaves time to undo."""
    creditor.change(undo_minutes=60)
    creditor.server.expected.append(r"odoo\.http: Invalid apikey")
    return creditor.server


@pytest.fixture(scope="module")
def office(server: OdooInstance) -> Office:
    """The Finnish company, on a channel without a connection."""
    office = Office.of(server)
    [channel] = office.call("einvoice.channel", "copy", [office.channel])
    carried = {"connection_id": False, "environment": "test"}
    carried["payment_subject"] = SUBJECT
    office.call("einvoice.channel", "write", [channel], carried)
    return Office(office.client, channel)


@pytest.fixture(scope="module")
def robot(server: OdooInstance, office: Office) -> str:
    """A user with the least group of each addon, who carries messages to the bank."""
    groups = [office.ref(f"{addon}.{addon}_group_user") for addon in ADDONS]
    groups.append(office.ref("einvoice_consumer.einvoice_consumer_group_private"))
    companies = [office.ref(name) for name in COMPANIES]
    office.call(
        "res.users",
        "create",
        {
            "name": ROBOT,
            "login": ROBOT,
            "password": ROBOT,
            "email": f"{ROBOT}@example.com",
            "lang": "en_US",
            "tz": "Europe/Helsinki",
            "company_id": companies[0],
            "company_ids": [(6, 0, companies)],
            "group_ids": [(6, 0, groups)],
        },
        context={"no_reset_password": True},
    )
    return ROBOT


@pytest.fixture(scope="module")
def bank(start_bank: BankFactory, tmp_path_factory: pytest.TempPathFactory) -> Netbank:
    """A bank that knows the channel, on a folder that Odoo does not see."""
    place = tmp_path_factory.mktemp("bank")
    invoicers = json.loads(INVOICERS.read_text(encoding="utf-8"))
    invoicers[0]["payment_subject"] = SUBJECT
    announced = place / "invoicers.json"
    announced.write_text(json.dumps(invoicers), encoding="utf-8")
    return Netbank(start_bank(place / "exchange", announced), SUBJECT)


@pytest.fixture(scope="module")
def programs(server: OdooInstance, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `odoo`, which knows where this Odoo and its database server are."""
    folder = tmp_path_factory.mktemp("programs")
    house = server.house
    python, program, _command, *options = map(shlex.quote, house.odoo(server.database))
    lines = [
        f"export {name}={shlex.quote(value)}"
        for name, value in house.environment.items()
        if os.environ.get(name) != value
    ]
    lines += [f"cd {shlex.quote(str(house.places.state))}", "command=$1", "shift"]
    lines.append(" ".join(("exec", python, program, '"$command"', *options, '"$@"')))
    odoo = folder / "odoo"
    odoo.write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    odoo.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def reader(
    server: OdooInstance,
    office: Office,
    robot: str,
    bank: Netbank,
    databases: TestDatabases,
    programs: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Reader]:
    """Somebody who begins with the page; two consumers have ordered, of whom one typed
    somebody else's number; a payment came for a number that nobody has."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "from_bank").mkdir()
    certain, unsure = Consumer("Sivu Selaaja"), Consumer("Sanna Epävarma")
    for consumer in (certain, unsure):
        partner = office.register(consumer)
        office.invoice(partner)
    bank.order(certain)
    bank.order(Consumer("Toinen Nimi", number=unsure.number))
    for file in (bank.bank.folder / "inbox").iterdir():
        file.rename(folder / "from_bank" / file.name)
    cashier = Cashier(server)
    kiosk = callers(databases, server)["kz_qiwi"]
    lost = kiosk.payment("4000000001", "700.00")
    assert kiosk.ask("pay", lost).verdict == "done"
    cashier.arrived(cashier.network("kz_qiwi"), lost["txn_id"], "suspense")
    given = {
        "ODOO_URL": server.url,
        "ODOO_DATABASE": server.database,
        "ODOO_KEY": server.api_key(robot),
    }
    reader = Reader(folder, given, server.house.python, programs)
    yield reader
    reader.close()


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_example(example: Example, reader: Reader) -> None:
    written = reader.type(example.language, example.text)
    if example.answer:
        told = json.loads(written)
        assert is_like(json.loads(example.answer), told), told


def test_reader_has_what_the_page_promises(reader: Reader, creditor: Creditor) -> None:
    """After the examples: both invoices are at the bank, and a transfer was undone."""
    typed = "import json; print(json.dumps([sent, cases, len(agreements)]))"
    sent, [case], ordered = json.loads(reader.type("python", typed))
    assert ordered == 2
    made = [row for row in sent if row["document_id"]]
    assert [row["state"] for row in made] == ["to_send"] * 2
    handed = sorted((reader.folder / "to_bank").iterdir())
    assert len(handed) == 2
    for file in handed:
        assert (reader.folder / file.name).read_bytes() == file.read_bytes()
    printed = [file.read_bytes()[:4] for file in reader.folder.glob("*.pdf")]
    assert printed == [b"%PDF"] * 2
    assert creditor.read("collection.case", case, "state")["state"] == "cancelled"
    typed = "print(customer['terminal_number'])"
    assert reader.type("python", typed) == "4253082953", "in the company of the context"


def test_key_made_in_the_web_client_is_one(
    page: Page,
    server: OdooInstance,
    robot: str,
    post: Callable[..., requests.Response],
) -> None:
    """Three months are the longest time that the robot is offered."""
    log_in(page, server, robot, robot)
    page.click(".o_user_menu button")
    page.click(".dropdown-item:has-text('My Preferences')")
    page.click(".nav-link:has-text('Security')")
    page.click("button:has-text('Add API Key')")
    page.fill(".modal .o_field_widget[name=password] input", robot)
    page.click(".modal button:has-text('Confirm Password')")
    page.fill(".modal .o_field_widget[name=name] input", "Accounting")
    page.click(".modal .o_field_widget[name=duration] input")
    offered = page.locator(".o_select_menu_item")
    times = ["1 Day", "1 Week", "1 Month", "3 Months", "Custom Date"]
    expect(offered).to_have_text(times)
    offered.nth(times.index("3 Months")).click()
    page.click(".modal button:has-text('Generate key')")
    key = page.inner_text(".modal .o_field_widget[name=key]").strip()
    told = post("res.users/context_get", Authorization=f"bearer {key}")
    assert told.status_code == 200


def test_key_made_on_the_server_is_one(
    reader: Reader, post: Callable[..., requests.Response]
) -> None:
    [made] = [each for each in EXAMPLES if "odoo shell" in each.text]
    key = reader.type("bash", made.text)
    told = post("res.users/context_get", Authorization=f"bearer {key}")
    assert told.status_code == 200


def test_invoice_that_is_paid_has_changed(
    office: Office, server: OdooInstance, databases: TestDatabases
) -> None:
    """Programs that ask what changed since hear of payments."""
    move = office.invoice(office.register(Consumer("Maija Maksaja")))
    asked = f"SELECT write_date FROM account_move WHERE id = {move}"
    [before] = databases.sql(server.database, asked)
    context = {"active_model": "account.move", "active_ids": [move]}
    dialog = "account.payment.register"
    opened = office.call(dialog, "create", {}, context=context)
    office.call(dialog, "action_create_payments", [opened], context=context)
    state = office.read("account.move", move, "payment_state")["payment_state"]
    assert state in ("paid", "in_payment")
    [after] = databases.sql(server.database, asked)
    assert after > before


def test_odoo_documents_the_calls_too(server: OdooInstance, robot: str) -> None:
    def told(login: str) -> requests.Response:
        who = {"Authorization": f"bearer {server.api_key(login)}"}
        page = f"{server.url}/doc-bearer/einvoice.channel.json"
        return requests.get(page, headers=who)

    server.expected.append(r"odoo\.http: This page is only accessible")
    assert told(robot).status_code == 403
    method = told("admin").json()["methods"]["import_message"]
    assert set(method["parameters"]) == {"filename", "content"}


KILLED = """
real_call = call


def call(path, **arguments):
    if path.endswith("confirm_outgoing"):
        raise KeyboardInterrupt
    return real_call(path, **arguments)


try:
    carry(channel, Path("to_bank"), Path("journal.txt"))
except KeyboardInterrupt:
    print("killed")
call = real_call
"""


def test_killed_between_fetch_and_confirm(
    reader: Reader, office: Office, bank: Netbank
) -> None:
    """The bank has taken the file away meanwhile, and gets it no second time."""
    consumer = Consumer("Katko Kesken")
    partner = office.register(consumer)
    order = bank.order(consumer)
    [file] = (bank.bank.folder / "inbox").iterdir()
    file.rename(reader.folder / "from_bank" / file.name)
    importing = next(each for each in EXAMPLES if "import_message" in each.text)
    reader.type("python", importing.text)
    assert office.agreement(order)["state"] == "active"
    [row] = office.send(office.invoice(partner))
    place = reader.folder / "to_bank"
    for old in place.iterdir():
        old.unlink()
    assert reader.type("python", KILLED) == "killed"
    [handed] = place.iterdir()
    handed.unlink()
    reader.type("python", 'carry(channel, Path("to_bank"), Path("journal.txt"))')
    assert not list(place.iterdir())
    document = office.read("einvoice.document", row["document_id"], "state")
    assert document["state"] == "sent"


def test_page_says_what_it_exports(reader: Reader) -> None:
    assert set(re.findall(r"^export (\w+)=", TEXT, re.MULTILINE)) == set(reader.given)
    assert {each.language for each in EXAMPLES} == {"bash", "python"}


@pytest.fixture
def post(server: OdooInstance, robot: str) -> Callable[..., requests.Response]:
    """`post(path, body, **headers)`: a call as it is on the wire."""
    known = {"Authorization": f"bearer {server.api_key(robot)}"}
    known |= {"Content-Type": "application/json"}

    def call(path: str, body: str = "{}", **headers: str) -> requests.Response:
        told = known | {name.replace("_", "-"): text for name, text in headers.items()}
        return requests.post(f"{server.url}/json/2/{path}", body, headers=told)

    return call


def test_statuses(
    post: Callable[..., requests.Response], server: OdooInstance, creditor: Creditor
) -> None:
    """Every status of the table is told as the page says."""
    server.expected += [r"odoo\.http: ", r"odoo\.sql_db: "]
    who, case = "res.users/context_get", "collection.case"
    told = {
        400: post(who, "no JSON"),
        401: post(who, Authorization="bearer wrong"),
        403: post("ir.cron/search_read"),
        404: post("res.users/no_such_method"),
        415: post(who, Content_Type="text/plain"),
        422: post(f"{case}/request_action", '{"ids": [], "action": "pause"}'),
        500: post(f"{case}/search_read", '{"domain": [["no_such", "=", 1]]}'),
    }
    move = creditor.debt()
    with held(server, move):
        ids = json.dumps({"ids": [move]})
        told[409] = post("account.move/transfer_to_collection", ids)
    assert {status: answer.status_code for status, answer in told.items()} == {
        status: status for status in told
    }
    for status, answer in told.items():
        if status != 415:
            refusal = answer.json()
            assert set(refusal) == {"name", "message", "arguments", "context", "debug"}
            assert refusal["message"] and refusal["debug"].startswith("Traceback")
    wish = {"ids": [], "action": "pause", "context": {"lang": "fi_FI"}}
    finnish = post(f"{case}/request_action", json.dumps(wish)).json()["message"]
    assert finnish != told[422].json()["message"]
    nowhere = post(who, X_Odoo_Database="no_such_database")
    assert nowhere.status_code == 404
    assert nowhere.headers["Content-Type"].startswith("text/html")
    shown = re.findall(r"^\| (\d[\d, ]+) \|", TEXT, re.MULTILINE)
    of_proxies = {502, 503, 504}
    numbers = {int(number) for row in shown for number in row.split(", ")}
    assert numbers == {*told} | of_proxies


@contextlib.contextmanager
def held(server: OdooInstance, move: int) -> Iterator[None]:
    """Somebody else works on an invoice."""
    where = server.house.postgres.environment
    with contextlib.closing(
        psycopg2.connect(
            dbname=server.database, host=where.get("PGHOST"), user=where.get("PGUSER")
        )
    ) as other:
        query = "SELECT id FROM account_move WHERE id = %s FOR UPDATE"
        other.cursor().execute(query, [move])
        yield


KEYS = """
from datetime import datetime, timedelta
from odoo.exceptions import ValidationError
user = env["res.users"].search([("login", "=", "robot")])
keys = env["res.users.apikeys"].with_user(user)
def limit():
    for days in (89, 91, 399, 401):
        try:
            keys._generate("rpc", "test", datetime.now() + timedelta(days=days))
        except ValidationError:
            return days
print(limit())
user.group_ids += env["res.groups"].create({"name": "Robots", "api_key_duration": 400})
print(limit())
print(bool(keys.sudo()._generate("rpc", "test", False)))
"""


def test_how_long_a_key_lives(server: OdooInstance, robot: str) -> None:
    """90 days, or the longest time of the user's groups; any time on the server."""
    assert server.shell(KEYS).split() == ["91", "401", "True"]


def test_no_key_is_made_over_the_api(
    post: Callable[..., requests.Response], server: OdooInstance, robot: str
) -> None:
    wish = {"vals_list": [{"name": "Another", "duration": "30"}]}
    made = post("res.users.apikeys.description/create", json.dumps(wish)).json()
    asked = post("res.users.apikeys.description/make_key", json.dumps({"ids": made}))
    assert asked.json()["res_model"] == "res.users.identitycheck"


# The tables


@pytest.fixture(scope="module")
def blocks(databases: TestDatabases) -> dict[str, str]:
    """The tables as the code has them."""
    return made(databases.house, databases.new_database())


def test_tables_are_those_of_the_code(blocks: dict[str, str]) -> None:
    assert filled(TEXT, blocks) == TEXT, "run make docs"


def test_every_call_is_there() -> None:
    """What programs may call of ours is a button of a screen or on the page."""
    methods = {
        f"{model}/{name}"
        for _addon, model, what, name in access_table.read(ACCESS)
        if what == "method" and not name.startswith(("action_", "button_"))
    }
    described = set(re.findall(r"^### `(\S+/\w+)`$", TEXT, re.MULTILINE))
    assert methods - OF_SCREENS <= described


def test_links_into_the_page_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    places = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }
    wanted = set(re.findall(r"\]\(#([\w-]+)\)", TEXT))
    for page in PAGE.parent.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        wanted |= set(re.findall(rf"{PAGE.name}#([\w-]+)\)", text))
    assert "a-first-answer" in wanted
    assert wanted <= places


def test_tables_and_their_places() -> None:
    page = "<!-- one, by make docs -->\nold\n<!-- end -->\n"
    assert filled(page, {"one": "new"}) == page.replace("old", "new")
    for known in ({}, {"two": ""}, {"one": "", "two": ""}):
        with pytest.raises(Problem):
            filled(page, known)


# What the tests of this file would see


SHOWN = {"name": "Order 1 of …", "rows": [{"id": 1, "is": True}], "…": ""}


@pytest.mark.parametrize(
    ("told", "like"),
    [
        ({"name": "Order 22 of May", "rows": [{"id": 7, "is": True}], "x": 1}, True),
        ({"name": "Order 22 of May", "rows": [{"id": 7, "is": True}]}, True),
        ({"name": "Order 22", "rows": [{"id": 7, "is": True}]}, False),
        ({"name": "Order 22 of May", "rows": [{"id": 7, "is": False}]}, False),
        ({"name": "Order 22 of May", "rows": [{"id": 7, "is": 1}]}, False),
        ({"name": "Order 22 of May", "rows": [{"id": "7", "is": True}]}, False),
        ({"name": "Order 22 of May", "rows": []}, False),
        ({"name": "Order 22 of May", "rows": [{"id": 7, "is": True, "x": 1}]}, False),
        ({"name": "Order 22 of May"}, False),
    ],
)
def test_an_answer_that_is_not_shown_is_seen(told: object, like: bool) -> None:
    assert is_like(SHOWN, told) == like


def test_examples_are_found_with_their_answers() -> None:
    page = "a\n```bash\nls\n```\n\n```json\n[]\n```\n```python\n1\n```\n"
    assert list(examples(page)) == [
        Example(2, "bash", "ls\n", "[]\n"),
        Example(9, "python", "1\n"),
    ]


CODES = """
def one(self):
    message = _lt("It is %s.", 1)
    days = frozendict(earliest_date=1)
    yield Problem("first", "danger", "move", message, days)
    yield reason("second", self.env._("It is not."), fix=fix, number=1)
    yield reason(code, message)
"""


def test_codes_are_read_from_the_source() -> None:
    assert list(made_in(ast.parse(CODES))) == [
        Reason("first", "It is %s.", "danger", "move", ("earliest_date",)),
        Reason("second", "It is not.", "danger", "…", ("number",)),
    ]
