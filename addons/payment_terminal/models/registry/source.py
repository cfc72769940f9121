import fnmatch
import logging
from datetime import timedelta
from functools import partial

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.adapters import LineError

_logger = logging.getLogger(__name__)
_lt = LazyTranslate(__name__)

NOT_FETCHED = "payment_terminal.mail_activity_type_registry_not_fetched"
# So many files are fetched before other lines have their turn.
MOST_FILES = 20
PAUSE = timedelta(minutes=10)
_DAY = "{day}"


class PaymentTerminalRegistrySource(models.Model):
    """Where a network puts its registries: a row of a queue, due when its
    ``next_attempt`` has come.

    Over a folder or SFTP the files that fit the pattern are taken, and others left
    alone: a bank's line carries more than one thing. Over HTTPS the registry of each
    day that has none is asked for.
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
        self.sudo().next_attempt = False
        self._wake("payment_terminal.ir_cron_payment_terminal_registry_fetch")
        return True

    # === THE JOB === #

    @api.model
    def _cron_fetch(self):
        """Fetch registries from every source."""
        self._call_through("_find_to_fetch", "_fetch")

    @api.model
    def _find_to_fetch(self):
        return self._get_due_domain() & Domain(
            [
                ("network_id.active", "=", True),
                ("network_id.environment", "!=", "disabled"),
                ("connection_id.environment", "!=", "disabled"),
            ]
        )

    def _fetch(self):
        """Take in what waits: stages of a call, see ``receivables.queue``.

        A file is put away only after its registry is committed; one that comes twice is
        recognised.
        """
        line = self.connection_id._open()
        if self.carries_files:
            yield from self._fetch_files(line)
        else:
            yield from self._ask_for_days(line)
        if self.attempts:
            self._settle(NOT_FETCHED)
        waits = fields.Datetime.now() + PAUSE
        self.write({"attempts": 0, "next_attempt": waits, "reason": False})

    def _fetch_files(self, line):
        entries = yield line.list
        wanted = [
            entry for entry in entries if fnmatch.fnmatch(entry.label, self.pattern)
        ]
        for entry in wanted[:MOST_FILES]:
            try:
                broken = bool(entry.problem)
                if broken:
                    self.connection_id._refuse(entry.label, entry.problem)
                else:
                    data = yield partial(line.read, entry.name)
                    registry = self._take_in(entry.label, data)
                    if not registry:
                        continue
                    broken = registry.state == "error"
                yield partial(line.put_away, entry.name, broken)
            except LineError as fault:
                if fault.is_line:
                    raise
                if fault.code not in ("gone", "changing"):
                    self.connection_id._refuse(entry.label, fault)

    def _ask_for_days(self, line):
        for day in self.network_id._get_missing_days(at_their_hour=False):
            name = self.path.replace(_DAY, fields.Date.to_string(day))
            answer = yield partial(line.request, "GET", name)
            if answer.status == 200:
                self._take_in(name.rpartition("/")[2], answer.body)
            elif answer.status not in (204, 404):
                raise LineError("unreadable", file=name, reason=str(answer.status))

    def _take_in(self, filename, data):
        """Take in one file; it stays where it is when that fails.

        :return: the registry, or None
        """
        try:
            with self.env.cr.savepoint():
                return self.env["payment.terminal.registry"]._take_in(
                    self.network_id, filename, data
                )
        except OperationalError:
            raise
        except Exception:
            _logger.exception("Source %s: a registry was not taken in", self.id)
            self.connection_id._refuse(
                filename,
                _lt(
                    "“%s” could not be taken in because of an unexpected fault; the "
                    "server's log says more. The file stays where it is.",
                    filename,
                ),
            )
            return None

    def _on_parked(self, sentence):
        # A line that is down tells people itself.
        self.filtered(lambda source: not source.connection_id.failures)._remind(
            NOT_FETCHED, sentence
        )

    def _give_up(self, sentence, fault=None):
        # EXTENDS 'receivables_base'
        self._remind(NOT_FETCHED, sentence, renew=True)
