"""Load the pure-Python formats of an addon without importing the addon itself.

An addon's ``__init__`` imports odoo; its ``formats`` package does not. Test modules
simply ``import einvoice_formats``, and what formats share by its name in Odoo.
"""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

PROJECT = Path(__file__).resolve().parents[2]

settings.register_profile("formats", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("formats")


def load_formats(addon: str, name: str) -> ModuleType:
    """Make ``addons/<addon>/formats`` importable as the package ``name``."""
    folder = PROJECT / "addons" / addon / "formats"
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def share_formats(addon: str) -> None:
    """Let formats import those of another addon by the name that they have in Odoo.

    Without Odoo: its packages, and the addon, are empty ones here.
    """
    for name, folders in (
        ("odoo", []),
        ("odoo.addons", []),
        (f"odoo.addons.{addon}", [str(PROJECT / "addons" / addon)]),
    ):
        module = ModuleType(name)
        module.__path__ = folders
        sys.modules.setdefault(name, module)


share_formats("receivables_base")
load_formats("collection_partner", "collection_formats")
load_formats("einvoice_consumer", "einvoice_formats")
load_formats("payment_terminal", "terminal_formats")


def official(*path: str) -> Path:
    """An official schema or sample, or a skipped test where there is none."""
    folder = Path(os.environ.get("RECEIVABLES_TEST_DATA", "../shared/data"))
    file = (PROJECT / folder).joinpath(*path)
    if not file.exists():
        pytest.skip(f"official test data is not here: {file}")
    return file


@pytest.fixture(scope="session", name="official")
def _official():
    return official
