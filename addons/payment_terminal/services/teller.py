import logging
import time

from psycopg2 import errors

from ..adapters.dialects.dialect import Dialect
from ..formats import access
from ..formats.calls import BadCall, Operation, Outcome, Result, WireRequest
from ..models.request import BINDING_OPERATIONS
from .caller import Caller
from .customers import Customers
from .payments import Payments
from .sentences import tell

_logger = logging.getLogger(__name__)

# Another server was first, or holds the row: a new transaction sees what it did.
COLLISIONS = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.UniqueViolation,
)
ATTEMPTS = 5
# What is kept of a request that was not understood, and of one that was refused.
# Networks send a few hundred bytes; strangers do not fill the database.
KEPT = 4000
KEPT_OF_STRANGERS = 300


class Teller:
    """Answers a network: who calls, what is asked, who pays and how much, once.

    Everything happens in one short transaction: the payment and its answer are stored
    together or not at all, and the network hears nothing before they are.
    """

    def __init__(self, env, network):
        """:param network: a :class:`Snapshot`"""
        self.env = env(su=True)
        self.network = network
        self.dialect = Dialect.get(env, network.dialect)

    @classmethod
    def at(cls, env, token):
        """Return the teller at the address with this token, or None: no network."""
        network = env["payment.terminal.network"].sudo()._get_snapshot(token)
        return cls(env, network) if network else None

    def answer(self, peer, forwarded, **request):
        """Answer one request.

        :param str peer: address of the other end of the connection
        :param list[str] forwarded: the X-Forwarded-For headers
        :param request: the request as it came, the fields of a :class:`WireRequest`
        :return: a :class:`WireAnswer`
        """
        started = time.monotonic()
        wire = WireRequest(**request)
        caller = Caller(self.network, peer, forwarded)
        call, outcome, place = self._understand(caller, wire)
        log = {
            "network_id": self.network.id,
            "operation": call.operation.value if call else "unreadable",
            "txn_id": call.txn_id if call else "",
            "terminal": call.terminal if call else "",
            "remote_address": str(caller.address or ""),
            "place": place,
            "method": wire.method,
            **self._keep(wire, outcome),
        }
        for _attempt in range(ATTEMPTS):
            try:
                return self._settle(call, outcome, log, started)
            except COLLISIONS:
                self.env.cr.rollback()
            except errors.LockNotAvailable:
                self.env.cr.rollback()
                outcome = tell(self.env, self.network, Result.PENDING)
        _logger.warning(
            "Network %s: a request met others %s times.", self.network.id, ATTEMPTS
        )
        outcome = tell(self.env, self.network, Result.FAULT)
        return self.dialect.write(call, outcome, self.network.terms)

    def _understand(self, caller, wire):
        """See who asks, then read what.

        :return: the call (or what was understood of it, or None), the outcome that is
            certain already (or None), and the place that is wrong
        """
        network = self.network
        if not caller.is_admitted():
            return None, Outcome(Result.FORBIDDEN), "address"
        call = bad = None
        try:
            call = self.dialect.read(wire, network.terms)
        except BadCall as caught:
            bad = caught
            call = bad.call
        # A stranger hears that he is one, whatever he asks and however.
        if not caller.is_proved(self.dialect, wire):
            return call, Outcome(Result.FORBIDDEN), network.authentication
        if bad:
            return call, tell(self.env, network, bad.result), bad.place
        if network.environment == "disabled":
            return call, tell(self.env, network, Result.FAULT), ""
        return call, None, ""

    def _keep(self, wire, outcome):
        """Return what is stored of a request, without the network's secret."""
        most = None
        if outcome:
            most = KEPT_OF_STRANGERS if outcome.result == Result.FORBIDDEN else KEPT
        kept = {}
        for name, data in (("query", wire.query.encode()), ("body", wire.body)):
            text = data[:most].decode("utf-8", "backslashreplace")
            kept[name] = access.hide(text.replace("\x00", "\\x00"), self.network.secret)
        return kept

    def _settle(self, call, outcome, log, started):
        """Do what was asked, and keep question and answer in the same transaction."""
        terms = self.network.terms
        first = None
        if outcome is None:
            outcome, first = self._do(call)
        if first:
            answer = self.dialect.replay(call, outcome, first, terms)
        else:
            answer = self.dialect.write(call, outcome, terms)
        self.env["payment.terminal.request"]._log(
            {
                **log,
                "result": outcome.result.value,
                "transaction_id": outcome.payment.number if outcome.payment else None,
                "is_repeat": outcome.repeated,
                "is_binding": (
                    outcome.result == Result.OK
                    and not first
                    and log["operation"] in BINDING_OPERATIONS
                ),
                "answer": answer.body.decode(),
                "answer_type": answer.content_type,
                "answer_status": answer.status,
                "duration": round((time.monotonic() - started) * 1000),
            }
        )
        return answer

    def _do(self, call):
        """Dispatch.

        :return: the :class:`Outcome`, and the :class:`WireAnswer` that is binding when
            the same was asked before
        """
        if call.operation in (Operation.LOOKUP, Operation.CHECK):
            return Customers(self.env, self.network).check(call), None
        if call.operation == Operation.DEBTS:
            return Customers(self.env, self.network).list_debts(call), None
        payments = Payments(self.env, self.network)
        if call.operation == Operation.STATUS:
            return payments.get_status(call), None
        if call.operation == Operation.STATEMENT:
            return payments.get_statement(call), None
        if call.operation == Operation.CANCEL:
            return payments.cancel(call)
        return payments.take(call)
