import logging
import time

from psycopg2 import errors

from odoo import api, models

from ..formats import access
from ..formats.calls import BadCall, Operation, Outcome, Result, WireRequest
from .payment_terminal_request import BINDING_OPERATIONS

_logger = logging.getLogger(__name__)

# Another server was first, or holds the row: a new transaction sees what it did.
COLLISIONS = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.UniqueViolation,
)
ATTEMPTS = 5


class PaymentTerminalNetworkService(models.AbstractModel):
    """Answers a network. Knows what may be asked and what money is; no network's words.

    Everything happens in one short transaction: the payment and its answer are stored
    together or not at all, and the network hears nothing before they are.
    """

    _name = "payment.terminal.network.service"
    _description = "Answers to a terminal network"

    @api.model
    def _serve(self, token, peer, forwarded, **request):
        """Answer one request.

        :param str token: from the address that the network called
        :param str peer: address of the other end of the connection
        :param list[str] forwarded: the X-Forwarded-For headers
        :param request: the request as it came, the fields of a :class:`WireRequest`
        :return: a :class:`WireAnswer`, or None when no network has this token
        """
        contract = self._get_contract(token)
        if not contract:
            return None
        started = time.monotonic()
        wire = WireRequest(**request)
        dialect = self.env["payment.terminal.dialect"]._get(contract.dialect)
        address = access.client_address(peer, forwarded, contract.proxies)
        call, problem = self._understand(contract, dialect, wire, peer, address)
        log = {
            "network_id": contract.id,
            "operation": call.operation.value if call else "unreadable",
            "txn_id": call.txn_id if call else "",
            "terminal": call.terminal if call else "",
            "remote_address": str(address or ""),
            "place": problem[1],
            "method": wire.method,
            "query": _readable(wire.query.encode(), contract),
            "body": _readable(wire.body, contract),
        }
        for _attempt in range(ATTEMPTS):
            try:
                return self._answer(contract, dialect, call, problem[0], log, started)
            except COLLISIONS:
                self.env.cr.rollback()
            except errors.LockNotAvailable:
                self.env.cr.rollback()
                problem = (Outcome(Result.PENDING), "")
        _logger.warning(
            "Network %s: a request met others %s times.", contract.id, ATTEMPTS
        )
        return dialect.write(call, Outcome(Result.FAULT), contract.terms)

    @api.model
    def _understand(self, contract, dialect, wire, peer, address):
        """Read a request and see who sent it, before anything is looked up.

        :return: the call (or what was understood of it, or None), and the outcome that
            is certain already with the place that is wrong
        """
        if not self._is_admitted(contract, address):
            return None, (Outcome(Result.FORBIDDEN), "address")
        try:
            call = dialect.read(wire, contract.terms)
        except BadCall as bad:
            return bad.call, (Outcome(bad.result), bad.place)
        through_proxy = access.is_within(
            access.read_address(peer) or address, contract.proxies
        )
        if not self._is_proved(contract, dialect, wire, call, through_proxy):
            return call, (Outcome(Result.FORBIDDEN), contract.authentication)
        if contract.environment == "disabled":
            return call, (Outcome(Result.FAULT), "")
        return call, (None, "")

    @api.model
    def _answer(self, contract, dialect, call, outcome, log, started):
        """Do what was asked, and keep question and answer in the same transaction."""
        first = None
        if outcome is None:
            outcome, first = self._do(contract, call)
        if first:
            answer = _replay(dialect, call, outcome, first, contract.terms)
        else:
            answer = dialect.write(call, outcome, contract.terms)
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

    @api.model
    def _do(self, contract, call):
        """Dispatch.

        :return: the :class:`Outcome`, and the :class:`WireAnswer` that is binding when
            the same was asked before
        """
        if call.operation in (Operation.LOOKUP, Operation.CHECK):
            return self._do_check(contract, call), None
        if call.operation == Operation.STATUS:
            return self._do_status(contract, call), None
        if call.operation == Operation.STATEMENT:
            return self._do_statement(contract, call), None
        if call.operation == Operation.CANCEL:
            return self._do_cancel(contract, call)
        return self._do_payment(contract, call)

    # === WORDS === #

    def _told(self, contract, result, payment=None, repeated=False):
        return Outcome(
            result,
            message=self._get_sentence(
                contract, result, payment.state if payment else ""
            ),
            payment=payment,
            repeated=repeated,
        )

    def _get_sentence(self, contract, result, state=""):
        """What the customer reads at the kiosk, in the network's language."""
        env = self.with_context(lang=contract.lang).env
        if result == Result.OK:
            return {
                "": env._("Customer found"),
                "reserved": env._("Payment announced"),
                "accepted": env._("Payment accepted"),
                "cancelled": env._("Payment cancelled"),
                "reversed": env._("Payment cancelled"),
            }[state]
        sentences = {
            Result.NOT_FOUND: env._("This customer number is not known"),
            Result.BAD_ACCOUNT: env._("This is not a customer number"),
            Result.INACTIVE: env._("This customer number is blocked"),
            Result.BAD_FACTOR: env._("What was asked besides does not fit"),
            Result.TOO_SMALL: env._("The amount is too small"),
            Result.TOO_LARGE: env._("The amount is too large"),
            Result.WRONG_CURRENCY: env._("Payments in this currency are not accepted"),
            Result.CONFLICT: env._("Another payment has this number"),
            Result.CANCELLED: env._("The payment was cancelled"),
            Result.UNKNOWN_PAYMENT: env._("No such payment"),
            Result.CLOSED: env._(
                "Debts are not shown at present; payments are accepted"
            ),
        }
        return sentences.get(result, "")


def _readable(data, contract):
    """The bytes as a text that the database takes, without the network's secret."""
    text = data.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    return access.hide(text, contract.secret)


def _replay(dialect, call, outcome, first, terms):
    replay = getattr(dialect, "replay", None)
    return replay(call, outcome, first, terms) if replay else first
