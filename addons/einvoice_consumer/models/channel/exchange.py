import logging
from datetime import timedelta
from functools import partial

from psycopg2 import IntegrityError, OperationalError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.adapters import LineError

_logger = logging.getLogger(__name__)
_lt = LazyTranslate(__name__)

NOT_FETCHED = "einvoice_consumer.mail_activity_type_not_fetched"
# So many files are fetched before other lines have their turn.
MOST_FILES = 20
# The job that asks again comes with the next minute, or when somebody wakes it.
PAUSE = timedelta(seconds=2)


class EinvoiceChannel(models.Model):
    """Fetching and taking in of files.

    As a row of a queue a channel is due when its ``next_attempt`` has come.
    """

    _inherit = "einvoice.channel"
    _MAX_ATTEMPTS = None  # what is wrong with a line stands on the line
    _CONNECTION = "connection_id"

    @api.model
    def _get_receive_domain(self):
        return self._get_due_domain() & Domain(
            [
                ("environment", "!=", "disabled"),
                ("connection_id.carries_files", "=", True),
                ("connection_id.environment", "!=", "disabled"),
            ]
        )

    @api.model
    def _cron_receive(self):
        """Fetch and take in files from every channel that has a line."""
        self._call_through("_get_receive_domain", "_fetch")

    def _fetch(self):
        """Take in what waits on the line: stages of a call, see ``receivables.queue``.

        A file is put away only after its messages are committed, so a crash in between
        only means that they are seen again and recognised.
        """
        line = self.connection_id._open()
        entries = yield partial(line.list, MOST_FILES)
        for entry in entries:
            broken = bool(entry.problem)
            if broken:
                self.connection_id._refuse(entry.label, entry.problem)
            else:
                try:
                    data = yield partial(line.read, entry.name)
                except LineError as fault:
                    if not self._passes_over(entry, fault):
                        raise
                    continue
                documents = self._take_in_file(entry, data)
                if documents is None:
                    continue
                broken = "error" in documents.mapped("state")
            try:
                yield partial(line.put_away, entry.name, broken)
            except LineError as fault:
                if not self._passes_over(entry, fault):
                    raise
        if self.attempts:
            self._settle(NOT_FETCHED)
        waits = fields.Datetime.now() + PAUSE if len(entries) < MOST_FILES else False
        self.write({"attempts": 0, "next_attempt": waits, "reason": False})

    def _on_parked(self, sentence):
        # A line that is down tells people itself.
        self.filtered(lambda c: not c.connection_id.failures)._remind(
            NOT_FETCHED, sentence
        )

    def _passes_over(self, entry, fault):
        """Note what is wrong with one file, and go on with the others.

        :return: False when it is not the file's fault
        """
        if fault.is_line:
            return False
        if fault.code not in ("gone", "changing"):
            self.connection_id._refuse(entry.label, fault)
        return True

    def _take_in_file(self, entry, data):
        """Take in one file; it stays where it is when that fails.

        :return: the documents, or None
        """
        try:
            with self.env.cr.savepoint():
                return self.with_company(self.company_id)._take_in(entry.label, data)
        except OperationalError:
            raise
        except IntegrityError:
            # The same came in over the remote API meanwhile: recognised next time.
            return None
        except Exception:
            _logger.exception("Channel %s: a file was not taken in", self.id)
            self.connection_id._refuse(
                entry.label,
                _lt(
                    "“%s” could not be taken in because of an unexpected fault; the "
                    "server's log says more. The file stays where it is.",
                    entry.label,
                ),
            )
            return None

    def _take_in(self, filename, data):
        """Log every message in ``data`` and work through the new ones.

        :param str filename: where the bytes came from
        :param bytes data: one file
        :return: the documents, in the order of the file
        """
        self.ensure_one()
        self._check_enabled()
        documents = self.env["einvoice.document"]
        for part in self._get_rail().split(data):
            documents |= documents._log_incoming(self, filename, part)
        return documents
