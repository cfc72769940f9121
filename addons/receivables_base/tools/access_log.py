import logging
import re
from urllib.parse import unquote

# What is typed at a kiosk may hold spaces of any kind; the method may be coloured.
_REQUEST_LINE = re.compile(
    r"(?P<method>(?:\x1b\[[0-9;]*m)*[A-Z]+) .*?(?P<version> HTTP/[0-9.]+\S*)?",
    re.DOTALL,
)


class HiddenAddress(logging.Filter):
    """Keeps what follows an address out of the access log: tokens, and what people
    typed. A part of the address may be escaped, even several times.

    :param str path: such as ``/collection_partner/webhook``
    """

    def __init__(self, path):
        super().__init__()
        self._path = path
        self._words = path.strip("/").lower().split("/")

    def filter(self, record):
        if isinstance(record.args, tuple):
            record.args = tuple(map(self._hide, record.args))
        return True

    def _hide(self, arg):
        if not isinstance(arg, str):
            return arg
        plain = arg
        while (unquoted := unquote(plain)) != plain:
            plain = unquoted
        if not all(word in plain.lower() for word in self._words):
            return arg
        found = _REQUEST_LINE.fullmatch(arg)
        if not found:
            return "***"
        return f"{found['method']} {self._path}/***{found['version'] or ''}"
