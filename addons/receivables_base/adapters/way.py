import dataclasses

from odoo.tools import LazyTranslate

from .adapter import Adapter
from .faults import LineError

_lt = LazyTranslate(__name__)


class Way(Adapter):
    """How a connection reaches the other party."""

    #: whether its lines carry files: ``send``, ``list``, ``read``, ``put_away``
    carries_files = False
    #: whether it calls an address of the web, with the settings for that
    is_web = False

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

    def _read(self, connection, settings):
        """Return an instance of the dataclass with the connection's fields."""
        may_be_private = connection.allow_private or connection.environment != "prod"
        names = {field.name for field in dataclasses.fields(settings)}
        values = {name: connection[name] or "" for name in names - {"may_be_private"}}
        return settings(may_be_private=may_be_private, **values)


class Manual(Way):
    """People and programs carry the files: nothing is called."""

    name = "manual"
    label = _lt("By hand")

    def get_missing(self, connection):
        return []

    def open(self, connection):
        raise LineError("manual")
