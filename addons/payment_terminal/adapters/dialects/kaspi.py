from odoo.tools import LazyTranslate

from ...formats import kaspi
from .dialect import Dialect

_lt = LazyTranslate(__name__)


class Kaspi(Dialect):
    """What both forms of the answers have in common."""

    authentications = ("none", "secret")
    answer_limit = 15
    operations = kaspi.SUPPORTED
    read_secret = staticmethod(kaspi.read_secret)
    read = staticmethod(kaspi.read)
    ask = staticmethod(kaspi.ask)


class KaspiJson(Kaspi):
    name = "kaspi_json"
    label = _lt("Kaspi (JSON)")
    tells_company_number = True
    write = staticmethod(kaspi.JSON.write)
    hear = staticmethod(kaspi.JSON.hear)


class KaspiXml(Kaspi):
    name = "kaspi_xml"
    label = _lt("Kaspi (XML)")
    write = staticmethod(kaspi.XML.write)
    hear = staticmethod(kaspi.XML.hear)
