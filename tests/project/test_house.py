"""The arrows of the house: which room of an addon may know which.

Read from the source of every addon, without importing it. Each rule is also shown a
snippet that breaks it, so that a rule which no longer sees anything fails.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
ADDONS = PROJECT / "addons"
NAMES = sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))

# what the addons share and may import
BASE = "receivables_base"
# room -> rooms of the same addon it may import from. Of adapters, models and services
# know the kind (the base class); which one, a record's field tells.
ARROWS = {
    "formats": {"formats"},
    "adapters": {"adapters", "formats"},
    "models": {"models", "adapters", "formats"},
    "services": {"services", "models", "adapters", "formats"},
    "wizard": {"wizard", "services", "models"},
    "controllers": {"controllers", "services", "models"},
    "report": {"report", "models"},
}
NETWORK = {
    "aiohttp",
    "ftplib",
    "http.client",
    "httpx",
    "imaplib",
    "paramiko",
    "poplib",
    "requests",
    "smtplib",
    "socket",
    "ssl",
    "telnetlib",
    "urllib.request",
    "urllib3",
    "websocket",
    "xmlrpc.client",
    "zeep",
}
# what a controller leaves to a method of a model
ORM_CALLS = {"create", "write", "unlink", "search", "search_read", "search_fetch"}
MACHINE = re.compile(r"(?<![\w.])/(?:home|root|Users|work|opt|mnt)/\w")
TEXT = {".cfg", ".conf", ".csv", ".js", ".json", ".md", ".po", ".pot", ".py", ".rst"}
TEXT |= {".scss", ".sh", ".sql", ".toml", ".txt", ".xml", ".yml"}


def imports(tree: ast.AST, package: list[str]) -> Iterator[str]:
    """Absolute names of everything imported; `package` is where the file is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = [*base, *(node.module or "").split(".")]
            name = ".".join(filter(None, stem))
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


