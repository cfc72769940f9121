from collections import defaultdict
from datetime import timedelta

import pytz

from odoo import fields, models
from odoo.tools import SQL, LazyTranslate

from ..transaction.assignment import WAITING

_lt = LazyTranslate(__name__)

# What is proved each time that somebody looks, and by the watch job.
PROVED_DAYS = 7
FIGURES = (
    *("accepted", "waiting", "to_reverse", "suspense", "booked", "reversed"),
    "difference",
)


class PaymentTerminalNetwork(models.Model):
    """When and where payments are booked, and the proof that all of them are."""

    _inherit = "payment.terminal.network"

    difference = fields.Monetary(
        compute="_compute_difference",
        help="What was accepted in the last 7 days, less what is booked and what still "
        "waits. It is zero, or something is wrong.",
    )

    def _get_today(self):
        """Return the day in the network's time zone."""
        self.ensure_one()
        now = pytz.utc.localize(fields.Datetime.now())
        return now.astimezone(pytz.timezone(self.tz)).date()

    def _get_accounting_date(self, day):
        """Return when something of a day is booked: on that day, or on the first one
        whose books are open. None when that is still to come."""
        self.ensure_one()
        return self.company_id._get_open_date(day, self._get_today(), self.journal_id)

    def _get_booking_obstacle(self, day):
        """Return why nothing of this network can be booked, as a lazy translation, or
        an empty text."""
        self.ensure_one()
        accounts = self.clearing_account_id + self.suspense_account_id
        if not self.journal_id or len(accounts) < 2:
            return _lt(
                "%s has no journal, clearing account or suspense account. Payments are "
                "booked once they are chosen.",
                self.name,
            )
        closed = [
            record for record in (*self.journal_id, *accounts) if not record.active
        ]
        if closed:
            return _lt(
                "%(names)s, where %(network)s is booked, is archived. Choose another.",
                names=", ".join(record.display_name for record in closed),
                network=self.name,
            )
        if not self._get_accounting_date(day):
            return _lt(
                "The books are locked up to today and beyond. Payments are booked on "
                "the first open day, when it has come."
            )
        return ""

    def action_open_entries(self):
        """Show what was booked for the network."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "account.action_move_journal_line"
            ),
            "display_name": self.name,
            "domain": [("terminal_network_id", "=", self.id)],
            "context": {"create": False},
        }

    # === THE PROOF === #

    def _compute_difference(self):
        today = fields.Date.today()
        totals = self._read_day_totals(
            today - timedelta(days=PROVED_DAYS), today + timedelta(days=1)
        )
        for network in self:
            network.difference = sum(
                figures["difference"]
                for (network_id, _day), figures in totals.items()
                if network_id == network.id
            )

    def _read_day_totals(self, first, last):
        """Prove business days: what was accepted is booked on the clearing account, or
        waits.

        Test payments are no money and in no figure. All amounts are in the network's
        currency.

        :return: by id of the network and day: ``accepted`` (online, also what was taken
            back later), ``booked`` (debits of the clearing account in the day's
            entries), ``waiting`` (not booked yet), ``reversed`` (credits of the
            clearing account), ``to_reverse`` (not reversed yet), ``suspense`` (booked,
            for nobody we know), ``difference`` = accepted - booked - waiting
        """
        if not self.ids:
            return {}
        self.env["payment.terminal.transaction"].flush_model()
        moves = self.env["account.move"]
        moves.flush_model(
            ["state", "terminal_business_date", "terminal_clearing_line_id"]
        )
        moves.line_ids.flush_model(["amount_currency", "balance"])
        period = {"networks": tuple(self.ids), "first": first, "last": last}
        paid = self.env.execute_query_dict(
            SQL(
                """SELECT network_id, business_date AS day,
                          coalesce(sum(amount), 0) AS accepted,
                          coalesce(sum(amount) FILTER (WHERE move_id IS NULL), 0)
                              AS waiting,
                          coalesce(sum(amount) FILTER (WHERE state = 'reversing'), 0)
                              AS to_reverse,
                          sum(%(waiting)s) AS suspense
                     FROM payment_terminal_transaction payment
                    WHERE network_id IN %(networks)s
                      AND business_date BETWEEN %(first)s AND %(last)s
                      AND state NOT IN ('reserved', 'cancelled')
                      AND is_test IS NOT TRUE
                 GROUP BY network_id, business_date""",
                waiting=WAITING,
                **period,
            )
        )
        booked = self.env.execute_query_dict(
            SQL(
                """SELECT move.terminal_network_id AS network_id,
                          move.terminal_business_date AS day,
                          sum(greatest(line.amount_currency, 0)) AS booked,
                          sum(greatest(-line.amount_currency, 0)) AS reversed
                     FROM account_move move
                     JOIN account_move_line line
                       ON line.id = move.terminal_clearing_line_id
                    WHERE move.terminal_network_id IN %(networks)s
                      AND move.terminal_business_date BETWEEN %(first)s AND %(last)s
                      AND move.state = 'posted'
                 GROUP BY move.terminal_network_id, move.terminal_business_date""",
                **period,
            )
        )
        totals = defaultdict(lambda: dict.fromkeys(FIGURES, 0))
        for row in (*paid, *booked):
            totals[row.pop("network_id"), row.pop("day")].update(row)
        for (network_id, _day), figures in totals.items():
            left = figures["accepted"] - figures["booked"] - figures["waiting"]
            rounded = self.browse(network_id).currency_id.round
            for name, amount in {**figures, "difference": left}.items():
                figures[name] = rounded(float(amount))
        totals.update(self._read_archived_totals(first, last))
        return totals

    def _read_archived_totals(self, first, last):
        """Return the proof of days whose payments are not in the database any more."""
        archives = self.env["payment.terminal.archive"].sudo()
        return {
            (archive.network_id.id, fields.Date.to_date(day)): figures
            for archive in archives.search(
                [
                    ("network_id", "in", self.ids),
                    ("state", "in", ("removing", "removed")),
                    ("date_until", ">=", first),
                ],
                order="date_until desc",
            )
            for day, figures in (archive.proof or {}).items()
            if first <= fields.Date.to_date(day) <= last
        }
