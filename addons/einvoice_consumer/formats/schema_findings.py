"""What an XML schema finds wrong in a message, as plain values for people to read.

Slow beside the check of what is sent (``finvoice_schema``): for messages that failed.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odoo.addons.receivables_base.formats import safe_xml as xml

from .errors import FormatError

if TYPE_CHECKING:
    import xmlschema

Files = tuple[tuple[str, bytes], ...]

MOST_FINDINGS = 20
_MOST_VALUE = 100
_XSD = "{http://www.w3.org/2001/XMLSchema}"
_FACETS = {
    "XsdMaxLengthFacet": "too_long",
    "XsdMinLengthFacet": "too_short",
    "XsdEnumerationFacets": "choice",
    "XsdPatternFacets": "form",
    "XsdMinInclusiveFacet": "out_of_range",
    "XsdMinExclusiveFacet": "out_of_range",
    "XsdMaxInclusiveFacet": "out_of_range",
    "XsdMaxExclusiveFacet": "out_of_range",
    "XsdTotalDigitsFacet": "out_of_range",
    "XsdFractionDigitsFacet": "out_of_range",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong.

    ``code`` is ``missing``, ``unexpected``, ``too_long``, ``too_short``, ``choice``,
    ``form``, ``out_of_range``, ``attribute`` or ``other``; ``path`` leads from the
    root to ``element``; ``value`` is what stands there, ``expected`` what should (a
    length, choices, the missing element), ``reason`` the checker's English words.
    """

    code: str
    path: str
    element: str
    value: str = ""
    expected: str = ""
    reason: str = ""


@lru_cache(maxsize=8)
def read_schema(files: Files, root: str) -> xmlschema.XMLSchema:
    """Build the schema of messages whose root element is ``root``.

    Parts are found among ``files`` only: nothing else is opened, nothing fetched.

    :param files: names and bytes of the .xsd files
    :raises FormatError: ``missing`` (no file declares ``root``), ``not_schema``, or
        what ``safe_xml.parse`` raises
    """
    import xmlschema

    main = next((name for name, data in files if root in _declared(data)), None)
    if main is None:
        raise FormatError("missing", root)
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files:
            (Path(folder) / Path(name).name).write_bytes(data)
        path = str(Path(folder) / Path(main).name)
        try:
            with warnings.catch_warnings():
                # a part that is not among the files is only a warning there
                warnings.simplefilter("error")
                return xmlschema.XMLSchema(path, allow="sandbox", defuse="always")
        except (xmlschema.XMLSchemaException, OSError, ValueError, Warning) as error:
            # the place of the fault is in the first line, a dump of it in the others
            reason = str(error).strip().partition("\n")[0].replace(f"{folder}/", "")
            raise FormatError("not_schema", main, reason=reason) from error


def _declared(data: bytes) -> set[str]:
    return {
        str(element.get("name"))
        for element in xml.parse(data)
        if element.tag == f"{_XSD}element"
    }


def find(document: bytes, schema: xmlschema.XMLSchema) -> list[Finding]:
    """Everything wrong in a document, at most ``MOST_FINDINGS``.

    :raises FormatError: the document cannot be read as XML (``safe_xml.parse``), or
        ``not_schema``: it cannot be compared
    """
    import xmlschema

    source = xmlschema.XMLResource(xml.parse(document), allow="none")
    try:
        return list(islice(_findings(schema.iter_errors(source)), MOST_FINDINGS))
    except xmlschema.XMLSchemaException as error:
        raise FormatError("not_schema", "", reason=str(error)[:200]) from error


def _findings(errors: Iterator[Any]) -> Iterator[Finding]:
    last = ""
    for error in errors:
        # One wrong value breaks several rules of its type: the first tells enough.
        if error.path != last or _is_about_children(error):
            yield _finding(error)
        last = error.path


def _is_about_children(error: Any) -> bool:
    return type(error).__name__ == "XMLSchemaChildrenValidationError"


def _finding(error: Any) -> Finding:
    path, reason = error.path or "/", error.reason or error.message
    element = _local(path.rpartition("/")[2])
    kind = type(error.validator).__name__
    if _is_about_children(error):
        wanted = [_local(e.name) for e in error.expected or () if e.name]
        if error.invalid_tag and not wanted:
            tag = _local(error.invalid_tag)
            return Finding("unexpected", path, tag, expected=element, reason=reason)
        if wanted:
            return Finding(
                "missing", path, element, expected=", ".join(wanted), reason=reason
            )
        return Finding("other", path, element, reason=reason)
    if kind == "XsdAttributeGroup":
        return Finding("attribute", path, element, reason=reason)
    value = xml.leaf_text(error.elem) if error.elem is not None else ""
    code = _FACETS.get(kind, "form" if kind == "XsdAtomicBuiltin" else "other")
    expected = ""
    if code in ("too_long", "too_short"):
        expected = str(error.validator.value)
    elif code == "choice":
        expected = ", ".join(map(str, error.validator.enumeration))
    return Finding(code, path, element, value[:_MOST_VALUE], expected, reason)


def _local(name: str) -> str:
    return name.rpartition("}")[2].rpartition(":")[2]
