from odoo.tools import LazyTranslate

from ...formats import sber_eps
from .dialect import Dialect

_lt = LazyTranslate(__name__)


class SberEps(Dialect):
    name = "sber_eps"
    label = _lt("Sber EPS, protocol 2 (XML)")
    authentications = ("none", "basic")
    operations = sber_eps.SUPPORTED
    read = staticmethod(sber_eps.read)
    write = staticmethod(sber_eps.write)
    replay = staticmethod(sber_eps.replay)
    ask = staticmethod(sber_eps.ask)
    hear = staticmethod(sber_eps.hear)
