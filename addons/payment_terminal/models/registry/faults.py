"""What can be wrong with a file, as sentences that a record keeps."""

from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

_lt = LazyTranslate(__name__)

FAULTS = {
    "missing": _lt("A value is missing here."),
    "too_long": _lt("%(length)s characters where at most %(limit)s fit."),
    "pattern": _lt("“%(value)s” cannot be read here."),
    "out_of_range": _lt("“%(value)s” cannot be true."),
    "charset": _lt("Characters that the character set does not have: %(characters)s."),
    "too_large": _lt("%(size)s bytes where at most %(limit)s are read."),
    "unknown": _lt("This is none of the known formats; another table needs a mapping."),
    "totals": _lt("The file says %(said)s, its lines give %(found)s."),
    "fields": _lt("%(found)s fields where %(expected)s were expected."),
    "lines": _lt("%(found)s lines where at least %(expected)s were expected."),
    "quotes": _lt("A quotation mark is not closed."),
    "parts": _lt("The parts add up to %(parts)s, not to %(whole)s."),
    "currencies": _lt("Several currencies in one file: %(found)s."),
    "currency": _lt("The file is in %(found)s, the network in %(expected)s."),
}


def explain(error):
    """Return what is wrong as a stored :class:`Sentence`.

    :param error: a FormatError
    """
    return {**Sentence.store(FAULTS[error.code]), "args": error.params}
