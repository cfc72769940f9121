"""The tables of docs/remote_api.md, as the code has them: text by the block's name.

Run by `odoo shell` with `env`; writes one line of JSON. See dev/remote_api.py.
"""

import csv
import inspect
import json
import re
import statistics
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from dev.environment import CHECKOUT
from dev.reasons import REST, Reason, reasons

env = globals()["env"]
collection = import_module("odoo.addons.collection_partner.models")

ACCESS = CHECKOUT / "tests" / "project" / "access_table.csv"
# who may do a thing, by the columns of the access table: those of the accounting, of
# which one is enough, then those with ever more rights, of which the first is
READERS = {
    "invoicing": "account.group_account_invoice",
    "readonly": "account.group_account_readonly",
}
OTHERS = {
    "user": "{addon}.{addon}_group_user",
    "manager": "{addon}.{addon}_group_manager",
    "administrator": "base.group_system",
}
# what programs read, and may rely on
FIELDS = {
    "einvoice_consumer": {
        "einvoice.agreement": (
            *("state", "service", "partner_id", "channel_id", "recipient_address"),
            *("recipient_intermediator", "consumer_name", "identifiers", "ordered_at"),
            *("activated_at", "ended_at", "reason", "review_reason"),
        ),
        "einvoice.document": (
            *("type", "direction", "state", "summary", "reason_code", "name"),
            *("content", "sha256", "message_id", "is_latest", "move_id"),
            *("agreement_id", "partner_id", "sent_at", "deadline", "environment"),
            *("progress", "progress_at"),
        ),
        "account.move": ("einvoice_state", "einvoice_progress", "einvoice_summary"),
    },
    "collection_partner": {
        "collection.case": (
            *("state", "phase", "move_id", "partner_id", "name", "agency_status"),
            *("agency_status_label", "action_required", "action_hint"),
            *("available_actions", "pending_action", "outcome", "currency_id"),
            *("capital_original", "capital_paid", "capital_open", "interest_open"),
            *("fees_open", "requested_at", "transferred_at", "closed_at"),
            *("portal_url", "limitation_date"),
        ),
        "account.move": (
            *("collection_state", "collection_case_id", "collection_case_ids"),
            *("collection_transferred_at", "collection_eligible", "collection_note"),
        ),
    },
    "payment_terminal": {
        "payment.terminal.transaction": (
            *("state", "txn_id", "network_id", "amount", "currency_id"),
            *("account_number", "partner_id", "paid_at", "business_date"),
            *("invoice_ids", "move_id", "reversal_move_id", "is_test", "summary"),
        ),
        "payment.terminal.account": (
            *("number", "partner_id", "company_id", "state", "origin"),
            *("spaced_number", "ended_on"),
        ),
        "payment.terminal.network": ("endpoint_url",),
        "res.partner": ("terminal_number",),
    },
}
# how a field of a type is carried
CARRIED = {
    "binary": "bytes",
    "boolean": "true or false",
    "char": "text",
    "date": "date",
    "datetime": "time",
    "float": "number",
    "integer": "whole number",
    "json": "list",
    "many2many": "records",
    "many2one": "record",
    "monetary": "amount",
    "one2many": "records",
    "selection": "word",
    "text": "text",
}
RST = re.compile(r":\w+:`~?\.?(?:[\w.]+\.)?(\w+)`|``([^`]+)``")
PLACE = re.compile(r"%(\(\w+\))?s")
PARAMETER = re.compile(r"param (?:[\w\[\], ]+ )?(\w+)")


def markdown(text: str) -> str:
    """A text of a docstring, on one line."""
    told = RST.sub(lambda found: f"`{found[1] or found[2]}`", " ".join(text.split()))
    told = told.replace("False", "false").replace("True", "true")
    return told.replace("|", "\\|")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


class Docstring:
    """What a docstring says: in general, of each argument, of the answer."""

    def __init__(self, method: Any) -> None:
        general, *parts = re.split(r"^:", inspect.getdoc(method) or "", flags=re.M)
        self.paragraphs = [markdown(text) for text in general.strip().split("\n\n")]
        self.said: dict[str, str] = {}
        for part in parts:
            name, _colon, text = part.partition(":")
            found = PARAMETER.fullmatch(name)
            self.said[found[1] if found else name.split()[0]] = markdown(text)


class Access:
    """Who may do what: the least group, from the table that a test keeps."""

    def __init__(self, env: Any) -> None:
        self.env = env
        self.rows: dict[tuple[str, str], dict[str, str]] = {}
        with ACCESS.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                for name in row["covers"].split() or [row["name"]]:
                    self.rows[row["model"], name] = row

    def least(self, addon: str, model: str, name: str, letter: str) -> str:
        """The groups with the least rights that may read (r) or call (c)."""
        row = self.rows.get((model, name))
        if not row:
            raise SystemExit(f"{model}.{name} has no row in {ACCESS.name}")
        groups = [group for column, group in READERS.items() if letter in row[column]]
        others = [group for column, group in OTHERS.items() if letter in row[column]]
        names = groups or [others[0].format(addon=addon)]
        return " or ".join(f"*{self.env.ref(name).display_name}*" for name in names)


def remote_calls(env: Any) -> Iterator[tuple[str, str, str, Any]]:
    """Addon, model, name and function of every call that programs rely on."""
    for addon in FIELDS:
        for model in sorted(env.registry):
            for cls in type(env[model]).mro():
                if not cls.__module__.startswith(f"odoo.addons.{addon}."):
                    continue
                for name, method in vars(cls).items():
                    if hasattr(method, "remote_arguments"):
                        yield addon, model, name, method


