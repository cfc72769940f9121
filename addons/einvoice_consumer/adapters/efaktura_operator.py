from odoo.tools import LazyTranslate

from ..formats import efaktura
from .operator import Operator, OperatorLine

_lt = LazyTranslate(__name__)


class EfakturaLine(OperatorLine):
    """The calls for eFaktura: messages and events as they are, in JSON.

    Paths and words are a guess (docs/efaktura.md).
    """

    send_to = {
        "issuer_agreement": "/no/issuer_agreements",
        "lookup": "/no/lookups",
        "consent_request": "/no/consents",
        "invoice": "/no/invoices",
        "cancellation": "/no/cancellations",
    }
    received = "/no/events"
    duplicate = "ERROR: DUPLICATE MESSAGEID"
    line_words = frozenset(
        {
            "ERROR: USER NOT FOUND",
            "ERROR: VENDOR API KEY DISABLED",
            "ERROR: COMPANY ACCOUNT IS LOCKED",
        }
    )

    def _get_call(self, name, content):
        return self.send_to[efaktura.read_kind(content)], content


class EfakturaOperator(Operator):
    """An operator of eFaktura in Norway."""

    name = "efaktura_operator"
    label = _lt("Operator: eFaktura (Norway)")
    line = EfakturaLine
