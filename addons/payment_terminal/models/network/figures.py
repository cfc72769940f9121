from collections import defaultdict
from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ..request import MISSES
from ..transaction.assignment import WAITING

# What a person looks back on.
PERIOD = timedelta(days=1)
# An answer that takes half the network's patience today is late tomorrow.
SLOW_SHARE = 0.5
LATE_SHARE = 0.01
_PAYMENT_FIGURES = ("waiting_count", "suspense_count", "suspense_amount", "error_count")


class PaymentTerminalNetwork(models.Model):
    """How a network does: what it brought in today, what waits for a person, and if it
    is answered in time. Counted when looked at, for all networks at once; several
    requests come in a second, so nothing of this is stored."""

    _inherit = "payment.terminal.network"

    today_count = fields.Integer(
        string="Payments today",
        compute="_compute_today_figures",
        help="Of the network's own day. A network under test counts its test payments.",
    )
    today_amount = fields.Monetary(
        string="Paid today", compute="_compute_today_figures"
    )
    waiting_count = fields.Integer(string="To book", compute="_compute_payment_figures")
    waiting_since = fields.Datetime("Waiting since", compute="_compute_payment_figures")
    suspense_count = fields.Integer(
        string="To assign", compute="_compute_payment_figures"
    )
    suspense_amount = fields.Monetary(
        "Suspense amount", compute="_compute_payment_figures"
    )
    error_count = fields.Integer(
        string="Could not be booked", compute="_compute_payment_figures"
    )
    last_request_at = fields.Datetime(
        string="Last request", compute="_compute_request_figures"
    )
    request_count = fields.Integer(
        string="Requests",
        compute="_compute_request_figures",
        help="In the last 24 hours.",
    )
    conflict_count = fields.Integer(
        string="Conflicts",
        compute="_compute_request_figures",
        help="Payment numbers that came again with other data, in the last 24 hours.",
    )
    refused_count = fields.Integer(
        string="Refused calls",
        compute="_compute_request_figures",
        help="Calls of strangers, or of the network with a wrong address or password, "
        "in the last 24 hours.",
    )
    is_slow = fields.Boolean("Is slow", compute="_compute_request_figures")
    is_silent = fields.Boolean(
        "Is silent",
        compute="_compute_request_figures",
        help="In production, and no request for a day.",
    )
    miss_count = fields.Integer(
        string="Wrong numbers",
        compute="_compute_miss_figures",
        help="Customer numbers that do not exist, within the network's window.",
    )
    latency_sentence = fields.Char(
        string="How fast it is answered", compute="_compute_request_figures"
    )
    is_paused = fields.Boolean(string="Lookups paused", compute="_compute_miss_figures")
    pause_sentence = fields.Char(
        string="Why lookups are paused", compute="_compute_miss_figures"
    )
    paused_kiosks = fields.Char("Paused kiosks", compute="_compute_miss_figures")

    # === FOR ALL NETWORKS AT ONCE === #

    def _compute_today_figures(self):
        hours = self._read_hours()
        for network in self:
            paid = hours.get(network.id, [])
            network.today_count = sum(count for count, _amount in paid)
            network.today_amount = sum(amount for _count, amount in paid)

    def _compute_payment_figures(self):
        figures = self._read_payment_figures()
        for network in self:
            values = figures.get(network.id, {})
            network.waiting_since = values.get("waiting_since")
            for name in _PAYMENT_FIGURES:
                network[name] = values.get(name, 0)

    def _compute_request_figures(self):
        now = fields.Datetime.now()
        figures = self._read_request_figures(now - PERIOD)
        for network in self:
            values = figures.get(network.id, {})
            last = values.get("last")
            network.last_request_at = last
            network.request_count = values.get("count", 0)
            network.conflict_count = values.get("conflicts", 0)
            network.refused_count = values.get("refused", 0)
            p95 = values.get("p95", 0)
            network.latency_sentence = self.env._(
                "95 of 100 answers in 24 hours took no more than %(time)s ms; the "
                "network waits %(limit)s s.",
                time=p95,
                limit=network.answer_limit,
            )
            limit = network.answer_limit * 1000
            network.is_slow = (
                p95 > limit * SLOW_SHARE or values.get("late_share", 0) > LATE_SHARE
            )
            network.is_silent = network.environment == "prod" and not (
                last and last > now - PERIOD
            )

    def _compute_miss_figures(self):
        misses = self._read_misses()
        for network in self:
            kiosks = misses.get(network.id, {})
            most, here = network.misses_per_network, network.misses_per_kiosk
            network.miss_count = sum(kiosks.values())
            paused = sorted(
                kiosk for kiosk in kiosks if kiosk and 0 < here <= kiosks[kiosk]
            )
            network.paused_kiosks = ", ".join(paused)
            network.is_paused = bool(paused) or 0 < most <= network.miss_count
            network.pause_sentence = network._get_pause_sentence()

    def _get_pause_sentence(self):
        """Return why lookups are paused, or an empty text."""
        if not self.is_paused:
            return ""
        figures = {"count": self.miss_count, "minutes": self.miss_window}
        if not self.paused_kiosks:
            return self.env._(
                "%(count)s wrong numbers in the last %(minutes)s minutes: lookups are "
                "paused. They open again by themselves; payments are taken.",
                **figures,
            )
        return self.env._(
            "%(count)s wrong numbers in the last %(minutes)s minutes: lookups are "
            "paused at %(kiosks)s. They open again by themselves; payments are taken.",
            kiosks=self.paused_kiosks,
            **figures,
        )

    def _read_payment_figures(self):
        """Read what waits, by network."""
        if not self.ids:
            return {}
        self.env["payment.terminal.transaction"].flush_model()
        self.env["account.move.line"].flush_model(["balance"])
        rows = self.env.execute_query_dict(
            SQL(
                """SELECT network_id AS id,
                          count(*) FILTER (WHERE state = 'accepted') AS waiting_count,
                          min(accepted_at) FILTER (WHERE state = 'accepted')
                              AS waiting_since,
                          count(*) FILTER (WHERE state = 'accepted'
                              AND next_attempt IS NOT NULL) AS error_count,
                          count(*) FILTER (WHERE state = 'suspense') AS suspense_count,
                          sum(%s) AS suspense_amount
                     FROM payment_terminal_transaction payment
                    WHERE network_id IN %s
                      AND state IN ('accepted', 'suspense')
                      AND is_test IS NOT TRUE
                 GROUP BY network_id""",
                WAITING,
                tuple(self.ids),
            )
        )
        return {row["id"]: row for row in rows}

    def _read_request_figures(self, since):
        """Read how a network was answered since a moment, by network.

        :return: by id, ``{last, count, conflicts, refused, p50, p95, longest,
            late_share}``; times of answers in ms
        """
        if not self.ids:
            return {}
        self.env["payment.terminal.request"].flush_model()
        limits = [(network.id, network.answer_limit * 1000 or None) for network in self]
        rows = self.env.execute_query_dict(
            SQL(
                """SELECT network.id, recent.*, (
                          SELECT create_date FROM payment_terminal_request
                           WHERE network_id = network.id
                        ORDER BY create_date DESC LIMIT 1) AS last
                     FROM (VALUES %(limits)s) AS network (id, patience)
                    CROSS JOIN LATERAL (
                          SELECT count(*) AS count,
                                 count(*) FILTER (WHERE result = 'conflict')
                                     AS conflicts,
                                 count(*) FILTER (WHERE result = 'forbidden')
                                     AS refused,
                                 percentile_disc(0.5) WITHIN GROUP (ORDER BY duration)
                                     AS p50,
                                 percentile_disc(0.95) WITHIN GROUP (ORDER BY duration)
                                     AS p95,
                                 max(duration) AS longest,
                                 (count(*) FILTER (
                                     WHERE duration > network.patience::int
                                 ))::float / nullif(count(*), 0) AS late_share
                            FROM payment_terminal_request
                           WHERE network_id = network.id
                             AND create_date > %(since)s) AS recent""",
                limits=SQL(", ").join(SQL("%s", limit) for limit in limits),
                since=since,
            )
        )
        return {
            row["id"]: {key: value or 0 for key, value in row.items() if key != "last"}
            | {"last": row["last"]}
            for row in rows
        }

    def _read_misses(self):
        """Count wrong customer numbers within each network's window, by kiosk."""
        counts = defaultdict(dict)
        if self.ids:
            self.env["payment.terminal.request"].flush_model()
            now = fields.Datetime.now()
            since = [
                (network.id, now - timedelta(minutes=network.miss_window))
                for network in self
            ]
            rows = self.env.execute_query(
                SQL(
                    """SELECT network.id, coalesce(request.terminal, ''), count(*)
                         FROM (VALUES %s) AS network (id, since)
                         JOIN payment_terminal_request request
                           ON request.network_id = network.id
                          AND request.create_date > network.since::timestamp
                        WHERE request.result IN %s
                     GROUP BY network.id, coalesce(request.terminal, '')""",
                    SQL(", ").join(SQL("%s", pair) for pair in since),
                    MISSES,
                )
            )
            for network_id, kiosk, count in rows:
                counts[network_id][kiosk] = count
        return counts
