from datetime import timedelta, timezone
from decimal import Decimal

from odoo import fields, models
from odoo.tools import SQL

from ..formats import customer_number
from ..formats.calls import RESERVATION, Operation, Outcome, Payment, Result, WireAnswer

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
# Why a payment was cancelled that was announced and never performed (Payme's word).
RUN_OUT = "4"
_PAYMENT_COLUMNS = SQL(
    """payment.id, payment.txn_id, payment.account_number, payment.amount,
       payment.state, payment.reserved_at, payment.accepted_at, payment.cancelled_at,
       payment.paid_at, payment.reason"""
)


class PaymentTerminalNetworkPayment(models.AbstractModel):
    """Takes payments and takes them back, each once, and says what became of them."""

    _name = "payment.terminal.network.payment"
    _description = "Payments told by a terminal network"

    def _do_payment(self, contract, call):
        """Take a payment, or announce one.

        Money that a customer has handed over is taken whoever they are and however much
        it is: limits, blocked and unknown numbers were the check's business.
        """
        reserving = call.operation == Operation.RESERVE
        # A known payment is never inserted again: that would wait for whoever books it.
        stored = self._read_stored(contract, call)
        if not stored:
            problem = self._get_payment_problem(contract, call, reserving)
            if problem:
                return self._told(contract, problem), None
            payment = self._insert_payment(contract, call, reserving)
            return self._told(contract, Result.OK, payment), None
        payment, state, account, amount, currency, first = stored
        if state == "cancelled" and not amount:  # its cancellation came first
            return self._told(contract, Result.CANCELLED, payment), None
        if call.amount is not None and (
            (amount, currency) != (call.amount, contract.currency_id)
            or (call.currency or contract.terms.currency) != contract.terms.currency
            or customer_number.normalize(account)
            != customer_number.normalize(call.account)
        ):
            return self._told(contract, Result.CONFLICT, payment), None
        if state in TAKEN_BACK:
            return self._told(contract, Result.CANCELLED, payment), None
        if not reserving and state == "reserved":
            return self._perform(contract, call, payment)
        outcome = self._told(contract, Result.OK, payment, repeated=True)
        return outcome, first

    def _get_payment_problem(self, contract, call, reserving):
        """Return why a payment can never be credited, or may not be announced.

        While lookups are closed, an announcement tells no more than a payment: it is
        taken.
        """
        if call.amount is None:
            return Result.UNKNOWN_PAYMENT
        if reserving and self._may_look_up(contract, call):
            _customer, problem = self._recognise(contract, call)
            return problem or self._get_amount_problem(contract, call)
        if call.currency and call.currency != contract.terms.currency:
            return Result.WRONG_CURRENCY
        return None

    def _insert_payment(self, contract, call, reserving):
        """Store the payment and return it as a :class:`Payment`."""
        customer = self._find_customer(contract, call.account)
        now = fields.Datetime.now()
        paid_at, day = _dated(contract, call.paid_at, now)
        state = "reserved" if reserving else "accepted"
        number = self.env["payment.terminal.transaction"]._claim(
            {
                "network_id": contract.id,
                "company_id": contract.company_id,
                "currency_id": contract.currency_id,
                "txn_id": call.txn_id,
                "state": state,
                "is_test": contract.is_test,
                "account_number": call.account,
                "account_id": customer.account_id if customer else None,
                "partner_id": customer.partner_id if customer else None,
                "amount": call.amount,
                "paid_at": paid_at,
                "business_date": day,
                "terminal": call.terminal,
                "invoice_reference": call.invoice
                or (customer.invoice if customer else ""),
                f"{state}_at": now,
            }
        )
        times = (now, None) if reserving else (None, now)
        row = (number, call.txn_id, call.account, call.amount, state, *times)
        return _payment(contract, (*row, None, paid_at, ""))

    def _read_stored(self, contract, call):
        """Read the payment with this number, and the answer that was given for it.

        :return: None, or the :class:`Payment`, our state, account, amount, currency and
            the first answer
        """
        self.env.cr.execute(
            SQL(
                """SELECT %s, payment.currency_id, request.answer, request.answer_type,
                          request.answer_status
                     FROM payment_terminal_transaction payment
                LEFT JOIN payment_terminal_request request
                       ON request.transaction_id = payment.id
                      AND request.operation = %s AND request.is_binding
                    WHERE payment.network_id = %s AND payment.txn_id = %s
                      AND payment.is_test = %s""",
                _PAYMENT_COLUMNS,
                call.operation.value,
                contract.id,
                call.txn_id,
                contract.is_test,
            )
        )
        row = self.env.cr.fetchone()
        if not row:
            return None
        payment = _payment(contract, row)
        answer, kind, status = row[11:]
        first = (
            WireAnswer(answer.encode(), kind, status) if answer is not None else None
        )
        return payment, row[4], row[2] or "", payment.amount, row[10], first

    def _taken(self, contract, call):
        """Return the outcome for a payment that has just changed."""
        payment = self._read_stored(contract, call)[0]
        return self._told(contract, Result.OK, payment)

    def _perform(self, contract, call, payment):
        """Take the money of an announced payment, unless its time is over."""
        record = self._lock(payment.number)
        now = fields.Datetime.now()
        if record.reserved_at + RESERVATION < now:
            record._set_state("cancelled", cancelled_at=now, reason=RUN_OUT)
            record.flush_recordset()
            payment = self._read_stored(contract, call)[0]
            return self._told(contract, Result.CANCELLED, payment), None
        paid_at, day = _dated(contract, call.paid_at, now)
        record._set_state(
            "accepted",
            accepted_at=now,
            business_date=day,
            paid_at=paid_at if call.paid_at else record.paid_at,
        )
        record.flush_recordset()
        return self._taken(contract, call), None

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
        return self.env["payment.terminal.transaction"].sudo().browse(number)

    def _do_cancel(self, contract, call):
        """Take a payment back: at once when it is not booked, by a reversal when it is.

        A payment that is not known yet is barred, for its cancellation may have
        overtaken it.
        """
        now = fields.Datetime.now()
        stored = self._read_stored(contract, call)
        if not stored:
            self.env["payment.terminal.transaction"]._claim(
                {
                    "network_id": contract.id,
                    "company_id": contract.company_id,
                    "currency_id": contract.currency_id,
                    "txn_id": call.txn_id,
                    "state": "cancelled",
                    "is_test": contract.is_test,
                    "account_number": call.account,
                    "amount": 0,
                    "business_date": _dated(contract, None, now)[1],
                    "cancelled_at": now,
                    "reason": call.reason,
                }
            )
            return self._taken(contract, call), None
        payment, state, *_data, first = stored
        if first or state in TAKEN_BACK:
            return self._told(contract, Result.OK, payment, repeated=True), first
        record = self._lock(payment.number)
        after = "reversing" if record.state in ("booked", "suspense") else "cancelled"
        record._set_state(after, cancelled_at=now, reason=call.reason)
        record.flush_recordset()
        return self._taken(contract, call), None

    # === QUESTIONS AFTERWARDS === #

    def _do_status(self, contract, call):
        """Say what became of a payment. Creates nothing."""
        stored = self._read_stored(contract, call)
        if not stored:
            return self._told(contract, Result.UNKNOWN_PAYMENT)
        return self._told(contract, Result.OK, stored[0])

    def _do_statement(self, contract, call):
        """List the payments of a period by the time that the network gave them."""
        if not call.since or not call.until or call.since > call.until:
            return self._told(contract, Result.BAD_DATE)
        self.env.cr.execute(
            SQL(
                """SELECT %s FROM payment_terminal_transaction payment
                    WHERE network_id = %s AND is_test = %s
                      AND paid_at BETWEEN %s AND %s
                    ORDER BY paid_at, id""",
                _PAYMENT_COLUMNS,
                contract.id,
                contract.is_test,
                call.since.astimezone(timezone.utc).replace(tzinfo=None),
                call.until.astimezone(timezone.utc).replace(tzinfo=None),
            )
        )
        payments = tuple(_payment(contract, row) for row in self.env.cr.fetchall())
        return Outcome(Result.OK, payments=payments)


def _dated(contract, paid_at, now):
    """When a payment was made (UTC, naive) and on which day of the network.

    A time in the future or more than a year ago cannot be true: the arrival counts.
    """
    moment = now
    if paid_at is not None:
        named = paid_at.astimezone(timezone.utc).replace(tzinfo=None)
        if now - OLDEST <= named <= now + timedelta(days=1):
            moment = named
    local = moment.replace(tzinfo=timezone.utc).astimezone(contract.terms.timezone)
    return moment, local.date()


def _payment(contract, row):
    (
        number,
        txn_id,
        account,
        amount,
        state,
        reserved,
        accepted,
        cancelled,
        paid,
        reason,
    ) = row[:10]
    aware = [
        moment and moment.replace(tzinfo=timezone.utc)
        for moment in (reserved, accepted, cancelled, paid)
    ]
    return Payment(
        number=number,
        txn_id=txn_id,
        account=account or "",
        amount=Decimal(f"{amount or 0:.{contract.terms.decimals}f}"),
        state=STATES_OUTSIDE[state],
        reserved_at=aware[0],
        accepted_at=aware[1],
        cancelled_at=aware[2],
        named_at=aware[3],
        reason=reason or "",
    )
