import fnmatch
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from odoo.addons.receivables_base.adapters import LineError
from odoo.addons.receivables_base.exceptions import ExchangeError
from odoo.addons.receivables_base.models.receivables_queue import LONGEST_WAIT
from odoo.addons.receivables_base.tools import NO_RECORDS_FAULT

from ...formats import payment_files
from ..payment_file.connection import RECEIVING_JOB

NOT_FETCHED = "payment_terminal.mail_activity_type_registry_not_fetched"
ASKING_JOB = "payment_terminal.ir_cron_payment_terminal_registry_fetch"
PAUSE = timedelta(minutes=10)
_DAY = "{day}"


class PaymentTerminalRegistrySource(models.Model):
    """Where a network puts its registries.

    Over a folder or SFTP the connection fetches the files, and those that fit the
    pattern are taken. Over HTTPS the registry of each day that has none is asked for:
    a row of a queue, due when its ``next_attempt`` has come.
    """

    _name = "payment.terminal.registry.source"
    _inherit = ["receivables.queue", "receivables.facts"]
    _description = "Source of registries"
    _order = "network_id, id"
    _check_company_auto = True
    _MAX_ATTEMPTS = None  # what is wrong with a line stands on the line
    _CONNECTION = "connection_id"

    network_id = fields.Many2one(
        "payment.terminal.network", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="network_id.company_id", store=True, index=True
    )
    connection_id = fields.Many2one(
        "receivables.connection",
        required=True,
        check_company=True,
        index=True,
        ondelete="restrict",
        domain="[('way', '!=', 'manual')]",
    )
    carries_files = fields.Boolean(related="connection_id.carries_files")
    pattern = fields.Char(
        string="Files",
        required=True,
        default="*",
        help="Only files with such a name are taken, as QIWI_123_*.csv; others stay.",
    )
    waiting_days = fields.Json(
        "Days that wait",
        readonly=True,
        copy=False,
        help="Days of which no usable registry came: how often, and until when nobody "
        "asks again.",
    )
    path = fields.Char(
        help="Where the registry of a day is asked for, as days/{day}.csv; the "
        "day stands as 2026-11-20."
    )

    @api.depends("network_id", "connection_id")
    def _compute_display_name(self):
        for source in self:
            names = source.network_id.name, source.connection_id.name
            source.display_name = ", ".join(filter(None, names))

    @api.constrains("path", "connection_id")
    def _check_path(self):
        for source in self:
            if not source.carries_files and _DAY not in (source.path or ""):
                raise ValidationError(
                    self.env._("Say where registries are asked for, with {day} in it.")
                )

    def action_fetch(self):
        """Have the job look at once; it calls out, not the request."""
        self.check_access("write")
        sources = self.sudo()
        sources.next_attempt = sources.connection_id.next_attempt = False
        sources.waiting_days = False
        self._wake(RECEIVING_JOB)
        self._wake(ASKING_JOB)
        return True

    # === THE JOB === #

    @api.model
    def _cron_fetch(self):
        """Ask for registries at every source that is asked."""
        self._call_through("_find_to_fetch", "_fetch")

    @api.model
    def _find_to_fetch(self):
        return self._get_due_domain() & Domain(
            [
                ("network_id.active", "=", True),
                ("network_id.environment", "!=", "disabled"),
                ("connection_id.environment", "!=", "disabled"),
                ("connection_id.carries_files", "=", False),
            ]
        )

    def _fetch(self):
        """Ask for what is missing: stages of a call, see ``receivables.queue``.

        What is wrong with one day stops no other.
        """
        line = self.connection_id._open()
        for day in self._get_days_to_ask():
            name = self.path.replace(_DAY, day)
            try:
                answer = yield partial(line.request, "GET", name)
                self._hear(day, name, answer)
            except ExchangeError as fault:
                if fault.is_line:
                    raise
                self._let_wait(day, self._explain(fault))
        self._note_days()

    def _get_days_to_ask(self):
        """Return the days without a registry that need not wait, as texts."""
        now = fields.Datetime.to_string(fields.Datetime.now())
        waits = self.waiting_days or {}
        return [
            day
            for day in map(fields.Date.to_string, self._get_missing_days())
            if day not in waits or waits[day]["until"] <= now
        ]

    def _get_missing_days(self):
        return self.network_id._get_missing_days(at_their_hour=False)

    def _hear(self, day, name, answer):
        """Take the registry of a day, if it is there yet."""
        if answer.status in (204, 404):
            return
        if answer.status != 200:
            raise LineError("unreadable", file=name, reason=str(answer.status))
        registries = self.env["payment.terminal.registry"]
        registry = registries.sudo()._find_same(self.network_id, answer.body)[:1]
        if registry.state not in ("error", "handled"):
            try:
                with self.env.cr.savepoint():
                    registry = self._take_in(name.rpartition("/")[2], answer.body)
            except NO_RECORDS_FAULT:
                raise
            except Exception as fault:
                self._let_wait(day, self._explain(fault))
                return
        if fields.Date.to_date(day) in self._get_missing_days():
            self._let_wait(day)  # a refused one tells people itself

    def _let_wait(self, day, sentence=None):
        """Ask for a day later, the later the more often it was of no use."""
        waits = dict(self.waiting_days or {})
        times = waits.get(day, {}).get("times", 0)
        wait = min(PAUSE * 2 ** min(times, 16), LONGEST_WAIT)
        waits[day] = {
            "times": times + 1,
            "until": fields.Datetime.to_string(fields.Datetime.now() + wait),
            "reason": sentence,
        }
        self.waiting_days = waits

    def _note_days(self):
        """Tell once what is wrong with some days; forget those that have come."""
        missing = set(map(fields.Date.to_string, self._get_missing_days()))
        waits = self.waiting_days or {}
        waits = {day: wait for day, wait in waits.items() if day in missing}
        reasons = [wait["reason"] for wait in waits.values() if wait["reason"]]
        if reasons:
            self.network_id._remind(NOT_FETCHED, reasons[0])
        else:
            self.network_id._settle(NOT_FETCHED)
        self.write(
            {
                "attempts": 0,
                "next_attempt": fields.Datetime.now() + PAUSE,
                "reason": reasons[0] if reasons else False,
                "waiting_days": waits or False,
            }
        )

    def _take_in(self, filename, data):
        registries = self.env["payment.terminal.registry"]
        return registries._take_in(self.network_id, filename, data)

    def _on_parked(self, sentence):
        # A line that is down tells people itself.
        others = self.filtered(lambda source: not source.connection_id.failures)
        others.network_id._remind(NOT_FETCHED, sentence)

    def _give_up(self, sentence, fault=None):
        # EXTENDS 'receivables_base'
        self.network_id._remind(NOT_FETCHED, sentence, renew=True)

    # === FILES === #

    @api.model_create_multi
    def create(self, vals_list):
        sources = super().create(vals_list)
        sources.connection_id._switch_receiving()
        return sources

    def unlink(self):
        connections = self.connection_id
        result = super().unlink()
        connections._switch_receiving()
        return result


class ReceivablesConnection(models.Model):
    """Lines that bring registries."""

    _inherit = "receivables.connection"

    @api.model
    def _get_taker_domain(self):
        # EXTENDS 'receivables_base'
        sources = self.env["payment.terminal.registry.source"].sudo()
        used = sources._search(
            [
                ("network_id.active", "=", True),
                ("network_id.environment", "!=", "disabled"),
            ]
        )
        return super()._get_taker_domain() | Domain(
            "id", "in", used.subselect("connection_id")
        )

    def _take_in(self, filename, data):
        # EXTENDS 'receivables_base': a bank's line may bring its payment files too
        sources = self.env["payment.terminal.registry.source"].search(
            [("connection_id", "=", self.id)]
        )
        for source in sources if not payment_files.recognises(data) else ():
            if fnmatch.fnmatch(filename, source.pattern):
                return source._take_in(filename, data)
        return super()._take_in(filename, data)
