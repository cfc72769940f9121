from datetime import timedelta

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

    def _read_hours(self):
        """Read today's payments by hour of the network's day.

        :return: by network, 24 pairs of a count and an amount
        """
        hours = {
            network_id: [[0, 0.0] for _hour in range(24)] for network_id in self.ids
        }
        if self.ids:
            now = fields.Datetime.now()
            rows = self.env.execute_query(
                SQL(
                    """SELECT network.id,
                              extract(hour FROM payment.paid_at
                                  AT TIME ZONE 'UTC' AT TIME ZONE network.tz)::int,
                              count(*), sum(payment.amount)::float
                         FROM payment_terminal_network network
                         JOIN payment_terminal_transaction payment
                           ON payment.network_id = network.id
                          AND payment.business_date = (%s::timestamp
                              AT TIME ZONE 'UTC' AT TIME ZONE network.tz)::date
                        WHERE network.id IN %s
                          AND payment.business_date BETWEEN %s AND %s
                          AND payment.state IN ('accepted', 'booked', 'suspense')
                          AND (payment.is_test IS TRUE) = (network.environment = 'test')
                          AND payment.paid_at IS NOT NULL
                     GROUP BY 1, 2""",
                    now,
                    tuple(self.ids),
                    now.date() - PERIOD,
                    now.date() + PERIOD,
                )
            )
            for network_id, hour, count, amount in rows:
                hours[network_id][hour] = [count, amount]
        return hours

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
