import logging
import re
from urllib.parse import unquote

# The line of a request, as servers log it: method, address, protocol.
_REQUEST = re.compile(r"([A-Z]+ )(.*)( HTTP/[0-9.]+)", re.DOTALL)


class HiddenAddress(logging.Filter):
    """Keeps what follows an address out of the access log, however it is spelled.

    :param str start: such as ``/collection_partner/webhook``; a token follows it
    """

    def __init__(self, start):
        super().__init__()
        self._start = start
        self._words = start.strip("/").lower().split("/")

    def filter(self, record):
        if isinstance(record.args, tuple):
            record.args = tuple(
                self.hide(arg) if isinstance(arg, str) else arg for arg in record.args
            )
        return True

    def hide(self, text):
        """Return a text without what follows the address in it."""
        return _REQUEST.sub(self._hide_address, text)

    def _hide_address(self, found):
        address = found[2]
        # Servers decode once; a client may have encoded what was encoded already.
        for _time in range(3):
            address = unquote(address)
        if all(word in address.lower() for word in self._words):
            return f"{found[1]}{self._start}/***{found[3]}"
        return found[0]