def kind_of(argument: Any) -> str:
    """What an argument may be."""
    if words := getattr(argument, "words", ()):
        return " or ".join(f"`{word}`" for word in words)
    return f"{argument.kind}{', not empty' if getattr(argument, 'filled', 0) else ''}"


def overview(env: Any, access: Access) -> str:
    """One row a call."""
    return table(
        ("call", "does", "least group"),
        (
            (
                f"[`{model}/{name}`](#{anchor(f'{model}/{name}')})",
                Docstring(method).paragraphs[0].rstrip("."),
                access.least(addon, model, name, "c"),
            )
            for addon, model, name, method in remote_calls(env)
        ),
    )


def anchor(heading: str) -> str:
    """The address of a heading within the page."""
    return re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-"))


def reference(env: Any, addon: str) -> str:
    """What every call of an addon takes and gives."""
    parts = []
    for owner, model, name, method in remote_calls(env):
        if owner == addon:
            said = Docstring(method)
            parts += [f"### `{model}/{name}`", *said.paragraphs]
            parts.append(
                table(("argument", "may be", ""), arguments(method, said.said))
            )
            if "return" not in said.said:
                raise SystemExit(f"{model}/{name} does not say what it answers")
            parts.append(f"Answer: {said.said['return']}")
            if refused := said.said.get("raise"):
                parts.append(f"Refused: {refused}")
    return "\n\n".join(parts)


def arguments(method: Any, said: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """A row for each argument."""
    if method.remote_ids != "none":
        is_one = method.remote_ids == "one"
        yield "`ids`", "one id" if is_one else "ids", "what the call is about"
    known = inspect.signature(method).parameters
    for name, argument in method.remote_arguments.items():
        default = known[name].default
        is_needed = default is inspect.Parameter.empty
        told = "" if is_needed else f"; else `{json.dumps(default)}`"
        yield f"`{name}`", f"{kind_of(argument)}{told}", said.get(name, "")


def fields(env: Any, access: Access, addon: str) -> str:
    """What every field of an addon that programs rely on carries."""
    parts = []
    for model, names in FIELDS[addon].items():
        known = env[model]._fields
        readers = {name: access.least(addon, model, name, "r") for name in names}
        usual = statistics.mode(readers.values())
        parts.append(f"`{model}`, read by {usual}:")
        rows = (
            (
                f"`{name}`",
                CARRIED[known[name].type],
                " ".join(
                    filter(
                        None,
                        (
                            meaning(env, known[name]),
                            ""
                            if readers[name] == usual
                            else f"Read by {readers[name]}.",
                        ),
                    )
                ),
            )
            for name in names
        )
        parts.append(table(("field", "carries", ""), rows))
    return "\n\n".join(parts)


def meaning(env: Any, field: Any) -> str:
    """What a field says, and the words that it may hold."""
    if field.related and field.type == "selection":
        return f"as `{field.related}`"
    told = field.get_description(env, ["string", "help", "selection"])
    if field.type == "selection":
        return " · ".join(f"`{value}` {label}" for value, label in told["selection"])
    says_more = told["string"].lower() != field.name.removesuffix("_id").replace(
        "_", " "
    )
    parts = [f"{told['string']}." if says_more else "", told.get("help") or ""]
    return markdown(" ".join(parts))


def codes(found: Iterable[Reason]) -> str:
    """What every code of a reason means."""
    alike: dict[str, list[Reason]] = {}
    for each in found:
        alike.setdefault(each.code, []).append(each)
    return table(
        ("code", "says", "level", "fix", "its own values"),
        (
            (
                f"`{code}`",
                " / ".join(dict.fromkeys(said(each.sentence) for each in made)),
                f"`{made[0].level}`",
                f"`{made[0].fix}`" if made[0].fix else "",
                ", ".join(f"`{name}`" for name in made[0].more),
            )
            for code, made in sorted(alike.items())
        ),
    )


def said(sentence: str) -> str:
    """A sentence without what is put into it."""
    return markdown(PLACE.sub(REST, sentence)) or "(what is wrong)"


def judged() -> list[Reason]:
    """Why an invoice may not go to an agency."""
    fixes = collection.eligibility.judge.FIXES
    return [
        Reason(code, str(told), "danger", fixes.get(code, False), ("earliest_date",))
        for code, told in collection.eligibility.sentences.SENTENCES.items()
    ]


def of_odoo() -> list[Reason]:
    """Why Odoo itself sends an invoice to nobody."""
    draft = env["account.move"].new({"move_type": "entry"})
    found = env["account.move.send"]._get_move_constraints(draft)
    return [Reason(code, told, "danger", "move") for code, told in found.items()]


def blocks() -> dict[str, str]:
    """Every block of the page."""
    access = Access(env)
    made = {
        "calls": overview(env, access),
        "actions": table(
            ("action", "the case's timeline says"),
            (
                (f"`{name}`", str(told))
                for name, told in collection.case.actions.ACTIONS.items()
            ),
        ),
        "codes of all calls": codes(reasons("receivables_base")),
        "codes of einvoice_consumer": codes(
            [*reasons("einvoice_consumer"), *of_odoo()]
        ),
        "codes of collection_partner": codes(judged()),
        "codes of payment_terminal": codes(reasons("payment_terminal")),
    }
    for addon in FIELDS:
        made[f"calls of {addon}"] = reference(env, addon)
        made[f"fields of {addon}"] = fields(env, access, addon)
    return made


print(json.dumps(blocks()))
