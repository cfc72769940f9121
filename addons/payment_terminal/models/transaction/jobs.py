from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...formats.calls import RESERVATION
from ...tools import check_user
from .transaction import IN_THE_BOOKS, RUN_OUT

BOOKING_JOB = "payment_terminal.ir_cron_payment_terminal_book"
NOT_BOOKED = "payment_terminal.mail_activity_type_booking"
# The other lanes of a job do not wait for a network that one of them is booking.
_LANE_LOCK = 1_947_120_835


class PaymentTerminalTransaction(models.Model):
    """What the booking job does, in batches that any number of lanes share.

    A payment that cannot be worked on waits, with the reason, ever longer; it never
    holds up the others, and it is never given up: it is money.
    """

    _inherit = "payment.terminal.transaction"

    _MAX_ATTEMPTS = None
    #: an entry has at most so many payments: one transaction, a few seconds
    _BATCH = 500

    @api.model
    def _cron_book(self):
        """Book what has been paid and reverse what has been taken back; then pay newer
        invoices from credits. Each minute, and whenever something was accepted."""
        payments = self.sudo().with_context(tracking_disable=True)
        by_day = ("network_id", "business_date")
        for find, work, keys in (
            ("_find_to_book", "_book", by_day),
            ("_find_to_reverse", "_reverse", by_day),
            ("_find_to_use", "_use_credit", by_day[:1]),
            ("_find_to_forget", "_forget", by_day[:1]),
        ):
            if not payments._work_through(
                find, work, keys, batch=self._BATCH, order="business_date, id"
            ):
                break

    @api.model
    def _find_to_book(self):
        domain = (
            Domain("state", "=", "accepted")
            & Domain("is_test", "=", False)
            & self._get_due_domain()
        )
        return domain & self._get_free_network()

    @api.model
    def _get_free_network(self):
        """Return a domain with a network that has something to book and that no other
        lane is booking; with all of them where there is none such.

        Entries of a journal are numbered one after the other, so that two lanes gain
        nothing on the same network.
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT network.id
                     FROM payment_terminal_network network
               CROSS JOIN LATERAL (
                          SELECT business_date FROM payment_terminal_transaction
                           WHERE network_id = network.id AND state = 'accepted'
                             AND is_test IS NOT TRUE
                             AND (next_attempt IS NULL OR next_attempt <= %s)
                        ORDER BY business_date LIMIT 1) AS oldest
                 ORDER BY oldest.business_date, random()""",
                fields.Datetime.now(),
            )
        )
        for [network_id] in rows:
            [[is_free]] = self.env.execute_query(
                SQL("SELECT pg_try_advisory_xact_lock(%s, %s)", _LANE_LOCK, network_id)
            )
            if is_free:
                return Domain("network_id", "=", network_id)
        return Domain.TRUE

    def _on_fault(self, fault):
        result = super()._on_fault(fault)
        self._remind(NOT_BOOKED, self.reason)
        return result

    def _forget(self):
        """Nothing is left to be tried: close what people were asked to look into."""
        tried = self.filtered("next_attempt")
        if tried:
            tried.write({"reason": False, "attempts": 0, "next_attempt": False})
            tried._settle(NOT_BOOKED)

    def _find_to_forget(self):
        """Payments that were cancelled while they waited, and credits that have been
        used up otherwise: nothing is left to be tried."""
        used_up = Domain("state", "in", IN_THE_BOOKS) & ~Domain("credit", ">", 0)
        return Domain("next_attempt", "!=", False) & (
            Domain("state", "=", "cancelled") | used_up
        )

    # === ANNOUNCED, AND NOT PERFORMED IN TIME === #

    @api.model
    def _find_to_expire(self):
        return Domain("state", "=", "reserved") & Domain(
            "reserved_at", "<", fields.Datetime.now() - RESERVATION
        )

    def _expire(self):
        now = fields.Datetime.now()
        self._set_state("cancelled", cancelled_at=now, cancel_reason=RUN_OUT)

    # === PEOPLE === #

    def _get_candidates(self):
        # EXTENDS 'receivables_base'
        return self.network_id._get_candidates()

    def action_retry(self):
        """Try again with the next run, that is within a minute."""
        check_user(self)
        waiting = self.sudo().filtered("next_attempt")
        waiting.next_attempt = fields.Datetime.now()
        self._wake(BOOKING_JOB)
        return True
