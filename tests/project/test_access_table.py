"""Who may read, write and call what in our addons: one table, and what always holds.

`access_table.csv` has a row for each field, each public method and the records of each
model of ours, and a column for each kind of user: r read, w write, n make, d delete,
c call, s search and g group by without reading; an empty cell is a refusal. `user` and
`manager` are those of the addon that the row belongs to. Fields of a model that behave
alike share the row `*`, which names them. A field or method that is new fails the test
until somebody has decided who gets at it. The table is written anew from what is found
by

    WRITE_ACCESS_TABLE=1 python -m pytest tests/project/test_access_table.py

and is then read, line by line, before it is committed.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from support import access_rules, access_table
from support.access_table import Found
from support.system import TestDatabases

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent
TABLE = HERE / "access_table.csv"
ADDONS = sorted(
    path.parent.name for path in TESTS.parent.glob("addons/*/__manifest__.py")
)
WRITING = bool(os.environ.get("WRITE_ACCESS_TABLE"))

# what methods are called with; "ref:" goes before an xmlid
ARGUMENTS = {
    "einvoice.agreement.import_existing": {
        "channel_id": "ref:einvoice_consumer.demo_channel_finvoice",
        "rows": [{}],
    },
    "einvoice.agreement.request_consent": {
        "partner_ids": [],
        "channel_id": "ref:einvoice_consumer.demo_channel_finvoice",
    },
    "payment.terminal.account.issue_numbers": {"rows": [{}]},
    "account.journal.import_payment_file": {"filename": "a", "content": "MA=="},
    "account.journal.create_document_from_attachment": {"attachment_ids": []},
    "payment.terminal.file.create_document_from_attachment": {"attachment_ids": []},
    "payment.terminal.registry.create_document_from_attachment": {"attachment_ids": []},
    "account.move.fetch_paid": {"company_id": "ref:base.main_company"},
    "einvoice.agreement.fetch_changes": {
        "channel_id": "ref:einvoice_consumer.demo_channel_finvoice"
    },
    "collection.agency.import_file": {"filename": "a.txt", "content": "eA=="},
    "collection.case.request_action": {"action": "pause"},
    "payment.terminal.network.import_registry": {"filename": "a", "content": "MA=="},
    "einvoice.agreement.allocate": {"partner_id": "ref:base.main_partner"},
    "einvoice.agreement.reject": {"reason": "01"},
    "einvoice.channel.confirm_outgoing": {"document_ids": []},
    "einvoice.channel.import_message": {
        "filename": "message.xml",
        "content": "PEZpbnZvaWNlLz4=",
    },
}
SENDING = "how one gets invoices is core's field, which has one more choice from us"
# what a visitor, a debtor or a program with a group of its own may reach, and why
OUTSIDERS = {
    "res.partner.invoice_sending_method": SENDING,
    "res.users.invoice_sending_method": SENDING,
}
# what a colleague without accounting may reach besides
EMPLOYEES = {**OUTSIDERS}
SECRETS = {
    "collection.agency.client_id",
    "collection.agency.client_secret",
    "collection.agency.webhook_secret",
    "collection.agency.webhook_token",
    "collection.agency.webhook_url",
    "payment.terminal.network.basic_password",
    "payment.terminal.network.certificate_fingerprint",
    "payment.terminal.network.endpoint_url",
    "payment.terminal.network.secret",
    "payment.terminal.network.token",
    "receivables.connection.access_token",
    "receivables.connection.client_certificate",
    "receivables.connection.folder_key",
    "receivables.connection.passphrase",
    "receivables.connection.password",
    "receivables.connection.private_key",
    "receivables.connection.token_extra",
}
# their names sound like it
HARMLESS = {
    "collection.message.idempotency_key": "says which call is repeated",
    "collection.status.code_key": "a spelling of the code",
    "payment.terminal.debt.line.key": "by what a network knows a debt",
    "payment.terminal.file.line.entry_key": "by what a payment is known again",
    "payment.terminal.file.line.key": "by what a payment is known again",
    "receivables.connection.access_token_expiry": "a time",
    "receivables.connection.host_key": "the server shows it to everybody",
    "receivables.connection.host_key_shown": "the server shows it to everybody",
    "receivables.connection.token_scope": "a word that the other party gives",
    "receivables.connection.token_style": "a way of asking",
    "receivables.connection.token_url": "an address",
}
# changes get their numbers, and invoices are printed, when they are asked for
MADE_WHEN_ASKED = {
    "account.move.fetch_invoice_pdf",
    "account.move.fetch_paid",
    "einvoice.agreement.fetch_changes",
}
CATALOGUE = "a catalogue of the country or partner, the same for all companies"
UNSAID = "answers as it does where there is no such record"
NOTHING_IN_IT = "Odoo lets nobody put records of another company into it"
# what the manager of another company may reach
SHARED = {
    "account.move.collection_eligibility": UNSAID,
    "account.move.send_einvoice": UNSAID,
    "account.move.transfer_to_collection": UNSAID,
    "payment.terminal.account.issue_numbers": "at his own company",
    "account.payment.register.is_collection_settlement": NOTHING_IN_IT,
    "collection.transfer.wizard.action_confirm": NOTHING_IN_IT,
    "collection.transfer.wizard.company_id": "of an empty one: his own company",
    "payment.terminal.assign.company_id": "of an empty one: his own company",
    "collection.rule.*": CATALOGUE,
    "collection.status.*": CATALOGUE,
    "einvoice.intermediator.*": CATALOGUE,
    "einvoice.reason.*": CATALOGUE,
    **{
        f"einvoice.schema.{name}": CATALOGUE
        for name in ("*", "active", "attachment_ids", "name", "root", "version")
    },
    "collection.import.wizard.action_import": NOTHING_IN_IT,
    "einvoice.reject.wizard.action_reject": NOTHING_IN_IT,
    "payment.terminal.file.assign.action_assign": NOTHING_IN_IT,
    "payment.terminal.payout.action_reconcile": NOTHING_IN_IT,
    "payment.terminal.payout.company_id": "of an empty one: his own company",
    "payment.terminal.payout.currency_id": "of an empty one: his own company",
    "payment.terminal.payout.line.currency_id": "of an empty one: his own company",
    "payment.terminal.registry.import.action_import": NOTHING_IN_IT,
    "payment.terminal.address.known.*": CATALOGUE,
    "res.users.*": "core shows colleagues of all companies to each other",
}
RULES = {
    "outsiders reach nothing of ours": lambda found: access_rules.reached(
        found, {"public", "portal", *access_rules.programs(found)}, OUTSIDERS
    ),
    "employees reach nothing of accounting": lambda found: access_rules.reached(
        found, {"employee"}, EMPLOYEES
    ),
    "what may not be read is not searched": access_rules.searched,
    "secrets are for administrators": lambda found: access_rules.told_secrets(
        found, SECRETS, HARMLESS
    ),
    "who only reads writes nothing": lambda found: access_rules.written_by_readers(
        found, MADE_WHEN_ASKED
    ),
    "facts are written by nobody": access_rules.written_facts,
    "companies are apart": lambda found: access_rules.of_other_company(found, SHARED),
    "addons are apart": access_rules.of_other_addons,
    "abstract models let nobody in": access_rules.of_abstract,
    "archived users are out": lambda found: access_rules.faults(found, "archived"),
    "answers can be carried": lambda found: access_rules.faults(found, "returns"),
    "refusals are sentences": lambda found: access_rules.faults(
        found, "breaks", "wrong type", "arguments"
    ),
}


@pytest.fixture(scope="module")
def found(databases: TestDatabases) -> Found:
    """Who gets at what, in a database with all addons and their demo data."""
    name = databases.new_database()
    code = (
        "import json, sys\n"
        f"sys.path.insert(0, {str(TESTS)!r})\n"
        "from support.access_probe import probe\n"
        f"print('FOUND', json.dumps(probe(env, {ADDONS!r}, {ARGUMENTS!r})))\n"
    )
    house = databases.house
    done = subprocess.run(
        house.odoo(name, "--no-http", "--log-level=critical", command="shell"),
        input=code,
        env=house.script_environment,
        cwd=house.places.state,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: Found = json.loads(done.stdout.rpartition("FOUND ")[2])
    if WRITING:
        access_table.write(TABLE, access_table.as_table(answer), answer["kinds"]["own"])
    return answer


def test_table(found: Found) -> None:
    said, is_now = access_table.read(TABLE), access_table.as_table(found)
    differs = list(access_table.differences(said, is_now))
    assert not differs, f"{len(differs)} differences\n" + "\n".join(differs)


@pytest.mark.parametrize("rule", RULES)
def test_rule(rule: str, found: Found) -> None:
    broken = [
        f"{text}: {seen}" if seen else text
        for text, seen in sorted(RULES[rule](found).items())
    ]
    assert not broken, f"{rule}, but\n" + "\n".join(broken)


def test_everything_was_looked_at(found: Found) -> None:
    """The rules would hold of nothing."""
    looked_at = {(model, what) for model, what, *_rest in found["allowed"]}
    assert {addon for *_key, addon, _kinds in found["allowed"]} <= set(ADDONS)
    assert {("account.move", "field"), ("account.move", "method")} <= looked_at
    models = set(found["kinds"]["own"]) - set(found["kinds"]["abstract"])
    assert models <= {model for model, what in looked_at if what == "records"}
    administrator = [kinds["administrator"] for *_key, kinds in found["allowed"]]
    assert sum(map(bool, administrator)) > 0.9 * len(administrator)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("r", "more than the table says: portal w one.name (field, addon)"),
        ("rcw", "less than the table says: portal c one.name (field, addon)"),
    ],
)
def test_a_difference_is_told(said: str, sentence: str) -> None:
    nobody = dict.fromkeys(access_table.COLUMNS, "")
    key = ("addon", "one", "field", "name")
    was, is_now = {key: {**nobody, "portal": said}}, {key: {**nobody, "portal": "rw"}}
    assert list(access_table.differences(was, is_now)) == [sentence]
    assert list(access_table.differences({}, is_now)) == [
        "not in the table: one.name (field, addon); now allowed: portal rw"
    ]
    assert list(access_table.differences(was, {})) == [
        "in the table, but gone: one.name (field, addon)"
    ]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    nobody = dict.fromkeys(access_table.COLUMNS, "")
    table = {
        ("addon", model, "field", name): {**nobody, "user": "r", "manager": letters}
        for model in ("one", "core")
        for name, letters in zip("abcde", ("rw", "r", "r", "r", "r"), strict=True)
    }
    access_table.write(tmp_path / "table.csv", table, ["one"])
    assert access_table.read(tmp_path / "table.csv") == table
    lines = (tmp_path / "table.csv").read_text().splitlines()
    assert lines[6] == "addon,one,field,*,,,,,,r,r,,,b c d e"


@pytest.mark.parametrize(
    "name", ["one.client_secret", "one.passwd", "one.token", "one.api_key", "one.keys"]
)
def test_a_secret_is_known_by_its_name(name: str) -> None:
    assert access_rules.is_secret(name)
