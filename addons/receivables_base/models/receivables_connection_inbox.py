import logging
from datetime import timedelta
from functools import partial

from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import LazyTranslate

from ..adapters import LineError
from ..tools import NO_RECORDS_FAULT, log_fault

_logger = logging.getLogger(__name__)
_lt = LazyTranslate(__name__)

NOT_FETCHED = "receivables_base.mail_activity_type_not_fetched"
# So many files are fetched before other lines have their turn.
MOST_FILES = 20
# The job that asks again comes with the next minute, or when somebody wakes it.
PAUSE = timedelta(seconds=2)


class ReceivablesConnection(models.Model):
    """Fetches files, and gives each to who knows what is in it.

    One line may bring messages of several kinds, so that it is the line that fetches.
    As a row of a queue it is due when its ``next_attempt`` has come.
    """

    _name = "receivables.connection"
    _inherit = ["receivables.connection", "receivables.queue"]
    _MAX_ATTEMPTS = None  # what is wrong with a line stands on the line
    _CONNECTION = "id"

    @api.model
    def _get_taker_domain(self):
        """Return the domain of the lines whose files somebody takes; an addon that
        takes some adds its own."""
        return Domain.FALSE

    def _take_in(self, filename, data):
        """Take in a file that was fetched; an addon takes what it knows, by what is in
        it, and leaves the rest to the others: addons are loaded in any order, so each
        looks at its own first, and one that takes whatever nobody knows last.

        :param str filename: for people
        :param bytes data: the file
        :return: records whose ``state`` is ``error`` if the file was bad, or None:
            nobody knows it
        """
        return None

    @api.model
    def _get_receive_domain(self):
        return (
            self._get_due_domain()
            & self._get_taker_domain()
            & Domain("carries_files", "=", True)
            & Domain("environment", "!=", "disabled")
        )

    @api.model
    def _cron_receive(self):
        """Fetch and take in files from every line that brings some."""
        self.sudo()._call_through("_get_receive_domain", "_fetch")

    def _fetch(self):
        """Take in what waits on the line: stages of a call, see ``receivables.queue``.

        A file is put away only after its messages are committed, so a crash in between
        only means that they are seen again and recognised.
        """
        line = self._open()
        entries = yield partial(line.list, MOST_FILES)
        for entry in entries:
            broken = bool(entry.problem)
            if broken:
                self._refuse(entry.label, entry.problem)
            else:
                try:
                    data = yield partial(line.read, entry.name)
                except LineError as fault:
                    if not self._passes_over(entry, fault):
                        raise
                    continue
                records = self._take_in_file(entry, data)
                if records is None:
                    continue
                broken = "error" in records.mapped("state")
            try:
                yield partial(line.put_away, entry.name, broken)
            except LineError as fault:
                if not self._passes_over(entry, fault):
                    raise
        if self.attempts:
            self._settle(NOT_FETCHED)
            self.write({"attempts": 0, "reason": False})
        waits = fields.Datetime.now() + PAUSE if len(entries) < MOST_FILES else False
        self.next_attempt = waits

    def _on_parked(self, sentence):
        # EXTENDS 'receivables.queue': a line that is down tells people itself
        result = super()._on_parked(sentence)
        self.filtered(lambda c: not c.failures)._remind(NOT_FETCHED, sentence)
        return result

    def _passes_over(self, entry, fault):
        """Note what is wrong with one file, and go on with the others.

        :return: False when it is not the file's fault
        """
        if fault.is_line:
            return False
        if fault.code not in ("gone", "changing"):
            self._refuse(entry.label, fault)
        return True

    def _take_in_file(self, entry, data):
        """Take in one file; it stays where it is when that fails.

        :return: the records, or None
        """
        try:
            with self.env.cr.savepoint():
                taken = self.with_company(self.company_id)._take_in(entry.label, data)
        except NO_RECORDS_FAULT:
            raise
        except IntegrityError:
            # The same came in over the remote API meanwhile: recognised next time.
            return None
        except Exception as fault:
            log_fault(_logger, fault, "Connection %s: a file was not taken in", self.id)
            self._refuse(
                entry.label,
                _lt(
                    "“%s” could not be taken in because of an unexpected fault; the "
                    "server's log says more. The file stays where it is.",
                    entry.label,
                ),
            )
            return None
        if taken is None:
            self._refuse(
                entry.label,
                _lt(
                    "Nobody here knows what is in “%s”: it was left where it is.",
                    entry.label,
                ),
            )
        return taken
