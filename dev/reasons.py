"""The codes of reasons that an addon gives to programs, read from its source."""

import ast
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dev.environment import ADDONS

# what makes one, with its arguments in their order
MAKERS = {
    "Problem": ("code", "level", "fix", "message", "more"),
    "reason": ("code", "message", "level", "fix"),
}
TRANSLATES = ("_", "_lt")
# what is only known when the addon runs
REST = "…"


class Reason(NamedTuple):
    """Why a record is not as the caller wants it, or what to know of it."""

    code: str
    sentence: str
    level: str = "danger"
    fix: str | bool = False
    more: tuple[str, ...] = ()
    """Names of the values that this code has besides."""


def reasons(addon: str) -> list[Reason]:
    """Those that an addon's files make with a code of their own, by their codes."""
    found: dict[tuple[str, str], Reason] = {}
    for path in sorted((ADDONS / addon).rglob("*.py")):
        if "tests" not in path.relative_to(ADDONS).parts:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for each in made_in(tree):
                found[each.code, each.sentence] = each
    return [found[key] for key in sorted(found)]


def made_in(tree: ast.AST) -> Iterator[Reason]:
    """The reasons that a file makes, from values in them or named just before."""
    named: dict[str, ast.expr] = {}
    for node in in_order(tree):
        if isinstance(node, ast.Assign):
            named[ast.unparse(node.targets[0])] = node.value
        elif isinstance(node, ast.Call) and called(node) in MAKERS:
            yield from made_by(node, named)


def in_order(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a file as they are read: a sentence before what it is used for."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        yield from in_order(child)


def called(call: ast.Call) -> str:
    """The name of what is called, without where it is."""
    return ast.unparse(call.func).rpartition(".")[2]


def made_by(call: ast.Call, named: Mapping[str, ast.expr]) -> Iterator[Reason]:
    """The reason that a call makes, unless its code is only known when it runs."""
    order = MAKERS[called(call)]
    given = dict(zip(order, call.args, strict=False))
    given |= {each.arg: each.value for each in call.keywords if each.arg}
    for name in {"message", "more"} & given.keys():
        given[name] = named.get(ast.unparse(given[name]), given[name])
    values: dict[str, Any] = {
        name: node.value if isinstance(node, ast.Constant) else REST
        for name, node in given.items()
    }
    if values["code"] != REST:
        more = [name for name in given if name not in order]
        if isinstance(own := given.get("more"), ast.Call):
            more += [each.arg or "" for each in own.keywords]
        level, fix = values.get("level", "danger"), values.get("fix", False)
        sentence = translated(given["message"])
        yield Reason(values["code"], sentence, level, fix, tuple(more))


def translated(node: ast.expr) -> str:
    """The sentence that an expression translates, if it is one."""
    if isinstance(node, ast.Call) and called(node) in TRANSLATES and node.args:
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            return first.value
    return ""
