"""There is one way to do a thing: models that stand for something, one queue, one seam.

Read from the source of every addon, without importing it. Each rule is also shown what
breaks it.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from .test_house import ADDONS, BASE, NAMES, NETWORK, imports, is_any_of

# what takes rows from a queue, which in a loop is the business of `receivables.queue`
LOCKS = {"try_lock_for_update", "lock_for_update"}
SEAM = (BASE, "adapters")


def sources() -> dict[Path, str]:
    """Every file of the addons but their tests, by its path below `addons/`."""
    return {
        path.relative_to(ADDONS): path.read_text(encoding="utf-8")
        for name in NAMES
        for path in sorted((ADDONS / name).rglob("*.py"))
        if "tests" not in path.relative_to(ADDONS).parts
    }


def assigned(node: ast.ClassDef, name: str) -> list[str]:
    """The text or texts that a class gives to an attribute."""
    for line in node.body:
        if isinstance(line, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name
            for target in line.targets
        ):
            value = ast.literal_eval(line.value)
            return [value] if isinstance(value, str) else list(value or ())
    return []


def lone_abstract_models(files: Mapping[Path, str]) -> list[str]:
    """Abstract models with one heir or none: pieces of a model, or no record at all.

    Reports are what Odoo asks to be abstract models.
    """
    abstract: dict[str, Path] = {}
    heirs: dict[str, set[str]] = {}
    for path, source in files.items():
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.ClassDef):
                continue
            parents = assigned(node, "_inherit")
            names = assigned(node, "_name") or parents[:1]
            if any(ast.unparse(base) == "models.AbstractModel" for base in node.bases):
                if names != parents[:1] and not names[0].startswith("report."):
                    abstract[names[0]] = path
            for parent in parents:
                heirs.setdefault(parent, set()).update(set(names) - {parent})
    return [
        f"{path}: {name} has heirs: {', '.join(sorted(heirs.get(name, ()))) or 'none'}"
        for name, path in abstract.items()
        if len(heirs.get(name, ())) < 2
    ]


def second_loops(files: Mapping[Path, str]) -> list[str]:
    """What takes work from a queue past `receivables.queue`."""
    return [
        f"{path}:{line}: {what}"
        for path, source in files.items()
        if path.parts[0] != BASE
        for line, what in loop_parts(source)
    ]


def loop_parts(source: str) -> Iterator[tuple[int, str]]:
    """Rows that are locked by turns, and locks that pass over those of others."""
    tree = ast.parse(source)
    for loop in ast.walk(tree):
        if isinstance(loop, ast.While):
            for node in ast.walk(loop):
                if isinstance(node, ast.Attribute) and node.attr in LOCKS:
                    yield node.lineno, node.attr
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if "SKIP LOCKED" in node.value:
                yield node.lineno, "SKIP LOCKED"


def calls_without_a_line(files: Mapping[Path, str]) -> list[str]:
    """Queues whose rows make calls and do not say over which line: a line that is down
    would be tried for each of them."""
    queues, callers, with_line = set(), {}, set()
    for path, source in files.items():
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.ClassDef):
                continue
            parents = assigned(node, "_inherit")
            [model] = assigned(node, "_name") or parents[:1] or [""]
            if {"receivables.queue", "receivables.exchange"} & set(parents):
                queues.add(model)
            if any(isinstance(part, ast.Yield) for part in ast.walk(node)):
                callers[model] = path
            if assigned(node, "_CONNECTION"):
                with_line.add(model)
    return [
        f"{path}: {model} makes calls and names no line"
        for model, path in callers.items()
        if model in queues - with_line
    ]


def calls_past_the_seam(files: Mapping[Path, str]) -> list[str]:
    """Imports of what speaks to a network, outside the base's adapters."""
    return [
        f"{path}: {name}"
        for path, source in files.items()
        if path.parts[:2] != SEAM
        for name in imports(ast.parse(source), ["odoo", "addons", *path.parent.parts])
        if is_any_of(name, NETWORK)
    ]


