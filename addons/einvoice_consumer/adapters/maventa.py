from odoo.tools import LazyTranslate

from .operator import Operator, OperatorLine

_lt = LazyTranslate(__name__)


class MaventaLine(OperatorLine):
    """The calls for Finnish bank messages, as far as Maventa's public pages show them.

    They show what is called, with which words it answers, and how a token is got; the
    paths are a guess (docs/operator.md).
    """

    send_to = {
        "FinvoiceSenderInfo": "/fi/bank_messages",
        "ReceiverProposal": "/fi/bank_messages",
        "": "/invoices",
    }
    received = "/fi/bank_messages/received"
    failed = "/fi/bank_messages/errors"
    duplicate = "ERROR: DUPLICATE MESSAGEID"
    line_words = frozenset(
        {
            "ERROR: COMPANY BANK CONNECTION NOT ACTIVE",
            "ERROR: USER NOT FOUND",
            "ERROR: VENDOR API KEY DISABLED",
            "ERROR: COMPANY ACCOUNT IS LOCKED",
        }
    )

    def _get_place(self, name):
        # the list of errors names the messages, their status says why
        place, identifier = self._split(name)
        if place == self.failed:
            return f"/fi/bank_messages/{identifier}/status"
        return f"{place}/{identifier}"


class Maventa(Operator):
    """An operator in the manner of Maventa."""

    name = "maventa"
    label = _lt("Operator: Maventa")
    line = MaventaLine
