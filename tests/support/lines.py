"""The base's lines in this process: they need Odoo's code, and no database."""

import functools
import importlib
import sys
from types import ModuleType
from typing import Any

from dev.environment import ADDONS, Places
from dev.odoo_tree import odoo_tree


@functools.cache
def adapters(name: str) -> ModuleType:
    """A module of `receivables_base/adapters`."""
    forget_stand_ins()
    root = str(odoo_tree(Places.default()).root)
    if root not in sys.path:
        sys.path.append(root)
    for part in ("odoo.http", "odoo.addons"):
        importlib.import_module(part)
    path = sys.modules["odoo.addons"].__path__
    if str(ADDONS) not in path:
        path.append(str(ADDONS))
    return importlib.import_module(f"odoo.addons.receivables_base.adapters.{name}")


def forget_stand_ins() -> None:
    """The tests of formats have empty packages in Odoo's place; they hold what they
    need of them."""
    if not getattr(sys.modules.get("odoo"), "__path__", True):
        for name in list(sys.modules):
            if name.partition(".")[0] == "odoo":
                del sys.modules[name]


def english(sentence: Any) -> str:
    """A lazy sentence as its author wrote it."""
    return str(sentence._source % sentence._args)


def fault_of(call: Any, *given: Any, **named: Any) -> Any:
    """What a call raises; that it does not is a failure."""
    adapters("line")
    error = sys.modules["odoo.addons.receivables_base.exceptions"].ExchangeError
    try:
        call(*given, **named)
    except error as fault:
        english(fault.sentence)  # its arguments fit
        return fault
    raise AssertionError("nothing went wrong")


def told(line: Any) -> list[str]:
    """What a line did, step by step."""
    return [english(step) for step in line.steps]
