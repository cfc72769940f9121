from datetime import timedelta

from odoo import api, fields, models

from ...formats.calls import RESERVATION
from ..transaction.transaction import RUN_OUT

REFUSALS_SINCE = timedelta(hours=1)
SEEN_AT_ONCE = 100


class PaymentTerminalNetwork(models.Model):
    """Tells the responsible person what no answer to a network can tell: that somebody
    tries numbers, calls from a strange address, or uses a payment's number twice."""

    _inherit = "payment.terminal.network"

    @api.model
    def _cron_watch(self):
        networks = self.env["payment.terminal.network"].search(
            [("environment", "!=", "disabled")]
        )
        self._expire_reservations()
        for network in networks:
            network._raise_conflicts()
            network._raise_attempts()
            network._raise_refusals()

    @api.model
    def _expire_reservations(self):
        """Cancel what was announced and not performed in its time."""
        now = fields.Datetime.now()
        payments = self.env["payment.terminal.transaction"].search(
            [("state", "=", "reserved"), ("reserved_at", "<", now - RESERVATION)],
            limit=SEEN_AT_ONCE,
        )
        payments.try_lock_for_update(allow_referencing=True).filtered(
            lambda payment: payment.state == "reserved"
        )._set_state("cancelled", cancelled_at=now, cancel_reason=RUN_OUT)

    def _raise_conflicts(self):
        """One activity for the payments whose number came again with other data."""
        self.ensure_one()
        requests = self.env["payment.terminal.request"].search(
            [
                ("network_id", "=", self.id),
                ("result", "=", "conflict"),
                ("is_raised", "=", False),
            ],
            limit=SEEN_AT_ONCE,
        )
        if not requests:
            return
        numbers = ", ".join(sorted(set(requests.mapped("txn_id"))))
        raised = self._raise(
            self.env._("Same payment number, other data"),
            self.env._(
                "The network used numbers of known payments again, with another "
                "customer, amount or currency: %s. They were refused. Compare them "
                "with the network's list, under Requests.",
                numbers,
            ),
        )
        # those that come while a person looks into others are told of afterwards
        requests.is_raised = raised

    def _raise_attempts(self):
        """Somebody tries customer numbers."""
        self.ensure_one()
        if self.is_paused:
            self._raise(
                self.env._("Somebody tries customer numbers"),
                self.env._(
                    "%(count)s wrong numbers within %(minutes)s minutes: lookups are "
                    "paused where they came from, payments are taken. If they are "
                    "customers' mistakes, raise the limits on the network.",
                    count=self.miss_count,
                    minutes=self.miss_window,
                ),
            )

    def _raise_refusals(self):
        """Calls that knew the address but not the rest: a stranger, or a network whose
        address or password has changed."""
        self.ensure_one()
        since = fields.Datetime.now() - REFUSALS_SINCE
        requests = self.env["payment.terminal.request"].search(
            [
                ("network_id", "=", self.id),
                ("result", "=", "forbidden"),
                ("create_date", ">", since),
                ("is_raised", "=", False),
            ],
            limit=SEEN_AT_ONCE,
        )
        if requests:
            addresses = sorted(set(requests.mapped("remote_address")))
            requests.is_raised = self._raise(
                self.env._("Calls were refused"),
                self.env._(
                    "Calls from %s were refused. If that is the network, add its "
                    "address or mend its password; if not, renew the address of the "
                    "endpoint.",
                    ", ".join(address or "?" for address in addresses),
                ),
            )

    def _raise(self, summary, note):
        """Give the responsible an activity, unless the same one is open.

        :return: whether it was given
        """
        self.ensure_one()
        if summary in self.activity_ids.mapped("summary"):
            return False
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=summary,
            note=note,
            user_id=self.user_id.id or self.env.uid,
        )
        return True
