from odoo.tools import LazyTranslate

from ...formats import payme
from .dialect import Dialect

_lt = LazyTranslate(__name__)


class Payme(Dialect):
    name = "payme"
    label = _lt("Payme (JSON-RPC)")
    authentications = ("basic",)
    operations = payme.SUPPORTED
    read = staticmethod(payme.read)
    write = staticmethod(payme.write)
    replay = staticmethod(payme.replay)
    ask = staticmethod(payme.ask)
    hear = staticmethod(payme.hear)
