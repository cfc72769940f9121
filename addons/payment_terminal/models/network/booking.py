from datetime import timedelta

import pytz

from odoo import fields, models
from odoo.tools import SQL


class PaymentTerminalNetwork(models.Model):
    _inherit = "payment.terminal.network"

    def _get_today(self):
        """Return the day in the network's time zone."""
        self.ensure_one()
        now = pytz.utc.localize(fields.Datetime.now())
        return now.astimezone(pytz.timezone(self.tz)).date()

    def _get_accounting_date(self, day):
        """Return when something of a day is booked: on that day, or on the first one
        whose books are open. None when that is still to come."""
        self.ensure_one()
        today = self._get_today()
        day = min(day or today, today)
        locks = self.company_id._get_violated_lock_dates(day, False, self.journal_id)
        if locks:
            day = locks[-1][0] + timedelta(days=1)
        return day if day <= today else None

    def _get_booking_obstacle(self, day):
        """Return why nothing of this network can be booked, or an empty text."""
        self.ensure_one()
        accounts = self.clearing_account_id + self.suspense_account_id
        if not self.journal_id or len(accounts) < 2:
            return self.env._(
                "%s has no journal, clearing account or suspense account. Payments are "
                "booked once they are chosen.",
                self.name,
            )
        closed = [
            record for record in (*self.journal_id, *accounts) if not record.active
        ]
        if closed:
            return self.env._(
                "%(names)s, where %(network)s is booked, is archived. Choose another.",
                names=", ".join(record.display_name for record in closed),
                network=self.name,
            )
        if not self._get_accounting_date(day):
            return self.env._(
                "The books are locked up to today and beyond. Payments are booked on "
                "the first open day, when it has come."
            )
        return ""

    def _get_responsible(self):
        """Return who is asked when a person must decide."""
        self.ensure_one()
        user = self.user_id
        if user.active and self.company_id in user.company_ids:
            return user
        managers = self.env.ref(
            "payment_terminal.payment_terminal_group_manager"
        ).all_user_ids.filtered(lambda u: u.active and self.company_id in u.company_ids)
        people = managers.filtered(lambda u: u.id != self.env.ref("base.user_root").id)
        return (people or managers)[:1] or self.env.ref("base.user_admin")

    def _get_day_totals(self, day):
        """Prove a business day: what was accepted is booked on the clearing account, or
        waits.

        Test payments are no money and in no figure. All amounts are in the network's
        currency.

        :return: dict: ``accepted`` (online, also what was taken back later), ``booked``
            (debits of the clearing account in the day's entries), ``waiting`` (not
            booked yet), ``reversed`` (credits of the clearing account), ``to_reverse``
            (not reversed yet), ``suspense`` (booked, for nobody we know),
            ``difference`` = accepted - booked - waiting, which is 0
        """
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT coalesce(sum(amount), 0),
                          coalesce(sum(amount) FILTER (WHERE move_line_id IS NULL), 0),
                          coalesce(sum(amount) FILTER (WHERE state = 'reversing'), 0),
                          coalesce(sum(amount) FILTER (WHERE state = 'suspense'), 0)
                     FROM payment_terminal_transaction
                    WHERE network_id = %s AND business_date = %s
                      AND state NOT IN ('reserved', 'cancelled')
                      AND is_test IS NOT TRUE""",
                self.id,
                day,
            )
        )
        accepted, waiting, to_reverse, suspense = self.env.cr.fetchone()
        self.env.cr.execute(
            SQL(
                """SELECT coalesce(sum(greatest(line.amount_currency, 0)), 0),
                          coalesce(sum(greatest(-line.amount_currency, 0)), 0)
                     FROM account_move move
                     JOIN account_move_line line
                       ON line.id = move.terminal_clearing_line_id
                    WHERE move.terminal_network_id = %s
                      AND move.terminal_business_date = %s
                      AND move.state = 'posted'""",
                self.id,
                day,
            )
        )
        booked, taken_back = self.env.cr.fetchone()
        rounded = self.currency_id.round
        return {
            "accepted": rounded(float(accepted)),
            "booked": rounded(float(booked)),
            "waiting": rounded(float(waiting)),
            "reversed": rounded(float(taken_back)),
            "to_reverse": rounded(float(to_reverse)),
            "suspense": rounded(float(suspense)),
            "difference": rounded(float(accepted - booked - waiting)),
        }

    def _remind_of_booking(self, reason):
        """Give the responsible one activity, unless it is there, while nothing of the
        network can be booked."""
        self.ensure_one()
        kind = "payment_terminal.mail_activity_type_booking"
        open_ones = self.activity_search([kind])
        if open_ones:
            open_ones.note = reason
        else:
            self.activity_schedule(
                kind, note=reason, user_id=self._get_responsible().id
            )

    def _settle_booking(self):
        """Something could be booked: close that activity."""
        self.activity_unlink(["payment_terminal.mail_activity_type_booking"])