def is_any_of(name: str, modules: set[str]) -> bool:
    """Whether a name is one of the modules or lies inside one."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def broken_arrows(source: str, path: Path, addons: list[str]) -> list[str]:
    """What a file may not do; `path` is relative to the addons folder."""
    tree = ast.parse(source)
    addon, room = path.parts[0], path.parts[1] if len(path.parts) > 2 else ""
    package = ["odoo", "addons", *path.parent.parts]
    found = []
    if room == "tests":
        return found
    others = {name for name in addons if name not in (addon, BASE)}
    others |= {f"odoo.addons.{name}" for name in others}
    if addon == BASE:
        others |= {name for name in addons if name != BASE}
    shared = {f"odoo.addons.{BASE}.formats"}
    for name in imports(tree, package):
        own = name.removeprefix(f"odoo.addons.{addon}.").split(".")[0]
        is_own = name.startswith(f"odoo.addons.{addon}.")
        if is_any_of(name, others):
            found.append(f"imports another addon: {name}")
        elif (
            room == "formats"
            and is_any_of(name, {"odoo"})
            and own != "formats"
            and not is_any_of(name, shared)
        ):
            found.append(f"formats imports {name}")
        elif is_own and room in ARROWS and own not in {*ARROWS[room], "tools"}:
            if (ADDONS / addon / own).is_dir() or own in ARROWS:
                found.append(f"{room} imports from {own}: {name}")
        if (addon, room) != (BASE, "adapters") and is_any_of(name, NETWORK):
            found.append(f"{name} is used outside the adapters of {BASE}")
    if room == "controllers":
        found += business_rules(tree)
    return found


def business_rules(tree: ast.AST) -> list[str]:
    """ORM calls in a controller, which a method of a model should make."""
    return [
        f"controller calls .{node.func.attr}() in line {node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ORM_CALLS
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re")
    ]


def own_text_files() -> Iterator[Path]:
    """Files of the project a person reads, without caches and build results."""
    for folder in ("addons", "dev", "docs", "tests", ".ci"):
        for path in sorted((PROJECT / folder).rglob("*")):
            hidden = {"__pycache__", "data", "assets"} & set(path.parts)
            if path.is_file() and path.suffix in TEXT and not hidden:
                yield path
    yield from sorted(path for path in PROJECT.glob("*") if path.suffix in TEXT)


def test_there_are_addons() -> None:
    assert NAMES, "no addon found: the rules below would prove nothing"


@pytest.mark.parametrize("addon", NAMES)
def test_arrows(addon: str) -> None:
    broken = [
        f"{path.relative_to(ADDONS)}: {fault}"
        for path in sorted((ADDONS / addon).rglob("*.py"))
        for fault in broken_arrows(
            path.read_text(encoding="utf-8"), path.relative_to(ADDONS), NAMES
        )
    ]
    assert not broken, "\n" + "\n".join(broken)


@pytest.mark.parametrize("addon", NAMES)
def test_manifest_depends_on_no_other_addon_of_ours(addon: str) -> None:
    source = (ADDONS / addon / "__manifest__.py").read_text(encoding="utf-8")
    manifest = ast.literal_eval(source)
    ours = set(manifest["depends"]) & set(NAMES) - {BASE}
    assert not ours or manifest.get("auto_install"), f"depends on {ours}"


def test_nothing_names_this_machine() -> None:
    broken = [
        f"{path.relative_to(PROJECT)}:{number}: {line.strip()[:100]}"
        for path in own_text_files()
        if path != Path(__file__).resolve()
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), 1
        )
        if MACHINE.search(line)
    ]
    assert not broken, "\n" + "\n".join(broken)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("one/formats/a.py", "import odoo"),
        ("one/formats/a.py", "from odoo import _"),
        ("one/formats/a.py", "from ..models import einvoice"),
        ("one/formats/a.py", "from .. import adapters"),
        ("one/models/a.py", "from odoo.addons.two.models import thing"),
        ("one/models/a.py", "import two"),
        ("one/models/a.py", "from ..services import teller"),
        ("one/models/a.py", "from .. import controllers"),
        ("one/models/a.py", "from odoo.addons.one.wizard import transfer"),
        ("one/models/a.py", "from ..controllers import web"),
        ("one/adapters/a.py", "from ..services import teller"),
        ("one/formats/a.py", "from odoo.addons.receivables_base import tools"),
        ("receivables_base/models/a.py", "from odoo.addons.one.models import thing"),
        ("one/models/a.py", "import requests"),
        ("one/models/a.py", "from urllib import request"),
        ("one/wizard/a.py", "def f():\n    import http.client"),
        ("one/wizard/a.py", "from ..formats import finvoice"),
        ("one/a.py", "import socket"),
        ("one/adapters/a.py", "import requests\nfrom ..formats import finvoice"),
        ("receivables_base/models/a.py", "import paramiko"),
        ("one/controllers/a.py", "from ..formats import finvoice"),
        ("one/controllers/a.py", "request.env['x'].sudo().create({})"),
        ("one/controllers/a.py", "records.write({'state': 'sent'})"),
        ("one/adapters/a.py", "from ..models import channel"),
        ("one/adapters/a.py", "from odoo.addons.two import x"),
    ],
)
def test_a_broken_arrow_is_seen(path: str, source: str) -> None:
    assert broken_arrows(source, Path(path), ["one", "two", BASE])


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("one/__init__.py", "from . import adapters, controllers, models"),
        ("one/formats/a.py", "from decimal import Decimal\nfrom .b import c"),
        ("one/formats/a.py", "from . import b\nfrom lxml import etree"),
        ("receivables_base/adapters/a.py", "import paramiko, requests, socket"),
        ("one/models/a.py", "from odoo.addons.account.models import company"),
        ("one/models/a.py", "from ..formats import finvoice"),
        ("one/models/a.py", "from ..adapters.rail import Rail"),
        ("one/models/a.py", "from odoo.addons.receivables_base.tools import Sentence"),
        ("one/formats/a.py", "from odoo.addons.receivables_base.formats import xml"),
        ("one/services/a.py", "from ..adapters.dialect import Dialect"),
        ("one/controllers/a.py", "from ..services.teller import Teller"),
        ("one/models/a.py", "from urllib.parse import quote"),
        ("one/controllers/a.py", "request.env['x'].sudo()._receive(body)"),
        ("one/controllers/a.py", "re.search('a', 'b')"),
        ("one/tests/a.py", "from ..formats import finvoice\nimport requests"),
    ],
)
def test_an_arrow_that_is_kept_is_not_blamed(path: str, source: str) -> None:
    assert not broken_arrows(source, Path(path), ["one", "two", BASE])


def test_a_path_of_a_machine_is_seen() -> None:
    assert MACHINE.search("kept in " + "/home" + "/someone/files")
    assert not MACHINE.search("the address /web/health and /payment_terminal/<token>")
