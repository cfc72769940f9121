"""An agency that answers unreliably, a server that does not live for ever, and what a
night of bad luck does with them."""

from collections import defaultdict

from ..exceptions import AgencyError
from .agency import Agency

# Calls that change something there; the last argument is the key.
KEYED = {
    *("create_case", "send_documents", "send_action", "report_payment"),
    *("take_back_payment", "report_credit_note", "report_fee", "confirm_settlement"),
}


class Killed(BaseException):
    """The server is gone in the middle of a job; nothing of it says goodbye."""


class Life:
    """How long the server lives: so many moments, which are the beginnings and ends of
    calls and the times at which a job commits. None: for ever."""

    moments = None

    def go_on(self):
        if self.moments is not None:
            self.moments -= 1
            if self.moments <= 0:
                self.moments = None
                raise Killed


class Shaky(Agency):
    """Some calls do not arrive, some answers do not come back, and some tell what was.
    A call that is made again under its key is answered as the first time and changes
    nothing."""

    def __init__(self, life):
        super().__init__()
        self.life = life
        self.troubles = []
        self.answers = {}
        self.payouts = defaultdict(list)
        self.looks = {}
        self.said = 0  # calls that could change something

    def _answer(self, name, *args):
        self.life.go_on()
        trouble = self.troubles.pop(0) if self.troubles else ""
        if trouble == "unheard":
            raise AgencyError("retry", "network", "No answer.")
        key = (name, args[-1]) if name in KEYED else None
        self.said += bool(key)
        answer = self.answers[key] if key in self.answers else self._do(name, *args)
        if key:
            self.answers[key] = answer
        if name == "get_case":
            earliest = self.looks.setdefault(args[-1], answer)
            answer = earliest if trouble == "late" else answer
        self.life.go_on()
        if trouble == "unanswered":
            raise AgencyError("retry", "network", "No answer.")
        return answer

    def _do(self, name, *args):
        return getattr(self, name)(*args)

    def get_settlements(self, line):
        """Each agency tells its own: the line is the connection."""
        return list(self.payouts[line.id]), []

    def get_open(self, number):
        """Its cases for an invoice that are not closed."""
        return [
            case
            for case in self.cases.values()
            if case["invoice_number"] == number and case["state"] != "closed"
        ]
