from odoo.tools import LazyTranslate

from ...formats import signed_json
from .dialect import Dialect

_lt = LazyTranslate(__name__)


class SignedJson(Dialect):
    name = "signed_json"
    label = _lt("Any bank: signed JSON")
    authentications = ("hmac",)
    operations = signed_json.SUPPORTED
    read_signature = staticmethod(signed_json.signed)
    read = staticmethod(signed_json.read)
    write = staticmethod(signed_json.write)
    replay = staticmethod(signed_json.replay)
    ask = staticmethod(signed_json.ask)
    hear = staticmethod(signed_json.hear)