def told_by_the_log(files: Mapping[Path, str]) -> list[str]:
    """Exceptions that are logged with what they say, past `log_fault`."""
    return [
        f"{path}:{node.lineno}: {ast.unparse(node.func)}"
        for path, source in files.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (
            node.func.attr in ("exception", "format_exc", "print_exc")
            or any(word.arg == "exc_info" for word in node.keywords)
        )
    ]


def blamed_records(files: Mapping[Path, str]) -> list[str]:
    """Where something is undone and goes on after any fault, also after one that is no
    record's: another transaction was in the way, or the database is gone."""
    return [
        f"{path}:{node.lineno}"
        for path, source in files.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Try)
        and any(".savepoint(" in ast.unparse(statement) for statement in node.body)
        and "Exception" in (caught := caught_by(node))
        and "NO_RECORDS_FAULT" not in caught
    ]


def caught_by(node: ast.Try) -> list[str]:
    """What the handlers of a `try` name."""
    return [ast.unparse(each.type) for each in node.handlers if each.type]


def test_an_abstract_model_has_several_heirs() -> None:
    assert not (found := lone_abstract_models(sources())), "\n" + "\n".join(found)


def test_there_is_one_queue() -> None:
    assert not (found := second_loops(sources())), "\n" + "\n".join(found)


def test_a_queue_that_calls_names_its_line() -> None:
    assert not (found := calls_without_a_line(sources())), "\n" + "\n".join(found)


def test_the_log_is_not_told_what_an_unexpected_fault_says() -> None:
    assert not (found := told_by_the_log(sources())), "\n" + "\n".join(found)


def test_no_record_is_blamed_for_a_collision_or_a_lost_database() -> None:
    assert not (found := blamed_records(sources())), "\n" + "\n".join(found)


def test_there_is_one_seam_to_the_network() -> None:
    assert not (found := calls_past_the_seam(sources())), "\n" + "\n".join(found)


ONE_HEIR = """
class Piece(models.AbstractModel):
    _name = "one.piece"

class Whole(models.Model):
    _name = "one.whole"
    _inherit = ["one.piece"]
"""
TWO_HEIRS = f"""{ONE_HEIR}
class Other(models.Model):
    _name = "one.other"
    _inherit = ["mail.thread", "one.piece"]
"""
EXTENDED = """
class Piece(models.AbstractModel):
    _inherit = "account.move.send"
"""
CALLER = """
class Case(models.Model):
    _name = "one.case"
    _inherit = ["receivables.queue"]

    def _ask(self):
        answer = yield lambda: None
"""
LINE = """
class Case(models.Model):
    _inherit = "one.case"
    _CONNECTION = "line_id"
"""
LOOP = "while found := self.search([]).try_lock_for_update():\n    found.send()"
LOCK = "def f(self):\n    self.env.cr.execute('SELECT 1 FOR UPDATE SKIP LOCKED')"


def test_the_rules_see_what_breaks_them() -> None:
    here, base = Path("one/models/a.py"), Path(BASE, "models", "a.py")
    seam = Path(*SEAM, "a.py")
    assert lone_abstract_models({here: ONE_HEIR})
    assert not lone_abstract_models({here: TWO_HEIRS})
    assert not lone_abstract_models({here: EXTENDED})
    for loop in (LOOP, LOCK):
        assert second_loops({here: loop})
        assert not second_loops({base: loop})
    assert calls_without_a_line({here: CALLER})
    assert not calls_without_a_line({here: CALLER, base: LINE})
    for told in ("_logger.exception('a')", "_logger.error('a', exc_info=fault)"):
        assert told_by_the_log({here: told})
    assert not told_by_the_log({here: "log_fault(_logger, fault, 'a')"})
    undone = "try:\n with cr.savepoint(): f()\n%sexcept Exception: g()"
    for passed in ("", "except OperationalError: raise\n"):
        assert blamed_records({here: undone % passed})
    assert not blamed_records({here: undone % "except NO_RECORDS_FAULT: raise\n"})
    for network in ("import requests", "import paramiko", "from urllib import request"):
        assert calls_past_the_seam({here: network})
        assert calls_past_the_seam({Path("one/adapters/a.py"): network})
        assert not calls_past_the_seam({seam: network})
    assert not calls_past_the_seam({here: "from urllib.parse import quote"})
