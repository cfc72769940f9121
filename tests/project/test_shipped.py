"""What an addon's page names is shipped with the addon, and Apps can show it.

People who install an addon have its folder and nothing else of the project.
"""

import ast
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from .test_house import ADDONS, NAMES

PAGES = ("README.rst", "__manifest__.py", "static/description/index.html")
KINDS = "csv|html|jpe?g|json|md|pdf|png|py|rst|svg|txt|xml|xsd|ya?ml"
# a path, or a file by its name alone; neither an address nor an example with a variable
FILE = re.compile(rf"(?<![\w/:.$%>-])(?:[\w.-]+/)*[\w-][\w.-]*\.(?:{KINDS})\b(?![\w/])")
TARGET = re.compile(r"(?:image|figure|include)::\s*(\S+)|`[^`<]*<([^>]+)>`_")
# what Odoo's own addons have
ICON_SIZE = (100, 100)
# Files of other parties that a page tells to bring along.
BROUGHT = {"Finvoice3.0.xsd", "FinvoiceReceiverInfo.xsd"}


def named_files(text: str) -> Iterator[str]:
    """Files that a page names: in its text, as pictures, as links."""
    yield from (found.group() for found in FILE.finditer(text))
    for target in TARGET.finditer(text):
        path = target[1] or target[2]
        if "://" not in path:
            yield path


def not_shipped(addon: Path, text: str) -> list[str]:
    """Files that a page names and the addon does not have."""
    has = {str(path.relative_to(addon)) for path in addon.rglob("*") if path.is_file()}
    return [name for name in named_files(text) if name not in has | BROUGHT]


def png_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture (PNG specification, 11.2.2)."""
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    return width, height


def told(addon: Path) -> dict[str, str]:
    """The pages of an addon: what Apps shows, and the texts of its manifest."""
    pages = {
        name: (addon / name).read_text(encoding="utf-8")
        for name in PAGES
        if (addon / name).is_file()
    }
    manifest = ast.literal_eval(pages["__manifest__.py"])
    texts = [manifest.get(key, "") for key in ("summary", "description")]
    return {**pages, "__manifest__.py": "\n".join(texts)}


@pytest.mark.parametrize("addon", NAMES)
def test_a_page_names_only_what_is_shipped(addon: str) -> None:
    broken = {
        page: found
        for page, text in told(ADDONS / addon).items()
        if (found := not_shipped(ADDONS / addon, text))
    }
    assert not broken


@pytest.mark.parametrize("addon", NAMES)
def test_there_is_an_icon_of_its_own(addon: str) -> None:
    folder = ADDONS / addon / "static" / "description"
    assert png_size(folder / "icon.png") == ICON_SIZE
    drawn = (folder / "icon.svg").read_text(encoding="utf-8")
    others = [ADDONS / other for other in NAMES if other != addon]
    for other in others:
        path = other / "static" / "description" / "icon.svg"
        assert path.read_text(encoding="utf-8") != drawn


@pytest.mark.parametrize(
    "text",
    [
        "see ``docs/agency_api.yaml``",
        ".. image:: static/description/absent.png",
        "`the page <../../docs/operations.md>`_",
        "the file operations.md tells",
    ],
)
def test_what_is_not_shipped_is_seen(text: str) -> None:
    assert not_shipped(ADDONS / NAMES[0], text)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/page.html",
        "`the guidelines <https://www.example.com/guide.pdf>`_",
        "/odoo/action-base.action_view_base_module_update",
        "static/description/icon.png",
    ],
)
def test_what_is_shipped_is_not_blamed(text: str) -> None:
    assert not not_shipped(ADDONS / NAMES[0], text)
