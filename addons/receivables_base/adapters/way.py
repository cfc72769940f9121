from odoo.tools import LazyTranslate

from .adapter import Adapter
from .line import LineError

_lt = LazyTranslate(__name__)


class Way(Adapter):
    """How a connection reaches the other party."""

    def get_missing(self, connection):
        """Say what a connection lacks before it can be switched on.

        :return: list of lazy sentences
        """
        raise NotImplementedError

    def open(self, connection):
        """Read what a call needs from a connection (as superuser).

        :return: a ``Line``, which knows no database
        """
        raise NotImplementedError


class Manual(Way):
    """People and programs carry the files: nothing is called."""

    name = "manual"
    label = _lt("By hand")

    def get_missing(self, connection):
        return []

    def open(self, connection):
        raise LineError(
            "final",
            "manual",
            _lt("This connection is worked by hand: nothing is sent or fetched."),
        )
