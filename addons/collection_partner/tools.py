from functools import reduce

from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

_lt = LazyTranslate(__name__)


def join(sentences):
    """Return sentences as one that is still to be translated; empty for none."""
    if not sentences:
        return ""
    return reduce(
        lambda most, one: _lt("%(most)s %(one)s", most=most, one=one), sentences
    )


def make_result(kind, state, sentence):
    """Return what became of a record of a file, as a Json field keeps it."""
    return {"type": kind, "state": state, "message": Sentence.store(sentence)}
