import json
from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .figures import PERIOD

# The screen is refreshed every few seconds, so it looks no further back.
LIVE_PERIOD = timedelta(hours=1)
SHOWN_PAYMENTS = 20
_AS_THEY_ARE = (
    *("name", "environment", "currency_id", "tz", "today_count", "today_amount"),
    *("waiting_count", "error_count", "suspense_count", "miss_count", "miss_window"),
    *("misses_per_network", "is_paused", "paused_kiosks", "lookups_enabled"),
)
_ANSWERS = ("count", "p50", "p95", "longest", "late_share")


class PaymentTerminalNetwork(models.Model):
    """The live screen."""

    _inherit = "payment.terminal.network"

    @api.readonly
    def get_live_figures(self):
        """Return what the live screen shows of these networks, or of all open ones.

        :return: ``{now, networks}``, plain values; times in UTC, durations in ms and
            of the last hour
        """
        networks = self or self.search([("environment", "!=", "disabled")])
        networks.check_access("read")
        networks = networks.sorted(lambda network: network.environment != "prod")
        now = fields.Datetime.now()
        answers = networks._read_request_figures(now - LIVE_PERIOD)
        hours = networks._read_hours()
        figures = networks.read([*_AS_THEY_ARE, "waiting_since"], load=None)
        for network, row in zip(networks, figures, strict=True):
            since = row.pop("waiting_since")
            heard = answers[network.id]
            row.update(
                answer_limit=network.answer_limit * 1000,
                hours=hours[network.id],
                payments=network._get_latest_payments(),
                waiting_seconds=round((now - since).total_seconds()) if since else 0,
                miss_limit=row.pop("misses_per_network"),
                refused_count=heard["refused"],
                conflict_count=heard["conflicts"],
                last_request_at=fields.Datetime.to_string(heard["last"]),
                answers={key: heard[key] for key in _ANSWERS},
            )
        return {"now": fields.Datetime.to_string(now), "networks": figures}

    closed_hours = fields.Json(
        string="Hours that are over",
        readonly=True,
        copy=False,
        help="What was paid in the hours of today that are over: a screen counts only "
        "what came since.",
    )

    def _read_hours(self):
        """Read today's payments by hour of the network's day.

        :return: by network, 24 pairs of a count and an amount
        """
        starts, hours = {}, {}
        for network in self.filtered("id"):
            starts[network.id], hours[network.id] = network._get_closed_hours()
        for network_id, hour, count, amount in self._count_hours(starts):
            before = hours[network_id][hour]
            hours[network_id][hour] = [before[0] + count, before[1] + amount]
        return hours

    def _get_closed_hours(self):
        """Return until when today's payments were added up already, and by hour."""
        closed = self.closed_hours or {}
        kind = [fields.Date.to_string(self._get_today()), self.environment]
        if closed.get("kind") == kind:
            return fields.Datetime.to_datetime(closed["until"]), [*closed["hours"]]
        return datetime.min, [[0, 0.0] for _hour in range(24)]

    def _close_hours(self):
        """Add up the hours of today that are over.

        No write: it would have the endpoint read all networks anew.
        """
        now = fields.Datetime.now()
        until = now.replace(minute=0, second=0, microsecond=0)
        for network in self:
            closed = {
                "kind": [
                    fields.Date.to_string(network._get_today()),
                    network.environment,
                ],
                "until": fields.Datetime.to_string(until),
                "hours": [[0, 0.0] for _hour in range(24)],
            }
            rows = network._count_hours({network.id: datetime.min}, until)
            for _network, hour, count, amount in rows:
                closed["hours"][hour] = [count, amount]
            self.env.execute_query(
                SQL(
                    "UPDATE payment_terminal_network SET closed_hours = %s "
                    "WHERE id = %s RETURNING id",
                    json.dumps(closed),
                    network.id,
                )
            )
        self.invalidate_recordset(["closed_hours"])

    def _count_hours(self, starts, until=datetime.max):
        """Count today's payments by hour.

        :param dict starts: by network, from which moment (UTC) on
        :return: rows of network, hour of its clock, count, amount
        """
        if not starts:
            return []
        self.env["payment.terminal.transaction"].flush_model()
        now = fields.Datetime.now()
        return self.env.execute_query(
            SQL(
                """SELECT network.id,
                          extract(hour FROM payment.paid_at
                              AT TIME ZONE 'UTC' AT TIME ZONE network.tz)::int,
                          count(*), sum(payment.amount)::float
                     FROM (VALUES %(starts)s) AS start (id, moment)
                     JOIN payment_terminal_network network ON network.id = start.id
                     JOIN payment_terminal_transaction payment
                       ON payment.network_id = network.id
                      AND payment.paid_at >= start.moment::timestamp
                      AND payment.business_date = (%(now)s::timestamp
                          AT TIME ZONE 'UTC' AT TIME ZONE network.tz)::date
                    WHERE payment.business_date BETWEEN %(first)s AND %(last)s
                      AND payment.paid_at < %(until)s
                      AND payment.state IN ('accepted', 'booked', 'suspense')
                      AND (payment.is_test IS TRUE) = (network.environment = 'test')
                 GROUP BY 1, 2""",
                starts=SQL(", ").join(SQL("%s", pair) for pair in starts.items()),
                now=now,
                first=now.date() - PERIOD,
                last=now.date() + PERIOD,
                until=until,
            )
        )

    def _get_latest_payments(self):
        """Return the newest payments, the money of which has come or is announced."""
        self.ensure_one()
        payments = self.env["payment.terminal.transaction"].search(
            [("network_id", "=", self.id)], limit=SHOWN_PAYMENTS
        )
        states = dict(payments._fields["state"]._description_selection(self.env))
        return [
            {
                "id": payment.id,
                "txn_id": payment.txn_id,
                "customer": payment.sudo().partner_id.display_name or "",
                "account_number": payment.account_number or "",
                "amount": payment.amount,
                "time": fields.Datetime.to_string(
                    payment.paid_at or payment.create_date
                ),
                "terminal": payment.terminal or "",
                "state": payment.state,
                "state_name": states[payment.state],
                "is_test": payment.is_test,
            }
            for payment in payments
        ]
