import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import contained

_logger = logging.getLogger(__name__)
_lt = LazyTranslate(__name__)

REFUSALS_SINCE = timedelta(hours=1)
SEEN_AT_ONCE = 100


class PaymentTerminalNetwork(models.Model):
    """Tells the responsible person what no answer to a network can tell: that somebody
    tries numbers, calls from a strange address, uses a payment's number twice, or that
    a day does not add up."""

    _inherit = "payment.terminal.network"

    @api.model
    def _cron_watch(self):
        payments = self.env["payment.terminal.transaction"].sudo()
        payments._work_through("_find_to_expire", "_expire")
        everything = self.with_context(active_test=False)
        networks = everything.search([])  # pylint: disable=no-search-all
        for network in networks.with_env(self.env):
            try:
                network._watch()
            except OperationalError:
                # somebody has just changed what it looks at: with the next run
                self.env.cr.rollback()

    def _watch(self):
        """Look at one network; what goes wrong with it stops no other.

        Nobody asks one that is closed, but its days must add up still.
        """
        looks = [self._watch_difference, self._close_hours]
        if self.active and self.environment != "disabled":
            looks = [
                self._watch_conflicts,
                self._watch_attempts,
                self._watch_refusals,
                *looks,
            ]
            if self.environment == "prod":
                looks.append(self._watch_registries)
        for look in looks:
            with contained(
                _logger,
                self.env.cr,
                "Network %s cannot be watched",
                self.id,
                tell=self._tell_fault,
            ):
                look()
        self.env["ir.cron"]._commit_progress()

    def _watch_conflicts(self):
        """Payments whose number came again with other data."""
        requests = self._get_unseen(Domain("result", "=", "conflict"))
        if requests:
            told = self._remind(
                "payment_terminal.mail_activity_type_conflict",
                _lt(
                    "The network used numbers of known payments again, with another "
                    "customer, amount or currency: %s. They were refused. Compare them "
                    "with the network's list, under Requests.",
                    ", ".join(sorted(set(requests.mapped("txn_id")))),
                ),
            )
            # those that come while a person looks into others are told of afterwards
            requests.is_raised = bool(told)

    def _watch_attempts(self):
        """Somebody tries customer numbers."""
        kind = "payment_terminal.mail_activity_type_attempts"
        if self.is_paused:
            self._remind(
                kind,
                _lt(
                    "%(count)s wrong numbers within %(minutes)s minutes: lookups are "
                    "paused where they came from, payments are taken. If they are "
                    "customers' mistakes, raise the limits on the network.",
                    count=self.miss_count,
                    minutes=self.miss_window,
                ),
            )

    def _watch_refusals(self):
        """Calls that knew the address but not the rest: a stranger, or a network whose
        address or password has changed."""
        since = fields.Datetime.now() - REFUSALS_SINCE
        requests = self._get_unseen(
            Domain("result", "=", "forbidden") & Domain("create_date", ">", since)
        )
        if requests:
            addresses = sorted(set(requests.mapped("remote_address")))
            told = self._remind(
                "payment_terminal.mail_activity_type_refused",
                _lt(
                    "Calls from %s were refused. If that is the network, add its "
                    "address or correct its password; if not, renew the address of the "
                    "endpoint.",
                    ", ".join(address or "?" for address in addresses),
                ),
            )
            requests.is_raised = bool(told)

    def _watch_difference(self):
        """A day does not add up."""
        kind = "payment_terminal.mail_activity_type_difference"
        if self.currency_id.is_zero(self.difference):
            self._settle(kind)
        else:
            self._remind(
                kind,
                _lt(
                    "What was accepted in the last 7 days and what was booked differ "
                    "by %s. Compare the payments of each day with their journal "
                    "entries.",
                    self.currency_id.format(self.difference),
                ),
                renew=True,
            )

    def _get_unseen(self, domain):
        """Return the newest requests that nobody was told of."""
        return self.env["payment.terminal.request"].search(
            domain
            & Domain("network_id", "=", self.id)
            & Domain("is_raised", "=", False),
            limit=SEEN_AT_ONCE,
        )
