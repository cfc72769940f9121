"""The seam to operators: their web services as lines that carry files.

What is sent to an operator and fetched from it are the same messages that go to a bank
in files. So an operator is a way of connecting: outbox, inbox, breaker and leases of
the base serve it as they serve a folder. What one operator calls its calls is in a
subclass.
"""

import base64
from urllib.parse import quote

from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.adapters.faults import LineError, show
from odoo.addons.receivables_base.adapters.https import Https, HttpsLine
from odoo.addons.receivables_base.adapters.line import Entry, check_size
from odoo.addons.receivables_base.exceptions import ExchangeError
from odoo.addons.receivables_base.formats.errors import FormatError

from ..formats import operator as answers

_lt = LazyTranslate(__name__)

# what an entry's name begins with: where it lies at the operator
RECEIVED, FAILED = "received/", "failed/"
MOST_WAIT = 3600


class OperatorLine(HttpsLine):
    """An operator's web service.

    A message is sent with the identifier in its frame, which the operator takes once:
    when an answer was lost, the repeat is refused as a duplicate, and so has arrived.
    """

    #: path to send to, by the element (in JSON, the type) that a message begins with;
    #: ``""``: all others
    send_to = {"": ""}
    #: paths of lists: messages for us, messages of ours that failed; ``""``: no list
    received = failed = ""
    #: words of a status: it has the message already; nothing can be sent at all
    duplicate = ""
    line_words = frozenset()

    def send(self, name, content):
        path, message = self._get_call(name, content)
        answer = self._ask("POST", path, name, json=message)
        status = self._read(answers.read_status, answer.body)
        if status in (answers.OK, self.duplicate):
            return
        said = show(status)[:300]
        if status in self.line_words:
            raise ExchangeError(
                "final",
                "operator_closed",
                _lt(
                    "The operator sends nothing for the company (%s): ask it what is "
                    "missing.",
                    said,
                ),
                is_line=True,
            )
        raise ExchangeError(
            "final",
            "operator_refused",
            _lt("The operator did not take it: %s.", said),
        )

    def list(self, limit=500):
        entries = []
        places = {RECEIVED: self.received, FAILED: self.failed}
        for place, path in places.items():
            if not path:
                continue
            answer = self._ask("GET", path, path, params={"limit": limit})
            for waiting in self._read(answers.read_list, answer.body)[:limit]:
                entries.append(
                    self._make_waiting(f"{place}{waiting.identifier}", waiting)
                )
        return entries[:limit]

    def _make_waiting(self, name, waiting):
        try:
            check_size(name, waiting.size, self.max_bytes)
        except LineError as problem:
            return Entry(name, waiting.size, problem)
        return Entry(name, waiting.size)

    def read(self, name):
        return self._ask("GET", self._get_place(name), name, limit=self.max_bytes).body

    def put_away(self, name, broken=False):
        place, identifier = self._split(name)
        self._ask("DELETE", f"{place}/{identifier}", name)

    def try_out(self):
        self.list(1)
        self._step(_lt("The operator lists what waits for us."))

    # === CALLS === #

    def _get_call(self, name, content):
        """Return where a message goes, and how it is put as JSON."""
        path = next(
            (
                path
                for root, path in self.send_to.items()
                if root and f"<{root}".encode() in content
            ),
            self.send_to[""],
        )
        return path, {"filename": name, "file": base64.b64encode(content).decode()}

    def _split(self, name):
        """Return the list that an entry is on, and its identifier for a path."""
        place = self.received if name.startswith(RECEIVED) else self.failed
        return place, quote(name.partition("/")[2], safe="")

    def _get_place(self, name):
        """Return the path of what an entry holds."""
        place, identifier = self._split(name)
        return f"{place}/{identifier}"

    def _ask(self, method, path, name, **options):
        """Make a call, and raise what its answer says of the line.

        An operator's refusal is in its words, whatever the number of the status.
        """
        answer = self.request(method, path, **options)
        if answer.status == 403:
            raise LineError("login_refused", reason=answer.status)
        if answer.status == 429:
            raise ExchangeError(
                "retry",
                "too_many_calls",
                _lt("The operator asks for fewer calls. It is tried again."),
                retry_after=_get_wait(answer),
                is_line=True,
            )
        if answer.status == 404 and method != "POST":
            if method == "DELETE":
                return answer  # it was put away before
            raise LineError("gone", file=name)
        if answer.status >= 500 or (answer.status >= 400 and method != "POST"):
            raise LineError("server_error", status=answer.status)
        return answer

    def _read(self, read, body):
        try:
            return read(body)
        except FormatError as error:
            raise LineError("wrong_content_type", kind=_get_kind(body)) from error


class Operator(Https):
    """A way over an operator; a subclass has the ``name`` of one, and its line."""

    carries_files = True
    line = OperatorLine

    def make_line(self, settings):
        return self.line(settings)


def _get_wait(answer):
    told = answer.headers.get("Retry-After", "")
    return min(int(told), MOST_WAIT) if told.isdecimal() else 0


def _get_kind(body):
    """Return how an answer begins that is not as agreed."""
    return show(body[:60].decode("utf-8", "replace"))
