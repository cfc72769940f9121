"""An agency that answers unreliably, and what a night of bad luck does with it."""

from collections import defaultdict

from ..exceptions import AgencyError
from .common import Agency

# Calls that change something there; the last argument is the key.
KEYED = {
    *("create_case", "send_documents", "send_action", "report_payment"),
    *("take_back_payment", "report_credit_note", "report_fee", "confirm_settlement"),
}


class Shaky(Agency):
    """Some calls do not arrive, and some answers do not come back. A call that is made
    again under its key is answered as the first time and changes nothing."""

    def __init__(self):
        super().__init__()
        self.troubles = []
        self.answers = {}
        self.payouts = defaultdict(list)

    def _answer(self, name, *args):
        trouble = self.troubles.pop(0) if self.troubles else ""
        if trouble == "unheard":
            raise AgencyError("retry", "network", "No answer.")
        key = (name, args[-1]) if name in KEYED else None
        answer = self.answers[key] if key in self.answers else self._do(name, *args)
        if key:
            self.answers[key] = answer
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
