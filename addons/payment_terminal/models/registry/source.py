import fnmatch
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from odoo.addons.receivables_base.adapters import LineError

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
    _inherit = ["receivables.queue", "receivables.responsible", "receivables.facts"]
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

    def _get_candidates(self):
        # EXTENDS 'receivables_base'
        return self.network_id._get_candidates()

    def action_fetch(self):
        """Have the job look at once; it calls out, not the request."""
        self.check_access("write")
        sources = self.sudo()
        sources.next_attempt = sources.connection_id.next_attempt = False
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
        """Ask for what is missing: stages of a call, see ``receivables.queue``."""
        line = self.connection_id._open()
        for day in self.network_id._get_missing_days(at_their_hour=False):
            name = self.path.replace(_DAY, fields.Date.to_string(day))
            answer = yield partial(line.request, "GET", name)
            if answer.status == 200:
                self._take_in(name.rpartition("/")[2], answer.body)
            elif answer.status not in (204, 404):
                raise LineError("unreadable", file=name, reason=str(answer.status))
        if self.attempts:
            self._settle(NOT_FETCHED)
        waits = fields.Datetime.now() + PAUSE
        self.write({"attempts": 0, "next_attempt": waits, "reason": False})

    def _take_in(self, filename, data):
        registries = self.env["payment.terminal.registry"]
        return registries._take_in(self.network_id, filename, data)

    def _on_parked(self, sentence):
        # A line that is down tells people itself.
        self.filtered(lambda source: not source.connection_id.failures)._remind(
            NOT_FETCHED, sentence
        )

    def _give_up(self, sentence, fault=None):
        # EXTENDS 'receivables_base'
        self._remind(NOT_FETCHED, sentence, renew=True)

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
