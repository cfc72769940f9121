import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

# An entry has at most so many payments: one transaction, a few seconds.
BITE = 500
# Rows that another worker holds are passed over.
SPARE = 100
# How often a bite is tried again when another transaction was in its way.
COLLISIONS = 3
FIRST_DELAY = timedelta(minutes=5)
LONGEST_DELAY = timedelta(hours=12)


class PaymentTerminalTransaction(models.Model):
    """Work on payments in small bites that any number of workers share.

    A payment that cannot be worked on waits, with the reason, ever longer; it never
    holds up the others.
    """

    _inherit = "payment.terminal.transaction"

    error = fields.Text(string="Why it waits", readonly=True, copy=False)
    attempts = fields.Integer(readonly=True, copy=False, aggregator=None)
    next_attempt = fields.Datetime(
        string="Tried again", readonly=True, copy=False, index="btree_not_null"
    )

    @api.model
    def _cron_book(self):
        """Book what has been paid and reverse what has been taken back; then pay newer
        invoices from credits. Every minute."""
        payments = self.sudo().with_context(tracking_disable=True)
        by_day = ("network_id", "business_date")
        for find, work, keys in (
            ("_find_to_book", "_book", by_day),
            ("_find_to_reverse", "_reverse", by_day),
            ("_find_to_use", "_use_credit", by_day[:1]),
            ("_find_to_forget", "_forget", by_day[:1]),
        ):
            if not payments._work_through(find, work, keys):
                break

    @api.model
    def _work_through(self, find, work, keys):
        """Do ``work`` on what ``find`` finds, a bite in each transaction.

        :param str find: method: from a limit, payments, and a domain that they leave
            when they are worked on
        :param str work: method, called on payments with the same ``keys``
        :return: False when time is up or other transactions were in the way; the rest
            waits for the next run
        """
        collisions = 0
        while True:
            try:
                found, domain = getattr(self, find)(BITE + SPARE)
                payments = found.try_lock_for_update(
                    allow_referencing=True, limit=BITE
                ).filtered_domain(domain)
                groups = payments.grouped(lambda p: tuple(p[key] for key in keys))
                for group in groups.values():
                    group._try(work)
                self.env.flush_all()
            except OperationalError:
                self.env.cr.rollback()
                collisions += 1
                if collisions > COLLISIONS:
                    return False
                continue
            if not payments:
                return True
            left = len(found) - len(payments)
            if not self.env["ir.cron"]._commit_progress(len(payments), remaining=left):
                return False

    def _try(self, work):
        """Do ``work`` on all, or find by halves on which of them it cannot be done."""
        try:
            with self.env.cr.savepoint():
                getattr(self, work)()
        except OperationalError:
            # Another transaction was in the way: the bite is tried again.
            raise
        except Exception as fault:
            if len(self) > 1:
                half = len(self) // 2
                self[:half]._try(work)
                self[half:]._try(work)
                return
            if isinstance(fault, UserError):
                reason = str(fault)
            else:
                _logger.exception("Payment %s at a terminal", self.id)
                reason = self.env._(
                    "An unexpected fault; the server's log says more: %s", fault
                )
            self._park(reason)
            self._remind("payment_terminal.mail_activity_type_booking", reason)

    def _park(self, reason):
        """Let payments wait, the longer the more often it was tried."""
        now = fields.Datetime.now()
        for attempts, payments in self.grouped("attempts").items():
            delay = min(FIRST_DELAY * 2 ** min(attempts, 16), LONGEST_DELAY)
            payments.write(
                {"error": reason, "attempts": attempts + 1, "next_attempt": now + delay}
            )

    def _forget(self):
        """Nothing is left to be tried: close what people were asked to look into."""
        tried = self.filtered("next_attempt")
        if tried:
            tried.write({"error": False, "attempts": 0, "next_attempt": False})
            tried._settle("payment_terminal.mail_activity_type_booking")

    @api.model
    def _get_due_domain(self):
        """Which payments do not wait."""
        return Domain("next_attempt", "=", False) | Domain(
            "next_attempt", "<=", fields.Datetime.now()
        )

    def _find_to_forget(self, limit):
        """Payments that were cancelled while they waited."""
        domain = Domain("next_attempt", "!=", False) & Domain("state", "=", "cancelled")
        return self.search(domain, limit=limit), domain

    # === PEOPLE === #

    def _remind(self, kind, note=""):
        """Give the networks' responsibles an activity for each payment without one."""
        kind = self.env.ref(kind)
        there = self._get_activities(kind).mapped("res_id")
        model = self.env["ir.model"]._get_id(self._name)
        responsibles = {
            network: network._get_responsible() for network in self.network_id
        }
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            [
                {
                    "activity_type_id": kind.id,
                    "automated": True,
                    "summary": kind.summary,
                    "note": note,
                    "res_model_id": model,
                    "res_id": payment.id,
                    "user_id": responsibles[payment.network_id].id,
                    "date_deadline": fields.Date.context_today(self),
                }
                for payment in self
                if payment.id not in there
            ]
        )

    def _settle(self, kind):
        """Close the activities of a kind."""
        self._get_activities(self.env.ref(kind)).unlink()

    def _get_activities(self, kind):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("activity_type_id", "=", kind.id),
            ]
        )

    def action_retry(self):
        """Try again with the next run, that is within a minute."""
        if not self.env.user.has_group("payment_terminal.payment_terminal_group_user"):
            raise AccessError(
                self.env._("Only users of payment terminals can do this.")
            )
        self.check_access("read")
        waiting = self.sudo().filtered("next_attempt")
        waiting.next_attempt = fields.Datetime.now()
        self.env.ref("payment_terminal.ir_cron_payment_terminal_book").sudo()._trigger()
