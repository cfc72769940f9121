"""Calling Odoo as a program would, and undoing it; runs inside Odoo."""

import ast
import inspect
import textwrap
import traceback

from odoo.exceptions import AccessError
from odoo.service.model import get_public_method


def is_public(records, name):
    """Whether programs may call a method of this name."""
    if name.startswith("_") or not callable(getattr(type(records), name, None)):
        return False
    try:
        get_public_method(records, name)
    except AccessError:
        return False
    return True


def is_model_method(records, name):
    return getattr(getattr(type(records), name), "_api_model", False)


def resolved(given, env):
    """Arguments, with the xmlids in them as ids."""
    return {
        key: env.ref(value.removeprefix("ref:")).id
        if isinstance(value, str) and value.startswith("ref:")
        else value
        for key, value in given.items()
    }


def search_for(field, env):
    """A condition that is not true of every record, so that it asks for the field."""
    if field.type in ("one2many", "many2many", "many2one"):
        return [(field.name, "in", [1])]
    if field.type == "selection":
        return [(field.name, "=", next(iter(field.get_values(env)), "x"))]
    if field.type in ("date", "datetime"):
        return [(field.name, ">", "2026-01-01")]
    if field.type == "boolean":
        return [(field.name, "=", True)]
    numbers = ("integer", "float", "monetary", "many2one_reference")
    return [(field.name, "=", 1 if field.type in numbers else "x")]


def another_value(record, field):
    """A value that the field does not have now, where that is easy to find."""
    if field.type == "selection":
        values = field.get_values(record.env)
        return next((each for each in values if each != record[field.name]), False)
    if field.type == "boolean":
        return not record[field.name]
    if field.type == "many2one" and not record[field.name]:
        return 1
    simple = {"char": "Another", "text": "Another", "html": "Another"}
    simple |= {"integer": 2, "float": 2.0, "monetary": 2.0}
    if field.type in simple:
        return simple[field.type]
    return [(5, 0, 0)] if field.type in ("one2many", "many2many") else False


def flush(record):
    record.env.flush_all()


def where_none(value, path=""):
    """Where in an answer the first None is."""
    if value is None:
        return path or "None"
    inside = value.items() if isinstance(value, dict) else ()
    if isinstance(value, (list, tuple)):
        inside = enumerate(value)
    return next(filter(None, (where_none(v, f"{path}[{k!r}]") for k, v in inside)), "")


def ends_without_answer(method):
    """Whether a method may come to its end, or return, without a value.

    Where no example lets it come that far, its text tells.
    """
    text = textwrap.dedent(inspect.getsource(inspect.unwrap(method)))
    function = ast.parse(text).body[0]
    bare = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and node.value is None
    ]
    return bool(bare) or falls_through(function.body)


def falls_through(body):
    """Whether a block may be left at its end."""
    last = body[-1]
    if isinstance(last, ast.If):
        return not last.orelse or any(map(falls_through, (last.body, last.orelse)))
    if isinstance(last, ast.Try):
        blocks = [last.orelse or last.body, *(each.body for each in last.handlers)]
        return any(map(falls_through, blocks))
    if isinstance(last, ast.With):
        return falls_through(last.body)
    return not isinstance(last, (ast.Return, ast.Raise))


def told(error):
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:90]}"


def place(error):
    """File and line of ours in which an exception came up."""
    frames = traceback.walk_tb(error.__traceback__)
    places = [(frame.f_code.co_filename, line) for frame, line in frames]
    ours = [(name, line) for name, line in places if "/addons/" in name]
    if not ours:
        return ""
    name, line = ours[-1]
    return f"{name.rpartition('/addons/')[2]}:{line}"


def no_network(*_args, **_kwargs):
    raise ConnectionRefusedError("no network while access is looked at")


def refusal(*_args):
    return AccessError("It is not allowed.")
