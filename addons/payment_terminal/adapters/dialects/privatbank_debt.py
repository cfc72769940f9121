from odoo.tools import LazyTranslate

from ...formats import privatbank_debt
from .dialect import Dialect

_lt = LazyTranslate(__name__)


class PrivatbankDebt(Dialect):
    name = "privatbank_debt"
    label = _lt("PrivatBank Debt (XML)")
    authentications = ("none",)
    tells_company_number = True
    operations = privatbank_debt.SUPPORTED
    read = staticmethod(privatbank_debt.read)
    write = staticmethod(privatbank_debt.write)
    ask = staticmethod(privatbank_debt.ask)
    hear = staticmethod(privatbank_debt.hear)
