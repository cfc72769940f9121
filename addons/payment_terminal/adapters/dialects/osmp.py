from odoo.tools import LazyTranslate

from ...formats import osmp
from .dialect import Dialect

_lt = LazyTranslate(__name__)


class Osmp(Dialect):
    name = "osmp"
    label = _lt("OSMP / QIWI (XML)")
    authentications = ("none", "basic", "certificate")
    operations = osmp.SUPPORTED
    read = staticmethod(osmp.read)
    write = staticmethod(osmp.write)
    replay = staticmethod(osmp.replay)
    ask = staticmethod(osmp.ask)
    hear = staticmethod(osmp.hear)
