from datetime import timedelta, timezone
from decimal import Decimal
from functools import partial

from odoo import fields
from odoo.tools import SQL

from ..formats import customer_number
from ..formats.calls import RESERVATION, Operation, Outcome, Payment, Result, WireAnswer
from ..models.transaction.jobs import BOOKING_JOB
from ..models.transaction.transaction import MONEY, RUN_OUT
from .customers import Customers
from .sentences import tell

# No network waits longer than a second for another.
LOCK_MILLISECONDS = 900
# A payment's own time decides its day, unless it cannot be true.
OLDEST = timedelta(days=366)
# What a network is told of a state of ours.
STATES_OUTSIDE = {
    "reserved": "reserved",
    "accepted": "accepted",
    "booked": "accepted",
    "suspense": "accepted",
    "reversing": "reversed",
    "reversed": "reversed",
    "cancelled": "cancelled",
}
TAKEN_BACK = ("cancelled", "reversing", "reversed")
_PAYMENT_COLUMNS = SQL(
    """payment.id, payment.txn_id, payment.account_number, payment.amount,
       payment.state, payment.reserved_at, payment.accepted_at, payment.cancelled_at,
       payment.paid_at, payment.cancel_reason, payment.account_field"""
)


class Payments:
    """Takes payments and takes them back, each once, and says what became of them."""

    def __init__(self, env, network):
        """:param network: a :class:`Snapshot`"""
        self.env = env
        self.network = network
        self._tell = partial(tell, env, network)
        self.customers = Customers(env, network)

    def take(self, call):
        """Take a payment, or announce one.

        Money that a customer has handed over is taken whoever they are and however much
        it is, if it can be booked: limits, blocked and unknown numbers were the check's
        business.
        """
        reserving = call.operation == Operation.RESERVE
        # A known payment is never inserted again: that would wait for whoever books it.
        stored = self._read_stored(call)
        if not stored:
            problem = self._get_payment_problem(call, reserving)
            if problem:
                return self._tell(problem), None
            payment = self._insert_payment(call, reserving)
            return self._tell(Result.OK, payment), None
        payment, state, currency, first = stored
        if state == "cancelled" and not payment.amount:  # its cancellation came first
            return self._tell(Result.CANCELLED, payment), None
        if call.amount is not None and (
            (payment.amount, currency) != (call.amount, self.network.currency_id)
            or call.currency not in ("", self.network.terms.currency)
            or self._is_of_another(payment, call)
        ):
            return self._tell(Result.CONFLICT, payment), None
        if state in TAKEN_BACK:
            return self._tell(Result.CANCELLED, payment), None
        if not reserving and state == "reserved":
            return self._perform(call, payment)
        outcome = self._tell(Result.OK, payment, repeated=True)
        return outcome, first

    def _is_of_another(self, payment, call):
        """Whether another number is named now. A registry may have named none."""
        known = customer_number.normalize(payment.account)
        return bool(known) and known != customer_number.normalize(call.account)

    def _get_payment_problem(self, call, reserving):
        """Return why a payment can never be credited, or may not be announced.

        While lookups are closed, an announcement tells no more than a payment: it is
        taken.
        """
        if call.amount is None:
            return Result.UNKNOWN_PAYMENT
        if reserving and self.customers.may_look_up(call):
            _customer, problem = self.customers.recognise(call)
            return problem or self.customers.get_amount_problem(call)
        if call.currency and call.currency != self.network.terms.currency:
            return Result.WRONG_CURRENCY
        return Result.TOO_LARGE if call.amount > self.network.bookable else None

    def _insert(self, call, state, now, paid_at=None, **values):
        """Store a payment in its first state and return it as a :class:`Payment`."""
        moment, day = _dated(self.network, paid_at, now)
        row = {
            "network_id": self.network.id,
            "company_id": self.network.company_id,
            "currency_id": self.network.currency_id,
            "txn_id": call.txn_id,
            "state": state,
            "is_test": self.network.is_test,
            "account_number": call.account,
            "account_field": call.echo.get("field"),
            "paid_at": moment,
            "business_date": day,
            f"{state}_at": now,
            **values,
        }
        # what the model would compute
        is_money = state in MONEY and not row["is_test"]
        row["money"] = row["amount"] if is_money else 0
        payments = self.env["payment.terminal.transaction"]
        return _payment(self.network, {**row, "id": payments._insert_once(row)})

    def _insert_payment(self, call, reserving):
        customer = self.customers.find(call.account)
        payment = self._insert(
            call,
            "reserved" if reserving else "accepted",
            fields.Datetime.now(),
            call.paid_at,
            account_id=customer.account_id if customer else None,
            partner_id=customer.partner_id if customer else None,
            amount=call.amount,
            terminal=call.terminal,
            invoice_reference=call.invoice or (customer.invoice if customer else ""),
        )
        if not reserving:
            self._wake_booking()
        return payment

    def _read_stored(self, call):
        """Read the payment with this number, and the answer that was given for it.

        :return: None, or the :class:`Payment`, our state, its currency and the first
            answer
        """
        rows = self.env.execute_query_dict(
            SQL(
                """SELECT %s, payment.currency_id, request.answer, request.answer_type,
                          request.answer_status
                     FROM payment_terminal_transaction payment
                LEFT JOIN payment_terminal_request request
                       ON request.transaction_id = payment.id
                      AND request.operation = %s AND request.is_binding
                    WHERE payment.network_id = %s AND payment.is_test = %s AND %s""",
                _PAYMENT_COLUMNS,
                call.operation.value,
                self.network.id,
                self.network.is_test,
                SQL("payment.txn_id = %s", call.txn_id)
                if call.number is None
                else SQL("payment.id = %s", call.number),
            )
        )
        for row in rows:
            first = (
                WireAnswer(
                    row["answer"].encode(), row["answer_type"], row["answer_status"]
                )
                if row["answer"] is not None
                else None
            )
            return _payment(self.network, row), row["state"], row["currency_id"], first
        return None

    def _taken(self, call, result=Result.OK):
        """Return the outcome for a payment that has just changed."""
        return self._tell(result, self._read_stored(call)[0])

    def _perform(self, call, payment):
        """Take the money of an announced payment, unless its time is over."""
        record = self._lock(payment.number)
        now = fields.Datetime.now()
        if record.reserved_at + RESERVATION < now:
            record._set_state("cancelled", cancelled_at=now, cancel_reason=RUN_OUT)
            record.flush_recordset()
            return self._taken(call, Result.CANCELLED), None
        paid_at, day = _dated(self.network, call.paid_at, now)
        record._set_state(
            "accepted",
            accepted_at=now,
            business_date=day,
            paid_at=paid_at if call.paid_at else record.paid_at,
        )
        record.flush_recordset()
        self._wake_booking()
        return self._taken(call), None

    def _lock(self, number):
        """Lock a payment, waiting for another request but not for the booking job.

        :raises psycopg2.errors.LockNotAvailable: it is being booked at this moment
        """
        self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_MILLISECONDS))
        self.env.cr.execute(
            SQL(
                "SELECT id FROM payment_terminal_transaction WHERE id = %s "
                "FOR NO KEY UPDATE",
                number,
            ),
            log_exceptions=False,
        )
        return self.env["payment.terminal.transaction"].browse(number)

    def cancel(self, call):
        """Take a payment back: at once when it is not booked, by a reversal when it is.

        A payment that is not known yet is barred, for its cancellation may have
        overtaken it.
        """
        now = fields.Datetime.now()
        stored = self._read_stored(call)
        if not stored and call.number is not None:
            return self._tell(Result.UNKNOWN_PAYMENT), None
        if not stored:
            barred = self._insert(
                call, "cancelled", now, amount=0, cancel_reason=call.reason
            )
            return self._tell(Result.OK, barred), None
        payment, state, _currency, first = stored
        if first or state in TAKEN_BACK:
            return self._tell(Result.OK, payment, repeated=True), first
        record = self._lock(payment.number)
        after = "reversing" if record.state in ("booked", "suspense") else "cancelled"
        record._set_state(after, cancelled_at=now, cancel_reason=call.reason)
        record.flush_recordset()
        if after == "reversing":
            self._wake_booking()
        return self._taken(call), None

    def _wake_booking(self):
        """Have the booking job run: the payment is in the books within a minute."""
        if not self.network.is_test:
            self.env["payment.terminal.transaction"]._wake(BOOKING_JOB)

    # === QUESTIONS AFTERWARDS === #

    def get_status(self, call):
        """Say what became of a payment. Creates nothing."""
        stored = self._read_stored(call)
        if not stored:
            return self._tell(Result.UNKNOWN_PAYMENT)
        return self._tell(Result.OK, stored[0])

    def get_statement(self, call):
        """List the payments of a period by the time that the network gave them."""
        rows = self.env.execute_query_dict(
            SQL(
                """SELECT %s FROM payment_terminal_transaction payment
                    WHERE network_id = %s AND is_test = %s
                      AND paid_at BETWEEN %s AND %s
                    ORDER BY paid_at, id""",
                _PAYMENT_COLUMNS,
                self.network.id,
                self.network.is_test,
                call.since.astimezone(timezone.utc).replace(tzinfo=None),
                call.until.astimezone(timezone.utc).replace(tzinfo=None),
            )
        )
        payments = tuple(_payment(self.network, row) for row in rows)
        return Outcome(Result.OK, payments=payments)


def _dated(network, paid_at, now):
    """When a payment was made (UTC, naive) and on which day of the network.

    A time in the future or more than a year ago cannot be true: the arrival counts.
    """
    moment = now
    if paid_at is not None:
        named = paid_at.astimezone(timezone.utc).replace(tzinfo=None)
        if now - OLDEST <= named <= now + timedelta(days=1):
            moment = named
    local = moment.replace(tzinfo=timezone.utc).astimezone(network.terms.timezone)
    return moment, local.date()


def _payment(network, row):
    def aware(name):
        moment = row.get(name)
        return moment and moment.replace(tzinfo=timezone.utc)

    return Payment(
        number=row["id"],
        txn_id=row["txn_id"],
        account=row["account_number"] or "",
        amount=Decimal(f"{row['amount'] or 0:.{network.terms.decimals}f}"),
        state=STATES_OUTSIDE[row["state"]],
        reserved_at=aware("reserved_at"),
        accepted_at=aware("accepted_at"),
        cancelled_at=aware("cancelled_at"),
        named_at=aware("paid_at"),
        reason=row.get("cancel_reason") or "",
        field=row.get("account_field") or "",
    )
