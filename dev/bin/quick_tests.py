"""Odoo's test runner without work that proves nothing about the addons.

Nothing that a test sees is changed: the same tests pass in an Odoo started by itself.
"""

import functools
import re
from collections.abc import Callable
from typing import Any

from hypothesis.internal.conjecture import providers

from odoo.orm import registry  # type: ignore[import-not-found]
from odoo.tests import common, loader  # type: ignore[import-not-found]
from odoo.tests.suite import OdooSuite  # type: ignore[import-not-found]
from odoo.tools.lru import LRU  # type: ignore[import-not-found]


class KeptCache(LRU):  # type: ignore[misc]
    """A cache of the registry that gets back what it held before a test cleared it.

    A rollback makes true again what was true before: Odoo itself clears then only what
    was made invalid since (``Registry.reset_changes``), but after a test everything,
    and the next one asks again for access rights, views and translations.
    """

    _values: dict[Any, Any]
    _ordering: dict[Any, None]

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self._kept: list[tuple[dict[Any, Any], dict[Any, None]] | None] = []

    def clear(self) -> None:
        with self._lock:
            if self._kept and self._kept[-1] is None:
                self._kept[-1] = self._values, self._ordering
            self._values, self._ordering = {}, {}

    def mark(self) -> None:
        """From now on remember what is cleared first."""
        self._kept.append(None)

    def restore(self) -> None:
        """Hold again what was held when it was first cleared since the mark."""
        with self._lock:
            kept = self._kept.pop()
            if kept:
                self._values, self._ordering = kept


def keep_caches() -> None:
    """Let classes and tests leave the caches as they found them."""
    registry.LRU = KeptCache
    case = common.TransactionCase
    set_up_class, set_up = case.setUpClass.__func__, case.setUp

    def marked(add_cleanup: Callable[..., None]) -> None:
        caches = registry.Registry(common.get_db_name())._Registry__caches
        for cache in caches.values():
            cache.mark()
            add_cleanup(cache.restore)

    def set_up_class_marked(cls: Any) -> None:
        marked(cls.addClassCleanup)
        set_up_class(cls)

    def set_up_marked(self: Any) -> None:
        marked(self.addCleanup)
        set_up(self)

    case.setUpClass, case.setUp = classmethod(set_up_class_marked), set_up_marked


def merge_triggers_once() -> None:
    """Let the registry remember what depends on fields that are changed together.

    It puts that together anew for each write, which is a tenth of what a test works;
    only which of it is left out, because nothing holds a value of it, changes.
    """
    tree = registry.TriggerTree

    def left(merged: Any, is_chosen: Callable[[Any], bool]) -> Any:
        kept = tree([field for field in merged.root if is_chosen(field)])
        for label, subtree in merged.items():
            if below := left(subtree, is_chosen):
                kept[label] = below
        return kept

    def get_trigger_tree(self: Any, fields: Any, select: Any = bool) -> Any:
        triggering = tuple(field for field in fields if field in self._field_triggers)
        # forgotten with the trees of single fields
        known = self._field_trigger_trees
        if triggering not in known:
            trees = [self.get_field_trigger_tree(field) for field in triggering]
            known[triggering] = tree.merge(trees)
        return left(known[triggering], functools.cache(select))

    registry.Registry.get_trigger_tree = get_trigger_tree


def try_no_constants() -> None:
    """Let hypothesis try no values that it has found in the source of what is loaded:
    here that is all of Odoo, and takes seconds to read."""
    providers._get_local_constants = lambda: providers._local_constants


def load_only(tags: str) -> None:
    """Import the tests of the modules that are named, not those of all Odoo's."""
    named, load = set(re.findall(r"/(\w+)", tags)), loader.get_test_modules
    if named:
        loader.get_test_modules = lambda name: load(name) if name in named else []


def prepare(tags: str) -> None:
    """Change Odoo's test framework before it is used.

    :param tags: what ``--test-tags`` says
    """
    keep_caches()
    merge_triggers_once()
    try_no_constants()
    load_only(tags)
    # Before tests that open pages Odoo compiles all that any page might load, its own
    # unit tests among it, for half a minute. What ours load is in the templates
    # (dev/odoo_scripts/assets.py), the rest is compiled when it is asked for.
    OdooSuite.has_http_case = lambda _suite: False
