from functools import reduce

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)


def join(sentences):
    """Return sentences as one that is still to be translated; empty for none."""
    if not sentences:
        return ""
    return reduce(
        lambda most, one: _lt("%(most)s %(one)s", most=most, one=one), sentences
    )
