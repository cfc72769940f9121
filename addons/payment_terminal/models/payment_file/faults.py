"""Why a file of payments was refused, as sentences that a record keeps."""

from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

_lt = LazyTranslate(__name__)

FAULTS = {
    "unknown": _lt(
        "The file was refused: it is none of the formats that are read (KTL, camt.053, "
        "camt.054, OCR giro, 1C, Iceland's claims), and its journal has no mapping."
    ),
    "empty": _lt("The file was refused: it is empty."),
    "missing": _lt("The file was refused: %(place)s is missing. It may be cut off."),
    "pattern": _lt(
        "The file was refused. At %(place)s: “%(value)s” where %(expected)s was "
        "expected."
    ),
    "totals": _lt(
        "The file was refused. At %(place)s it says %(said)s, its lines give "
        "%(found)s. Ask the bank for it again."
    ),
    "accounts": _lt(
        "The file was refused. At %(place)s another account begins: %(first)s, then "
        "%(second)s."
    ),
    "too_large": _lt("The file was refused: it is larger than is read at once."),
    "charset": _lt("The file was refused: it has characters that no text has."),
    "not_xml": _lt("The file was refused: it is no whole XML (%(reason)s)."),
    "not_json": _lt("The file was refused: it is no whole JSON (%(reason)s)."),
    "duplicate_key": _lt(
        "The file was refused. At %(place)s the same name is given twice."
    ),
    "type": _lt(
        "The file was refused. At %(place)s: %(found)s where %(expected)s was expected."
    ),
    "too_long": _lt(
        "The file was refused. At %(place)s: %(length)s characters where at most "
        "%(limit)s fit."
    ),
    "out_of_range": _lt(
        "The file was refused. At %(place)s: “%(value)s” cannot be true."
    ),
    "fields": _lt(
        "The file was refused. At %(place)s: %(found)s fields where %(expected)s were "
        "expected."
    ),
    "lines": _lt(
        "The file was refused: %(found)s lines where at least %(expected)s were "
        "expected."
    ),
    "quotes": _lt("The file was refused. At %(place)s a quotation mark is not closed."),
    "doctype": _lt(
        "The file was refused: it has a document type declaration. Ask for it without."
    ),
}


def explain(error):
    """Return why a file was refused as a stored :class:`Sentence`.

    :param error: a FileError
    """
    sentence = Sentence.store(FAULTS[error.code])
    return {**sentence, "args": {"place": error.field, **error.params}}
