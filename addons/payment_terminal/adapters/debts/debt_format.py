from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.adapters import Adapter
from odoo.addons.receivables_base.exceptions import ExchangeError

_lt = LazyTranslate(__name__)
# What passes by itself: too many calls at once, and whatever the server could not do.
_PASSING = {408, 425, 429}


class DebtFormat(Adapter):
    """How a bank or network wants to be told what customers owe, by the name in
    ``payment.terminal.network.debt_format``.

    It is given debts (``formats.debts.Debt``) and reads no record but the network.
    """

    #: whether each open item is a debt of its own, and not all of a customer together
    by_item = False
    #: whether the other side keeps what it was told, so that only changes are told
    only_changes = False
    #: of the file
    mimetype = "text/csv"

    def get_missing(self, network):
        """Say what a network lacks before a list can be written.

        :return: list of lazy sentences
        """
        return []

    def make_key(self, network, item):
        """Return by what the other side knows a single item again.

        Formats with ``by_item`` have it.

        :param item: what is open, as ``models.allocation`` has it
        """
        raise NotImplementedError

    def get_problem(self, debt):
        """Say why a debt cannot be told, as a lazy translation, or nothing."""
        return ""

    def make_name(self, network, serial, day):
        """Return the name of the file.

        :param int serial: which list of its month it is, from 1
        :param day: the day on which it is made, where the network is
        """
        raise NotImplementedError

    def write(self, network, debts):
        """Return the file.

        :param debts: those that belong in it, in order
        """
        raise NotImplementedError

    # === OVER HTTPS === #

    def get_calls(self, content, key):
        """Return the calls that hand the file over, as arguments of ``Line.request``.

        :param str key: the same for each attempt
        """
        return [
            {
                "method": "POST",
                "path": "",
                "data": content,
                "headers": {
                    "Content-Type": self.mimetype,
                    "Idempotency-Key": key,
                },
            }
        ]

    def get_question(self, batch_id):
        """Return the call that asks what became of what was handed over before.

        Formats whose answers are a ``BatchStatus`` have it.
        """
        raise NotImplementedError

    def hear(self, answer):
        """Read the answer to a call.

        :return: ``formats.claims_is.BatchStatus`` where more is to be learnt later, or
            None
        :raise ExchangeError: it was refused
        """
        self.check_taken(answer)

    def check_taken(self, answer):
        """Refuse an answer that is no success.

        :raise ExchangeError: with its status
        """
        if answer.status >= 300:
            is_passing = answer.status >= 500 or answer.status in _PASSING
            raise ExchangeError(
                "retry" if is_passing else "final",
                f"http_{answer.status}",
                _lt("The other party did not take it (HTTP %s).", answer.status),
            )
